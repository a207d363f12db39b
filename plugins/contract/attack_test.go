//go:build unix

package contract_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/contract"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// hostile is a plugin whose one route does what it is told to.
func hostile(raw []byte) sdk.Plugin {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		arg := r.URL.Query().Get("arg")
		switch r.PathValue("id") {
		case "commit":
			var b sdk.Batch
			last, id, _ := strings.Cut(arg, ":")
			b.Create("tried", id, sdk.Locales{"fr": {"title": id}}, false)
			b.Save(id, 0, sdk.Locales{"fr": {"title": id}})
			if b.Expect(id, 0); last == "trash" {
				b.Trash(id, 0)
			}
			done, err := sdk.From(r).Host.Alone().Commit(r.Context(), &b, sdk.Options{})
			fmt.Fprintf(w, "made %d %v", len(done), err)
		case "env":
			fmt.Fprint(w, strings.Join(os.Environ(), "\n"))
		case "read":
			b, err := os.ReadFile(arg)
			fmt.Fprintf(w, "%s %v", b, err)
		case "list":
			all, err := os.ReadDir(arg)
			fmt.Fprintf(w, "%v %v", all, err)
		case "dial":
			c, err := (&net.Dialer{Timeout: 5 * time.Second}).Dial("tcp", arg)
			if err == nil {
				c.Close()
			}
			fmt.Fprintf(w, "dialled %v", err)
		case "bomb":
			var all [][]byte
			for {
				all = append(all, slices.Repeat([]byte{1}, 1<<20))
				runtime.KeepAlive(all)
			}
		case "fork": // the child holds the pipes
			c := exec.Command("/bin/sleep", arg)
			c.Stdout, c.Stderr = os.Stdout, os.Stderr
			if err := c.Start(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			os.Exit(3)
		case "flood":
			for range 64 {
				if _, err := w.Write(slices.Repeat([]byte{'x'}, 1<<20)); err != nil {
					return
				}
			}
		default:
			fmt.Fprint(w, "well")
		}
	})
	return sdk.Plugin{Manifest: raw, Routes: mux,
		BeforeCommit: func(context.Context, *sdk.Commit) error { return nil },
		Events:       func(context.Context, *sdk.Host, []sdk.Event) error { return nil }}
}

// victim is a site that runs the hostile plugin.
type victim struct {
	*testing.T
	site *contract.Site
}

func (v *victim) status() host.Status {
	s, _ := v.site.Host.Status("tried")
	return s
}

// until waits for something that has to happen.
func (v *victim) until(what string, holds func() bool) {
	v.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			v.Fatalf("waited in vain: %s; %s, %v", what, v.status().State, v.status().Cause)
		}
	}
}

// runs waits until another process than the one before runs, and answers.
func (v *victim) runs(before int) int {
	v.Helper()
	v.until("it runs", func() bool {
		s := v.status()
		if s.State != host.Running || s.PID == before {
			return false
		}
		body, err := v.act("well", "")
		return err == nil && strings.Contains(body, "well")
	})
	return v.status().PID
}

// open sends the plugin a request, and gives the body of the answer.
func (v *victim) open(ctx context.Context, act, arg string) (io.ReadCloser, error) {
	route, err := v.site.Host.Route(ctx, "tried", "GET", "/things/"+act, content.Actor{})
	if err != nil {
		return nil, err
	}
	answer, err := v.site.Host.Forward(ctx, route, host.Request{Method: "GET", Path: "/things/" + act, Query: url.Values{"arg": {arg}}.Encode(), Header: http.Header{}})
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

func (v *victim) act(act, arg string) (string, error) {
	body, err := v.open(v.Context(), act, arg)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(body)
	return string(raw), errors.Join(err, body.Close())
}

// attack lets a plugin of any language do its worst, as a process of its own.
func attack(t *testing.T, bundle []byte) {
	t.Setenv("MINIO_SECRET", "hush")
	admin := content.Actor{Kind: content.ActorSystem, ID: "test"}
	site, err := open(t)(t.Context(), func(o *host.Options) {
		o.Pace.Look, o.Pace.Again, o.Pace.Most, o.Pace.Falls = 5*time.Millisecond, time.Millisecond, 10*time.Millisecond, 1000
		o.Pace.Start, o.Pace.Answer = time.Minute, time.Minute
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	v := &victim{T: t, site: site}
	if _, err := site.Installer.Install(t.Context(), admin, bundle); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Installer.Approve(t.Context(), admin, "tried", "1.0.0"); err != nil {
		t.Fatal(err)
	}
	site.Host.Wake()
	pid := v.runs(0)
	v.looksAround()
	v.commits()
	v.flood(pid)
	pid = v.falls(pid)
	v.standsStill(pid)
}

// ownFolder finds the folder of a plugin in its environment, as lines or as JSON.
var ownFolder = regexp.MustCompile(`TMPDIR(?:=|": ?")([^"\n]+)`)

// looksAround reaches for what is none of a plugin's business.
func (v *victim) looksAround() {
	v.Helper()
	env, err := v.act("env", "")
	if err != nil || strings.Contains(env, "hush") || strings.Contains(env, "MINIO") {
		v.Errorf("the environment of the host leaks: %v\n%s", err, env)
	}
	confined := v.status().Confined
	v.Logf("confined: %s", confined)
	foreign := filepath.Join(v.TempDir(), "foreign")
	if err := os.WriteFile(foreign, []byte("secret"), 0o644); err != nil {
		v.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		v.Fatal(err)
	}
	defer ln.Close()
	named := ownFolder.FindStringSubmatch(env)
	if named == nil {
		v.Fatalf("no TMPDIR in %q", env)
	}
	sockets := named[1]
	for _, c := range []struct {
		act, arg, gives string
		levels          []string
	}{
		// The sockets of other plugins are beside its own, in folders whose names
		// are drawn and cannot be listed.
		{"list", filepath.Dir(sockets), "ermission denied", []string{"fenced", "jailed"}},
		{"read", foreign, "ermission denied", []string{"fenced", "jailed"}},
		{"read", "/proc/1/environ", "ermission denied", []string{"fenced", "jailed"}},
		{"dial", ln.Addr().String(), "ermission denied|nreachable", []string{"jailed"}},
	} {
		got, err := v.act(c.act, c.arg)
		if slices.Contains(c.levels, confined) && (err != nil || !regexp.MustCompile(c.gives).MatchString(got)) {
			v.Errorf("%s %s: %q %v, want %q", c.act, c.arg, got, err, c.gives)
		}
	}
}

// commits asks for several changes at once, which it may make all but for one.
func (v *victim) commits() {
	v.Helper()
	for last, want := range map[string]string{"expect": "made 3", "trash": "not_allowed"} {
		before := v.site.Log.Head()
		got, err := v.act("commit", last+":"+sdk.NewID())
		if made := v.site.Log.Head() - before; err != nil || !strings.Contains(got, want) || (made == 1) != (last == "expect") {
			v.Errorf("a batch that ends with %s: %q %v, %d records", last, got, err, made)
		}
	}
}

// flood opens answers that nobody reads: others are served meanwhile, and all
// places are free again when the readers give up.
func (v *victim) flood(pid int) {
	v.Helper()
	ctx, cancel := context.WithCancel(v.Context())
	defer cancel()
	for range 16 {
		body, err := v.open(ctx, "flood", "")
		if err != nil {
			v.Fatal(err)
		}
		defer body.Close()
		if _, err := io.ReadFull(body, make([]byte, 1000)); err != nil {
			v.Fatal(err)
		}
		if got, err := v.act("well", ""); err != nil || !strings.Contains(got, "well") {
			v.Fatalf("beside readers that are slow: %q %v", got, err)
		}
	}
	if v.status().PID != pid {
		v.Errorf("slow readers ended the process: %+v", v.status())
	}
}

// falls makes the process end in bad ways; each time another one takes over.
func (v *victim) falls(pid int) int {
	v.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		v.Fatal(err)
	}
	pid = v.runs(pid)
	if _, err := v.act("bomb", ""); err == nil {
		v.Error("a memory bomb was answered")
	}
	pid = v.runs(pid)
	const nap = "987.654321"
	if _, err := v.act("fork", nap); err == nil {
		v.Error("a process that ended has answered")
	}
	// A read is tried once more on the next process, which ends as well.
	pid = v.runs(pid)
	if v.status().Confined == "jailed" {
		v.until("its children are gone", func() bool { return !somebodySleeps(nap) })
	}
	return pid
}

// somebodySleeps looks for a process by what it was started with.
func somebodySleeps(nap string) bool {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range files {
		if raw, err := os.ReadFile(f); err == nil && strings.Contains(string(raw), "sleep\x00"+nap) {
			return true
		}
	}
	return false
}

// standsStill stops the process, which then answers nothing and does not end.
// (It cannot do so itself: in a jail it is the first process, which the kernel
// guards from its own signals.)
func (v *victim) standsStill(pid int) {
	v.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		v.Fatal(err)
	}
	v.runs(pid)
	v.until("what stood still is gone", func() bool { return syscall.Kill(pid, 0) != nil })
}

func TestAttacks(t *testing.T) { attack(t, bundle(t, "hostile")) }
