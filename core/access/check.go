package access

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// Limits of a role.
const (
	MaxGrants   = 200
	MaxRowBytes = 4096
)

// CheckRole says what is wrong with a role, as a problem of kind Invalid with
// pointers into it. A grant may name a collection that does not exist yet, or
// no longer: it grants nothing until there is one.
func CheckRole(r *Role, lookup ask.Lookup, kinds schema.Kinds) error {
	var faults []problem.Field
	fault := func(pointer, code string, args problem.Args) {
		faults = append(faults, problem.Field{Pointer: pointer, Code: code, Args: args})
	}
	if !validName(string(r.ID)) {
		fault("/id", "role_name", nil)
	}
	if !validName(r.Name) {
		fault("/name", "role_name", nil)
	}
	if r.Sees.Level() > schema.Coordinators.Level() {
		fault("/sees", "role_sees_unknown", problem.Args{"value": string(r.Sees)})
	}
	if r.SecondFactor && r.ID == Visitor {
		fault("/second_factor", "role_visitor_factor", nil)
	}
	if len(r.Grants) > MaxGrants {
		fault("/grants", "role_too_long", problem.Args{"limit": MaxGrants})
		return problem.OfFields(problem.Invalid, "role_invalid", faults)
	}
	for i := range r.Grants {
		c := grantCheck{at: "/grants/" + strconv.Itoa(i), lookup: lookup, kinds: kinds, fault: fault}
		c.check(&r.Grants[i])
	}
	return problem.OfFields(problem.Invalid, "role_invalid", faults)
}

// validName: a letter, then letters, digits, "_", "-" and ":" (for roles of
// plugins), at most 100.
func validName(s string) bool {
	if s == "" || len(s) > 100 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-:") == ""
}

type grantCheck struct {
	at     string
	lookup ask.Lookup
	kinds  schema.Kinds
	fault  func(pointer, code string, args problem.Args)
}

func (c grantCheck) check(g *Grant) {
	if len(g.Verbs) == 0 {
		c.fault(c.at+"/verbs", "grant_verbs_missing", nil)
	}
	for i, v := range g.Verbs {
		if !slices.Contains(Verbs[:], v) {
			c.fault(c.at+"/verbs/"+strconv.Itoa(i), "grant_verb_unknown", problem.Args{"verb": string(v)})
		}
	}
	if strings.HasPrefix(g.Collection, "@") {
		c.admin(g)
		return
	}
	if g.Collection == "" {
		c.fault(c.at+"/collection", "grant_collection_missing", nil)
		return
	}
	col := c.collection(g.Collection)
	c.fields(g, col)
	c.rows(g, col)
}

func (c grantCheck) admin(g *Grant) {
	if g.Collection != AnyAdmin && !slices.Contains(Admin[:], g.Collection) {
		c.fault(c.at+"/collection", "grant_collection_unknown", problem.Args{"collection": g.Collection})
	}
	if g.Rows != nil || g.Fields != nil {
		c.fault(c.at, "grant_rows_entries_only", problem.Args{"collection": g.Collection})
	}
}

// collection gives what the rows of a grant speak of: for the wild card a
// collection without fields, so that only system fields can be named.
func (c grantCheck) collection(id string) *schema.Collection {
	if id == AnyContent {
		return &schema.Collection{Name: AnyContent}
	}
	if col := c.lookup(id); col != nil && string(col.ID) == id {
		return col
	}
	return nil
}

func (c grantCheck) fields(g *Grant, col *schema.Collection) {
	if g.Collection == AnyContent && g.Fields != nil {
		c.fault(c.at+"/fields", "grant_fields_one_collection", nil)
		return
	}
	if col == nil {
		return
	}
	for i, id := range g.Fields {
		if col.Field(id) == nil {
			c.fault(c.at+"/fields/"+strconv.Itoa(i), "grant_field_unknown",
				problem.Args{"field": string(id), "collection": col.Name})
		}
	}
}

func (c grantCheck) rows(g *Grant, col *schema.Collection) {
	if g.Rows == nil || col == nil {
		return
	}
	if len(g.Rows) > MaxRowBytes {
		c.fault(c.at+"/rows", "grant_rows_too_long", problem.Args{"limit": MaxRowBytes})
		return
	}
	var decoded any
	if err := json.Unmarshal(g.Rows, &decoded); err != nil {
		c.fault(c.at+"/rows", "grant_rows_not_json", nil)
		return
	}
	stand := OfRoles(time.Unix(0, 0))
	stand.user, stand.association = "user", content.EntryID(strings.Repeat("0", 26))
	if _, err := ask.ParseFilter(decoded, col, c.lookup, c.kinds, stand.Variable); err != nil {
		c.fault(c.at+"/rows", "grant_rows_invalid", problem.Args{"reason": problem.CodeOf(err)})
	}
}
