package demo

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

func collections(t *testing.T) map[string]*schema.Collection {
	t.Helper()
	kinds := schema.Builtin()
	all, err := schema.BuiltinCollections()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*schema.Collection{}
	for i := range all {
		kinds.Prepare(&all[i])
		out[all[i].Name] = &all[i]
	}
	return out
}

// Every entry fits its collection as it would have to in order to be
// published, and its texts stand in fields that have a text per locale.
func TestEntriesFitTheirCollections(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	kinds, cols := schema.Builtin(), collections(t)
	for _, e := range entries {
		c := cols[e.Collection]
		if c == nil {
			t.Errorf("%s: no collection", e.Key)
			continue
		}
		shared, err := kinds.Decode(c, e.Inputs[content.Shared])
		if err != nil {
			t.Errorf("%s: %v", e.Key, err)
			continue
		}
		if len(shared.Localized)+len(shared.LocalizedPersonal) > 0 {
			t.Errorf("%s: localized values outside of a locale: %v", e.Key, shared.Localized)
		}
		for _, l := range e.Locales() {
			local, err := kinds.Decode(c, e.Inputs[l])
			if err != nil {
				t.Errorf("%s %s: %v", e.Key, l, err)
				continue
			}
			if len(local.Shared)+len(local.SharedPersonal) > 0 {
				t.Errorf("%s %s: values that all locales share: %v", e.Key, l, local.Shared)
			}
			values := shared.All()
			for id, v := range local.All() {
				values[id] = v
			}
			for _, f := range kinds.CheckComplete(c, values) {
				t.Errorf("%s %s: %s %s %v", e.Key, l, f.Pointer, f.Code, f.Args)
			}
		}
	}
}

func TestWhatTheDemonstrationHolds(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	count, locale := map[string]int{}, map[string]int{}
	wilayas, ids := map[any]bool{}, map[content.EntryID]string{}
	for _, e := range entries {
		count[e.Collection]++
		for _, l := range e.Locales() {
			locale[e.Collection+"."+string(l)]++
		}
		if other := ids[e.ID]; other != "" {
			t.Errorf("%s and %s have one id", e.Key, other)
		}
		ids[e.ID] = e.Key
		if e.Collection == "associations" {
			wilayas[e.Inputs[content.Shared]["wilaya"]] = true
		}
	}
	for name, least := range map[string]int{"associations": 60, "news": 12, "experiences": 8, "studies": 6,
		"projects": 10, "terms": 80, "funds": 2, "territories": 69, "menus": 2, "redirects": 2, "settings": 1, "pages": 28} {
		if count[name] < least {
			t.Errorf("%d %s, want at least %d", count[name], name, least)
		}
	}
	for name, least := range map[string]int{"associations.ar": 15, "news.ar": 5, "pages.ar": 15, "pages.en": 15} {
		if locale[name] < least {
			t.Errorf("%d of %s, want at least %d", locale[name], name, least)
		}
	}
	if locale["terms.ar"] != count["terms"] || locale["menus.ar"] != count["menus"] || locale["settings.ar"] != 1 {
		t.Error("some terms, menus or settings have no Arabic")
	}
	if len(wilayas) < 15 {
		t.Errorf("associations of %d wilayas, want at least 15", len(wilayas))
	}
}

// Nothing in the demonstration may pass for a real organisation: every profile
// says so in each of its languages, and every contact is of a reserved range.
func TestFictionIsMarked(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	marks := map[content.Locale]string{"fr": "fictive", "ar": "خيالية", "en": "fictitious"}
	for _, e := range entries {
		if e.Collection == "associations" {
			for _, l := range e.Locales() {
				if text, _ := e.Inputs[l]["description"].(string); !strings.Contains(text, marks[l]) {
					t.Errorf("%s %s does not say that it is fictitious", e.Key, l)
				}
			}
		}
		raw, err := json.Marshal(e.Inputs)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.FieldsFunc(string(raw), func(r rune) bool { return strings.ContainsRune(" \",;()*|", r) }) {
			if strings.Contains(word, "@") && !strings.Contains(word, "example.org") {
				t.Errorf("%s: address %q is not in a reserved domain", e.Key, word)
			}
			if strings.HasPrefix(word, "+") && len(word) > 6 && !strings.HasPrefix(word, "+3319900") {
				t.Errorf("%s: number %q is not reserved for fiction", e.Key, word)
			}
		}
		if strings.Contains(string(raw), "Fonds d'appui aux projets") {
			t.Errorf("%s expands FAPA", e.Key)
		}
	}
}

func TestParentsComeFirst(t *testing.T) {
	entries, err := Entries()
	if err != nil {
		t.Fatal(err)
	}
	var seen []content.EntryID
	for _, e := range entries {
		if e.Parent != "" && !slices.Contains(seen, e.Parent) {
			t.Errorf("%s comes before its parent", e.Key)
		}
		seen = append(seen, e.ID)
	}
}

func TestMarkdownFile(t *testing.T) {
	values, err := parsePage("---\ntitle: A: b\nlist: [1, 2]\nday: 2026-01-02\n---\nfirst\n\n# lessons\n\n## two\n")
	if err != nil {
		t.Fatal(err)
	}
	if values["title"] != "A: b" || values["day"] != "2026-01-02" || values["body"] != "first" || values["lessons"] != "## two" {
		t.Errorf("got %v", values)
	}
	for _, bad := range []string{"no front matter", "---\ntitle: x\n", "---\njust words\n---\n"} {
		if _, err := parsePage(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
