package host

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/host/cursor"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Limits of a delivery.
const (
	maxEvents   = 100 // of one batch
	maxAttempts = 5   // at one batch; then it is cut in two
)

// follow delivers events for as long as the plugin asks for any.
func (p *plug) follow() {
	for p.ctx.Err() == nil {
		want, m, changed := p.news()
		if idle(want) || m == nil || m.Events == nil {
			p.wait(changed, nil, 0)
			continue
		}
		c := &cursor.Cursor{Bucket: p.h.o.Bucket, Key: wire.Folder(want.ID) + "cursor", Node: p.h.node, Lease: p.h.o.Pace.Lease}
		if err := p.deliverFrom(c); err != nil && p.ctx.Err() == nil {
			p.h.o.Logger.Warn("events of a plugin wait", "plugin", p.name, "error", err)
			p.wait(nil, nil, p.h.o.Pace.Look)
		}
	}
}

// deliverFrom takes the right to deliver, and does so until it is lost or
// another plugin is wanted. What was delivered is written down at the end.
func (p *plug) deliverFrom(c *cursor.Cursor) error {
	if err := c.Take(p.ctx, p.h.o.Log.Head()); err != nil {
		return err
	}
	p.mu.Lock()
	p.cursor = c
	p.mu.Unlock()
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	p.ended.Go(func() { // ends with the delivery
		defer cancel()
		c.Keep(ctx)
	})
	err := p.h.o.Log.Follow(ctx, &deliverer{p: p, c: c, stop: cancel})
	saving, done := context.WithTimeout(context.WithoutCancel(p.ctx), p.h.o.Pace.Answer)
	defer done()
	return errors.Join(err, c.Save(saving))
}

// deliverer is the follower of the log that delivers. Its checkpoint is the
// cursor in the bucket, so that any node can go on.
type deliverer struct {
	p    *plug
	c    *cursor.Cursor
	stop context.CancelFunc
}

func (d *deliverer) Name() string { return "plugin-" + d.p.name }

func (d *deliverer) Checkpoint() (commitlog.Seq, error) { return d.c.At(), nil }

// Apply delivers what the records hold for the plugin, in batches, and moves
// the cursor on after each.
func (d *deliverer) Apply(ctx context.Context, records []commitlog.Record[content.Commit]) error {
	want, m, _ := d.p.news()
	if idle(want) || m == nil || m.Events == nil {
		d.stop()
		return context.Canceled
	}
	// The plugin reads what it is told of: the view has to be as far. A record is
	// in the log a moment before.
	if err := d.p.h.o.View.WaitFor(ctx, records[len(records)-1].Seq); err != nil {
		return err
	}
	policy, err := d.p.h.policy(ctx, wire.Self(d.p.name))
	if err != nil {
		return err
	}
	var batch []*pluginpb.Event
	depth := 0
	flush := func(at commitlog.Seq) error {
		if len(batch) > 0 {
			if err := d.deliver(ctx, batch, depth+1); err != nil {
				return err
			}
		}
		batch, depth = nil, 0
		return d.c.Move(ctx, at)
	}
	for _, r := range records {
		for i := range r.Values {
			commit := &r.Values[i]
			for _, e := range eventsOf(r.Seq, commit, d.p.name, m.Events, policy) {
				batch, depth = append(batch, e), max(depth, commit.Depth)
			}
		}
		if len(batch) >= maxEvents {
			if err := flush(r.Seq); err != nil {
				return err
			}
		}
	}
	return flush(records[len(records)-1].Seq)
}

// eventsOf gives the events of a commit that a plugin asked for and may know
// of.
func eventsOf(seq commitlog.Seq, c *content.Commit, name string, asked *manifest.Events, policy *access.Policy) []*pluginpb.Event {
	if byPlugin(c.Actor, name) && !asked.Own || len(asked.Actions) > 0 && !slices.Contains(asked.Actions, c.Action) {
		return nil
	}
	var out []*pluginpb.Event
	about := func(col content.CollectionID, id, what string) *pluginpb.Event {
		return &pluginpb.Event{Seq: uint64(seq), Action: c.Action, AtUnixMs: c.At.UnixMilli(), Origin: wire.Origin(c.Actor),
			Collection: string(col), Id: id, What: what}
	}
	erased := map[string]bool{}
	for _, change := range c.Changes {
		if change.Erased != nil && change.Erased.Kind == content.NounEntry {
			erased[change.Erased.ID] = true
		}
	}
	for _, change := range c.Changes {
		if change.Noun != nil && change.Noun.Kind == content.NounAnnouncement {
			if e := announced(change.Noun, asked); e != nil {
				e.Seq, e.Action, e.AtUnixMs, e.Origin, e.What = uint64(seq), c.Action, c.At.UnixMilli(), wire.Origin(c.Actor), sdk.Announced
				out = append(out, e)
			}
			continue
		}
		col := collectionOf(change)
		if col == "" || !slices.Contains(asked.Collections, col) || !policy.Reads(string(col)) {
			continue
		}
		if change.Gone != nil {
			out = append(out, about(col, change.Gone.ID, sdk.Gone))
			continue
		}
		e := about(col, string(change.Entry.ID), sdk.Changed)
		if e.Revision = int64(change.Entry.Revision); erased[e.Id] {
			e.What = sdk.Erased
		}
		for _, l := range change.Entry.Locales() {
			if change.Entry.Live(l) != nil {
				e.Published = append(e.Published, string(l))
			}
		}
		out = append(out, e)
	}
	return out
}

// announced is what a plugin made known, if this one asked to be told.
func announced(n *content.Noun, asked *manifest.Events) *pluginpb.Event {
	if !slices.Contains(asked.Announced, n.ID) {
		return nil
	}
	var a content.Announcement
	if err := json.Unmarshal(n.Body, &a); err != nil {
		return nil // of a newer program
	}
	return &pluginpb.Event{Plugin: a.Plugin, Name: a.Name, BodyJson: a.Body}
}

// deliver delivers events until the plugin has taken them. A batch that fails
// too often is cut in two; one event that does is put aside.
func (d *deliverer) deliver(ctx context.Context, events []*pluginpb.Event, depth int) error {
	for start := 0; start < len(events); start += maxEvents {
		if err := d.insist(ctx, events[start:min(start+maxEvents, len(events))], depth); err != nil {
			return err
		}
	}
	return nil
}

func (d *deliverer) insist(ctx context.Context, batch []*pluginpb.Event, depth int) error {
	pause := d.p.h.o.Pace.Again
	var last error
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		in, leave, err := d.available(ctx)
		if err != nil {
			return err
		}
		last = d.send(ctx, in, batch, depth, attempt)
		leave()
		if last == nil {
			d.p.count(func(f *figures) { f.Events += uint64(len(batch)) })
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		d.p.logs.Note(fmt.Sprintf("events, attempt %d: %s", attempt, wire.Told(last)))
		d.p.wait(nil, nil, pause)
		pause = min(2*pause, d.p.h.o.Pace.Most)
	}
	if len(batch) == 1 {
		return d.putAside(ctx, batch[0], last)
	}
	half := len(batch) / 2
	if err := d.insist(ctx, batch[:half], depth); err != nil {
		return err
	}
	return d.insist(ctx, batch[half:], depth)
}

// available waits until the plugin runs.
func (d *deliverer) available(ctx context.Context) (*instance, func(), error) {
	for {
		_, _, changed := d.p.news()
		if in, leave, err := d.p.use(); err == nil {
			return in, leave, nil
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-changed:
		}
	}
}

func (d *deliverer) send(ctx context.Context, in *instance, batch []*pluginpb.Event, depth, attempt int) error {
	c := wire.Call{Plugin: d.p.name, Surface: wire.Events, What: fmt.Sprintf("events %d to %d", batch[0].Seq, batch[len(batch)-1].Seq),
		Alone: true, Depth: depth, Lasts: d.p.h.o.Pace.Deliver}
	return in.call(ctx, c, func(ctx context.Context, to wire.Process) error {
		_, err := pluginpb.NewEventsClient(to.Conn).Deliver(ctx, &pluginpb.DeliverRequest{Events: batch, Attempt: uint32(attempt), Cause: to.Ticket})
		return err
	})
}

// putAside keeps an event that the plugin cannot take, and goes on.
func (d *deliverer) putAside(ctx context.Context, e *pluginpb.Event, cause error) error {
	raw, err := json.Marshal(map[string]any{"version": 1, "at": d.p.h.o.Now().UTC().Format(time.RFC3339), "seq": e.Seq,
		"action": e.Action, "collection": e.Collection, "id": e.Id, "plugin": e.Plugin, "name": e.Name, "error": wire.Told(cause)})
	if err != nil {
		return fmt.Errorf("put an event aside: %w", err)
	}
	want, _, _ := d.p.news()
	key := fmt.Sprintf("%sdead/%020d-%.60s", wire.Folder(want.ID), e.Seq, cmp.Or(e.Id, e.Plugin+"."+e.Name))
	_, err = d.p.h.o.Bucket.Put(ctx, key, strings.NewReader(string(raw)), int64(len(raw)), storage.Cond{})
	if err != nil {
		return fmt.Errorf("put an event aside: %w", err)
	}
	d.p.count(func(f *figures) { f.DeadLetters++ })
	d.p.logs.Note(fmt.Sprintf("event %d of %s was put aside: %s", e.Seq, e.Id, wire.Told(cause)))
	d.p.h.o.Logger.Error("an event was put aside", "plugin", d.p.name, "seq", e.Seq, "entry", e.Id, "error", cause)
	return nil
}
