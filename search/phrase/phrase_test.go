package phrase_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/search/phrase"
)

// show writes clauses in one form: -field:[phrase] or -field:word.
func show(q phrase.Query) string {
	var parts []string
	for _, c := range q.Clauses {
		s := c.Text
		if c.Phrase {
			s = "[" + s + "]"
		}
		if c.Field != "" {
			s = c.Field + "=" + s
		}
		if c.Without {
			s = "-" + s
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"  \t ", ""},
		{"aide aux devoirs", "aide aux devoirs"},
		{`"aide aux devoirs" Béjaïa`, "[aide aux devoirs] Béjaïa"},
		{"« pouvoirs publics » jeunesse", "[pouvoirs publics] jeunesse"},
		{"«لجنة القيادة» جمعية", "[لجنة القيادة] جمعية"},
		{"»لجنة القيادة« جمعية", "[لجنة القيادة] جمعية"},
		{"“jeunes filles”", "[jeunes filles]"},
		{"„jeunes filles“", "[jeunes filles]"},
		{`"jamais fermé`, "[jamais fermé]"},
		{`""`, ""},
		{`"`, ""},
		{`a"b c"d`, "a [b c] d"},
		{"formation -payante", "formation -payante"},
		{`formation -"à distance"`, "formation -[à distance]"},
		{"Tizi-Ouzou - Bouira", "Tizi-Ouzou - Bouira"},
		{"--x", "--x"},
		{"wilaya:Bouira", "wilaya=Bouira"},
		{`-lieu:"El Oued" été`, "-lieu=[El Oued] été"},
		{"Projet : bilan", "Projet : bilan"},
		{"Projet: bilan", "Projet: bilan"},
		{"https://example.org/x", "https://example.org/x"},
		{"12:30", "12:30"},
		{"lieu:", "lieu:"},
		{"ولاية:بجاية", "ولاية=بجاية"},
		{"theme.name:sport", "theme.name=sport"},
		{"M'Sila l’été", "M'Sila l’été"},
		{"( [ { * ? ~ ^ \\ / + && || ! NOT", "( [ { * ? ~ ^ \\ / + && || ! NOT"},
	} {
		if got := show(phrase.Parse(c.text)); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestLimits(t *testing.T) {
	q := phrase.Parse(strings.Repeat("mot ", 100))
	if len(q.Clauses) != phrase.MaxClauses || !q.Cut {
		t.Errorf("%d clauses, cut %v", len(q.Clauses), q.Cut)
	}
	q = phrase.Parse(strings.Repeat("é", phrase.MaxBytes))
	if len(q.Clauses) != 1 || !q.Cut || !utf8.ValidString(q.Clauses[0].Text) || len(q.Clauses[0].Text) > phrase.MaxBytes {
		t.Errorf("%d clauses, cut %v", len(q.Clauses), q.Cut)
	}
	if q := phrase.Parse("mot"); q.Cut {
		t.Error("a short query was cut")
	}
}

func TestWords(t *testing.T) {
	if got := phrase.Parse(`aide -payante "aux devoirs" lieu:Oran`).Words(); got != "aide aux devoirs" {
		t.Errorf("%q", got)
	}
}

// FuzzParse takes any text: nothing may fail, no clause may be empty, and the
// sources of all clauses are parts of the text in their order.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`a "b c" -d e:f`, "«a» »b«", `-"`, `x:"`, "-x:-y", ":", "::", "a:b:c", "\xff\"\xfe", strings.Repeat("a:", 600), "\u200f-a", "−a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q := phrase.Parse(text)
		if len(q.Clauses) > phrase.MaxClauses {
			t.Fatalf("%d clauses", len(q.Clauses))
		}
		rest := text
		for _, c := range q.Clauses {
			if strings.TrimSpace(c.Text) == "" {
				t.Fatalf("empty clause %+v of %q", c, text)
			}
			at := strings.Index(rest, c.Source)
			if c.Source == "" || at < 0 {
				t.Fatalf("source %q is not in %q", c.Source, rest)
			}
			rest = rest[at+len(c.Source):]
		}
		if !q.Cut && len(text) > phrase.MaxBytes {
			t.Fatal("a long query is not said to be cut")
		}
	})
}
