package host

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/cursor"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/host/lines"
	"github.com/recueil-cms/recueil/plugins/host/surface"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// State is where a plugin stands on this node.
type State string

// The states.
const (
	Waiting  State = "waiting"  // for an approval
	Disabled State = "disabled" // by an administrator
	Starting State = "starting"
	Running  State = "running"
	Failing  State = "failing" // it fell, and is started again after a pause
	Halted   State = "halted"  // it fell too often; somebody has to look
)

// plug is one installed plugin on this node: it wants a version to run, and
// sees to it.
type plug struct {
	h    *Host
	name string
	logs *lines.Lines

	ctx    context.Context
	cancel context.CancelFunc
	ended  sync.WaitGroup

	surfaces map[string]*surface.Surface // immutable

	// running is what calls go to; nil: nothing runs.
	running atomic.Pointer[instance]

	mu       sync.Mutex
	wanted   content.Plugin
	manifest *manifest.Manifest // of wanted.Current
	bell     chan struct{}      // closed when something changes
	state    State
	cause    *FallError
	health   string // what the plugin says is wrong
	falls    []time.Time
	rests    int
	restarts int
	resumes  time.Time // when it is started again after a fall
	restart  bool      // asked for by somebody
	figures  figures
	calls    []CallNote // the last ones, from oldest on
	oldest   int
	next     *instance // that is made ready, perhaps by a long migration
	worker   *jobs.Worker
	workerID string // of the installation
	cursor   *cursor.Cursor
}

// figures count what happened since this node started.
type figures struct {
	Calls       uint64 `json:"calls"`
	Failures    uint64 `json:"failures"`
	Unchecked   uint64 `json:"unchecked"` // commits that a hook did not see in time
	Events      uint64 `json:"events"`
	DeadLetters uint64 `json:"dead_letters"`
}

func newPlug(h *Host, name string) *plug {
	p := &plug{h: h, name: name, logs: lines.New(h.o.Now), bell: make(chan struct{}), state: Starting, surfaces: newSurfaces()}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	for part, run := range map[string]func(){"plugin": p.supervise, "events of plugin": p.follow, "jobs of plugin": p.labour} {
		p.ended.Go(func() { // until stop
			defer func() {
				if v := recover(); v != nil {
					h.o.Logger.Error("panic", "part", part, "plugin", name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
				}
			}()
			run()
		})
	}
	return p
}

// stop ends the plugin on this node and waits for it.
func (p *plug) stop() {
	p.cancel()
	p.ended.Wait()
}

// want sets what should run.
func (p *plug) want(next content.Plugin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if next.Revision == p.wanted.Revision && next.ID == p.wanted.ID {
		return
	}
	fresh := next.Current != nil && (p.wanted.Current == nil || p.wanted.Current.Version != next.Current.Version)
	if fresh || next.Enabled != p.wanted.Enabled {
		p.falls, p.rests, p.resumes = nil, 0, time.Time{}
	}
	p.wanted = next
	p.manifest = nil
	if next.Current != nil {
		m, err := manifest.Parse(next.Current.Manifest, p.h.o.Kinds)
		if err != nil {
			p.h.o.Logger.Error("the manifest of an installed plugin cannot be read", "plugin", p.name, "error", err)
		} else {
			p.manifest = m
		}
	}
	p.ring()
}

// ring tells whoever waits that something changed. p.mu is held.
func (p *plug) ring() {
	close(p.bell)
	p.bell = make(chan struct{})
}

// news gives what should run, and a channel that is closed when that changes
// or the state does.
func (p *plug) news() (content.Plugin, *manifest.Manifest, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted, p.manifest, p.bell
}

// set notes where the plugin stands. A cause is kept until it runs again.
func (p *plug) set(s State, cause *FallError) {
	p.mu.Lock()
	changed := p.state != s || !cause.is(p.cause)
	if changed {
		p.state, p.cause = s, cause
		p.ring()
	}
	p.mu.Unlock()
	if changed {
		p.writeStatus()
	}
}

// supervise makes what is wanted run, until the plugin is stopped.
func (p *plug) supervise() {
	defer p.place(nil)
	for p.ctx.Err() == nil {
		want, _, changed := p.news()
		now := p.running.Load()
		switch {
		case idle(want):
			p.place(nil)
			p.set(idleState(want), nil)
			p.wait(changed, nil, 0)
		case now == nil && p.h.lost(want):
			p.takeRestart()
			p.set(Waiting, &FallError{Code: "other_program", Detail: want.Current.Version})
			p.wait(changed, nil, 0)
		case now != nil && p.takeRestart():
			p.place(nil)
		case now == nil || now.version.Version != want.Current.Version || now.version.Bundle != want.Current.Bundle:
			p.bring(want, now)
		case now.settings() != want.Revision:
			p.reconfigure(now, want)
		default:
			p.wait(changed, now, 0)
			p.settled(now, want)
		}
	}
}

func idleState(want content.Plugin) State {
	if want.Current == nil {
		return Waiting
	}
	return Disabled
}

func (in *instance) settings() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.revision
}

// bring starts what is wanted in the place of what runs now, which goes on
// until the new one is ready.
func (p *plug) bring(want content.Plugin, now *instance) {
	p.takeRestart()
	if now == nil {
		p.set(Starting, p.lastCause())
	}
	if err := p.goBack(want, now); err != nil {
		p.fell(asCause(err), want, now)
		return
	}
	next, err := p.start(p.ctx, want)
	if err == nil {
		p.makes(next)
		err = p.goOn(want, next)
		p.makes(nil)
		if err != nil {
			next.discard()
		}
	}
	if err != nil {
		p.fell(asCause(err), want, now)
		return
	}
	p.place(next)
	p.set(Running, nil)
	p.logs.Note(fmt.Sprintf("%s runs, %s", next.version.Version, next.level))
	p.writeStatus()
	p.h.o.Logger.Info("plugin runs", "plugin", p.name, "version", next.version.Version, "confined", next.level)
}

// makes notes what is made ready.
func (p *plug) makes(next *instance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = next
}

func (p *plug) lastCause() *FallError {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cause
}

func asCause(err error) *FallError {
	var c *FallError
	if errors.As(err, &c) {
		return c
	}
	return &FallError{Code: "launch", Detail: err.Error()}
}

// place makes an instance the one that calls go to, and ends the one before.
func (p *plug) place(next *instance) {
	before := p.running.Swap(next)
	if next != nil {
		p.ended.Go(next.watch) // until the instance ends
	}
	if before != nil {
		before.stop()
	}
}

// reconfigure hands new settings to what runs. When they do not fit it goes on
// with the old ones, and the cause is shown.
func (p *plug) reconfigure(now *instance, want content.Plugin) {
	err := now.configure(p.ctx, want)
	if err == nil {
		p.set(Running, nil)
		return
	}
	p.set(Running, asCause(err))
	p.logs.Note(err.Error())
	p.rest(want, now, p.h.o.Pace.Most)
}

// settled looks whether what runs has ended, and draws the consequences.
func (p *plug) settled(now *instance, want content.Plugin) {
	select {
	case <-now.done:
	default:
		return
	}
	p.running.CompareAndSwap(now, nil)
	now.discard()
	p.fell(now.cause(), want, nil)
}

// fell counts a fall and waits before the next start: not at all after the
// first one, longer after each further one, and longer still after too many.
func (p *plug) fell(cause *FallError, want content.Plugin, now *instance) {
	if p.ctx.Err() != nil {
		return
	}
	pause, halted := p.pause()
	state := Failing
	switch {
	case now != nil:
		state = Running // the version before
	case halted:
		state = Halted
	}
	p.logs.Note(cause.Error())
	p.h.o.Logger.Warn("plugin has fallen", "plugin", p.name, "cause", cause.Error(), "pause", pause, "halted", halted)
	p.set(state, cause)
	if halted || pause > 0 {
		p.rest(want, now, pause)
	}
}

// rest waits until something else is wanted, what runs ends, or the time, if
// there is one, is over.
func (p *plug) rest(want content.Plugin, now *instance, most time.Duration) {
	p.mu.Lock()
	changed, other := p.bell, p.restart || p.wanted.Revision != want.Revision || p.wanted.ID != want.ID
	p.mu.Unlock()
	if !other {
		p.wait(changed, now, most)
	}
}

// pause notes a fall and gives the time until the next start.
func (p *plug) pause() (pause time.Duration, halted bool) {
	pace := p.h.o.Pace
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.restarts++
	kept := p.falls[:0]
	for _, at := range p.falls {
		if now.Sub(at) < pace.Steady {
			kept = append(kept, at)
		}
	}
	if len(kept) == 0 {
		p.rests = 0
	}
	kept = append(kept, now)
	p.falls = kept
	n := len(kept)
	defer func() {
		if p.resumes = now.Add(pause); halted {
			p.resumes = now.Add(never)
		}
	}()
	switch {
	case n >= pace.Falls:
		if p.rests >= len(pace.Rests) {
			return 0, true
		}
		p.rests++
		return pace.Rests[p.rests-1], false
	case n == 1:
		return 0, false
	}
	pause = min(pace.Again<<(n-2), pace.Most)
	return pause + time.Duration(rand.Int64N(int64(pause)/5+1)), false
}

// never is later than anybody waits for.
const never = 24 * time.Hour

// restsUntil reports whether it is not to be started again before a context
// ends.
func (p *plug) restsUntil(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	p.mu.Lock()
	defer p.mu.Unlock()
	return ok && (p.resumes.After(end) || idle(p.wanted))
}

// wait waits until something changes, the instance ends, or, unless it is 0,
// the time is over.
func (p *plug) wait(changed <-chan struct{}, in *instance, most time.Duration) {
	var over <-chan time.Time
	if most > 0 {
		t := time.NewTimer(most)
		defer t.Stop()
		over = t.C
	}
	var done <-chan struct{}
	if in != nil {
		done = in.done
	}
	select {
	case <-p.ctx.Done():
	case <-changed:
	case <-done:
	case <-over:
	}
}

func (p *plug) takeRestart() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.restart
	p.restart = false
	return was
}

// again ends what runs and starts it again, whatever happened before.
func (p *plug) again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.falls, p.rests, p.restart, p.resumes = nil, 0, true, time.Time{}
	p.ring()
}

// feels notes what the plugin says of itself.
func (p *plug) feels(health *pluginpb.HealthResponse) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.health = ""
	if !health.Ok {
		p.health = wire.Clip(health.Message, 500)
	}
}

// use gives the instance that calls go to, and what to call after. A Problem
// of kind Unavailable says that nothing runs.
func (p *plug) use() (*instance, func(), error) {
	for {
		in := p.live()
		if in == nil {
			return nil, nil, p.down()
		}
		if in.enter() {
			return in, in.leave, nil
		}
		if p.live() == in {
			return nil, nil, p.down() // it is being ended, and nothing comes after it
		}
	}
}

// live gives the instance that calls go to, unless it has ended.
func (p *plug) live() *instance {
	if in := p.running.Load(); in != nil && !in.ended() {
		return in
	}
	return nil
}

func (p *plug) down() error {
	return problem.New(problem.Unavailable, "plugin_down", problem.Args{"plugin": p.name}).With("retry_after", 2)
}

// count changes the figures.
func (p *plug) count(change func(f *figures)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.figures)
}
