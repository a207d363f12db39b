//go:build unix

package host

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

const migrates = `"migrate": {"back": true}, "jobs": [`

// A version that migrates takes over after that, while the one before answers;
// a process that is killed in the middle goes on from its checkpoint; going
// back undoes it. Not one request fails.
func TestMigration(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Bundled = nil })
	s.runVersion("1.0.0")
	in, err := s.Install(t.Context(), robot, probeVersion(t, "2.0.0", `"jobs": [`, migrates))
	s.must(err)
	if in.Current.Version != "2.0.0" {
		t.Fatalf("%+v", in)
	}
	s.host.Wake()
	var users sync.WaitGroup
	var asked atomic.Int64
	stop := make(chan struct{})
	leave := sync.OnceFunc(func() { close(stop); users.Wait() })
	defer leave() // also when the test ends early
	for range 2 {
		users.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.who(content.Actor{}); err != nil {
					t.Errorf("a request failed: %v", err)
				}
				asked.Add(1)
			}
		})
	}
	p := s.host.plug("probe")
	want, _, _ := p.news()
	at := func() string {
		r, _, err := p.ledger(want).Read(t.Context())
		s.must(err)
		return string(r.Checkpoint)
	}
	s.until("a checkpoint is kept", func() bool { return at() == "2" })
	before := asked.Load()
	s.until("the version before answers", func() bool { return asked.Load() > before+5 })
	if v := s.status().Version; v != "1.0.0" {
		t.Errorf("%s answers before what is kept is migrated", v)
	}
	// The process that migrates is a child that no status tells of.
	s.must(syscall.Kill(s.migrating(), syscall.SIGKILL))
	s.until("the new version runs", func() bool { return s.status().Version == "2.0.0" })
	if n := s.status().Restarts; n != 1 {
		t.Errorf("started again %d times", n)
	}
	for _, step := range []string{"from 1.0.0: 0", "from 1.0.0: 1", "from 1.0.0: 2"} {
		if n := s.value(step); n != 1 {
			t.Errorf("%s was done %d times", step, n)
		}
	}
	_, err = s.RollBack(t.Context(), robot, "probe")
	s.must(err)
	s.until("the version before runs", func() bool { return s.status().Version == "1.0.0" })
	if n := s.value("back to 1.0.0"); n != 1 {
		t.Errorf("it was undone %d times", n)
	}
	leave()
	if asked.Load() == 0 {
		t.Error("nobody asked")
	}
}

// A version is undone only when one goes back from it: not when another comes
// after it, and also when it does not run any more. When that fails it stays.
func TestGoingBack(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Bundled, o.Pace.Falls, o.Pace.Rests = nil, 2, []time.Duration{} })
	s.runVersion("1.0.0")
	set := func(key, value string) {
		t.Helper()
		_, err := s.values().Put(t.Context(), &pluginpb.StatePut{Key: key, Value: []byte(value)})
		s.must(err)
	}
	set("released", "true")
	s.runVersion("2.0.0", `"jobs": [`, migrates)
	s.runVersion("3.0.0", `"jobs": [`, migrates)
	if n, m := s.value("back to 3.0.0"), s.value("from 2.0.0: 2"); n != 0 || m != 1 {
		t.Errorf("on the way from 2.0.0 to 3.0.0: undone %d times, done %d times", n, m)
	}
	set("stubborn", "true")
	_, err := s.RollBack(t.Context(), robot, "probe")
	s.must(err)
	s.until("it is told that it cannot be undone", func() bool { c := s.status().Cause; return c != nil && c.Code == "migrate" })
	if st := s.status(); st.Version != "3.0.0" || st.State != Running {
		t.Errorf("%s of %s", st.State, st.Version)
	}
	set("stubborn", "false")
	s.must(s.host.Restart("probe"))
	s.until("2.0.0 runs", func() bool { return s.status().State == Running && s.status().Version == "2.0.0" })
	if n := s.value("back to 2.0.0"); n != 1 {
		t.Errorf("undone %d times", n)
	}
	// Down for good, it is started once more to undo what it did.
	s.until("it stays down", func() bool {
		_, _ = s.create("notes", "exit")
		return s.status().State == Halted
	})
	_, err = s.Install(t.Context(), robot, probeVersion(t, "1.5.0"))
	s.must(err)
	s.host.Wake()
	s.until("1.5.0 runs", func() bool { return s.status().State == Running && s.status().Version == "1.5.0" })
	if n := s.value("back to 1.5.0"); n != 1 {
		t.Errorf("undone %d times", n)
	}
}

// migrating is the process that migrates; 0: none does.
func (s *site) migrating() int {
	p := s.host.plug("probe")
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == nil {
		return 0
	}
	return p.next.pid
}
