package act

import (
	"context"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// Certificate is what somebody who was there has shown.
type Certificate struct {
	Of   *record.Registration
	Code string // public: it can be told on the telephone
	Seen int    // half-days
}

// Certify gives somebody who was there the public code of their certificate,
// the same each time.
func (w *Work) Certify(ctx context.Context, id string) (*Certificate, error) {
	reg, err := w.Registration(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &Certificate{Of: reg}
	if out.Code, err = w.publicCode(ctx, id); err != nil {
		return nil, err
	}
	err = w.Change(ctx, reg.Session, func(r *seats.Roster, _ seats.Rules, _ time.Time) error {
		line := r.Find(id)
		if line == nil {
			return seats.ErrMissing
		}
		if line.State != seats.Attended && line.State != seats.Partial {
			return seats.ErrState
		}
		line.Certificate, out.Seen = out.Code, len(line.Marks)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, w.Host().State().Put(ctx, "certificate/"+out.Code, map[string]string{"r": id, "session": reg.Session}, "")
}

// Certified finds what a code certifies; nil: nothing.
func (w *Work) Certified(ctx context.Context, code string) (*record.Session, *seats.Line, error) {
	h := w.Host()
	var kept struct{ R, Session string }
	if len(code) > 20 {
		return nil, nil, nil
	}
	version, err := h.State().Get(ctx, "certificate/"+code, &kept)
	if err != nil || version == sdk.Absent {
		return nil, nil, err
	}
	s, err := record.Get[record.Session](ctx, h, record.Sessions, kept.Session, "fr")
	if sdk.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	r, err := w.Seen(ctx, kept.Session)
	if err != nil {
		return nil, nil, err
	}
	line := r.Board.Find(kept.R)
	if line == nil || line.Certificate != code {
		return nil, nil, nil
	}
	return s, line, nil
}
