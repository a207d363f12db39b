package access

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// Verdict says what one grant has to say about a need. It is the last part of
// a key of the catalogue: "access.verdict.rows".
type Verdict string

// The verdicts. Only Allows lets the need pass.
const (
	Allows     Verdict = "allows"
	AllowsRows Verdict = "some_rows" // allows it on the entries that match Rows; no entry was named
	OtherVerb  Verdict = "verb"
	OtherRows  Verdict = "rows"     // the entry does not match Rows
	OtherField Verdict = "fields"   // does not give some field that was named
	Unknown    Verdict = "variable" // Rows speak of an association or user that the caller has not
)

// Reason is the verdict of one grant that speaks of the collection.
type Reason struct {
	Role    content.RoleID  `json:"role"`
	Grant   int             `json:"grant"` // place among the role's grants
	Verdict Verdict         `json:"verdict"`
	Rows    json.RawMessage `json:"rows,omitempty"`
	Fields  []string        `json:"fields,omitempty"` // that are missing
}

// Explanation tells why a need is met or not.
type Explanation struct {
	Allowed bool             `json:"allowed"`
	Roles   []content.RoleID `json:"roles"`
	Reasons []Reason         `json:"reasons"` // none: no role says anything of the collection
	// Waiting are the roles that do not count until there is a second factor.
	Waiting []content.RoleID `json:"waiting,omitempty"`
}

// Explain tells which grants allow a need, and why the others do not. matches
// holds the entry of the need against a row filter; it may be nil when the
// need names no entry. Rows are shown: only somebody with the roles, or who
// manages roles, may be given an explanation.
func (p *Policy) Explain(n Need, matches func(rows json.RawMessage) (bool, error)) (Explanation, error) {
	out := Explanation{Allowed: p.everything, Roles: p.roles, Reasons: []Reason{}, Waiting: p.waiting}
	granted := map[content.FieldID]bool{}
	for i := range p.grants {
		h := &p.grants[i]
		if !h.covers(n.id()) {
			continue
		}
		r := Reason{Role: h.role, Grant: h.index, Rows: h.Rows}
		var err error
		if r.Verdict, err = p.verdict(h, n, matches); err != nil {
			return Explanation{}, err
		}
		if r.Verdict == Allows || r.Verdict == AllowsRows {
			r.Fields = missing(fieldsOf(&h.Grant, h.level), n, granted)
			if len(r.Fields) > 0 {
				r.Verdict = OtherField
			}
			out.Allowed = out.Allowed || len(n.Fields) == 0
		}
		out.Reasons = append(out.Reasons, r)
	}
	if len(n.Fields) > 0 && !p.everything {
		out.Allowed = len(granted) == len(n.Fields)
	}
	return out, nil
}

func (p *Policy) verdict(h *held, n Need, matches func(json.RawMessage) (bool, error)) (Verdict, error) {
	switch {
	case !h.has(n.Verb):
		return OtherVerb, nil
	case !p.knows(h.vars):
		return Unknown, nil
	case h.Rows == nil:
		return Allows, nil
	case n.Entry == "" || matches == nil:
		return AllowsRows, nil
	}
	ok, err := matches(h.Rows)
	if err != nil || ok {
		return Allows, err
	}
	return OtherRows, nil
}

// missing names the fields of the need that are not in the set, and marks the
// others as granted.
func missing(set FieldSet, n Need, granted map[content.FieldID]bool) []string {
	var names []string
	for _, id := range n.Fields {
		var f *schema.Field
		if n.Of != nil {
			f = n.Of.Field(id)
		}
		if set.Has(f) {
			granted[id] = true
		} else {
			names = append(names, fieldName(f, id))
		}
	}
	return names
}
