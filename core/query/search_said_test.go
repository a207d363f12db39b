package query

import (
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search"
)

// said is a site on which a plugin adds text to the search.
func said(t *testing.T, enabled bool) *site {
	t.Helper()
	s := searched(t, entries())
	doc := func(d content.SearchDocument) content.Change {
		d.Plugin, d.UpdatedAt = "agenda", today
		d.ID = d.Place() + "01"
		return noun(t, content.NounSearchDocument, d.ID, "", d)
	}
	text := func(title, text string) content.SearchDocumentPersonal {
		return content.SearchDocumentPersonal{Texts: map[content.Locale]content.SearchText{"fr": {Title: title, Text: text}}}
	}
	s.commit(content.Commit{Action: "x", Actor: admin, At: today, Changes: []content.Change{
		noun(t, content.NounPlugin, "p", "agenda", content.Plugin{ID: "p", Name: "agenda", Enabled: enabled, Current: &content.PluginVersion{Version: "1.0.0"}}),
		doc(content.SearchDocument{Key: "a", Entry: id(10), Collection: "associations", Field: "name", SearchDocumentPersonal: text("", "un zigzag")}),
		doc(content.SearchDocument{Key: "b", Entry: id(13), Collection: "associations", Field: "name", SearchDocumentPersonal: text("", "un zigzag")}),
		doc(content.SearchDocument{Key: "c", Entry: id(20), Collection: "files", Field: "note", SearchDocumentPersonal: text("", "une mandoline")}),
		doc(content.SearchDocument{Key: "d", Entry: id(21), Collection: "files", Field: "note", SearchDocumentPersonal: text("", "une mandoline")}),
		doc(content.SearchDocument{Key: "mai", Path: "/2027-05", Collection: "associations", Field: "name", SearchDocumentPersonal: text("Calendrier de mai", "une toupie")}),
		doc(content.SearchDocument{Key: "juin", Path: "/", Collection: "files", Field: "note", SearchDocumentPersonal: text("Calendrier de juin", "une toupie")}),
	}})
	if err := s.o.Search.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return s
}

// found gives the addresses or the ids of what a search finds, and the total.
func (s *site) found(who, query string) string {
	s.t.Helper()
	r, err := s.Search(s.t.Context(), actor(who), s.ask(query))
	if err != nil {
		return wrong(err)
	}
	var out []string
	for _, h := range r.Hits {
		if h.Plugin != "" {
			out = append(out, h.URL)
		} else {
			out = append(out, numbers([]*Item{h.Item}))
		}
	}
	if r.Total != len(r.Hits) {
		s.t.Errorf("%q as %q: %d hits of %d", query, who, len(r.Hits), r.Total)
	}
	return strings.Join(out, " ")
}

// What a plugin says is found by whoever may read the field that it goes by,
// on the same entries, and by nobody else.
func TestSearchOfWhatPluginsSay(t *testing.T) {
	s := said(t, true)
	for _, c := range []struct{ query, who, want string }{
		{"q=zigzag", "", "10"}, // 13 is not published
		{"q=zigzag&version=draft", "drafter", "10 13"},
		{"q=zigzag&collections=wilayas", "", ""},
		{"q=zigzga", "", "10"}, // a slip is forgiven as in other text
		{"q=mandoline", "", ""},
		{"q=mandoline", "reader", "20 21"},
		{"q=mandoline", "clerk", "21"},  // reads open files only
		{"q=mandoline", "labeller", ""}, // does not read the field
		{"q=toupie", "", "/fr/agenda/2027-05"},
		{"q=toupie", "reader", "/fr/agenda/2027-05 /fr/agenda"},
		{"q=toupie", "clerk", "/fr/agenda/2027-05"},    // does not read all files
		{"q=toupie", "labeller", "/fr/agenda/2027-05"}, // does not read the field
		{"q=calendrier&sort=title", "reader", "/fr/agenda /fr/agenda/2027-05"},
		{"q=toupie&collections=wilayas", "", ""},
	} {
		if got := s.found(c.who, c.query); got != c.want {
			t.Errorf("%s as %q: %q, want %q", c.query, c.who, got, c.want)
		}
	}
	r, err := s.Search(t.Context(), visitor, s.ask("q=toupie&facets=collection"))
	if err != nil {
		t.Fatal(err)
	}
	hit := r.Hits[0]
	if hit.Title != "Calendrier de mai" || hit.Plugin != "agenda" || !strings.Contains(hit.Snippet, "<mark>toupie</mark>") || hit.Item.Collection.Name != "associations" {
		t.Errorf("%+v", hit)
	}
	if len(r.Facets) != 1 || len(r.Facets[0].Values) != 1 || r.Facets[0].Values[0].Entries != 1 {
		t.Errorf("counted %+v", r.Facets)
	}
	r, err = s.Search(t.Context(), visitor, s.ask("q=zigzag"))
	if err != nil || len(r.Hits) != 1 || r.Hits[0].Title != "Eau vive" || !strings.Contains(r.Hits[0].Snippet, "<mark>zigzag</mark>") {
		t.Errorf("%+v %v", r, err)
	}
	// While somebody types.
	typed, err := s.Suggest(t.Context(), visitor, SearchParams{Text: "calend", Params: s.params("")})
	if err != nil || len(typed.Hits) != 1 || typed.Hits[0].URL != "/fr/agenda/2027-05" {
		t.Errorf("%+v %v", typed, err)
	}
	if !strings.Contains(s.told("", "q=toupie"), "search_document") {
		t.Error("an answer that is kept does not depend on what plugins say")
	}
}

// The pages of a plugin that does not run lead nowhere.
func TestSearchWithoutThePlugin(t *testing.T) {
	s := said(t, false)
	if got := s.found("", "q=toupie"); got != "" {
		t.Errorf("found %q", got)
	}
	if _, err := s.o.Search.Search(t.Context(), search.Request{Text: "toupie", Live: true, Size: 10}); err != nil {
		t.Error(err)
	}
}
