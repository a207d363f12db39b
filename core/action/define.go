package action

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// DefineCollection makes a collection or changes one. Fields keep their ids,
// so that renaming and reordering touch no entry. Whatever could leave
// existing entries invalid is checked against all of them first, and refused
// with their number and the first of them. Values whose field changes its kind
// or its place without loss are rewritten in the same commit, when that is
// possible within its limits: a site is never seen half converted.
type DefineCollection struct {
	Definition schema.Collection // Revision is not the caller's to set
	IfMatch    *int              // revision; 0 for a collection that must not exist yet
	// Force confirms what Report.Confirm lists.
	Force bool
	// Locale takes the values of fields that become localized, in entries
	// that have no locale yet.
	Locale content.Locale

	found *definition // by prepare
	at    commitlog.Seq
}

// Name is "collection.define".
func (DefineCollection) Name() string { return "collection.define" }

// Needs the right to manage collections.
func (DefineCollection) Needs(*view.Tx) ([]access.Need, error) {
	return noun.Manage(access.Collections)
}

// Report says what a definition would do.
type Report struct {
	Changes   []FieldChange `json:"changes"`
	Checked   int           `json:"checked"`   // entries looked at
	Rewritten int           `json:"rewritten"` // entries whose values would be written anew
	// Offending is the number of entries that the definition does not fit;
	// First are the first of their faults. Such a definition is refused.
	Offending int       `json:"offending"`
	First     []Offence `json:"first,omitempty"`
	// Confirm lists what is done only with Force.
	Confirm []Confirmation `json:"confirm,omitempty"`
}

// FieldChange is one thing that a definition does to a field; see
// schema.Change.
type FieldChange struct {
	What string `json:"what"`
	Path string `json:"path"` // JSON Pointer by names
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Offence is a value that a definition does not fit.
type Offence struct {
	Entry   content.EntryID `json:"entry"`
	Title   string          `json:"title,omitempty"`
	Locale  content.Locale  `json:"locale,omitempty"`
	Field   string          `json:"field"`
	Pointer string          `json:"pointer"`
	Code    string          `json:"code"` // names a text
}

// Confirmation is a consequence that someone has to want.
type Confirmation struct {
	Code    string `json:"code"` // "values_lost", "live_incomplete" or "personal_unsealed"; names a text
	Field   string `json:"field"`
	Entries int    `json:"entries"`
}

// shownOffences is how many faults a report names.
const shownOffences = 20

// Check says what the definition would do, without doing it.
func (a DefineCollection) Check(tx *view.Tx, env Env) (*Report, error) {
	d, err := a.open(tx, env)
	if err != nil {
		return nil, err
	}
	return d.report, d.scan(tx)
}

// CheckDefinition is DefineCollection.Check with the rights of an actor.
func (r *Runner) CheckDefinition(ctx context.Context, by content.Actor, a DefineCollection) (*Report, error) {
	var report *Report
	err := r.o.View.Read(ctx, func(tx *view.Tx) error {
		policy, err := access.Load(tx, by, r.now())
		if err != nil {
			return err
		}
		env := r.env(by, policy)
		if _, err := authorise(tx, env, a); err != nil {
			return err
		}
		report, err = a.Check(tx, env)
		return err
	})
	if err != nil {
		return nil, r.tell(ctx, by, err)
	}
	return report, nil
}

// prepare looks at the existing entries while others go on writing. Mostly
// that settles it: a refusal needs no writer, and an acceptance holds as long
// as nothing of the collection has changed when its turn comes.
func (a DefineCollection) prepare(ctx context.Context, r *Runner, by content.Actor) (Action, error) {
	err := r.o.View.Read(ctx, func(tx *view.Tx) error {
		d, err := a.open(tx, r.env(by, nil))
		if err != nil {
			return err
		}
		if err := d.scan(tx); err != nil {
			return err
		}
		a.found, a.at = d, tx.Seq()
		return d.refusal(a.Force)
	})
	return a, err
}

// Plan defines the collection.
func (a DefineCollection) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	d, err := a.open(tx, env)
	if err != nil {
		return nil, err
	}
	if d.old != nil {
		if same, err := noun.Same(d.old, d.new); same || err != nil {
			env.About(string(d.old.ID))
			return nil, err
		}
	}
	if a.found != nil && env.quiet != nil && env.quiet(d.new.ID, a.at) {
		return a.found.changes(env)
	}
	if err := d.scan(tx); err != nil {
		return nil, err
	}
	if err := d.refusal(a.Force); err != nil {
		return nil, err
	}
	return d.changes(env)
}

// changes gives the definition and the entries that are rewritten for it.
func (d *definition) changes(env Env) ([]content.Change, error) {
	c := *d.new
	c.Revision++
	changes, err := noun.Change(content.NounCollection, string(c.ID), c.Name, c)
	for _, change := range d.rewritten {
		e := *change.Entry
		e.UpdatedAt = env.Now
		changes = append(changes, content.Change{Entry: &e})
	}
	return changes, err
}

// refusal says why the definition is not accepted, or nil.
func (d *definition) refusal(force bool) error {
	switch {
	case d.report.Offending > 0:
		return problem.New(problem.Conflict, "definition_breaks_entries", problem.Args{"n": d.report.Offending}).
			With("count", d.report.Offending).With("report", d.report)
	case d.tooMany():
		return problem.New(problem.Conflict, "definition_rewrites_too_much",
			problem.Args{"n": d.report.Rewritten, "limit": MaxRewrite}).With("report", d.report)
	case len(d.report.Confirm) > 0 && !force:
		return problem.New(problem.Conflict, "definition_unconfirmed", problem.Args{"n": len(d.report.Confirm)}).
			With("report", d.report)
	}
	return nil
}

// definition is a change of a collection in the making.
type definition struct {
	action DefineCollection
	env    Env
	old    *schema.Collection // nil for a new one
	new    *schema.Collection
	diff   []schema.Change
	report *Report

	rewritten []content.Change
	bytes     int // of what is rewritten
	tally     map[Confirmation]int
	holders   map[place]content.EntryID // of values in fields that become unique
	targets   *targets                  // of the references, for the time of a scan
}

// open completes and checks the definition by itself and beside the others.
func (a DefineCollection) open(tx *view.Tx, env Env) (*definition, error) {
	c, err := cloneCollection(&a.Definition)
	if err != nil {
		return nil, err
	}
	d := &definition{action: a, env: env, new: c, report: &Report{},
		tally: map[Confirmation]int{}, holders: map[place]content.EntryID{}}
	if c.ID != "" {
		d.old = tx.Collection(string(c.ID))
		if d.old != nil && d.old.ID != c.ID {
			d.old = nil
		}
	}
	revision := 0
	if d.old != nil {
		revision = d.old.Revision
	}
	if a.IfMatch != nil && *a.IfMatch != revision {
		return nil, problem.New(problem.Stale, "collection_changed", problem.Args{"revision": revision}).
			With("current_revision", revision)
	}
	c.Revision = revision
	schema.AssignIDs(c, d.old, env.NewID)
	if err := env.Kinds.CheckCollection(c); err != nil {
		return nil, err
	}
	if err := env.Kinds.CheckTargets(c, func(id content.CollectionID) bool {
		target := tx.Collection(string(id))
		return target != nil && target.ID == id
	}); err != nil {
		return nil, err
	}
	if other := tx.Collection(c.Name); other != nil && other.ID != c.ID {
		return nil, problem.New(problem.Conflict, "collection_name_taken", problem.Args{"name": c.Name})
	}
	env.Kinds.Prepare(c)
	if d.old != nil {
		d.diff = schema.Diff(d.old, c)
		for _, change := range d.diff {
			d.report.Changes = append(d.report.Changes, FieldChange{change.What, change.Path, change.From, change.To})
		}
	}
	return d, nil
}

// cloneCollection copies a definition, without what was prepared of it.
func cloneCollection(c *schema.Collection) (*schema.Collection, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("copy a definition: %w", err)
	}
	out := new(schema.Collection)
	if err := json.Unmarshal(data, out); err != nil {
		return nil, fmt.Errorf("copy a definition: %w", err)
	}
	return out, nil
}

// RemoveCollection removes a collection. Its entries, those in the trash
// included, go for ever with it, which has to be confirmed with Force; a large
// collection is emptied first. Relations of other collections that lead to it
// have to go before.
type RemoveCollection struct {
	Collection string // id or name
	IfMatch    *int
	Force      bool
}

// Name is "collection.remove".
func (RemoveCollection) Name() string { return "collection.remove" }

// Needs the right to manage collections, and to purge what is in this one.
func (a RemoveCollection) Needs(tx *view.Tx) ([]access.Need, error) {
	needs, err := noun.Manage(access.Collections)
	if c := tx.Collection(a.Collection); c != nil {
		needs = append(needs, access.Need{Verb: access.Purge, Collection: string(c.ID), Of: c})
	}
	return needs, err
}

// Plan removes.
func (a RemoveCollection) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	c, err := collectionOf(tx, a.Collection)
	if err != nil {
		return nil, err
	}
	if a.IfMatch != nil && *a.IfMatch != c.Revision {
		return nil, problem.New(problem.Stale, "collection_changed", problem.Args{"revision": c.Revision}).
			With("current_revision", c.Revision)
	}
	if holders := pointing(tx, env.Kinds, c.ID); len(holders) > 0 {
		return nil, problem.New(problem.Conflict, "collection_referenced", problem.Args{"names": holders}).
			With("collections", holders)
	}
	changes := []content.Change{noun.Gone(content.NounCollection, string(c.ID))}
	entries := 0
	err = tx.EachEntry(c.ID, func(e *content.Entry) error {
		entries++
		if len(changes) > MaxChanges {
			return nil
		}
		going, err := purge(tx, e, c)
		changes = append(changes, going...)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case entries > 0 && !a.Force:
		return nil, problem.New(problem.Conflict, "collection_not_empty", problem.Args{"n": entries}).With("entries", entries)
	case len(changes) > MaxChanges:
		return nil, problem.New(problem.Conflict, "collection_too_large", problem.Args{"n": entries, "limit": MaxChanges - 1})
	}
	return changes, nil
}

// pointing lists the names of the other collections with relations to one.
func pointing(tx *view.Tx, kinds schema.Kinds, id content.CollectionID) []string {
	var names []string
	for _, other := range tx.Collections() {
		if other.ID != id && kinds.CheckTargets(other, func(to content.CollectionID) bool { return to != id }) != nil {
			names = append(names, other.Name)
		}
	}
	return names
}
