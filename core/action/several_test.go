package action_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

func (s *site) all(by content.Actor, acts ...action.Act) []action.Receipt {
	s.t.Helper()
	r, err := s.runner.DoAll(s.t.Context(), by, acts, action.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// refuseAll carries out acts that must be refused, one of them for a reason,
// and leave nothing.
func (s *site) refuseAll(by content.Actor, code, at string, acts ...action.Act) {
	s.t.Helper()
	before := s.db.Seq()
	_, err := s.runner.DoAll(s.t.Context(), by, acts, action.Options{})
	p := asProblem(err)
	if p.Code != code || len(p.Fields) == 0 || p.Fields[0].Pointer != at {
		s.t.Errorf("%v, not %s at %s", err, code, at)
	}
	same(s.t, "seq after "+code, s.db.Seq(), before)
}

func asProblem(err error) *problem.Error {
	if p, ok := err.(*problem.Error); ok { //nolint:errorlint // as given
		return p
	}
	return &problem.Error{}
}

// Several acts on one entry are one revision of it, in one record, and see
// what those before them did.
func TestSeveralOnOne(t *testing.T) {
	var seen []action.Proposal
	s := newSite(t, hook(func(p action.Proposal) ([]action.Patch, error) {
		if p.Commit.Action != "entry.several" {
			return nil, nil
		}
		seen = append(seen, p)
		return []action.Patch{{Entry: p.Commit.Changes[0].Entry.ID, Locale: "fr", Values: map[string]any{"body": "…"}}}, nil
	}))
	s.defineNotes(nil)
	id := s.note("title", "Un", "contact", "nadia@example.org")
	s.do(robot, action.PublishEntry{ID: id})
	before := s.db.Seq()

	r := s.all(robot, action.EraseEntry{ID: id, IfMatch: at(2)}, action.SaveDraft{ID: id, IfMatch: at(2), Inputs: in("title", "Deux")},
		action.PublishEntry{ID: id})
	e := s.entry(id)
	same(t, "revision", []any{e.Revision, r[2].Entry.Revision, s.db.Seq()}, []any{3, 3, before + 1})
	same(t, "live", []any{e.Live("fr")["title"], e.Live("fr")["body"]}, []any{"Deux", "…"})
	if e.ErasedAt == nil || e.HasPersonal() || e.Side("fr").Draft != nil {
		t.Errorf("%+v", e)
	}
	var past []view.HistoryItem
	err := s.db.Read(t.Context(), func(tx *view.Tx) (err error) {
		past, err = tx.History(id, 1000, 10)
		return err
	})
	if err != nil || len(past) != 3 || past[0].Action != "entry.several" {
		t.Errorf("history: %+v %v", past, err)
	}
	// The hook saw the commit as a whole, once, beside the entry as it was.
	if len(seen) != 1 || len(seen[0].Commit.Changes) != 2 || seen[0].Before[id].Revision != 2 || !seen[0].Before[id].HasPersonal() {
		t.Errorf("asked: %+v", seen)
	}
	s.refuseAll(robot, "entry_erased", "/changes/1", action.SaveDraft{ID: id, Inputs: in("title", "Trois")}, action.SaveDraft{ID: id, Inputs: in("contact", "x")})
	s.refuseAll(robot, "entry_changed", "/changes/1", action.SaveDraft{ID: id, Inputs: in("title", "Trois")}, action.PublishEntry{ID: id, IfMatch: at(4)})
	again := s.all(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux")}, action.PublishEntry{ID: id})
	same(t, "nothing to do", []any{again[1].Entry.Revision, again[1].Subject, s.db.Seq()}, []any{3, string(id), before + 1})
}

// Acts on several entries are all done or none, each with its own condition,
// and what is unique is so between them.
func TestSeveralOnSeveral(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.RequireMatch = true })
	a := s.note("title", "A", "code", "x")
	b := s.note("title", "B")
	drawn := action.NewIDs(s.clock.now, rand.Reader)
	id := content.EntryID(drawn())
	// The value moves from one to the other; one more is made that others name.
	r := s.all(robot,
		action.SaveDraft{ID: a, IfMatch: at(1), Inputs: in("code", "y")},
		action.CreateEntry{Collection: "notes", ID: id, Inputs: in("title", "C", "code", "x")},
		action.SaveDraft{ID: b, IfMatch: at(1), Inputs: in("related", []any{string(id)})},
		action.PublishEntry{ID: id})
	same(t, "receipts", []any{r[1].Subject, r[1].Entry.Revision, r[3].Entry.Live("fr")["code"], s.entry(b).Revision},
		[]any{string(id), 1, any("x"), 2})
	same(t, "one record", []any{r[0].Seq, r[3].Seq}, []any{s.db.Seq(), s.db.Seq()})

	s.refuseAll(robot, "invalid_values", "/changes/1/code",
		action.CreateEntry{Collection: "notes", Inputs: in("title", "D", "code", "z")}, action.SaveDraft{ID: b, Inputs: in("code", "z")})
	s.refuseAll(robot, "entry_changed", "/changes/1",
		action.SaveDraft{ID: b, Inputs: in("title", "Bé")}, action.ExpectEntry{ID: a, IfMatch: at(1)})
	s.refuseAll(robot, "entry_in_trash", "/changes/1", action.TrashEntry{ID: a}, action.SaveDraft{ID: a, Inputs: in("title", "Á")})
	s.refuseAll(robot, "id_used", "/changes/0", action.CreateEntry{Collection: "notes", ID: id, Inputs: in("title", "E")})
	old := action.NewIDs(func() time.Time { return s.clock.now().Add(-time.Hour) }, rand.Reader)
	s.refuseAll(robot, "id_of_another_time", "/changes/0", action.CreateEntry{Collection: "notes", ID: content.EntryID(old()), Inputs: in("title", "E")})
	s.refuseAll(robot, "id_malformed", "/changes/0", action.CreateEntry{Collection: "notes", ID: "../x", Inputs: in("title", "E")})

	// Under a key it is done once, and told again with what it made.
	acts := []action.Act{action.CreateEntry{Collection: "notes", Inputs: in("title", "F")}, action.SaveDraft{ID: b, IfMatch: at(2), Inputs: in("title", "Bé")},
		action.CreateEntry{Collection: "notes", Inputs: in("title", "G")}}
	var first []action.Receipt
	for i := range 2 {
		got, err := s.runner.DoAll(t.Context(), robot, acts, action.Options{Key: "k", Request: "r"})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = got
		}
		for j, r := range got {
			same(t, "again", []any{r.Subject, r.Seq, r.Entry.Revision, r.Replayed}, []any{first[j].Subject, first[j].Seq, first[j].Entry.Revision, i == 1})
		}
	}
	same(t, "two made", first[0].Subject != first[2].Subject, true)
}

// Each act needs its own right, on the entry as those before it left it.
func TestSeveralRights(t *testing.T) {
	s := withNotes(t, nil)
	mine := grants("notes", access.ReadDraft, access.Create, access.Update)
	mine.Rows = []byte(`{"owner":{"_eq":"me"}}`)
	writer := s.user("writer", mine)
	id := s.note("title", "Un", "owner", "me")
	s.all(writer, action.SaveDraft{ID: id, Inputs: in("title", "Deux")}, action.SaveDraft{ID: id, Inputs: in("body", "…")})
	s.refuseAll(writer, "not_allowed", "/changes/1", action.SaveDraft{ID: id, Inputs: in("title", "Trois")}, action.PublishEntry{ID: id})
	// Out of reach, and back: it would be refused one after the other, too.
	s.refuseAll(writer, "outside_reach", "/changes/0", action.SaveDraft{ID: id, Inputs: in("owner", "you")}, action.SaveDraft{ID: id, Inputs: in("owner", "me")})
	other := s.note("title", "Autre", "owner", "you")
	s.refuseAll(writer, "entry_not_found", "/changes/1", action.SaveDraft{ID: id, Inputs: in("title", "Trois")}, action.ExpectEntry{ID: other, IfMatch: at(1)})
}
