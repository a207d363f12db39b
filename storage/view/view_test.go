package view

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

func TestDefinitionsPassTheirCheck(t *testing.T) {
	d := site(t)
	for _, c := range []string{"studies", "wilayas"} {
		read(t, d, func(tx *Tx) {
			if err := d.kinds.CheckCollection(tx.Collection(c)); err != nil {
				t.Errorf("%s: %v", c, err)
			}
		})
	}
}

func TestEntryComesBackWhole(t *testing.T) {
	d := site(t)
	e := entry("studies", 1).
		live("", content.Values{"pages": 12.0, "topics": []any{"water", "law"}, "place": map[string]any{"lat": 36.7, "lon": 5.1}}).
		live("fr", content.Values{"title": "L’eau", "note": nil}).
		draft("fr", content.Values{"title": "L’eau potable"}).
		draft("ar", content.Values{"title": "الماء", "empty": []any{}}).
		personal("", content.Values{"contact": "Nadia"})
	e.Side("ar").PublishAt = ptr(at(100))
	e.Side("ar").Planner = &editor
	e.Side("fr").Review = &content.Review{State: content.Submitted, Revision: 1, SubmittedAt: at(3), SubmittedBy: editor}
	apply(t, d, entryCommit(e.Entry))
	read(t, d, func(tx *Tx) {
		got, err := tx.Entry(id(1))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, e.Entry) {
			t.Errorf("got %+v\nwant %+v", got, e.Entry)
		}
		if _, err := tx.Entry(id(2)); !errors.Is(err, ErrNotFound) {
			t.Errorf("absent entry: %v", err)
		}
	})
}

func TestRowsOfBothSides(t *testing.T) {
	d := site(t)
	e := entry("studies", 1).
		live("", content.Values{"pages": 12.0}).
		live("fr", content.Values{"title": "Eau", "slug": "eau"}).
		draft("fr", content.Values{"title": "Eau potable", "slug": "eau-potable"}).
		draft("ar", content.Values{"title": "ماء", "slug": "ماء"})
	apply(t, d, entryCommit(e.Entry))
	read(t, d, func(tx *Tx) {
		live, err := tx.List(List{Collection: "studies", Live: true, Locales: []content.Locale{"ar", "fr"}, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		draft, err := tx.List(List{Collection: "studies", Locales: []content.Locale{"ar", "fr"}, Limit: 5})
		if err != nil {
			t.Fatal(err)
		}
		if len(live.Rows) != 1 || len(draft.Rows) != 1 {
			t.Fatalf("%d live and %d draft rows", len(live.Rows), len(draft.Rows))
		}
		want := &Row{
			ID: id(1), Locale: "fr", Collection: "studies", Revision: 1, Status: content.StatusChanged,
			CreatedAt: at(1), UpdatedAt: at(1), PublishedAt: ptr(at(1)), CreatedBy: editor, UpdatedBy: editor,
			Locales: []content.Locale{"fr"}, Values: content.Values{"pages": 12.0, "title": "Eau", "slug": "eau"},
		}
		if !reflect.DeepEqual(live.Rows[0], want) {
			t.Errorf("live: %+v", live.Rows[0])
		}
		r := draft.Rows[0]
		if r.Locale != "ar" || r.Status != content.StatusDraft || !slices.Equal(r.Locales, []content.Locale{"ar", "fr"}) || r.Values["title"] != "ماء" {
			t.Errorf("draft: %+v", r)
		}
		// The slug of the draft is in its own locale and side only.
		if _, err := tx.EntryBySlug("studies", "fr", "eau-potable", true); !errors.Is(err, ErrNotFound) {
			t.Errorf("draft slug on the live side: %v", err)
		}
		if got, err := tx.EntryBySlug("studies", "fr", "eau-potable", false); err != nil || got != id(1) {
			t.Errorf("draft slug: %v, %v", got, err)
		}
		if _, err := tx.EntryBySlug("studies", "ar", "eau", true); !errors.Is(err, ErrNotFound) {
			t.Errorf("slug of another locale: %v", err)
		}
		row, err := tx.RowBySlug("studies", "eau-potable", false, []content.Locale{"ar", "fr"})
		if err != nil || row.Locale != "ar" {
			t.Errorf("row by the slug of another locale: %+v, %v", row, err)
		}
		row, err = tx.RowBySlug("studies", "eau", true, []content.Locale{"ar", "fr"})
		if err != nil || row.Locale != "fr" || row.Values["title"] != "Eau" {
			t.Errorf("row by slug: %+v, %v", row, err)
		}
	})
}

func TestTakenSeesBothSidesAndTheTrash(t *testing.T) {
	d := site(t)
	a := entry("studies", 1).live("", content.Values{"code": "A1"}).live("fr", content.Values{"slug": "eau"}).draft("fr", content.Values{"slug": "eaux"})
	b := entry("studies", 2).draft("", content.Values{"code": "B1"}).draft("ar", content.Values{"slug": "eau"})
	b.TrashedAt = ptr(at(9))
	apply(t, d, entryCommit(a.Entry, b.Entry))
	for _, c := range []struct {
		field  content.FieldID
		locale content.Locale
		value  any
		except content.EntryID
		want   content.EntryID
	}{
		{"slug", "fr", "eau", "", id(1)},
		{"slug", "fr", "eaux", "", id(1)},
		{"slug", "fr", "eau", id(1), ""},
		{"slug", "ar", "eau", id(1), id(2)},
		{"slug", "en", "eau", "", ""},
		{"code", "", "A1", id(2), id(1)},
		{"code", "", "B1", id(1), id(2)},
		{"code", "en", "a1", "", ""},
		{"code", "", nil, "", ""},
	} {
		read(t, d, func(tx *Tx) {
			got, taken, err := tx.Taken("studies", c.field, c.locale, c.value, c.except)
			if err != nil || got != c.want || taken != (c.want != "") {
				t.Errorf("%s %s %v except %q: %q, %v, %v", c.field, c.locale, c.value, c.except, got, taken, err)
			}
		})
	}
}

func TestApplyTwiceIsApplyOnce(t *testing.T) {
	d := site(t)
	r := record(2, entryCommit(entry("studies", 1).live("fr", content.Values{"title": "x"}).Entry))
	for range 2 {
		if err := d.Apply(t.Context(), []commitlog.Record[content.Commit]{r}); err != nil {
			t.Fatal(err)
		}
	}
	read(t, d, func(tx *Tx) {
		items, err := tx.Audit(AuditQuery{Limit: 10})
		if err != nil || len(items) != 2 {
			t.Errorf("%d commits, %v", len(items), err)
		}
	})
	if seq, nonce, err := d.Anchor(); err != nil || seq != 2 || nonce != r.Nonce {
		t.Errorf("anchor %d %q, %v", seq, nonce, err)
	}
	if err := d.Apply(t.Context(), []commitlog.Record[content.Commit]{record(4)}); err == nil {
		t.Error("a record was left out and nobody noticed")
	}
}

func TestAuditOfOneAmongSeveral(t *testing.T) {
	d := site(t)
	a, b := entry("studies", 1).live("fr", content.Values{"title": "x"}), entry("studies", 2).live("fr", content.Values{"title": "y"})
	apply(t, d, entryCommit(a.Entry, b.Entry))
	apply(t, d, entryCommit(entry("studies", 3).live("fr", content.Values{"title": "z"}).Entry))
	for _, subject := range []content.EntryID{id(1), id(2), id(3)} {
		read(t, d, func(tx *Tx) {
			items, err := tx.Audit(AuditQuery{Limit: 10, Subject: string(subject)})
			if err != nil || len(items) != 1 || items[0].Subject != string(subject) {
				t.Errorf("%s: %+v, %v", subject, items, err)
			}
		})
	}
}

func TestGoneLeavesNothing(t *testing.T) {
	d := site(t)
	before, err := d.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := entry("studies", 1).live("", content.Values{"topics": []any{"water"}, "related": []any{string(id(1))}}).live("fr", content.Values{"title": "x"})
	e.Side("fr").UnpublishAt = ptr(at(1))
	apply(t, d, entryCommit(e.Entry))
	apply(t, d, content.Commit{Action: "entry.purge", Actor: editor, At: start,
		Changes: []content.Change{{Gone: &content.Gone{Kind: content.NounEntry, ID: string(id(1)), Collection: "studies"}}}})
	for _, text := range []string{
		"SELECT count(*) FROM entries", "SELECT count(*) FROM bodies", "SELECT count(*) FROM links", "SELECT count(*) FROM due",
		"SELECT count(*) FROM history", "SELECT coalesce(sum(rows), 0) FROM counts",
	} {
		read(t, d, func(tx *Tx) {
			if n, err := tx.number(text, nil); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", text, n, err)
			}
		})
	}
	after, err := d.Digest(t.Context())
	if err != nil || after == before {
		t.Errorf("the digest does not see the seq: %v", err)
	}
}

func TestPlansAndPast(t *testing.T) {
	d := site(t)
	e := entry("studies", 1).draft("fr", content.Values{"title": "x"}).live("ar", content.Values{"title": "y"})
	e.Side("fr").PublishAt, e.Side("ar").UnpublishAt = ptr(at(50)), ptr(at(40))
	c := entryCommit(e.Entry)
	c.Key, c.Request, c.Reason = "k1", "hash", "because"
	apply(t, d, c)
	read(t, d, func(tx *Tx) {
		due, err := tx.Due(at(45), 10)
		if err != nil || len(due) != 1 || due[0] != (Due{at(40), id(1), "ar", false}) {
			t.Errorf("due: %v, %v", due, err)
		}
		if due, err = tx.Due(at(50), 10); err != nil || len(due) != 2 || !due[1].Publish {
			t.Errorf("due later: %v, %v", due, err)
		}
		if next, ok, err := tx.NextDue(); err != nil || !ok || !next.Equal(at(40)) {
			t.Errorf("next: %v, %v, %v", next, ok, err)
		}
		past, ok, err := tx.Past(editor, "k1")
		if err != nil || !ok || past.Seq != 2 || past.Subject != string(id(1)) || past.Revision != 1 || past.Request != "hash" {
			t.Errorf("past: %+v, %v, %v", past, ok, err)
		}
		if _, ok, _ := tx.Past(content.Actor{Kind: content.ActorUser, ID: "u2"}, "k1"); ok {
			t.Error("a key of another actor was found")
		}
		h, err := tx.History(id(1), 0, 10)
		if err != nil || len(h) != 1 || h[0].Seq != 2 || h[0].Index != 0 || h[0].Revision != 1 || h[0].Reason != "because" || h[0].Actor != editor {
			t.Errorf("history: %+v, %v", h, err)
		}
	})
	later := entryCommit(entry("studies", 2).draft("fr", content.Values{}).Entry)
	later.At = start.Add(pastKept + 1)
	apply(t, d, later)
	read(t, d, func(tx *Tx) {
		if _, ok, _ := tx.Past(editor, "k1"); ok {
			t.Error("a key of the day before yesterday was kept")
		}
	})
}

func TestNouns(t *testing.T) {
	d := site(t)
	n := &content.Noun{Kind: content.NounUser, ID: "u1", Lookup: "digest",
		Body: []byte(`{"id":"u1","epoch":1}`), Personal: []byte(`{"name":"Nadia","email":"n@example.org"}`)}
	apply(t, d, nounCommit(n))
	apply(t, d, nounCommit(&content.Noun{Kind: content.NounUser, ID: "u2", Body: []byte(`{"id":"u2"}`)}))
	read(t, d, func(tx *Tx) {
		got, err := tx.NounByLookup(content.NounUser, "digest")
		if err != nil || string(got.Body) != `{"email":"n@example.org","epoch":1,"id":"u1","name":"Nadia"}` {
			t.Errorf("noun: %+v, %v", got, err)
		}
		if _, err := tx.NounByLookup(content.NounUser, ""); !errors.Is(err, ErrNotFound) {
			t.Errorf("noun without lookup: %v", err)
		}
		all, err := tx.Nouns(content.NounUser, "u1", 10)
		if err != nil || len(all) != 1 || all[0].ID != "u2" {
			t.Errorf("nouns: %v, %v", all, err)
		}
	})
	if got := d.ChangedNouns(content.NounUser); got != 3 {
		t.Errorf("users changed at %d", got)
	}
	if got := d.ChangedNouns(content.NounAsset); got != 0 {
		t.Errorf("assets changed at %d", got)
	}
}

func TestChanged(t *testing.T) {
	d := site(t)
	apply(t, d, entryCommit(entry("studies", 1).draft("fr", content.Values{}).Entry))
	if s, w := d.Changed("studies"), d.Changed("wilayas"); s != 2 || w != 1 {
		t.Errorf("studies at %d, wilayas at %d", s, w)
	}
	apply(t, d, nounCommit(&content.Noun{Kind: content.NounRole, ID: "editor", Body: []byte(`{}`)}))
	if w := d.Changed("wilayas"); w != 3 {
		t.Errorf("after a role wilayas at %d", w)
	}
}

func TestTreePositionsAndCounts(t *testing.T) {
	d := site(t)
	var all []*content.Entry
	for i, p := range []string{"b", "a", "c"} {
		e := entry("wilayas", i+1).live("fr", content.Values{"name": p})
		e.Position = p
		if p == "c" {
			e.TrashedAt = ptr(at(1))
		}
		all = append(all, e.Entry)
	}
	child := entry("wilayas", 9).draft("ar", content.Values{"name": "x"})
	child.Parent, child.Position = id(1), "m"
	apply(t, d, entryCommit(append(all, child.Entry)...))
	read(t, d, func(tx *Tx) {
		kids, err := tx.Children("wilayas", "", "", 10)
		want := []Child{{id(2), "a", false}, {id(1), "b", false}, {id(3), "c", true}}
		if err != nil || !slices.Equal(kids, want) {
			t.Errorf("children: %v, %v", kids, err)
		}
		for name, c := range map[string]struct {
			got  func() (string, error)
			want string
		}{
			"first":  {func() (string, error) { return tx.FirstPosition("wilayas", "") }, "a"},
			"last":   {func() (string, error) { return tx.LastPosition("wilayas", "") }, "c"},
			"after":  {func() (string, error) { return tx.PositionAfter("wilayas", "", "a") }, "b"},
			"before": {func() (string, error) { return tx.PositionBefore("wilayas", "", "a") }, ""},
			"other":  {func() (string, error) { return tx.FirstPosition("wilayas", id(1)) }, "m"},
			"empty":  {func() (string, error) { return tx.LastPosition("wilayas", id(2)) }, ""},
		} {
			if got, err := c.got(); err != nil || got != c.want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		counts, err := tx.Counts("wilayas")
		wantCounts := []Count{{"ar", "draft", 1}, {"fr", "published", 2}, {"fr", "trashed", 1}}
		if err != nil || !slices.Equal(counts, wantCounts) {
			t.Errorf("counts: %v, %v", counts, err)
		}
		trash, err := tx.List(List{Collection: "wilayas", Locales: []content.Locale{"fr"}, Trashed: true, Limit: 5})
		if err != nil || !slices.Equal(ids(trash.Rows), []content.EntryID{id(3)}) {
			t.Errorf("trash: %v, %v", ids(trash.Rows), err)
		}
	})
}

func TestBacklinks(t *testing.T) {
	d := site(t)
	target := string(id(5))
	a := entry("studies", 1).live("", content.Values{"related": []any{target}}).live("fr", content.Values{"body": "Voir [ici](entry:" + target + ")."})
	b := entry("studies", 2).draft("fr", content.Values{"body": "![](asset:pic1)"}).draft("", content.Values{"wilaya": target})
	apply(t, d, entryCommit(a.Entry, b.Entry))
	read(t, d, func(tx *Tx) {
		live, err := tx.Backlinks(content.Ref{Kind: content.RefEntry, ID: target}, true, 10)
		want := []Backlink{{id(1), "studies", "body", "fr"}, {id(1), "studies", "related", "fr"}}
		if err != nil || !slices.Equal(live, want) {
			t.Errorf("live: %v, %v", live, err)
		}
		draft, err := tx.Backlinks(content.Ref{Kind: content.RefEntry, ID: target}, false, 10)
		if err != nil || len(draft) != 3 {
			t.Errorf("draft: %v, %v", draft, err)
		}
		pics, err := tx.Backlinks(content.Ref{Kind: content.RefAsset, ID: "pic1"}, false, 10)
		if err != nil || !slices.Equal(pics, []Backlink{{id(2), "studies", "body", "fr"}}) {
			t.Errorf("assets: %v, %v", pics, err)
		}
	})
}
