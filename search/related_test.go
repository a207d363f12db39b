package search_test

import (
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
)

// TestRelatedTitles finds entries by what those are called that they point at,
// in all their languages, for as long as they are called so.
func TestRelatedTitles(t *testing.T) {
	s := newSite(t)
	place := s.do(action.CreateEntry{Collection: "territories", Publish: true, Inputs: action.Inputs{
		"fr": {"name": "Tamanrasset", "kind": "wilaya", "code": "11"}, "ar": {"name": "تمنراست"}}})
	term := s.do(action.CreateEntry{Collection: "terms", Publish: true, Inputs: action.Inputs{
		"fr": {"label": "Apiculture", "scheme": "themes"}, "ar": {"label": "تربية النحل"}}})
	id := s.do(action.CreateEntry{Collection: "news", Publish: true, Inputs: action.Inputs{"fr": {"title": "Rencontre", "slug": "", "kind": "news",
		"body": "Un texte.", "territories": []any{string(place)}, "themes": []any{string(term)}}}})
	s.catchUp()
	for _, words := range []string{"tamanrasset", "تمنراست", "apiculture", "rencontre tamanrasset", "تربية النحل"} {
		s.want(words, id)
	}
	s.want("hoggar")
	s.do(action.SaveDraft{ID: place, Inputs: action.Inputs{"fr": {"name": "Hoggar"}}})
	s.catchUp()
	s.want("hoggar") // not published
	s.do(action.PublishEntry{ID: place, Locales: []content.Locale{"fr"}})
	s.catchUp()
	s.want("hoggar", id)
	s.want("tamanrasset")
	s.do(action.UnpublishEntry{ID: term, Locales: []content.Locale{"fr", "ar"}})
	s.do(action.UnpublishEntry{ID: place, Locales: []content.Locale{"fr", "ar"}})
	s.catchUp()
	for _, words := range []string{"hoggar", "تمنراست", "apiculture"} {
		s.want(words)
	}
	s.want("rencontre", id)
	s.Want()
	s.catchUp()
	s.want("hoggar")
	s.want("rencontre", id)
	s.same()
}
