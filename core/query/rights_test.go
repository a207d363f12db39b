package query

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// TestRolesByReads is the table of roles × collections × versions: which
// entries each may list.
func TestRolesByReads(t *testing.T) {
	s := newSite(t)
	hidden, login, no := "404 collection_not_found", "401 sign_in_first", "403 not_allowed"
	want := map[string][5]string{ // associations live, draft, trash; files live, draft
		"":              {"10 11 12", login, login, hidden, hidden},
		"reader":        {"10 11 12", no, no, "20 21", no},
		"member":        {"10 11 12", no, no, "20 21", no},
		"nada":          {"10 11 12", "11", no, "20 21", no},
		"author":        {"10 11 12", "11 12 13", no, "20 21", ""},
		"reviewer":      {"10 11 12", "10 11 12 13 14", no, "20 21", "20 21"},
		"editor":        {"10 11 12", "10 11 12 13 14", "16", "20 21", "20 21"},
		"administrator": {"10 11 12", "10 11 12 13 14", "16", "20 21", "20 21"},
		"clerk":         {"10 11 12", no, no, "21", no},
		"local":         {"10 11 12", no, no, hidden, hidden},
		"drafter":       {"10 11 12", "10 11 12 13 14", no, hidden, hidden},
	}
	for who, cells := range want {
		by := userActor(who)
		if who == "" {
			by = visitor
		}
		for i, q := range [5][2]string{{"associations", ""}, {"associations", "version=draft"}, {"associations", "trashed=true"},
			{"files", ""}, {"files", "version=draft"}} {
			if got := s.find(by, q[0], "sort=id&"+q[1]); got != cells[i] {
				t.Errorf("%q lists %s %s: %q, want %q", who, q[0], q[1], got, cells[i])
			}
		}
	}
	if got := s.find(content.Actor{Kind: content.ActorUser, ID: "nobody"}, "associations", ""); got != "401 account_closed" {
		t.Errorf("an account that is not there: %s", got)
	}
}

// TestNoOracle asks about what the caller may not read in every way there is.
// Each answer is a refusal, or the same as if the hidden value were not there.
func TestNoOracle(t *testing.T) {
	s := newSite(t)
	unknown := "400 invalid_filter /"
	for _, c := range []struct{ who, query, want string }{
		// A field that visitors may not read does not exist for them.
		{"", "filter[phone][_starts_with]=02", unknown + "phone"},
		{"", "filter[_or][0][phone][_starts_with]=0", unknown + "_or/0/phone"},
		{"", "filter[_not][phone][_null]=true", unknown + "_not/phone"},
		{"", "filter[partners][phone][_null]=false", unknown + "partners/phone"},
		{"", "filter[partners][_none][rank][_gt]=1", unknown + "partners/_none/rank"},
		{"", "filter[wilaya][risk][_eq]=high", unknown + "wilaya/risk"},
		{"", "sort=phone", "400 sort_field sort"},
		{"", "sort=wilaya.risk", "400 sort_field sort"},
		{"", "fields=phone", "400 fields_field fields"},
		{"", "fields=partners.phone", "400 fields_field fields"},
		// Neither do collections.
		{"", "filter[file][label][_contains]=dossier", "400 invalid_filter /file"},
		{"", "filter[file][open][_eq]=true", "400 invalid_filter /file"},
		{"", "sort=file.label", "400 filter_no_target sort"},
		{"", "fields=file.label", "400 filter_no_target fields"},
		{"", "filter[_back.files.about][open][_eq]=true", unknown + "_back.files.about"},
		{"", "filter[_back.files.about][_null]=false", unknown + "_back.files.about"},
		{"", "filter[_back.associations.partners][phone][_null]=false", unknown + "_back.associations.partners/phone"},
		{"", "sort=_back.files.about.label", "400 filter_no_target sort"},
		{"", "sort=_back.associations.partners.rank", "400 sort_field sort"},
		// Whoever is signed in is told which right is missing.
		{"reader", "filter[phone][_starts_with]=02", "403 field_not_readable filter"},
		{"reader", "filter[_or][0][_not][phone][_null]=true", "403 field_not_readable filter"},
		{"reader", "filter[partners][phone][_null]=false", "403 field_not_readable filter"},
		{"reader", "filter[wilaya][risk][_eq]=high", "403 field_not_readable filter"},
		{"reader", "sort=phone", "403 field_not_readable sort"},
		{"reader", "sort=name,-wilaya.risk", "403 field_not_readable sort"},
		{"reader", "fields=name,phone", "403 field_not_readable fields"},
		{"reader", "fields=partners.phone", "403 field_not_readable fields"},
		{"drafter", "filter[file][label][_eq]=x", "403 field_not_readable filter"},
		{"drafter", "sort=file.label", "403 field_not_readable sort"},
		{"drafter", "fields=file.label", "403 field_not_readable fields"},
		{"member", "filter[rank][_gt]=0", "403 field_not_readable filter"},
		{"member", "filter[phone][_starts_with]=02&sort=id", "10"},
		{"member", "sort=-phone", "12 11 10"},
		// System fields that tell of drafts.
		{"", "filter[status][_eq]=changed", "400 field_not_readable filter"},
		{"", "filter[created_by][_eq]=author", "400 field_not_readable filter"},
		{"", "filter[updated_at][_gt]=2026-03-01T00:00:00.000Z", "400 field_not_readable filter"},
		{"", "filter[partners][created_by][_eq]=author", "400 field_not_readable filter"},
		{"", "sort=-updated_at", "400 field_not_readable sort"},
		{"", "sort=created_by", "400 field_not_readable sort"},
		{"", "fields=created_by", "400 field_not_readable fields"},
		{"", "fields=partners.updated_by", "400 field_not_readable fields"},
		{"reader", "filter[trashed_at][_null]=false", "403 field_not_readable filter"},
		{"author", "filter[status][_eq]=changed", "403 field_not_readable filter"},
		{"reviewer", "filter[status][_eq]=changed", "12"},
		{"author", "filter[created_by][_eq]=author&version=draft&sort=id", "11 12 13"},
		// Rows that one may not read do not answer.
		{"clerk", "filter[file][label][_contains]=dossier&sort=id", "11"},
		{"clerk", "filter[file][label][_contains]=clos", ""},
		{"clerk", "filter[file][_none][label][_contains]=clos&sort=id", "10 11 12"},
		{"clerk", "filter[file][_none][label][_contains]=dossier&sort=id", "10 12"},
		{"clerk", "filter[_not][file][label][_contains]=clos&sort=id", "10 11 12"},
		{"clerk", "filter[_not][file][label][_contains]=nichts&sort=id", "10 11 12"},
		{"clerk", "filter[_back.files.about][label][_contains]=dossier&sort=id", "11"},
		{"clerk", "filter[_back.files.about][label][_contains]=clos", ""},
		{"clerk", "filter[_back.files.about][_null]=false&sort=id", "11"},
		{"clerk", "filter[_back.files.about][_none][label][_contains]=clos&sort=id", "10 11 12"},
		{"clerk", "filter[_not][_back.files.about][_null]=true&sort=id", "11"},
		{"clerk", "sort=_back.files.about.label", "400 sort_through_hidden sort"},
		{"reader", "filter[_back.files.about][open][_eq]=false&sort=id", "10"},
		{"reader", "sort=-_back.files.about.label,id", "11 10 12"},
		{"reader", "filter[_back.associations.partners][phone][_null]=false", "403 field_not_readable filter"},
		{"drafter", "filter[_back.files.about][_null]=true", "403 field_not_readable filter"},
		{"local", "filter[_back.associations.partners][phone][_starts_with]=02&sort=id", "11 12"},
		{"clerk", "filter[file][about][name][_contains]=eau", ""},
		{"clerk", "sort=file.label", "400 sort_through_hidden sort"},
		{"clerk", "filter[partners][file][open][_eq]=true", "10"},
		{"clerk", "filter[partners][file][open][_eq]=false", ""},
		// A question about a field is put only to the rows on which one may read it.
		{"local", "filter[phone][_null]=false&sort=id", "10"},
		{"local", "filter[phone][_starts_with]=04&sort=id", ""},
		{"local", "filter[_not][phone][_starts_with]=zzz&sort=id", "10"},
		{"local", "filter[_or][0][phone][_starts_with]=04&filter[_or][1][name][_null]=false&sort=id", "10"},
		{"local", "sort=phone", "10"},
		{"local", "filter[partners][phone][_starts_with]=04", ""},
		{"local", "sort=id", "10 11 12"},
		{"ranker", "sort=-rank", "10"},
		{"ranker", "", "12 10 11"}, // the collection's own order leaves the rank out
		// Drafts do not answer visitors, in relations neither.
		{"", "filter[partners][name][_contains]=projet", ""},
		{"", "filter[partners][name][_contains]=brouillon", ""},
		{"", "filter[wilaya][code][_eq]=99", ""},
		{"", "filter[_back.associations.partners][name][_contains]=brouillon", ""},
		{"", "version=draft", "401 sign_in_first"},
		{"", "version=draft&filter[name][_contains]=projet", "401 sign_in_first"},
		{"", "trashed=true", "401 sign_in_first"},
		// Who reads drafts here and only what is live there sees just that.
		{"drafter", "version=draft&filter[wilaya][code][_eq]=99", ""},
		{"drafter", "version=draft&filter[wilaya][code][_in]=16,31,99&sort=id", "10 11 12"},
		{"drafter", "version=draft&filter[partners][wilaya][code][_in]=99,31", "10"},
		{"drafter", "version=draft&sort=wilaya.code", "400 sort_through_hidden sort"},
		{"administrator", "version=draft&filter[wilaya][code][_eq]=99", "13"},
		{"drafter", "version=draft&filter[partners][name][_contains]=brouillon", "10"},
		// An author reads drafts of their own only, also through a relation.
		{"author", "version=draft&filter[wilaya][code][_eq]=31&sort=id", "11 12"},
		{"author", "version=draft&filter[wilaya][code][_eq]=99", ""},
	} {
		by := userActor(c.who)
		if c.who == "" {
			by = visitor
		}
		got := s.find(by, "associations", c.query)
		if strings.HasPrefix(c.want, "400 invalid_filter") && strings.HasPrefix(got, c.want) {
			continue
		}
		if got != c.want {
			t.Errorf("%q asks %s:\n got %q\nwant %q", c.who, c.query, got, c.want)
		}
	}
}

// TestCountsTellNothing: a total is that of the visible rows.
func TestCountsTellNothing(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		who, col, query string
		want            int
	}{
		{"clerk", "files", "", 1}, {"clerk", "files", "filter[label][_contains]=clos", 0}, {"reader", "files", "", 2},
		{"local", "associations", "filter[phone][_null]=false", 1}, {"author", "associations", "version=draft", 3},
		{"nada", "associations", "version=draft", 1},
	} {
		r, err := s.Find(t.Context(), userActor(c.who), c.col, s.params("count=exact&"+c.query))
		if err != nil || *r.Total != c.want {
			t.Errorf("%s counts %s %s: %v, %v, want %d", c.who, c.col, c.query, r, err, c.want)
		}
	}
}

// TestSuggestionsTellNothing: a nearest name is one that the caller may read.
func TestSuggestionsTellNothing(t *testing.T) {
	s := newSite(t)
	for _, query := range []string{"filter[phon][_eq]=1", "sort=phon", "fields=phon", "filter[wilaya][rsk][_eq]=1", "fields=ran"} {
		_, err := s.Find(t.Context(), visitor, "associations", s.params(query))
		if msg := fmt.Sprint(err); err == nil || strings.Contains(msg, "phone") || strings.Contains(msg, "risk") || strings.Contains(msg, "rank") {
			t.Errorf("%s: %s", query, msg)
		}
	}
}

// TestForgedCursors: a cursor with a right checksum and made-up cells goes no
// further than a filter would.
func TestForgedCursors(t *testing.T) {
	s := newSite(t)
	key := orderKey(&view.List{Collection: "associations", Live: true, Order: []ask.Order{
		{Path: []ask.Step{{Field: "phone"}}}}})
	forged, err := encodeCursor(&view.Cursor{Cells: []any{"0"}, ID: id(1)}, key)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.find(visitor, "associations", "sort=phone&page[after]="+forged); got != "400 sort_field sort" {
		t.Errorf("visitor: %s", got)
	}
	if got := s.find(userActor("local"), "associations", "sort=phone&page[after]="+forged); got != "10" {
		t.Errorf("local: %s", got)
	}
	for _, cell := range []any{nil, 1.0, true, "x"} {
		key := orderKey(&view.List{Collection: "associations", Live: true, Order: []ask.Order{{Path: []ask.Step{{Field: "members"}}}}})
		forged, err := encodeCursor(&view.Cursor{Cells: []any{cell}, ID: id(1)}, key)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.find(visitor, "associations", "sort=members_count&page[after]="+forged); strings.HasPrefix(got, "fault") || strings.HasPrefix(got, "5") {
			t.Errorf("cell %v: %s", cell, got)
		}
	}
}

// TestHiddenEntriesDoNotExist: what may not be read is answered as what is not
// there, by id and by slug.
func TestHiddenEntriesDoNotExist(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ who, col, key, query string }{
		{"", "associations", string(id(13)), ""}, {"", "associations", "projet", ""}, {"", "associations", string(id(16)), ""},
		{"", "associations", "jetee", ""}, {"", "associations", string(id(99)), ""}, {"", "associations", "nope", ""},
		{"", "associations", string(id(1)), ""}, // of another collection
		{"reader", "associations", string(id(13)), ""}, {"reader", "associations", "projet", ""},
		{"author", "associations", string(id(14)), "version=draft"}, {"author", "associations", "autre", "version=draft"},
		{"author", "associations", string(id(10)), "version=draft"},
		{"clerk", "files", string(id(20)), ""}, {"nada", "associations", string(id(12)), "version=draft"},
		{"author", "associations", string(id(14)), "version=rev:1"}, {"", "associations", "' OR 1=1 --", ""},
	} {
		by := userActor(c.who)
		if c.who == "" {
			by = visitor
		}
		if got := s.get(by, c.col, c.key, c.query); got != "404 entry_not_found" {
			t.Errorf("%q reads %s/%s %s: %s", c.who, c.col, c.key, c.query, got)
		}
	}
	for _, c := range []struct{ who, key, query, want string }{
		{"author", "projet", "version=draft", `"status":"draft"`}, {"author", "droit", "version=draft", `"name":"Droit (brouillon)"`},
		{"author", "droit", "", `"name":"Droit"`}, {"editor", string(id(16)), "trashed=true", `"status":"trashed"`},
		{"nada", string(id(11)), "version=draft", `"phone":"041 11"`}, {"reviewer", "droit", "", `"status":"changed"`},
	} {
		if got := s.get(userActor(c.who), "associations", c.key, c.query); !strings.Contains(got, c.want) {
			t.Errorf("%s reads %s %s: %s, want %s", c.who, c.key, c.query, got, c.want)
		}
	}
	for _, key := range []string{string(id(20)), "nope"} {
		if got := s.get(visitor, "files", key, ""); got != "404 collection_not_found" {
			t.Errorf("a hidden collection: %s", got)
		}
	}
}

// TestDraftsShowNowhere: a live reading of an entry with a newer draft shows
// nothing of it.
func TestDraftsShowNowhere(t *testing.T) {
	s := newSite(t)
	for _, by := range []content.Actor{visitor, userActor("reader"), userActor("author")} {
		got := s.get(by, "associations", "droit", "")
		if strings.Contains(got, "brouillon") || !strings.Contains(got, `"status":"published"`) || strings.Contains(got, "created_by") ||
			!strings.Contains(got, `"updated_at":"2026-03-01T12:12:00.000Z"`) {
			t.Errorf("%v: %s", by, got)
		}
	}
	r, err := s.Get(t.Context(), visitor, "associations", "droit", Params{})
	if err != nil || r.States != nil {
		t.Errorf("states for a visitor: %v, %v", r, err)
	}
	r, err = s.Get(t.Context(), admin, "associations", "droit", Params{Version: Version{Draft: true}})
	if err != nil || len(r.States) != 1 || r.States[0].Status != content.StatusChanged || r.Item.CreatedBy == nil {
		t.Errorf("states for an administrator: %v, %v", r, err)
	}
}

// TestFieldsByRow: a grant on some rows shows its fields on those rows only,
// and says where they were left out.
func TestFieldsByRow(t *testing.T) {
	s := newSite(t)
	r, err := s.Find(t.Context(), userActor("local"), "associations", s.params("sort=id"))
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Items {
		got := string(it.AppendJSON(nil))
		mayRead := it.ID == id(10)
		if strings.Contains(got, `"phone"`) != mayRead || slices.Contains(it.Omitted, "phone") == mayRead {
			t.Errorf("%s: %s, omitted %v", it.ID, got, it.Omitted)
		}
	}
	if slices.Contains(r.Omitted, "phone") || !slices.Contains(r.Omitted, "rank") {
		t.Errorf("omitted everywhere: %v", r.Omitted)
	}
	r, err = s.Find(t.Context(), visitor, "associations", Params{})
	if err != nil || r.Omitted != nil || r.Items[0].Omitted != nil {
		t.Errorf("a visitor is told of fields: %v, %v", r.Omitted, err)
	}
	for who, want := range map[string]string{"": "", "reader": "", "member": "021 10", "administrator": "021 10"} {
		by := userActor(who)
		if who == "" {
			by = visitor
		}
		got := s.get(by, "associations", "eau-vive", "")
		if strings.Contains(got, `"phone":"021 10"`) != (want != "") || strings.Contains(got, `"rank"`) != (who == "administrator") {
			t.Errorf("%q reads %s", who, got)
		}
	}
}

// TestPopulatedTargetsAreBounded: what a relation brings in is held against
// the rights as anything else.
func TestPopulatedTargetsAreBounded(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct{ who, query, want string }{
		{"", "fields=partners.name", `"partners":[{"id":"` + string(id(11)) + `","name":"Jeunes d’Oran"},{"id":"` + string(id(12)) + `","name":"Droit"}]`},
		{"administrator", "version=draft&fields=partners.name", `{"id":"` + string(id(12)) + `","name":"Droit (brouillon)"},{"id":"` + string(id(14)) + `","name":"Autre projet"}]`},
		{"clerk", "fields=file.label", `"file":null`},
		{"reader", "fields=file.label", `"file":{"id":"` + string(id(20)) + `","label":"dossier clos"}`},
		{"reader", "fields=partners.*", `"members_count":40`},
		{"administrator", "fields=partners.*", `"phone":"041 11"`},
	} {
		by := userActor(c.who)
		if c.who == "" {
			by = visitor
		}
		got := s.get(by, "associations", "eau-vive", c.query)
		if !strings.Contains(got, c.want) {
			t.Errorf("%q reads %s: %s, want %s", c.who, c.query, got, c.want)
		}
		if c.who == "reader" && strings.Contains(got, `"phone"`) {
			t.Errorf("%q reads phones through a relation: %s", c.who, got)
		}
	}
	// A drafter has no right to drafts of wilayas: what is live stands there.
	if got := s.get(userActor("drafter"), "associations", "projet", "version=draft&fields=wilaya.title"); !strings.Contains(got, `"wilaya":null`) {
		t.Errorf("a draft came in through a relation: %s", got)
	}
	if got := s.get(admin, "associations", "projet", "version=draft&fields=wilaya.title"); !strings.Contains(got, "Secrète") {
		t.Errorf("an administrator reads drafts through relations: %s", got)
	}
}

func TestAssetsAreBounded(t *testing.T) {
	s := newSite(t)
	e := entry("associations", 30, "administrator").live("", v{"logo": "hush"}).
		live("fr", v{"name": "Plan", "slug": "plan", "body": "![p](asset:hush) ![q](asset:pic)"}).Entry
	s.commit(content.Commit{Action: "entry.create", Actor: admin, At: today, Changes: []content.Change{{Entry: e}}})
	got := s.get(visitor, "associations", "plan", "fields=logo.*,body.html")
	if !strings.Contains(got, `"logo":null`) || strings.Contains(got, "hush") || !strings.Contains(got, `src=\"/files/pic\"`) {
		t.Errorf("visitor: %s", got)
	}
	if got := s.get(userActor("member"), "associations", "plan", "fields=logo.*,body.html"); !strings.Contains(got, `"name":"plan.pdf"`) || !strings.Contains(got, "/files/hush") {
		t.Errorf("member: %s", got)
	}
	if got := s.get(visitor, "associations", "plan", "fields=logo.*,body.html"); strings.Contains(got, "hush") {
		t.Errorf("visitor after a member, from what is kept: %s", got)
	}
}

func TestBacklinksAreBounded(t *testing.T) {
	s := newSite(t)
	show := func(by content.Actor, ref content.EntryID, p Params) string {
		links, _, err := s.Backlinks(t.Context(), by, content.Ref{Kind: content.RefEntry, ID: string(ref)}, p)
		if err != nil {
			return wrong(err)
		}
		var out []string
		for _, l := range links {
			out = append(out, numbers([]*Item{l.Item})+"."+l.Field)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		who  string
		ref  int
		want string
	}{
		{"", 2, "10.body 11.wilaya 12.wilaya"}, {"", 10, ""}, {"reader", 10, "20.about"}, {"clerk", 10, ""}, {"clerk", 11, "10.partners 21.about"},
		{"labeller", 10, ""}, {"labeller", 11, "10.partners"},
		{"", 3, "10.body"}, {"", 12, "10.partners"},
	} {
		by := userActor(c.who)
		if c.who == "" {
			by = visitor
		}
		if got := show(by, id(c.ref), Params{}); got != c.want {
			t.Errorf("%q: back-links of %d: %q, want %q", c.who, c.ref, got, c.want)
		}
	}
	if got := show(admin, id(3), Params{Version: Version{Draft: true}}); got != "10.body 13.wilaya" {
		t.Errorf("drafts: %q", got)
	}
	if got := show(visitor, id(3), Params{Version: Version{Draft: true}}); got != "" {
		t.Errorf("drafts for a visitor: %q", got)
	}
}

func TestCollectionsShowReadableFields(t *testing.T) {
	s := newSite(t)
	for who, want := range map[string]string{"": "associations:12 wilayas:2", "reader": "associations:12 files:4 wilayas:2",
		"administrator": "associations:14 files:4 wilayas:3", "local": "associations:13 wilayas:2"} {
		by := userActor(who)
		if who == "" {
			by = visitor
		}
		cols, _, err := s.Collections(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range cols {
			got = append(got, fmt.Sprintf("%s:%d", c.Name, len(c.Fields)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q sees %v, want %s", who, got, want)
		}
	}
}

// TestRightsFollowTheRoles: a policy that is kept for visitors ends when a role
// changes.
func TestRightsFollowTheRoles(t *testing.T) {
	s := newSite(t)
	if got := s.find(visitor, "wilayas", "sort=title"); got != "1 2" {
		t.Fatalf("before: %s", got)
	}
	closed := access.Role{ID: access.Visitor, Grants: []access.Grant{{Collection: "associations", Verbs: []access.Verb{access.Read}}}}
	s.commit(content.Commit{Action: "role.save", Actor: admin, At: today,
		Changes: []content.Change{noun(t, content.NounRole, string(access.Visitor), "", closed)}})
	if got := s.find(visitor, "wilayas", ""); got != "404 collection_not_found" {
		t.Errorf("after: %s", got)
	}
	if _, err := s.Policy(t.Context(), userActor("gone")); problem.KindOf(err) != problem.Unauthenticated {
		t.Errorf("policy of nobody: %v", err)
	}
}
