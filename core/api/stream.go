package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// event is what a subscriber is told: that something changed, not what. An
// entry has a collection, by name; anything else a noun.
type event struct {
	Seq        uint64 `json:"seq"`
	Collection string `json:"collection,omitempty"`
	Noun       string `json:"noun,omitempty"`
	ID         string `json:"id"`
	Action     string `json:"action"`
}

// streamEvents sends the commits that the caller may see as server-sent
// events. "id" lines carry the seq and stand between records, so that a
// caller that comes back with Last-Event-ID misses nothing; an event "reset"
// says that too much happened meanwhile, or that the id is not of this log.
func streamEvents(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if k.by.Kind == content.ActorVisitor {
		return problem.New(problem.Unauthenticated, "events_signed_in", nil)
	}
	s := &subscriber{api: k.api, by: k.by, cred: server.CredentialsOf(k.Ctx)}
	s.actor = string(k.by.Kind) + ":" + k.by.ID
	s.seq = k.api.o.Events.now()
	if last := k.Get("Last-Event-ID"); last != "" {
		n, err := strconv.ParseUint(last, 10, 63)
		if err != nil {
			return problem.Parameter("Last-Event-ID", "parameter_not_number", nil)
		}
		s.seq = commitlog.Seq(n)
	}
	if !k.api.o.Events.enter(s.actor) {
		k.Set(fiber.HeaderRetryAfter, "30")
		return problem.New(problem.Limited, "too_many_streams", nil)
	}
	k.api.o.Server.Pieces(k.Ctx, "text/event-stream; charset=utf-8", s.run)
	return nil
}

type subscriber struct {
	api   *API
	by    content.Actor
	cred  server.Credentials
	actor string
	seq   commitlog.Seq // everything up to here was sent
	nudge uint64        // and every nudge up to this one
}

func (s *subscriber) run(p *server.Pieces) {
	hub := s.api.o.Events
	defer hub.leave(s.actor)
	ctx, cancel := s.api.o.Server.StreamContext()
	defer cancel()
	beat := time.NewTimer(hub.o.Heartbeat)
	defer beat.Stop()
	_, s.nudge = hub.nudgesAfter(0)
	if p.Send("retry: 3000\nid: "+s.id()+"\n\n") != nil {
		return
	}
	for {
		facts, at, more, known := hub.after(s.seq)
		if !known {
			facts, s.seq = nil, at
			if p.Send("event: reset\ndata: {}\nid: "+s.id()+"\n\n") != nil {
				return
			}
		}
		if len(facts) > 0 {
			text, err := s.tell(ctx, facts)
			s.seq = at
			if err != nil || p.Send(text+"id: "+s.id()+"\n\n") != nil {
				return
			}
			continue
		}
		s.seq = at
		if text, err := s.tellNudges(ctx); err != nil || text != "" && p.Send(text) != nil {
			return
		}
		beat.Reset(hub.o.Heartbeat)
		select {
		case <-more:
		case <-s.api.o.Server.Stopping():
			return
		case <-beat.C:
			if s.again(ctx) != nil || p.Send(": still here\n\n") != nil {
				return
			}
		}
	}
}

func (s *subscriber) id() string { return strconv.FormatUint(uint64(s.seq), 10) }

// again finds out anew who the caller is: sessions end, tokens are revoked.
func (s *subscriber) again(ctx context.Context) error {
	by, err := Authenticator(s.api.o.Auth).Authenticate(ctx, s.cred)
	if err == nil && by != s.by {
		return problem.New(problem.Unauthenticated, "events_signed_in", nil)
	}
	return err
}

// telling writes events as one moment of the view and the caller's rights let
// them be told.
func (s *subscriber) telling(ctx context.Context, name string, say func(tx *view.Tx, p *access.Policy, write func(any) error) error) (string, error) {
	if err := s.again(ctx); err != nil {
		return "", err
	}
	var b strings.Builder
	write := func(v any) error {
		raw, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("write event: %w", err)
		}
		fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", name, raw)
		return nil
	}
	err := s.api.o.View.Read(ctx, func(tx *view.Tx) error {
		p, err := s.api.policy(tx, s.by)
		if err != nil {
			return err
		}
		return say(tx, p, write)
	})
	return b.String(), err
}

// tell writes the facts that the caller may know of.
func (s *subscriber) tell(ctx context.Context, facts []fact) (string, error) {
	return s.telling(ctx, "commit", func(tx *view.Tx, p *access.Policy, write func(any) error) error {
		for _, f := range facts {
			ev, ok, err := s.api.event(tx, p, f)
			if err == nil && ok {
				err = write(ev)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// presenceEvent says that other people than before have an entry open; who,
// the route of presence tells.
type presenceEvent struct {
	Collection string          `json:"collection"`
	ID         content.EntryID `json:"id"`
}

// tellNudges writes what happened since the last ones, for those who may read
// the drafts. They have no id: nothing is missed by missing them.
func (s *subscriber) tellNudges(ctx context.Context) (string, error) {
	nudges, n := s.api.o.Events.nudgesAfter(s.nudge)
	s.nudge = n
	if len(nudges) == 0 {
		return "", nil
	}
	return s.telling(ctx, "presence", func(tx *view.Tx, p *access.Policy, write func(any) error) error {
		for _, x := range nudges {
			col := tx.Collection(string(x.collection))
			if col == nil {
				continue
			}
			ok, err := s.api.entryVisible(tx, p, col, fact{id: string(x.id)})
			if err == nil && ok {
				err = write(presenceEvent{Collection: col.Name, ID: x.id})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// event turns a fact into an event, if the caller may know of it.
func (a *API) event(tx *view.Tx, p *access.Policy, f fact) (event, bool, error) {
	ev := event{Seq: uint64(f.seq), ID: f.id, Action: f.action}
	if f.noun != "" {
		ev.Noun = string(f.noun)
		ok, err := nounVisible(tx, p, f)
		return ev, ok, err
	}
	col := tx.Collection(string(f.collection))
	if col == nil {
		return ev, false, nil
	}
	ev.Collection = col.Name
	ok, err := a.entryVisible(tx, p, col, f)
	return ev, ok, err
}

// nounVisible: definitions and roles shape everybody's pages, so whoever may
// read anything learns that they changed; people and tokens are for those who
// manage them.
func nounVisible(tx *view.Tx, p *access.Policy, f fact) (bool, error) {
	switch f.noun {
	case content.NounCollection:
		return p.Reads(f.id) || p.May(access.Manage, access.Collections), nil
	case content.NounRole:
		return p.May(access.Manage, access.Roles), nil
	case content.NounUser:
		return p.May(access.Manage, access.Users) || string(p.User()) == f.id, nil
	case content.NounToken:
		return p.May(access.Manage, access.Tokens), nil
	case content.NounAsset:
		return assetVisible(tx, p, f)
	}
	return false, nil
}

func assetVisible(tx *view.Tx, p *access.Policy, f fact) (bool, error) {
	n, err := tx.Noun(content.NounAsset, f.id)
	if errors.Is(err, view.ErrNotFound) {
		return p.May(access.Delete, access.Assets), nil
	}
	if err != nil {
		return false, err
	}
	a, err := noun.Decode[content.Asset](n)
	if err != nil {
		return false, err
	}
	return readsAsset(p, &a) == nil, nil
}

// entryVisible: readers of drafts learn of every change of the entries that
// they may read so; readers of what is live learn of changes of that.
func (a *API) entryVisible(tx *view.Tx, p *access.Policy, col *schema.Collection, f fact) (bool, error) {
	e, err := tx.Entry(content.EntryID(f.id))
	if errors.Is(err, view.ErrNotFound) {
		return p.May(access.Purge, string(col.ID)), nil
	}
	if err != nil {
		return false, err
	}
	ok, err := a.within(tx, p, col, access.ReadDraft, func(rows ask.Filter) (bool, error) { return anyLocale(tx, e, rows) })
	if ok || err != nil || !f.live {
		return ok, err
	}
	return a.within(tx, p, col, access.Read, func(rows ask.Filter) (bool, error) {
		if rows.Always() {
			return true, nil
		}
		for _, l := range append([]content.Locale{content.Shared}, e.Locales()...) {
			if ok, err := tx.Matches(e.ID, true, l, rows); ok || err != nil {
				return ok, err
			}
		}
		return false, nil
	})
}

func (a *API) within(tx *view.Tx, p *access.Policy, col *schema.Collection, v access.Verb, matches func(ask.Filter) (bool, error)) (bool, error) {
	scope, err := p.Allow(access.Need{Verb: v, Collection: string(col.ID), Of: col})
	if err != nil {
		return false, nil
	}
	rows, err := scope.Filter(col, tx.Collection, a.o.Kinds)
	if err != nil {
		return false, err
	}
	return matches(rows)
}
