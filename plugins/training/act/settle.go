package act

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// Gone takes out of rosters what leads to an erased person, and erases what
// was kept apart.
func (w *Work) Gone(ctx context.Context, h *sdk.Host, id string) error {
	all, err := record.Find[record.Roster](ctx, h, record.Rosters, url.Values{"version": {"draft"}})
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Board == nil || r.Board.Find(id) == nil {
			continue
		}
		err := w.Change(ctx, r.Session, func(b *seats.Roster, _ seats.Rules, _ time.Time) error { return b.Erase(id) })
		if err != nil && !errors.Is(err, seats.ErrMissing) {
			return err
		}
	}
	if err := w.destroyApart(ctx, h, id); err != nil {
		return err
	}
	return h.State().Delete(ctx, "guesses/"+id)
}

// destroyApart destroys what was kept apart of a registration.
func (w *Work) destroyApart(ctx context.Context, h *sdk.Host, id string) error {
	apart, err := record.Find[record.Head](ctx, h, record.Needs, url.Values{"version": {"draft"}, "filter[registration][_eq]": {id}})
	if err != nil {
		return err
	}
	for _, n := range apart {
		if err := w.destroy(ctx, h, n.ID); err != nil {
			return err
		}
	}
	return nil
}

// forget destroys a registration that does not count. What was kept apart of it
// goes first: nothing is thrown away while something points at it.
func (w *Work) forget(ctx context.Context, h *sdk.Host, id string) error {
	if err := w.destroyApart(ctx, h, id); err != nil {
		return err
	}
	return w.destroy(ctx, h, id)
}

// destroy erases an entry and throws it away.
func (w *Work) destroy(ctx context.Context, h *sdk.Host, id string) error {
	if _, err := h.Erase(ctx, id, sdk.Options{}); err != nil && !sdk.IsNotFound(err) {
		return err
	}
	if _, err := h.Trash(ctx, id, sdk.Options{}); err != nil && !sdk.IsNotFound(err) && !isCode(err, "entry_trashed") {
		return err
	}
	return nil
}

// settled is how far what follows from a roster is done.
type settled struct {
	N int `json:"n"`
}

// atOnce is how many letters are written at the same time.
const atOnce = 8

// Settle writes to people whose place has changed, and notes in their
// registrations where they stand.
func (w *Work) Settle(ctx context.Context, h *sdk.Host, id string) error {
	key := "settled/" + id
	var done settled
	version, err := h.State().Get(ctx, key, &done)
	if err != nil {
		return err
	}
	r, err := w.Seen(ctx, id)
	if err != nil {
		return err
	}
	var todo []*seats.Line
	for _, l := range r.Board.Lines {
		if l.Changed > done.N {
			todo = append(todo, l)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	s, err := record.Get[record.Session](ctx, h, record.Sessions, id, "fr")
	if err != nil {
		return err
	}
	slices.SortFunc(todo, func(a, b *seats.Line) int { return cmp.Compare(a.Changed, b.Changed) })
	for part := range slices.Chunk(todo, 4*atOnce) {
		if err := w.tell(ctx, h, s, r.Board, part); err != nil {
			return err
		}
		done.N = part[len(part)-1].Changed
		if err := h.State().Put(ctx, key, done, version); err != nil {
			if sdk.IsStale(err) {
				return nil // another one does it
			}
			return err
		}
		if version, err = h.State().Get(ctx, key, &done); err != nil {
			return err
		}
	}
	return nil
}

// tell does what follows for some lines, several at a time.
func (w *Work) tell(ctx context.Context, h *sdk.Host, s *record.Session, board *seats.Roster, lines []*seats.Line) error {
	var all sync.WaitGroup
	faults, places := make([]error, len(lines)), make(chan struct{}, atOnce)
	for i, l := range lines {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			faults[i] = w.follow(ctx, h, s, board, l)
		})
	}
	all.Wait()
	return errors.Join(faults...)
}

// follow does what follows for one line.
func (w *Work) follow(ctx context.Context, h *sdk.Host, s *record.Session, board *seats.Roster, l *seats.Line) error {
	for _, old := range l.Was {
		if err := w.mirror(ctx, h, s, old, "replaced", 0, nil, l.Changed); err != nil {
			return err
		}
	}
	return w.mirror(ctx, h, s, l.ID, string(l.State), board.Position(l.ID), l, l.Changed)
}

// letterOf names the letter that tells of a state.
var letterOf = map[string]string{"submitted": "submitted", "accepted": "accepted", "waitlisted": "waitlisted", "offered": "offered",
	"withdrawn": "withdrawn", "rejected": "rejected", "cancelled_by_person": "cancelled", "cancelled_by_org": "cancelled", "replaced": "replaced"}

func (w *Work) mirror(ctx context.Context, h *sdk.Host, s *record.Session, id, state string, position int, l *seats.Line, changed int) error {
	for {
		var reg record.Registration
		err := h.Get(ctx, record.Registrations, id, record.Newest, &reg)
		if sdk.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if reg.State != state {
			_, err := h.Save(ctx, id, sdk.Locales{"fr": {"state": state}}, sdk.Options{Revision: reg.Revision})
			if sdk.IsStale(err) {
				continue
			}
			if err != nil && !sdk.IsNotFound(err) {
				return err
			}
		}
		template, ok := letterOf[state]
		if !ok || reg.Email == "" {
			return nil
		}
		return w.write(ctx, h, template, s, &reg, position, l, fmt.Sprintf("%s %s %d", state, id, changed))
	}
}

// Moved does what follows from a change of a session: more seats are offered,
// and people are told when it is at another time or place, or does not happen.
func (w *Work) Moved(ctx context.Context, h *sdk.Host, id string) error {
	s, err := record.Get[record.Session](ctx, h, record.Sessions, id, "fr")
	if err != nil {
		return err
	}
	if err := w.Change(ctx, id, func(r *seats.Roster, _ seats.Rules, _ time.Time) error { return nil }); err != nil {
		return err
	}
	key := "told/" + id
	type told struct {
		Sequence int    `json:"sequence"`
		Status   string `json:"status"`
	}
	var before told
	version, err := h.State().Get(ctx, key, &before)
	if err != nil {
		return err
	}
	if version != sdk.Absent && s.Sequence > before.Sequence {
		template := "changed"
		if s.Status == "cancelled" {
			template = "called-off"
		}
		r, err := w.Seen(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range r.Board.Lines {
			if l.State.Over() || l.Who == "" {
				continue
			}
			var reg record.Registration
			if err := h.Get(ctx, record.Registrations, l.ID, record.Newest, &reg); sdk.IsNotFound(err) || err == nil && reg.Email == "" {
				continue
			} else if err != nil {
				return err
			}
			if err := w.write(ctx, h, template, s, &reg, 0, nil, fmt.Sprintf("moved %s %d", l.ID, s.Sequence)); err != nil {
				return err
			}
		}
	}
	if version != sdk.Absent && s.Sequence <= before.Sequence && s.Status == before.Status {
		return nil
	}
	if err := h.State().Put(ctx, key, told{s.Sequence, s.Status}, version); err != nil && !sdk.IsStale(err) {
		return err
	}
	return nil
}
