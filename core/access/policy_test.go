package access

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// nouns is a Source made of a map.
type nouns map[string]any

func (n nouns) Noun(kind content.NounKind, id string) (*content.Noun, error) {
	v, ok := n[string(kind)+"/"+id]
	if !ok {
		return nil, fmt.Errorf("no noun: %w", fs.ErrNotExist)
	}
	body, err := json.Marshal(v)
	return &content.Noun{Kind: kind, ID: id, Body: body}, err
}

func withRoles(more map[string]any) nouns {
	n := nouns{}
	for _, r := range BuiltinRoles() {
		n["role/"+string(r.ID)] = r
	}
	for k, v := range more {
		n[k] = v
	}
	return n
}

func person(id string) content.Actor { return content.Actor{Kind: content.ActorUser, ID: id} }

func people() nouns {
	past, future := now.Add(-time.Hour), now.Add(time.Hour)
	n := withRoles(map[string]any{
		"user/off":   content.User{ID: "off", Roles: []content.RoleID{Administrator}, Disabled: true},
		"user/both":  content.User{ID: "both", Roles: []content.RoleID{Reader, Editor, "removed"}},
		"user/bound": content.User{ID: "bound", Roles: []content.RoleID{Member}, Association: "A1"},

		"token/all":     content.Token{ID: "all", User: "both"},
		"token/narrow":  content.Token{ID: "narrow", User: "both", Roles: []content.RoleID{Reader}},
		"token/wide":    content.Token{ID: "wide", User: "both", Roles: []content.RoleID{Reader, Administrator}},
		"token/past":    content.Token{ID: "past", User: "both", ExpiresAt: &past},
		"token/future":  content.Token{ID: "future", User: "both", ExpiresAt: &future},
		"token/revoked": content.Token{ID: "revoked", User: "both", RevokedAt: &past},
		"token/off":     content.Token{ID: "off", User: "off"},

		"role/plugin:training": Role{ID: "plugin:training", Grants: []Grant{{Collection: "training", Verbs: []Verb{Create}}}},
	})
	for _, r := range BuiltinRoles() {
		n["user/"+string(r.ID)] = content.User{ID: content.UserID(r.ID), Roles: []content.RoleID{r.ID}}
	}
	return n
}

func load(t *testing.T, by content.Actor) *Policy {
	t.Helper()
	p, err := Load(people(), by, now)
	if err != nil {
		t.Fatalf("load %v: %v", by, err)
	}
	return p
}

func TestWhoHasWhichRoles(t *testing.T) {
	for _, c := range []struct {
		name string
		by   content.Actor
		want string
	}{
		{"nobody", content.Actor{}, "visitor"},
		{"visitor", content.Actor{Kind: content.ActorVisitor}, "visitor"},
		{"user", person("both"), "visitor reader editor"},
		{"token", content.Actor{Kind: content.ActorToken, ID: "all"}, "visitor reader editor"},
		{"token of the right user", content.Actor{Kind: content.ActorToken, ID: "all", For: "both"}, "visitor reader editor"},
		{"narrowed token", content.Actor{Kind: content.ActorToken, ID: "narrow"}, "visitor reader"},
		{"token that asks for more", content.Actor{Kind: content.ActorToken, ID: "wide"}, "visitor reader"},
		{"token not yet over", content.Actor{Kind: content.ActorToken, ID: "future"}, "visitor reader editor"},
		{"plugin for a user", content.Actor{Kind: content.ActorPlugin, ID: "training", For: "reader"}, "visitor reader"},
		{"plugin for itself", content.Actor{Kind: content.ActorPlugin, ID: "training"}, "visitor plugin:training"},
		{"plugin without a role", content.Actor{Kind: content.ActorPlugin, ID: "other"}, "visitor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range load(t, c.by).Roles() {
				got = append(got, string(r))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

func TestClosedAccountsAndTokensAreNobody(t *testing.T) {
	for _, by := range []content.Actor{
		person("off"), person("never"),
		{Kind: content.ActorToken, ID: "past"}, {Kind: content.ActorToken, ID: "revoked"},
		{Kind: content.ActorToken, ID: "off"}, {Kind: content.ActorToken, ID: "never"},
		{Kind: content.ActorToken, ID: "all", For: "administrator"},
		{Kind: content.ActorPlugin, ID: "training", For: "off"},
		{Kind: "root", ID: "x"},
	} {
		if _, err := Load(people(), by, now); problem.KindOf(err) != problem.Unauthenticated {
			t.Errorf("%v: got %v, want Unauthenticated", by, err)
		}
	}
}

// TestRolesByVerbs is the table of the built-in roles: what each may do with a
// public collection, one that is not, and the things that are not entries. A
// letter in lower case stands for a right on some entries only.
func TestRolesByVerbs(t *testing.T) {
	letters := map[Verb]string{Read: "R", ReadDraft: "D", Create: "C", Update: "U", Submit: "S", Review: "V",
		Publish: "P", Delete: "X", Purge: "G", Erase: "E", Manage: "M"}
	want := map[content.RoleID][5]string{ // association, internal, @assets, @users, @collections
		Administrator: {"RDCUSVPXGEM", "RDCUSVPXGEM", "RDCUSVPXGEM", "RDCUSVPXGEM", "RDCUSVPXGEM"},
		Editor:        {"RDCUSVPX", "RDCUSVPX", "RCUX", "", ""},
		Author:        {"RdCus", "RdCus", "RC", "", ""},
		Reviewer:      {"RDVP", "RDVP", "R", "", ""},
		Member:        {"R", "R", "RC", "", ""},
		Reader:        {"R", "R", "R", "", ""},
		"bound":       {"Rdus", "R", "RC", "", ""},
		Visitor:       {"R", "", "R", "", ""},
	}
	for role, cells := range want {
		by := person(string(role))
		if role == Visitor {
			by = content.Actor{}
		}
		p := load(t, by)
		for i, col := range []string{"associations", "internal", Assets, Users, Collections} {
			got := ""
			for _, v := range Verbs {
				s, err := p.Allow(Need{Verb: v, Collection: col})
				switch {
				case err == nil && s.Rows == nil:
					got += letters[v]
				case err == nil:
					got += strings.ToLower(letters[v])
				}
				if p.May(v, col) != (err == nil) {
					t.Errorf("%s %s %s: May and Allow differ", role, v, col)
				}
			}
			if got != cells[i] {
				t.Errorf("%s on %s: got %q, want %q", role, col, got, cells[i])
			}
		}
	}
}

func TestRefusalsHideWhatMayNotBeKnown(t *testing.T) {
	for _, c := range []struct {
		by   content.Actor
		need Need
		want problem.Kind
		code string
	}{
		{content.Actor{}, Need{Verb: Read, Collection: "internal"}, problem.NotFound, "collection_not_found"},
		{content.Actor{}, Need{Verb: Publish, Collection: "internal"}, problem.NotFound, "collection_not_found"},
		{content.Actor{}, Need{Verb: Publish, Collection: "internal", Entry: "E"}, problem.NotFound, "entry_not_found"},
		{content.Actor{}, Need{Verb: Publish, Collection: "associations", Entry: "E"}, problem.Unauthenticated, "sign_in_first"},
		{content.Actor{}, Need{Verb: ReadDraft, Collection: "associations"}, problem.Unauthenticated, "sign_in_first"},
		{content.Actor{}, Need{Verb: Manage, Collection: Users}, problem.Unauthenticated, "sign_in_first"},
		{person("reader"), Need{Verb: Publish, Collection: "internal"}, problem.Forbidden, "not_allowed"},
		{person("editor"), Need{Verb: Manage, Collection: Users}, problem.Forbidden, "not_allowed"},
	} {
		_, err := load(t, c.by).Allow(c.need)
		if problem.KindOf(err) != c.want || problem.CodeOf(err) != c.code {
			t.Errorf("%v %v: got %v, want %s", c.by, c.need, err, c.code)
		}
	}
	p := load(t, person("reader"))
	if err := p.RefuseRow(Need{Verb: Update, Entry: "E"}, false); problem.KindOf(err) != problem.NotFound {
		t.Errorf("unreadable entry: %v", err)
	}
	if err := p.RefuseRow(Need{Verb: Update, Entry: "E"}, true); problem.KindOf(err) != problem.Forbidden {
		t.Errorf("readable entry: %v", err)
	}
}

var profile = &schema.Collection{ID: "associations", Name: "associations", Fields: []schema.Field{
	{ID: "f1", Name: "title"},
	{ID: "f2", Name: "phone", Sees: schema.Members},
	{ID: "f3", Name: "notes", Sees: schema.Coordinators},
	{ID: "f4", Name: "odd", Sees: "someone"},
}}

func names(set FieldSet) string {
	var out []string
	for _, f := range set.Of(profile) {
		out = append(out, f.Name)
	}
	return strings.Join(out, " ")
}

func TestVisibilityBoundsFields(t *testing.T) {
	for id, want := range map[string]string{
		"": "title", "reader": "title", "member": "title phone", "author": "title phone",
		"reviewer": "title phone notes", "administrator": "title phone notes",
	} {
		by := person(id)
		if id == "" {
			by = content.Actor{}
		}
		if got := names(load(t, by).Fields(profile, Read)); got != want {
			t.Errorf("%q reads %q, want %q", id, got, want)
		}
	}
	system := load(t, content.Actor{Kind: content.ActorSystem})
	if got := names(system.Fields(profile, Read)); got != "title phone notes odd" {
		t.Errorf("the program itself reads %q", got)
	}
}

// TestEyesDoNotTravel: the visibility of one role opens nothing in what only
// another role grants.
func TestEyesDoNotTravel(t *testing.T) {
	p := OfRoles(now,
		Role{ID: "a", Sees: schema.Coordinators, Grants: []Grant{{Collection: "news", Verbs: []Verb{Read}}}},
		Role{ID: "b", Grants: []Grant{{Collection: "associations", Verbs: []Verb{Read}}}},
		Role{ID: "c", Sees: "all-of-it", Grants: []Grant{{Collection: "associations", Verbs: []Verb{Read}}}})
	if got := names(p.Fields(profile, Read)); got != "title" {
		t.Errorf("reads %q", got)
	}
	// Neither does a list of fields with another grant's visibility.
	p = OfRoles(now,
		Role{ID: "a", Sees: schema.Coordinators, Grants: []Grant{{Collection: "associations", Verbs: []Verb{Read}, Fields: []content.FieldID{"f1"}}}},
		Role{ID: "b", Grants: []Grant{{Collection: "associations", Verbs: []Verb{Read}, Fields: []content.FieldID{"f2", "f3"}}}})
	if got := names(p.Fields(profile, Read)); got != "title" {
		t.Errorf("two roles add up to %q", got)
	}
}

func TestScopeOfSeveralGrants(t *testing.T) {
	mine, ours := json.RawMessage(`{"created_by":{"_eq":"$user"}}`), json.RawMessage(`{"id":{"_eq":"$association"}}`)
	roles := []Role{{ID: "r", Sees: schema.Coordinators, Grants: []Grant{
		{Collection: "associations", Verbs: []Verb{Read}, Rows: mine, Fields: []content.FieldID{"f1", "f2"}},
		{Collection: "associations", Verbs: []Verb{Read}, Rows: ours, Fields: []content.FieldID{"f1", "f3"}},
	}}}
	p := OfRoles(now, roles...)
	p.user, p.association = "u", "A1"
	s, err := p.Allow(Need{Verb: Read, Collection: "associations"})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Rows) != 2 || names(s.Fields) != "title" || len(s.Parts()) != 2 {
		t.Errorf("rows %s, fields %q, %d parts", s.Rows, names(s.Fields), len(s.Parts()))
	}
	on := func(fields ...content.FieldID) string {
		s, err := p.Allow(Need{Verb: Read, Collection: "associations", Of: profile, Fields: fields})
		if err != nil {
			return problem.CodeOf(err)
		}
		return fmt.Sprintf("%s", s.Rows)
	}
	for want, fields := range map[string][]content.FieldID{
		fmt.Sprintf("%s", []json.RawMessage{mine, ours}):                             {"f1"},
		fmt.Sprintf("%s", []json.RawMessage{mine}):                                   {"f2"},
		`[{"_and":[{"_or":[` + string(mine) + `]},{"_or":[` + string(ours) + `]}]}]`: {"f2", "f3"},
		"fields_not_allowed": {"f1", "f4"},
	} {
		if got := on(fields...); got != want {
			t.Errorf("%v: rows %s, want %s", fields, got, want)
		}
	}

	// A grant on everything takes the condition away, and its fields count everywhere.
	roles[0].Grants = append(roles[0].Grants, Grant{Collection: AnyContent, Verbs: []Verb{Read}, Fields: []content.FieldID{"f1"}})
	p = OfRoles(now, roles...)
	p.user, p.association = "u", "A1"
	s, err = p.Allow(Need{Verb: Read, Collection: "associations"})
	if err != nil || s.Rows != nil || names(s.Fields) != "title" || len(s.Parts()) != 2 {
		t.Errorf("rows %s, fields %q, %d parts, %v", s.Rows, names(s.Fields), len(s.Parts()), err)
	}
	if got := on("f2"); got != fmt.Sprintf("%s", []json.RawMessage{mine}) {
		t.Errorf("f2 is asked on %s", got)
	}
}

func TestUnknownVariablesGrantNothing(t *testing.T) {
	role := Role{ID: "r", Grants: []Grant{
		{Collection: "associations", Verbs: []Verb{Update}, Rows: json.RawMessage(`{"id":{"_neq":"$association"}}`)},
		{Collection: "associations", Verbs: []Verb{Delete}, Rows: json.RawMessage(`{"created_by":{"_neq":"$user"}}`)},
		{Collection: "associations", Verbs: []Verb{Publish}, Rows: json.RawMessage(`{"published_at":{"_lt":"$now"}}`)},
	}}
	p := OfRoles(now, role)
	if p.May(Update, "associations") || p.May(Delete, "associations") {
		t.Error("a condition on nobody is taken for one that everybody meets")
	}
	if !p.May(Publish, "associations") {
		t.Error("$now is known to everybody")
	}
	if v, ok := p.At(now.Add(time.Hour)).Variable("$now"); !ok || v != now.Add(time.Hour) {
		t.Errorf("$now is %v", v)
	}
}

func TestNeedWithFieldsButWithoutCollection(t *testing.T) {
	_, err := load(t, person("administrator")).Allow(Need{Verb: Update, Collection: "associations", Fields: []content.FieldID{"f3"}})
	if err == nil {
		t.Fatal("fields passed without their visibility being known")
	}
}

func TestEmptyFieldListSurvivesJSON(t *testing.T) {
	for _, fields := range [][]content.FieldID{nil, {}, {"f1"}} {
		raw, err := json.Marshal(Grant{Collection: "c", Verbs: []Verb{Read}, Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		var back Grant
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if (back.Fields == nil) != (fields == nil) || !slices.Equal(back.Fields, fields) {
			t.Errorf("%v became %v: none must not become all", fields, back.Fields)
		}
	}
}

func TestExplain(t *testing.T) {
	p := load(t, person("bound"))
	need := Need{Verb: Update, Collection: "associations", Of: profile, Entry: "A1"}
	matches := func(yes bool) func(json.RawMessage) (bool, error) {
		return func(json.RawMessage) (bool, error) { return yes, nil }
	}
	got, err := p.Explain(need, matches(true))
	if err != nil || !got.Allowed {
		t.Errorf("own profile: %+v, %v", got, err)
	}
	got, err = p.Explain(need, matches(false))
	if err != nil || got.Allowed || len(got.Reasons) != 3 || got.Reasons[2].Verdict != OtherRows || got.Reasons[0].Verdict != OtherVerb {
		t.Errorf("another profile: %+v, %v", got, err)
	}
	need.Fields = []content.FieldID{"f3"}
	got, err = p.Explain(need, matches(true))
	if err != nil || got.Allowed || got.Reasons[2].Verdict != OtherField || got.Reasons[2].Fields[0] != "notes" {
		t.Errorf("a field above: %+v, %v", got, err)
	}
	got, err = load(t, person("member")).Explain(need, matches(true))
	if err != nil || got.Allowed || got.Reasons[2].Verdict != Unknown {
		t.Errorf("without an association: %+v, %v", got, err)
	}
}

func TestBuiltinRolesAreComplete(t *testing.T) {
	for _, r := range BuiltinRoles() {
		for _, l := range []content.Locale{"fr", "ar", "en"} {
			if r.Label[l] == "" || r.Help[l] == "" {
				t.Errorf("%s has no label or help in %s", r.ID, l)
			}
		}
		for _, g := range r.Grants {
			for _, v := range g.Verbs {
				if !slices.Contains(Verbs[:], v) {
					t.Errorf("%s: verb %q", r.ID, v)
				}
			}
		}
	}
}
