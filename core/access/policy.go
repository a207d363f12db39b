package access

import (
	"encoding/json"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// Policy is what one actor may do, as of one moment. It is immutable and holds
// on to nothing, so that it may be kept for as long as the nouns that it was
// made from stay the same.
type Policy struct {
	by          content.Actor
	user        content.UserID
	association content.EntryID
	now         time.Time
	everything  bool // the program itself
	factor      bool // the user has a second factor
	roles       []content.RoleID
	waiting     []content.RoleID // held, but in vain without a second factor
	grants      []held
	// bound is what else has to allow everything: a plugin that acts for a user
	// may do what both of them may. nil: nothing else.
	bound *Policy
}

// held is a grant of a role that the actor has.
type held struct {
	Grant
	role  content.RoleID
	index int // in the role
	level int8
	vars  variables // that Rows uses
}

// Need is one right that something asks for.
type Need struct {
	Verb Verb
	// Collection is the id of a collection or one of the "@" names.
	Collection string
	// Of is the collection itself. It is needed when Fields are named, for
	// their visibility; with it, Collection may be what the caller called it.
	Of     *schema.Collection
	Entry  content.EntryID // empty: of the collection as a whole
	Locale content.Locale
	Fields []content.FieldID // read or written
}

func (n *Need) id() string {
	if n.Of != nil {
		return string(n.Of.ID)
	}
	return n.Collection
}

// Actor is whose policy it is.
func (p *Policy) Actor() content.Actor { return p.by }

// User is the person behind the actor: the user, or whoever a token or plugin
// acts for; empty when there is none.
func (p *Policy) User() content.UserID { return p.user }

// Association is the profile that the user acts for, or empty.
func (p *Policy) Association() content.EntryID { return p.association }

// Roles lists the roles that count, Visitor included.
func (p *Policy) Roles() []content.RoleID { return p.roles }

// Waiting lists the roles of the user that do not count until they have a
// second factor.
func (p *Policy) Waiting() []content.RoleID { return p.waiting }

// SignedIn reports whether the actor is anybody in particular.
func (p *Policy) SignedIn() bool { return p.everything || !isVisitor(p.by) }

// At is the same policy at another moment.
func (p *Policy) At(now time.Time) *Policy {
	c := *p
	c.now = now
	return &c
}

// May reports whether some grant has the verb for some entries of the
// collection, given by id.
func (p *Policy) May(v Verb, collection string) bool {
	if p.everything {
		return true
	}
	if p.bound != nil && !p.bound.May(v, collection) {
		return false
	}
	for i := range p.grants {
		if p.applies(&p.grants[i], v, collection) {
			return true
		}
	}
	return false
}

func (p *Policy) applies(h *held, v Verb, collection string) bool {
	return h.has(v) && h.covers(collection) && p.knows(h.vars)
}

// Reads reports whether the caller may know that the collection exists.
func (p *Policy) Reads(collection string) bool {
	return p.May(Read, collection) || p.May(ReadDraft, collection)
}

// Fields are those that the caller may read or write with the verb on some
// entry or other of the collection: what a form or a description shows.
func (p *Policy) Fields(col *schema.Collection, v Verb) FieldSet {
	var set FieldSet
	for _, part := range p.parts(v, string(col.ID)) {
		set = set.Union(part.Fields)
	}
	return set
}

// ScopeOf is the entries that match one row filter, with the variables that
// the actor has.
func (p *Policy) ScopeOf(rows json.RawMessage) Scope {
	return p.scope([]Part{{Rows: rows}})
}

func (p *Policy) parts(v Verb, collection string) []Part {
	if p.everything {
		return []Part{{Fields: FieldSet{all: hidden + 1}}}
	}
	var out []Part
	for i := range p.grants {
		h := &p.grants[i]
		if p.applies(h, v, collection) {
			out = append(out, Part{Rows: h.Rows, Fields: fieldsOf(&h.Grant, h.level), Role: h.role, Grant: h.index})
		}
	}
	if p.bound != nil {
		return crossed(out, p.bound.parts(v, collection))
	}
	return out
}

// crossed gives what two policies allow together: each part of the one within
// each part of the other.
func crossed(own, bound []Part) []Part {
	var out []Part
	for _, a := range own {
		for _, b := range bound {
			part := Part{Rows: a.Rows, Fields: a.Fields.Intersect(b.Fields), Role: a.Role, Grant: a.Grant}
			switch {
			case part.Rows == nil:
				part.Rows = b.Rows
			case b.Rows != nil:
				part.Rows = both([][]json.RawMessage{{a.Rows}, {b.Rows}})
			}
			out = append(out, part)
		}
	}
	return out
}

// hidden is the level of fields that nobody but the program itself reads.
const hidden = 3

// Allow says within which bounds the need may be met, or refuses with a
// *problem.Error: NotFound, Forbidden or Unauthenticated, as the package
// comment says. What it gives still has to be held against the entry: that
// needs the view, which the caller has.
func (p *Policy) Allow(n Need) (Scope, error) {
	parts := p.parts(n.Verb, n.id())
	if len(parts) == 0 {
		return Scope{}, p.refuse(n)
	}
	s := p.scope(parts)
	if len(n.Fields) == 0 {
		return s, nil
	}
	if n.Of == nil {
		return Scope{}, problem.New(problem.Internal, "need_without_collection", problem.Args{"collection": n.Collection})
	}
	fields := make([]*schema.Field, 0, len(n.Fields))
	var missing []string
	for _, id := range n.Fields {
		f := n.Of.Field(id)
		if f == nil || !s.grants(f) {
			missing = append(missing, fieldName(f, id))
			continue
		}
		fields = append(fields, f)
	}
	if len(missing) > 0 {
		return Scope{}, p.refuseFields(n, missing)
	}
	return s.On(fields...), nil
}

func fieldName(f *schema.Field, id content.FieldID) string {
	if f == nil {
		return string(id)
	}
	return f.Name
}

// refuse says no without telling what the caller may not know.
func (p *Policy) refuse(n Need) error {
	admin := n.id() != "" && n.id()[0] == '@'
	if !admin && !p.Reads(n.id()) {
		return Hidden(n)
	}
	args := problem.Args{"verb": string(n.Verb), "collection": n.Collection}
	if !p.SignedIn() {
		return problem.New(problem.Unauthenticated, "sign_in_first", args)
	}
	return problem.New(problem.Forbidden, "not_allowed", args)
}

func (p *Policy) refuseFields(n Need, names []string) error {
	args := problem.Args{"verb": string(n.Verb), "collection": n.Collection, "fields": names}
	kind := problem.Forbidden
	if !p.SignedIn() {
		kind = problem.Unauthenticated
	}
	return problem.New(kind, "fields_not_allowed", args)
}

// RefuseRow is the answer when an entry is outside the rows of a scope: 404
// when the caller may not read it, and otherwise 403 or 401.
func (p *Policy) RefuseRow(n Need, readable bool) error {
	if !readable {
		return Hidden(n)
	}
	args := problem.Args{"verb": string(n.Verb), "collection": n.Collection}
	if !p.SignedIn() {
		return problem.New(problem.Unauthenticated, "sign_in_first", args)
	}
	return problem.New(problem.Forbidden, "not_allowed_entry", args)
}

// Hidden is the answer about what there is none of, and about what the caller
// may not know of: one and the same.
func Hidden(n Need) error {
	if n.Entry != "" {
		return problem.New(problem.NotFound, "entry_not_found", problem.Args{"entry": string(n.Entry)})
	}
	return problem.New(problem.NotFound, "collection_not_found", problem.Args{"collection": n.Collection})
}
