package cite

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

var study = Work{
	ID: "01M8J5RCM48GR7RJKRMTXF74YD", Kind: Report, Title: "Accueil & éveil : 100 % des {places}", Subtitle: "État des lieux_2026",
	Authors:   []Name{{Text: "Merabti, Souad"}, {Text: "جمعية النور"}, {Text: "Réseau crèches, Kabylie, et Hodna"}, {Text: "Nour", Editor: true}},
	Published: "2026-05-30", Publisher: "PACT", ISBN: "978-9961-9885-7-2", URL: "https://example.org/etudes/a{b}", Language: "fr", Pages: 64,
	Abstract: "Une ligne\nER  - \nTY  - RPRT",
}

func write(t *testing.T, name string, w Work) string {
	t.Helper()
	f, err := Find(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.Write(w)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestBibTeX(t *testing.T) {
	want := `@techreport{01M8J5RCM48GR7RJKRMTXF74YD,
  author = {{Merabti}, {Souad} and {جمعية النور} and {Réseau crèches, Kabylie, et Hodna}},
  editor = {{Nour}},
  title = {{Accueil \& éveil : 100 \% des \{places\} : État des lieux\_2026}},
  institution = {PACT},
  year = {2026},
  month = {5},
  date = {2026-05-30},
  isbn = {978-9961-9885-7-2},
  url = {https://example.org/etudes/a%7Bb%7D},
  pagetotal = {64},
  language = {fr},
  abstract = {Une ligne ER - TY - RPRT}
}
`
	if got := write(t, "bibtex", study); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestRIS(t *testing.T) {
	want := strings.ReplaceAll(`TY  - RPRT
ID  - 01M8J5RCM48GR7RJKRMTXF74YD
TI  - Accueil & éveil : 100 % des {places} : État des lieux_2026
AU  - Merabti, Souad
AU  - جمعية النور
AU  - Réseau crèches; Kabylie; et Hodna
ED  - Nour
PY  - 2026
DA  - 2026/05/30
PB  - PACT
SN  - 978-9961-9885-7-2
UR  - https://example.org/etudes/a{b}
LA  - fr
SP  - 64
AB  - Une ligne ER - TY - RPRT
ER  - 
`, "\n", "\r\n")
	if got := write(t, "ris", study); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCSL(t *testing.T) {
	var items []map[string]any
	if err := json.Unmarshal([]byte(write(t, "csl", study)), &items); err != nil || len(items) != 1 {
		t.Fatal(items, err)
	}
	got, err := json.Marshal(items[0]["author"])
	if want := `[{"family":"Merabti","given":"Souad"},{"literal":"جمعية النور"},{"literal":"Réseau crèches, Kabylie, et Hodna"}]`; err != nil || string(got) != want {
		t.Errorf("authors %s, want %s", got, want)
	}
	date, err := json.Marshal(items[0]["issued"])
	if err != nil || string(date) != `{"date-parts":[[2026,5,30]]}` || items[0]["type"] != "report" {
		t.Errorf("%v, issued %s", items[0], date)
	}
}

func TestDatesAndKinds(t *testing.T) {
	if got := write(t, "ris", Work{Kind: "x", Published: "2025"}); !strings.Contains(got, "PY  - 2025\r\nDA  - 2025//\r\n") || !strings.HasPrefix(got, "TY  - RPRT") {
		t.Errorf("%q", got)
	}
	if got := write(t, "bibtex", Work{Published: "autumn", ISBN: "1234-567X"}); strings.Contains(got, "year") || !strings.Contains(got, "issn = {1234-567X}") {
		t.Errorf("%q", got)
	}
	if _, err := Find("word"); err == nil {
		t.Error("there is a format word")
	}
}

// TestSeveral writes works as one file that is read as so many.
func TestSeveral(t *testing.T) {
	a, b := Work{ID: "a", Title: "A"}, Work{ID: "b", Title: "B"}
	for _, f := range Formats {
		out, err := f.Write(a, b)
		if err != nil {
			t.Fatal(err)
		}
		switch f.Name {
		case "csl":
			var items []map[string]any
			if err := json.Unmarshal(out, &items); err != nil || len(items) != 2 || items[1]["title"] != "B" {
				t.Errorf("csl: %v %s", err, out)
			}
		case "ris":
			if strings.Count(string(out), "\r\nER  - \r\n") != 2 {
				t.Errorf("ris: %q", out)
			}
		default:
			if strings.Count(string(out), "@techreport{") != 2 {
				t.Errorf("bibtex: %s", out)
			}
		}
	}
	if out, err := Formats[2].Write(); err != nil || strings.TrimSpace(string(out)) != "[]" {
		t.Errorf("no works: %v %s", err, out)
	}
}

// Whatever a work is called, it stays one entry.
func FuzzWrite(f *testing.F) {
	f.Add("a}\n@book{b,", "x\r\nER  - ")
	f.Fuzz(func(t *testing.T, title, author string) {
		w := Work{ID: "x", Title: title, Authors: []Name{{Text: author}}}
		bib := write(t, "bibtex", w)
		depth := 0
		for i, r := range bib {
			if i > 0 && bib[i-1] == '\\' {
				continue
			}
			switch r {
			case '{':
				depth++
			case '}':
				depth--
			}
			if depth == 0 && r != '}' && r != '\n' && i > len("@techreport") {
				t.Fatalf("it ends early: %q", bib)
			}
		}
		if depth != 0 || !utf8.ValidString(bib) {
			t.Errorf("braces: %q", bib)
		}
		if n := strings.Count(write(t, "ris", w), "\r\nER  - \r\n"); n != 1 {
			t.Errorf("%d ends", n)
		}
		if !json.Valid([]byte(write(t, "csl", w))) {
			t.Error("not JSON")
		}
	})
}
