// Package act holds what changes things in the module of trainings: people who
// register, confirm, cancel and are replaced, editors who let them in or turn
// them away, and what time brings: offers, letters, erasure. Each act does what
// twice does not harm, for whoever was not answered tries again.
package act

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// Work is the module at work on a site. It remembers nothing that another node
// would miss.
type Work struct {
	Now func() time.Time

	settings atomic.Pointer[Settings]
	boards   struct {
		sync.Mutex
		of map[string]*board // by session
	}
	secret struct {
		sync.Mutex
		key []byte
	}
}

// Settings are those of the module on its site.
type Settings struct {
	Organiser  string `json:"organiser"`
	Qualiopi   bool   `json:"qualiopi"`
	KeepMonths int    `json:"keep_months"`
	KeepYears  *int   `json:"keep_proof_years"`

	URL  string    `json:"-"` // of the site
	host *sdk.Host // acts for the module itself
}

// Configure takes settings over.
func (w *Work) Configure(_ context.Context, s sdk.Setup) error {
	c := &Settings{KeepMonths: 12}
	if err := s.Into(c); err != nil {
		return err
	}
	c.URL, c.host = s.SiteURL, s.Host
	w.settings.Store(c)
	return nil
}

// Settings gives those in force.
func (w *Work) Settings() *Settings { return w.settings.Load() }

// Host acts for the module itself, whoever asks.
func (w *Work) Host() *sdk.Host { return w.settings.Load().host }

// keepYears is for how long the attendance of those who came is kept.
func (s *Settings) keepYears() int {
	if s.KeepYears == nil {
		return 5
	}
	return *s.KeepYears
}

// domain is the part of unique names that tells this site from others.
func (s *Settings) domain() string {
	if u, err := url.Parse(s.URL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "recueil.invalid"
}

// organiser is the address that calendars name.
func (s *Settings) organiser() string {
	if s.Organiser != "" {
		return s.Organiser
	}
	return "noreply@" + s.domain()
}

// FaultError is something that whoever acts can mend, or has to know: the key of its
// words without "fault.".
type FaultError string

func (f FaultError) Error() string { return "training: " + string(f) }

// errBusy says that others were always faster.
const errBusy = FaultError("busy")

// FaultOf gives the fault that people are shown of an error; none: the error is
// ours.
func FaultOf(err error) FaultError {
	var f FaultError
	switch {
	case errors.As(err, &f):
		return f
	case errors.Is(err, seats.ErrClosed), errors.Is(err, seats.ErrFull):
		return "closed"
	case errors.Is(err, seats.ErrMissing), errors.Is(err, seats.ErrState):
		return "state"
	case errors.Is(err, seats.ErrOther):
		return "other"
	case errors.Is(err, seats.ErrThere):
		return "there"
	case errors.Is(err, seats.ErrQuota):
		return "quota"
	case sdk.IsNotFound(err):
		return "link"
	}
	return ""
}

// Note writes to the plugin's log; nothing personal goes there.
func Note(what string, err error) { fmt.Fprintln(os.Stderr, what+":", err) }

func isCode(err error, code string) bool {
	var p *sdk.ProblemError
	return errors.As(err, &p) && p.Code == code
}

// Seen reads the roster of a session without making one: nobody may be in it.
func (w *Work) Seen(ctx context.Context, session string) (*record.Roster, error) {
	found, err := record.Find[record.Roster](ctx, w.Host(), record.Rosters, url.Values{"version": {"draft"}, "filter[session][_eq]": {session}})
	if err != nil {
		return nil, fmt.Errorf("read the seats: %w", err)
	}
	if len(found) == 0 || found[0].Board == nil {
		return &record.Roster{Session: session, Board: &seats.Roster{}}, nil
	}
	return &found[0], nil
}
