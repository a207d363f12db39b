package access

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

func lookup(id string) *schema.Collection {
	if id == string(profile.ID) {
		return profile
	}
	return nil
}

func TestCheckRole(t *testing.T) {
	for _, r := range BuiltinRoles() {
		if err := CheckRole(&r, lookup, schema.Builtin()); err != nil {
			t.Errorf("built-in %s: %v", r.ID, err)
		}
	}
	good := Grant{Collection: "associations", Verbs: []Verb{Read}}
	grant := func(change func(g *Grant)) Role {
		g := good
		change(&g)
		return Role{ID: "r", Name: "r", Grants: []Grant{g}}
	}
	rows := func(raw string) func(*Grant) { return func(g *Grant) { g.Rows = json.RawMessage(raw) } }
	for want, r := range map[string]Role{
		"":                                     grant(rows(`{"created_by":{"_eq":"$user"},"created_at":{"_lt":"$now"}}`)),
		"/id role_name":                        {ID: "R", Name: "r"},
		"/name role_name":                      {ID: "r", Name: "a b"},
		"/sees role_sees_unknown":              {ID: "r", Name: "r", Sees: "all"},
		"/grants role_too_long":                {ID: "r", Name: "r", Grants: make([]Grant, MaxGrants+1)},
		"/grants/0/verbs grant_verbs_missing":  grant(func(g *Grant) { g.Verbs = nil }),
		"/grants/0/verbs/1 grant_verb_unknown": grant(func(g *Grant) { g.Verbs = []Verb{Read, "reed"} }),
		"/grants/0/collection grant_collection_missing": grant(func(g *Grant) { g.Collection = "" }),
		"/grants/0/collection grant_collection_unknown": grant(func(g *Grant) { g.Collection = "@all" }),
		"/grants/0 grant_rows_entries_only":             grant(func(g *Grant) { g.Collection, g.Rows = Users, json.RawMessage(`{}`) }),
		"/grants/0/fields grant_fields_one_collection":  grant(func(g *Grant) { g.Collection, g.Fields = AnyContent, []content.FieldID{"f1"} }),
		"/grants/0/fields/0 grant_field_unknown":        grant(func(g *Grant) { g.Fields = []content.FieldID{"nope"} }),
		"/grants/0/rows grant_rows_not_json":            grant(rows(`{`)),
		"/grants/0/rows grant_rows_too_long":            grant(rows(`{"x":"` + strings.Repeat("a", MaxRowBytes) + `"}`)),
		"/grants/0/rows grant_rows_invalid":             grant(rows(`{"nope":{"_eq":1}}`)),
	} {
		err := CheckRole(&r, lookup, schema.Builtin())
		got := ""
		if e, ok := errors.AsType[*problem.Error](err); ok && len(e.Fields) > 0 {
			got = e.Fields[0].Pointer + " " + e.Fields[0].Code
		}
		if got != want {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
}

func TestScopeCompilesItsRows(t *testing.T) {
	p := OfRoles(now, Role{ID: "r", Grants: []Grant{
		{Collection: "associations", Verbs: []Verb{Read}, Rows: json.RawMessage(`{"created_by":{"_eq":"$user"}}`)},
		{Collection: "associations", Verbs: []Verb{Read}, Rows: json.RawMessage(`{"id":{"_eq":"$association"}}`)},
	}})
	p.user, p.association = "u1", "01ARZ3NDEKTSV4RRFFQ69G5FAV"
	s, err := p.Allow(Need{Verb: Read, Collection: "associations"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.Filter(profile, lookup, schema.Builtin())
	if err != nil || len(f.Or) != 2 || f.Or[0].Value != "u1" || f.Or[1].Value != "01ARZ3NDEKTSV4RRFFQ69G5FAV" {
		t.Errorf("compiled to %+v, %v", f, err)
	}
	if f, err := s.FilterOf(Part{}, profile, lookup, schema.Builtin()); err != nil || !f.Always() {
		t.Errorf("a part on all rows became %+v, %v", f, err)
	}
}
