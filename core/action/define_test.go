package action_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// redefine changes the collection of notes.
func (s *site) redefine(force bool, change func(c *schema.Collection)) action.DefineCollection {
	s.t.Helper()
	c := define(s.t, notes)
	change(&c)
	return action.DefineCollection{Definition: c, Force: force, Locale: "fr"}
}

func remove(c *schema.Collection, name string) {
	for i := range c.Fields {
		if c.Fields[i].Name == name {
			c.Fields = append(c.Fields[:i:i], c.Fields[i+1:]...)
			return
		}
	}
}

func report(p *problem.Error) *action.Report { return p.Meta["report"].(*action.Report) }

func TestDefine(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "body", "b", "score", 1)
	s.refuse(robot, action.DefineCollection{Definition: define(t, strings.Replace(notes, `"id":"notes"`, `"id":"other"`, 1))}, "collection_name_taken")
	s.refuse(robot, action.DefineCollection{Definition: define(t, notes), IfMatch: at(0)}, "collection_changed")
	s.refuse(robot, s.redefine(false, func(c *schema.Collection) { c.Fields[0].Kind = "nonsense" }), "invalid_definition")
	s.refuse(robot, s.redefine(false, func(c *schema.Collection) {
		c.FieldNamed("related").Settings = []byte(`{"to":["nowhere"]}`)
	}), "invalid_definition")
	head := s.log.Head()
	s.do(robot, s.redefine(false, func(*schema.Collection) {}))
	same(t, "commits for no change", s.log.Head()-head, 0)

	s.do(robot, s.redefine(false, func(c *schema.Collection) {
		c.FieldNamed("body").Name = "text"
		c.Fields[0], c.Fields[2] = c.Fields[2], c.Fields[0]
	}))
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("score", 2)})
	same(t, "renamed, not lost", s.entry(id).Working("fr")["body"], "b")
	same(t, "revision of the entry", s.entry(id).Revision, 2)
}

func TestDefineChecksEntries(t *testing.T) {
	s := withNotes(t, nil)
	for i := range 25 {
		s.note("title", fmt.Sprintf("Note %02d", i), "owner", "même", "body", strings.Repeat("x", i*10))
	}
	shorter := func(c *schema.Collection) { c.FieldNamed("body").Settings = []byte(`{"max_length":100}`) }
	p := s.refuse(robot, s.redefine(true, shorter), "definition_breaks_entries")
	same(t, "count", p.Meta["count"], 14)
	r := report(p)
	same(t, "checked", r.Checked, 25)
	same(t, "named", len(r.First), 14)
	if o := r.First[0]; o.Title == "" || o.Field != "body" || o.Pointer != "/body" || o.Code != "text_too_long" || o.Entry == "" {
		t.Errorf("offence is %+v", o)
	}
	p = s.refuse(robot, s.redefine(true, func(c *schema.Collection) { c.FieldNamed("owner").Unique = true }), "definition_breaks_entries")
	same(t, "count", p.Meta["count"], 24)
	same(t, "first", report(p).First[0].Code, "value_taken")
	p = s.refuse(robot, s.redefine(true, func(c *schema.Collection) { c.FieldNamed("title").Kind = "number"; c.Title, c.Slug = "", "" }), "invalid_definition")
	_ = p

	head := s.log.Head()
	dry, err := s.runner.CheckDefinition(t.Context(), robot, s.redefine(false, shorter))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "dry", dry.Offending, 14)
	same(t, "commits of a dry run", s.log.Head()-head, 0)
	stranger := s.user("stranger")
	if _, err := s.runner.CheckDefinition(t.Context(), stranger, s.redefine(false, shorter)); problem.KindOf(err) != problem.Forbidden {
		t.Errorf("a stranger gets %v", err)
	}
}

func TestDefineConfirms(t *testing.T) {
	s := withNotes(t, nil)
	live := s.note("title", "Un", "body", "b", "contact", canary)
	s.do(robot, action.PublishEntry{ID: live})
	s.note("title", "Deux")
	cases := map[string]func(c *schema.Collection){
		"values_lost body":          func(c *schema.Collection) { remove(c, "body") },
		"live_incomplete score":     func(c *schema.Collection) { c.FieldNamed("score").Required = true },
		"personal_unsealed contact": func(c *schema.Collection) { c.FieldNamed("contact").Personal = false },
		"live_incomplete extra": func(c *schema.Collection) {
			c.Fields = append(c.Fields, schema.Field{Name: "extra", Kind: "text", Required: true})
		},
	}
	for want, change := range cases {
		p := s.refuse(robot, s.redefine(false, change), "definition_unconfirmed")
		var got []string
		for _, c := range report(p).Confirm {
			got = append(got, fmt.Sprintf("%s %s %d", c.Code, c.Field, c.Entries))
		}
		same(t, want, got, []string{want + " 1"})
	}
	s.do(robot, s.redefine(false, func(c *schema.Collection) { remove(c, "owner") })) // nothing is lost
	s.do(robot, s.redefine(true, cases["values_lost body"]))
	s.do(robot, action.SaveDraft{ID: live, Inputs: in("title", "Un bis")})
	same(t, "gone with the next save", s.entry(live).Working("fr")["body"], nil)
}

func TestDefineConverts(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "owner", "12", "score", 3.5, "body", "une ligne")
	s.do(robot, action.PublishEntry{ID: id})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("owner", "13")})
	other := s.note("title", "Deux", "owner", "pas un nombre")
	number := func(c *schema.Collection) { c.FieldNamed("owner").Kind = "number" }
	p := s.refuse(robot, s.redefine(true, number), "definition_breaks_entries")
	same(t, "offender", report(p).First[0].Entry, other)
	s.do(robot, action.SaveDraft{ID: other, Inputs: in("owner", nil)})

	head := s.log.Head()
	s.do(robot, s.redefine(false, number))
	same(t, "commits", s.log.Head()-head, 1)
	e := s.entry(id)
	same(t, "live", e.Live("fr")["owner"], 12.0)
	same(t, "draft", e.Working("fr")["owner"], 13.0)
	same(t, "status", e.Status("fr"), content.StatusChanged)
	same(t, "revision", e.Revision, 4)
	same(t, "untouched", s.entry(other).Revision, 2)
}

// Values follow their field when it becomes localized, shared or personal.
func TestDefineMovesValues(t *testing.T) {
	s := withNotes(t, nil)
	id := content.EntryID(s.do(robot, action.CreateEntry{Collection: "notes", Publish: true, Inputs: action.Inputs{
		"fr": values("title", "Un", "owner", "elle", "body", "même"), "ar": values("title", "واحد", "body", "même")}}).Subject)
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("owner", "lui")})

	s.do(robot, s.redefine(false, func(c *schema.Collection) {
		c.FieldNamed("owner").Localized = true
		c.FieldNamed("body").Localized = false
		c.FieldNamed("score").Personal = true
	}))
	e := s.entry(id)
	for _, l := range []content.Locale{"fr", "ar"} {
		same(t, "live owner", e.Live(l)["owner"], "elle")
		same(t, "draft owner", e.Working(l)["owner"], "lui")
		same(t, "kept with the locale", e.Side(l).Published.Values["owner"], "elle")
	}
	same(t, "shared body", e.Side(content.Shared).Published.Values["body"], "même")
	same(t, "no draft of it", e.Side(content.Shared).Draft, (*content.Version)(nil))

	s.do(robot, action.SaveDraft{ID: id, Inputs: in("owner", "elle", "score", 5)})
	p := s.refuse(robot, s.redefine(false, func(c *schema.Collection) { c.FieldNamed("body").Localized = false }), "definition_breaks_entries")
	same(t, "why", report(p).First[0].Code, "locales_differ")
	same(t, "which", report(p).First[0].Field, "owner")
	s.do(robot, action.SaveDraft{ID: id, Inputs: action.Inputs{"ar": values("owner", "elle")}})
	s.do(robot, s.redefine(true, func(c *schema.Collection) { c.FieldNamed("body").Localized = false }))
	e = s.entry(id)
	same(t, "shared again", e.Side(content.Shared).Published.Values["owner"], "elle")
	same(t, "open again", e.Side(content.Shared).Newest().Values["score"], 5.0)
	same(t, "and not sealed", e.Side(content.Shared).Newest().Personal["score"], nil)
}

// Entries without locales get one when their collection becomes localized.
func TestDefineLocalizes(t *testing.T) {
	plain := func(c *schema.Collection) {
		for i := range c.Fields {
			c.Fields[i].Localized = false
		}
	}
	s := withNotes(t, plain)
	id := s.note("title", "Un", "score", 1)
	s.do(robot, action.PublishEntry{ID: id})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux")})
	a := s.redefine(false, func(*schema.Collection) {})
	a.Locale = ""
	s.refuse(robot, a, "locale_needed")
	s.do(robot, s.redefine(false, func(*schema.Collection) {}))
	e := s.entry(id)
	same(t, "locales", e.Locales(), []content.Locale{"fr"})
	same(t, "live", e.Live("fr"), content.Values{"title": "Un", "slug": "un", "score": 1.0})
	same(t, "draft", e.Working("fr")["title"], "Deux")
	same(t, "status", e.Status("fr"), content.StatusChanged)
	s.do(robot, action.PublishEntry{ID: id})
	same(t, "live", s.entry(id).Live("fr")["title"], "Deux")
}

func TestDefineRewritesOnlyFew(t *testing.T) {
	s := withNotes(t, nil)
	var batch []action.Imported
	for i := range action.MaxRewrite + 1 {
		batch = append(batch, action.Imported{Collection: "notes", Sides: map[content.Locale]action.ImportedSide{
			"fr": {Draft: values("title", fmt.Sprintf("n%d", i), "owner", "1")}}})
		if len(batch) == action.MaxImport || i == action.MaxRewrite {
			s.do(robot, action.ImportEntries{Entries: batch})
			batch = nil
		}
	}
	p := s.refuse(robot, s.redefine(true, func(c *schema.Collection) { c.FieldNamed("owner").Kind = "number" }), "definition_rewrites_too_much")
	same(t, "how many", report(p).Rewritten, action.MaxRewrite+1)
}

func TestRemoveCollection(t *testing.T) {
	s := withNotes(t, nil)
	other := define(t, `{"id":"links","name":"links","fields":[{"id":"to","name":"to","kind":"relation","settings":{"to":["notes"]}}]}`)
	s.do(robot, action.DefineCollection{Definition: other})
	id := s.note("title", "Un", "contact", canary)
	p := s.refuse(robot, action.RemoveCollection{Collection: "notes", Force: true}, "collection_referenced")
	same(t, "by", p.Meta["collections"], []string{"links"})
	s.do(robot, action.RemoveCollection{Collection: "links"})
	p = s.refuse(robot, action.RemoveCollection{Collection: "notes"}, "collection_not_empty")
	same(t, "entries", p.Meta["entries"], 1)
	s.do(robot, action.RemoveCollection{Collection: "notes", Force: true})
	s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("title", "x")}, "entry_not_found")
	s.refuse(robot, action.RemoveCollection{Collection: "notes"}, "collection_not_found")
	s.defineNotes(nil)
}

// What was found beforehand counts only while nothing has changed.
func TestDefineLooksAgain(t *testing.T) {
	s := withNotes(t, nil)
	s.note("title", "Un", "owner", "1")
	attempt := func(between func()) error {
		a := s.redefine(false, func(c *schema.Collection) { c.FieldNamed("owner").Unique = true })
		prepared, err := action.Prepared(t.Context(), s.runner, robot, a)
		if err != nil {
			return err
		}
		between()
		return s.runner.DoPrepared(t.Context(), robot, prepared)
	}
	err := attempt(func() { s.note("title", "Deux", "owner", "1") })
	same(t, "after a change", problem.CodeOf(err), "definition_breaks_entries")
	s.do(robot, action.SaveDraft{ID: s.note("title", "Trois", "owner", "3"), Inputs: in("owner", "4")})
	err = attempt(func() {})
	same(t, "still", problem.CodeOf(err), "definition_breaks_entries")
	var second content.EntryID
	if err := s.db.Read(t.Context(), func(tx *view.Tx) error {
		return tx.EachEntry("notes", func(e *content.Entry) error {
			if e.Working("fr")["title"] == "Deux" {
				second = e.ID
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	s.do(robot, action.SaveDraft{ID: second, Inputs: in("owner", "2")})
	if err := attempt(func() { s.user("someone") }); err != nil {
		t.Errorf("a change elsewhere matters: %v", err)
	}
}

// Definitions and saves that race never leave a value that breaks the rules.
func TestDefineRace(t *testing.T) {
	s := withNotes(t, nil)
	ids := make([]content.EntryID, 8)
	for i := range ids {
		ids[i] = s.note("title", "x", "owner", fmt.Sprint(i))
	}
	together(9, func(i int) {
		if i == len(ids) {
			_, err := s.runner.Do(t.Context(), robot, s.redefine(false, func(c *schema.Collection) { c.FieldNamed("owner").Unique = true }))
			if err != nil && problem.CodeOf(err) != "definition_breaks_entries" {
				t.Error(err)
			}
			return
		}
		_, err := s.runner.Do(t.Context(), robot, action.SaveDraft{ID: ids[i], Inputs: in("owner", "même")})
		if err != nil && problem.CodeOf(err) != "invalid_values" {
			t.Error(err)
		}
	})
	held, unique := 0, false
	if err := s.db.Read(t.Context(), func(tx *view.Tx) error {
		unique = tx.Collection("notes").FieldNamed("owner").Unique
		return tx.EachEntry("notes", func(e *content.Entry) error {
			if e.Working("fr")["owner"] == "même" {
				held++
			}
			return nil
		})
	}); err != nil {
		t.Fatal(err)
	}
	if unique && held > 1 {
		t.Errorf("%d entries hold one value of a unique field", held)
	}
}
