// Package contract tests from outside whether a plugin keeps to the protocol,
// in whatever language it is written: its process is started, asked, disturbed
// and killed, first alone, then on a real site with faults between the two,
// then as it would run when installed. Each rule gives one line of a report.
package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Site is a site on which the plugin is tried.
type Site struct {
	Host      *host.Host
	Installer *host.Installer
	Runner    *action.Runner
	Log       *commitlog.Log[content.Commit]
	Bucket    storage.Bucket
	Close     func() error
}

// Config says what is tested.
type Config struct {
	Bundle   []byte
	Settings json.RawMessage // empty: none
	Secrets  map[string]*string
	// Entries are values to make entries of, by collection; those of other
	// collections are made up.
	Entries map[string]map[string]any
	// Open makes a new site; change is called with the options of its host.
	Open  func(ctx context.Context, change func(*host.Options)) (*Site, error)
	Kinds schema.Kinds
	// Patience is how long something may take that has no limit of its own.
	Patience time.Duration
	// Slack is added to the limits of the protocol, for a machine that has other
	// work.
	Slack time.Duration
	// Tell is called with each result as it comes.
	Tell func(Result)
}

// Outcome is how a rule was kept.
type Outcome string

// The outcomes.
const (
	Kept   Outcome = "kept"
	Broken Outcome = "broken"
	Apart  Outcome = "apart" // it does not apply to this plugin, or could not be tried
)

// Result is what became of one rule. Its texts are contract.<rule> and, when it
// was broken, contract.<rule>.broken, which says what to do.
type Result struct {
	Rule    string
	Outcome Outcome
	Seen    string // what was seen, for developers
	Took    time.Duration
}

// Report is all of them.
type Report []Result

// Broken counts the rules that were broken.
func (r Report) Broken() int { return r.Count(Broken) }

// Count counts the rules of an outcome.
func (r Report) Count(o Outcome) int {
	n := 0
	for _, x := range r {
		if x.Outcome == o {
			n++
		}
	}
	return n
}

// rule is one thing that is tried. An error is what was seen; errApart says
// that there is nothing to try.
type rule struct {
	name string
	try  func(t *trial, ctx context.Context) (seen string, err error)
}

// errApart says that a rule does not apply.
var errApart = errors.New("not used by this plugin")

func apart(why string) error { return fmt.Errorf("%w: %s", errApart, why) }

// The rules, in three parts: a process alone, one on a site with a proxy in
// between, and one as it is installed. The first rule of a part has to be kept
// for the others to be tried.
var parts = [][]rule{
	{
		{"start", (*trial).handshake}, {"health", (*trial).health}, {"describe", (*trial).describe},
		{"validate", (*trial).validate}, {"unknown", (*trial).unknown}, {"garbage", (*trial).garbage},
		{"huge", (*trial).huge}, {"drain", (*trial).drain},
	},
	{
		{"configure", (*trial).configure}, {"hook", (*trial).hook}, {"hook-grants", (*trial).hookGrants},
		{"hook-pure", (*trial).hookPure}, {"hook-hostile", (*trial).hookHostile}, {"hook-parallel", (*trial).hookParallel},
		{"events", (*trial).events}, {"events-twice", (*trial).eventsTwice}, {"events-gone", (*trial).eventsGone},
		{"routes", (*trial).routes}, {"routes-secret", (*trial).routesSecret}, {"routes-ticket", (*trial).routesTicket},
		{"routes-hostile", (*trial).routesHostile}, {"pages", (*trial).pages}, {"console", (*trial).console}, {"jobs", (*trial).jobs}, {"lasting", (*trial).lasting},
	},
	{
		{"installed", (*trial).installed}, {"killed", (*trial).killed}, {"stopped", (*trial).stopped},
	},
}

// Rules lists the names of the rules.
func Rules() []string {
	out := []string{"manifest"}
	for _, p := range parts {
		for _, r := range p {
			out = append(out, r.name)
		}
	}
	return out
}

// trial is one run of the suite.
type trial struct {
	Config
	m      *manifest.Manifest
	raw    []byte // plugin.json
	dir    string // of the unpacked plugin
	work   string // for sockets; short
	report Report

	process *process // of the first two parts
	proxy   *proxy
	site    *Site
}

// Run tries all rules.
func Run(ctx context.Context, c Config) (report Report, err error) {
	if c.Patience == 0 {
		c.Patience = time.Minute
	}
	t := &trial{Config: c}
	if !t.begin() {
		return t.report, nil
	}
	if t.work, err = os.MkdirTemp("", "recueil-"); err != nil {
		return nil, fmt.Errorf("make a folder for sockets: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(t.work)) }()
	t.dir = filepath.Join(t.work, "plugin")
	if err := unpack(t.dir, c.Bundle); err != nil {
		return nil, err
	}
	for i, p := range parts {
		if err := t.part(ctx, i, p); err != nil {
			return t.report, err
		}
	}
	return t.report, nil
}

// begin looks at the manifest.
func (t *trial) begin() bool {
	m, err := host.CheckBundle(t.Bundle, t.Kinds)
	if err != nil {
		t.tell("manifest", time.Now(), "", err)
		return false
	}
	t.m = m
	err = readFile(t.Bundle, manifest.FileName, &t.raw)
	t.tell("manifest", time.Now(), m.Name+" "+m.Version, err)
	return err == nil
}

// part tries the rules of one part, on a new process.
func (t *trial) part(ctx context.Context, n int, rules []rule) error {
	defer t.clear()
	if n > 0 {
		if err := t.open(ctx, n == 1); err != nil {
			return err
		}
	}
	for i, r := range rules {
		if err := ctx.Err(); err != nil {
			return err
		}
		begun := time.Now()
		seen, err := r.try(t, ctx)
		t.tell(r.name, begun, seen, err)
		if i == 0 && err != nil {
			break // nothing works without it
		}
		if err != nil && n < 2 && !t.alive() {
			break // and its end was told
		}
	}
	return nil
}

// open makes the site, with the proxy between it and the plugin or without.
func (t *trial) open(ctx context.Context, between bool) (err error) {
	t.site, err = t.Open(ctx, func(o *host.Options) {
		o.Pace.Look, o.Pace.Again = 10*time.Millisecond, 10*time.Millisecond
		o.Pace.Start, o.Pace.Answer = host.Unhurried.Start+t.Slack, host.Unhurried.Answer+t.Slack
		o.Pace.Hook, o.Pace.Call, o.Pace.Deliver = t.Patience, t.Patience, t.Patience
		o.Pace.Jobs = jobs.Pace{Look: 20 * time.Millisecond, Lease: t.Patience, Again: 10 * time.Millisecond, Most: 10 * time.Millisecond}
		if between {
			o.Pace.Health = t.Patience
			o.Attach = func(string) (string, bool) { return t.front(), true }
		}
	})
	return err
}

func (t *trial) clear() {
	if t.site != nil {
		_ = t.site.Close() // it was in memory or a temporary folder
		t.site = nil
	}
	if t.proxy != nil {
		t.proxy.close()
		t.proxy = nil
	}
	if t.process != nil {
		t.process.end()
		t.process = nil
	}
}

func (t *trial) tell(name string, begun time.Time, seen string, err error) {
	r := Result{Rule: name, Outcome: Kept, Seen: seen, Took: time.Since(begun)}
	switch {
	case errors.Is(err, errApart):
		r.Outcome, r.Seen = Apart, strings.TrimPrefix(strings.TrimPrefix(err.Error(), errApart.Error()), ": ")
	case err != nil:
		r.Outcome, r.Seen = Broken, said(err)
		if t.process != nil {
			if last := t.process.lastWords(); last != "" {
				r.Seen += "\n" + last
			}
		}
	}
	t.report = append(t.report, r)
	if t.Tell != nil {
		t.Tell(r)
	}
}

// said is what an error says, with the faults of a problem.
func said(err error) string {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return err.Error()
	}
	lines := []string{err.Error()}
	for _, f := range p.Fields {
		lines = append(lines, fmt.Sprintf("%s: %s %v", f.Pointer, f.Code, f.Args))
	}
	return strings.Join(lines, "\n")
}

// until waits for something that has to happen.
func (t *trial) until(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, t.Patience)
	defer cancel()
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain: %s", t.Patience, what)
		case <-ticks.C:
		}
	}
	return nil
}

func readFile(bundle []byte, name string, into *[]byte) error {
	return walk(bundle, func(file string, body io.Reader) (err error) {
		if file == name {
			*into, err = io.ReadAll(body)
		}
		return err
	})
}
