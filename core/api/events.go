package api

import (
	"context"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Events follows the log and keeps the newest commits in memory for the
// subscribers of /events. It remembers nothing beyond the process: whoever
// asks for more than it has is told to read anew.
type Events struct {
	db *view.DB
	o  EventsOptions

	mu      sync.Mutex
	at      commitlog.Seq // last record applied
	from    commitlog.Seq // records after this one are known
	facts   []fact        // in order
	nudges  []nudge       // in order; the last ones only
	nudged  uint64        // how many there were
	changed chan struct{} // closed and replaced when facts arrive
	streams map[string]int
	open    int
}

// EventsOptions bound the events. Zero members mean the value in brackets.
type EventsOptions struct {
	Keep       int           // facts remembered [4096]
	Streams    int           // subscribers at once [256]
	PerActor   int           // of them for one actor [8]
	Heartbeat  time.Duration // between signs of life, when rights are checked again [15 s]
	MaxBacklog int           // facts sent before rights are checked again [256]
}

// fact is one change of one thing, before anyone's rights are asked.
type fact struct {
	seq        commitlog.Seq
	collection content.CollectionID
	noun       content.NounKind
	id         string
	action     string
	live       bool // what visitors see changed, or was there once
	gone       bool
}

// nudge says that other people than before have an entry open. It is of this
// node and this moment: nobody who was away is told later.
type nudge struct {
	n          uint64 // counted from 1
	collection content.CollectionID
	id         content.EntryID
}

const maxNudges = 256

// nudge tells the subscribers to look again who has an entry open.
func (e *Events) nudge(col content.CollectionID, id content.EntryID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nudged++
	e.nudges = append(e.nudges, nudge{n: e.nudged, collection: col, id: id})
	if over := len(e.nudges) - maxNudges; over > 0 {
		e.nudges = append([]nudge(nil), e.nudges[over:]...)
	}
	close(e.changed)
	e.changed = make(chan struct{})
}

// nudgesAfter gives those after the n-th that are remembered, and how many
// there were.
func (e *Events) nudgesAfter(n uint64) ([]nudge, uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var out []nudge
	for _, x := range e.nudges {
		if x.n > n {
			out = append(out, x)
		}
	}
	return out, e.nudged
}

// NewEvents starts at what the view holds now.
func NewEvents(db *view.DB, o EventsOptions) *Events {
	orInt(&o.Keep, 4096)
	orInt(&o.Streams, 256)
	orInt(&o.PerActor, 8)
	orInt(&o.MaxBacklog, 256)
	if o.Heartbeat <= 0 {
		o.Heartbeat = 15 * time.Second
	}
	seq := db.Seq()
	return &Events{db: db, o: o, at: seq, from: seq, changed: make(chan struct{}), streams: map[string]int{}}
}

func orInt(v *int, fallback int) {
	if *v <= 0 {
		*v = fallback
	}
}

// Name is "events".
func (e *Events) Name() string { return "events" }

// Checkpoint is the last record applied in this process.
func (e *Events) Checkpoint() (commitlog.Seq, error) { return e.now(), nil }

func (e *Events) now() commitlog.Seq {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.at
}

// Apply remembers what the records changed, and wakes the subscribers once the
// view has it, so that what they read then is not older than the event.
func (e *Events) Apply(ctx context.Context, records []commitlog.Record[content.Commit]) error {
	if len(records) == 0 {
		return nil
	}
	if err := e.db.WaitFor(ctx, records[len(records)-1].Seq); err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range records {
		if r.Seq <= e.at {
			continue
		}
		for i := range r.Values {
			e.facts = appendFacts(e.facts, r.Seq, &r.Values[i])
		}
		e.at = r.Seq
	}
	if over := len(e.facts) - e.o.Keep; over > 0 {
		e.from = e.facts[over-1].seq
		for over < len(e.facts) && e.facts[over].seq == e.from {
			over++ // never half a record
		}
		e.facts = append([]fact(nil), e.facts[over:]...)
	}
	close(e.changed)
	e.changed = make(chan struct{})
	return nil
}

func appendFacts(facts []fact, seq commitlog.Seq, c *content.Commit) []fact {
	for _, ch := range c.Changes {
		f := fact{seq: seq, action: c.Action}
		switch {
		case ch.Entry != nil:
			f.collection, f.id, f.live = ch.Entry.Collection, string(ch.Entry.ID), touchesLive(ch.Entry)
		case ch.Noun != nil:
			f.noun, f.id = ch.Noun.Kind, ch.Noun.ID
		case ch.Gone != nil && ch.Gone.Kind == content.NounEntry:
			f.collection, f.id, f.gone = ch.Gone.Collection, ch.Gone.ID, true
		case ch.Gone != nil:
			f.noun, f.id, f.gone = ch.Gone.Kind, ch.Gone.ID, true
		default:
			continue
		}
		if !ofSignIns(f.noun) {
			facts = append(facts, f)
		}
	}
	return facts
}

// ofSignIns are the nouns that come and go with sign-ins, and what people keep
// for themselves: nobody follows them.
func ofSignIns(kind content.NounKind) bool {
	switch kind {
	case content.NounSession, content.NounTicket, content.NounLink, content.NounFactor, content.NounIdentity, content.NounPreference:
		return true
	}
	return false
}

// touchesLive reports whether this revision of the entry changed what visitors
// see: something went live with it, or nothing is live that once was.
func touchesLive(e *content.Entry) bool {
	for _, s := range e.Sides {
		if s.Published != nil && s.Published.Revision == e.Revision {
			return true
		}
		if s.PublishedAt != nil && s.PublishedAt.Equal(e.UpdatedAt) {
			return true
		}
		if s.FirstPublishedAt != nil && (s.Published == nil || e.TrashedAt != nil) {
			return true
		}
	}
	return false
}

// after gives what is known after a record, at most MaxBacklog facts but never
// half a record, and a channel that is closed when there is more. known is
// false when some of it is not remembered any more.
func (e *Events) after(seq commitlog.Seq) (facts []fact, at commitlog.Seq, more <-chan struct{}, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if seq < e.from || seq > e.at {
		return nil, e.at, e.changed, false
	}
	for _, f := range e.facts {
		if f.seq <= seq {
			continue
		}
		if len(facts) >= e.o.MaxBacklog && f.seq != facts[len(facts)-1].seq {
			return facts, facts[len(facts)-1].seq, e.changed, true
		}
		facts = append(facts, f)
	}
	return facts, e.at, e.changed, true
}

// enter counts a subscriber in, if there is room.
func (e *Events) enter(actor string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open >= e.o.Streams || e.streams[actor] >= e.o.PerActor {
		return false
	}
	e.open++
	e.streams[actor]++
	return true
}

func (e *Events) leave(actor string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open--
	if e.streams[actor]--; e.streams[actor] <= 0 {
		delete(e.streams, actor)
	}
}

// Open is the number of subscribers.
func (e *Events) Open() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open
}
