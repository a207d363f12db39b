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
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
	"github.com/recueil-cms/recueil/plugins/training/desk"
	"github.com/recueil-cms/recueil/plugins/training/exchange"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/show"
)

// Manifest is the plugin.json.
//
//go:embed plugin.json
var Manifest []byte

// Plugin is the module.
func Plugin() sdk.Plugin { return plugin(time.Now) }

// plugin is the module with a clock.
func plugin(now func() time.Time) sdk.Plugin {
	w := &act.Work{Now: now}
	labels, err := show.LabelsOf(Manifest)
	if err != nil {
		panic(fmt.Sprintf("plugin.json: %v", err)) // it is embedded: a test would have said so
	}
	m := &module{work: w, site: show.Site{Work: w, Labels: labels}, desk: desk.Desk{Work: w}, catalogue: exchange.Catalogue{Work: w}}
	return sdk.Plugin{
		Manifest:     Manifest,
		Configure:    w.Configure,
		BeforeCommit: m.beforeCommit,
		Events:       m.events,
		Routes:       m.routes(),
		Render:       m.site.Render,
		Console:      m.desk.Show,
		Jobs:         map[string]func(context.Context, *sdk.Run) error{"tend": w.Tend, "remind": w.Remind, "retain": w.Retain},
	}
}

type module struct {
	work      *act.Work
	site      show.Site
	desk      desk.Desk
	catalogue exchange.Catalogue
}

// events does what follows from a commit. Each of it is done so that twice is
// harmless, and comes again when the process ends in between.
func (m *module) events(ctx context.Context, h *sdk.Host, events []sdk.Event) error {
	// What is done here ends by itself: a state that is noted is not noted again.
	// As an answer to each event it would count as a chain of answers, because
	// events of many people come in one batch with those of the notes.
	h = h.Alone()
	seen := map[string]bool{}
	for _, e := range events {
		key := e.Collection + e.ID + e.What
		if seen[key] {
			continue // it is looked at as it is now
		}
		seen[key] = true
		var err error
		switch {
		case e.Collection == record.Registrations && e.What != sdk.Changed:
			err = m.work.Gone(ctx, h, e.ID)
		case e.Collection == record.Rosters && e.What == sdk.Changed:
			var r record.Roster
			if err = h.Get(ctx, record.Rosters, e.ID, record.Newest, &r); err == nil {
				err = m.work.Settle(ctx, h, r.Session)
			}
		case e.Collection == record.Sessions && e.What == sdk.Changed && len(e.Published) > 0:
			err = m.work.Moved(ctx, h, e.ID)
		}
		if err != nil && !sdk.IsNotFound(err) {
			return err
		}
	}
	return nil
}
