//go:build linux

package app_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// TestTwoNodes runs two nodes on one bucket of a real MinIO server.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	p := minioPlace(t, storagetest.MinIO(t))
	data := [2]string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	token := administrator(t, p, data[0])
	talk := []string{"--peer-listen", "127.0.0.1:0"}
	nodes := [2]*process{serve(t, p, data[0], talk...), serve(t, p, data[1], talk...)}
	both := [2]*client{newClient(t, nodes[0], token), newClient(t, nodes[1], token)}
	both[0].want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	eventually(t, both[1].sees(t, "/api/v1/collections/notes", `"notes"`))

	t.Run("own writes", func(t *testing.T) { ownWrites(t, both) })
	t.Run("hints", func(t *testing.T) { hints(t, both) })
	t.Run("kept responses", func(t *testing.T) { keptResponses(t, both) })
	t.Run("one slug", func(t *testing.T) { oneSlug(t, both) })
	t.Run("sessions", func(t *testing.T) { sessions(t, nodes) })
	var planned []string
	t.Run("schedule", func(t *testing.T) { planned = schedule(t, both[:], both[1]) })

	nodes[1].kill()
	ownWrites(t, [2]*client{both[0], both[0]})
	planned = append(planned, schedule(t, both[:1], both[0])...)
	nodes[1] = serve(t, p, filepath.Join(t.TempDir(), "fresh"))
	again := newClient(t, nodes[1], token)
	for _, id := range planned {
		again.want(t, http.StatusOK, "GET", note(id), nil)
	}
	for _, n := range nodes {
		n.stop()
	}
	onceEach(t, p, planned)
	sound(t, p, data[0], viewEqual)
	sound(t, p, data[1], "The local view is behind, and right up to there.") // that of the dead one
}

// sees checks that a node's answer has something in it.
func (c *client) sees(t testing.TB, path, part string) func() error {
	return func() error {
		r, err := c.call(t.Context(), "GET", path, nil)
		if err == nil && (r.status != http.StatusOK || !strings.Contains(string(r.body), part)) {
			err = fmt.Errorf("%s does not show %s: %d %.300s", path, part, r.status, r.body)
		}
		return err
	}
}

// hints has one node write until the other was told of it, either way round.
func hints(t *testing.T, both [2]*client) {
	t.Helper()
	told := regexp.MustCompile(`(?m)^recueil_log_hints_total [1-9]`)
	for n, c := range both {
		eventually(t, func() error {
			c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": "hint"})
			r, err := both[1-n].call(t.Context(), "GET", "/metrics", nil)
			if err == nil && !told.Match(r.body) {
				err = fmt.Errorf("node %d was told nothing: %d", 1-n, r.status)
			}
			return err
		})
	}
}

// ownWrites has both nodes write at once. Each shows its own write at once,
// and the other one's soon.
func ownWrites(t *testing.T, both [2]*client) {
	t.Helper()
	const each = 8
	var ids [2][each]string
	var writing sync.WaitGroup
	for n, c := range both {
		writing.Go(func() {
			for i := range each {
				title := fmt.Sprintf("own %d %d", n, i)
				r, err := c.call(t.Context(), "POST", notesPath, map[string]any{"title": title})
				if err != nil || r.status != http.StatusCreated {
					t.Errorf("node %d: %v %+v", n, err, r)
					return
				}
				got, err := r.item()
				if err != nil {
					t.Error(err)
					return
				}
				ids[n][i] = got.ID
				if err := c.sees(t, note(got.ID)+"?version=draft", title)(); err != nil {
					t.Errorf("node %d does not read its own write: %v", n, err)
				}
				if err := c.sees(t, notesPath+"?version=draft&filter[title][_eq]="+strings.ReplaceAll(title, " ", "+"), got.ID)(); err != nil {
					t.Errorf("node %d does not find its own write: %v", n, err)
				}
			}
		})
	}
	writing.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for n := range both {
		for i, id := range ids[n] {
			eventually(t, both[1-n].sees(t, note(id)+"?version=draft", fmt.Sprintf("own %d %d", n, i)))
		}
	}
}

// keptResponses changes on one node what the other one keeps in memory.
func keptResponses(t *testing.T, both [2]*client) {
	const pages = "/api/v1/entries/pages"
	made, err := both[0].want(t, http.StatusCreated, "POST", pages, map[string]any{"title": "kept 0", "status": "published"}).item()
	if err != nil {
		t.Fatal(err)
	}
	page := pages + "/" + made.ID
	visitors := [2]*client{{url: both[0].url, http: both[0].http}, {url: both[1].url, http: both[1].http}}
	for round := range 5 {
		title := fmt.Sprintf("kept %d", round)
		if round > 0 {
			writer := both[round%2]
			writer.want(t, http.StatusOK, "PATCH", page, map[string]any{"title": title})
			writer.want(t, http.StatusOK, "POST", page+"/actions/publish", nil)
			if err := visitors[round%2].sees(t, page, title)(); err != nil {
				t.Errorf("the node that published shows what it kept: %v", err)
			}
		}
		for _, v := range visitors {
			eventually(t, v.sees(t, page, title))
			eventually(t, v.sees(t, pages, title))
		}
	}
}

// oneSlug has both nodes ask for the same slug at once: one gets it.
func oneSlug(t *testing.T, both [2]*client) {
	for round := range 10 {
		slug := "wanted-" + strconv.Itoa(round)
		var replies [4]*reply
		var racing sync.WaitGroup
		for i := range replies {
			racing.Go(func() {
				r, err := both[i%2].call(t.Context(), "POST", notesPath, map[string]any{"title": fmt.Sprint("race ", round, i), "slug": slug})
				if err != nil {
					t.Error(err)
					return
				}
				replies[i] = r
			})
		}
		racing.Wait()
		if t.Failed() {
			return
		}
		winners := 0
		for _, r := range replies {
			if r.status == http.StatusCreated {
				winners++
				continue
			}
			if code, err := r.problem(); err != nil || r.status != http.StatusConflict && r.status != http.StatusUnprocessableEntity {
				t.Errorf("a loser is told %d %s %v", r.status, code, err)
			}
		}
		if winners != 1 {
			t.Errorf("%d got %s", winners, slug)
		}
	}
}

// sessions signs in at one node and out at the other.
func sessions(t *testing.T, nodes [2]*process) {
	a, b := newClient(t, nodes[0], ""), newClient(t, nodes[1], "")
	r := a.want(t, http.StatusCreated, "POST", "/api/v1/session",
		map[string]string{"email": "admin@example.org", "password": "correct horse battery staple"})
	cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	status := func(c *client, want int) func() error {
		return func() error {
			r, err := c.call(t.Context(), "GET", "/api/v1/me", nil, "Cookie", cookie)
			if err == nil && r.status != want {
				err = fmt.Errorf("%d instead of %d: %s", r.status, want, r.body)
			}
			return err
		}
	}
	eventually(t, status(b, http.StatusOK))
	b.want(t, http.StatusNoContent, "DELETE", "/api/v1/session", nil, "Cookie", cookie, "Origin", b.url)
	if err := status(b, http.StatusUnauthorized)(); err != nil {
		t.Errorf("the session lives on where it was ended: %v", err)
	}
	eventually(t, status(a, http.StatusUnauthorized))
}

// schedule plans publications and withdrawals and waits until they have been
// carried out. It gives the ids of the notes that were published.
func schedule(t *testing.T, planners []*client, seen *client) []string {
	t.Helper()
	var ids []string
	for i := range 6 {
		c := planners[i%len(planners)]
		made, err := c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": fmt.Sprint("planned ", i)}).item()
		if err != nil {
			t.Fatal(err)
		}
		c.plan(t, made.ID)
		ids = append(ids, made.ID)
	}
	for _, id := range ids {
		eventually(t, seen.sees(t, note(id), `"status":"published"`))
	}
	return ids
}

// plan plans a publication for soon: later when the machine is so slow that
// the time has come before the request has.
func (c *client) plan(t testing.TB, id string) {
	t.Helper()
	for wait := time.Second; ; wait *= 2 {
		r, err := c.call(t.Context(), "POST", note(id, "actions", "schedule"),
			map[string]any{"publish_at": time.Now().Add(wait).UTC().Format(time.RFC3339Nano)})
		switch {
		case err == nil && r.status == http.StatusOK:
			return
		case err != nil || wait > 2*time.Minute || !strings.Contains(string(r.body), "time_past"):
			t.Fatalf("plan a publication: %v %+v", err, r)
		}
	}
}

// onceEach reads in the log that each planned note was published once: made,
// planned, published, and nothing else.
func onceEach(t *testing.T, p place, ids []string) {
	t.Helper()
	changes := map[string]int{}
	log := p.log(t, 0)
	for record, err := range log.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, commit := range record.Values {
			for _, change := range commit.Changes {
				if change.Entry != nil {
					changes[string(change.Entry.ID)]++
				}
			}
		}
	}
	for _, id := range ids {
		if changes[id] != 3 {
			t.Errorf("%s was changed %d times instead of 3", id, changes[id])
		}
	}
}
