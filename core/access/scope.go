package access

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// Scope is the part of a collection in which something is allowed: on which
// entries, and which fields of them.
type Scope struct {
	// Rows are filters of which an entry must match at least one; none means
	// that every entry is in the scope.
	Rows []json.RawMessage
	// Fields may be used on every entry of the scope. On some of them further
	// fields may be: Parts says which.
	Fields FieldSet

	parts []Part
	vars  func(name string) (any, bool)
}

// Part is what one grant adds to a scope: these fields on these rows.
type Part struct {
	Rows   json.RawMessage // nil: every entry
	Fields FieldSet
	Role   content.RoleID
	Grant  int // place among the role's grants
}

func (p *Policy) scope(parts []Part) Scope {
	s := Scope{parts: parts, vars: p.Variable}
	s.Rows = alternatives(parts)
	s.Fields = common(parts)
	return s
}

// alternatives gives the rows of the parts; none when one of them has all.
func alternatives(parts []Part) []json.RawMessage {
	var rows []json.RawMessage
	for _, part := range parts {
		if part.Rows == nil {
			return nil
		}
		rows = append(rows, part.Rows)
	}
	return rows
}

// common gives the fields that may be used on whatever entry one of the parts
// reaches: the union over those that reach all of them, if there are any, and
// otherwise what all the parts agree on.
func common(parts []Part) FieldSet {
	var open FieldSet
	all := false
	for _, part := range parts {
		if part.Rows == nil {
			open, all = open.Union(part.Fields), true
		}
	}
	if all || len(parts) == 0 {
		return open
	}
	set := parts[0].Fields
	for _, part := range parts[1:] {
		set = set.Intersect(part.Fields)
	}
	return set
}

// grants reports whether the field may be used on some entry of the scope.
func (s Scope) grants(f *schema.Field) bool {
	for _, part := range s.parts {
		if part.Fields.Has(f) {
			return true
		}
	}
	return false
}

// Grants reports whether the field may be used on some entry of the scope.
func (s Scope) Grants(f *schema.Field) bool { return s.grants(f) }

// Parts gives the grants behind the scope that reach only some entries and add
// fields to Fields there. Mostly there are none.
func (s Scope) Parts() []Part {
	var out []Part
	for _, part := range s.parts {
		if part.Rows != nil && adds(part.Fields, s.Fields) {
			out = append(out, part)
		}
	}
	return out
}

func adds(a, to FieldSet) bool {
	if a.all > to.all {
		return true
	}
	for id, level := range a.byID {
		if level > to.at(id) {
			return true
		}
	}
	return false
}

// Level is the visibility level with which the scope is seen at its widest:
// what counts for things without fields, such as assets.
func (s Scope) Level() int {
	level := 0
	for _, part := range s.parts {
		level = max(level, int(part.Fields.all)-1)
	}
	return level
}

// On is the part of the scope on whose every entry all the given fields may be
// used. A filter or sort that reads them works on that part only: entries on
// which the caller may not read a field do not answer questions about it. The
// fields must have passed Grants.
func (s Scope) On(fields ...*schema.Field) Scope {
	var conditions [][]json.RawMessage
	seen := map[string]bool{}
	for _, f := range fields {
		var granting []Part
		for _, part := range s.parts {
			if part.Fields.Has(f) {
				granting = append(granting, part)
			}
		}
		rows := alternatives(granting)
		if key := fmt.Sprintf("%q", rows); rows != nil && !seen[key] {
			seen[key] = true
			conditions = append(conditions, rows)
		}
	}
	switch len(conditions) {
	case 0:
	case 1:
		s.Rows = conditions[0]
	default:
		s.Rows = []json.RawMessage{both(conditions)}
	}
	return s
}

// both writes the filter that asks for one of the rows of each condition.
func both(conditions [][]json.RawMessage) json.RawMessage {
	var b strings.Builder
	b.WriteString(`{"_and":[`)
	for i, rows := range conditions {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"_or":[`)
		for j, r := range rows {
			if j > 0 {
				b.WriteByte(',')
			}
			b.Write(r)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
	return json.RawMessage(b.String())
}

// Filter compiles the rows of the scope, its variables filled. The filter is
// the administrator's, not the caller's: it may read any field.
func (s Scope) Filter(col *schema.Collection, lookup ask.Lookup, kinds schema.Kinds) (ask.Filter, error) {
	return s.any(s.Rows, col, lookup, kinds)
}

// FilterOf compiles the rows of one part of the scope.
func (s Scope) FilterOf(part Part, col *schema.Collection, lookup ask.Lookup, kinds schema.Kinds) (ask.Filter, error) {
	if part.Rows == nil {
		return ask.Filter{}, nil
	}
	return s.any([]json.RawMessage{part.Rows}, col, lookup, kinds)
}

func (s Scope) any(rows []json.RawMessage, col *schema.Collection, lookup ask.Lookup, kinds schema.Kinds) (ask.Filter, error) {
	var out ask.Filter
	for _, raw := range rows {
		var decoded any
		if err := json.Unmarshal(raw, &decoded); err != nil {
			return ask.Filter{}, fmt.Errorf("read the rows of a grant on %s: %w", col.Name, err)
		}
		f, err := ask.ParseFilter(decoded, col, lookup, kinds, s.vars)
		if err != nil {
			return ask.Filter{}, fmt.Errorf("compile the rows of a grant on %s: %w", col.Name, err)
		}
		out.Or = append(out.Or, f)
	}
	if len(out.Or) == 1 {
		return out.Or[0], nil
	}
	return out, nil
}

// variables are those that a grant's rows use.
type variables uint8

const (
	usesUser variables = 1 << iota
	usesAssociation
)

func variablesOf(rows json.RawMessage) variables {
	var used variables
	if strings.Contains(string(rows), `$user`) {
		used |= usesUser
	}
	if strings.Contains(string(rows), `$association`) {
		used |= usesAssociation
	}
	return used
}

// knows reports whether the variables have values. A condition on something
// unknown must not be read as one on nothing: "not mine" would hold for all.
func (p *Policy) knows(v variables) bool {
	return (v&usesUser == 0 || p.user != "") && (v&usesAssociation == 0 || p.association != "")
}

// Variable gives the value of "user", "association" or "now" in a filter: a
// string, and a time in UTC for now.
func (p *Policy) Variable(name string) (any, bool) {
	switch strings.TrimPrefix(name, "$") {
	case "user":
		return string(p.user), p.user != ""
	case "association":
		return string(p.association), p.association != ""
	case "now":
		return p.now.UTC(), true
	}
	return nil, false
}
