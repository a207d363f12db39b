package rules

import (
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/ranking"
)

func rulesOf(entries ...*content.Entry) *Rules {
	r := &Rules{languages: analysis.New(), Stop: ranking.StopWords{}, pins: map[pinKey][]content.EntryID{}, never: map[string]bool{}}
	for _, e := range entries {
		if e.Collection == Settings {
			r.settle(e)
		} else {
			r.pin(e)
		}
	}
	return r
}

func live(col content.CollectionID, shared content.Values, sides map[content.Locale]content.Values) *content.Entry {
	e := &content.Entry{Collection: col, Sides: map[content.Locale]*content.Side{content.Shared: {Published: &content.Version{Values: shared}}}}
	for l, v := range sides {
		e.Sides[l] = &content.Side{Published: &content.Version{Values: v}}
	}
	return e
}

func items(words ...string) []any {
	var out []any
	for _, w := range words {
		out = append(out, map[string]any{"label": w})
	}
	return out
}

func TestPinned(t *testing.T) {
	r := rulesOf(
		live(Pins, content.Values{pinEntries: []any{"A", "B"}}, map[content.Locale]content.Values{
			"fr": {pinWords: "Éducation des filles", pinOthers: items("scolarité")}, "ar": {pinWords: "تعليم البنات"}}),
		live(Pins, content.Values{pinEntries: []any{"B", "C"}}, map[content.Locale]content.Values{"fr": {pinWords: "education  DES filles"}}),
		&content.Entry{Collection: Pins, Sides: map[content.Locale]*content.Side{content.Shared: {Draft: &content.Version{Values: content.Values{pinEntries: []any{"D"}}}},
			"fr": {Draft: &content.Version{Values: content.Values{pinWords: "brouillon"}}}}},
	)
	for _, c := range []struct {
		typed  string
		locale content.Locale
		want   string
	}{
		{"éducation des filles", "fr", "ABC"}, {"EDUCATION, des filles !", "fr", "ABC"}, {"éducation filles", "fr", ""},
		{`"éducation des filles"`, "fr", "ABC"}, {"éducation des filles -oran", "fr", ""}, {"-scolarité", "fr", ""}, {"lieu:scolarité", "fr", ""},
		{"scolarite", "ar", "AB"}, {"تعليم البنات", "ar", "AB"}, {"تعليم البنات", "fr", "AB"},
		{"brouillon", "fr", ""}, {"", "fr", ""}, {"?!", "fr", ""},
	} {
		got := ""
		for _, id := range r.Pinned(c.typed, c.locale, []content.Locale{"fr", "ar", "en"}) {
			got += string(id)
		}
		if got != c.want {
			t.Errorf("%q in %s: pinned %q, want %q", c.typed, c.locale, got, c.want)
		}
	}
}

func TestSettings(t *testing.T) {
	r := rulesOf(live(Settings, nil, map[content.Locale]content.Values{
		"fr": {stopWords: items("Associations", "mise en œuvre"), neverWords: items("Untel")}}))
	for _, word := range []string{"associations", "oeuvre"} {
		if !r.Stop["fr"][word] {
			t.Errorf("%q is no stop word: %v", word, r.Stop)
		}
	}
	if r.Stop["ar"]["associations"] {
		t.Error("a stop word of French is one of Arabic")
	}
	for query, want := range map[string]bool{"monsieur untel à Oran": false, "UNTEL": false, "untelle": true, "eau": true} {
		if got := r.MaySuggest(query, "fr"); got != want {
			t.Errorf("%q may be suggested: %v", query, got)
		}
	}
}

func TestCollectionsCount(t *testing.T) {
	for _, id := range Collections() {
		if !Counts(id) {
			t.Errorf("%s does not count", id)
		}
	}
	if Counts("news") || !slices.Contains(Collections(), Pins) {
		t.Error("what counts is wrong")
	}
}
