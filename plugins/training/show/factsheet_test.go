package show

import (
	"encoding/json"
	"os"
	"testing"
)

// What a text says goes on paper; its marks do not.
func TestPlain(t *testing.T) {
	got, err := json.Marshal(plain("<h2 id=\"x\">Jour 1</h2>\n<p>De l’<strong>idée</strong> au\n<a href=\"/p\">projet</a>.</p>\n<ul>\n<li>le <em>besoin</em></li>\n<li><p>l’objectif :</p>\n<ul><li>précis</li></ul></li>\n</ul>\n<p>Fin.</p>"))
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"text":"Jour 1","type":"text"},{"text":"De l’idée au projet.","type":"text"},` +
		`{"items":[{"text":"le besoin"},{"text":"l’objectif :"},{"text":"précis"}],"type":"list"},{"text":"Fin.","type":"text"}]`
	if string(got) != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

// Each field that the sheet shows has its name in the manifest, in each language.
func TestLabels(t *testing.T) {
	manifest, err := os.ReadFile("../plugin.json")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := LabelsOf(manifest)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ref", "level", "level=beginner", "hours", "languages", "price", "currency=DZD", "access_delay", "contact", "disability_contact", "valid_until",
		"updated_on", "objectives", "results", "contents", "modules", "audience", "prerequisites", "methods", "evaluation", "funding", "access_how", "accessibility"} {
		for _, l := range []string{"fr", "ar", "en"} {
			if labels[name][l] == "" {
				t.Errorf("%s has no name in %s", name, l)
			}
		}
	}
}
