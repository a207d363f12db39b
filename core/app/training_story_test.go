//go:build linux

package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hall is a session that people register for on two nodes, each with a process
// of the plugin.
type hall struct {
	t        *testing.T
	data     [2]string
	nodes    [2]*process
	visitors [2]*client
	admin    *client
	session  string
	count    int // of people
}

// TestTrainingStory: 200 people register at once on two nodes for 20 seats,
// while the plugin is killed. 20 are accepted, 180 wait in order; 3 cancel, 3
// offers are made, one of them passes unused and goes to the next; nobody is
// there twice, and nothing that was acknowledged is lost. Then one of them is
// erased, everywhere.
func TestTrainingStory(t *testing.T) {
	t.Parallel()
	p := folderPlace(t)
	h := openHall(t, p)
	if h.count = 200; testing.Short() { // with the race detector, fewer of them
		h.count = 60
	}
	people := h.people(h.count)
	h.confirmAll(people)

	lines := h.roster()
	states, ranks := map[string]int{}, map[int]bool{}
	for _, l := range lines {
		states[l.State]++
		ranks[l.Rank] = true
	}
	if len(lines) != h.count || states["accepted"] != 20 || states["waitlisted"] != h.count-20 || len(ranks) != h.count {
		t.Fatalf("%d people, %v, %d ranks", len(lines), states, len(ranks))
	}
	h.held(people, lines)
	slices.SortFunc(lines, func(a, b rosterLine) int { return a.Rank - b.Rank })
	for i, l := range lines {
		if want := map[bool]string{true: "accepted", false: "waitlisted"}[i < 20]; l.State != want || l.Rank != i+1 {
			t.Errorf("number %d has rank %d and is %s", i+1, l.Rank, l.State)
		}
	}
	h.offers(people, lines)
	h.forgets(p, people, lines)
}

// rosterLine is a registration as the roster has it.
type rosterLine struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Rank   int    `json:"rank"`
	Offers int    `json:"offers"`
}

func openHall(t *testing.T, p place) *hall {
	t.Helper()
	dir := t.TempDir()
	h := &hall{t: t, data: [2]string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}}
	token := administrator(t, p, h.data[0])
	talk := []string{"--peer-listen", "127.0.0.1:0"}
	for i := range h.nodes {
		h.nodes[i] = serve(t, p, h.data[i], talk...)
		h.visitors[i] = newClient(t, h.nodes[i], "")
	}
	h.admin = newClient(t, h.nodes[0], token)
	must(t, p, "", "plugin", "install", "training", "--yes", "--bucket", p.address, "--data", filepath.Join(dir, "c"))
	for _, n := range h.nodes {
		c := newClient(t, n, token)
		eventually(t, c.sees(t, "/api/v1/plugins/training", `"state":"running"`))
	}
	training := h.entry("trainings", map[string]any{"title": "Gestion du cycle de projet"})
	day := time.Now().AddDate(0, 2, 0).UTC().Format(time.DateOnly)
	h.session = h.entry("training_sessions", map[string]any{"code": "gcp", "training": training, "stage": "open", "capacity": 20,
		"half_days": []any{map[string]any{"day": day, "part": "am", "from": "09:00", "to": "12:00"}}})
	for i := range h.visitors {
		eventually(t, h.visitors[i].sees(t, "/fr/training/sessions/gcp", "Places libres : 20 sur 20"))
		eventually(t, h.visitors[i].sees(t, "/fr/formations/gestion-du-cycle-de-projet", "/fr/training/sessions/gcp"))
	}
	return h
}

// entry makes an entry and publishes it; a hook that is late refuses.
func (h *hall) entry(collection string, values map[string]any) string {
	h.t.Helper()
	values["locale"] = "fr"
	var created item
	eventually(h.t, func() error {
		r, err := h.admin.call(h.t.Context(), "POST", "/api/v1/entries/"+collection, values)
		if err == nil && r.status != http.StatusCreated {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		if err == nil {
			created, err = r.item()
		}
		return err
	})
	h.publish("/api/v1/entries/" + collection + "/" + created.ID)
	return created.ID
}

func (h *hall) publish(path string) {
	h.t.Helper()
	eventually(h.t, func() error {
		r, err := h.admin.call(h.t.Context(), "POST", path+"/actions/publish", map[string]any{})
		if err == nil && r.status != http.StatusOK {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
}

// person is somebody who registers.
type person struct {
	name, id, token string
}

// form sends a form to one node until it is taken, as somebody does who is told
// to try again in a moment; the fields that a form leads to are given.
func (h *hall) form(ctx context.Context, node int, path string, values map[string]any) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		r, err := h.visitors[node].call(ctx, "POST", "/api/v1/plugins/training"+path, values)
		if err == nil && r.status == http.StatusOK {
			var got struct{ Data map[string]string }
			return got.Data, json.Unmarshal(r.body, &got)
		}
		if err == nil && r.status != http.StatusServiceUnavailable && r.status != http.StatusTooManyRequests {
			return nil, fmt.Errorf("%s: %d %s", path, r.status, r.body)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w: %w", path, ctx.Err(), err)
		}
	}
}

// people register at once, and read their letters.
func (h *hall) people(n int) []*person {
	h.t.Helper()
	out := make([]*person, n)
	var all sync.WaitGroup
	for i := range out {
		out[i] = &person{name: fmt.Sprintf("personne%03d", i)}
		all.Go(func() {
			values := map[string]any{"name": out[i].name, "email": out[i].name + "@example.org", "consent": "on", "organisation": fmt.Sprint("Association ", i%40)}
			got, err := h.form(h.t.Context(), i%2, "/sessions/"+h.session+"/register", values)
			if err != nil {
				h.t.Error(err)
				return
			}
			out[i].id = got["r"]
			if i%10 == 0 { // a form that is sent again
				if again, err := h.form(h.t.Context(), (i+1)%2, "/sessions/"+h.session+"/register", values); err != nil || again["r"] != got["r"] {
					h.t.Errorf("sent again: %v, %v; %v", again, got, err)
				}
			}
		})
	}
	all.Wait()
	if h.t.Failed() {
		h.t.FailNow()
	}
	return out
}

var sixDigits = regexp.MustCompile(`^\d{6} `)

// codes are those of the letters in the folders of both nodes, by address.
func (h *hall) codes() (map[string]string, error) {
	out := map[string]string{}
	for _, dir := range h.data {
		names, err := filepath.Glob(filepath.Join(dir, "mail", "*plugin.training.code*.eml"))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			m, err := mail.ReadMessage(strings.NewReader(string(raw)))
			if err != nil {
				return nil, err
			}
			to, err := m.Header.AddressList("To")
			if code := sixDigits.FindString(m.Header.Get("Subject")); err == nil && code != "" {
				out[to[0].Address] = strings.TrimSpace(code)
			}
		}
	}
	return out, nil
}

// confirmAll has everybody send their code at once; when a quarter of them have
// an answer, the process of the plugin on the first node is killed.
func (h *hall) confirmAll(people []*person) {
	h.t.Helper()
	var codes map[string]string
	eventually(h.t, func() (err error) {
		if codes, err = h.codes(); err == nil && len(codes) < len(people) {
			err = fmt.Errorf("%d of %d codes have come", len(codes), len(people))
		}
		return err
	})
	quarter := make(chan struct{})
	var answered, all sync.WaitGroup
	answered.Add(len(people) / 4)
	go func() { answered.Wait(); close(quarter) }() // as many as that are answered, or the test fails in form
	places := make(chan struct{}, len(people)/4)
	for range cap(places) {
		places <- struct{}{}
	}
	for i, one := range people {
		all.Go(func() {
			got, err := h.form(h.t.Context(), i%2, "/confirm", map[string]any{"r": one.id, "c": codes[one.name+"@example.org"]})
			if err != nil {
				h.t.Error(err)
			}
			one.token = got["t"]
			select {
			case <-places:
				answered.Done()
			default:
			}
		})
	}
	<-quarter
	h.kill()
	all.Wait()
	if h.t.Failed() {
		h.t.FailNow()
	}
}

// kill ends the process of the plugin on the first node, and has a page
// answered meanwhile.
func (h *hall) kill() {
	h.t.Helper()
	r := h.admin.want(h.t, http.StatusOK, "GET", "/api/v1/plugins/training", nil)
	var got struct {
		Data struct{ Status struct{ PID int } }
	}
	if err := json.Unmarshal(r.body, &got); err != nil || got.Data.Status.PID == 0 {
		h.t.Fatalf("%s: %v", r.body, err)
	}
	if err := syscall.Kill(got.Data.Status.PID, syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
	page, err := h.visitors[0].call(h.t.Context(), "GET", "/fr/training/sessions/gcp", nil)
	if err != nil || page.status != http.StatusOK && page.status != http.StatusServiceUnavailable || !strings.Contains(string(page.body), "<h1>") {
		h.t.Errorf("while the plugin is away: %v %+v", err, page)
	}
}

// roster reads who has which place.
func (h *hall) roster() []rosterLine {
	h.t.Helper()
	r := h.admin.want(h.t, http.StatusOK, "GET", "/api/v1/entries/training_rosters?version=draft&fallback=*", nil)
	var got struct {
		Data []struct {
			Session string
			Board   struct{ Lines []rosterLine }
		}
	}
	if err := json.Unmarshal(r.body, &got); err != nil || len(got.Data) != 1 || got.Data[0].Session != h.session {
		h.t.Fatalf("%.500s: %v", r.body, err)
	}
	return got.Data[0].Board.Lines
}

// held: whoever was told that they are registered is, once.
func (h *hall) held(people []*person, lines []rosterLine) {
	h.t.Helper()
	for _, one := range people {
		n := 0
		for _, l := range lines {
			if l.ID == one.id {
				n++
			}
		}
		if n != 1 || one.token == "" {
			h.t.Errorf("%s is registered %d times", one.name, n)
		}
	}
}

// offers: three of those with a seat cancel; two of the three who are offered
// one take it, and the third offer passes to the next.
func (h *hall) offers(people []*person, lines []rosterLine) {
	h.t.Helper()
	of := map[string]*person{}
	for _, one := range people {
		of[one.id] = one
	}
	does := func(id, act string) {
		h.t.Helper()
		one := of[id]
		if got, err := h.form(h.t.Context(), one.node(), "/mine", map[string]any{"r": id, "t": one.token, "do": act}); err != nil || got["done"] != act {
			h.t.Fatalf("%s %s: %v %v", one.name, act, got, err)
		}
	}
	// Letters follow from what is kept, also from what was done before the kill.
	// Whoever's state changes again before the letter is told of the last one.
	h.written(map[string]int{"accepted": 20, "waitlisted": h.count - 20})
	does(lines[0].ID, "cancel")
	does(lines[1].ID, "cancel")
	h.becomes(lines[20].ID, "offered")
	h.becomes(lines[21].ID, "offered")
	h.written(map[string]int{"offered": 2, "cancelled": 2})
	does(lines[20].ID, "accept")
	does(lines[21].ID, "accept")
	h.within(0.0003) // the next offer stands about a second
	does(lines[2].ID, "cancel")
	h.within(48)
	passed := lines[22].ID
	eventually(h.t, func() error {
		if _, err := h.admin.call(h.t.Context(), "POST", "/api/v1/plugins/training/jobs", map[string]any{"job": "tend"}); err != nil {
			return err
		}
		l := find(h.roster(), passed)
		if l.State != "waitlisted" || l.Rank <= h.count || l.Offers != 1 {
			return fmt.Errorf("whose offer is over: %+v", l)
		}
		return nil
	})
	now := h.roster()
	taken, who := 0, map[string]bool{}
	for _, l := range now {
		if slices.Contains([]string{"accepted", "confirmed", "offered"}, l.State) {
			taken++
		}
		if who[l.ID] || l.Offers > 1 {
			h.t.Errorf("twice: %+v", l)
		}
		who[l.ID] = true
	}
	if next := find(now, lines[23].ID); taken != 20 || next.Offers != 1 || len(now) != h.count {
		h.t.Errorf("%d seats of 20 are taken; the next one: %+v", taken, next)
	}
	h.written(map[string]int{"accepted": 22, "offered": 3, "cancelled": 3})
	if n := h.letters("accepted"); n != 22 {
		h.t.Errorf("%d letters for 22 seats", n)
	}
}

// written waits until so many letters of each kind are.
func (h *hall) written(least map[string]int) {
	h.t.Helper()
	eventually(h.t, func() error {
		for kind, want := range least {
			if n := h.letters(kind); n < want {
				return fmt.Errorf("%d letters of %d: %s", n, want, kind)
			}
		}
		return nil
	})
}

// node is one or the other, for a person.
func (p *person) node() int { return int(p.name[len(p.name)-1]) % 2 }

func find(lines []rosterLine, id string) rosterLine {
	if i := slices.IndexFunc(lines, func(l rosterLine) bool { return l.ID == id }); i >= 0 {
		return lines[i]
	}
	return rosterLine{}
}

func (h *hall) becomes(id, state string) {
	h.t.Helper()
	eventually(h.t, func() error {
		if l := find(h.roster(), id); l.State != state {
			return fmt.Errorf("%+v is not %s", l, state)
		}
		return nil
	})
}

// within changes for how long offers stand, in hours.
func (h *hall) within(hours float64) {
	h.t.Helper()
	path := "/api/v1/entries/training_sessions/" + h.session
	eventually(h.t, func() error {
		r, err := h.admin.call(h.t.Context(), "PATCH", path, map[string]any{"locale": "fr", "offer_hours": hours}, "If-Match", "*")
		if err == nil && r.status != http.StatusOK {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	h.publish(path)
}

func (h *hall) letters(kind string) int {
	n := 0
	for _, dir := range h.data {
		names, err := filepath.Glob(filepath.Join(dir, "mail", "*plugin.training."+kind+"-*.eml"))
		if err != nil {
			h.t.Fatal(err)
		}
		n += len(names)
	}
	return n
}

// forgets: somebody who asks for it is erased, in every byte that is left; the
// count remains.
func (h *hall) forgets(p place, people []*person, lines []rosterLine) {
	h.t.Helper()
	c := &canaries{}
	one := people[slices.IndexFunc(people, func(o *person) bool { return o.id == lines[30].ID })]
	c.words = append(c.words, one.name)
	outside := func(path string) bool { // what was sent has left the site
		return strings.Contains(path, "/mail/")
	}
	if len(c.files(h.t, filepath.Join(h.data[0], "view"), outside)) == 0 {
		h.t.Error("nothing is found before the erasure: this search shows nothing")
	}
	if got, err := h.form(h.t.Context(), 0, "/mine", map[string]any{"r": one.id, "t": one.token, "do": "erase"}); err != nil || got["done"] != "erase" {
		h.t.Fatalf("%v %v", got, err)
	}
	h.becomes(one.id, "cancelled_by_person")
	bucket := p.open(h.t)
	eventually(h.t, func() error {
		found, count := c.objects(h.t, bucket, "")
		for _, dir := range h.data {
			found = append(found, c.files(h.t, dir, outside)...)
		}
		if len(found) > 0 || count == 0 {
			return fmt.Errorf("after the erasure: %v", found)
		}
		return nil
	})
	if n := len(h.roster()); n != h.count {
		h.t.Errorf("%d lines are left of %d", n, h.count)
	}
	for _, n := range h.nodes {
		n.stop()
		if found := c.in([]byte(n.stderr.String() + n.stdout.String())); len(found) > 0 {
			h.t.Errorf("the log of a server tells %v", found)
		}
	}
}
