package site_test

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The directory as HSDS JSON is what Open Referral's specification asks for: in
// every language, the list and each organisation alone.
func hsds(t *testing.T, w *world) {
	schemas := jsonschema.NewCompiler()
	schemas.AssertFormat()
	schema := func(name string) *jsonschema.Schema {
		s, err := schemas.Compile("testdata/hsds.schema.json#/$defs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	read := func(path string, s *jsonschema.Schema) map[string]any {
		a := w.get(t, path)
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
		if err != nil || a.status != http.StatusOK {
			t.Fatalf("%s: %d %v", path, a.status, err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		out, _ := doc.(map[string]any)
		return out
	}
	for _, list := range []string{"/fr/associations", "/ar/associations", "/en/pouvoirs-publics"} {
		doc := read(list+".hsds.json", schema("page"))
		seen := map[string]bool{}
		collect(doc["contents"], seen, t)
		if contents, _ := doc["contents"].([]any); len(contents) < 5 || len(contents) != total(t, w, list) {
			t.Errorf("%s has %d organisations", list, len(contents))
		}
	}
	one := read("/fr/associations/femmes-du-djurdjura.hsds.json", schema("organization"))
	if again := read("/ar/associations/femmes-du-djurdjura.hsds.json", schema("organization")); again["id"] != one["id"] {
		t.Errorf("%v in French, %v in Arabic", one["id"], again["id"])
	}
}

// collect notes every id of a document: each has to be one of its own, but for
// those by which one thing names another.
func collect(v any, seen map[string]bool, t *testing.T) {
	switch v := v.(type) {
	case []any:
		for _, one := range v {
			collect(one, seen, t)
		}
	case map[string]any:
		if id, _ := v["id"].(string); id != "" {
			if seen[id] {
				t.Errorf("the id %s stands twice", id)
			}
			seen[id] = true
		}
		for _, one := range v {
			collect(one, seen, t)
		}
	}
}

type scrutariBase struct {
	XMLName xml.Name `xml:"base"`
	Meta    struct {
		Authority string   `xml:"authority"`
		Name      string   `xml:"base-name"`
		Short     []string `xml:"intitule-short>lib"`
		Languages []string `xml:"langs-ui>lang"`
	} `xml:"base-metadata"`
	Corpora []struct {
		Name  string   `xml:"corpus-name,attr"`
		Title []string `xml:"corpus-metadata>intitule-corpus>lib"`
		Cards []struct {
			ID    string `xml:"fiche-id,attr"`
			Title string `xml:"titre"`
			Sub   string `xml:"soustitre"`
			URL   string `xml:"href"`
			Lang  string `xml:"lang"`
			Date  string `xml:"date"`
		} `xml:"fiche"`
	} `xml:"corpus"`
	Words []struct {
		ID     string   `xml:"motcle-id,attr"`
		Labels []string `xml:"lib"`
	} `xml:"thesaurus>motcle"`
	Groups []struct {
		Corpus string `xml:"corpus-path,attr"`
		Words  string `xml:"thesaurus-path,attr"`
		Filed  []struct {
			Card string `xml:"fiche-id,attr"`
			Word string `xml:"motcle-id,attr"`
		} `xml:"indexation"`
	} `xml:"indexation-group"`
}

// The base for networks that share a search: every study and experience sheet is
// in it, in each of its languages, its address is right, and it is filed under
// words that are in the thesaurus.
func scrutari(t *testing.T, w *world) {
	a := w.get(t, "/scrutari.xml")
	var b scrutariBase
	if err := xml.Unmarshal(a.body, &b); err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/xml" {
		t.Fatalf("%d %s %v", a.status, a.header.Get("Content-Type"), err)
	}
	if b.Meta.Authority != "127.0.0.1" || b.Meta.Name == "" || len(b.Meta.Short) != 3 || strings.Join(b.Meta.Languages, " ") != "fr ar en" {
		t.Errorf("the base says of itself: %+v", b.Meta)
	}
	cards, words := map[string]bool{}, map[string]bool{}
	counts := map[string]int{}
	for _, c := range b.Corpora {
		french := 0
		for i, f := range c.Cards {
			if cards[c.Name+f.ID] || f.Title == "" || f.Lang == "" || f.Date == "" || strings.ContainsAny(f.Title+f.Sub, "<>") {
				t.Errorf("%s: %+v", c.Name, f)
			}
			cards[c.Name+f.ID] = true
			if strings.HasPrefix(f.URL, w.url+"/fr/") {
				french++
			}
			if i%9 == 0 && w.get(t, f.URL).status != http.StatusOK {
				t.Errorf("%s leads nowhere", f.URL)
			}
		}
		counts[c.Name] = french
	}
	for name, list := range map[string]string{"studies": "/fr/etudes", "experiences": "/fr/experiences"} {
		if want := total(t, w, list); counts[name] < want/2 || counts[name] > want {
			t.Errorf("%d of %d %s have a card at a French address", counts[name], want, name)
		}
	}
	for _, m := range b.Words {
		if words[m.ID] || len(m.Labels) == 0 || len(m.Labels) > 3 {
			t.Errorf("word %+v", m)
		}
		words[m.ID] = true
	}
	filed := 0
	for _, g := range b.Groups {
		for _, f := range g.Filed {
			if !cards[g.Corpus+f.Card] || !words[f.Word] || g.Words != "terms" {
				t.Errorf("%+v is filed under nothing", f)
			}
			filed++
		}
	}
	if filed < 50 {
		t.Errorf("%d cards are filed", filed)
	}
	if list := w.get(t, "/fr/etudes"); !bytes.Contains(list.body, []byte(`href="/scrutari.xml"`)) {
		t.Error("the list of studies does not lead to the base")
	}
}
