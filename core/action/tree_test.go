package action_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/action/position"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

func asTree(c *schema.Collection) { c.Tree = true }

// children gives the titles below a parent in order.
func (s *site) children(parent content.EntryID) []string {
	s.t.Helper()
	titles := []string{}
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) error {
		all, err := tx.Children("notes", parent, "", 1000)
		for _, c := range all {
			e, err := tx.Entry(c.ID)
			if err != nil {
				return err
			}
			if !c.Trashed {
				titles = append(titles, e.Working("fr")["title"].(string))
			}
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return titles
}

func (s *site) lastReason(id content.EntryID) string {
	s.t.Helper()
	var reason string
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) error {
		items, err := tx.History(id, 0, 1)
		if err == nil && len(items) > 0 {
			reason = items[0].Reason
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return reason
}

func (s *site) below(parent content.EntryID, title string) content.EntryID {
	s.t.Helper()
	return content.EntryID(s.do(robot, action.CreateEntry{Collection: "notes", Inputs: in("title", title), Parent: parent}).Subject)
}

func TestMove(t *testing.T) {
	s := withNotes(t, asTree)
	a, b, c := s.below("", "a"), s.below("", "b"), s.below("", "c")
	same(t, "at first", s.children(""), []string{"a", "b", "c"})
	s.do(robot, action.MoveEntry{ID: c, Before: a})
	same(t, "c first", s.children(""), []string{"c", "a", "b"})
	s.do(robot, action.MoveEntry{ID: c, After: a})
	same(t, "c between", s.children(""), []string{"a", "c", "b"})
	head := s.log.Head()
	s.do(robot, action.MoveEntry{ID: c, After: a})
	s.do(robot, action.MoveEntry{ID: c, Before: b})
	s.do(robot, action.MoveEntry{ID: b})
	same(t, "commits for no move", s.log.Head()-head, 0)
	s.do(robot, action.MoveEntry{ID: c, Parent: b})
	s.do(robot, action.MoveEntry{ID: b, Parent: a})
	same(t, "top", s.children(""), []string{"a"})
	same(t, "below b", s.children(b), []string{"c"})
	s.refuse(robot, action.MoveEntry{ID: a, Parent: c}, "parent_below")
	s.refuse(robot, action.MoveEntry{ID: a, Parent: a}, "parent_below")
	s.refuse(robot, action.MoveEntry{ID: c, Parent: "01JD0000000000000000000000"}, "invalid_values")
	s.refuse(robot, action.MoveEntry{ID: c, Parent: b, After: a}, "invalid_values")
	s.do(robot, action.TrashEntry{ID: c})
	d := s.below("", "d")
	s.refuse(robot, action.MoveEntry{ID: d, Parent: c}, "invalid_values")

	deep := d
	for range action.MaxDepth - 1 {
		deep = s.below(deep, "x")
	}
	s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("title", "y"), Parent: deep}, "tree_too_deep")
}

func TestMoveWithoutTree(t *testing.T) {
	s := withNotes(t, nil)
	a := s.note("title", "a")
	s.refuse(robot, action.MoveEntry{ID: a}, "no_tree")
	s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("title", "b"), Parent: a}, "no_tree")
}

// Moving to the same place over and over makes positions long; then all
// siblings get new ones and keep their order.
func TestMoveSpreads(t *testing.T) {
	s := withNotes(t, asTree)
	a, b, c := s.below("", "a"), s.below("", "b"), s.below("", "c")
	longest, spreads := 0, 0
	for i := range 700 {
		id := []content.EntryID{b, c}[i%2]
		before := s.entry(a).Revision
		e := s.do(robot, action.MoveEntry{ID: id, After: a}).Entry
		longest = max(longest, len(e.Position))
		if s.entry(a).Revision > before {
			spreads++
		}
	}
	if longest > position.Max || spreads == 0 {
		t.Errorf("longest position %d, spread %d times", longest, spreads)
	}
	same(t, "order", s.children(""), []string{"a", "c", "b"})
}

func TestTrashAndRestore(t *testing.T) {
	s := withNotes(t, asTree)
	root := s.below("", "racine")
	child := s.below(root, "enfant")
	grandchild := s.below(child, "petit")
	other := s.below("", "autre")
	s.do(robot, action.PublishEntry{ID: child})
	s.do(robot, action.SaveDraft{ID: other, Inputs: in("related", []any{string(grandchild)})})

	p := s.refuse(robot, action.TrashEntry{ID: root}, "entry_has_children")
	same(t, "children", p.Meta["children"], 2)
	p = s.refuse(robot, action.TrashEntry{ID: root, Children: true}, "entry_referenced")
	same(t, "backlinks", p.Meta["backlinks"], []map[string]any{{"collection": "notes", "entry": string(other), "field": "related"}})
	r := s.do(robot, action.TrashEntry{ID: root, Children: true, Force: true})
	same(t, "receipt", r.Subject, string(root))
	for _, id := range []content.EntryID{root, child, grandchild} {
		same(t, "status", s.entry(id).Status("fr"), content.StatusTrashed)
	}
	s.refuse(robot, action.SaveDraft{ID: child, Inputs: in("title", "x")}, "entry_in_trash")
	s.refuse(robot, action.TrashEntry{ID: child}, "entry_in_trash")
	q := s.refuse(robot, action.CreateEntry{Collection: "notes", Inputs: in("slug", "enfant")}, "invalid_values")
	same(t, "fault", pointers(q), []string{"/slug value_taken_in_trash"})

	s.do(robot, action.RestoreEntry{ID: child})
	e := s.entry(child)
	same(t, "its parent is in the trash", e.Parent, "")
	same(t, "it comes back as a draft", e.Status("fr"), content.StatusDraft)
	same(t, "not with it", s.entry(grandchild).Status("fr"), content.StatusTrashed)
	s.do(robot, action.RestoreEntry{ID: root, Children: true})
	same(t, "top", s.children(""), []string{"racine", "autre", "enfant"})
	head := s.log.Head()
	s.do(robot, action.RestoreEntry{ID: root})
	same(t, "commits for what is not in the trash", s.log.Head()-head, 0)

	deleter := s.user("deleter", rows(grants("notes", access.ReadDraft, access.Delete), owned("deleter")))
	s.do(robot, action.SaveDraft{ID: root, Inputs: in("owner", "deleter")})
	s.below(root, "d’autrui")
	s.refuse(deleter, action.TrashEntry{ID: root, Children: true}, "entry_not_found")
}

func TestPurge(t *testing.T) {
	s := withNotes(t, asTree)
	a := s.below("", "a")
	b := s.below(a, "b")
	c := s.below(a, "c")
	s.refuse(robot, action.PurgeEntry{ID: a}, "not_in_trash")
	s.do(robot, action.TrashEntry{ID: a, Children: true})
	s.do(robot, action.PurgeEntry{ID: a})
	s.refuse(robot, action.RestoreEntry{ID: a}, "entry_not_found")
	for _, id := range []content.EntryID{b, c} {
		same(t, "parent", s.entry(id).Parent, "")
	}
	if s.entry(b).Position == s.entry(c).Position {
		t.Error("two siblings at one place")
	}
	s.refuse(robot, action.ImportEntries{Entries: []action.Imported{{ID: a, Collection: "notes",
		Sides: map[content.Locale]action.ImportedSide{"fr": {Draft: values("title", "a")}}}}}, "import_invalid")
}

// found lists the objects that hold a text.
func (s *site) found(text string) []string {
	s.t.Helper()
	var keys []string
	for object, err := range s.bucket.List(s.t.Context(), "", "") {
		if err != nil {
			s.t.Fatal(err)
		}
		body, _, err := s.bucket.Get(s.t.Context(), object.Key, storage.Range{})
		if errors.Is(err, storage.ErrNotExist) {
			continue
		}
		if err != nil {
			s.t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil {
			s.t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			keys = append(keys, object.Key)
		}
	}
	return keys
}

// plain gives the decoded payload of every record: what compression hides.
func (s *site) payloads() []byte {
	s.t.Helper()
	var all []byte
	codec := commitlog.JSONCodec[content.Commit]{}
	log, err := commitlog.Open(s.t.Context(), s.bucket, commitlog.Codec[content.Commit](codec),
		commitlog.Options{Node: "spy", Now: s.clock.now, Rand: zeros{}})
	if err != nil {
		s.t.Fatal(err)
	}
	for seq := commitlog.Seq(1); seq <= log.Head(); seq++ {
		record, err := log.Read(s.t.Context(), seq)
		if err != nil {
			s.t.Fatal(err)
		}
		data, err := codec.Encode(s.t.Context(), record.Values)
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// eraser runs the follower over what is there.
func (s *site) erase() *sealed.Eraser {
	s.t.Helper()
	e, err := sealed.NewEraser(s.t.Context(), s.bucket, s.keys, s.log, s.db)
	if err != nil {
		s.t.Fatal(err)
	}
	at, err := e.Checkpoint()
	if err != nil {
		s.t.Fatal(err)
	}
	var records []commitlog.Record[content.Commit]
	for seq := at + 1; seq <= s.log.Head(); seq++ {
		r, err := s.log.Read(s.t.Context(), seq)
		if err != nil {
			s.t.Fatal(err)
		}
		records = append(records, r)
	}
	if len(records) == 0 {
		return e
	}
	for range 2 { // a crash makes it see the same records again
		if err := e.Apply(s.t.Context(), records); err != nil {
			s.t.Fatal(err)
		}
	}
	return e
}

// nothingOpens reads every record anew, on a node that has nothing of it in
// memory.
func (s *site) nothingOpens(id content.EntryID, user string) {
	s.t.Helper()
	for seq := commitlog.Seq(1); seq <= s.log.Head(); seq++ {
		r, err := s.log.Read(s.t.Context(), seq)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, c := range r.Values {
			for _, change := range c.Changes {
				if change.Entry != nil && change.Entry.ID == id && change.Entry.Working("fr")["contact"] != nil {
					s.t.Errorf("record %d still opens", seq)
				}
				if change.Noun != nil && change.Noun.ID == user && (change.Noun.Personal != nil || change.Noun.Lookup != "") {
					s.t.Errorf("record %d still opens the user", seq)
				}
			}
		}
	}
}

// Planted personal values are never in the bucket in the open, and after an
// erasure nothing opens them any more.
func TestErase(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "contact", canary+"-1")
	s.do(robot, action.PublishEntry{ID: id})
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("contact", canary+"-2", "score", 1)})
	kept := s.note("title", "Deux", "contact", canary+"-3")
	ann := s.person("ann")
	if _, err := s.log.SaveSnapshot(t.Context(), s.db); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{canary, "ann@example.org"} {
		if keys := s.found(secret); len(keys) > 0 {
			t.Errorf("%q is in %v", secret, keys)
		}
		if bytes.Contains(s.payloads(), []byte(secret)) {
			t.Errorf("%q is in a record", secret)
		}
	}
	if bytes.Contains(s.payloads(), []byte(noun.EmailLookup("ann@example.org"))) {
		t.Error("the digest of an e-mail is in a record")
	}

	e := s.do(robot, action.EraseEntry{ID: id}).Entry
	s.do(robot, account.EraseUser{ID: content.UserID(ann.ID)})
	same(t, "contact", e.Working("fr")["contact"], nil)
	same(t, "the rest", e.Working("fr")["score"], 1.0)
	if e.ErasedAt == nil {
		t.Error("no time of erasure")
	}
	head := s.log.Head()
	s.do(robot, action.EraseEntry{ID: id})
	same(t, "commits for what is erased", s.log.Head()-head, 0)
	eraser := s.erase()
	if at, err := eraser.Checkpoint(); err != nil || at != s.log.Head() {
		t.Errorf("checkpoint %d, %v, want %d", at, err, s.log.Head())
	}

	other := node(t, s.bucket, s.clock, "two")
	if err := other.db.WaitFor(t.Context(), s.log.Head()); err != nil {
		t.Fatal(err)
	}
	other.nothingOpens(id, ann.ID)
	same(t, "the other entry", other.entry(kept).Working("fr")["contact"], canary+"-3")
	for object, err := range s.bucket.List(t.Context(), "snapshots/view", "") {
		t.Errorf("snapshot %v %v is still there", object, err)
	}

	s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("contact", "encore")}, "entry_erased")
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Toujours modifiable")})
	s.do(robot, action.RevertEntry{ID: id, Locale: "fr", To: 1})
	same(t, "reverting brings nothing back", s.entry(id).Working("fr")["contact"], nil)
	s.do(robot, account.SaveUser{Set: account.UserFields{Email: new("ann@example.org")}}) // the address is free again
	s.refuse(robot, account.SaveUser{ID: content.UserID(ann.ID), Set: account.UserFields{Name: new("x")}}, "user_erased")
	s.refuse(robot, account.DisableUser{ID: content.UserID(ann.ID)}, "user_erased")
}

// A purge destroys the key like an erasure.
func TestPurgeErases(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "contact", canary)
	s.do(robot, action.TrashEntry{ID: id})
	s.do(robot, action.PurgeEntry{ID: id})
	s.erase()
	if key, err := s.keys.KeyID(t.Context(), string(id)); err != nil || key != "" {
		t.Errorf("the key is still there: %q, %v", key, err)
	}
}

// A node that has the key in memory forgets it when another node was the one
// to destroy it.
func TestEraserOnEveryNode(t *testing.T) {
	one := withNotes(t, nil)
	two := node(t, one.bucket, one.clock, "two")
	id := one.note("title", "Un", "contact", canary)
	if err := two.db.WaitFor(t.Context(), one.log.Head()); err != nil {
		t.Fatal(err)
	}
	erasedAt := one.log.Head()
	late, err := sealed.NewEraser(t.Context(), two.bucket, two.keys, two.log, two.db)
	if err != nil {
		t.Fatal(err)
	}
	one.do(robot, action.EraseEntry{ID: id})
	one.erase()
	if err := two.log.Wait(t.Context(), one.log.Head()); err != nil {
		t.Fatal(err)
	}
	record, err := two.log.Read(t.Context(), one.log.Head())
	if err != nil {
		t.Fatal(err)
	}
	if err := late.Apply(t.Context(), []commitlog.Record[content.Commit]{record}); err != nil {
		t.Fatal(err)
	}
	if record, err = two.log.Read(t.Context(), erasedAt); err != nil {
		t.Fatal(err)
	}
	if got := record.Values[0].Changes[0].Entry.Working("fr")["contact"]; got != nil {
		t.Errorf("the other node still opens %v", got)
	}
}

// As a follower of the log the eraser keeps up, and begins where any node of
// the bucket left off.
func TestEraserFollows(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un", "contact", canary)
	s.do(robot, action.EraseEntry{ID: id})
	eraser, err := sealed.NewEraser(t.Context(), s.bucket, s.keys, s.log, s.db)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.log.Follow(ctx, eraser); err != nil {
			t.Error(err)
		}
	})
	for at := commitlog.Seq(0); at < s.log.Head(); runtime.Gosched() {
		if at, err = eraser.Checkpoint(); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	running.Wait()
	if key, err := s.keys.KeyID(t.Context(), string(id)); err != nil || key != "" {
		t.Errorf("the key is still there: %q, %v", key, err)
	}
	again, err := sealed.NewEraser(t.Context(), s.bucket, s.keys, s.log, s.db)
	if err != nil {
		t.Fatal(err)
	}
	if at, err := again.Checkpoint(); err != nil || at != s.log.Head() {
		t.Errorf("the next one begins at %d, %v", at, err)
	}
}
