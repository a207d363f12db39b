package action_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestIdempotency(t *testing.T) {
	s := withNotes(t, nil)
	create := action.CreateEntry{Collection: "notes", Inputs: in("title", "Un")}
	do := func(a action.Action, key, request string) (action.Receipt, error) {
		return s.runner.DoWith(t.Context(), robot, a, action.Options{Key: key, Request: request})
	}
	first, err := do(create, "k1", "body one")
	if err != nil {
		t.Fatal(err)
	}
	s.do(robot, action.SaveDraft{ID: content.EntryID(first.Subject), Inputs: in("title", "Deux")})
	again, err := do(create, "k1", "body one")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "replayed", []any{again.Replayed, again.Seq, again.Subject, again.Entry.Revision}, []any{true, first.Seq, first.Subject, 2})
	_, err = do(create, "k1", "body two")
	same(t, "other body", []any{problem.CodeOf(err), problem.KindOf(err)}, []any{"key_reused", problem.Conflict})
	other, err := s.runner.DoWith(t.Context(), content.Actor{Kind: content.ActorSystem, ID: "other"}, create, action.Options{Key: "k1", Request: "body one"})
	if err != nil || other.Replayed {
		t.Errorf("another actor's key: %+v, %v", other, err)
	}
	if _, err = do(create, fmt.Sprintf("%0*d", action.MaxKey+1, 0), ""); problem.CodeOf(err) != "key_too_long" {
		t.Errorf("a long key gives %v", err)
	}

	// A purge can be repeated although nothing is left to look at.
	id := content.EntryID(first.Subject)
	s.do(robot, action.TrashEntry{ID: id})
	if _, err := do(action.PurgeEntry{ID: id}, "k2", "purge"); err != nil {
		t.Fatal(err)
	}
	again, err = do(action.PurgeEntry{ID: id}, "k2", "purge")
	if err != nil || !again.Replayed || again.Entry != nil {
		t.Errorf("repeated purge: %+v, %v", again, err)
	}
}

// What is read beforehand does not stand in the way of a replay.
func TestIdempotencyOfPrepared(t *testing.T) {
	s := newSite(t)
	a := action.DefineCollection{Definition: define(t, notes), IfMatch: at(0)}
	for i := range 2 {
		r, err := s.runner.DoWith(t.Context(), robot, a, action.Options{Key: "k", Request: "r"})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "replayed", r.Replayed, i == 1)
	}
}

// Many copies of one request at once make one entry.
func TestIdempotencyAtOnce(t *testing.T) {
	s := withNotes(t, nil)
	receipts := make([]action.Receipt, 32)
	together(len(receipts), func(i int) {
		var err error
		receipts[i], err = s.runner.DoWith(t.Context(), robot, action.CreateEntry{Collection: "notes", Inputs: in("title", "Un")},
			action.Options{Key: "k", Request: "r"})
		if err != nil {
			t.Error(err)
		}
	})
	made := 0
	for _, r := range receipts {
		if !r.Replayed {
			made++
		}
		same(t, "subject", r.Subject, receipts[0].Subject)
		same(t, "seq", r.Seq, receipts[0].Seq)
	}
	same(t, "made", made, 1)
}

func together(n int, do func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	all.Wait()
}

// Of 64 callers who save the same revision exactly one wins each time.
func TestIfMatchRace(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.RequireMatch = true })
	s.do(robot, action.DefineCollection{Definition: define(t, notes)})
	id := s.note("title", "0")
	const rounds, callers = 10, 64
	for round := 1; round <= rounds; round++ {
		var mu sync.Mutex
		var winners []string
		together(callers, func(i int) {
			title := fmt.Sprintf("%d by %d", round, i)
			r, err := s.runner.Do(t.Context(), robot, action.SaveDraft{ID: id, IfMatch: at(round), Inputs: in("title", title)})
			switch {
			case err == nil:
				mu.Lock()
				defer mu.Unlock()
				winners = append(winners, title)
				if r.Entry.Revision != round+1 {
					t.Errorf("the winner of round %d is told revision %d", round, r.Entry.Revision)
				}
			case problem.KindOf(err) != problem.Stale:
				t.Error(err)
			}
		})
		if len(winners) != 1 {
			t.Fatalf("round %d has the winners %v", round, winners)
		}
		same(t, "title", s.entry(id).Working("fr")["title"], winners[0])
	}
	same(t, "revision", s.entry(id).Revision, rounds+1)
}

// What a caller wrote they read at once, on the node that took it.
func TestReadYourWrite(t *testing.T) {
	s := withNotes(t, nil)
	together(16, func(i int) {
		id := content.EntryID("")
		for n := range 20 {
			title := fmt.Sprintf("%d-%d", i, n)
			var a action.Action = action.SaveDraft{ID: id, Inputs: in("title", title)}
			if n == 0 {
				a = action.CreateEntry{Collection: "notes", Inputs: in("title", title)}
			}
			r, err := s.runner.Do(t.Context(), robot, a)
			if err != nil {
				t.Error(err)
				return
			}
			id = content.EntryID(r.Subject)
			if s.db.Seq() < r.Seq {
				t.Errorf("the view is at %d, the write at %d", s.db.Seq(), r.Seq)
			}
			if got := s.entry(id).Working("fr")["title"]; got != title {
				t.Errorf("read %v after writing %s", got, title)
			}
		}
	})
}

// A unique value that two nodes want at once is given once.
func TestUniqueRaceOfTwoNodes(t *testing.T) {
	bucket, clock := storagetest.NewMemory(), newClock()
	one, two := node(t, bucket, clock, "one"), node(t, bucket, clock, "two")
	one.defineNotes(nil)
	if err := two.db.WaitFor(t.Context(), one.log.Head()); err != nil {
		t.Fatal(err)
	}
	for round := range 10 {
		var mu sync.Mutex
		slugs, codes := 0, 0
		together(16, func(i int) {
			s := []*site{one, two}[i%2]
			pairs, won := []any{"slug", fmt.Sprintf("même-%d", round)}, &slugs
			if i%4 >= 2 {
				pairs, won = []any{"code", fmt.Sprintf("C%d", round)}, &codes
			}
			_, err := s.runner.Do(t.Context(), robot, action.CreateEntry{Collection: "notes", Inputs: in(pairs...)})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				*won++
			} else if problem.CodeOf(err) != "invalid_values" {
				t.Error(err)
			}
		})
		same(t, "winners", []int{slugs, codes}, []int{1, 1})
	}
}

// Two nodes that start at once on an empty log give the site its beginnings
// once.
func TestInitOfTwoNodes(t *testing.T) {
	bucket, clock := storagetest.NewMemory(), newClock()
	nodes := []*site{node(t, bucket, clock, "one"), node(t, bucket, clock, "two")}
	together(2, func(i int) {
		if _, err := nodes[i].runner.Do(t.Context(), robot, action.Init{}); err != nil {
			t.Error(err)
		}
	})
	same(t, "records", nodes[0].log.Head(), commitlog.Seq(1))
}

func TestErrorsOfTheLog(t *testing.T) {
	s := newSite(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.runner.Do(ctx, robot, action.Init{})
	same(t, "cancelled", []any{problem.CodeOf(err), problem.KindOf(err)}, []any{"write_cancelled", problem.Unavailable})
	for cause, want := range map[error]problem.Kind{
		commitlog.ErrBusy: problem.Unavailable, commitlog.ErrClosed: problem.Unavailable,
		commitlog.ErrUnclear: problem.Unclear, commitlog.ErrTooLarge: problem.TooLarge,
		errors.New("disk on fire"): problem.Internal, errors.Join(commitlog.ErrUnclear, context.Canceled): problem.Unclear,
	} {
		same(t, cause.Error(), problem.KindOf(s.runner.Tell(t.Context(), robot, fmt.Errorf("do: %w", cause))), want)
	}
	if p, _ := errors.AsType[*problem.Error](s.runner.Tell(t.Context(), robot, commitlog.ErrBusy)); p.Meta["retry_after"] == nil {
		t.Error("it is not said when to try again")
	}
}

// Times in the log never go back, even when the clock does.
func TestTimesNeverGoBack(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un")
	before := s.entry(id).UpdatedAt
	s.clock.pass(-time.Hour)
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux")})
	if after := s.entry(id).UpdatedAt; after.Before(before) {
		t.Errorf("%v comes after %v", after, before)
	}
}

func TestNewIDsGrow(t *testing.T) {
	c := newClock()
	ids := action.NewIDs(c.now, rand.Reader)
	last := ""
	for i := range 2000 {
		if i == 1000 {
			c.pass(-time.Hour)
		}
		id := ids()
		if id <= last || !action.ValidID(content.EntryID(id)) {
			t.Fatalf("%q after %q", id, last)
		}
		last = id
	}
}

func TestReason(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un")
	if _, err := s.runner.DoWith(t.Context(), robot, action.TrashEntry{ID: id}, action.Options{Reason: " doublon "}); err != nil {
		t.Fatal(err)
	}
	same(t, "reason", s.lastReason(id), "doublon")
}
