//go:build unix

package host

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/lines"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func TestHook(t *testing.T) {
	t.Setenv("MINIO_SECRET", "hush")
	s := newSite(t, nil)
	s.run()
	id, err := s.create("probe", "patch")
	s.must(err)
	if got := s.entry(id).Working("fr")["mark"]; got != "seen," {
		t.Errorf("the patch gave %q", got)
	}
	_, err = s.create("probe", "refuse")
	p, _ := errors.AsType[*problem.Error](err)
	if p == nil || p.Code != "plugin_refuses" || p.Kind != problem.Invalid || p.Fields[0].Pointer != "/title" {
		t.Fatalf("refused with %v", err)
	}
	if text := s.host.o.Texts.Text("fr", p.Fields[0].Code, p.Fields[0].Args); !strings.Contains(text, "Pas ce titre.") {
		t.Error(text)
	}
	// What the plugin gets wrong refuses in its own collection, and is passed
	// over elsewhere.
	for i, title := range []string{"overreach", "panic", "huge"} {
		if _, err = s.create("probe", title); problem.CodeOf(err) != "hook_silent" {
			t.Errorf("%s: %v", title, err)
		}
		id, err = s.create("notes", title)
		s.must(err)
		if got := s.entry(id).Working("fr")["title"]; got != title {
			t.Errorf("%s became %q", title, got)
		}
		if n := s.status().Figures.Unchecked; n != uint64(2*(i+1)) {
			t.Errorf("%s: %d commits count as unchecked", title, n)
		}
	}
	if s.status().Restarts != 0 {
		t.Errorf("%+v", s.status())
	}
}

// A hook that does not answer in time delays its commit by that time.
func TestSlowHook(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Pace.Hook, o.Pace.Call = 0, 0 })
	s.run()
	if _, err := s.create("probe", "slow"); problem.CodeOf(err) != "hook_silent" {
		t.Error(err)
	}
	_, err := s.create("notes", "slow")
	s.must(err)
}

// A process that ends or stands still is replaced. A commit that ends two of
// them is decided by the manifest.
func TestFall(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Pace.Health = 500 * time.Millisecond })
	s.run()
	_, err := s.create("probe", "exit")
	if problem.CodeOf(err) != "hook_silent" {
		t.Error(err)
	}
	_, err = s.create("probe", "well") // by the process that comes after the second one that ended
	s.must(err)
	stopped := s.status().PID
	s.must(syscall.Kill(stopped, syscall.SIGSTOP))
	s.until("it was killed and started again", func() bool { return s.status().PID != stopped && s.status().State == Running })
	s.until("it works", func() bool { _, err := s.create("probe", "well"); return err == nil })
	var noted []string
	for _, l := range s.status().Last {
		if l.Host {
			noted = append(noted, l.Text)
		}
	}
	all := strings.Join(noted, "\n")
	if !strings.Contains(all, "exit: exit status 7") || !strings.Contains(all, "hung: ") {
		t.Errorf("the log does not tell why:\n%s", all)
	}
}

// After too many falls a plugin rests, and after the last rest it stays down
// until somebody looks; the cause is there.
func TestBreaker(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Pace.Falls, o.Pace.Rests = 2, []time.Duration{time.Millisecond} })
	s.run()
	s.until("it stays down", func() bool {
		_, _ = s.create("notes", "exit")
		return s.status().State == Halted
	})
	if c := s.status().Cause; c == nil || c.Code != "exit" || c.Detail != "exit status 7" {
		t.Errorf("cause %+v", c)
	}
	_, err := s.create("notes", "goes on") // the site does
	s.must(err)
	s.must(s.host.Restart("probe"))
	s.until("it runs again", func() bool { return s.status().State == Running })
}

// Everything comes once more at most, in order, whatever falls in between.
func TestEvents(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	s.until("the cursor is there", func() bool { return s.status().Told > 0 })
	titles := []string{"one", "hiccup", "exit event", "answer", "poison", "last"}
	for _, title := range titles {
		_, err := s.create("notes", title)
		s.must(err)
	}
	s.until("all but the poison came", func() bool { return len(s.delivered()) >= len(titles)-1 && s.status().Figures.DeadLetters == 1 })
	last := ""
	for _, line := range s.delivered() {
		seq, _, _ := strings.Cut(line, " ")
		if len(seq) < len(last) || len(seq) == len(last) && seq < last {
			// A batch that failed in its middle comes again as a whole.
			t.Logf("again: %s after %s", seq, last)
		}
		last = seq
	}
	// Its own answer is in the history, with what led to it; it is not told of
	// it, and so does not answer itself.
	for r, err := range s.log.Records(t.Context(), 0) {
		s.must(err)
		for _, c := range r.Values {
			if c.Actor.Kind == "plugin" && (c.Depth != 1 || c.Action != "entry.save") {
				t.Errorf("%+v", c)
			}
		}
	}
	// A host that starts anew goes on where the last one was.
	s.stop()
	before := len(s.delivered())
	_, err := s.create("notes", "while away")
	s.must(err)
	t.Run("goes on", func(t *testing.T) {
		next := siteOn(t, s.bucket, s.host.o.Dir, nil)
		next.until("it goes on", func() bool { return len(next.delivered()) > before })
	})
}

// Nobody but the program itself starts its bundled plugins, and a plugin
// starts none.
func TestOnlyTheProgramRunsBundled(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Program = "" })
	in, err := s.InstallBundled(t.Context(), robot, "probe")
	s.must(err)
	_, err = s.Approve(t.Context(), robot, "probe", in.Plugin.Pending.Version)
	s.must(err)
	s.until("it does not run", func() bool { c := s.status().Cause; return c != nil && c.Code == "not_the_program" })
	t.Setenv(sdk.CookieKey, sdk.CookieValue)
	if _, err := New(Options{}); !errors.Is(err, ErrPlugin) {
		t.Error(err)
	}
}

func TestSettings(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	for raw, want := range map[string]string{`{"mood":"glad"}`: "", `{"mood":"sad"}`: "settings_invalid", `{"x":1}`: "settings_invalid", `{"mood":"grim"}`: "settings_invalid"} {
		err := s.host.Check(t.Context(), "probe", []byte(raw), nil)
		if err == nil {
			_, err = s.Configure(t.Context(), robot, "probe", []byte(raw), nil, nil)
		}
		if err == nil && want != "" || err != nil && problem.CodeOf(err) != want {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

// A bundle is installed from a file; a version that asks for more waits while
// the one before it goes on; going back is possible.
func TestInstallFromFile(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Bundled = nil })
	bundle := func(version, more string) []byte {
		m := strings.Replace(string(probeManifest), `"version": "1.0.0"`, `"version": "`+version+`", "run": {"any": {"interpreter": "/bin/sh", "file": "bin/probe"}}`+more, 1)
		return tarOf(t, map[string][]byte{"plugin.json": []byte(m), "bin/probe": []byte("echo noise; echo a last word >&2; exit 3")})
	}
	_, err := s.Install(t.Context(), robot, tarOf(t, map[string][]byte{"plugin.json": []byte(`{"name":"X"}`)}))
	if problem.CodeOf(err) != "manifest_invalid" {
		t.Errorf("%v", err)
	}
	if _, err = s.Install(t.Context(), robot, tarOf(t, map[string][]byte{"../plugin.json": probeManifest})); problem.CodeOf(err) != "bundle_invalid" {
		t.Errorf("%v", err)
	}
	in, err := s.Install(t.Context(), robot, bundle("1.0.0", ""))
	s.must(err)
	if len(in.Asks()) == 0 || in.Current != nil {
		t.Fatalf("%+v", in)
	}
	_, err = s.Approve(t.Context(), robot, "probe", "1.0.0")
	s.must(err)
	// What was installed makes noise instead of a handshake; its last words and
	// its end are there to be read.
	s.until("the noise is noticed", func() bool {
		c := s.status().Cause
		return c != nil && (c.Code == "start" || c.Code == "start_exit") &&
			slices.ContainsFunc(s.status().Last, func(l lines.Line) bool { return l.Text == "a last word" })
	})
	in, err = s.Install(t.Context(), robot, bundle("1.1.0", ""))
	s.must(err)
	if in.Current.Version != "1.1.0" || in.Previous.Version != "1.0.0" || in.Pending != nil {
		t.Errorf("a version that asks for nothing new: %+v", in)
	}
	in, err = s.Install(t.Context(), robot, bundle("1.2.0", `, "alone": {"why": {"fr": "x"}}`))
	s.must(err)
	if in.Current.Version != "1.1.0" || in.Plugin.Pending.Version != "1.2.0" {
		t.Errorf("a version that asks for more: %+v", in)
	}
	if _, err = s.Install(t.Context(), robot, bundle("1.1.0", `, "help": {"fr": "autre"}`)); problem.CodeOf(err) != "plugin_version_taken" {
		t.Errorf("%v", err)
	}
	in, err = s.RollBack(t.Context(), robot, "probe")
	s.must(err)
	if in.Current.Version != "1.0.0" {
		t.Errorf("%+v", in)
	}
	s.must(s.Remove(t.Context(), robot, "probe"))
	s.until("it is gone", func() bool { _, ok := s.host.Status("probe"); return !ok })
}

// The last calls of a plugin are shown in their order, however many there were.
func TestLastCalls(t *testing.T) {
	p := &plug{h: &Host{}, surfaces: newSurfaces()}
	for n := range 2*maxCalls + 3 {
		p.note(wire.Hook, fmt.Sprint(n), time.Now(), time.Second, nil)
		got := p.lastCalls()
		if len(got) != min(n+1, maxCalls) || got[len(got)-1].What != fmt.Sprint(n) || got[0].What != fmt.Sprint(max(0, n+1-maxCalls)) {
			t.Fatalf("after %d: %d from %s to %s", n+1, len(got), got[0].What, got[len(got)-1].What)
		}
	}
}
