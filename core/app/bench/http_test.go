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
// on, and the file whose bytes it answers every request with. bareHeaders are
// headers to answer with, besides the type, one on each line.
const (
	bareEnv     = "RECUEIL_BENCH_BARE"
	bareHeaders = "RECUEIL_BENCH_HEADERS"
)

func TestMain(m *testing.M) {
	asEcho()
	if spec := os.Getenv(bareEnv); spec != "" {
		addr, file, _ := strings.Cut(spec, " ")
		body, err := os.ReadFile(file)
		var headers [][2]string
		for line := range strings.Lines(os.Getenv(bareHeaders)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			headers = append(headers, [2]string{name, value})
		}
		if err == nil {
			app := fiber.New(fiber.Config{DisableStartupMessage: true})
			app.Get("/*", func(c *fiber.Ctx) error {
				c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
				for _, h := range headers {
					c.Set(h[0], h[1])
				}
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
	addr  string
	cmd   *exec.Cmd
	asked int // paths so far: the next load goes on behind them
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
	ended := make(chan struct{})
	go func() { // ends with the process, which the cleanup kills
		defer close(ended)
		_ = cmd.Wait()
	}()
	b.Cleanup(func() {
		_ = cmd.Process.Kill() // fails only when it has ended
		<-ended
	})
	// A fresh node of a large site makes its view and its index first: minutes
	// on a machine that does much else.
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Minute)
	defer cancel()
	for {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			conn.Close()
			return &served{addr: addr, cmd: cmd}
		}
		select {
		case <-ended:
			b.Fatalf("%s has ended: %s", name, errs.String())
		case <-ctx.Done():
			b.Fatalf("%s does not answer", name)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// serveBare serves the body, with the type as the only header of its own, or
// with all those of the response that the body is from.
func serveBare(b *testing.B, body []byte, like http.Header) *served {
	b.Helper()
	var lines strings.Builder
	for name, values := range like {
		if name != "Date" && name != "Content-Length" && name != "Content-Type" {
			fmt.Fprintf(&lines, "%s: %s\n", name, values[0])
		}
	}
	file := filepath.Join(b.TempDir(), "body")
	check(b, os.WriteFile(file, body, 0o600))
	self, err := os.Executable()
	check(b, err)
	addr := freeAddr(b)
	return start(b, addr, []string{bareEnv + "=" + addr + " " + file, bareHeaders + "=" + lines.String()}, self)
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

func fetch(b *testing.B, s *served, path string) ([]byte, http.Header) {
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
	return body, res.Header
}

// settle waits until the server's text index has everything: while it is made,
// a fresh node of a large site spends most of its processor time on that.
func settle(b *testing.B, s *served) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 40*time.Minute)
	defer cancel()
	for {
		metrics, _ := fetch(b, s, "/metrics")
		if bytes.Contains(metrics, []byte("recueil_search_building 0\n")) && bytes.Contains(metrics, []byte("recueil_search_lag 0\n")) {
			return
		}
		select {
		case <-ctx.Done():
			b.Fatal("the text index does not get done")
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// load asks for paths, in turn, over some connections for a while, and gives
// every latency. The client does as little as it can: raw HTTP/1.1, one
// request at a time on each connection.
func load(b *testing.B, s *served, paths []string, connections int, lasting time.Duration) []time.Duration {
	b.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(lasting)
	from := s.asked
	for i := range connections {
		wg.Go(func() {
			took, err := ask(s.addr, paths, from+i, connections, until)
			if err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	s.asked += len(all) + connections
	slices.Sort(all)
	return all
}

func ask(addr string, paths []string, first, step int, until time.Time) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	var took []time.Duration
	for i := first; time.Now().Before(until); i += step {
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
	name     string
	rounds   []float64 // requests per second in each
	requests int
	cpu      time.Duration
	took     []time.Duration // of each request, sorted
}

func (r rate) perSecond() float64 { return median(r.rounds) }

// of is the median, over the rounds, of the requests per second in relation
// to another's in the same round.
func (r rate) of(other rate) float64 {
	ratios := make([]float64, len(r.rounds))
	for i := range ratios {
		ratios[i] = r.rounds[i] / other.rounds[i]
	}
	return median(ratios)
}

func (r rate) perRequest() float64 {
	return float64(r.cpu.Microseconds()) / float64(max(1, r.requests))
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// contender is a server and what it is asked for.
type contender struct {
	name   string
	server *served
	paths  []string
}

// compare loads several servers in turns, so that what else the machine does
// hits all of them alike, and prints a table; the first is the baseline.
func compare(b *testing.B, what string, connections int, contenders ...contender) []rate {
	b.Helper()
	const rounds, lasting = 15, 700 * time.Millisecond
	rates := make([]rate, len(contenders))
	for range rounds {
		for i, c := range contenders {
			before := c.server.cpu(b)
			took := load(b, c.server, c.paths, connections, lasting)
			r := &rates[i]
			r.name = c.name
			r.cpu += c.server.cpu(b) - before
			r.requests += len(took)
			r.rounds = append(r.rounds, float64(len(took))/lasting.Seconds())
			r.took = append(r.took, took...)
		}
	}
	report("%s, %d connections:", what, connections)
	for i := range rates {
		r := &rates[i]
		slices.Sort(r.took)
		report("  %-14s %8.0f/s  %.2f of bare  %7.1f µs of CPU each  p50 %v  p99 %v", r.name, r.perSecond(), r.of(rates[0]), r.perRequest(),
			r.took[len(r.took)/2].Round(10*time.Microsecond), r.took[len(r.took)*99/100].Round(10*time.Microsecond))
	}
	return rates
}

const listPath = "/api/v1/entries/news?filter[kind][_eq]=%s&filter[title][_neq]=%d&sort=-published_at&fields=title,slug,kind,summary"

// lists gives the addresses of many lists of 20: a condition that all entries
// meet makes each another one, so that none can have been kept from an earlier
// request.
func lists(count int) []string {
	paths := make([]string, count)
	for i := range paths {
		paths[i] = fmt.Sprintf(listPath, kinds[i%len(kinds)], i)
	}
	return paths
}

// slugs gives the addresses of many entries: more than are kept in memory.
func slugs(count int) []string {
	paths := make([]string, count)
	for i := range paths {
		paths[i] = fmt.Sprintf("/api/v1/entries/news/nouvelle-%d", (i*7919)%count)
	}
	return paths
}

// entries is how many the largest site has: 100,000, or RECUEIL_BENCH_ENTRIES.
func entries(b *testing.B) int {
	b.Helper()
	text := os.Getenv("RECUEIL_BENCH_ENTRIES")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1_000 {
		b.Fatalf("RECUEIL_BENCH_ENTRIES: %q is not a number of entries from 1000 on", text)
	}
	return n
}

// BenchmarkReads serves 100,000 entries with the real program, next to a bare
// Fiber server that returns the same bytes from memory: warm, and when each
// answer has to be worked out.
func BenchmarkReads(b *testing.B) {
	count := entries(b)
	dir := filepath.Join(b.TempDir(), "bucket")
	bucket, err := folder.Open(dir)
	check(b, err)
	s, _ := openSite(b, bucket, "loader", false)
	s.fill(b, 0, count)
	s.stop()
	check(b, bucket.Close())
	ours := serveSite(b, "folder:"+dir)
	began := time.Now()
	settle(b, ours)
	report("%d entries: text index made %s after the start, memory then %.0f MiB", count, time.Since(began).Round(time.Second), ours.memory(b))

	slug := slugs(count)[1:2]
	body, headers := fetch(b, ours, slug[0])
	bare, same := serveBare(b, body, nil), serveBare(b, body, headers)
	rates := compare(b, fmt.Sprintf("published entry by slug, %d bytes", len(body)), 16,
		contender{"bare Fiber", bare, slug}, contender{"same headers", same, slug},
		contender{"Recueil, warm", ours, slug}, contender{"Recueil, cold", ours, slugs(count)})
	b.ReportMetric(rates[2].of(rates[0]), "slug-of-bare")
	b.ReportMetric(rates[2].of(rates[1]), "slug-of-same-response")

	list := lists(50_000)
	warm := list[len(list)-1:]
	body, headers = fetch(b, ours, warm[0])
	bareList, sameList := serveBare(b, body, nil), serveBare(b, body, headers)
	rates = compare(b, fmt.Sprintf("list of 20, filtered and sorted, %d bytes", len(body)), 16,
		contender{"bare Fiber", bareList, warm}, contender{"same headers", sameList, warm},
		contender{"Recueil, warm", ours, warm}, contender{"Recueil, cold", ours, list})
	b.ReportMetric(rates[2].of(rates[0]), "list-of-bare")
	b.ReportMetric(rates[2].of(rates[1]), "list-of-same-response")
	rates = compare(b, "the same, one caller", 1,
		contender{"bare Fiber", bareList, warm}, contender{"Recueil, warm", ours, warm}, contender{"Recueil, cold", ours, list})
	b.ReportMetric(float64(rates[2].took[len(rates[2].took)/2].Microseconds())/1000, "cold-list-p50-ms")
	b.ReportMetric(rates[2].perRequest()/1000, "cold-list-cpu-ms")
	report("memory after the reads: %.0f MiB", ours.memory(b))
	b.ReportMetric(0, "ns/op")
}
