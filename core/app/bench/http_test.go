package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/storage/folder"
)

// bareEnv makes this test binary a bare Fiber server: the address to listen
// on, and the file whose bytes it answers every request with.
const bareEnv = "RECUEIL_BENCH_BARE"

func TestMain(m *testing.M) {
	if spec := os.Getenv(bareEnv); spec != "" {
		addr, file, _ := strings.Cut(spec, " ")
		body, err := os.ReadFile(file)
		if err == nil {
			app := fiber.New(fiber.Config{DisableStartupMessage: true})
			app.Get("/*", func(c *fiber.Ctx) error {
				c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
				return c.Send(body)
			})
			err = app.Listen(addr)
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// served is a server in a process of its own.
type served struct {
	addr string
	cmd  *exec.Cmd
}

func freeAddr(b *testing.B) string {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(b, err)
	defer ln.Close()
	return ln.Addr().String()
}

func start(b *testing.B, addr string, env []string, name string, args ...string) *served {
	b.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	check(b, cmd.Start())
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	for {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
			return &served{addr: addr, cmd: cmd}
		}
		select {
		case <-ctx.Done():
			b.Fatalf("%s does not answer: %s", name, errs.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func serveBare(b *testing.B, body []byte) *served {
	b.Helper()
	file := filepath.Join(b.TempDir(), "body")
	check(b, os.WriteFile(file, body, 0o600))
	self, err := os.Executable()
	check(b, err)
	addr := freeAddr(b)
	return start(b, addr, []string{bareEnv + "=" + addr + " " + file}, self)
}

func serveSite(b *testing.B, bucket string, env ...string) *served {
	b.Helper()
	bin, err := program()
	check(b, err)
	addr := freeAddr(b)
	return start(b, addr, env, bin, "serve", "--data", b.TempDir(), "--bucket", bucket, "--listen", addr)
}

// cpu is the processor time that the process has used: ticks of 10 ms
// (proc_pid_stat(5)).
func (s *served) cpu(b *testing.B) time.Duration {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	check(b, err)
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	check(b, errors.Join(err1, err2))
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory is the resident set in MiB.
func (s *served) memory(b *testing.B) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	check(b, err)
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			check(b, err)
			return kib / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

func fetch(b *testing.B, s *served, path string) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+s.addr+path, nil)
	check(b, err)
	res, err := http.DefaultClient.Do(req)
	check(b, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(b, err)
	if res.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s: %s", path, res.Status, body)
	}
	return body
}

const connections = 16

// load asks for paths, in turn, over some connections for a while, and gives
// every latency. The client does as little as it can: raw HTTP/1.1, one
// request at a time on each connection.
func load(b *testing.B, s *served, paths []string, lasting time.Duration) []time.Duration {
	b.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(lasting)
	for i := range connections {
		wg.Go(func() {
			took, err := ask(s.addr, paths, i, until)
			if err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	slices.Sort(all)
	return all
}

func ask(addr string, paths []string, first int, until time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	var took []time.Duration
	for i := first; time.Now().Before(until); i += connections {
		began := time.Now()
		if _, err := io.WriteString(conn, "GET "+paths[i%len(paths)]+" HTTP/1.1\r\nHost: bench\r\n\r\n"); err != nil {
			return took, err
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return took, err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return took, err
		}
		if res.StatusCode != http.StatusOK {
			return took, fmt.Errorf("%s: %s", paths[i%len(paths)], res.Status)
		}
		took = append(took, time.Since(began))
	}
	return took, nil
}

// rate is what one server did in all rounds.
type rate struct {
	requests int
	lasting  time.Duration
	cpu      time.Duration
	p50, p99 time.Duration
}

func (r rate) perSecond() float64 { return float64(r.requests) / r.lasting.Seconds() }
func (r rate) perRequest() float64 {
	return float64(r.cpu.Microseconds()) / float64(max(1, r.requests))
}

// compare loads several servers in turns, so that what else the machine does
// hits all of them alike.
func compare(b *testing.B, servers []*served, paths [][]string) []rate {
	b.Helper()
	const rounds, lasting = 5, 2 * time.Second
	rates := make([]rate, len(servers))
	lat := make([][]time.Duration, len(servers))
	for range rounds {
		for i, s := range servers {
			before := s.cpu(b)
			took := load(b, s, paths[i], lasting)
			rates[i].cpu += s.cpu(b) - before
			rates[i].requests += len(took)
			rates[i].lasting += lasting
			lat[i] = append(lat[i], took...)
		}
	}
	for i := range rates {
		slices.Sort(lat[i])
		rates[i].p50, rates[i].p99 = lat[i][len(lat[i])/2], lat[i][len(lat[i])*99/100]
	}
	return rates
}

const listPath = "/api/v1/entries/news?filter[kind][_eq]=%s&sort=-published_at,title&fields=title,slug,kind,summary&page[number]=%d"

// BenchmarkReads serves 100,000 entries with the real program, next to a bare
// Fiber server that returns the same bytes from memory.
func BenchmarkReads(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "bucket")
	bucket, err := folder.Open(dir)
	check(b, err)
	s, _ := openSite(b, bucket, "loader", false)
	s.fill(b, 0, 100_000)
	s.stop()
	check(b, bucket.Close())
	ours := serveSite(b, "folder:"+dir)
	// One that keeps no responses: every list is worked out.
	cold := serveSite(b, "folder:"+dir, "RECUEIL_CACHE_MB=-1")
	b.Logf("memory after the start with 100,000 entries: %.0f MiB", ours.memory(b))

	slug := "/api/v1/entries/news/nouvelle-4711"
	bare := serveBare(b, fetch(b, ours, slug))
	rates := compare(b, []*served{bare, ours, cold}, [][]string{{slug}, {slug}, {slug}})
	table(b, fmt.Sprintf("published entry by slug, %d bytes", len(fetch(b, ours, slug))), rates)
	b.ReportMetric(rates[1].perSecond()/rates[0].perSecond(), "slug-of-bare")

	var lists []string
	for page := 1; page <= 20; page++ {
		for _, kind := range kinds {
			lists = append(lists, fmt.Sprintf(listPath, kind, page))
		}
	}
	bareList := serveBare(b, fetch(b, ours, lists[0]))
	rates = compare(b, []*served{bareList, ours, cold}, [][]string{lists, lists, lists})
	table(b, "list of 20, filtered and sorted", rates)
	b.ReportMetric(rates[1].perSecond()/rates[0].perSecond(), "list-of-bare")
	b.Logf("memory after the reads: %.0f MiB", ours.memory(b))
	b.ReportMetric(0, "ns/op")
}

func table(b *testing.B, what string, rates []rate) {
	b.Helper()
	b.Logf("%s, %d connections:", what, connections)
	for i, name := range []string{"bare Fiber", "Recueil", "Recueil, no responses kept"} {
		r := rates[i]
		b.Logf("  %-27s %8.0f/s  %.2f of bare  %7.1f µs of CPU each  p50 %v  p99 %v", name, r.perSecond(),
			r.perSecond()/rates[0].perSecond(), r.perRequest(), r.p50.Round(10*time.Microsecond), r.p99.Round(10*time.Microsecond))
	}
}
