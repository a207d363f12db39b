package contract

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage"
)

// front is where the host finds the plugin.
func (t *trial) front() string { return t.proxy.socket }

// configure installs the plugin on the site, with the proxy in between.
func (t *trial) configure(ctx context.Context) (string, error) {
	p, err := t.start(ctx)
	t.process = p
	if err != nil {
		return "", err
	}
	if t.proxy, err = newProxy(p.conn, p.dir); err != nil {
		return "", err
	}
	return "", t.install(ctx)
}

// install installs the plugin, agrees to what it asks for, and waits until it
// runs.
func (t *trial) install(ctx context.Context) error {
	in := t.site.Installer
	p, err := in.Install(ctx, robot, t.Bundle)
	if err != nil {
		return err
	}
	if _, err := in.Configure(ctx, robot, t.m.Name, t.Settings, t.Secrets, nil); err != nil {
		return err
	}
	if p.Pending != nil {
		if _, err := in.Approve(ctx, robot, t.m.Name, t.m.Version); err != nil {
			return err
		}
	}
	t.site.Host.Wake()
	var s host.Status
	err = t.until(ctx, "it runs", func() bool {
		s, _ = t.site.Host.Status(t.m.Name)
		return s.State == host.Running || s.Cause != nil && s.Restarts > 1
	})
	if s.State != host.Running {
		if s.Cause != nil {
			err = s.Cause
		}
		return errors.Join(err, errors.New(lines(s)))
	}
	return err
}

// lines are the last lines that the host keeps of a plugin.
func lines(s host.Status) string {
	var b strings.Builder
	for _, l := range s.Last[max(0, len(s.Last)-15):] {
		b.WriteString("| " + l.Text + "\n")
	}
	return strings.TrimSpace(b.String())
}

// hook makes entries, and looks how long the plugin takes. The fastest answer
// counts: the machine may have other work.
func (t *trial) hook(ctx context.Context) (string, error) {
	if t.m.Hook == nil {
		return "", errApart
	}
	own := t.own(t.m.Hook.Collections)
	if len(own) == 0 {
		return "", apart("its hook is for collections of the site's only")
	}
	for _, c := range own {
		for range 5 {
			_, err := t.create(ctx, c)
			if problem.CodeOf(err) == "hook_silent" {
				return "", errors.Join(err, t.lastError(hookMethod))
			}
			if err != nil && problem.CodeOf(err) != "plugin_refuses" {
				return "", cannot(c, err)
			}
		}
	}
	fastest, slowest := time.Duration(1<<62), time.Duration(0)
	for _, c := range t.proxy.seen(hookMethod) {
		fastest, slowest = min(fastest, c.took), max(slowest, c.took)
	}
	if limit := t.m.Hook.Timeout(); fastest > limit+t.Slack {
		return "", fmt.Errorf("the fastest answer took %v; it has %v", fastest, limit)
	}
	return fmt.Sprintf("%v to %v of %v", fastest.Round(10*time.Microsecond), slowest.Round(10*time.Microsecond), t.m.Hook.Timeout()), nil
}

// lastError is what the last failed call of a method said.
func (t *trial) lastError(method string) error {
	calls := t.proxy.seen(method)
	for i := len(calls) - 1; i >= 0; i-- {
		if calls[i].err != nil {
			return calls[i].err
		}
	}
	return nil
}

// asked gives what a hook was asked, and what it answered.
func (t *trial) asked() (requests []*pluginpb.BeforeCommitRequest, answers []*pluginpb.BeforeCommitResponse, err error) {
	for _, c := range t.proxy.seen(hookMethod) {
		r, a := &pluginpb.BeforeCommitRequest{}, &pluginpb.BeforeCommitResponse{}
		if err := errors.Join(proto.Unmarshal(c.request, r), proto.Unmarshal(c.response, a)); err != nil {
			return nil, nil, err
		}
		requests, answers = append(requests, r), append(answers, a)
	}
	if len(requests) == 0 {
		return nil, nil, apart("its hook was not asked")
	}
	return requests, answers, nil
}

// hookGrants holds the answers against what the manifest allows.
func (t *trial) hookGrants(context.Context) (string, error) {
	if t.m.Hook == nil {
		return "", errApart
	}
	requests, answers, err := t.asked()
	if err != nil {
		return "", err
	}
	for i, a := range answers {
		collections := map[string]string{}
		for _, c := range requests[i].Changes {
			for _, e := range []*pluginpb.Entry{c.Before, c.After} {
				if e != nil {
					collections[e.Id] = e.Collection
				}
			}
		}
		for _, p := range a.Patches {
			if err := t.granted(p, collections); err != nil {
				return "", err
			}
		}
		for _, r := range a.Refusals {
			for _, l := range texts.Locales {
				if r.Message[l] == "" {
					return "", fmt.Errorf("a refusal of %s has no text in %q", r.Field, l)
				}
			}
		}
	}
	return fmt.Sprintf("%d answers", len(answers)), nil
}

// hookPure asks again what was asked before.
func (t *trial) hookPure(ctx context.Context) (string, error) {
	if t.m.Hook == nil {
		return "", errApart
	}
	requests, _, err := t.asked()
	if err != nil {
		return "", err
	}
	if err := t.settle(ctx); err != nil {
		return "", err
	}
	before, err := t.snapshot(ctx)
	if err != nil {
		return "", err
	}
	last := requests[len(requests)-1]
	var first *pluginpb.BeforeCommitResponse
	for range 3 {
		a, err := t.ask(ctx, last)
		if err != nil {
			return "", err
		}
		if first == nil {
			first = a
		}
		if !proto.Equal(first, a) {
			return "", fmt.Errorf("asked the same again it answers %v, and before %v", a, first)
		}
	}
	after, err := t.snapshot(ctx)
	if err == nil && after != before {
		err = errors.New("asking it changed the site, or what it keeps")
	}
	return "", err
}

func (t *trial) ask(ctx context.Context, r *pluginpb.BeforeCommitRequest) (*pluginpb.BeforeCommitResponse, error) {
	ctx, cancel := within(ctx, t.Patience)
	defer cancel()
	return pluginpb.NewHooksClient(t.process.conn).BeforeCommit(ctx, r)
}

// hookHostile asks about values that no schema of the site would let through.
func (t *trial) hookHostile(ctx context.Context) (string, error) {
	if t.m.Hook == nil {
		return "", errApart
	}
	requests, _, err := t.asked()
	if err != nil {
		return "", err
	}
	last := requests[len(requests)-1]
	for _, values := range hostileValues(last) {
		r := proto.Clone(last).(*pluginpb.BeforeCommitRequest) //nolint:errcheck // a clone has the type of what was cloned
		for _, c := range r.Changes {
			if c.After != nil {
				c.After.ValuesJson = []byte(values)
			}
		}
		if err := t.survives(ctx, r); err != nil {
			return "", fmt.Errorf("values %.80s: %w", values, err)
		}
	}
	gone := proto.Clone(last).(*pluginpb.BeforeCommitRequest) //nolint:errcheck // as above
	for _, c := range gone.Changes {
		c.Before, c.After = c.After, nil
	}
	for what, r := range map[string]*pluginpb.BeforeCommitRequest{"an entry that goes": gone, "no change at all": {Action: "entry.save"}, "nothing": {}} {
		if err := t.survives(ctx, r); err != nil {
			return "", fmt.Errorf("%s: %w", what, err)
		}
	}
	return "", nil
}

// survives asks; an error is a good answer, silence and an end are not.
func (t *trial) survives(ctx context.Context, r *pluginpb.BeforeCommitRequest) error {
	_, err := t.ask(ctx, r)
	if c := status.Code(err); c == codes.DeadlineExceeded || c == codes.Unavailable {
		return errors.Join(err, t.answers(ctx))
	}
	return t.answers(ctx)
}

// maxTogether is how many calls of a hook come at the same time.
const maxTogether = 32

func (t *trial) hookParallel(ctx context.Context) (string, error) {
	if t.m.Hook == nil {
		return "", errApart
	}
	requests, _, err := t.asked()
	if err != nil {
		return "", err
	}
	var all sync.WaitGroup
	errs := make([]error, maxTogether)
	begun := time.Now()
	for i := range errs {
		all.Go(func() { _, errs[i] = t.ask(ctx, requests[i%len(requests)]) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return "", fmt.Errorf("of %d calls at a time: %w", maxTogether, err)
		}
	}
	return fmt.Sprintf("%d in %v", maxTogether, time.Since(begun).Round(100*time.Microsecond)), nil
}

// events makes entries and waits until the plugin was told of them.
func (t *trial) events(ctx context.Context) (string, error) {
	if t.m.Events == nil {
		return "", errApart
	}
	for _, c := range t.own(t.m.Events.Collections) {
		if _, err := t.create(ctx, c); err != nil {
			return "", cannot(c, err)
		}
	}
	if err := t.settle(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d deliveries", len(t.proxy.seen(deliverMethod))), t.nothingAside()
}

// nothingAside makes sure that the plugin could take all events.
func (t *trial) nothingAside() error {
	s, _ := t.site.Host.Status(t.m.Name)
	if s.Figures.DeadLetters > 0 {
		return errors.Join(fmt.Errorf("%d events were put aside", s.Figures.DeadLetters), t.lastError(deliverMethod))
	}
	return nil
}

// settle waits until the plugin was told of everything.
func (t *trial) settle(ctx context.Context) error {
	if t.m.Events == nil {
		return nil
	}
	return t.until(ctx, "it takes its events", func() bool {
		s, _ := t.site.Host.Status(t.m.Name)
		return s.Told >= s.Head && s.Head == t.site.Log.Head()
	})
}

// eventsTwice loses the answer to a delivery, as a fall right after the work
// would: the batch comes again, and nothing may become of it a second time.
func (t *trial) eventsTwice(ctx context.Context) (string, error) {
	if t.m.Events == nil {
		return "", errApart
	}
	own := t.own(t.m.Events.Collections)
	if len(own) == 0 {
		return "", apart("it is told of collections of the site's only")
	}
	var mu sync.Mutex
	var states []string
	var failed error
	t.proxy.losing(func(c call) bool {
		mu.Lock()
		defer mu.Unlock()
		if c.method != deliverMethod || len(states) == 2 {
			return false
		}
		s, err := t.snapshot(ctx)
		failed = errors.Join(failed, err)
		states = append(states, s)
		return len(states) == 1
	})
	defer t.proxy.losing(nil)
	if _, err := t.create(ctx, own[0]); err != nil {
		return "", cannot(own[0], err)
	}
	err := t.until(ctx, "the batch comes again", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(states) == 2
	})
	if err = errors.Join(err, failed); err != nil {
		return "", err
	}
	if states[0] != states[1] {
		return "", errors.New("the same events a second time changed the site, or what it keeps")
	}
	return "", errors.Join(t.settle(ctx), t.nothingAside())
}

// eventsGone tells of an entry that is gone when the plugin looks.
func (t *trial) eventsGone(ctx context.Context) (string, error) {
	if t.m.Events == nil {
		return "", errApart
	}
	own := t.own(t.m.Events.Collections)
	if len(own) == 0 {
		return "", apart("it is told of collections of the site's only")
	}
	id, err := t.create(ctx, own[0])
	if err != nil {
		return "", cannot(own[0], err)
	}
	for _, a := range []action.Action{action.TrashEntry{ID: id, Force: true}, action.PurgeEntry{ID: id}} {
		if _, err := t.site.Runner.Do(ctx, robot, a); err != nil {
			return "", err
		}
	}
	return "", errors.Join(t.settle(ctx), t.nothingAside())
}

// snapshot says in one line what the site and the values of the plugin are.
func (t *trial) snapshot(ctx context.Context) (string, error) {
	p, err := t.site.Installer.Find(ctx, t.m.Name)
	if err != nil {
		return "", err
	}
	sums := map[string]string{}
	for o, err := range t.site.Bucket.List(ctx, "plugins/"+p.ID+"/state/", "") {
		if err != nil {
			return "", err
		}
		body, _, err := t.site.Bucket.Get(ctx, o.Key, storage.Range{})
		if err != nil {
			return "", err
		}
		raw, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil {
			return "", err
		}
		sum := sha256.Sum256(raw)
		sums[o.Key] = hex.EncodeToString(sum[:])
	}
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		b.WriteString(key + " " + sums[key] + "\n")
	}
	return fmt.Sprintf("seq %d\n%s", t.site.Log.Head(), b.String()), nil
}

// lasting is whether the process has outlived all that.
func (t *trial) lasting(ctx context.Context) (string, error) {
	if err := t.answers(ctx); err != nil {
		return "", err
	}
	if kb := memory(t.process.p.PID()); kb > 0 {
		return fmt.Sprintf("%.1f MiB", float64(kb)/1024), nil
	}
	return "", nil
}
