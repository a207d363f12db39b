package cite

import (
	"fmt"
	"strconv"
	"strings"
)

var bibtexTypes = map[Kind]string{Report: "techreport", Book: "book", Thesis: "phdthesis", Article: "article", Law: "misc"}

// special characters of TeX as text. The rest stays as it is: whatever reads
// references today reads UTF-8, Arabic too.
var special = strings.NewReplacer(`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `#`, `\#`,
	`%`, `\%`, `_`, `\_`, `^`, `\textasciicircum{}`, `~`, `\textasciitilde{}`)

func bibtex(w Work) string {
	kind := bibtexTypes[w.Kind]
	if kind == "" {
		kind = bibtexTypes[Report]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "@%s{%s", kind, key(w.ID))
	field := func(name, value string) {
		if value = line(value); value != "" {
			fmt.Fprintf(&b, ",\n  %s = {%s}", name, special.Replace(value))
		}
	}
	names := func(name string, editors bool) {
		var all []string
		for _, n := range w.Authors {
			if n.Editor == editors {
				all = append(all, bibtexName(n))
			}
		}
		if len(all) > 0 {
			fmt.Fprintf(&b, ",\n  %s = {%s}", name, strings.Join(all, " and "))
		}
	}
	names("author", false)
	names("editor", true)
	// Braces keep the capitals as they are.
	if title := w.title(); title != "" {
		fmt.Fprintf(&b, ",\n  title = {{%s}}", special.Replace(title))
	}
	publisher := map[string]string{"techreport": "institution", "phdthesis": "school", "article": "journal"}[kind]
	if publisher == "" {
		publisher = "publisher"
	}
	field(publisher, w.Publisher)
	if d := w.date(); len(d) > 0 {
		field("year", strconv.Itoa(d[0]))
		if len(d) > 1 {
			field("month", strconv.Itoa(d[1]))
		}
		field("date", w.Published)
	}
	field("series", w.Series)
	field("edition", w.Edition)
	if w.issn() {
		field("issn", w.ISBN)
	} else {
		field("isbn", w.ISBN)
	}
	field("doi", w.DOI)
	if w.URL != "" {
		fmt.Fprintf(&b, ",\n  url = {%s}", strings.NewReplacer("{", "%7B", "}", "%7D", `\`, "%5C", " ", "%20").Replace(line(w.URL)))
	}
	if w.Pages > 0 {
		field("pagetotal", strconv.Itoa(w.Pages))
	}
	field("language", w.Language)
	field("keywords", strings.Join(w.Keywords, ", "))
	field("abstract", w.Abstract)
	b.WriteString("\n}\n")
	return b.String()
}

// bibtexName writes a name so that no program takes it apart in other places
// than it says itself.
func bibtexName(n Name) string {
	if family, given, ok := n.parts(); ok {
		return "{" + special.Replace(line(family)) + "}, {" + special.Replace(line(given)) + "}"
	}
	return "{" + special.Replace(line(n.Text)) + "}"
}

// key makes a key that every program takes.
func key(id string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == ':':
			return r
		}
		return -1
	}, id)
	if out == "" {
		return "work"
	}
	return out
}
