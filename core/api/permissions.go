package api

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// permission is what the caller may do with one collection. rows says that a
// right reaches some entries only.
type permission struct {
	Collection string               `json:"collection"`
	Name       string               `json:"name,omitempty"`
	Verbs      map[string]verbScope `json:"verbs"`
}

type verbScope struct {
	Rows   []json.RawMessage `json:"rows,omitempty"`
	Fields []string          `json:"fields,omitempty"` // by name; absent when it has no fields
}

// getPermissions lists what the caller may do, or explains one right:
// ?explain=publish&collection=news&entry=….
func getPermissions(k *call) error {
	ask, err := k.permissionQuery()
	if err != nil {
		return err
	}
	var out any
	err = k.read(func(tx *view.Tx, p *access.Policy) (err error) {
		out, err = k.permissions(tx, p, ask)
		return err
	})
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: out})
}

// getUserPermissions is the same about somebody else, for those who manage
// users and roles: an explanation shows what the roles say.
func getUserPermissions(k *call) error {
	ask, err := k.permissionQuery()
	if err != nil {
		return err
	}
	ask.ofOther = true
	var out any
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		for _, what := range []string{access.Users, access.Roles} {
			if err := mayManage(p, what); err != nil {
				return err
			}
		}
		n, err := findNoun(tx, content.NounUser, k.param("user"))
		if err != nil {
			return err
		}
		u, err := noun.DecodeUser(n)
		if err != nil {
			return err
		}
		if u.Disabled {
			return problem.New(problem.Conflict, "user_disabled", nil)
		}
		theirs, err := k.api.policy(tx, content.Actor{Kind: content.ActorUser, ID: n.ID})
		if err == nil {
			out, err = k.permissions(tx, theirs, ask)
		}
		return err
	})
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: out})
}

// permissionQuery says which right is to be explained; without a verb all are
// listed.
type permissionQuery struct {
	verb       access.Verb
	collection string
	entry      content.EntryID
	ofOther    bool // whoever asks may read everything about it
}

func (k *call) permissionQuery() (permissionQuery, error) {
	also, err := k.only("explain", "collection", "entry")
	if err != nil {
		return permissionQuery{}, err
	}
	ask := permissionQuery{verb: access.Verb(also["explain"]), collection: also["collection"], entry: content.EntryID(also["entry"])}
	if ask.verb != "" {
		return ask, nil
	}
	for _, name := range []string{"collection", "entry"} {
		if also[name] != "" {
			return ask, problem.Parameter(name, "parameter_with_explain", nil)
		}
	}
	return ask, nil
}

// permissions gives a list of permissions, or an explanation.
func (k *call) permissions(tx *view.Tx, p *access.Policy, asked permissionQuery) (any, error) {
	if asked.verb != "" {
		return k.explain(tx, p, asked)
	}
	out := []permission{}
	for _, col := range tx.Collections() {
		if one := permissionOn(p, string(col.ID), col); len(one.Verbs) > 0 {
			out = append(out, one)
		}
	}
	for _, id := range access.Admin {
		if one := permissionOn(p, id, nil); len(one.Verbs) > 0 {
			out = append(out, one)
		}
	}
	return out, nil
}

func permissionOn(p *access.Policy, id string, col *schema.Collection) permission {
	out := permission{Collection: id, Verbs: map[string]verbScope{}}
	for _, v := range access.Verbs {
		if !p.May(v, id) {
			continue
		}
		scope, err := p.Allow(access.Need{Verb: v, Collection: id, Of: col})
		if err != nil {
			continue
		}
		one := verbScope{Rows: scope.Rows}
		if col != nil {
			out.Name = col.Name
			one.Fields = []string{}
			for _, f := range p.Fields(col, v).Of(col) {
				one.Fields = append(one.Fields, f.Name)
			}
		}
		out.Verbs[string(v)] = one
	}
	return out
}

// explain tells which of the roles give a right, and why the others do not.
func (k *call) explain(tx *view.Tx, p *access.Policy, asked permissionQuery) (access.Explanation, error) {
	n := access.Need{Verb: asked.verb, Collection: asked.collection, Entry: asked.entry}
	var matches func(json.RawMessage) (bool, error)
	if col := tx.Collection(n.Collection); col != nil && (asked.ofOther || p.Reads(string(col.ID))) {
		n.Collection, n.Of = string(col.ID), col
		matches = k.matches(tx, p, col, asked)
	}
	return p.Explain(n, matches)
}

// matches holds an entry against the rows of a grant, in any of its locales;
// an entry that the caller may not read matches none.
func (k *call) matches(tx *view.Tx, p *access.Policy, col *schema.Collection, asked permissionQuery) func(json.RawMessage) (bool, error) {
	return func(rows json.RawMessage) (bool, error) {
		e, err := tx.Entry(asked.entry)
		if err != nil || e.Collection != col.ID {
			return false, nil
		}
		wanted, err := p.ScopeOf(rows).Filter(col, tx.Collection, k.api.o.Kinds)
		if err != nil {
			return false, err
		}
		both := []ask.Filter{wanted}
		if !asked.ofOther {
			scope, err := p.Allow(access.Need{Verb: access.ReadDraft, Collection: string(col.ID), Of: col})
			if err != nil {
				return false, nil
			}
			readable, err := scope.Filter(col, tx.Collection, k.api.o.Kinds)
			if err != nil {
				return false, err
			}
			both = append(both, readable)
		}
		return anyLocale(tx, e, ask.Filter{And: both})
	}
}

// anyLocale reports whether the newest values of some locale of the entry
// match.
func anyLocale(tx *view.Tx, e *content.Entry, f ask.Filter) (bool, error) {
	for _, l := range append([]content.Locale{content.Shared}, e.Locales()...) {
		ok, err := tx.Matches(e.ID, false, l, f)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
