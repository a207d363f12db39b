package host

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/proposal"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/view"
)

// Gate is the hook of a runner: it asks the plugins that want to see a commit.
// It can be given to a runner before there is a host. The zero Gate lets
// everything pass.
type Gate struct {
	open atomic.Pointer[gate]
}

// gate says which plugins want to see commits of which collections.
type gate struct {
	host *Host
	by   map[content.CollectionID][]*plug
}

// setGate makes the gate anew. h.mu is held.
func (h *Host) setGate() {
	g := &gate{host: h, by: map[content.CollectionID][]*plug{}}
	for _, name := range slices.Sorted(maps.Keys(h.plugins)) {
		p := h.plugins[name]
		want, m, _ := p.news()
		if !want.Enabled || m == nil || m.Hook == nil {
			continue
		}
		for _, c := range m.Hook.Collections {
			g.by[c] = append(g.by[c], p)
		}
	}
	if len(g.by) == 0 {
		g = nil
	}
	h.o.Gate.open.Store(g)
}

// Wants reports whether a plugin wants to see the commit.
func (x *Gate) Wants(c *content.Commit) bool {
	g := x.open.Load()
	return g != nil && len(g.concerned(c)) > 0
}

// concerned lists the plugins that want to see a commit, in order: those with
// a hook for a collection of which it changes entries, but for the plugin that
// makes the change.
func (g *gate) concerned(c *content.Commit) []*plug {
	var out []*plug
	for _, change := range c.Changes {
		for _, p := range g.by[collectionOf(change)] {
			if !byPlugin(c.Actor, p.name) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

func collectionOf(change content.Change) content.CollectionID {
	switch {
	case change.Entry != nil:
		return change.Entry.Collection
	case change.Gone != nil && change.Gone.Kind == content.NounEntry:
		return change.Gone.Collection
	}
	return ""
}

func byPlugin(by content.Actor, name string) bool {
	return by.Kind == content.ActorPlugin && by.ID == name
}

// BeforeCommit asks all concerned plugins at the same time, each for at most the
// time of its manifest. One that does not answer in time refuses or lets pass,
// as its manifest says; an answer that breaks the rules counts as none. A commit
// that would be refused because the process has just ended waits for the next
// one, and is asked about once more.
func (x *Gate) BeforeCommit(ctx context.Context, pr action.Proposal) ([]action.Patch, error) {
	g := x.open.Load()
	if g == nil {
		return nil, nil
	}
	asked := g.concerned(pr.Commit)
	answers := make([][]action.Patch, len(asked))
	var group errgroup.Group
	for i, p := range asked {
		group.Go(func() (err error) {
			defer func() {
				if v := recover(); v != nil {
					err = fmt.Errorf("panic in the hook of %s: %v", p.name, v)
				}
			}()
			answers[i], err = p.ask(ctx, pr)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(answers...), nil
}

// ask asks one plugin.
func (p *plug) ask(ctx context.Context, pr action.Proposal) ([]action.Patch, error) {
	_, m, _ := p.news()
	if m == nil || m.Hook == nil {
		return nil, nil
	}
	request, err := p.proposed(ctx, pr, m.Hook.Collections)
	if err != nil {
		return nil, err
	}
	first := p.live()
	answer, err := p.beforeCommit(ctx, m.Hook, request)
	if problem.CodeOf(err) == "plugin_down" && refuses(pr, m) && p.comesBack(ctx, first, againTime) {
		answer, err = p.beforeCommit(ctx, m.Hook, request)
	}
	if err != nil {
		return nil, p.unchecked(pr, m, err)
	}
	if len(answer.Refusals) > 0 {
		return nil, proposal.Refusal(p.name, answer.Refusals)
	}
	patches, err := proposal.Patches(answer.Patches, pr, m.Hook.Patch, p.h.fieldNames)
	if err != nil {
		return nil, p.unchecked(pr, m, err)
	}
	return patches, nil
}

func (p *plug) beforeCommit(ctx context.Context, hook *manifest.Hook, r *pluginpb.BeforeCommitRequest) (answer *pluginpb.BeforeCommitResponse, err error) {
	lasts := max(hook.Timeout(), p.h.o.Pace.Hook)
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	c := wire.Call{Plugin: p.name, Surface: wire.Hook, What: r.Action, Alone: true, Lasts: lasts}
	err = p.call(ctx, c, func(ctx context.Context, to wire.Process) (err error) {
		answer, err = pluginpb.NewHooksClient(to.Conn).BeforeCommit(ctx, r)
		return err
	})
	return answer, err
}

// unchecked decides about a commit that a plugin has not seen.
func (p *plug) unchecked(pr action.Proposal, m *manifest.Manifest, cause error) error {
	p.count(func(f *figures) { f.Unchecked++ })
	p.h.o.Logger.Warn("a hook did not answer as it should", "plugin", p.name, "action", pr.Commit.Action, "error", cause)
	p.logs.Note("hook: " + wire.Told(cause))
	if !refuses(pr, m) {
		return nil
	}
	return problem.Wrap(cause, problem.Unavailable, "hook_silent", problem.Args{"plugin": p.name}).With("retry_after", 2)
}

// refuses reports whether a commit is refused when the plugin is silent: those
// of its own collections are, and others pass, unless the manifest says
// otherwise.
func refuses(pr action.Proposal, m *manifest.Manifest) bool {
	if m.Hook.OnFailure != "" {
		return m.Hook.OnFailure == "reject"
	}
	return slices.ContainsFunc(pr.Commit.Changes, func(c content.Change) bool { return m.Owns(collectionOf(c)) })
}

// proposed writes what a plugin may see of a commit.
func (p *plug) proposed(ctx context.Context, pr action.Proposal, wanted []content.CollectionID) (*pluginpb.BeforeCommitRequest, error) {
	policy, err := p.h.policy(ctx, wire.Self(p.name))
	if err != nil {
		return nil, err
	}
	out := &pluginpb.BeforeCommitRequest{Action: pr.Commit.Action, Origin: wire.Origin(pr.Commit.Actor)}
	err = p.h.o.View.Read(ctx, func(tx *view.Tx) error {
		for _, change := range pr.Commit.Changes {
			c := tx.Collection(string(collectionOf(change)))
			if c == nil || !slices.Contains(wanted, c.ID) {
				continue
			}
			shows := proposal.Shows{Kinds: p.h.o.Kinds, Col: c, Fields: policy.Fields(c, access.ReadDraft)}
			var id content.EntryID
			if change.Entry != nil {
				id = change.Entry.ID
			} else {
				id = content.EntryID(change.Gone.ID)
			}
			changes, err := shows.Changes(pr.Before[id], change.Entry)
			if err != nil {
				return err
			}
			out.Changes = append(out.Changes, changes...)
		}
		return nil
	})
	return out, err
}

// fieldNames gives the names of some fields of a collection.
func (h *Host) fieldNames(id content.CollectionID, fields []content.FieldID) map[string]bool {
	names := map[string]bool{}
	_ = h.o.View.Read(context.Background(), func(tx *view.Tx) error { // no names: nothing may be set
		if c := tx.Collection(string(id)); c != nil {
			for _, f := range fields {
				if field := c.Field(f); field != nil {
					names[field.Name] = true
				}
			}
		}
		return nil
	})
	return names
}
