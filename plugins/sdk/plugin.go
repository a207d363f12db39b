package sdk

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Plugin is a plugin. Functions that its manifest does not speak of are never
// called; all of them may be called at the same time.
type Plugin struct {
	// Manifest is the plugin.json, embedded:
	//
	//	//go:embed plugin.json
	//	var manifest []byte
	Manifest []byte

	// Configure takes settings over. It comes before anything else and whenever
	// they change. A *RefusalError says what is wrong with them.
	Configure func(ctx context.Context, s Setup) error
	// Check says what is wrong with settings that somebody is about to save, as
	// a *RefusalError. It must change nothing. nil: the manifest's schema is enough.
	Check func(ctx context.Context, s Setup) error
	// Health says what is wrong, for administrators; nil when all is well.
	Health func(ctx context.Context) error
	// Drain finishes what is under way; the process ends after it.
	Drain func(ctx context.Context)

	// BeforeCommit has a say in a commit: see Commit.Refuse and Commit.Set. It
	// must have no effect besides, for it may be called several times. An error
	// is a failure of the plugin, not a refusal.
	BeforeCommit func(ctx context.Context, c *Commit) error
	// Events is told what was committed, in order, at least once. Those of an
	// error come again.
	Events func(ctx context.Context, h *Host, events []Event) error
	// Routes serves the HTTP routes of the manifest, below the plugin's own
	// address. From gives the person who asks.
	Routes http.Handler

	// Render writes a page or a block for visitors. It is a function of the item
	// and of what the site holds: its answers are kept. It has 300 ms, or what
	// was shown last is shown again.
	Render func(ctx context.Context, item *Item) (*Content, error)
	// Console answers at the plugin's screens, cards and panels in the console.
	Console func(ctx context.Context, v *Visit) (*View, error)
	// Jobs does the long work of the manifest, by the ids of the jobs. An error
	// brings the run again, from its last checkpoint; see Permanent.
	Jobs map[string]func(ctx context.Context, r *Run) error
	// Migrate brings what the plugin keeps to this version, before it is used.
	Migrate func(ctx context.Context, m *Migration) error
}

// Setup is what a plugin works with.
type Setup struct {
	Settings json.RawMessage // as the manifest's schema has them
	Secrets  map[string]string
	Locales  []string // of the site, its own first
	SiteURL  string
	// Host acts for the plugin itself, which takes the right "alone", except
	// in State. It is nil in Check.
	Host *Host
}

// Into reads the settings into a value.
func (s Setup) Into(v any) error {
	if len(s.Settings) == 0 {
		return nil
	}
	return json.Unmarshal(s.Settings, v)
}

// Texts is a text for people by locale: fr, ar, en.
type Texts map[string]string

// RefusalError is an error of values that a person gave.
type RefusalError struct {
	Faults []Fault
}

// Fault is one thing wrong.
type Fault struct {
	Pointer string // JSON Pointer into what was given: "/feed"
	Text    Texts
}

func (r *RefusalError) Error() string {
	if len(r.Faults) == 0 {
		return "refused"
	}
	return r.Faults[0].Pointer + ": " + r.Faults[0].Text["en"]
}

// Origin is who is behind something.
type Origin struct {
	Kind string // visitor, user, token, plugin, system
	User string // id of the person, or empty
}

// Entry is one locale of an entry.
type Entry struct {
	Collection string // id
	ID         string
	Locale     string
	Revision   int
	Published  bool
	Trashed    bool
	Values     map[string]any // newest, by the names of their fields
}

// Change is one locale of an entry before and after a commit.
type Change struct {
	Before *Entry // nil: it is new
	After  *Entry // nil: it is gone for ever
}

// Commit is what somebody is about to do.
type Commit struct {
	Action  string // entry.save
	Origin  Origin
	Changes []Change

	refusals []refusal
	patches  []patch
}

type refusal struct {
	id, field string
	text      Texts
}

type patch struct {
	id, locale string
	values     map[string]any
}

// Refuse refuses the commit, because of a field of an entry or, without one,
// because of the entry.
func (c *Commit) Refuse(e *Entry, field string, text Texts) {
	c.refusals = append(c.refusals, refusal{e.ID, field, text})
}

// Set sets a field of an entry that is saved, if the manifest's hook may; nil
// empties it.
func (c *Commit) Set(e *Entry, field string, value any) {
	c.patches = append(c.patches, patch{e.ID, e.Locale, map[string]any{field: value}})
}

// The sorts of event.
const (
	Changed = "changed"
	Gone    = "gone"   // for ever
	Erased  = "erased" // its personal values are; what was made from them has to go
	// Announced: a plugin made an event of its own known.
	Announced = "announced"
)

// Event tells of a commit. It carries no values: what may be read is asked for.
type Event struct {
	Seq        uint64
	Action     string // entry.publish
	At         time.Time
	Origin     Origin
	Collection string // id
	ID         string
	Revision   int
	Published  []string // locales in which it is live after the commit
	What       string   // Changed, Gone or Erased; Announced: there is no entry

	// Plugin announced the event Name, which says Body.
	Plugin, Name string
	Body         json.RawMessage
}
