package search_test

import (
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search"
)

func labels(words ...string) []any {
	var out []any
	for _, w := range words {
		out = append(out, map[string]any{"label": w})
	}
	return out
}

// TestEditorsWords counts synonyms and stop words with the next search, without
// a rebuild.
func TestEditorsWords(t *testing.T) {
	s := newSite(t)
	one := s.news("Cantine", "Le forum des cantines scolaires.")
	other := s.news("Association", "Une association parmi d'autres.")
	s.catchUp()
	s.want("repas")
	s.want("association cantine", one, other)
	s.do(action.CreateEntry{Collection: "synonyms", Publish: true, Inputs: action.Inputs{
		"fr": {"word": "cantine", "others": labels("repas partagés", "CTN")}, "ar": {"word": "مطعم مدرسي"}}})
	s.catchUp()
	s.want("repas partagés", one)
	s.want("ctn", one)
	s.want("مطعم مدرسي", one)
	settings := s.do(action.CreateEntry{Collection: "search_settings", Publish: true,
		Inputs: action.Inputs{"fr": {"stop_words": labels("association")}}})
	s.catchUp()
	s.want("association cantine", one)
	s.want("association", other) // nothing else was asked
	s.do(action.TrashEntry{ID: settings})
	s.catchUp()
	s.want("association cantine", one, other)
}

// TestPins puts entries first, where the rest of the question lets them
// through, and counts each once.
func TestPins(t *testing.T) {
	s := newSite(t)
	eau := s.news("L'eau potable", "De l'eau potable pour tous : eau, eau, eau.")
	barrage := s.news("Le barrage", "On y parle d'eau.")
	forum := s.news("Le forum", "Rien de tout cela.")
	draft := s.do(action.CreateEntry{Collection: "news", Inputs: action.Inputs{"fr": {"title": "Brouillon", "slug": "", "kind": "news", "body": "x"}}})
	s.catchUp()
	ask := func(change func(*search.Request)) *search.Answer {
		t.Helper()
		leave, err := s.Turn(t.Context())
		s.must(err)
		defer leave()
		req := search.Request{Text: "eau", Live: true, Locale: "fr", Groups: search.Everything("news"), Size: 10,
			Facets: []search.Facet{{Name: "collection", Fields: map[content.CollectionID]content.FieldID{"news": search.FacetCollection}}},
			Pins:   []content.EntryID{forum, draft, barrage}}
		change(&req)
		a, err := s.Search(t.Context(), req)
		s.must(err)
		return a
	}
	check := func(what string, a *search.Answer, pinned int, want ...content.EntryID) {
		t.Helper()
		var got []content.EntryID
		for i, h := range a.Hits {
			got = append(got, h.Entry)
			if h.Pinned != (i < pinned) {
				t.Errorf("%s: hit %d is pinned: %v", what, i, h.Pinned)
			}
		}
		if !slices.Equal(got, want) || a.Total != len(want) {
			t.Errorf("%s: %v of %d, want %v", what, got, a.Total, want)
		}
		if counts := a.Facets[0].Values; len(want) > 0 && (len(counts) != 1 || counts[0].Entries != len(want)) {
			t.Errorf("%s: counted %v, want %d", what, counts, len(want))
		}
	}
	check("pins first", ask(func(*search.Request) {}), 2, forum, barrage, eau)
	check("one found already", ask(func(r *search.Request) { r.Pins = []content.EntryID{barrage} }), 1, barrage, eau)
	check("another order", ask(func(r *search.Request) { r.Sort = search.ByTitle }), 0, eau, barrage, forum)
	check("not in reach", ask(func(r *search.Request) {
		set := s.NewSet()
		set.Add(eau, "fr")
		r.Groups[0].In["news"] = set
	}), 0, eau)
	check("another collection", ask(func(r *search.Request) { r.Groups = search.Everything("studies") }), 0)
	if a := ask(func(r *search.Request) { r.Skip, r.Size = 1, 1 }); len(a.Hits) != 1 || a.Hits[0].Entry != barrage || a.Total != 3 {
		t.Errorf("the second page has %+v", a)
	}
}
