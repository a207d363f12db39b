package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Source gives the nouns that a policy is made from; *view.Tx is one.
type Source interface {
	// Noun gives the thing, or an error that is fs.ErrNotExist.
	Noun(kind content.NounKind, id string) (*content.Noun, error)
}

// Load makes the policy of an actor. Whoever is disabled, and a token that is
// revoked, expired or unknown, gets an Unauthenticated problem. Everyone has
// the role Visitor besides their own: signing in takes no right away.
func Load(src Source, by content.Actor, now time.Time) (*Policy, error) {
	p := &Policy{by: by, now: now}
	roles, err := identify(src, p)
	if err != nil || p.everything {
		return p, err
	}
	if by.As != "" {
		if roles, err = viewAs(src, by, now); err != nil {
			return nil, err
		}
		p.factor = true // the role itself is looked at, not who may hold it
	}
	for _, id := range append([]content.RoleID{Visitor}, roles...) {
		if slices.Contains(p.roles, id) {
			continue
		}
		var r Role
		found, err := decode(src, content.NounRole, string(id), &r)
		if err != nil {
			return nil, err
		}
		switch {
		case !found: // a removed role grants nothing
		case r.SecondFactor && !p.factor:
			p.waiting = append(p.waiting, id)
		default:
			p.hold(id, &r)
		}
	}
	if by.Kind == content.ActorPlugin && by.For != "" {
		return p, p.within(src, content.Actor{Kind: content.ActorPlugin, ID: by.ID})
	}
	return p, nil
}

// viewAs gives the one role as which somebody looks at the site. Who manages
// roles and users may: they could give themselves the role, or anybody.
func viewAs(src Source, by content.Actor, now time.Time) ([]content.RoleID, error) {
	role := by.As
	by.As = ""
	own, err := Load(src, by, now)
	if err != nil {
		return nil, err
	}
	for _, what := range []string{Roles, Users} {
		if _, err := own.Allow(Need{Verb: Manage, Collection: what}); err != nil {
			return nil, err
		}
	}
	found, err := decode(src, content.NounRole, string(role), new(Role))
	if err == nil && !found {
		err = problem.New(problem.NotFound, "role_missing", problem.Args{"id": string(role)})
	}
	return []content.RoleID{role}, err
}

// within bounds a policy by what another actor may do. Conditions on who asks
// mean the same person in both.
func (p *Policy) within(src Source, other content.Actor) error {
	bound, err := Load(src, other, p.now)
	if err != nil {
		return err
	}
	bound.user, bound.association = p.user, p.association
	p.bound = bound
	return nil
}

// OfRoles makes the policy that a visitor would have who held the roles: for
// looking at the site as someone else sees it.
func OfRoles(now time.Time, roles ...Role) *Policy {
	p := &Policy{now: now}
	for i := range roles {
		p.hold(roles[i].ID, &roles[i])
	}
	return p
}

func (p *Policy) hold(id content.RoleID, r *Role) {
	p.roles = append(p.roles, id)
	for i, g := range r.Grants {
		if string(g.Rows) == "null" {
			g.Rows = nil
		}
		p.grants = append(p.grants, held{Grant: g, role: id, index: i, level: r.level(), vars: variablesOf(g.Rows)})
	}
}

func isVisitor(by content.Actor) bool {
	return by.Kind == "" || by.Kind == content.ActorVisitor
}

// identify fills in who is behind the actor and gives their own roles.
func identify(src Source, p *Policy) ([]content.RoleID, error) {
	switch {
	case isVisitor(p.by):
		return nil, nil
	case p.by.Kind == content.ActorSystem:
		p.everything = true
		return nil, nil
	case p.by.Kind == content.ActorUser:
		return user(src, p, content.UserID(p.by.ID))
	case p.by.Kind == content.ActorToken:
		return token(src, p)
	case p.by.Kind == content.ActorPlugin && p.by.For != "":
		return user(src, p, p.by.For)
	case p.by.Kind == content.ActorPlugin:
		return []content.RoleID{PluginRole(p.by.ID)}, nil
	}
	return nil, problem.New(problem.Unauthenticated, "actor_unknown", nil)
}

func user(src Source, p *Policy, id content.UserID) ([]content.RoleID, error) {
	var u content.User
	found, err := decode(src, content.NounUser, string(id), &u)
	if err != nil {
		return nil, err
	}
	if !found || u.Disabled {
		return nil, problem.New(problem.Unauthenticated, "account_closed", nil)
	}
	p.user, p.association, p.factor = id, u.Association, u.SecondFactor
	return u.Roles, nil
}

// token gives the roles of the token's user, narrowed to those it names. A
// role that the user has lost since is lost to the token too.
func token(src Source, p *Policy) ([]content.RoleID, error) {
	var t content.Token
	found, err := decode(src, content.NounToken, p.by.ID, &t)
	if err != nil {
		return nil, err
	}
	over := t.RevokedAt != nil || t.ExpiresAt != nil && !p.now.Before(*t.ExpiresAt)
	if !found || over || p.by.For != "" && p.by.For != t.User {
		return nil, problem.New(problem.Unauthenticated, "token_over", nil)
	}
	roles, err := user(src, p, t.User)
	if err != nil || len(t.Roles) == 0 {
		return roles, err
	}
	return slices.DeleteFunc(slices.Clone(roles), func(r content.RoleID) bool {
		return !slices.Contains(t.Roles, r)
	}), nil
}

func decode(src Source, kind content.NounKind, id string, into any) (bool, error) {
	n, err := src.Noun(kind, id)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, fmt.Errorf("load %s %s: %w", kind, id, err)
	}
	if err := json.Unmarshal(n.Body, into); err != nil {
		return false, fmt.Errorf("decode %s %s: %w", kind, id, err)
	}
	return true, nil
}
