package action

import (
	"errors"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxAhead bounds how far ahead something can be planned: a typing mistake in
// the year should not pass for a plan.
const maxAhead = 10 * 365 * 24 * time.Hour

// ScheduleEntry sets what is planned for a locale, both times at once: nil
// takes a plan back. At its time it is carried out with the rights that the
// planner has then.
type ScheduleEntry struct {
	ID          content.EntryID
	Locale      content.Locale
	PublishAt   *time.Time // the draft goes live
	UnpublishAt *time.Time // what is live then is withdrawn
	IfMatch     *int
}

// Name is "entry.schedule".
func (ScheduleEntry) Name() string { return "entry.schedule" }

// Needs the right to publish.
func (a ScheduleEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Publish, a.ID, a.Locale)
}

// Plan checks the plan as if it were carried out now.
func (a ScheduleEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, l, err := beginIn(tx, env, a.ID, a.Locale, a.IfMatch)
	if err != nil {
		return nil, err
	}
	publish, unpublish := Whole(a.PublishAt), Whole(a.UnpublishAt)
	if err := planFits(e.Side(l), e.unpublished([]content.Locale{l}), publish, unpublish, env.Now); err != nil {
		return nil, err
	}
	s := e.side(l)
	if sameTime(s.PublishAt, publish) && sameTime(s.UnpublishAt, unpublish) {
		return nil, nil
	}
	if publish != nil {
		if err := e.ready(tx, []content.Locale{l}, env); err != nil {
			return nil, err
		}
	}
	s.PublishAt, s.UnpublishAt, s.Planner = publish, unpublish, nil
	if publish != nil || unpublish != nil {
		by := env.By
		s.Planner = &by
	}
	return e.changes(), nil
}

// Whole brings a time into the form that entries keep.
func Whole(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC().Truncate(time.Second))
}

func sameTime(a, b *time.Time) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Equal(*b))
}

// planFits says what is wrong with the times of a plan for a side.
func planFits(s *content.Side, waiting bool, publish, unpublish *time.Time, now time.Time) error {
	var faults []problem.Field
	fault := func(pointer, code string) {
		faults = append(faults, problem.Field{Pointer: pointer, Code: code})
	}
	for pointer, t := range map[string]*time.Time{"/publish_at": publish, "/unpublish_at": unpublish} {
		switch {
		case t == nil:
		case !t.After(now):
			fault(pointer, "time_past")
		case t.After(now.Add(maxAhead)):
			fault(pointer, "time_too_far")
		}
	}
	switch {
	case publish != nil && unpublish != nil && !publish.Before(*unpublish):
		fault("/unpublish_at", "unpublish_before_publish")
	case publish != nil && !waiting:
		fault("/publish_at", "nothing_to_publish")
	case unpublish != nil && publish == nil && s.Published == nil:
		fault("/unpublish_at", "nothing_live_then")
	}
	return problem.OfFields(problem.Invalid, "schedule_invalid", faults)
}

// PublishDue carries out a planned publication whose time has come. It may be
// asked any number of times, from any node: what is not planned for now or
// earlier any more is left alone. When the planner has lost the right, or the
// draft can no longer be published, the plan is dropped instead, and the
// history says why.
type PublishDue struct {
	ID     content.EntryID
	Locale content.Locale
}

// Name is "entry.publish_due".
func (PublishDue) Name() string { return "entry.publish_due" }

// Needs nothing: only the program itself may do it, with the planner's rights.
func (PublishDue) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan publishes or drops the plan.
func (a PublishDue) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := beginDue(tx, env, a.ID)
	if e == nil {
		return nil, err
	}
	s := e.Sides[a.Locale]
	if s == nil || s.PublishAt == nil || s.PublishAt.After(env.Now) {
		return nil, nil
	}
	by, err := e.planner(tx, s, a.Locale)
	if err == nil {
		err = e.publish(tx, []content.Locale{a.Locale}, by)
	}
	if err == nil {
		return e.changes(), nil
	}
	return e.lapse(s, &s.PublishAt, env, err)
}

// UnpublishDue carries out a planned withdrawal, as PublishDue does.
type UnpublishDue struct {
	ID     content.EntryID
	Locale content.Locale
}

// Name is "entry.unpublish_due".
func (UnpublishDue) Name() string { return "entry.unpublish_due" }

// Needs nothing: only the program itself may do it, with the planner's rights.
func (UnpublishDue) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan withdraws or drops the plan.
func (a UnpublishDue) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := beginDue(tx, env, a.ID)
	if e == nil {
		return nil, err
	}
	s := e.Sides[a.Locale]
	if s == nil || s.UnpublishAt == nil || s.UnpublishAt.After(env.Now) {
		return nil, nil
	}
	if _, err := e.planner(tx, s, a.Locale); err != nil {
		return e.lapse(s, &s.UnpublishAt, env, err)
	}
	if s.Published == nil {
		return e.lapse(s, &s.UnpublishAt, env, problem.New(problem.Conflict, "nothing_live_then", nil))
	}
	publishAt, planner := s.PublishAt, s.Planner
	e.withdraw(a.Locale)
	if publishAt != nil { // planned to come back later
		s.PublishAt, s.Planner = publishAt, planner
	}
	return e.changes(), nil
}

// beginDue opens an entry that something was planned for, or gives nil when it
// is gone.
func beginDue(tx *view.Tx, env Env, id content.EntryID) (*edit, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	e, c, err := entryOf(tx, id)
	switch {
	case err != nil && problem.KindOf(err) == problem.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	case e.TrashedAt != nil:
		return nil, nil
	}
	return next(env, e, c), nil
}

// planner gives the world as the planner sees it, or refuses when they may not
// publish this any more.
func (e *edit) planner(tx *view.Tx, s *content.Side, l content.Locale) (Env, error) {
	if s.Planner == nil {
		return Env{}, problem.New(problem.Forbidden, "planner_unknown", nil)
	}
	policy, err := access.Load(tx, *s.Planner, e.env.Now)
	if err != nil {
		return Env{}, err
	}
	by := e.env
	by.By, by.Policy = *s.Planner, policy
	ok, err := may(tx, by, needOf(e.col, access.Publish, e.ID, l))
	if err == nil && !ok {
		err = problem.New(problem.Forbidden, "planner_not_allowed", nil)
	}
	return by, err
}

// lapse drops a plan that cannot be carried out. Faults of ours are given
// back, so that they are tried again.
func (e *edit) lapse(s *content.Side, plan **time.Time, env Env, err error) ([]content.Change, error) {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || p.Kind == problem.Internal {
		return nil, err
	}
	*plan = nil
	if s.PublishAt == nil && s.UnpublishAt == nil {
		s.Planner = nil
	}
	env.out.reason = p.Code
	return e.changes(), nil
}
