package action_test

import (
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

func TestImport(t *testing.T) {
	s := withNotes(t, asTree)
	made := time.Date(2007, 5, 3, 12, 0, 0, 0, time.UTC)
	const first, second = content.EntryID("01JD0000000000000000000001"), content.EntryID("01JD0000000000000000000002")
	head := s.log.Head()
	s.do(robot, action.ImportEntries{Entries: []action.Imported{
		{ID: first, Collection: "notes", CreatedAt: made, Sides: map[content.Locale]action.ImportedSide{
			content.Shared: {Published: values("code", "A1", "score", 1), Draft: values("code", "A1", "score", 2)},
			"fr":           {Published: values("title", "Un"), Draft: values("title", "Un bis", "body", "b"), PublishedAt: &made},
			"ar":           {Draft: values("title", "واحد")},
		}},
		{ID: second, Collection: "notes", Parent: first, Sides: map[content.Locale]action.ImportedSide{
			"fr": {Published: values("title", "Un", "related", []any{string(first)}, "contact", canary)}}},
		{Collection: "notes", Sides: map[content.Locale]action.ImportedSide{"fr": {Draft: values("title", "Un")}}},
	}})
	same(t, "commits", s.log.Head()-head, 1)
	e := s.entry(first)
	same(t, "created", e.CreatedAt, made)
	same(t, "published", *e.Side("fr").PublishedAt, made)
	same(t, "live", e.Live("fr")["title"], "Un")
	same(t, "live score", e.Live("fr")["score"], 1.0)
	same(t, "draft score", e.Working("fr")["score"], 2.0)
	same(t, "draft", e.Working("fr")["title"], "Un bis")
	same(t, "slug", e.Live("fr")["slug"], "un")
	same(t, "slug of the draft", e.Working("fr")["slug"], "un")
	same(t, "statuses", []content.Status{e.Status("fr"), e.Status("ar")}, []content.Status{content.StatusChanged, content.StatusDraft})
	e = s.entry(second)
	same(t, "slug", e.Live("fr")["slug"], "un-2")
	same(t, "parent", e.Parent, first)
	same(t, "status", e.Status("fr"), content.StatusPublished)
	same(t, "personal", e.Side(content.Shared).Published.Personal["contact"], canary)
	same(t, "order", s.children(""), []string{"Un bis", "Un"})

	s.do(robot, action.ImportEntries{Replace: true, Entries: []action.Imported{{ID: second, Collection: "notes",
		Sides: map[content.Locale]action.ImportedSide{"ar": {Published: values("title", "اثنان")}}}}})
	e = s.entry(second)
	same(t, "replaced", e.Locales(), []content.Locale{"ar"})
	same(t, "revision", e.Revision, 2)
}

func TestImportRefusesAllOrNothing(t *testing.T) {
	s := withNotes(t, nil)
	taken := s.note("title", "Pris", "code", "A1")
	side := func(pairs ...any) map[content.Locale]action.ImportedSide {
		return map[content.Locale]action.ImportedSide{"fr": {Published: values(pairs...)}}
	}
	head := s.log.Head()
	p := s.refuse(robot, action.ImportEntries{Entries: []action.Imported{
		{Collection: "notes", Sides: side("title", "Bon", "code", "B1")},
		{Collection: "notes", Sides: side("title", 7)},
		{Collection: "nowhere", Sides: side()},
		{ID: taken, Collection: "notes", Sides: side("title", "x")},
		{ID: "not an id", Collection: "notes", Sides: side("title", "x")},
		{Collection: "notes", Sides: side("body", "sans titre")},
		{Collection: "notes", Sides: side("title", "x", "code", "B1")},
		{Collection: "notes", Sides: side("title", "x", "code", "A1")},
		{Collection: "notes", Sides: side("title", "x", "related", []any{"01JD0000000000000000000000"})},
		{Collection: "notes"},
	}}, "collection_not_found")
	same(t, "kind", p.Kind, problem.NotFound)
	p = s.refuse(robot, action.ImportEntries{Entries: []action.Imported{
		{Collection: "notes", Sides: side("title", "Bon", "code", "B1")},
		{Collection: "notes", Sides: side("title", 7)},
		{ID: taken, Collection: "notes", Sides: side("title", "x")},
		{ID: "not an id", Collection: "notes", Sides: side("title", "x")},
		{Collection: "notes"},
	}}, "import_invalid")
	same(t, "faults", pointers(p), []string{
		"/entries/1/sides/fr/published/title not_text", "/entries/2 id_used", "/entries/3 id_malformed", "/entries/4/sides locale_needed"})
	p = s.refuse(robot, action.ImportEntries{Entries: []action.Imported{
		{Collection: "notes", Sides: side("title", "Bon", "code", "B1")},
		{Collection: "notes", Sides: side("body", "sans titre")},
		{Collection: "notes", Sides: side("title", "x", "code", "B1")},
		{Collection: "notes", Sides: side("title", "x", "code", "A1")},
		{Collection: "notes", Sides: side("title", "x", "related", []any{"01JD0000000000000000000000"})},
	}}, "import_invalid")
	same(t, "faults", pointers(p), []string{
		"/entries/0/sides/fr/code value_taken", "/entries/1/sides/fr/title field_required",
		"/entries/3/sides/fr/code value_taken", "/entries/4/sides/fr/related/0 target_missing"})
	same(t, "commits", s.log.Head()-head, 0)
	s.do(robot, action.ImportEntries{Loose: true, Entries: []action.Imported{
		{Collection: "notes", Sides: side("title", "x", "related", []any{"01JD0000000000000000000000"})}}})
	s.refuse(robot, action.ImportEntries{Entries: make([]action.Imported, action.MaxImport+1)}, "import_too_large")
}

func TestImportCycle(t *testing.T) {
	s := withNotes(t, asTree)
	const a, b = content.EntryID("01JD0000000000000000000001"), content.EntryID("01JD0000000000000000000002")
	draft := map[content.Locale]action.ImportedSide{"fr": {Draft: values("title", "x")}}
	s.refuse(robot, action.ImportEntries{Entries: []action.Imported{
		{ID: a, Collection: "notes", Parent: b, Sides: draft}, {ID: b, Collection: "notes", Parent: a, Sides: draft}}}, "import_invalid")
}

func TestImportRights(t *testing.T) {
	s := withNotes(t, nil)
	ann := s.user("ann", grants("notes", access.ReadDraft, access.Create))
	draft := map[content.Locale]action.ImportedSide{"fr": {Draft: values("title", "x")}}
	live := map[content.Locale]action.ImportedSide{"fr": {Published: values("title", "x")}}
	s.do(ann, action.ImportEntries{Entries: []action.Imported{{Collection: "notes", Sides: draft}}})
	s.refuse(ann, action.ImportEntries{Entries: []action.Imported{{Collection: "notes", Sides: live}}}, "not_allowed")
	s.refuse(ann, action.ImportEntries{Entries: []action.Imported{{ID: "01JD0000000000000000000001", Collection: "notes", Sides: draft}}}, "not_allowed")
	s.refuse(ann, action.ImportEntries{Entries: []action.Imported{{Collection: "notes", CreatedAt: s.clock.now(), Sides: draft}}}, "not_allowed")
}
