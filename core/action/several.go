package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Act is an action on one entry, which may be one of several in a commit.
type Act interface {
	Action
	on() content.EntryID // empty: on a new one
}

func (a CreateEntry) on() content.EntryID    { return a.ID }
func (a SaveDraft) on() content.EntryID      { return a.ID }
func (a PublishEntry) on() content.EntryID   { return a.ID }
func (a UnpublishEntry) on() content.EntryID { return a.ID }
func (a TrashEntry) on() content.EntryID     { return a.ID }
func (a EraseEntry) on() content.EntryID     { return a.ID }
func (a ExpectEntry) on() content.EntryID    { return a.ID }

// ExpectEntry changes nothing. Among several acts it is a condition: they are
// refused when an entry that they do not change is not at this revision.
type ExpectEntry struct {
	ID      content.EntryID
	IfMatch *int
}

// Name is "entry.expect".
func (ExpectEntry) Name() string { return "entry.expect" }

// Needs the right to read drafts.
func (a ExpectEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.ReadDraft, a.ID)
}

// Plan compares.
func (a ExpectEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	_, err := begin(tx, env, a.ID, a.IfMatch)
	return nil, err
}

// DoAll carries out several acts in one commit: all of them, or none. Each is
// allowed and planned on what those before it came to, so that a commit of
// several is let through when the acts would be, one after the other. An entry
// gets one new revision, whatever happens to it, and the revision that an act
// expects is that from before the commit. Hooks see what it comes to, once.
// There is a receipt for each act. Faults have pointers that begin with
// /changes/ and the place of the act.
func (r *Runner) DoAll(ctx context.Context, by content.Actor, acts []Act, o Options) ([]Receipt, error) {
	switch {
	case len(acts) == 0:
		return nil, problem.New(problem.BadRequest, "no_changes", nil)
	case len(acts) > MaxActs:
		return nil, problem.New(problem.TooLarge, "too_many_changes", problem.Args{"limit": MaxActs, "n": len(acts)})
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	u := &run{r: r, ctx: ctx, by: by, action: several(acts), o: o}
	if err := u.do(ctx); err != nil {
		return nil, u.placed(err)
	}
	if u.receipt.Replayed {
		return r.receiptsOf(ctx, by, acts, o.Key, u.receipt)
	}
	for i := range u.parts {
		u.parts[i].Seq = u.receipt.Seq
	}
	return u.parts, nil
}

// several are acts that are planned one by one.
type several []Act

// Name is that of the acts, if they have but one: else "entry.several".
func (s several) Name() string {
	name := ""
	for _, a := range s {
		if _, only := a.(ExpectEntry); only {
			continue
		}
		if name != "" && name != a.Name() {
			return "entry.several"
		}
		name = a.Name()
	}
	return name
}

var errApart = errors.New("several acts are planned one by one")

func (several) Needs(*view.Tx) ([]access.Need, error) { return nil, errApart }

func (several) Plan(*view.Tx, Env) ([]content.Change, error) { return nil, errApart }

// planned authorises and plans what the run is about.
func (u *run) planned(tx *view.Tx, env Env) ([]content.Change, []grant, error) {
	acts, ok := u.action.(several)
	if !ok {
		return planOne(tx, env, u.action)
	}
	u.parts, u.failed = make([]Receipt, len(acts)), -1
	env.begun = map[content.EntryID]int{}
	var all outcomes
	var granted []grant
	err := tx.Rehearse(func(stage func(content.Commit) error) error {
		for i, a := range acts {
			part := env
			part.out = &outcome{}
			changes, allowed, err := planOne(tx, part, a)
			if err == nil && len(changes) > 0 {
				step := content.Commit{Action: a.Name(), Actor: u.by, At: env.Now, Changes: changes}
				if err = reachable(tx, u.r.o.Kinds, step, allowed); err == nil {
					err = stage(step)
				}
			}
			if err != nil {
				u.failed = i
				return err
			}
			granted = append(granted, allowed...)
			all.add(changes, env.begun)
			u.parts[i] = Receipt{Subject: part.out.subject, Entry: part.out.entry}
			if len(changes) > 0 {
				u.parts[i].Subject, u.parts[i].Entry = subjectOf(changes[0]), changes[0].Entry
			}
		}
		return nil
	})
	env.out.subject, env.out.entry = u.parts[0].Subject, u.parts[0].Entry
	return all.changes, granted, err
}

func planOne(tx *view.Tx, env Env, a Action) ([]content.Change, []grant, error) {
	granted, err := authorise(tx, env, a)
	if err != nil {
		return nil, nil, err
	}
	changes, err := a.Plan(tx, env)
	return changes, granted, err
}

// outcomes are what several acts come to: of each thing the last state, at the
// place of the first.
type outcomes struct {
	changes []content.Change
	at      map[string]int
}

// add also notes the revision from before the commit of what is new in it.
func (o *outcomes) add(changes []content.Change, begun map[content.EntryID]int) {
	if o.at == nil {
		o.at = map[string]int{}
	}
	for _, c := range changes {
		if e := c.Entry; e != nil {
			if _, again := begun[e.ID]; !again {
				begun[e.ID] = e.Revision - 1
			}
		}
		thing := thingOf(c)
		if i, again := o.at[thing]; again {
			o.changes[i] = c
			continue
		}
		o.at[thing] = len(o.changes)
		o.changes = append(o.changes, c)
	}
}

func thingOf(c content.Change) string {
	switch {
	case c.Entry != nil:
		return string(content.NounEntry) + " " + string(c.Entry.ID)
	case c.Noun != nil:
		return string(c.Noun.Kind) + " " + c.Noun.ID
	case c.Gone != nil:
		return string(c.Gone.Kind) + " " + c.Gone.ID
	}
	return "erased " + string(c.Erased.Kind) + " " + c.Erased.ID
}

// showParts puts the entries as they are committed into the receipts.
func (u *run) showParts(commit *content.Commit) {
	for _, c := range commit.Changes {
		for i := range u.parts {
			if c.Entry != nil && u.parts[i].Subject == string(c.Entry.ID) {
				u.parts[i].Entry = c.Entry
			}
		}
	}
}

// placed says in a problem which act it is about.
func (u *run) placed(err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || u.failed < 0 {
		return err
	}
	at := "/changes/" + strconv.Itoa(u.failed)
	told := *p
	told.Fields = slices.Clone(p.Fields)
	for i := range told.Fields {
		told.Fields[i].Pointer = at + told.Fields[i].Pointer
	}
	if len(told.Fields) == 0 {
		told.Fields = []problem.Field{{Pointer: at, Code: p.Code, Args: p.Args}}
	}
	return &told
}

// receiptsOf gives the receipts of a commit that was made before, under the
// same key: which entries it made stands in the log.
func (r *Runner) receiptsOf(ctx context.Context, by content.Actor, acts []Act, key string, first Receipt) ([]Receipt, error) {
	made := []content.EntryID{}
	if slices.ContainsFunc(acts, func(a Act) bool { return a.on() == "" }) {
		if r.o.Past == nil {
			return nil, errors.New("a runner without a past cannot say what a commit made")
		}
		commit, err := r.o.Past.Commit(ctx, first.Seq, by, key)
		if err != nil {
			return nil, r.tell(ctx, by, err)
		}
		for _, c := range commit.Changes {
			e := c.Entry
			if e != nil && e.Revision == 1 && !slices.ContainsFunc(acts, func(a Act) bool { return a.on() == e.ID }) {
				made = append(made, e.ID)
			}
		}
	}
	out := make([]Receipt, len(acts))
	err := r.o.View.Read(ctx, func(tx *view.Tx) error {
		for i, a := range acts {
			id := a.on()
			if id == "" {
				if len(made) == 0 {
					return fmt.Errorf("record %d holds fewer new entries than were asked for", first.Seq)
				}
				id, made = made[0], made[1:]
			}
			out[i] = Receipt{Seq: first.Seq, Subject: string(id), Replayed: true}
			e, _, err := entryOf(tx, id)
			if err != nil && problem.KindOf(err) != problem.NotFound {
				return err
			}
			out[i].Entry = e
		}
		return nil
	})
	return out, err
}

// idAge is how far the time in an id may be from now when the caller draws it.
const idAge = 10 * time.Minute

// drawn accepts an id that the caller has drawn for a new entry: one of now, so
// that the order of ids stays that of making, and one that was never used.
func drawn(tx *view.Tx, env Env, id content.EntryID) error {
	parsed, err := ulid.ParseStrict(string(id))
	if err != nil || !validID(id) {
		return problem.New(problem.Invalid, "id_malformed", problem.Args{"id": problem.Short(string(id))})
	}
	if ulid.Time(parsed.Time()).Sub(env.Now).Abs() > idAge {
		return problem.New(problem.Invalid, "id_of_another_time", problem.Args{"id": string(id)})
	}
	return neverUsed(tx, id)
}

// neverUsed refuses an id that an entry has, or had: a purged one took its data
// key along for ever.
func neverUsed(tx *view.Tx, id content.EntryID) error {
	_, err := tx.Entry(id)
	if errors.Is(err, view.ErrNotFound) {
		past, err := tx.Audit(view.AuditQuery{Subject: string(id), Limit: 1})
		if err != nil || len(past) == 0 {
			return err
		}
	} else if err != nil {
		return err
	}
	return problem.New(problem.Conflict, "id_used", problem.Args{"id": string(id)})
}
