package action

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Runner carries out actions. It is safe for concurrent use; the plans of a
// node run one after the other.
type Runner struct {
	o        Config
	policies policies
	staged   staged
}

// Config is what a Runner works with. Hooks and Past may be empty, everything
// else is required.
type Config struct {
	Writer *commitlog.Writer[content.Commit, *view.Tx]
	View   *view.DB
	Kinds  schema.Kinds
	Now    func() time.Time
	NewID  func() string // see NewIDs
	Hooks  []Hook        // in order
	Past   Past          // for reverting, and to say what changed since a revision; see LogPast
}

// NewRunner makes a runner. The writer is run by the caller.
func NewRunner(c Config) (*Runner, error) {
	if c.Writer == nil || c.View == nil || c.Kinds == nil || c.Now == nil || c.NewID == nil {
		return nil, errors.New("a runner needs a writer, a view, kinds, a clock and ids")
	}
	return &Runner{o: c}, nil
}

// Do carries out an action for an actor. When it returns without an error the
// change is in the log and in the view of this node. Errors for the caller are
// *problem.Error; of these, Unavailable says that nothing happened, and Unclear
// that nobody knows yet whether something did.
func (r *Runner) Do(ctx context.Context, by content.Actor, a Action) (Receipt, error) {
	return r.DoWith(ctx, by, a, Options{})
}

// DoWith is Do with options. A change that was made under the same key in the
// last 24 hours is not made again; its receipt is given again.
func (r *Runner) DoWith(ctx context.Context, by content.Actor, a Action, o Options) (Receipt, error) {
	if err := o.check(); err != nil {
		return Receipt{}, err
	}
	if p, ok := a.(preparer); ok {
		prepared, err := r.prepare(ctx, by, a, p, o.Key)
		if err != nil {
			return Receipt{}, r.tell(ctx, by, err)
		}
		a = prepared
	}
	run := &run{r: r, ctx: ctx, by: by, action: a, o: o}
	if err := run.do(ctx); err != nil {
		return Receipt{}, err
	}
	return run.receipt, nil
}

// do commits, and asks the hooks in between. Its errors are for the caller.
func (u *run) do(ctx context.Context) error {
	seq, err := u.r.o.Writer.Do(ctx, u.plan)
	for asks := 0; errors.Is(err, errAsk); asks++ {
		if asks == maxAsks {
			err = commitlog.ErrBusy
		} else if err = u.ask(ctx); err == nil {
			seq, err = u.r.o.Writer.Do(ctx, u.plan)
		}
	}
	switch {
	case err == nil:
		u.receipt.Seq = seq
	case errors.Is(err, errNothing):
		if u.receipt.Seq == 0 {
			u.receipt.Seq = u.r.o.View.Seq()
		}
	default:
		return u.r.tell(ctx, u.by, err)
	}
	return nil
}

// check holds the options against their limits.
func (o *Options) check() error {
	o.Reason = strings.TrimSpace(strings.ToValidUTF8(o.Reason, ""))
	switch {
	case len(o.Key) > MaxKey:
		return problem.New(problem.BadRequest, "key_too_long", problem.Args{"limit": MaxKey})
	case len(o.Reason) > MaxReason:
		return problem.New(problem.Invalid, "reason_too_long", problem.Args{"limit": MaxReason})
	}
	return nil
}

// Allowed says whether an actor may do an action, as far as that is known
// without planning it: nil, or the problem that Do would give. It is for what
// is costly before Do, such as taking in a large file.
func (r *Runner) Allowed(ctx context.Context, by content.Actor, a Action) error {
	return r.o.View.Read(ctx, func(tx *view.Tx) error {
		policy, err := access.Load(tx, by, r.now())
		if err != nil {
			return err
		}
		_, err = authorise(tx, r.env(by, policy), a)
		return err
	})
}

// prepare has an action read beforehand what it needs, once it is clear that
// the caller may do it.
func (r *Runner) prepare(ctx context.Context, by content.Actor, a Action, p preparer, key string) (Action, error) {
	if key != "" {
		done := false
		err := r.o.View.Read(ctx, func(tx *view.Tx) (err error) {
			_, done, err = tx.Past(by, key)
			return err
		})
		if err != nil || done {
			return a, err // the plan replays it
		}
	}
	if err := r.Allowed(ctx, by, a); err != nil {
		return nil, err
	}
	return p.prepare(ctx, r, by)
}

func (r *Runner) now() time.Time { return r.o.Now().UTC().Truncate(time.Microsecond) }

func (r *Runner) env(by content.Actor, policy *access.Policy) Env {
	return Env{Now: r.now(), By: by, Policy: policy, Kinds: r.o.Kinds, NewID: r.o.NewID, out: &outcome{}}
}

// errNothing ends a plan that needs no commit: there is nothing to change, or
// it was done before.
var errNothing = errors.New("nothing to commit")

// tell turns an error into what the caller is told.
func (r *Runner) tell(ctx context.Context, by content.Actor, err error) error {
	if stale, ok := errors.AsType[*staleError](err); ok {
		return r.tellStale(ctx, by, stale)
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p
	}
	switch {
	case errors.Is(err, commitlog.ErrUnclear):
		return problem.Wrap(err, problem.Unclear, "write_unclear", nil)
	case errors.Is(err, commitlog.ErrBusy):
		return problem.Wrap(err, problem.Unavailable, "write_busy", nil).With("retry_after", 1)
	case errors.Is(err, commitlog.ErrUnwritten), errors.Is(err, storage.ErrUntouched):
		return problem.Wrap(err, problem.Unavailable, "write_unavailable", nil)
	case errors.Is(err, commitlog.ErrClosed):
		return problem.Wrap(err, problem.Unavailable, "write_stopped", nil).With("retry_after", 5)
	case errors.Is(err, commitlog.ErrTooLarge):
		return problem.Wrap(err, problem.TooLarge, "change_too_large", nil)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return problem.Wrap(err, problem.Unavailable, "write_cancelled", nil)
	}
	return problem.Wrap(err, problem.Internal, "write_failed", nil)
}

// tellStale looks up what changed since the caller read the entry.
func (r *Runner) tellStale(ctx context.Context, by content.Actor, s *staleError) error {
	var old *content.Entry
	if r.o.Past != nil && s.seen > 0 && s.seen < s.entry.Revision {
		if e, err := r.o.Past.Revision(ctx, s.entry.ID, s.seen); err == nil {
			old = e
		}
	}
	var fields access.FieldSet
	err := r.o.View.Read(ctx, func(tx *view.Tx) error {
		policy, err := access.Load(tx, by, r.now())
		if err == nil {
			fields = policy.Fields(s.col, access.ReadDraft)
		}
		return err
	})
	if err != nil {
		return s.problem
	}
	return s.tell(old, func(id content.FieldID) bool { return fields.Has(s.col.Field(id)) })
}

// run is one call of DoWith.
type run struct {
	r       *Runner
	ctx     context.Context
	by      content.Actor
	action  Action
	o       Options
	receipt Receipt
	parts   []Receipt // of several acts
	failed  int       // the place of the one that could not be planned; -1: none

	// With hooks: what they were asked about and what they said, and the ids
	// that were drawn, so that the next plan comes to the same commit.
	proposal Proposal
	asked    [sha256.Size]byte
	verdict  *verdict
	ids      []string
	drawn    int
}

// newID gives the ids of the first plan again, in order.
func (u *run) newID() string {
	if u.drawn == len(u.ids) {
		u.ids = append(u.ids, u.r.o.NewID())
	}
	u.drawn++
	return u.ids[u.drawn-1]
}

// plan makes the commit on a draft of the view. It runs on the goroutine of
// the writer, once or several times.
func (u *run) plan(tx *view.Tx) (content.Commit, error) {
	u.receipt, u.failed = Receipt{}, -1
	env := u.r.env(u.by, nil)
	if len(u.r.o.Hooks) > 0 {
		u.drawn, env.NewID = 0, u.newID
	}
	if at := tx.At(); !at.IsZero() {
		env.Now = at // of the record: the same on every node, and never going back
	}
	policy, err := u.r.policies.load(tx, u.by, env.Now)
	if err != nil {
		return content.Commit{}, err
	}
	env.Policy = policy
	env.quiet = func(c content.CollectionID, since commitlog.Seq) bool { return u.r.quiet(tx, c, since) }
	if err := u.replay(tx); err != nil {
		return content.Commit{}, err
	}
	changes, granted, err := u.planned(tx, env)
	if err != nil {
		return content.Commit{}, err
	}
	if len(changes) == 0 {
		u.receipt = Receipt{Subject: env.out.subject, Entry: env.out.entry}
		return content.Commit{}, errNothing
	}
	commit := content.Commit{Action: u.action.Name(), Actor: u.by, At: env.Now, Changes: changes,
		Reason: u.o.Reason, Key: u.o.Key, Request: u.o.Request, Depth: u.o.Depth}
	if env.out.reason != "" {
		commit.Reason = env.out.reason
	}
	u.about(&commit)
	if err := u.check(tx, &commit, granted); err != nil {
		return content.Commit{}, err
	}
	u.showParts(&commit)
	u.receipt.Dropped = env.out.dropped
	u.r.policies.planned(changes)
	u.r.staged.add(tx.Seq(), commit.Changes)
	return commit, nil
}

// quiet reports whether the entries and the definition of a collection are
// as they were at a record, in the log and in the draft that is planned on.
func (r *Runner) quiet(tx *view.Tx, c content.CollectionID, since commitlog.Seq) bool {
	return r.o.View.Changed(c) <= since && r.o.View.ChangedNouns(content.NounCollection) <= since &&
		!r.staged.has(tx.Seq(), c)
}

// staged remembers the collections that were changed in the drafts begun at
// one place of the log, those that were dropped included. It is used by the
// goroutine of the writer alone.
type staged struct {
	seq   commitlog.Seq
	known map[content.CollectionID]bool
}

func (s *staged) add(seq commitlog.Seq, changes []content.Change) {
	if s.known == nil || s.seq != seq {
		s.seq, s.known = seq, map[content.CollectionID]bool{}
	}
	for _, c := range changes {
		switch {
		case c.Entry != nil:
			s.known[c.Entry.Collection] = true
		case c.Gone != nil:
			s.known[c.Gone.Collection] = true
		case c.Noun != nil && c.Noun.Kind == content.NounCollection:
			s.known[content.CollectionID(c.Noun.ID)] = true
		}
	}
}

func (s *staged) has(seq commitlog.Seq, c content.CollectionID) bool {
	return s.seq == seq && s.known[c]
}

// check holds a commit against the hooks, the limits, and the rows that the
// caller may reach: an entry has to be within them after the change, too.
func (u *run) check(tx *view.Tx, commit *content.Commit, granted []grant) error {
	if len(commit.Changes) > MaxChanges {
		return problem.New(problem.TooLarge, "too_many_changes", problem.Args{"limit": MaxChanges, "n": len(commit.Changes)})
	}
	if len(u.r.o.Hooks) > 0 {
		if err := u.hooked(tx, commit); err != nil {
			return err
		}
		u.about(commit)
	}
	return reachable(tx, u.r.o.Kinds, *commit, granted)
}

// about fills in what the commit and its receipt are about: the first change.
func (u *run) about(commit *content.Commit) {
	first := commit.Changes[0]
	commit.Subject, u.receipt.Entry = subjectOf(first), first.Entry
	u.receipt.Subject = commit.Subject
}

func subjectOf(c content.Change) string {
	switch {
	case c.Entry != nil:
		return string(c.Entry.ID)
	case c.Noun != nil:
		return c.Noun.ID
	case c.Gone != nil:
		return c.Gone.ID
	}
	return c.Erased.ID
}

// recheck holds the entries that a hook has patched against their collections.
func (u *run) recheck(tx *view.Tx, commit *content.Commit) error {
	for _, change := range commit.Changes {
		if change.Entry == nil {
			continue
		}
		c := tx.Collection(string(change.Entry.Collection))
		if c == nil {
			return noEntry(change.Entry.ID)
		}
		e := &edit{Entry: change.Entry, col: c, env: Env{Kinds: u.r.o.Kinds}}
		if err := e.checkSize(); err != nil {
			return err
		}
		for l, v := range e.Versions {
			if v.Revision != e.Revision {
				continue
			}
			if err := normal(u.r.o.Kinds, c, v); err != nil {
				return fmt.Errorf("a hook left values of %s in %q that break the rules: %w", e.ID, l, err)
			}
		}
	}
	return nil
}

// normal refuses values that are not as their kinds would keep them.
func normal(kinds schema.Kinds, c *schema.Collection, v *content.Version) error {
	for _, values := range []content.Values{v.Values, v.Personal} {
		for id, value := range values {
			f := c.Field(id)
			if f == nil || kinds[f.Kind] == nil {
				continue // of a field that was removed
			}
			kept, err := kinds[f.Kind].Normalize(*f, value)
			if err != nil {
				return err
			}
			if !equalValue(kept, value) {
				return problem.New(problem.Internal, "hook_left_odd_value", problem.Args{"field": f.Name})
			}
		}
	}
	return nil
}

// replay answers a repeated request with the outcome of the first one: it
// gives errNothing then.
func (u *run) replay(tx *view.Tx) error {
	if u.o.Key == "" {
		return nil
	}
	past, found, err := tx.Past(u.by, u.o.Key)
	if err != nil || !found {
		return err
	}
	if past.Request != u.o.Request {
		return problem.New(problem.Conflict, "key_reused", nil)
	}
	u.receipt = Receipt{Seq: past.Seq, Subject: past.Subject, Replayed: true}
	e, err := tx.Entry(content.EntryID(past.Subject))
	if err != nil && !noun.Missing(err) {
		return err
	}
	u.receipt.Entry = e
	return errNothing
}
