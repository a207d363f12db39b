// Package book makes the recueil: the compendium of a programme's associations
// as a book. It reads what a visitor may see, through core/query, and leaves
// out every field marked personal, even a public one: what is printed is passed
// on and cannot be erased, so a book never holds what may have to be. The same
// entries, form and moment give the same bytes.
//
// The engine is our own small writer of PDF (book/pdf) below the shaper of
// go-text (book/typeset). Arabic decided: gofpdf, maroto and gopdf place
// characters, not shaped glyphs, and pdfcpu edits files; canvas shapes, but
// writes no structure tree; UniPDF does both under a commercial licence, and
// seehuhn's go-pdf is under the GPL. A browser or LaTeX would be a program
// beside ours. What was left to write is small: glyphs that were shaped, fonts
// that were cut down, and a tree of objects.
package book

import (
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
)

// Limits of a book.
const (
	MaxProfiles = 3000
	MaxPages    = 3000
	// MaxTime bounds the making of one book.
	MaxTime = 10 * time.Minute
	// MaxBytes bounds its file.
	MaxBytes = 64 << 20
)

// version counts changes of how books are made: it is in the names of copies.
const version = 1

// Form is the form of a book: its paper, and its languages, the first of which
// it is bound for.
type Form struct {
	Paper   string           `json:"paper"`   // "a4" or "a5"
	Locales []content.Locale `json:"locales"` // one, or two beside one another
}

// Papers lists the sizes.
var Papers = []string{"a4", "a5"}

// Name is how addresses and files call the form: "a4-fr", "a4-fr-ar".
func (f Form) Name() string {
	name := f.Paper
	for _, l := range f.Locales {
		name += "-" + string(l)
	}
	return name
}

// FormNamed reads such a name.
func FormNamed(name string, locales []content.Locale) (Form, error) {
	paper, rest, _ := strings.Cut(name, "-")
	f := Form{Paper: paper}
	for l := range strings.SplitSeq(rest, "-") {
		f.Locales = append(f.Locales, content.Locale(l))
	}
	return f, f.Check(locales)
}

// Check holds a form against the languages of the site.
func (f Form) Check(locales []content.Locale) error {
	var faults []problem.Field
	if !slices.Contains(Papers, f.Paper) {
		faults = append(faults, problem.Field{Pointer: "/paper", Code: "book_paper", Args: problem.Args{"papers": strings.Join(Papers, ", ")}})
	}
	good := len(f.Locales) == 1 || len(f.Locales) == 2 && f.Locales[0] != f.Locales[1] && f.Paper != "a5"
	for _, l := range f.Locales {
		good = good && slices.Contains(locales, l)
	}
	if !good {
		faults = append(faults, problem.Field{Pointer: "/locales", Code: "book_locales", Args: problem.Args{"locales": list(locales)}})
	}
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

func list(locales []content.Locale) string {
	out := make([]string, len(locales))
	for i, l := range locales {
		out[i] = string(l)
	}
	return strings.Join(out, ", ")
}

// Forms are those that a site with these languages offers: A4 in each, A5 in
// each, and French beside Arabic.
func Forms(locales []content.Locale) []Form {
	var out []Form
	for _, paper := range Papers {
		for _, l := range locales {
			out = append(out, Form{paper, []content.Locale{l}})
		}
	}
	if slices.Contains(locales, "fr") && slices.Contains(locales, "ar") {
		out = append(out, Form{"a4", []content.Locale{"fr", "ar"}})
	}
	return out
}

// Source is what books are made from.
type Source struct {
	Query *query.Engine
	Kinds schema.Kinds
	Texts *texts.Catalogue
	// BaseURL gives how people reach the site, without a slash at the end.
	BaseURL func() string
}

// Order is a book that somebody wants.
type Order struct {
	Form Form
	// Made is the day that the book says it is of.
	Made time.Time
	// Title of an edition, by locale; empty for a copy of today.
	Title map[content.Locale]string
	// Address is where the edition stays on the site, as a path; empty for a
	// copy.
	Address map[content.Locale]string
	// Progress is told how many profiles of how many are set; it may be nil.
	Progress func(done, total int)
}

func (o Order) progress(done, total int) {
	if o.Progress != nil {
		o.Progress(done, total)
	}
}
