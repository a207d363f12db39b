package search_test

import (
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search"
)

// TestRebuildKeepsSidesApart rebuilds with entries that are the same on both
// sides, differ, or are on one of them only.
func TestRebuildKeepsSidesApart(t *testing.T) {
	s := newSite(t)
	same := s.news("Commun", "Le texte commun.")
	changed := s.news("Ancien", "Le texte ancien.")
	s.do(action.SaveDraft{ID: changed, Inputs: action.Inputs{"fr": {"title": "Nouveau", "body": "Le texte nouveau."}}})
	draft := s.do(action.CreateEntry{Collection: "news", Inputs: action.Inputs{"fr": {"title": "Brouillon", "slug": "", "kind": "news", "body": "Le texte brouillon."}}})
	gone := s.news("Retiré", "Le texte retiré.")
	s.do(action.UnpublishEntry{ID: gone, Locales: []content.Locale{"fr"}})
	trashed := s.news("Jeté", "Le texte jeté.")
	s.do(action.TrashEntry{ID: trashed})
	check := func(when string) {
		t.Helper()
		s.catchUp()
		s.same()
		for _, c := range []struct {
			words string
			live  bool
			want  []content.EntryID
		}{
			{"texte", true, []content.EntryID{same, changed}}, {"texte", false, []content.EntryID{same, changed, draft, gone}},
			{"ancien", true, []content.EntryID{changed}}, {"ancien", false, nil},
			{"nouveau", true, nil}, {"nouveau", false, []content.EntryID{changed}},
		} {
			leave, err := s.Turn(t.Context())
			s.must(err)
			a, err := s.Search(t.Context(), search.Request{Text: c.words, Live: c.live, Locale: "fr", Groups: search.Everything("news"), Size: 20, Verbatim: true})
			leave()
			s.must(err)
			var got []content.EntryID
			for _, h := range a.Hits {
				got = append(got, h.Entry)
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, live %v: %q finds %v, want %v", when, c.live, c.words, got, c.want)
			}
		}
	}
	check("by the log")
	s.Want()
	check("rebuilt")
	s.do(action.PublishEntry{ID: draft, Locales: []content.Locale{"fr"}})
	s.do(action.UnpublishEntry{ID: draft, Locales: []content.Locale{"fr"}})
	check("and changed again")
	s.stop()
	s.start()
	check("and opened again")
}
