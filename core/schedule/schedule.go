// Package schedule carries out planned publications and withdrawals when
// their time comes. Every node runs a Scheduler; whichever is first does it,
// and the others find nothing left to do, because the action looks again at
// what is planned when it is its turn in the log. After a time without any
// node, what is overdue is carried out at once. It plans nothing itself: the
// wish is core/action's ScheduleEntry.
package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

const (
	// glance is the longest that the clock is not looked at: it may jump.
	glance = time.Second
	// atOnce is how many due acts are read at a time.
	atOnce = 100
	// breath is the pause after a failure, so that a bucket that is away is
	// not asked in a tight loop.
	breath = 5 * time.Second
)

// Scheduler is one node's part in carrying out what is planned.
type Scheduler struct {
	db     *view.DB
	runner *action.Runner
	now    func() time.Time
	log    *slog.Logger
}

// New makes a scheduler. Nothing happens until Run is called.
func New(db *view.DB, runner *action.Runner, now func() time.Time, log *slog.Logger) *Scheduler {
	return &Scheduler{db: db, runner: runner, now: now, log: log}
}

// Run works until ctx ends. Failures are logged and tried again.
func (s *Scheduler) Run(ctx context.Context) {
	for ctx.Err() == nil {
		wait, seq, err := s.round(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.LogAttrs(ctx, slog.LevelWarn, "planned publication failed, it will be tried again", slog.Any("error", err))
			wait = breath
		}
		s.rest(ctx, wait, seq)
	}
}

// round carries out what is due, and says how long nothing will be and as of
// which record that holds.
func (s *Scheduler) round(ctx context.Context) (time.Duration, commitlog.Seq, error) {
	for {
		now := s.now()
		var due []view.Due
		var next time.Time
		var planned bool
		var seq commitlog.Seq
		err := s.db.Read(ctx, func(tx *view.Tx) (err error) {
			seq = tx.Seq()
			if due, err = tx.Due(now, atOnce); err != nil {
				return err
			}
			next, planned, err = tx.NextDue()
			return err
		})
		if err != nil {
			return 0, seq, fmt.Errorf("look for what is due: %w", err)
		}
		if len(due) == 0 {
			if !planned {
				return glance, seq, nil
			}
			return min(max(next.Sub(now), 0), glance), seq, nil
		}
		if err := s.carryOut(ctx, due); err != nil {
			return 0, seq, err
		}
	}
}

// carryOut does each of the due acts. One that fails does not keep the others
// from being done; their errors come back together.
func (s *Scheduler) carryOut(ctx context.Context, due []view.Due) error {
	var failed []error
	system := content.Actor{Kind: content.ActorSystem, ID: "schedule"}
	for _, d := range due {
		var act action.Action = action.UnpublishDue{ID: d.Entry, Locale: d.Locale}
		if d.Publish {
			act = action.PublishDue{ID: d.Entry, Locale: d.Locale}
		}
		_, err := s.runner.Do(ctx, system, act)
		if err == nil {
			continue
		}
		failed = append(failed, fmt.Errorf("%s of %s in %q: %w", act.Name(), d.Entry, d.Locale, err))
		if problem.KindOf(err) == problem.Unavailable || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// rest waits until the view has moved on from seq or the time is over.
func (s *Scheduler) rest(ctx context.Context, wait time.Duration, seq commitlog.Seq) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	// Either way it is time for the next round; a view that is closed ends it
	// through ctx.
	if err := s.db.WaitFor(ctx, seq+1); err != nil {
		<-ctx.Done()
	}
}
