package view

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

var errPlan = errors.New("plan says no")

func begin(t testing.TB, d *DB) commitlog.Draft[content.Commit, *Tx] {
	t.Helper()
	f, err := d.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func try(t testing.TB, f commitlog.Draft[content.Commit, *Tx], c content.Commit) {
	t.Helper()
	if _, err := f.Try(t.Context(), c.At, func(*Tx) (content.Commit, error) { return c, nil }); err != nil {
		t.Fatal(err)
	}
}

func TestDraftSeesWhatItStagedAndReadersDoNot(t *testing.T) {
	d := open(t, t.TempDir())
	f := begin(t, d)
	try(t, f, nounCommit(definition(t, studies()), definition(t, wilayas())))
	try(t, f, entryCommit(entry("studies", 1).live("fr", content.Values{"title": "Eau", "slug": "eau"}).Entry))
	_, err := f.Try(t.Context(), start, func(tx *Tx) (content.Commit, error) {
		if tx.Collection("studies") == nil {
			t.Error("the collection just defined is unknown")
		}
		if _, err := tx.EntryBySlug("studies", "fr", "eau", true); err != nil {
			t.Errorf("the entry just saved: %v", err)
		}
		return nounCommit(definition(t, &schema.Collection{ID: "other", Name: "other"})), errPlan
	})
	if !errors.Is(err, errPlan) {
		t.Errorf("error of the plan: %v", err)
	}
	read(t, d, func(tx *Tx) {
		if tx.Collection("studies") != nil || tx.Seq() != 0 {
			t.Error("a reader sees a draft")
		}
	})
	_, err = f.Try(t.Context(), start, func(tx *Tx) (content.Commit, error) {
		if tx.Collection("other") != nil {
			t.Error("what was undone is still there")
		}
		return content.Commit{}, errPlan
	})
	if !errors.Is(err, errPlan) {
		t.Error(err)
	}
	commits := []content.Commit{{}, {}}
	if err := f.Keep(t.Context(), record(1, commits...)); err != nil {
		t.Fatal(err)
	}
	read(t, d, func(tx *Tx) {
		if _, err := tx.EntryBySlug("studies", "fr", "eau", true); err != nil || tx.Seq() != 1 {
			t.Errorf("at %d: %v", tx.Seq(), err)
		}
	})
	if d.Changed("studies") != 1 || d.Seq() != 1 {
		t.Errorf("changed %d, seq %d", d.Changed("studies"), d.Seq())
	}
}

func TestUndoneDefinitionIsForgotten(t *testing.T) {
	d := site(t)
	wide := studies()
	wide.Fields = append(wide.Fields, schema.Field{ID: "extra", Name: "extra", Kind: "text", Sortable: true})
	e := entry("studies", 1).live("", content.Values{"extra": "x"}).live("fr", content.Values{"title": "t"}).Entry

	f := begin(t, d)
	_, err := f.Try(t.Context(), start, func(tx *Tx) (content.Commit, error) {
		// Staged by the commit itself, which then fails on its second change.
		c := nounCommit(definition(t, wide))
		c.Changes = append(c.Changes, content.Change{})
		return c, nil
	})
	if !errors.Is(err, errNoChange) {
		t.Fatalf("empty change: %v", err)
	}
	try(t, f, entryCommit(e))
	if err := f.Drop(); err != nil {
		t.Fatal(err)
	}
	apply(t, d, nounCommit(definition(t, wide)), entryCommit(e))
	read(t, d, func(tx *Tx) {
		l := List{Collection: "studies", Live: true, Locales: []content.Locale{"fr"}, Limit: 2, Filter: filter(t, tx, "studies", `{"extra":{"_eq":"x"}}`)}
		if page, err := tx.List(l); err != nil || len(page.Rows) != 1 {
			t.Errorf("list: %+v, %v", page, err)
		}
	})
}

func TestKeepRefusesAnotherRecord(t *testing.T) {
	d := site(t)
	for _, r := range []commitlog.Record[content.Commit]{record(3, content.Commit{}), record(2), record(2, content.Commit{}, content.Commit{})} {
		f := begin(t, d)
		try(t, f, entryCommit(entry("studies", 1).draft("fr", nil).Entry))
		if err := f.Keep(t.Context(), r); err == nil {
			t.Errorf("record %d with %d commits was kept", r.Seq, len(r.Values))
		}
		if d.Seq() != 1 {
			t.Fatalf("seq %d", d.Seq())
		}
	}
	read(t, d, func(tx *Tx) {
		if _, err := tx.Entry(id(1)); !errors.Is(err, ErrNotFound) {
			t.Errorf("entry of a refused record: %v", err)
		}
	})
}

func TestPlanThatPanicsIsUndone(t *testing.T) {
	d := site(t)
	f := begin(t, d)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		f.Try(t.Context(), start, func(*Tx) (content.Commit, error) { panic("plan") })
	}()
	try(t, f, entryCommit(entry("studies", 1).draft("fr", nil).Entry))
	if err := f.Keep(t.Context(), record(2, content.Commit{})); err != nil {
		t.Fatal(err)
	}
}

func TestWouldMatch(t *testing.T) {
	d := site(t)
	apply(t, d, entryCommit(entry("studies", 1).draft("", content.Values{"pages": 1.0}).draft("fr", nil).Entry))
	after := entryCommit(entry("studies", 1).draft("", content.Values{"pages": 2.0}).draft("fr", nil).Entry)
	read(t, d, func(tx *Tx) {
		if _, err := tx.WouldMatch(after, id(1), "fr", ask.Filter{}); !errors.Is(err, ErrReadOnly) {
			t.Errorf("on a reader: %v", err)
		}
	})
	f := begin(t, d)
	_, err := f.Try(t.Context(), start, func(tx *Tx) (content.Commit, error) {
		for pages, want := range map[float64]bool{1: false, 2: true} {
			cond := filter(t, tx, "studies", fmt.Sprintf(`{"page_count":{"_eq":%v}}`, pages))
			if got, err := tx.WouldMatch(after, id(1), "fr", cond); err != nil || got != want {
				t.Errorf("%v pages after: %v, %v", pages, got, err)
			}
			if got, err := tx.Matches(id(1), false, "fr", cond); err != nil || got == want {
				t.Errorf("%v pages now: %v, %v", pages, got, err)
			}
		}
		return content.Commit{}, errPlan
	})
	if !errors.Is(err, errPlan) {
		t.Error(err)
	}
	if err := f.Drop(); err != nil {
		t.Error(err)
	}
}

// TestLiveAndReplayedAgree makes random commits as drafts, some undone, and
// brings the records, having been through JSON as in the log, into two other
// views: one record at a time, and all at once after a repeat.
func TestLiveAndReplayedAgree(t *testing.T) {
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 7))
		d, slow := open(t, t.TempDir()), open(t, t.TempDir())
		var records []commitlog.Record[content.Commit]
		for range 25 {
			f := begin(t, d)
			var kept []content.Commit
			for range 1 + r.IntN(5) {
				c := someCommit(t, r, d.Seq() == 0 && len(kept) == 0)
				fails := r.IntN(5) == 0
				_, err := f.Try(t.Context(), c.At, func(*Tx) (content.Commit, error) {
					if fails {
						return c, errPlan
					}
					return c, nil
				})
				if fails != (err != nil) {
					t.Fatal(err)
				}
				if !fails {
					kept = append(kept, c)
				}
			}
			rec := throughLog(t, record(d.Seq()+1, kept...))
			if len(kept) == 0 || r.IntN(6) == 0 { // another node was first, with the same
				if err := errors.Join(f.Drop(), d.Apply(t.Context(), []commitlog.Record[content.Commit]{rec})); err != nil {
					t.Fatal(err)
				}
			} else if err := f.Keep(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			records = append(records, rec)
			if err := slow.Apply(t.Context(), []commitlog.Record[content.Commit]{rec}); err != nil {
				t.Fatal(err)
			}
		}
		fast := open(t, t.TempDir())
		for _, part := range [][]commitlog.Record[content.Commit]{records[:10], records} {
			if err := fast.Apply(t.Context(), part); err != nil {
				t.Fatal(err)
			}
		}
		sameDigest(t, d, slow, fast)
	}
}

func sameDigest(t *testing.T, views ...*DB) {
	t.Helper()
	var first string
	for i, v := range views {
		sum, err := v.Digest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = sum
		} else if sum != first {
			t.Fatalf("view %d differs from view 0:\n%s", i, difference(t, views[0], v))
		}
	}
}

// difference says which tables differ.
func difference(t *testing.T, a, b *DB) string {
	t.Helper()
	var out strings.Builder
	for _, text := range digested {
		var sums []string
		for _, v := range []*DB{a, b} {
			read(t, v, func(tx *Tx) {
				sum := newDigest(tx)
				if err := sum.add(text); err != nil {
					t.Fatal(err)
				}
				sums = append(sums, fmt.Sprintf("%x", sum.hash.Sum(nil)))
			})
		}
		if sums[0] != sums[1] {
			fmt.Fprintln(&out, text)
		}
	}
	return out.String()
}

func throughLog(t *testing.T, r commitlog.Record[content.Commit]) commitlog.Record[content.Commit] {
	t.Helper()
	body, err := json.Marshal(r.Values)
	if err != nil {
		t.Fatal(err)
	}
	old := r.Values
	r.Values = nil
	if err := json.Unmarshal(body, &r.Values); err != nil {
		t.Fatal(err)
	}
	for i := range old { // as the codec opens what it sealed
		for j, ch := range old[i].Changes {
			if ch.Entry == nil {
				continue
			}
			back := r.Values[i].Changes[j].Entry
			for l, s := range ch.Entry.Sides {
				if s.Draft != nil && len(s.Draft.Personal) > 0 {
					back.Sides[l].Draft.Personal, back.Sides[l].Draft.Sealed = s.Draft.Personal, []byte("sealed")
				}
				if s.Published != nil && len(s.Published.Personal) > 0 {
					back.Sides[l].Published.Personal, back.Sides[l].Published.Sealed = s.Published.Personal, []byte("sealed")
				}
			}
		}
	}
	return r
}

// someCommit makes a commit of any sort; with first the definitions.
func someCommit(t *testing.T, r *rand.Rand, first bool) content.Commit {
	if first {
		return nounCommit(definition(t, studies()), definition(t, wilayas()))
	}
	n := r.IntN(24)
	var c content.Commit
	switch r.IntN(12) {
	case 0:
		c = nounCommit(definition(t, someStudies(r)))
	case 1:
		c = content.Commit{Action: "entry.purge", Changes: []content.Change{{Gone: &content.Gone{Kind: content.NounEntry, ID: string(id(n))}}}}
	case 2:
		c = nounCommit(&content.Noun{Kind: content.NounRole, ID: fmt.Sprint("r", n%3), Lookup: fmt.Sprint("l", n%3), Body: []byte(`{ "b": [1, "<&>"], "a": 2 }`)})
	case 3:
		c = content.Commit{Action: "role.remove", Changes: []content.Change{{Gone: &content.Gone{Kind: content.NounRole, ID: fmt.Sprint("r", n%3)}}}}
	case 4:
		c = content.Commit{Action: "collection.remove", Changes: []content.Change{{Gone: &content.Gone{Kind: content.NounCollection, ID: "wilayas"}}}}
	case 5:
		c = nounCommit(definition(t, wilayas()))
	default:
		c = entryCommit(someEntry(r, n, 24), someEntry(r, (n+1)%24, 24))
		if s := c.Changes[0].Entry.Side("fr"); r.IntN(3) == 0 && s.Draft != nil {
			s.PublishAt = ptr(at(r.IntN(9)))
		}
	}
	c.Actor, c.At = editor, start.AddDate(0, 0, r.IntN(4))
	if r.IntN(3) == 0 {
		c.Key = fmt.Sprint("k", r.IntN(5))
	}
	return c
}

// someStudies changes the definition: fields come, go and change their kind,
// marks and settings.
func someStudies(r *rand.Rand) *schema.Collection {
	c := studies()
	if r.IntN(2) == 0 {
		c.Fields = append(c.Fields[:3:3], c.Fields[4:]...) // note
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		switch {
		case f.ID == "pages" && r.IntN(3) == 0:
			f.Kind = "text"
		case f.ID == "title" && r.IntN(3) == 0:
			f.Name, f.Sortable = "headline", false
			c.Sort = ""
		case f.ID == "topics" && r.IntN(3) == 0:
			f.Settings = json.RawMessage(`{"multiple":true,"options":[{"value":"water"},{"value":"new"}]}`)
		case f.ID == "contact" && r.IntN(2) == 0:
			f.Sortable = false
		}
	}
	if r.IntN(3) == 0 {
		c.Date = ""
	}
	return c
}

func TestReadersAndWriterAtOnce(t *testing.T) {
	d := site(t)
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				err := d.Read(ctx, func(tx *Tx) error {
					// Every commit adds one entry: the seq says how many there are.
					page, err := tx.List(List{Collection: "studies", Live: true, Locales: []content.Locale{"fr"}, Limit: 1, Count: true})
					if err != nil {
						return err
					}
					if page.Total != int(tx.Seq())-1 {
						return fmt.Errorf("%d entries at seq %d", page.Total, tx.Seq())
					}
					if d.Changed("studies") > d.Seq() {
						return errors.New("changed is ahead of the view")
					}
					return nil
				})
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	waited := make(chan error, 1)
	go func() { waited <- d.WaitFor(ctx, 61) }()
	for n := range 60 {
		c := entryCommit(entry("studies", n).live("fr", content.Values{"title": "x"}).Entry)
		if n%7 == 0 {
			c.Changes = append(c.Changes, content.Change{Noun: definition(t, &schema.Collection{ID: content.CollectionID(fmt.Sprint("c", n)), Name: fmt.Sprint("c", n)})})
		}
		f := begin(t, d)
		try(t, f, c)
		if err := f.Keep(t.Context(), record(d.Seq()+1, c)); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-waited; err != nil {
		t.Error(err)
	}
	cancel()
	readers.Wait()
}
