//go:build unix

package host

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/relay"
)

// probeVersion is a bundle of the probe: the test binary is its interpreter,
// and serves the manifest that is in it.
func probeVersion(t *testing.T, version string, changes ...string) []byte {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := strings.Replace(string(probeManifest), `"version": "1.0.0"`,
		fmt.Sprintf(`"version": %q, "run": {"any": {"interpreter": %q, "file": "plugin.json"}}`, version, exe), 1)
	m = strings.NewReplacer(changes...).Replace(m)
	return tarOf(t, map[string][]byte{"plugin.json": []byte(m)})
}

// runVersion installs a version, agrees to it if that is needed, and waits
// until it runs.
func (s *site) runVersion(version string, changes ...string) {
	s.t.Helper()
	in, err := s.Install(s.t.Context(), robot, probeVersion(s.t, version, changes...))
	s.must(err)
	if in.Pending != nil {
		_, err = s.Approve(s.t.Context(), robot, "probe", version)
		s.must(err)
	}
	s.host.Wake()
	s.until(version+" runs", func() bool { return s.status().State == Running && s.status().Version == version })
}

// who asks the probe who is asking.
func (s *site) who(by content.Actor) (string, error) {
	route, err := s.host.Route(s.t.Context(), "probe", "GET", "/who", by)
	if err != nil {
		return "", err
	}
	answer, err := s.host.Forward(s.t.Context(), route, Request{Method: "GET", Path: "/who", By: by})
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.Status != 200 {
		err = fmt.Errorf("status %d: %s", answer.Status, body)
	}
	return string(body), err
}

// Upgrades and going back, while others use the plugin: not one request fails,
// and not one commit goes unchecked. RECUEIL_UPGRADES sets their number.
func TestUpgradesFailNoRequest(t *testing.T) {
	upgrades := 3
	if n, err := strconv.Atoi(os.Getenv("RECUEIL_UPGRADES")); err == nil {
		upgrades = n
	}
	s := newSite(t, func(o *Options) { o.Bundled = nil })
	s.runVersion("1.0.0")
	var users sync.WaitGroup
	var asked, saved, failed atomic.Int64
	stop := make(chan struct{})
	for i := range 4 {
		users.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				var err error
				if i == 0 {
					_, err = s.create("probe", fmt.Sprintf("number %d", n))
					saved.Add(1)
				} else {
					_, err = s.who(content.Actor{})
					asked.Add(1)
				}
				if err != nil {
					failed.Add(1)
					t.Errorf("a request failed: %v", err)
				}
			}
		})
	}
	begun := time.Now()
	for i := 1; i <= upgrades; i++ {
		s.runVersion(fmt.Sprintf("1.%d.0", i))
	}
	_, err := s.RollBack(t.Context(), robot, "probe")
	s.must(err)
	s.until("the version before runs", func() bool { return s.status().Version == fmt.Sprintf("1.%d.0", upgrades-1) })
	took := time.Since(begun)
	close(stop)
	users.Wait()
	t.Logf("%d upgrades and one back in %v: %d requests and %d commits, %d failed", upgrades, took.Round(time.Millisecond), asked.Load(), saved.Load(), failed.Load())
	if n := s.status().Figures.Unchecked; n > 0 || asked.Load() == 0 || saved.Load() == 0 {
		t.Errorf("%d commits went unchecked; %d requests, %d commits", n, asked.Load(), saved.Load())
	}
}

// Somebody else's process cannot use a plugin's routes.
func TestWhoMayCall(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	got, err := s.who(content.Actor{})
	if err != nil || !strings.Contains(got, `"Kind":"visitor"`) {
		t.Errorf("%s %v", got, err)
	}
	in := s.host.plug("probe").running.Load()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://plugin/who", nil)
	s.must(err)
	bare, err := relay.Transport(in.httpSocket(), 1).RoundTrip(request)
	s.must(err)
	defer bare.Body.Close()
	if bare.StatusCode != 403 {
		t.Errorf("without the secret: %d", bare.StatusCode)
	}
}

// A read that meets a process at its end is tried again on the next one.
func TestReadsOutliveAProcess(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	for range 3 {
		s.must(syscall.Kill(s.status().PID, syscall.SIGKILL))
		if _, err := s.who(content.Actor{}); err != nil {
			t.Error(err)
		}
		s.until("it runs", func() bool { return s.status().State == Running })
	}
}

// A page that was never shown waits for the process that is being started, also
// when a page of the site has asked for another part of the plugin meanwhile.
func TestPagesWaitForAProcess(t *testing.T) {
	s := newSite(t, nil)
	select {
	case <-s.host.Looked():
	case <-t.Context().Done():
	}
	s.run()
	for _, locale := range []content.Locale{"fr", "ar", "en"} {
		s.must(syscall.Kill(s.status().PID, syscall.SIGKILL))
		if got, err := s.host.Render(t.Context(), locale, []slot.Item{{Key: "b", Block: "probe/some"}}); err != nil {
			t.Errorf("%+v %v", got, err)
		}
		got, err := s.host.Render(t.Context(), locale, []slot.Item{{Key: "p", Page: "probe/all"}})
		if err != nil || len(got) != 1 || got[0].Stale || got[0].Title != "in "+string(locale) {
			t.Errorf("%+v %v", got, err)
		}
		s.until("it runs", func() bool { return s.status().State == Running })
	}
}

// What is saved while a process has just ended is checked by the next one, and
// not refused.
func TestSavesOutliveAProcess(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	for i := range 3 {
		s.must(syscall.Kill(s.status().PID, syscall.SIGKILL))
		id, err := s.create("probe", "patch")
		s.must(err)
		if mark, _ := s.entry(id).Working("")["mark"].(string); !strings.HasPrefix(mark, "seen") {
			t.Errorf("save %d: %v", i, mark)
		}
		s.until("it runs", func() bool { return s.status().State == Running })
	}
	if n := s.status().Figures.Unchecked; n > 0 {
		t.Errorf("%d commits went unchecked", n)
	}
}
