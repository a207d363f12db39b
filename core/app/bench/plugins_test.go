package bench

import (
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/contract"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// echoEnv makes this test binary a server that plugins are compared with: "raw"
// or "grpc", and its socket.
const echoEnv = "RECUEIL_BENCH_ECHO"

// asEcho answers if this process was started for that.
func asEcho() {
	kind, socket, ok := strings.Cut(os.Getenv(echoEnv), " ")
	if !ok {
		return
	}
	ln, err := net.Listen("unix", socket)
	if err != nil {
		panic(err)
	}
	if kind == "grpc" {
		g := grpc.NewServer()
		pluginpb.RegisterHooksServer(g, echo{})
		panic(g.Serve(ln))
	}
	for {
		c, err := ln.Accept()
		if err != nil {
			panic(err)
		}
		go func() { // until the caller goes
			defer c.Close()
			_, _ = io.Copy(c, c)
		}()
	}
}

type echo struct {
	pluginpb.UnimplementedHooksServer
}

func (echo) BeforeCommit(context.Context, *pluginpb.BeforeCommitRequest) (*pluginpb.BeforeCommitResponse, error) {
	return &pluginpb.BeforeCommitResponse{}, nil
}

// pluginBundle builds the plugin that is measured, and packs it.
func pluginBundle(b *testing.B) []byte {
	b.Helper()
	dir := b.TempDir()
	out, err := exec.Command("go", "build", "-ldflags", "-s -w", "-o", filepath.Join(dir, "bin", "measured"), "github.com/recueil-cms/recueil/core/app/bench/measured").CombinedOutput()
	if err != nil {
		b.Fatalf("build the plugin: %v: %s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join("measured", "plugin.json"))
	check(b, err)
	bundle, err := pack.Folder(dir, map[string][]byte{"plugin.json": raw})
	check(b, err)
	return bundle
}

// pluginSite is a node with the plugin installed and running.
func pluginSite(b *testing.B) *contract.Site {
	b.Helper()
	node, err := app.Start(b.Context(), app.Config{Data: b.TempDir(), Bucket: "memory:", Listen: "127.0.0.1:0", SnapshotEvery: -1, CompactEvery: -1},
		app.Parts{Bucket: storagetest.NewMemory(), Host: func(o *host.Options) {
			o.Pace.Look, o.Pace.Hook = 5*time.Millisecond, time.Minute
			o.Pace.Falls, o.Pace.Again, o.Pace.Most = 1000, time.Millisecond, time.Millisecond // no pauses between starts
		}})
	check(b, err)
	b.Cleanup(func() { check(b, node.Stop(context.Background())) })
	s := node.Trial()
	_, err = s.Installer.Install(b.Context(), robot, pluginBundle(b))
	check(b, err)
	_, err = s.Installer.Approve(b.Context(), robot, "measured", "1.0.0")
	check(b, err)
	s.Host.Wake()
	pluginRuns(b, s, 0)
	return s
}

var robot = content.Actor{Kind: content.ActorSystem, ID: "bench"}

// pluginRuns waits until another process than the one before runs.
func pluginRuns(b *testing.B, s *contract.Site, before int) host.Status {
	b.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Microsecond) {
		st, _ := s.Host.Status("measured")
		if st.State == host.Running && st.PID != before {
			return st
		}
		if time.Now().After(deadline) {
			b.Fatalf("the plugin does not run: %+v", st)
		}
	}
}

// cpuOf is the processor time of a process (ticks of 10 ms), and cpuHere that
// of this one.
func cpuOf(b *testing.B, pid int) time.Duration {
	return (&served{cmd: &exec.Cmd{Process: &os.Process{Pid: pid}}}).cpu(b)
}

func cpuHere(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	check(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// burst is what some callers came to.
type burst struct {
	perSecond         float64
	here, there       float64 // µs of CPU each
	p50, p99, longest time.Duration
}

// calls lets callers call for a while.
func calls(b *testing.B, callers int, lasting time.Duration, pid int, call func(ctx context.Context, caller int) error) burst {
	b.Helper()
	here, there := cpuHere(b), cpuOf(b, pid)
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(lasting)
	for c := range callers {
		wg.Go(func() {
			var took []time.Duration
			for time.Now().Before(until) {
				began := time.Now()
				if err := call(b.Context(), c); err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	n := float64(max(1, len(all)))
	slices.Sort(all)
	return burst{perSecond: n / lasting.Seconds(), here: float64((cpuHere(b) - here).Microseconds()) / n, there: float64((cpuOf(b, pid) - there).Microseconds()) / n,
		p50: all[len(all)/2], p99: all[len(all)*99/100], longest: all[len(all)-1]}
}

// hundred is a message of about 100 bytes.
var hundred = &pluginpb.BeforeCommitRequest{Action: strings.Repeat("x", 96)}

// BenchmarkPluginCalls calls a plugin with 100 bytes, next to a raw echo on a
// Unix socket and bare gRPC on one, in turns.
func BenchmarkPluginCalls(b *testing.B) {
	s := pluginSite(b)
	pid := pluginRuns(b, s, 0).PID
	self, err := os.Executable()
	check(b, err)
	dir, err := os.MkdirTemp("", "bench-")
	check(b, err)
	b.Cleanup(func() { _ = os.RemoveAll(dir) })
	raw, bare := startEcho(b, self, "raw", filepath.Join(dir, "r")), startEcho(b, self, "grpc", filepath.Join(dir, "g"))
	conn, err := grpc.NewClient("unix:"+filepath.Join(dir, "g"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(b, err)
	defer conn.Close()
	client := pluginpb.NewHooksClient(conn)
	const callers, rounds, lasting = 64, 5, 1500 * time.Millisecond
	lines := rawLines(b, filepath.Join(dir, "r"), callers)
	contenders := []struct {
		name string
		pid  int
		call func(ctx context.Context, caller int) error
	}{
		{"raw socket", raw, func(_ context.Context, c int) error { return rawEcho(lines[c]) }},
		{"bare gRPC", bare, func(ctx context.Context, _ int) error { _, err := client.BeforeCommit(ctx, hundred); return err }},
		{"plugin", pid, func(ctx context.Context, _ int) error {
			return s.Host.Call(ctx, wire.Call{Plugin: "measured", Surface: wire.Hook, What: "bench", Lasts: time.Minute, Alone: true},
				func(ctx context.Context, to wire.Process) error {
					_, err := pluginpb.NewHooksClient(to.Conn).BeforeCommit(ctx, hundred)
					return err
				})
		}},
	}
	results := make([][]burst, len(contenders))
	for range rounds {
		for i, c := range contenders {
			results[i] = append(results[i], calls(b, callers, lasting, c.pid, c.call))
		}
	}
	report("calls of 100 bytes, %d callers, median of %d rounds:", callers, rounds)
	mid := func(i int, of func(burst) float64) float64 {
		var v []float64
		for _, x := range results[i] {
			v = append(v, of(x))
		}
		return median(v)
	}
	rate := func(x burst) float64 { return x.perSecond }
	for i, c := range contenders {
		report("  %-10s %8.0f/s  %.2f of raw, %.2f of gRPC  %6.1f + %5.1f µs of CPU (here, there)  p50 %.2f ms", c.name, mid(i, rate), mid(i, rate)/mid(0, rate), mid(i, rate)/mid(1, rate),
			mid(i, func(x burst) float64 { return x.here }), mid(i, func(x burst) float64 { return x.there }), mid(i, func(x burst) float64 { return float64(x.p50.Microseconds()) / 1000 }))
	}
}

func startEcho(b *testing.B, self, kind, socket string) int {
	b.Helper()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), echoEnv+"="+kind+" "+socket)
	check(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			return cmd.Process.Pid
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s does not answer", kind)
		}
	}
}

func rawLines(b *testing.B, socket string, n int) []net.Conn {
	b.Helper()
	out := make([]net.Conn, n)
	for i := range out {
		c, err := net.Dial("unix", socket)
		check(b, err)
		b.Cleanup(func() { c.Close() })
		out[i] = c
	}
	return out
}

func rawEcho(c net.Conn) error {
	message := make([]byte, 104)
	binary.BigEndian.PutUint32(message, 100)
	if _, err := c.Write(message); err != nil {
		return err
	}
	_, err := io.ReadFull(c, message)
	return err
}

// BenchmarkPluginRoute sends requests to a route of a plugin of the real
// program, next to the same bytes and headers from a bare server, and to a route
// of the program's own that is not kept in memory either.
func BenchmarkPluginRoute(b *testing.B) {
	dir := b.TempDir()
	bundle := filepath.Join(dir, "measured.tar.gz")
	check(b, os.WriteFile(bundle, pluginBundle(b), 0o600))
	bin, err := program()
	check(b, err)
	bucket := "folder:" + filepath.Join(dir, "bucket")
	out, err := exec.Command(bin, "plugin", "install", bundle, "--yes", "--data", filepath.Join(dir, "data"), "--bucket", bucket).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	ours := serveSite(b, bucket)
	const path = "/api/v1/plugins/measured/small"
	var body []byte
	var head http.Header
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		res, err := http.Get("http://" + ours.addr + path)
		check(b, err)
		body, err = io.ReadAll(res.Body)
		check(b, errors.Join(err, res.Body.Close()))
		if head = res.Header; res.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			b.Fatalf("%s: %s", res.Status, body)
		}
	}
	bare := serveBare(b, body, head)
	rates := compare(b, "1 KB from a plugin's route (CPU without the plugin's)", 64, contender{"bare server", bare, []string{path}},
		contender{"own route", ours, []string{"/api/v1/me"}}, contender{"plugin", ours, []string{path}})
	report("  plugin: %.2f of what the program answers itself, with its log line, limits and headers", rates[2].of(rates[1]))
}

// BenchmarkPluginLife measures a plugin's events, its starts, its falls, its
// memory, and what its hook costs.
func BenchmarkPluginLife(b *testing.B) {
	s := pluginSite(b)
	report("one plugin in Go:")
	first := pluginRuns(b, s, 0)
	report("  memory, idle: %s", memoryOf(b, first.PID))

	var starts, falls []time.Duration
	for range 15 {
		before := pluginRuns(b, s, 0).PID
		began := time.Now()
		check(b, syscall.Kill(before, syscall.SIGKILL))
		check(b, getRoute(b.Context(), s)) // a read waits for the next process
		falls = append(falls, time.Since(began))
		pluginRuns(b, s, before)
	}
	for range 10 {
		before := pluginRuns(b, s, 0).PID
		_, err := s.Installer.Enable(b.Context(), robot, "measured", false)
		check(b, err)
		s.Host.Wake()
		for st, _ := s.Host.Status("measured"); st.State != host.Disabled; st, _ = s.Host.Status("measured") {
			time.Sleep(time.Millisecond)
		}
		_, err = s.Installer.Enable(b.Context(), robot, "measured", true)
		check(b, err)
		began := time.Now()
		s.Host.Wake()
		pluginRuns(b, s, before)
		check(b, getRoute(b.Context(), s))
		starts = append(starts, time.Since(began))
	}
	slices.Sort(starts)
	slices.Sort(falls)
	report("  start to first call: p50 %v, best %v", starts[len(starts)/2].Round(100*time.Microsecond), starts[0].Round(100*time.Microsecond))
	report("  kill -9 to serving again: p50 %v, best %v, worst %v", falls[len(falls)/2].Round(100*time.Microsecond), falls[0].Round(100*time.Microsecond), falls[len(falls)-1].Round(time.Millisecond))
	pluginEvents(b, s)
	pluginSaves(b, s)
}

func memoryOf(b *testing.B, pid int) string {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	check(b, err)
	var rss, pss, private int
	for line := range strings.Lines(string(raw)) {
		var kb int
		_, _ = fmt.Sscanf(line, "Rss: %d kB", &rss)
		_, _ = fmt.Sscanf(line, "Pss: %d kB", &pss)
		if n, _ := fmt.Sscanf(line, "Private_Dirty: %d kB", &kb); n == 1 {
			private += kb
		}
	}
	return fmt.Sprintf("%.1f MiB resident, %.1f MiB its share, %.1f MiB private and written", float64(rss)/1024, float64(pss)/1024, float64(private)/1024)
}

func getRoute(ctx context.Context, s *contract.Site) error {
	route, err := s.Host.Route(ctx, "measured", "GET", "/small", robot)
	if err != nil {
		return err
	}
	answer, err := s.Host.Forward(ctx, route, host.Request{Method: "GET", Path: "/small", Header: http.Header{}, By: robot})
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

func newThing(ctx context.Context, s *contract.Site, collection string) error {
	_, err := s.Runner.Do(ctx, robot, action.CreateEntry{Collection: collection, Inputs: action.Inputs{"fr": {"title": "Bench"}}})
	return err
}

// pluginEvents lets events pile up while the plugin is away, and delivers them.
func pluginEvents(b *testing.B, s *contract.Site) {
	b.Helper()
	const events = 20_000
	_, err := s.Installer.Enable(b.Context(), robot, "measured", false)
	check(b, err)
	var made atomic.Int64
	var wg sync.WaitGroup
	for range 128 {
		wg.Go(func() {
			for made.Add(1) <= events {
				if err := newThing(b.Context(), s, "measured-told"); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	_, err = s.Installer.Enable(b.Context(), robot, "measured", true)
	check(b, err)
	s.Host.Wake()
	pluginRuns(b, s, 0)
	before := delivered(s)
	began := time.Now()
	for st, _ := s.Host.Status("measured"); st.Told < s.Log.Head(); st, _ = s.Host.Status("measured") {
		time.Sleep(time.Millisecond)
	}
	took := time.Since(began)
	report("  events: %.0f/s delivered and acknowledged", float64(delivered(s)-before)/took.Seconds())
}

// pluginSaves saves with the hook and without, in turns.
func pluginSaves(b *testing.B, s *contract.Site) {
	b.Helper()
	const rounds, saves = 5, 200
	took := map[string][]time.Duration{}
	for range rounds {
		for _, c := range []string{"measured-free", "measured"} {
			for range saves {
				began := time.Now()
				check(b, newThing(b.Context(), s, c))
				took[c] = append(took[c], time.Since(began))
			}
		}
	}
	for _, v := range took {
		slices.Sort(v)
	}
	p50 := func(c string) time.Duration { return took[c][len(took[c])/2] }
	report("  a save: p50 %v without a hook, %v with one: %v more", p50("measured-free").Round(time.Microsecond), p50("measured").Round(time.Microsecond),
		(p50("measured") - p50("measured-free")).Round(time.Microsecond))
}

func delivered(s *contract.Site) uint64 {
	st, _ := s.Host.Status("measured")
	return st.Figures.Events
}
