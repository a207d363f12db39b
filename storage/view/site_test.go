package view

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)

func at(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func ptr[T any](v T) *T { return &v }

// id makes an entry id that is a ULID, in the order of n.
func id(n int) content.EntryID { return content.EntryID(fmt.Sprintf("01J%023d", n)) }

var editor = content.Actor{Kind: content.ActorUser, ID: "u1"}

// studies is a collection with a field of every column type.
func studies() *schema.Collection {
	return &schema.Collection{
		ID: "studies", Name: "studies", Title: "title", Slug: "slug", Date: "date", Sort: "-date,title", Revision: 1,
		Fields: []schema.Field{
			{ID: "title", Name: "title", Kind: "text", Localized: true, Sortable: true},
			{ID: "slug", Name: "slug", Kind: "slug", Localized: true, Unique: true},
			{ID: "code", Name: "code", Kind: "text", Unique: true},
			{ID: "note", Name: "note", Kind: "text", Localized: true},
			{ID: "pages", Name: "page_count", Kind: "number", Sortable: true},
			{ID: "open", Name: "open", Kind: "boolean", Facet: true},
			{ID: "date", Name: "date", Kind: "date", Sortable: true},
			{ID: "topics", Name: "topics", Kind: "select", Facet: true,
				Settings: json.RawMessage(`{"multiple":true,"options":[{"value":"water"},{"value":"youth"},{"value":"law"},{"value":"art"}]}`)},
			{ID: "wilaya", Name: "wilaya", Kind: "relation", Settings: json.RawMessage(`{"to":["wilayas"]}`)},
			{ID: "related", Name: "related", Kind: "relation", Settings: json.RawMessage(`{"to":["studies"],"many":true}`)},
			{ID: "place", Name: "place", Kind: "geopoint"},
			{ID: "body", Name: "body", Kind: "markdown", Localized: true},
			{ID: "contact", Name: "contact", Kind: "text", Personal: true, Sortable: true},
		},
	}
}

func wilayas() *schema.Collection {
	return &schema.Collection{
		ID: "wilayas", Name: "wilayas", Title: "name", Tree: true, Revision: 1,
		Fields: []schema.Field{
			{ID: "name", Name: "name", Kind: "text", Localized: true, Sortable: true},
			{ID: "number", Name: "number", Kind: "text", Sortable: true},
		},
	}
}

func definition(t testing.TB, c *schema.Collection) *content.Noun {
	t.Helper()
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return &content.Noun{Kind: content.NounCollection, ID: string(c.ID), Lookup: c.Name, Body: body}
}

func nounCommit(nouns ...*content.Noun) content.Commit {
	c := content.Commit{Action: "collection.define", Actor: editor, At: start}
	for _, n := range nouns {
		c.Changes = append(c.Changes, content.Change{Noun: n})
	}
	return c
}

func entryCommit(entries ...*content.Entry) content.Commit {
	c := content.Commit{Action: "entry.save", Actor: editor, At: start, Subject: string(entries[0].ID)}
	for _, e := range entries {
		c.Changes = append(c.Changes, content.Change{Entry: e})
	}
	return c
}

func record(seq commitlog.Seq, commits ...content.Commit) commitlog.Record[content.Commit] {
	return commitlog.Record[content.Commit]{Seq: seq, At: start, Node: "n", Nonce: "x", Values: commits}
}

func open(t testing.TB, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), dir, schema.Builtin(), Options{Readers: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// site is a view with the two collections, at seq 1.
func site(t testing.TB) *DB {
	t.Helper()
	d := open(t, t.TempDir())
	apply(t, d, nounCommit(definition(t, studies()), definition(t, wilayas())))
	return d
}

// apply brings commits into the view as the next record.
func apply(t testing.TB, d *DB, commits ...content.Commit) {
	t.Helper()
	if err := d.Apply(t.Context(), []commitlog.Record[content.Commit]{record(d.Seq()+1, commits...)}); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, d *DB, f func(tx *Tx)) {
	t.Helper()
	if err := d.Read(t.Context(), func(tx *Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// entry makes an entry whose values are live in all given locales.
type build struct{ *content.Entry }

func entry(col content.CollectionID, n int) build {
	return build{&content.Entry{
		ID: id(n), Collection: col, Revision: 1, CreatedAt: at(n), CreatedBy: editor, UpdatedAt: at(n), UpdatedBy: editor,
		Sides: map[content.Locale]*content.Side{},
	}}
}

func (b build) side(l content.Locale) *content.Side {
	if b.Sides[l] == nil {
		b.Sides[l] = &content.Side{}
	}
	return b.Sides[l]
}

func (b build) live(l content.Locale, v content.Values) build {
	s := b.side(l)
	s.Published = &content.Version{Revision: b.Revision, At: b.UpdatedAt, By: editor, Values: v}
	s.PublishedAt = ptr(b.UpdatedAt)
	s.FirstPublishedAt = s.PublishedAt
	return b
}

func (b build) draft(l content.Locale, v content.Values) build {
	b.side(l).Draft = &content.Version{Revision: b.Revision, At: b.UpdatedAt, By: editor, Values: v}
	return b
}

func (b build) personal(l content.Locale, v content.Values) build {
	b.side(l).Newest().Personal = v
	return b
}

func ids(rows []*Row) []content.EntryID {
	out := []content.EntryID{}
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

// filter parses a filter in its JSON form.
func filter(t testing.TB, tx *Tx, col, text string) ask.Filter {
	t.Helper()
	var raw any
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	f, err := ask.ParseFilter(raw, tx.Collection(col), tx.Collection, schema.Builtin(), nil)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return f
}

func sort(t testing.TB, tx *Tx, col, text string) []ask.Order {
	t.Helper()
	o, err := ask.ParseSort(text, tx.Collection(col), tx.Collection, schema.Builtin())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return o
}
