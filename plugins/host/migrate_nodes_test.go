//go:build unix

package host

import (
	"context"
	"sync"
	"testing"
)

// beside runs a second host, on the node of another data folder.
func (s *site) beside() (h *Host, stop func()) {
	s.t.Helper()
	o := s.host.o
	o.Dir, o.Gate = s.t.TempDir(), &Gate{}
	h, err := New(o)
	s.must(err)
	hosting, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { // until stop
		defer close(ended)
		_ = h.Run(hosting)
	}()
	stop = sync.OnceFunc(func() { end(); <-ended })
	s.t.Cleanup(stop)
	return h, stop
}

// Two nodes are told of a version that migrates at the same moment: one of them
// does the work, once, and both run the version after it. When its node goes in
// the middle, the other one goes on from the checkpoint.
func TestTwoNodesMigrate(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Bundled = nil })
	s.runVersion("1.0.0")
	other, stopOther := s.beside()
	status := func(h *Host) Status { st, _ := h.Status("probe"); return st }
	s.until("both run", func() bool { return status(other).State == Running })
	_, err := s.Install(t.Context(), robot, probeVersion(t, "2.0.0", `"jobs": [`, migrates))
	s.must(err)
	var woken sync.WaitGroup
	for _, h := range []*Host{s.host, other} {
		woken.Go(h.Wake)
	}
	woken.Wait()
	p := s.host.plug("probe")
	want, _, _ := p.news()
	var node string
	s.until("one of them is at it", func() bool {
		r, _, err := p.ledger(want).Read(t.Context())
		s.must(err)
		node = r.Node
		return r.Busy && string(r.Checkpoint) == "2"
	})
	for _, h := range []*Host{s.host, other} {
		if v := status(h).Version; v != "1.0.0" {
			t.Errorf("%s answers before what is kept is migrated", v)
		}
	}
	stop, waits := s.stop, other
	if node == other.node {
		stop, waits = stopOther, s.host
	}
	stop() // in good order: the work is given back
	s.until("the other one has done it", func() bool { return status(waits).Version == "2.0.0" })
	for _, step := range []string{"from 1.0.0: 0", "from 1.0.0: 1", "from 1.0.0: 2"} {
		if n := s.value(step); n != 1 {
			t.Errorf("%s was done %d times", step, n)
		}
	}
}
