package search_test

import (
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
)

// What a plugin says follows the log: it is found, changed, and gone with the
// entry or when it is taken back, and none of it is left in any file.
func TestSaidFollowsTheLog(t *testing.T) {
	s := newSite(t)
	by := content.Actor{Kind: content.ActorPlugin, ID: "agenda"}
	role := access.Role{ID: access.PluginRole("agenda"), Name: string(access.PluginRole("agenda")),
		Grants: []access.Grant{{Collection: "news", Verbs: []access.Verb{access.Read}}}}
	s.do(action.InstallPlugin{Plugin: "agenda", Version: content.PluginVersion{Version: "1.0.0", Bundle: content.BuiltinBundle, Manifest: []byte(`{}`)}, Role: role})
	s.do(action.ApprovePlugin{Plugin: "agenda", Version: "1.0.0", Role: role})
	put := func(d content.SearchDocument, text string) {
		t.Helper()
		d.Plugin = "agenda"
		if d.Entry == "" {
			d.Collection, d.Path = "news", "/"
		}
		title := ""
		if d.Entry == "" {
			title = "Page"
		}
		d.Texts = map[content.Locale]content.SearchText{"fr": {Title: title, Text: text}}
		if _, err := s.runner.Do(t.Context(), by, action.PutSearchDocument{Document: d}); err != nil {
			t.Fatal(err)
		}
	}
	news := s.news("Une nouvelle", "du texte")
	put(content.SearchDocument{Key: "a", Entry: news}, "canariafiche")
	put(content.SearchDocument{Key: "a"}, "canariapage")
	s.catchUp()
	s.want("canariafiche", news)
	if got := s.finds("canariapage"); len(got) != 1 || !content.IsSearchDocument(got[0]) {
		t.Fatalf("found %q", got)
	}
	s.must(s.Rebuild(t.Context(), nil))
	s.want("canariafiche", news)
	if got := s.finds("canariapage"); len(got) != 1 {
		t.Fatalf("after a rebuild: %q", got)
	}
	put(content.SearchDocument{Key: "a", Entry: news}, "autrement")
	s.catchUp()
	s.want("canariafiche")
	s.want("autrement", news)
	if _, err := s.runner.Do(t.Context(), by, action.RemoveSearchDocument{Plugin: "agenda", Key: "a"}); err != nil {
		t.Fatal(err)
	}
	s.do(action.TrashEntry{ID: news})
	s.do(action.PurgeEntry{ID: news})
	s.catchUp()
	s.want("autrement")
	s.want("canariapage")
	for _, word := range []string{"canariapage", "canariafiche", "autrement"} {
		if s.holds(word) {
			t.Errorf("%s is left in a file", word)
		}
	}
}
