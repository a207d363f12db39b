package api

import (
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// jobInfo is a job of a plugin.
type jobInfo struct {
	ID    string       `json:"id"`
	Label schema.Texts `json:"label"`
	Help  schema.Texts `json:"help,omitempty"`
	Every string       `json:"every,omitempty"`
	Next  time.Time    `json:"next_at,omitzero"`
}

func (k *call) jobsOf(m *manifest.Manifest) []jobInfo {
	out := []jobInfo{}
	if m == nil {
		return out
	}
	for _, j := range m.Jobs {
		info := jobInfo{ID: j.ID, Label: j.Label, Help: j.Help, Every: j.Every}
		if _, next, ok := j.Slot(k.api.o.Now()); ok {
			info.Next = next
		}
		out = append(out, info)
	}
	return out
}

// runInfo is one run of a job, its words in the caller's language.
type runInfo struct {
	Run       string        `json:"run"`
	Job       string        `json:"job"`
	State     jobs.State    `json:"state"` // waiting, running, done, failed, cancelled
	Fraction  float64       `json:"fraction"`
	Message   string        `json:"message,omitempty"`
	Error     string        `json:"error,omitempty"`
	Attempt   int           `json:"attempt"`
	StartedBy content.Actor `json:"started_by,omitzero"`
	CreatedAt time.Time     `json:"created_at"`
	NotBefore time.Time     `json:"not_before,omitzero"`
	StartedAt time.Time     `json:"started_at,omitzero"`
	EndedAt   time.Time     `json:"ended_at,omitzero"`
	Cancel    bool          `json:"cancel,omitempty"` // asked for
}

func (k *call) runInfo(r jobs.Run) runInfo {
	words := schema.Texts{}
	for l, text := range r.Message {
		words[content.Locale(l)] = text
	}
	return runInfo{Run: r.ID, Job: r.Job, State: r.State, Fraction: r.Fraction, Message: words.In(server.Locale(k.Ctx)), Error: r.Error,
		Attempt: r.Attempt, StartedBy: r.By, CreatedAt: r.CreatedAt, NotBefore: r.NotBefore, StartedAt: r.StartedAt, EndedAt: r.EndedAt, Cancel: r.Cancel}
}

type startBody struct {
	Job  string         `json:"job"`
	Args map[string]any `json:"args,omitempty"`
}

func (a *API) pluginJobRoutes() []route {
	const all, one = "/plugins/:plugin/jobs", "/plugins/:plugin/jobs/:run/actions/"
	managed := func(r route) route {
		r.verb, r.on = access.Manage, access.Plugins
		return r
	}
	act := func(name string, do func(k *call) (jobs.Run, error)) route {
		return managed(route{method: "POST", path: one + name, op: "plugins.job_" + name, bodyOptional: true, status: 200, answer: runInfo{},
			handle: func(k *call) error {
				if _, err := k.only(); err != nil {
					return err
				}
				if err := k.managesPlugins(); err != nil {
					return err
				}
				r, err := do(k)
				if err != nil {
					return err
				}
				return k.answer(-1, envelope{Data: k.runInfo(r)})
			}})
	}
	return []route{
		managed(route{method: "GET", path: all, op: "plugins.jobs", handle: listRuns, status: 200, answer: []runInfo{}}),
		{method: "POST", path: all, op: "plugins.job_start", handle: startJob, body: startBody{}, status: 201, answer: runInfo{}},
		act("cancel", func(k *call) (jobs.Run, error) {
			return k.api.o.Plugins.CancelJob(k.ctx, k.param("plugin"), k.param("run"))
		}),
		act("retry", func(k *call) (jobs.Run, error) {
			return k.api.o.Plugins.RetryJob(k.ctx, k.param("plugin"), k.param("run"))
		}),
	}
}

func listRuns(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.managesPlugins(); err != nil {
		return err
	}
	runs, err := k.api.o.Plugins.Jobs(k.ctx, k.param("plugin"), "")
	if err != nil {
		return err
	}
	out := make([]runInfo, len(runs))
	for i, r := range runs {
		out[i] = k.runInfo(r)
	}
	return k.answer(-1, envelope{Data: out})
}

// startJob starts a job: whoever manages plugins, or whoever the job's own
// access lets.
func startJob(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	var b startBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	var args json.RawMessage
	if b.Args != nil {
		raw, err := json.Marshal(b.Args)
		if err != nil {
			return err
		}
		args = raw
	}
	r, err := k.api.o.Plugins.StartJob(k.ctx, k.by, k.param("plugin"), b.Job, args)
	if err != nil {
		return err
	}
	k.Status(fiber.StatusCreated)
	return k.answer(-1, envelope{Data: k.runInfo(r)})
}
