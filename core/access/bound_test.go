package access

import (
	"encoding/json"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// A plugin that acts for a user may do what both may: the same verbs, the
// fields of both, and the rows of both.
func TestPluginForUserIsBoundByBoth(t *testing.T) {
	col := &schema.Collection{ID: "event", Name: "event", Fields: []schema.Field{{ID: "title"}, {ID: "seats"}, {ID: "notes", Sees: schema.Coordinators}}}
	src := withRoles(map[string]any{
		"role/organiser": Role{ID: "organiser", Sees: schema.Coordinators, Grants: []Grant{
			{Collection: "event", Verbs: []Verb{Read, Update, Delete}, Rows: json.RawMessage(`{"status":"draft"}`)}}},
		"role/plugin:events": Role{ID: "plugin:events", Grants: []Grant{
			{Collection: "event", Verbs: []Verb{Read, Update, Publish}, Fields: []content.FieldID{"title", "notes"}, Rows: json.RawMessage(`{"created_by":"$user"}`)}}},
		"user/olga": content.User{ID: "olga", Roles: []content.RoleID{"organiser"}},
		"user/vera": content.User{ID: "vera"},
	})
	plugin := func(user content.UserID) *Policy {
		p, err := Load(src, content.Actor{Kind: content.ActorPlugin, ID: "events", For: user}, now)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	olga := plugin("olga")
	for v, want := range map[Verb]bool{Update: true, Delete: false, Publish: false, Create: false} {
		if got := olga.May(v, "event"); got != want {
			t.Errorf("%s: %t", v, got)
		}
	}
	scope, err := olga.Allow(Need{Verb: Update, Of: col, Fields: []content.FieldID{"title"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(scope.Rows) != 1 || string(scope.Rows[0]) != `{"_and":[{"_or":[{"status":"draft"}]},{"_or":[{"created_by":"$user"}]}]}` {
		t.Errorf("rows %s", scope.Rows)
	}
	for _, field := range []content.FieldID{"seats", "notes"} { // the grant lacks the one, its eyes the other
		if _, err := olga.Allow(Need{Verb: Update, Of: col, Fields: []content.FieldID{field}}); problem.CodeOf(err) != "fields_not_allowed" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if plugin("vera").May(Update, "event") {
		t.Error("a plugin gives a user more than they have")
	}
	if alone := plugin(""); !alone.May(Publish, "event") && alone.May(Update, "event") {
		t.Error("alone, it may do what was granted, unless that speaks of a user")
	}
}
