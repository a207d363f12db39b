package act

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// unconfirmed is how long a registration waits for its code to come back.
const unconfirmed = 24 * time.Hour

// Tend ends offers whose time is over, offers free seats, does what events may
// have left undone, and forgets registrations that were never confirmed.
func (w *Work) Tend(ctx context.Context, run *sdk.Run) error {
	h := w.Host() // whoever starts it, it is the module's own work
	all, err := record.Find[record.Roster](ctx, h, record.Rosters, url.Values{"version": {"draft"}})
	if err != nil {
		return err
	}
	for i, r := range all {
		if err := w.tendOne(ctx, h, r.Session); err != nil && !sdk.IsNotFound(err) {
			return err
		}
		if err := run.Progress(float64(i+1)/float64(len(all)+1), words.Texts("progress", i+1, len(all)), nil); err != nil {
			return err
		}
	}
	return w.forgetNew(ctx, h)
}

func (w *Work) tendOne(ctx context.Context, h *sdk.Host, session string) error {
	if err := w.Change(ctx, session, func(*seats.Roster, seats.Rules, time.Time) error { return nil }); err != nil {
		return err
	}
	return w.Settle(ctx, h, session)
}

func (w *Work) forgetNew(ctx context.Context, h *sdk.Host) error {
	old, err := record.Find[record.Registration](ctx, h, record.Registrations, url.Values{"version": {"draft"}, "filter[state][_eq]": {"new"},
		"filter[created_at][_lt]": {w.Now().Add(-unconfirmed).UTC().Format(time.RFC3339)}})
	if err != nil {
		return fmt.Errorf("look for registrations that were never confirmed: %w", err)
	}
	for _, r := range old {
		if err := w.forget(ctx, h, r.ID); err != nil {
			return err
		}
	}
	return nil
}
