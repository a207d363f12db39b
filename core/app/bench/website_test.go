package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkWebsite serves the demonstration with the real program: published
// pages from memory next to a bare Fiber server that returns the same bytes,
// and a steady 200 requests a second while an editor saves and publishes.
func BenchmarkWebsite(b *testing.B) {
	bin, err := program()
	check(b, err)
	dir := b.TempDir()
	command := func(args ...string) string {
		out, err := exec.Command(bin, args...).CombinedOutput()
		if err != nil {
			b.Fatalf("%v: %v: %s", args, err, out)
		}
		return string(out)
	}
	command("demo", "--load-only", "--data", dir, "--demo-password", "only for benchmarks")
	token := regexp.MustCompile(`rct_\S+`).FindString(command("token", "create", "--data", dir, "--user", "administrator@pact.example.org", "--name", "bench"))
	addr := freeAddr(b)
	ours := start(b, addr, nil, bin, "serve", "--data", dir, "--bucket", "folder:"+filepath.Join(dir, "bucket"), "--listen", addr)

	for _, path := range []string{"/fr/associations/femmes-du-djurdjura", "/fr/", "/ar/associations"} {
		body, header := fetch(b, ours, path)
		bare := serveBare(b, body, header)
		rates := compare(b, "a page from memory, "+path, 8,
			contender{"bare", bare, []string{path}}, contender{"recueil", ours, []string{path}})
		report("%s at %.2f of a bare server (0.70 are promised)", path, rates[1].of(rates[0]))
	}
	steady(b, ours, token)
}

// steady asks for each page once, and then for pages at an even pace while an
// editor saves, and prints how long they took from the moment at which they were
// due.
func steady(b *testing.B, s *served, token string) {
	b.Helper()
	const perSecond, connections, lasting = 200, 16, 15 * time.Second
	body, _ := fetch(b, s, "/sitemap.xml")
	var paths []string
	for _, m := range regexp.MustCompile(`<loc>http://[^/]+(/[^<]+)</loc>`).FindAllSubmatch(body, -1) {
		paths = append(paths, string(m[1]))
	}
	cold := time.Now()
	for _, path := range paths {
		fetch(b, s, path)
	}
	report("%d pages for the first time, one after the other: %.1f ms each", len(paths), float64(time.Since(cold).Milliseconds())/float64(len(paths)))
	stop := make(chan struct{})
	var saving sync.WaitGroup
	saves := 0
	saving.Go(func() { saves = edit(b, s, token, stop) })
	var mu sync.Mutex
	var all []time.Duration
	var readers sync.WaitGroup
	began := time.Now()
	for i := range connections {
		readers.Go(func() {
			took := paced(b, s.addr, paths, i, connections, began, perSecond, lasting)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	readers.Wait()
	close(stop)
	saving.Wait()
	slices.Sort(all)
	report("%d pages at %d requests/s while an editor saves %.1f times/s: p50 %v  p95 %v  p99 %v", len(paths), perSecond,
		float64(saves)/lasting.Seconds(), all[len(all)/2].Round(10*time.Microsecond), all[len(all)*95/100].Round(10*time.Microsecond),
		all[len(all)*99/100].Round(10*time.Microsecond))
}

// paced asks for one page whenever it is due on this connection.
func paced(b *testing.B, addr string, paths []string, first, step int, began time.Time, perSecond int, lasting time.Duration) (took []time.Duration) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Error(err)
		return nil
	}
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	for i := first; ; i += step {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		if due.Sub(began) > lasting {
			return took
		}
		time.Sleep(time.Until(due))
		if _, err := io.WriteString(conn, "GET "+paths[i%len(paths)]+" HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n\r\n"); err != nil {
			b.Error(err)
			return took
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			b.Error(err)
			return took
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil || res.StatusCode != http.StatusOK {
			b.Errorf("%s: %s: %v", paths[i%len(paths)], res.Status, err)
			return took
		}
		took = append(took, time.Since(due))
	}
}

// edit saves and publishes an entry again and again, four times a second.
func edit(b *testing.B, s *served, token string, stop <-chan struct{}) (saves int) {
	send := func(method, path, body string) {
		req, err := http.NewRequest(method, "http://"+s.addr+"/api/v1/entries/news/lancement-annee-pilote"+path, strings.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("If-Match", "*")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Error(err)
			return
		}
		defer res.Body.Close()
		var said bytes.Buffer
		if _, err := said.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
			b.Errorf("%s %s: %s: %s", method, path, res.Status, said.String())
		}
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return saves
		case <-tick.C:
			saves++
			send(http.MethodPatch, "", fmt.Sprintf(`{"locale": "fr", "summary": "Le programme commence, %d."}`, saves))
			send(http.MethodPost, "/actions/publish", `{"locale": "fr"}`)
		}
	}
}
