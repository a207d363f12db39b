package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

var today = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// id makes an entry id, in the order of n.
func id(n int) content.EntryID { return content.EntryID(fmt.Sprintf("01J%023d", n)) }

func userActor(id string) content.Actor { return content.Actor{Kind: content.ActorUser, ID: id} }

var (
	visitor = content.Actor{}
	admin   = userActor("administrator")
)

// collections of the test site. "associations" is public and has fields of
// every visibility; "files" is for the team only; "wilayas" is public with a
// field that is not.
func collections() []*schema.Collection {
	raw := func(s string) json.RawMessage { return json.RawMessage(s) }
	return []*schema.Collection{
		{ID: "associations", Name: "associations", Title: "name", Slug: "slug", Sort: "-rank,name", Path: "/associations/{slug}", Revision: 1, Fields: []schema.Field{
			{ID: "name", Name: "name", Kind: "text", Localized: true, Sortable: true, Weight: 5},
			{ID: "slug", Name: "slug", Kind: "slug", Localized: true, Unique: true},
			{ID: "body", Name: "body", Kind: "markdown", Localized: true, Weight: 1},
			{ID: "founded", Name: "founded_on", Kind: "date", Sortable: true},
			{ID: "members", Name: "members_count", Kind: "number", Sortable: true},
			{ID: "active", Name: "active", Kind: "boolean"},
			{ID: "topics", Name: "topics", Kind: "select", Facet: true, Settings: raw(`{"multiple":true,"options":[{"value":"water"},{"value":"youth"},{"value":"law"}]}`)},
			{ID: "wilaya", Name: "wilaya", Kind: "relation", Facet: true, Weight: 1, Settings: raw(`{"to":["wilayas"]}`)},
			{ID: "partners", Name: "partners", Kind: "relation", Settings: raw(`{"to":["associations"],"many":true}`)},
			{ID: "file", Name: "file", Kind: "relation", Facet: true, Weight: 1, Settings: raw(`{"to":["files"]}`)},
			{ID: "logo", Name: "logo", Kind: "asset"},
			{ID: "board", Name: "board", Kind: "list", Settings: raw(`{"fields":[{"id":"who","name":"who","kind":"text"},
				{"id":"tel","name":"tel","kind":"text"}]}`)},
			{ID: "phone", Name: "phone", Kind: "text", Sortable: true, Weight: 1, Sees: schema.Members, Personal: true},
			{ID: "rank", Name: "rank", Kind: "number", Sortable: true, Sees: schema.Coordinators},
		}},
		{ID: "wilayas", Name: "wilayas", Title: "title", Revision: 1, Fields: []schema.Field{
			{ID: "title", Name: "title", Kind: "text", Localized: true, Sortable: true, Weight: 5},
			{ID: "code", Name: "code", Kind: "text", Sortable: true},
			{ID: "risk", Name: "risk", Kind: "text", Sortable: true, Weight: 1, Facet: true, Sees: schema.Coordinators},
		}},
		{ID: "files", Name: "files", Title: "label", Revision: 1, Fields: []schema.Field{
			{ID: "label", Name: "label", Kind: "text", Sortable: true, Weight: 5},
			{ID: "note", Name: "note", Kind: "text", Weight: 1},
			{ID: "open", Name: "open", Kind: "boolean"},
			{ID: "about", Name: "about", Kind: "relation", Settings: raw(`{"to":["associations"]}`)},
		}},
	}
}

// roles of the test site besides the built-in ones, with a user for each.
func roles() []access.Role {
	rows := func(s string) json.RawMessage { return json.RawMessage(s) }
	out := access.BuiltinRoles()
	for i := range out {
		if out[i].ID == access.Visitor {
			out[i].Grants = []access.Grant{
				{Collection: "associations", Verbs: []access.Verb{access.Read}},
				{Collection: "wilayas", Verbs: []access.Verb{access.Read}},
				{Collection: access.Assets, Verbs: []access.Verb{access.Read}},
			}
		}
	}
	return append(out,
		// Reads open files only.
		access.Role{ID: "clerk", Sees: schema.Members, Grants: []access.Grant{
			{Collection: "associations", Verbs: []access.Verb{access.Read}},
			{Collection: "files", Verbs: []access.Verb{access.Read}, Rows: rows(`{"open":{"_eq":true}}`)}}},
		// Reads the phone numbers of associations of Algiers only.
		access.Role{ID: "local", Sees: schema.Members, Grants: []access.Grant{
			{Collection: "associations", Verbs: []access.Verb{access.Read}, Fields: []content.FieldID{"phone"},
				Rows: rows(`{"wilaya":{"code":{"_eq":"16"}}}`)}}},
		// Reads the rank of associations of Algiers, the rest of all of them.
		access.Role{ID: "ranker", Sees: schema.Coordinators, Grants: []access.Grant{
			{Collection: "associations", Verbs: []access.Verb{access.Read}, Fields: []content.FieldID{"rank"},
				Rows: rows(`{"wilaya":{"code":{"_eq":"16"}}}`)}}},
		// Reads the labels of files and nothing else of them.
		access.Role{ID: "labeller", Grants: []access.Grant{
			{Collection: "files", Verbs: []access.Verb{access.Read}, Fields: []content.FieldID{"label"}}}},
		// Is signed in and reads what visitors do, and no files.
		access.Role{ID: "walker", Grants: []access.Grant{
			{Collection: "associations", Verbs: []access.Verb{access.Read}}, {Collection: "wilayas", Verbs: []access.Verb{access.Read}}}},
		access.Role{ID: "drafter", Sees: schema.Members, Grants: []access.Grant{
			{Collection: "associations", Verbs: []access.Verb{access.Read, access.ReadDraft}}}},
	)
}

type builder struct{ *content.Entry }

func entry(col content.CollectionID, n int, by string) builder {
	at := today.Add(time.Duration(n) * time.Minute)
	return builder{&content.Entry{ID: id(n), Collection: col, Revision: 1, CreatedAt: at, UpdatedAt: at.Add(time.Second),
		CreatedBy: userActor(by), UpdatedBy: userActor(by), Sides: map[content.Locale]*content.Side{}}}
}

func (b builder) side(l content.Locale) *content.Side {
	if b.Sides[l] == nil {
		b.Sides[l] = &content.Side{}
	}
	return b.Sides[l]
}

func (b builder) live(l content.Locale, v content.Values) builder {
	s := b.side(l)
	at := b.CreatedAt
	s.Published = &content.Version{Revision: 1, At: at, Values: v}
	s.PublishedAt, s.FirstPublishedAt = &at, &at
	return b
}

func (b builder) draft(l content.Locale, v content.Values) builder {
	b.side(l).Draft = &content.Version{Revision: b.Revision, At: b.UpdatedAt, Values: v}
	return b
}

func (b builder) personal(v content.Values) builder {
	b.side(content.Shared).Newest().Personal = v
	return b
}

type v = content.Values

// entries of the test site: 1–2 wilayas, 10–16 associations, 20–21 files.
func entries() []*content.Entry {
	ids := func(n ...int) []any {
		out := make([]any, len(n))
		for i := range n {
			out[i] = string(id(n[i]))
		}
		return out
	}
	all := []builder{
		entry("wilayas", 1, "administrator").live("", v{"code": "16", "risk": "low"}).live("fr", v{"title": "Alger"}).live("ar", v{"title": "الجزائر"}),
		entry("wilayas", 2, "administrator").live("", v{"code": "31", "risk": "high"}).live("fr", v{"title": "Oran"}),
		entry("wilayas", 3, "administrator").draft("", v{"code": "99"}).draft("fr", v{"title": "Secrète"}),

		entry("associations", 10, "administrator").live("", v{"founded": "1990-05-01", "members": 12.0, "active": true, "topics": []any{"water"},
			"wilaya": string(id(1)), "partners": ids(11, 12, 14, 99), "file": string(id(20)), "logo": "pic", "rank": 1.0,
			"board": []any{map[string]any{"id": "b1", "who": "Amel", "tel": "0550"}}}).personal(v{"phone": "021 10"}).
			live("fr", v{"name": "Eau vive", "slug": "eau-vive", "body": "Voir [Oran](entry:" + string(id(2)) + ") et [rien](entry:" + string(id(3)) + ")."}).
			live("ar", v{"name": "ماء", "slug": "ma"}),
		entry("associations", 11, "author").live("", v{"founded": "2001-01-01", "members": 40.0, "active": false, "topics": []any{"youth", "law"},
			"wilaya": string(id(2)), "file": string(id(21)), "rank": 2.0}).personal(v{"phone": "041 11"}).
			live("fr", v{"name": "Jeunes d’Oran", "slug": "jeunes-oran"}),
		entry("associations", 12, "author").live("", v{"founded": "2010-07-09", "members": 3.0, "active": true, "topics": []any{"law"},
			"wilaya": string(id(2)), "rank": 3.0}).personal(v{"phone": "041 12"}).
			live("fr", v{"name": "Droit", "slug": "droit"}).draft("fr", v{"name": "Droit (brouillon)", "slug": "droit"}),
		entry("associations", 13, "author").draft("", v{"members": 7.0, "wilaya": string(id(3))}).draft("fr", v{"name": "Projet", "slug": "projet"}),
		entry("associations", 14, "administrator").draft("", v{"members": 8.0}).draft("fr", v{"name": "Autre projet", "slug": "autre"}),
		entry("associations", 15, "administrator").live("", v{"members": 1.0, "wilaya": string(id(1)), "rank": 0.0}).personal(v{"phone": "021 15"}).
			live("ar", v{"name": "بالعربية فقط", "slug": "arabe"}),

		entry("files", 20, "administrator").live("", v{"label": "dossier clos", "note": "une annexe", "open": false, "about": string(id(10))}),
		entry("files", 21, "administrator").live("", v{"label": "dossier ouvert", "note": "une annexe", "open": true, "about": string(id(11))}),
	}
	out := make([]*content.Entry, len(all))
	for i, b := range all {
		out[i] = b.Entry
	}
	trashed := entry("associations", 16, "author").live("fr", v{"name": "Jetée", "slug": "jetee"}).Entry
	trashed.TrashedAt = &today
	return append(out, trashed)
}

func noun(t testing.TB, kind content.NounKind, id, lookup string, body any) content.Change {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return content.Change{Noun: &content.Noun{Kind: kind, ID: id, Lookup: lookup, Body: raw}}
}

// site is an engine over a view with the test site in it.
type site struct {
	*Engine
	t  testing.TB
	db *view.DB
}

func newSite(t testing.TB) *site { return siteOf(t, entries()) }

func siteOf(t testing.TB, entries []*content.Entry) *site {
	t.Helper()
	db, err := view.Open(t.Context(), t.TempDir(), schema.Builtin(), view.Options{Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	e := New(db, nil, schema.Builtin(), Options{Now: func() time.Time { return today },
		AssetURL: func(a *content.Asset) string { return "/files/" + string(a.ID) }})
	s := &site{e, t, db}
	var changes []content.Change
	for _, c := range collections() {
		if err := schema.Builtin().CheckCollection(c); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, noun(t, content.NounCollection, string(c.ID), c.Name, c))
	}
	for _, r := range roles() {
		changes = append(changes, noun(t, content.NounRole, string(r.ID), "", r),
			noun(t, content.NounUser, string(r.ID), "", content.User{ID: content.UserID(r.ID), Roles: []content.RoleID{r.ID}}))
	}
	changes = append(changes,
		noun(t, content.NounUser, "nada", "", content.User{ID: "nada", Roles: []content.RoleID{access.Member}, Association: id(11)}),
		noun(t, content.NounAsset, "pic", "", content.Asset{ID: "pic", Name: "logo.png", MediaType: "image/png", Size: 9, Width: 2, Height: 1,
			Alt: map[content.Locale]string{"fr": "Une goutte"}}),
		noun(t, content.NounAsset, "hush", "", content.Asset{ID: "hush", Name: "plan.pdf", Visibility: "members"}))
	s.commit(content.Commit{Action: "site.init", Actor: admin, At: today, Changes: changes})
	for _, e := range entries {
		s.commit(content.Commit{Action: "entry.create", Actor: e.CreatedBy, At: e.CreatedAt, Subject: string(e.ID),
			Changes: []content.Change{{Entry: e}}})
	}
	return s
}

func (s *site) commit(commits ...content.Commit) {
	s.t.Helper()
	r := commitlog.Record[content.Commit]{Seq: s.db.Seq() + 1, At: today, Node: "n", Nonce: "x", Values: commits}
	if err := s.db.Apply(context.Background(), []commitlog.Record[content.Commit]{r}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) params(query string) Params {
	s.t.Helper()
	p, err := ParseParams(query)
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return p
}

// find gives what a list answers: the numbers of the entries, or the code of
// the problem and its culprit.
func (s *site) find(by content.Actor, col, query string) string {
	s.t.Helper()
	r, err := s.Find(s.t.Context(), by, col, s.params(query))
	if err != nil {
		return wrong(err)
	}
	return numbers(r.Items)
}

func numbers(items []*Item) string {
	out := ""
	for i, it := range items {
		if i > 0 {
			out += " "
		}
		n := 0
		if _, err := fmt.Sscanf(string(it.ID), "01J%d", &n); err != nil {
			return err.Error()
		}
		out += fmt.Sprint(n)
	}
	return out
}

func wrong(err error) string {
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return "fault: " + err.Error()
	}
	out := fmt.Sprintf("%d %s", e.Kind.Status(), e.Code)
	for _, f := range e.Fields {
		out += " " + f.Pointer
	}
	return out
}

func (s *site) get(by content.Actor, col, key, query string) string {
	s.t.Helper()
	r, err := s.Get(s.t.Context(), by, col, key, s.params(query))
	if err != nil {
		return wrong(err)
	}
	return string(r.Item.AppendJSON(nil))
}
