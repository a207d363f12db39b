package training

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

func (p *program) jobs() map[string]func(context.Context, *sdk.Run) error {
	return map[string]func(context.Context, *sdk.Run) error{"tend": p.tend, "remind": p.remind, "retain": p.retain}
}

// unconfirmed is how long a registration waits for its code to come back.
const unconfirmed = 24 * time.Hour

// tend ends offers whose time is over, offers free seats, does what events may
// have left undone, and forgets registrations that were never confirmed.
func (p *program) tend(ctx context.Context, run *sdk.Run) error {
	h := p.setup.Load().host // whoever starts it, it is the module's own work
	all, err := find[roster](ctx, h, rosters, url.Values{"version": {"draft"}})
	if err != nil {
		return err
	}
	for i, r := range all {
		if err := p.tendOne(ctx, h, r.Session); err != nil && !sdk.IsNotFound(err) {
			return err
		}
		if err := run.Progress(float64(i+1)/float64(len(all)+1), said{"%d / %d", "%d / %d", "%d / %d"}.with(i+1, len(all)).texts(), nil); err != nil {
			return err
		}
	}
	return p.forgetNew(ctx, h)
}

func (p *program) tendOne(ctx context.Context, h *sdk.Host, session string) error {
	if err := p.change(ctx, session, func(*seats.Roster, seats.Rules, time.Time) error { return nil }); err != nil {
		return err
	}
	return p.settle(ctx, h, session)
}

func (p *program) forgetNew(ctx context.Context, h *sdk.Host) error {
	old, err := find[registration](ctx, h, registrations, url.Values{"version": {"draft"}, "filter[state][_eq]": {"new"},
		"filter[created_at][_lt]": {p.now().Add(-unconfirmed).UTC().Format(time.RFC3339)}})
	if err != nil {
		return fmt.Errorf("look for registrations that were never confirmed: %w", err)
	}
	for _, r := range old {
		if err := p.forget(ctx, h, r.ID); err != nil {
			return err
		}
	}
	return nil
}
