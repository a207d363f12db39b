package jobs

import (
	"context"
	"time"

	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// server lets a plugin start its own jobs.
type server struct {
	pluginpb.UnimplementedWorkServer
	w      *Worker
	m      *manifest.Manifest
	acting asked.Acting
}

// Service lets the plugin start, watch and cancel its own jobs.
func (w *Worker) Service(m *manifest.Manifest) asked.Service {
	return func(to grpc.ServiceRegistrar, acting asked.Acting) {
		pluginpb.RegisterWorkServer(to, &server{w: w, m: m, acting: acting})
	}
}

// MaxDepth bounds jobs that start jobs, and answers to answers.
const MaxDepth = 8

// Start writes a run down. It acts for whoever the plugin acts for.
func (s *server) Start(ctx context.Context, r *pluginpb.StartJob) (*pluginpb.JobRun, error) {
	who, err := s.acting(ctx)
	if err != nil {
		return nil, err
	}
	if s.m.Job(r.Job) == nil {
		return nil, problem.New(problem.NotFound, "job_missing", problem.Args{"job": r.Job[:min(len(r.Job), 60)]})
	}
	if who.Depth > MaxDepth {
		return nil, problem.New(problem.Conflict, "plugin_loop", problem.Args{"limit": MaxDepth})
	}
	start := Start{Job: r.Job, Args: r.ArgsJson, Key: r.Key, By: who.By, Depth: who.Depth}
	if r.NotBeforeUnixMs > 0 {
		start.NotBefore = time.UnixMilli(r.NotBeforeUnixMs)
	}
	run, replayed, err := s.w.Book.Begin(ctx, start, s.w.NewID)
	if err != nil {
		return nil, err
	}
	s.w.Wake()
	out := told(run)
	out.Replayed = replayed
	return out, nil
}

// Look reads a run.
func (s *server) Look(ctx context.Context, r *pluginpb.JobRef) (*pluginpb.JobRun, error) {
	run, err := s.w.Book.Find(ctx, r.Run)
	if err != nil {
		return nil, err
	}
	return told(run), nil
}

// Cancel asks for the end of a run.
func (s *server) Cancel(ctx context.Context, r *pluginpb.JobRef) (*pluginpb.JobRun, error) {
	run, err := s.w.Book.Cancel(ctx, r.Run)
	if err != nil {
		return nil, err
	}
	s.w.Hurry(r.Run)
	return told(run), nil
}

func told(r Run) *pluginpb.JobRun {
	return &pluginpb.JobRun{Run: r.ID, Job: r.Job, State: string(r.State), Fraction: r.Fraction, Message: r.Message, Error: r.Error}
}
