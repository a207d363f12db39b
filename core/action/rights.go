package action

import (
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// grant is a need that was met, within a scope.
type grant struct {
	need  access.Need
	scope access.Scope
}

// authorise asks the action what it needs and meets it, or refuses. Entries
// that are there already are held against the rows of each scope.
func authorise(tx *view.Tx, env Env, a Action) ([]grant, error) {
	needs, err := a.Needs(tx)
	if err != nil {
		return nil, err
	}
	granted := make([]grant, 0, len(needs))
	for _, n := range needs {
		scope, refused := env.Policy.Allow(n)
		if refused != nil {
			return nil, hide(tx, env, n, refused)
		}
		ok, err := within(tx, env.Kinds, scope, n)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, hide(tx, env, n, env.Policy.RefuseRow(n, true))
		}
		granted = append(granted, grant{n, scope})
	}
	return granted, nil
}

// may reports whether a need would be met.
func may(tx *view.Tx, env Env, n access.Need) (bool, error) {
	scope, err := env.Policy.Allow(n)
	if err != nil {
		return false, nil //nolint:nilerr // a refusal is the answer
	}
	if n.Entry == "" {
		return scope.Rows == nil, nil
	}
	return within(tx, env.Kinds, scope, n)
}

// within reports whether the entry of a need, as it is now, is one that the
// scope reaches. A need without an entry is within every scope.
func within(tx *view.Tx, kinds schema.Kinds, scope access.Scope, n access.Need) (bool, error) {
	if scope.Rows == nil || n.Entry == "" || n.Of == nil {
		return true, nil
	}
	e, err := tx.Entry(n.Entry)
	if err != nil {
		return false, err
	}
	filter, err := scope.Filter(n.Of, tx.Collection, kinds)
	if err != nil {
		return false, err
	}
	return tx.Matches(n.Entry, false, shown(e, n.Locale), filter)
}

// shown gives a locale in which the entry has a row: the one that is meant if
// it has that.
func shown(e *content.Entry, l content.Locale) content.Locale {
	all := faces(e)
	if slices.Contains(all, l) {
		return l
	}
	return all[0]
}

// hide gives a refusal, or, about an entry that the caller cannot read, the
// answer to what does not exist: a refusal would tell that it does.
func hide(tx *view.Tx, env Env, n access.Need, refusal error) error {
	if n.Entry == "" || n.Of == nil {
		return refusal
	}
	for _, verb := range []access.Verb{access.ReadDraft, access.Read} {
		scope, err := env.Policy.Allow(needOf(n.Of, verb, n.Entry, n.Locale))
		if err != nil {
			continue
		}
		readable, err := seen(tx, env.Kinds, scope, n, verb == access.Read)
		if err != nil {
			return err
		}
		if readable {
			return refusal
		}
	}
	return noEntry(n.Entry)
}

// seen reports whether the entry is within a scope on one side, in any locale.
func seen(tx *view.Tx, kinds schema.Kinds, scope access.Scope, n access.Need, onlyLive bool) (bool, error) {
	e, err := tx.Entry(n.Entry)
	if err != nil {
		return false, err
	}
	filter, err := scope.Filter(n.Of, tx.Collection, kinds)
	if err != nil {
		return false, err
	}
	for _, l := range faces(e) {
		if onlyLive && e.Live(l) == nil {
			continue
		}
		if scope.Rows == nil {
			return true, nil
		}
		ok, err := tx.Matches(n.Entry, onlyLive, l, filter)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// reachable holds what a commit leaves behind against the rows of the scopes
// that let it through: nobody may write an entry out of their own reach, or
// create one outside of it.
func reachable(tx *view.Tx, kinds schema.Kinds, commit content.Commit, granted []grant) error {
	for _, g := range granted {
		verb := g.need.Verb
		if g.scope.Rows == nil || g.need.Of == nil || (g.need.Entry != "" && verb != access.Update) {
			continue
		}
		filter, err := g.scope.Filter(g.need.Of, tx.Collection, kinds)
		if err != nil {
			return err
		}
		for _, change := range commit.Changes {
			e := change.Entry
			if e == nil || e.Collection != g.need.Of.ID || (g.need.Entry != "" && e.ID != g.need.Entry) {
				continue
			}
			ok, err := tx.WouldMatch(commit, e.ID, shown(e, g.need.Locale), filter)
			if err != nil {
				return err
			}
			if !ok {
				return problem.New(problem.Forbidden, "outside_reach",
					problem.Args{"verb": string(verb), "collection": g.need.Of.Name})
			}
		}
	}
	return nil
}

// policies keeps the policies of the actors of one draft of the view: a batch
// of changes mostly comes from a few of them. It is used by the goroutine of
// the writer alone.
type policies struct {
	seq   commitlog.Seq
	dirty bool // something that policies are made from changed in this draft, or one like it
	known map[content.Actor]*access.Policy
}

// policyCache bounds the kept policies.
const policyCache = 1024

// load gives the policy of an actor as of now.
func (p *policies) load(tx *view.Tx, by content.Actor, now time.Time) (*access.Policy, error) {
	if at := tx.Seq(); p.known == nil || at != p.seq || len(p.known) > policyCache {
		p.known, p.seq, p.dirty = map[content.Actor]*access.Policy{}, at, false
	}
	// Tokens may expire between two changes; they are looked up each time.
	keep := !p.dirty && by.Kind != content.ActorToken
	if keep && p.known[by] != nil {
		return p.known[by].At(now), nil
	}
	policy, err := access.Load(tx, by, now)
	if err == nil && keep {
		p.known[by] = policy
	}
	return policy, err
}

// planned forgets everything when a change touches what policies are made
// from. It stays so until the log has moved on, because the draft may be
// dropped and begun again at the same place.
func (p *policies) planned(changes []content.Change) {
	for _, change := range changes {
		if change.Noun == nil && (change.Gone == nil || change.Gone.Kind == content.NounEntry) && change.Erased == nil {
			continue
		}
		p.dirty = true
		clear(p.known)
		return
	}
}
