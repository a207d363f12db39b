package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Run is one run of a job. When its process ends, it is begun again, on this
// node or another, with the last checkpoint.
type Run struct {
	Job     string
	ID      string // the same when it is begun again
	Attempt int    // from 1
	User    string // id of the person who started it, or empty
	// Host acts for that person; for the plugin itself when there is none.
	Host *Host

	args, checkpoint []byte
	progress         *progress
}

// Args reads what the run was started with.
func (r *Run) Args(into any) error { return unmarshal(r.args, into) }

// Checkpoint reads the last checkpoint, if there is one.
func (r *Run) Checkpoint(into any) error { return unmarshal(r.checkpoint, into) }

// Progress tells how far the work is, from 0 to 1, with a short text for people
// (nil: the last one stays) and a checkpoint to go on from (nil: likewise; at
// most 64 KiB as JSON). It may be called often.
func (r *Run) Progress(fraction float64, message Texts, checkpoint any) error {
	return r.progress.tell(fraction, message, checkpoint)
}

func unmarshal(raw []byte, into any) error {
	if len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, into)
}

// Permanent marks an error that another try would not mend: the run fails for
// good.
func Permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

func (p *permanentError) Unwrap() error { return p.error }

// Migration brings what the plugin keeps to its version, or back. It may be
// broken off at any time, and comes again with the last checkpoint. The version
// before works meanwhile: only add what it does not mind.
type Migration struct {
	From string // version of what is kept; empty: nothing was kept
	Back bool   // undo it, for the version To
	To   string
	Host *Host // acts for the plugin itself

	checkpoint []byte
	progress   *progress
}

// Checkpoint reads the last checkpoint, if there is one.
func (m *Migration) Checkpoint(into any) error { return unmarshal(m.checkpoint, into) }

// Progress tells how far it is; see Run.Progress.
func (m *Migration) Progress(fraction float64, message Texts, checkpoint any) error {
	return m.progress.tell(fraction, message, checkpoint)
}

// aliveEvery is how often a sign of life goes to the host during long work.
const aliveEvery = 15 * time.Second

// progress sends messages of one stream, from any goroutine.
type progress struct {
	mu     sync.Mutex
	stream grpc.ServerStreamingServer[pluginpb.Progress]
}

func (p *progress) send(m *pluginpb.Progress) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stream.Send(m)
}

func (p *progress) tell(fraction float64, message Texts, checkpoint any) error {
	m := &pluginpb.Progress{Fraction: fraction, Message: message}
	if checkpoint != nil {
		raw, err := json.Marshal(checkpoint)
		if err != nil {
			return fmt.Errorf("write a checkpoint: %w", err)
		}
		m.Checkpoint = raw
	}
	return p.send(m)
}

// during gives signs of life while work goes on.
func during(stream grpc.ServerStreamingServer[pluginpb.Progress], work func(p *progress) error) error {
	p := &progress{stream: stream}
	ctx, stop := context.WithCancel(stream.Context())
	var alive sync.WaitGroup
	alive.Go(func() { // until the work ends
		every := time.NewTicker(aliveEvery)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				if p.send(&pluginpb.Progress{}) != nil {
					return
				}
			}
		}
	})
	defer alive.Wait()
	defer stop()
	err := work(p)
	var forGood *permanentError
	if errors.As(err, &forGood) {
		return status.Error(codes.FailedPrecondition, err.Error())
	}
	return err
}

// jobs serves the Jobs service, whose method clashes with none of server's.
type jobs struct {
	pluginpb.UnimplementedJobsServer
	s *server
}

func (j jobs) Run(r *pluginpb.JobRequest, stream grpc.ServerStreamingServer[pluginpb.Progress]) error {
	work := j.s.p.Jobs[r.Job]
	if work == nil {
		return status.Errorf(codes.FailedPrecondition, "there is no job %q", r.Job)
	}
	return during(stream, func(p *progress) error {
		return work(stream.Context(), &Run{Job: r.Job, ID: r.Run, Attempt: int(r.Attempt), User: r.User, Host: j.s.host.Load().because(r.Cause),
			args: r.ArgsJson, checkpoint: r.Checkpoint, progress: p})
	})
}

func (s *server) Migrate(r *pluginpb.MigrateRequest, stream grpc.ServerStreamingServer[pluginpb.Progress]) error {
	if s.p.Migrate == nil {
		return nil
	}
	return during(stream, func(p *progress) error {
		return s.p.Migrate(stream.Context(), &Migration{From: r.FromVersion, Back: r.Back, To: r.ToVersion,
			Host: s.host.Load().because(r.Cause), checkpoint: r.Checkpoint, progress: p})
	})
}

// JobOptions of a run.
type JobOptions struct {
	Key       string    // started once per key
	NotBefore time.Time // zero: at once
}

// JobRun says where a run stands.
type JobRun struct {
	ID, Job  string
	State    string // waiting, running, done, failed, cancelled
	Fraction float64
	Message  Texts
	Error    string
	Replayed bool // it was started before, under the same key
}

// StartJob starts a job of the plugin's own, on whichever node is first. It
// acts for whom h acts.
func (h *Host) StartJob(ctx context.Context, job string, args any, o JobOptions) (*JobRun, error) {
	raw, err := json.Marshal(args)
	if err != nil {
		return nil, fmt.Errorf("write the arguments of a job: %w", err)
	}
	r := &pluginpb.StartJob{Job: job, ArgsJson: raw, Key: o.Key}
	if !o.NotBefore.IsZero() {
		r.NotBeforeUnixMs = o.NotBefore.UnixMilli()
	}
	return jobRun(pluginpb.NewWorkClient(h.conn).Start(h.call(ctx), r))
}

// Job tells where a run stands.
func (h *Host) Job(ctx context.Context, run string) (*JobRun, error) {
	return jobRun(pluginpb.NewWorkClient(h.conn).Look(h.call(ctx), &pluginpb.JobRef{Run: run}))
}

// CancelJob asks for the end of a run.
func (h *Host) CancelJob(ctx context.Context, run string) (*JobRun, error) {
	return jobRun(pluginpb.NewWorkClient(h.conn).Cancel(h.call(ctx), &pluginpb.JobRef{Run: run}))
}

func jobRun(r *pluginpb.JobRun, err error) (*JobRun, error) {
	if err != nil {
		return nil, told(err)
	}
	return &JobRun{ID: r.Run, Job: r.Job, State: r.State, Fraction: r.Fraction, Message: r.Message, Error: r.Error, Replayed: r.Replayed}, nil
}
