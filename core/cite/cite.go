// Package cite writes references to works in the formats that people's
// software reads: BibTeX, RIS and CSL-JSON. It knows works and no entries, so
// that the API and the site describe a work in one place and cite it alike.
package cite

import (
	"errors"
	"strconv"
	"strings"
)

// Work is what is said of a work when it is cited.
type Work struct {
	ID        string // stable; becomes the key
	Kind      Kind
	Title     string
	Subtitle  string
	Authors   []Name
	Published string // "2026", "2026-05" or "2026-05-30"
	Publisher string
	Series    string
	Edition   string
	ISBN      string // or ISSN
	DOI       string
	URL       string
	Abstract  string
	Language  string // of the work: BCP 47
	Pages     int
	Keywords  []string
}

// Kind says what sort of work it is.
type Kind string

// The kinds that are told apart; any other is a report.
const (
	Report  Kind = "report"
	Book    Kind = "book"
	Thesis  Kind = "thesis"
	Article Kind = "article"
	Law     Kind = "law"
)

// Name is a person or an organisation as the work has it. "Merabti, Souad" is
// read as a family name and a given one; every other name stays in one piece,
// because where a family name begins can't be told, least of all in Arabic.
type Name struct {
	Text   string
	Editor bool
}

// parts splits a name that says itself how.
func (n Name) parts() (family, given string, ok bool) {
	family, given, ok = strings.Cut(n.Text, ",")
	family, given = strings.TrimSpace(family), strings.TrimSpace(given)
	return family, given, ok && family != "" && given != "" && !strings.Contains(given, ",")
}

// Format is a way to write a reference.
type Format struct {
	Name      string // "bibtex"
	MediaType string
	Extension string
	write     func([]Work) ([]byte, error)
}

// Formats are those that there are, first choice first.
var Formats = []Format{
	{"bibtex", "application/x-bibtex; charset=utf-8", "bib", each(bibtex, "\n")},
	{"ris", "application/x-research-info-systems; charset=utf-8", "ris", each(ris, "\r\n")},
	{"csl", "application/vnd.citationstyles.csl+json", "json", csl},
}

// ErrFormat says that there is no such format.
var ErrFormat = errors.New("no such format of references")

// Find gives a format by its name.
func Find(name string) (Format, error) {
	for _, f := range Formats {
		if f.Name == name {
			return f, nil
		}
	}
	return Format{}, ErrFormat
}

// Write writes the references of works, as one file.
func (f Format) Write(works ...Work) ([]byte, error) { return f.write(works) }

// each writes references that stand one after the other.
func each(one func(Work) string, between string) func([]Work) ([]byte, error) {
	return func(works []Work) ([]byte, error) {
		all := make([]string, len(works))
		for i, w := range works {
			all[i] = one(w)
		}
		return []byte(strings.Join(all, between)), nil
	}
}

// title is the whole title on one line.
func (w Work) title() string {
	if w.Subtitle == "" {
		return line(w.Title)
	}
	colon := ": "
	if strings.HasPrefix(w.Language, "fr") {
		colon = " : "
	}
	return line(w.Title) + colon + line(w.Subtitle)
}

// date gives the numbers of the date of publication: year, month, day, as far
// as they are known.
func (w Work) date() []int {
	var out []int
	for part := range strings.SplitSeq(w.Published, "-") {
		n, err := strconv.Atoi(part)
		if err != nil || n <= 0 {
			return nil
		}
		out = append(out, n)
	}
	if len(out) > 3 {
		return nil
	}
	return out
}

// issn tells a serial's number from a book's: eight digits, the last of which
// may be an X.
func (w Work) issn() bool {
	return len(strings.ReplaceAll(w.ISBN, "-", "")) == 8
}

// line makes one line of a text, without characters that cannot be seen.
func line(text string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f:
			return -1
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069: // would turn the rest of the file around
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))), " ")
}
