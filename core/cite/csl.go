package cite

import (
	"encoding/json"
	"fmt"
)

var cslTypes = map[Kind]string{Report: "report", Book: "book", Thesis: "thesis", Article: "article-journal", Law: "legislation"}

type cslName struct {
	Family  string `json:"family,omitempty"`
	Given   string `json:"given,omitempty"`
	Literal string `json:"literal,omitempty"`
}

type cslItem struct {
	ID        string    `json:"id"`
	Type      string    `json:"type"`
	Title     string    `json:"title"`
	Author    []cslName `json:"author,omitempty"`
	Editor    []cslName `json:"editor,omitempty"`
	Issued    *cslDate  `json:"issued,omitempty"`
	Publisher string    `json:"publisher,omitempty"`
	Series    string    `json:"collection-title,omitempty"`
	Edition   string    `json:"edition,omitempty"`
	ISBN      string    `json:"ISBN,omitempty"`
	ISSN      string    `json:"ISSN,omitempty"`
	DOI       string    `json:"DOI,omitempty"`
	URL       string    `json:"URL,omitempty"`
	Abstract  string    `json:"abstract,omitempty"`
	Language  string    `json:"language,omitempty"`
	Pages     int       `json:"number-of-pages,omitempty"`
	Keyword   string    `json:"keyword,omitempty"`
}

type cslDate struct {
	Parts [][]int `json:"date-parts"`
}

func csl(works []Work) ([]byte, error) {
	items := make([]cslItem, len(works))
	for i, w := range works {
		items[i] = cslOf(w)
	}
	out, err := json.MarshalIndent(items, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write CSL-JSON: %w", err)
	}
	return append(out, '\n'), nil
}

func cslOf(w Work) cslItem {
	item := cslItem{ID: key(w.ID), Type: cslTypes[w.Kind], Title: w.title(), Publisher: line(w.Publisher), Series: line(w.Series),
		Edition: line(w.Edition), DOI: line(w.DOI), URL: line(w.URL), Abstract: line(w.Abstract), Language: line(w.Language), Pages: w.Pages}
	if item.Type == "" {
		item.Type = cslTypes[Report]
	}
	if w.issn() {
		item.ISSN = line(w.ISBN)
	} else {
		item.ISBN = line(w.ISBN)
	}
	if d := w.date(); len(d) > 0 {
		item.Issued = &cslDate{[][]int{d}}
	}
	for i, k := range w.Keywords {
		if i > 0 {
			item.Keyword += ", "
		}
		item.Keyword += line(k)
	}
	for _, n := range w.Authors {
		name := cslName{Literal: line(n.Text)}
		if family, given, ok := n.parts(); ok {
			name = cslName{Family: line(family), Given: line(given)}
		}
		if n.Editor {
			item.Editor = append(item.Editor, name)
		} else {
			item.Author = append(item.Author, name)
		}
	}
	return item
}
