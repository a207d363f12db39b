package action_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// told is a site with two plugins, of which one may read news.
func told(t *testing.T) (s *site, agenda, other content.Actor) {
	t.Helper()
	s = newSite(t)
	s.do(robot, action.Init{})
	for name, reads := range map[string]string{"agenda": "news", "other": "people"} {
		role := access.Role{ID: access.PluginRole(name), Name: string(access.PluginRole(name)),
			Grants: []access.Grant{{Collection: reads, Verbs: []access.Verb{access.Read, access.ReadDraft}}}}
		s.do(robot, action.InstallPlugin{Plugin: name, Version: content.PluginVersion{Version: "1.0.0", Bundle: content.BuiltinBundle, Manifest: []byte(`{}`)}, Role: role})
		s.do(robot, action.ApprovePlugin{Plugin: name, Version: "1.0.0", Role: role})
	}
	return s, content.Actor{Kind: content.ActorPlugin, ID: "agenda"}, content.Actor{Kind: content.ActorPlugin, ID: "other"}
}

func page(plugin, key string, change func(*content.SearchDocument)) action.PutSearchDocument {
	d := content.SearchDocument{Plugin: plugin, Key: key, Collection: "news", Path: "/"}
	d.Texts = map[content.Locale]content.SearchText{"fr": {Title: "Une page", Text: "du texte"}}
	if change != nil {
		change(&d)
	}
	return action.PutSearchDocument{Document: d}
}

func (s *site) documents() (ids []string) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) error {
		return action.EachSearchDocument(tx, "", func(n *content.Noun) bool { ids = append(ids, n.ID); return true })
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func TestSearchDocuments(t *testing.T) {
	s, agenda, other := told(t)
	first := s.do(agenda, page("agenda", "a", nil))
	if again := s.do(agenda, page("agenda", "a", nil)); again.Seq != first.Seq {
		t.Errorf("the same once more is at %d, not %d", again.Seq, first.Seq)
	}
	if changed := s.do(agenda, page("agenda", "a", func(d *content.SearchDocument) { d.Path = "/x" })); changed.Subject != first.Subject {
		t.Errorf("it has another id: %s, %s", first.Subject, changed.Subject)
	}
	for code, act := range map[string]action.Action{
		"plugin_only": page("other", "a", nil),
		"search_document_invalid": page("agenda", "b", func(d *content.SearchDocument) {
			d.Texts = map[content.Locale]content.SearchText{"fr": {Title: "x", Text: strings.Repeat("x", action.MaxSearchText)}}
		}),
		"collection_missing": page("agenda", "b", func(d *content.SearchDocument) { d.Collection = "nothing" }),
	} {
		s.refuse(agenda, act, code)
	}
	p := s.refuse(agenda, page("agenda", "b", func(d *content.SearchDocument) {
		d.Field, d.Texts = "nothing", map[content.Locale]content.SearchText{"fr": {Text: "without a title"}, "?": {Title: "x"}}
	}), "search_document_invalid")
	if len(p.Fields) != 3 {
		t.Errorf("%+v", p.Fields)
	}
	s.refuse(other, page("other", "a", func(d *content.SearchDocument) { d.Collection = "pins" }), "collection_not_found") // nobody lets it read them
	s.do(other, action.RemoveSearchDocument{Plugin: "other", Key: "a"})
	if got := s.documents(); len(got) != 1 {
		t.Errorf("%q", got)
	}
	// A key that comes back is another document, so that destroying the key of
	// the first one again does no harm.
	s.do(agenda, action.RemoveSearchDocument{Plugin: "agenda", Key: "a"})
	if next := s.do(agenda, page("agenda", "a", nil)); next.Subject == first.Subject {
		t.Error("an id was used again")
	}
	// A plugin that is being removed adds nothing.
	s.do(robot, action.EnablePlugin{Plugin: "agenda"})
	s.refuse(agenda, page("agenda", "c", nil), "plugin_down")
	s.do(robot, action.ClearSearchDocuments{Plugin: "agenda"})
	if got := s.documents(); len(got) != 0 {
		t.Errorf("%q is left", got)
	}
}

// What was said of an entry goes with it, and when it is erased.
func TestSearchDocumentsOfEntries(t *testing.T) {
	s, agenda, _ := told(t)
	make1 := func() content.EntryID {
		r := s.do(robot, action.CreateEntry{Collection: "news", Publish: true, Inputs: action.Inputs{"fr": {"title": "Une nouvelle", "slug": "", "kind": "news"}}})
		return content.EntryID(r.Subject)
	}
	about := func(id content.EntryID, key string) action.PutSearchDocument {
		return page("agenda", key, func(d *content.SearchDocument) {
			d.Entry, d.Path, d.Texts = id, "", map[content.Locale]content.SearchText{"fr": {Text: "le nom de quelqu’un"}}
		})
	}
	erased, purged := make1(), make1()
	for i := range action.MaxEntryDocuments {
		s.do(agenda, about(erased, fmt.Sprint(i)))
	}
	s.refuse(agenda, about(erased, "more"), "search_documents_many")
	s.do(agenda, about(erased, "1")) // there is one of it
	s.do(agenda, about(purged, "a"))
	s.do(robot, action.EraseEntry{ID: erased})
	if got := s.documents(); len(got) != 1 || content.FoundAs(got[0]) != purged {
		t.Errorf("after an erasure: %q", got)
	}
	s.do(robot, action.TrashEntry{ID: purged})
	s.do(robot, action.PurgeEntry{ID: purged})
	if got := s.documents(); len(got) != 0 {
		t.Errorf("after a purge: %q", got)
	}
	s.refuse(agenda, about(purged, "b"), "entry_not_found")
}

// Of two programs that bring their version of a plugin at the same time, the
// one that decided on what is no longer so changes nothing.
func TestInstallOver(t *testing.T) {
	s, _, _ := told(t)
	install := func(version, over string) action.Receipt {
		v := content.PluginVersion{Version: version, Digest: "of " + version, Bundle: content.BuiltinBundle, Manifest: []byte(`{}`)}
		role := access.Role{ID: access.PluginRole("agenda"), Name: string(access.PluginRole("agenda"))}
		return s.do(robot, action.InstallPlugin{Plugin: "agenda", Version: v, Role: role, Over: over})
	}
	install("1.1.0", "")
	newer := install("1.2.0", "of 1.1.0")
	if older := install("1.1.5", "of 1.1.0"); older.Seq != newer.Seq {
		t.Error("an older program took the newer version back")
	}
	install("1.3.0", "of 1.2.0")
	err := s.db.Read(t.Context(), func(tx *view.Tx) error {
		p, err := action.PluginNamed(tx, "agenda")
		if err == nil && (p.Current.Version != "1.3.0" || p.Previous.Version != "1.2.0") {
			t.Errorf("%+v", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
