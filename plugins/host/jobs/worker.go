package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage"
)

// Worker does the runs of one plugin on one node.
type Worker struct {
	Book    *Book
	Plugin  string
	Node    string
	Plugins wire.Plugins
	Logger  *slog.Logger
	Pace    Pace
	NewID   func() string

	wake  chan struct{}
	mu    sync.Mutex
	doing map[string]context.CancelCauseFunc
	seen  map[string]sighting // signs of life of other nodes
	works sync.WaitGroup
}

// Pace says how long a worker waits.
type Pace struct {
	Look  time.Duration // between looks at what waits
	Lease time.Duration // without a sign of life, after which a run is another's
	Again time.Duration // before the second try; doubled each time
	Most  time.Duration // between tries
}

// Unhurried is the pace of a server.
var Unhurried = Pace{Look: 5 * time.Second, Lease: time.Minute, Again: 10 * time.Second, Most: time.Hour}

// sighting is a sign of life, and when it was seen first.
type sighting struct {
	beat  int
	since time.Time
}

// maxAtOnce is how many runs of a plugin a node works on at a time.
const maxAtOnce = 2

// Causes for which a run is broken off.
var (
	errCancel  = errors.New("it was cancelled")
	errLost    = errors.New("another node has taken the run over")
	errStalled = errors.New("the plugin gave no sign of life")
	errLeaving = errors.New("the process makes room for another")
)

// Init makes the worker ready; Wake may be called from then on.
func (w *Worker) Init() *Worker {
	w.wake, w.doing, w.seen = make(chan struct{}, 1), map[string]context.CancelCauseFunc{}, map[string]sighting{}
	return w
}

// Wake makes it look at once.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends; what is under way is given back then.
func (w *Worker) Run(ctx context.Context) {
	defer w.works.Wait()
	every := time.NewTicker(w.Pace.Look)
	defer every.Stop()
	for {
		if p, ok := w.Plugins.Plugin(w.Plugin); ok {
			if err := w.Look(ctx, p); err != nil && ctx.Err() == nil {
				w.Logger.Warn("the jobs of a plugin wait", "plugin", w.Plugin, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-w.wake:
		}
	}
}

// Look writes down what the clock starts, and begins what may be begun.
func (w *Worker) Look(ctx context.Context, x wire.Plugin) error {
	m, now := x.Manifest, w.Book.now()
	for i := range m.Jobs {
		last, _, ok := m.Jobs[i].Slot(now)
		if !ok || last.Before(x.Since) { // it was not there then
			continue
		}
		id := fmt.Sprintf("%s-at-%d", m.Jobs[i].ID, last.Unix())
		w.Book.mu.Lock()
		_, known := w.Book.known[w.Book.folder+id]
		w.Book.mu.Unlock()
		if known {
			continue
		}
		if _, _, err := w.Book.Begin(ctx, Start{Job: m.Jobs[i].ID, newID: id}, w.NewID); err != nil && problem.KindOf(err) != problem.Limited {
			return err
		}
	}
	pages, err := w.Book.all(ctx)
	if err != nil {
		return err
	}
	for _, p := range pages {
		job := m.Job(p.run.Job)
		if job != nil && w.free(p.run, now) {
			if err := w.take(ctx, p, job); err != nil {
				return err
			}
		}
	}
	return w.Book.sweep(ctx, pages)
}

// free reports whether this node may begin a run now.
func (w *Worker) free(r Run, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doing[r.ID] != nil || len(w.doing) >= maxAtOnce {
		return false
	}
	switch r.State {
	case Waiting:
		delete(w.seen, r.ID)
		return !r.NotBefore.After(now)
	case Running:
		if r.Node == w.Node {
			return true // this node was started anew
		}
		s := w.seen[r.ID]
		if s.since.IsZero() || s.beat != r.Beat {
			w.seen[r.ID] = sighting{r.Beat, time.Now()}
			return false
		}
		return time.Since(s.since) > w.Pace.Lease
	}
	delete(w.seen, r.ID)
	return false
}

// take makes a run this node's, and begins it.
func (w *Worker) take(ctx context.Context, p page, job *manifest.Job) error {
	r := p.run
	if r.Cancel {
		r.State, r.EndedAt = Cancelled, w.Book.now().UTC()
	} else if r.Attempt >= job.Tries() {
		r.State, r.EndedAt = Failed, w.Book.now().UTC()
		if r.Error == "" {
			r.Error = "it was begun too often without an end"
		}
	} else {
		r.State, r.Node, r.StartedAt = Running, w.Node, w.Book.now().UTC()
		r.Attempt++
	}
	q, err := w.Book.write(ctx, r, storage.Cond{IfMatch: p.etag})
	if errors.Is(err, errMoved) {
		return nil // another node was first
	}
	if err != nil || q.run.State != Running {
		return err
	}
	working, cancel := context.WithCancelCause(ctx)
	w.mu.Lock()
	w.doing[r.ID] = cancel
	w.mu.Unlock()
	w.works.Go(func() { // until the run ends or is given back
		defer cancel(nil)
		defer func() {
			if v := recover(); v != nil {
				w.Logger.Error("panic", "part", "jobs of plugin", "plugin", w.Plugin, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			}
			w.mu.Lock()
			delete(w.doing, r.ID)
			w.mu.Unlock()
			w.Wake()
		}()
		t := &try{w: w, job: job, page: q, cancel: cancel}
		t.finish(ctx, t.work(working))
	})
	return nil
}

// Hurry tells this node that a run was cancelled, if it works on it.
func (w *Worker) Hurry(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cancel := w.doing[id]; cancel != nil {
		cancel(errCancel)
	}
	w.Wake()
}

// try is one try at a run.
type try struct {
	w      *Worker
	job    *manifest.Job
	cancel context.CancelCauseFunc

	mu    sync.Mutex
	page  page
	heard time.Time // the last sign of the plugin
	fresh bool      // there is a checkpoint that is not written
}

// work lets the plugin work. The error is why it ended too early.
func (t *try) work(ctx context.Context) error {
	r := t.page.run
	t.heard = time.Now()
	beating, stop := context.WithCancel(ctx)
	var beats sync.WaitGroup
	beats.Go(func() { t.beat(beating) }) // until the work ends
	defer beats.Wait()
	defer stop()
	c := wire.Call{Plugin: t.w.Plugin, Surface: wire.Jobs, What: r.Job + " " + r.ID, Depth: r.Depth + 1, Lasts: t.job.Timeout()}
	c.By, c.Alone = person(r.By)
	err := t.w.Plugins.Call(ctx, c, func(ctx context.Context, to wire.Process) error {
		ctx, over := context.WithCancel(ctx)
		defer over()
		go func() { // ends with the call
			select {
			case <-to.Leaving:
				t.cancel(errLeaving)
			case <-ctx.Done():
			}
		}()
		return t.converse(ctx, to)
	})
	if err != nil && context.Cause(ctx) != nil {
		return context.Cause(ctx)
	}
	return err
}

// person gives who a run acts for: whoever started it, or the plugin itself.
func person(by content.Actor) (content.Actor, bool) {
	switch {
	case by.Kind == content.ActorPlugin && by.For != "":
		return content.Actor{Kind: content.ActorUser, ID: string(by.For)}, false
	case by.Kind == content.ActorUser, by.Kind == content.ActorToken:
		return by, false
	}
	return content.Actor{}, true
}

func (t *try) converse(ctx context.Context, to wire.Process) error {
	r := t.page.run
	request := &pluginpb.JobRequest{Job: r.Job, Run: r.ID, ArgsJson: r.Args, Checkpoint: r.Checkpoint, Attempt: uint32(r.Attempt), Cause: to.Ticket}
	if r.By.Kind == content.ActorUser {
		request.User = r.By.ID
	}
	stream, err := pluginpb.NewJobsClient(to.Conn).Run(ctx, request)
	if err != nil {
		return err
	}
	for {
		p, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		t.note(p)
	}
}

// note takes a sign of the plugin.
func (t *try) note(p *pluginpb.Progress) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = time.Now()
	r := &t.page.run
	if p.Fraction > 0 {
		r.Fraction = min(p.Fraction, 1)
	}
	if len(p.Message) > 0 {
		r.Message = map[string]string{}
		for l, text := range wire.Words(p.Message) {
			r.Message[string(l)] = text
		}
	}
	if len(p.Checkpoint) > 0 && len(p.Checkpoint) <= MaxCheckpoint {
		r.Checkpoint, t.fresh = p.Checkpoint, true
	}
}

// saveEvery is how often a checkpoint is written at most: after a crash, what
// was done since is done again.
const saveEvery = time.Second

// beat gives signs of life, writes checkpoints, and notices a cancellation, a
// plugin without a sign, and another node's taking over.
func (t *try) beat(ctx context.Context) {
	lease := t.w.Pace.Lease
	every := time.NewTicker(min(saveEvery, lease/3))
	defer every.Stop()
	written := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		t.mu.Lock()
		due := t.fresh || time.Since(written) > lease/3
		silent := time.Since(t.heard) > lease
		t.mu.Unlock()
		if silent {
			t.cancel(errStalled)
			return
		}
		if !due {
			continue
		}
		switch err := t.save(ctx, func(*Run) {}); {
		case err == nil:
			written = time.Now()
		case errors.Is(err, errCancel) || errors.Is(err, errLost):
			t.cancel(err)
			return
		case time.Since(written) > lease*2/3:
			t.cancel(errLost) // it cannot be told; another node may begin
			return
		}
	}
}

// save writes the run as this node has it, after a change. When somebody else
// has written it, that was a cancellation, or it is lost.
func (t *try) save(ctx context.Context, change func(*Run)) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.page.run
	change(&next)
	q, err := t.w.Book.write(ctx, next, storage.Cond{IfMatch: t.page.etag})
	if errors.Is(err, errMoved) {
		return t.moved(ctx)
	}
	if err == nil {
		t.page, t.fresh = q, false
	}
	return err
}

// moved finds out who wrote. t.mu is held.
func (t *try) moved(ctx context.Context) error {
	p, err := t.w.Book.read(ctx, t.page.run.ID)
	switch {
	case err != nil:
		return err
	case p.run.Node != t.w.Node || p.run.State != Running || p.run.Attempt != t.page.run.Attempt:
		return errLost
	case p.run.Cancel:
		t.page.etag, t.page.run.Cancel, t.page.run.Beat = p.etag, true, p.run.Beat
		return errCancel
	}
	t.page.etag, t.page.run.Beat = p.etag, p.run.Beat // an own write whose answer got lost
	return nil
}

// finishTime bounds what is written at the end of a try.
const finishTime = 10 * time.Second

// finish writes down how a try ended.
func (t *try) finish(ctx context.Context, cause error) {
	if errors.Is(cause, errLost) {
		return
	}
	stopped := ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	decide := func(r *Run) {
		now := t.w.Book.now().UTC()
		r.Node = ""
		switch {
		case cause == nil:
			r.State, r.Fraction, r.Error, r.EndedAt, r.Checkpoint = Done, 1, "", now, nil
		case errors.Is(cause, errCancel) || r.Cancel:
			r.State, r.EndedAt = Cancelled, now
		case stopped || errors.Is(cause, errLeaving) || absent(cause):
			// Not the plugin's fault: it goes on elsewhere, from its checkpoint.
			r.State, r.Attempt = Waiting, r.Attempt-1
			if absent(cause) {
				r.NotBefore = now.Add(t.w.Pace.Again / 4)
			}
		default:
			t.failed(r, cause, now)
		}
	}
	for range 3 {
		err := t.save(ctx, decide)
		switch {
		case err == nil || errors.Is(err, errLost):
			return
		case errors.Is(err, errCancel):
			continue // with the cancellation in it
		}
		t.w.Logger.Warn("the end of a run was not written; it will be begun again", "plugin", t.w.Plugin, "run", t.page.run.ID, "error", err)
	}
}

// absent reports whether nothing of the plugin runs, so that nothing was tried.
func absent(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && (p.Code == "plugin_busy" || p.Code == "plugin_down" && errors.Unwrap(p) == nil)
}

func (t *try) failed(r *Run, cause error, now time.Time) {
	r.Error = wire.Clip(wire.Told(cause), 1000)
	if r.Attempt >= t.job.Tries() || status.Code(cause) == codes.FailedPrecondition {
		r.State, r.EndedAt = Failed, now
		return
	}
	pause := t.w.Pace.Again << min(r.Attempt-1, 20)
	if pause <= 0 || pause > t.w.Pace.Most {
		pause = t.w.Pace.Most
	}
	r.State, r.NotBefore = Waiting, now.Add(pause)
}
