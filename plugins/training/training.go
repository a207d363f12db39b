// Package training is the programme's module of trainings: a catalogue,
// sessions with half-days, registration without an account, a waiting list,
// attendance, certificates and evaluations. It is part of the program, built
// on plugins/sdk alone, with no privilege over a stranger's plugin.
//
// Who has a seat stands in one entry a session (plugins/training/seats), saved
// under the revision that was read: nodes that register people at the same
// time cannot both succeed, and no seat is given twice. Everything that follows
// from it (letters, the state that editors see in a registration) is done from
// events, at least once and each thing so that twice is harmless: a plugin that
// is killed after it answered loses nothing.
package training

import (
	"context"
	_ "embed"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Manifest is the plugin.json.
//
//go:embed plugin.json
var Manifest []byte

// The ids of the collections.
const (
	trainings     = "training"
	modules       = "training-module"
	sessions      = "training-session"
	trainers      = "training-trainer"
	venues        = "training-venue"
	registrations = "training-registration"
	needs         = "training-needs"
	rosters       = "training-roster"
	answers       = "training-answer"
)

// Plugin is the module.
func Plugin() sdk.Plugin { return plugin(time.Now) }

// plugin is the module with a clock.
func plugin(now func() time.Time) sdk.Plugin {
	p := &program{now: now}
	p.boards.of = map[string]*board{}
	return sdk.Plugin{
		Manifest:     Manifest,
		Configure:    p.configure,
		BeforeCommit: p.beforeCommit,
		Events:       p.events,
		Routes:       p.routes(),
		Render:       p.render,
		Console:      p.console,
		Jobs:         p.jobs(),
	}
}

// program is what the module remembers while it runs: nothing that another
// node would miss.
type program struct {
	now   func() time.Time
	setup atomic.Pointer[setup]

	boards struct {
		sync.Mutex
		of map[string]*board // by session
	}
	secret struct {
		sync.Mutex
		key []byte
	}
}

// setup is what the module was configured with.
type setup struct {
	Organiser  string `json:"organiser"`
	Qualiopi   bool   `json:"qualiopi"`
	KeepMonths int    `json:"keep_months"`
	KeepYears  *int   `json:"keep_proof_years"`

	locales []string
	url     string
	host    *sdk.Host // acts for the module itself
}

func (p *program) configure(_ context.Context, s sdk.Setup) error {
	c := &setup{KeepMonths: 12}
	if err := s.Into(c); err != nil {
		return err
	}
	c.locales, c.url, c.host = s.Locales, s.SiteURL, s.Host
	p.setup.Store(c)
	return nil
}

// keepYears is for how long the attendance of those who came is kept.
func (s *setup) keepYears() int {
	if s.KeepYears == nil {
		return 5
	}
	return *s.KeepYears
}

// domain is the part of unique names that tells this site from others.
func (s *setup) domain() string {
	if u, err := url.Parse(s.url); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "recueil.invalid"
}

// organiser is the address that calendars name.
func (s *setup) organiser() string {
	if s.Organiser != "" {
		return s.Organiser
	}
	return "noreply@" + s.domain()
}
