//go:build unix

package host

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// job starts a job as somebody who manages plugins.
func (s *site) job(name, args string) jobs.Run {
	s.t.Helper()
	run, err := s.host.StartJob(s.t.Context(), robot, "probe", name, []byte(args))
	s.must(err)
	return run
}

// run reads a run.
func (s *site) jobRun(id string) jobs.Run {
	s.t.Helper()
	_, w, err := s.host.workerNamed("probe")
	s.must(err)
	run, err := w.Book.Find(s.t.Context(), id)
	s.must(err)
	return run
}

func (s *site) release() {
	s.t.Helper()
	_, err := s.values().Put(s.t.Context(), &pluginpb.StatePut{Key: "released", Value: []byte("true")})
	s.must(err)
}

func TestJobRuns(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	s.release()
	run := s.job("steps", `{"n":1}`)
	s.until("it is done", func() bool { return s.jobRun(run.ID).State == jobs.Done })
	if r := s.jobRun(run.ID); r.Fraction != 1 || r.Message["en"] != "step 2" || r.Attempt != 1 || r.Node != "" {
		t.Errorf("%+v", r)
	}
	failed := s.job("fail", "")
	s.until("it failed for good", func() bool { return s.jobRun(failed.ID).State == jobs.Failed })
	if r := s.jobRun(failed.ID); r.Attempt != 1 || !strings.Contains(r.Error, "no way") {
		t.Errorf("%+v", r)
	}
	if _, err := s.host.RetryJob(t.Context(), "probe", run.ID); problem.CodeOf(err) != "job_not_failed" {
		t.Error(err)
	}
	if _, err := s.host.StartJob(t.Context(), robot, "probe", "dance", nil); problem.CodeOf(err) != "job_missing" {
		t.Error(err)
	}
	all, err := s.host.Jobs(t.Context(), "probe", jobs.Failed)
	if err != nil || len(all) != 1 || all[0].ID != failed.ID {
		t.Errorf("%+v %v", all, err)
	}
}

// A run whose process is killed in its middle goes on from its checkpoint.
func TestJobOutlivesItsProcess(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	run := s.job("steps", "")
	s.until("its checkpoint is kept", func() bool { return string(s.jobRun(run.ID).Checkpoint) == "2" })
	s.must(syscall.Kill(s.status().PID, syscall.SIGKILL))
	s.until("it was begun again, or waits to be", func() bool { r := s.jobRun(run.ID); return r.Attempt == 2 || r.State == jobs.Waiting })
	s.release()
	s.until("it is done", func() bool { return s.jobRun(run.ID).State == jobs.Done })
	for step, want := range map[string]int{"step 0": 1, "step 1": 1, "step 2": 1} {
		if n := s.value(step); n != want {
			t.Errorf("%s was done %d times", step, n)
		}
	}
	if r := s.jobRun(run.ID); r.Attempt < 2 {
		t.Errorf("%+v", r)
	}
}

// A new version takes a run over at its checkpoint; that is no failed try.
func TestJobOutlivesAnUpgrade(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Bundled = nil })
	s.runVersion("1.0.0")
	run := s.job("steps", "")
	s.until("its checkpoint is kept", func() bool { return string(s.jobRun(run.ID).Checkpoint) == "2" })
	s.runVersion("1.1.0")
	s.release()
	s.until("it is done", func() bool { return s.jobRun(run.ID).State == jobs.Done })
	if r := s.jobRun(run.ID); r.Attempt != 1 || s.value("step 0") != 1 || s.value("step 2") != 1 {
		t.Errorf("%+v", r)
	}
}

// Also the end of a node gives its runs back, and its next start goes on.
func TestJobOutlivesItsNode(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	run := s.job("steps", "")
	s.until("its checkpoint is kept", func() bool { return string(s.jobRun(run.ID).Checkpoint) == "2" })
	s.stop()
	s.release()
	t.Run("goes on", func(t *testing.T) {
		next := siteOn(t, s.bucket, s.host.o.Dir, nil)
		next.until("the plugin is known", func() bool { return next.host.plug("probe") != nil })
		next.until("it is done", func() bool { return next.jobRun(run.ID).State == jobs.Done })
		if r := next.jobRun(run.ID); r.Attempt != 1 || next.value("step 1") != 1 {
			t.Errorf("%+v", r)
		}
	})
}

func TestJobIsCancelled(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	run := s.job("wait", "")
	s.until("it runs", func() bool { return s.jobRun(run.ID).State == jobs.Running })
	_, err := s.host.CancelJob(t.Context(), "probe", run.ID)
	s.must(err)
	s.until("it is cancelled", func() bool { return s.jobRun(run.ID).State == jobs.Cancelled })
	if _, err := s.host.CancelJob(t.Context(), "probe", run.ID); problem.CodeOf(err) != "job_over" {
		t.Error(err)
	}
}

// What the clock starts runs once, however many nodes there are.
func TestJobOfTheClockRunsOnce(t *testing.T) {
	// A period after the installation it is due, on both nodes.
	later := func(o *Options) {
		o.Bundled, o.Now = nil, func() time.Time { return time.Now().Add(9999 * 24 * time.Hour) }
	}
	s := newSite(t, later)
	s.runVersion("1.0.0", `"jobs": [`, `"jobs": [{"id": "tick", "label": {"en": "Tick"}, "every": "9999d"}, `)
	other := siteOn(t, s.bucket, t.TempDir(), later)
	other.until("it runs there, too", func() bool { return other.status().State == Running })
	var ticks []jobs.Run
	s.until("it is done", func() bool {
		all, err := s.host.Jobs(t.Context(), "probe", "")
		s.must(err)
		ticks = all
		return len(all) > 0 && all[0].State == jobs.Done
	})
	// Both look again, and find it done.
	for _, x := range []*site{s, other} {
		_, w, err := x.host.workerNamed("probe")
		s.must(err)
		m, ok := x.host.Plugin("probe")
		if !ok {
			t.Fatal("the plugin is not to run")
		}
		s.must(w.Look(t.Context(), m))
	}
	all, err := other.host.Jobs(t.Context(), "probe", "")
	s.must(err)
	if len(all) != 1 || len(ticks) != 1 || s.value("tick") != 1 {
		t.Errorf("%d runs, the work was done %d times", len(all), s.value("tick"))
	}
}
