package host

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/host/wire"
)

// labour does the plugin's jobs for as long as the same installation is there.
func (p *plug) labour() {
	for p.ctx.Err() == nil {
		want, _, changed := p.news()
		if want.ID == "" {
			p.wait(changed, nil, 0)
			continue
		}
		w := p.workerOf(want)
		ctx, cancel := context.WithCancel(p.ctx)
		p.ended.Go(func() { // ends with the labour
			defer cancel()
			for ctx.Err() == nil {
				now, _, changed := p.news()
				if now.ID != want.ID {
					return
				}
				w.Wake()
				select {
				case <-ctx.Done():
				case <-changed:
				}
			}
		})
		w.Run(ctx)
		cancel()
	}
}

// workerOf gives what does the jobs of an installation on this node.
func (p *plug) workerOf(want content.Plugin) *jobs.Worker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.worker == nil || p.workerID != want.ID {
		o := p.h.o
		p.worker = (&jobs.Worker{Book: jobs.NewBook(o.Bucket, wire.Folder(want.ID), o.Now), Plugin: p.name, Node: p.h.node,
			Plugins: p.h, Logger: o.Logger, Pace: o.Pace.Jobs, NewID: action.NewIDs(o.Now, o.Rand)}).Init()
		p.workerID = want.ID
	}
	return p.worker
}

func (h *Host) workerNamed(name string) (*plug, *jobs.Worker, error) {
	p := h.plug(name)
	if p == nil {
		return nil, nil, problem.Wrap(errNotHere, problem.NotFound, "plugin_missing", problem.Args{"id": wire.Clip(name, 60)})
	}
	want, _, _ := p.news()
	return p, p.workerOf(want), nil
}

// Jobs lists the runs of a plugin, newest first.
func (h *Host) Jobs(ctx context.Context, name string, state jobs.State) ([]jobs.Run, error) {
	_, w, err := h.workerNamed(name)
	if err != nil {
		return nil, err
	}
	return w.Book.List(ctx, state)
}

// StartJob begins a job for somebody who may.
func (h *Host) StartJob(ctx context.Context, by content.Actor, name, job string, args json.RawMessage) (jobs.Run, error) {
	p, w, err := h.workerNamed(name)
	if err != nil {
		return jobs.Run{}, err
	}
	_, m, _ := p.news()
	if m == nil || m.Job(job) == nil {
		return jobs.Run{}, problem.New(problem.NotFound, "job_missing", problem.Args{"job": wire.Clip(job, 60)})
	}
	if err := h.mayStart(ctx, by, m.Job(job).Access); err != nil {
		return jobs.Run{}, err
	}
	run, _, err := w.Book.Begin(ctx, jobs.Start{Job: job, Args: args, By: by}, w.NewID)
	w.Wake()
	return run, err
}

// mayStart refuses whoever neither manages plugins nor has what is needed.
func (h *Host) mayStart(ctx context.Context, by content.Actor, needed string) error {
	policy, err := h.policy(ctx, by)
	if err != nil {
		return err
	}
	if policy.May(access.Manage, access.Plugins) {
		return nil
	}
	if verb, collection, ok := strings.Cut(needed, ":"); ok && policy.May(access.Verb(verb), collection) {
		return nil
	}
	return problem.New(problem.Forbidden, "not_allowed", problem.Args{"verb": string(access.Manage), "collection": access.Plugins})
}

// CancelJob asks for the end of a run.
func (h *Host) CancelJob(ctx context.Context, name, run string) (jobs.Run, error) {
	_, w, err := h.workerNamed(name)
	if err != nil {
		return jobs.Run{}, err
	}
	out, err := w.Book.Cancel(ctx, run)
	if err == nil {
		w.Hurry(run)
	}
	return out, err
}

// RetryJob begins a run again that failed or was cancelled.
func (h *Host) RetryJob(ctx context.Context, name, run string) (jobs.Run, error) {
	_, w, err := h.workerNamed(name)
	if err != nil {
		return jobs.Run{}, err
	}
	defer w.Wake()
	return w.Book.Retry(ctx, run)
}
