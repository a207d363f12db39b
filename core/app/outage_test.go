//go:build linux

package app_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// TestBucketGone stops the MinIO server under two nodes that run, and starts
// it again.
func TestBucketGone(t *testing.T) {
	t.Parallel()
	server := storagetest.OwnMinIO(t)
	p := minioPlace(t, server)
	data := [2]string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	token := administrator(t, p, data[0])
	nodes := [2]*process{serve(t, p, data[0]), serve(t, p, data[1])}
	both := [2]*client{newClient(t, nodes[0], token), newClient(t, nodes[1], token)}
	both[0].want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	var before []string
	for i := range 5 {
		got, err := both[0].want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": fmt.Sprint("before ", i)}).item()
		if err != nil {
			t.Fatal(err)
		}
		before = append(before, got.ID)
	}
	for _, c := range both {
		eventually(t, c.sees(t, note(before[4])+"?version=draft", "before 4"))
		eventually(t, c.ready(t, http.StatusOK))
	}
	for range rounds(t) {
		server.Stop(t)
		outage(t, both, before)
		server.Start(t)
		back(t, both)
	}
	for _, n := range nodes {
		n.stop()
		if strings.Contains(n.stderr.String(), `"msg":"panic"`) {
			t.Errorf("a panic:\n%s", n.stderr)
		}
	}
	promisedOnce(t, p, both)
	sound(t, p, data[0], viewEqual)
}

// ready checks what /readyz says.
func (c *client) ready(t testing.TB, status int) func() error {
	return func() error {
		r, err := c.call(t.Context(), "GET", "/readyz", nil)
		if err == nil && r.status != status {
			err = fmt.Errorf("/readyz says %d %s", r.status, r.body)
		}
		return err
	}
}

// outage checks what nodes do while their bucket is away: they read, they
// refuse to write, and they say so.
func outage(t *testing.T, both [2]*client, before []string) {
	t.Helper()
	var writing sync.WaitGroup
	for n, c := range both {
		for i := range 3 {
			writing.Go(func() {
				began := time.Now()
				r, err := c.call(t.Context(), "POST", notesPath, map[string]any{"title": fmt.Sprint("during ", n, i)})
				if err != nil {
					t.Errorf("node %d: no answer to a write: %v", n, err)
					return
				}
				code, err := r.problem()
				t.Logf("node %d: %d %s after %v", n, r.status, code, time.Since(began).Round(time.Millisecond))
				if err != nil || r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
					t.Errorf("node %d: a write without a bucket gives %d %q %v", n, r.status, code, err)
				}
			})
		}
	}
	for _, c := range both {
		for i, id := range before {
			if err := c.sees(t, note(id)+"?version=draft", fmt.Sprint("before ", i))(); err != nil {
				t.Errorf("read without a bucket: %v", err)
			}
		}
		if err := c.sees(t, notesPath+"?version=draft&sort=title", "before 3")(); err != nil {
			t.Errorf("list without a bucket: %v", err)
		}
		c.want(t, http.StatusOK, "GET", "/healthz", nil)
		eventually(t, c.ready(t, http.StatusServiceUnavailable))
	}
	writing.Wait()
}

// back waits until both nodes write again, without having been restarted.
func back(t *testing.T, both [2]*client) {
	t.Helper()
	for n, c := range both {
		eventually(t, c.ready(t, http.StatusOK))
		var id string
		eventually(t, func() error {
			r, err := c.call(t.Context(), "POST", notesPath, map[string]any{"title": "after"})
			if err != nil {
				return err
			}
			if r.status != http.StatusCreated {
				return fmt.Errorf("%d %s", r.status, r.body)
			}
			got, err := r.item()
			id = got.ID
			return err
		})
		eventually(t, both[1-n].sees(t, note(id)+"?version=draft", "after"))
	}
}

// promisedOnce reads in the log that no note was made twice.
func promisedOnce(t *testing.T, p place, both [2]*client) {
	t.Helper()
	made := map[string]int{}
	log := p.log(t, 0)
	for record, err := range log.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, commit := range record.Values {
			for _, change := range commit.Changes {
				if e := change.Entry; e != nil && e.Revision == 1 && e.Collection != "" {
					for _, value := range e.Side("").Newest().Values {
						if s, ok := value.(string); ok && strings.HasPrefix(s, "during ") {
							made[s]++
						}
					}
				}
			}
		}
	}
	for title, n := range made {
		if n > rounds(t) { // once per outage at most
			t.Errorf("%q was made %d times", title, n)
		}
	}
}
