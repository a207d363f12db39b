package action_test

import (
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

func TestCreate(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.FieldNamed("score").Default = []byte("7") })
	r := s.do(robot, action.CreateEntry{Collection: "notes", Inputs: action.Inputs{
		"fr": values("title", "Éducation à l’environnement", "contact", canary, "code", "A1"),
		"ar": values("title", "التربية البيئية"),
	}})
	e := s.entry(content.EntryID(r.Subject))
	same(t, "receipt", r.Entry.Revision, 1)
	same(t, "locales", e.Locales(), []content.Locale{"ar", "fr"})
	fr := e.Working("fr")
	same(t, "slug", fr["slug"], "education-a-l-environnement")
	same(t, "default", fr["score"], 7.0)
	same(t, "contact", fr["contact"], canary)
	same(t, "kept apart", e.Side(content.Shared).Draft.Personal["contact"], canary)
	same(t, "not in the open", e.Side(content.Shared).Draft.Values["contact"], nil)
	same(t, "Arabic code", e.Working("ar")["code"], "A1")
	same(t, "status", e.Status("fr"), content.StatusDraft)
	if e.Working("ar")["slug"] == nil {
		t.Error("no slug in Arabic")
	}

	second := s.entry(s.note("title", "Éducation à l’environnement"))
	same(t, "second slug", second.Working("fr")["slug"], "education-a-l-environnement-2")
	third := s.entry(s.note("title", "Éducation à l’environnement"))
	same(t, "third slug", third.Working("fr")["slug"], "education-a-l-environnement-3")
	p := s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("slug", "education-a-l-environnement")}, "invalid_values")
	same(t, "fault", pointers(p), []string{"/slug value_taken"})
	p = s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("code", "A1", "titel", "x")}, "invalid_values")
	same(t, "fault", pointers(p), []string{"/titel field_unknown"})
	p = s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("code", "A1")}, "invalid_values")
	same(t, "fault", pointers(p), []string{"/code value_taken"})
	p = s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("related", []any{"01JD0000000000000000000000"})}, "invalid_values")
	same(t, "fault", pointers(p), []string{"/related/0 target_missing"})
	p = s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: action.Inputs{
		"fr": values("score", 1), "ar": values("score", 2, "title", 3)}}, "invalid_values")
	same(t, "faults", pointers(p), []string{"/ar/title not_text"})
	p = s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: action.Inputs{"fr": values("score", 1), "ar": values("score", 2)}}, "invalid_values")
	same(t, "faults", pointers(p), []string{"/fr/score shared_contradiction"})
	s.refuse(robot, action.CreateEntry{Collection: "notes"}, "locale_needed")
	s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: action.Inputs{"no locale": {}}}, "invalid_values")
	s.refuse(robot, action.CreateEntry{Collection: "nothing", Inputs: in()}, "collection_not_found")
	p = s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("score", 1), Publish: true}, "entry_incomplete")
	same(t, "faults", pointers(p), []string{"/title field_required"})
	live := s.do(robot, action.CreateEntry{Collection: "notes", Inputs: in("title", "Vite"), Publish: true})
	same(t, "status", live.Entry.Status("fr"), content.StatusPublished)
	if live.Entry.Side("fr").PublishedAt == nil || live.Entry.Side(content.Shared).Draft != nil {
		t.Error("not whole: what is shared must be live too")
	}
}

func TestSaveDraft(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "body", "texte", "score", 3)
	s.do(robot, action.PublishEntry{ID: id})
	before := s.entry(id)

	r := s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux", "body", nil)})
	e := s.entry(id)
	same(t, "revision", r.Entry.Revision, before.Revision+1)
	same(t, "title", e.Working("fr")["title"], "Deux")
	same(t, "emptied", e.Working("fr")["body"], nil)
	same(t, "untouched", e.Working("fr")["score"], 3.0)
	same(t, "slug lasts", e.Working("fr")["slug"], "un")
	same(t, "live", e.Live("fr")["title"], "Un")
	same(t, "status", e.Status("fr"), content.StatusChanged)
	if e.Side(content.Shared).Draft != nil {
		t.Error("what is shared got a draft without a change")
	}

	head := s.log.Head()
	r = s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux")})
	same(t, "commits for no change", s.log.Head()-head, 0)
	same(t, "revision for no change", r.Entry.Revision, e.Revision)
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Un", "body", "texte")})
	e = s.entry(id)
	same(t, "status when the draft is what is live", e.Status("fr"), content.StatusPublished)

	s.do(robot, action.SaveDraft{ID: id, Inputs: action.Inputs{"ar": values("title", "واحد")}})
	e = s.entry(id)
	same(t, "locales", e.Locales(), []content.Locale{"ar", "fr"})
	same(t, "Arabic", e.Status("ar"), content.StatusDraft)
	same(t, "French", e.Status("fr"), content.StatusPublished)

	s.do(robot, action.SaveDraft{ID: id, Inputs: in("score", 4)})
	e = s.entry(id)
	same(t, "shared draft counts", e.Status("fr"), content.StatusChanged)
	same(t, "seen from Arabic", e.Working("ar")["score"], 4.0)
	same(t, "still live", e.Live("fr")["score"], 3.0)
	s.do(robot, action.PublishEntry{ID: id, Locales: []content.Locale{"ar"}})
	e = s.entry(id)
	same(t, "shared goes live with any locale", e.Live("fr")["score"], 4.0)

	head = s.log.Head()
	for range 2 { // the second changes nothing
		s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Trois"), Publish: true})
	}
	e = s.entry(id)
	same(t, "saved and published in one commit", s.log.Head()-head, 1)
	same(t, "live at once", e.Live("fr")["title"], "Trois")
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Quatre")})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Quatre"), Publish: true})
	same(t, "a draft that was there goes live", s.entry(id).Live("fr")["title"], "Quatre")
	p := s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("title", nil), Publish: true}, "entry_incomplete")
	same(t, "faults", pointers(p), []string{"/title field_required"})
	writer := s.user("writer", grants("notes", access.Read, access.ReadDraft, access.Update))
	s.do(writer, action.SaveDraft{ID: id, Inputs: in("title", "Cinq")})
	s.refuse(writer, action.SaveDraft{ID: id, Inputs: in("title", "Cinq"), Publish: true}, "not_allowed")

	s.refuse(robot, action.SaveDraft{ID: "01JD0000000000000000000000", Inputs: in()}, "entry_not_found")
	big := strings.Repeat("😀", 99_000)
	s.defineNotes(func(c *schema.Collection) {
		for _, name := range []string{"body2", "body3"} {
			c.Fields = append(c.Fields, schema.Field{Name: name, Kind: "longtext", Localized: true})
		}
	})
	s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("body", big, "body2", big, "body3", big)}, "entry_too_large")
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("body", big, "body2", big)})
	s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("body3", big)}, "entry_too_large")
}

func TestIfMatch(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.RequireMatch = true })
	ed := s.user("ed", grants("notes", access.ReadDraft, access.Update, access.Publish))
	plain := s.user("plain", access.Grant{Collection: "notes", Verbs: []access.Verb{access.ReadDraft, access.Update},
		Fields: []content.FieldID{"title", "body"}})
	stranger := s.user("stranger", grants("notes", access.Read))
	id := s.note("title", "Un", "body", "a", "score", 1)

	p := s.refuse(ed, action.SaveDraft{ID: id, Inputs: in("title", "x")}, "revision_required")
	same(t, "kind", p.Kind, problem.PreconditionRequired)
	s.do(ed, action.SaveDraft{ID: id, IfMatch: at(1), Inputs: in("title", "Deux", "score", 2)})
	s.do(ed, action.SaveDraft{ID: id, IfMatch: at(2), Inputs: in("contact", canary)})

	p = s.refuse(ed, action.SaveDraft{ID: id, IfMatch: at(1), Inputs: in("body", "b")}, "entry_changed")
	same(t, "kind", p.Kind, problem.Stale)
	same(t, "current", p.Meta["current_revision"], 3)
	same(t, "who", p.Meta["updated_by"], ed)
	same(t, "fields", p.Meta["changed_fields"], []string{"title", "score", "contact"})
	p = s.refuse(ed, action.SaveDraft{ID: id, IfMatch: at(2), Inputs: in("body", "b")}, "entry_changed")
	same(t, "fields since 2", p.Meta["changed_fields"], []string{"contact"})
	p = s.refuse(plain, action.SaveDraft{ID: id, IfMatch: at(1), Inputs: in("body", "b")}, "entry_changed")
	same(t, "fields that they may read", p.Meta["changed_fields"], []string{"title"})

	// Without the right nothing is learnt, whatever the condition.
	for _, match := range []*int{nil, at(1), at(3)} {
		p = s.refuse(stranger, action.SaveDraft{ID: id, IfMatch: match, Inputs: in("body", "b")}, "entry_not_found")
		if len(p.Meta) > 0 {
			t.Errorf("a stranger learns %v", p.Meta)
		}
	}
	s.refuse(plain, action.SaveDraft{ID: id, IfMatch: at(1), Inputs: in("score", 1)}, "fields_not_allowed")
}

func TestPublish(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("score", 1)
	p := s.refuse(robot, action.PublishEntry{ID: id}, "entry_incomplete")
	same(t, "fault", pointers(p), []string{"/title field_required"})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Un")})
	first := s.do(robot, action.PublishEntry{ID: id}).Entry.Side("fr")
	same(t, "dates", first.FirstPublishedAt, first.PublishedAt)

	head := s.log.Head()
	s.do(robot, action.PublishEntry{ID: id})
	same(t, "commits for nothing new", s.log.Head()-head, 0)

	s.clock.pass(1000)
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux")})
	e := s.do(robot, action.PublishEntry{ID: id}).Entry
	same(t, "a correction is not news", *e.Side("fr").PublishedAt, *first.PublishedAt)
	s.do(robot, action.UnpublishEntry{ID: id})
	e = s.entry(id)
	same(t, "status", e.Status("fr"), content.StatusDraft)
	same(t, "kept", e.Working("fr")["title"], "Deux")
	if e.Live("fr") != nil || e.Side(content.Shared).Published != nil {
		t.Error("something is still live")
	}
	e = s.do(robot, action.PublishEntry{ID: id}).Entry
	same(t, "first stays", *e.Side("fr").FirstPublishedAt, *first.FirstPublishedAt)
	if !e.Side("fr").PublishedAt.After(*first.PublishedAt) {
		t.Error("coming back is news")
	}
	s.refuse(robot, action.PublishEntry{ID: id, Locales: []content.Locale{"ar"}}, "locale_missing")

	// A target that went into the trash keeps its reader from going live.
	target := s.note("title", "Cible")
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("related", []any{string(target)})})
	s.do(robot, action.TrashEntry{ID: target, Force: true})
	p = s.refuse(robot, action.PublishEntry{ID: id}, "entry_incomplete")
	same(t, "fault", pointers(p), []string{"/related/0 target_in_trash"})
}

// Some fields go live, and others wait on; what goes live is checked as it will be.
func TestPublishInPart(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "body", "b1", "score", 1, "contact", "Lina")
	p := s.refuse(robot, action.PublishEntry{ID: id, Leave: []string{"body"}}, "invalid_values")
	same(t, "the first time", pointers(p), []string{"/leave leave_not_live"})
	s.do(robot, action.PublishEntry{ID: id})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux", "body", "b2", "score", 2, "contact", "Amine", "code", "c")})
	p = s.refuse(robot, action.PublishEntry{ID: id, Leave: []string{"body", "boddy"}}, "invalid_values")
	same(t, "no such field", pointers(p), []string{"/leave/1 field_unknown"})

	e := s.do(robot, action.PublishEntry{ID: id, Leave: []string{"body", "contact", "code"}}).Entry
	for field, want := range map[content.FieldID][2]any{"title": {"Deux", "Deux"}, "body": {"b1", "b2"}, "score": {2.0, 2.0}, "code": {nil, "c"}, "contact": {"Lina", "Amine"}} {
		same(t, string(field)+" live and newest", [2]any{e.Live("fr")[field], e.Working("fr")[field]}, want)
	}
	same(t, "status", e.Status("fr"), content.StatusChanged)
	e = s.entry(id) // as it was sealed and opened again
	same(t, "personal values", [2]any{e.Live("fr")["contact"], e.Working("fr")["contact"]}, [2]any{"Lina", "Amine"})

	head := s.log.Head()
	s.do(robot, action.PublishEntry{ID: id, Leave: []string{"body", "contact", "code"}})
	same(t, "commits when all of it stays", s.log.Head()-head, 0)
	s.do(robot, action.PublishEntry{ID: id})
	same(t, "status", s.entry(id).Status("fr"), content.StatusPublished)

	// A text that needs a title does not go live without the new one.
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", nil, "body", "b3")})
	s.refuse(robot, action.PublishEntry{ID: id}, "entry_incomplete")
	e = s.do(robot, action.PublishEntry{ID: id, Leave: []string{"title"}}).Entry
	same(t, "live", [2]any{e.Live("fr")["title"], e.Live("fr")["body"]}, [2]any{"Deux", "b3"})
}

// What was approved whole goes live whole, unless by somebody who could approve.
func TestPublishInPartOfWhatWasApproved(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.Review = true })
	publisher := s.user("publisher", grants("notes", access.ReadDraft, access.Update, access.Submit, access.Publish))
	id := s.note("title", "Un", "body", "b1")
	s.do(robot, action.PublishEntry{ID: id})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux", "body", "b2")})
	s.do(publisher, action.SubmitEntry{ID: id, Locale: "fr"})
	s.do(robot, action.ApproveEntry{ID: id, Locale: "fr"})
	s.refuse(publisher, action.PublishEntry{ID: id, Leave: []string{"body"}}, "review_needed")
	s.do(publisher, action.PublishEntry{ID: id})
	same(t, "live", s.entry(id).Live("fr")["body"], "b2")
}

func TestDiscardDraft(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "score", 1)
	s.refuse(robot, action.DiscardDraft{ID: id, Locale: "fr"}, "nothing_live")
	s.do(robot, action.PublishEntry{ID: id})
	s.do(robot, action.SaveDraft{ID: id, Inputs: action.Inputs{"fr": values("title", "Deux", "score", 2), "ar": values("title", "اثنان")}})
	titles := s.user("titles", access.Grant{Collection: "notes", Verbs: []access.Verb{access.ReadDraft, access.Update}, Fields: []content.FieldID{"title"}})
	s.refuse(titles, action.DiscardDraft{ID: id, Locale: "fr"}, "fields_not_allowed")
	s.do(robot, action.DiscardDraft{ID: id, Locale: "fr"})
	e := s.entry(id)
	same(t, "French", e.Working("fr")["title"], "Un")
	same(t, "shared", e.Working("fr")["score"], 1.0)
	same(t, "Arabic stays", e.Working("ar")["title"], "اثنان")
	s.do(robot, action.DiscardDraft{ID: id, Locale: "ar"})
	same(t, "locales", s.entry(id).Locales(), []content.Locale{"fr"})
}

func TestRevert(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "body", "a", "score", 1, "contact", canary)
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux", "score", 2, "owner", "moi", "contact", "autre")})
	s.do(robot, action.PublishEntry{ID: id})
	r := s.do(robot, action.RevertEntry{ID: id, Locale: "fr", To: 1})
	v := s.entry(id).Working("fr")
	same(t, "title", v["title"], "Un")
	same(t, "score", v["score"], 1.0)
	same(t, "what was empty", v["owner"], nil)
	same(t, "personal", v["contact"], canary)
	same(t, "live", s.entry(id).Live("fr")["title"], "Deux")
	same(t, "dropped", r.Dropped, []string(nil))

	less := define(t, notes)
	less.Fields = append(less.Fields[:2:2], less.Fields[3:]...) // without body
	s.do(robot, action.DefineCollection{Definition: less, Force: true})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Trois")})
	r = s.do(robot, action.RevertEntry{ID: id, Locale: "fr", To: 1})
	same(t, "dropped", r.Dropped, []string{"body"})
	s.refuse(robot, action.RevertEntry{ID: id, Locale: "fr", To: 99}, "revision_missing")
	s.refuse(robot, action.RevertEntry{ID: id, Locale: "ar", To: 1}, "locale_missing_then")

	author := s.user("author", access.Grant{Collection: "notes", Verbs: []access.Verb{access.ReadDraft, access.Update}, Fields: []content.FieldID{"title"}})
	s.refuse(author, action.RevertEntry{ID: id, Locale: "fr", To: 2}, "fields_not_allowed")
}

func TestCopy(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "code", "A1", "contact", canary, "score", 5)
	s.do(robot, action.PublishEntry{ID: id})
	e := s.do(robot, action.CopyEntry{ID: id}).Entry
	v := e.Working("fr")
	same(t, "title", v["title"], "Un")
	same(t, "slug", v["slug"], "un-2")
	same(t, "unique", v["code"], nil)
	same(t, "personal for the program", v["contact"], canary)
	same(t, "status", e.Status("fr"), content.StatusDraft)
	same(t, "revision", e.Revision, 1)

	role := access.Role{ID: "copier", Name: "copier", Sees: schema.Members, Grants: []access.Grant{grants("notes", access.ReadDraft, access.Create)}}
	s.do(robot, account.SaveRole{Role: role})
	copier := s.person("copier", "copier")
	v = s.do(copier, action.CopyEntry{ID: id}).Entry.Working("fr")
	same(t, "personal for others", v["contact"], nil)
	same(t, "score", v["score"], 5.0)
	reader := s.user("reader2", grants("notes", access.ReadDraft))
	s.refuse(reader, action.CopyEntry{ID: id}, "not_allowed")
}

func TestSingleton(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.Singleton = true })
	id := s.note("title", "Un")
	p := s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("title", "Deux")}, "singleton_exists")
	same(t, "which", p.Meta["entry"], string(id))
	s.refuse(robot, action.CopyEntry{ID: id}, "singleton_exists")
	s.do(robot, action.TrashEntry{ID: id})
	s.note("title", "Deux")
	s.refuse(robot, action.RestoreEntry{ID: id}, "singleton_exists")
}

// A collection without localized fields has entries without locales.
func TestUnlocalized(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) {
		for i := range c.Fields {
			c.Fields[i].Localized = false
		}
	})
	id := s.note("title", "Un")
	e := s.entry(id)
	same(t, "locales", e.Locales(), []content.Locale{})
	same(t, "slug", e.Working(content.Shared)["slug"], "un")
	s.do(robot, action.PublishEntry{ID: id, Locales: []content.Locale{"fr"}})
	e = s.entry(id)
	same(t, "live", e.Live(content.Shared)["title"], "Un")
	s.do(robot, action.SaveDraft{ID: id, Inputs: action.Inputs{"ar": values("title", "Deux")}})
	e = s.entry(id)
	same(t, "status", e.Status(content.Shared), content.StatusChanged)
	s.do(robot, action.DiscardDraft{ID: id, Locale: "ar"})
	same(t, "back", s.entry(id).Working(content.Shared)["title"], "Un")
	s.do(robot, action.UnpublishEntry{ID: id})
	same(t, "status", s.entry(id).Status(content.Shared), content.StatusDraft)
}
