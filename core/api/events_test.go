package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/content"
)

// stream is an open subscription.
type stream struct {
	t      testing.TB
	lines  *bufio.Scanner
	end    context.CancelFunc
	status int
}

func (s *site) subscribe(role string, headers ...string) *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	req := must(http.NewRequestWithContext(ctx, "GET", s.url+"/api/v1/events", nil))(s.t)
	if s.secret[role] != "" {
		req.Header.Set("Authorization", "Bearer "+s.secret[role])
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res := must(s.client.Do(req))(s.t)
	s.t.Cleanup(func() { cancel(); res.Body.Close() })
	st := &stream{t: s.t, lines: bufio.NewScanner(res.Body), end: cancel, status: res.StatusCode}
	if res.StatusCode == 200 {
		st.id() // the first piece: nothing that happens from here on is missed
	}
	return st
}

// next gives the next event, or "" at the end of the stream.
func (st *stream) next() (name string, data map[string]any) {
	st.t.Helper()
	for st.lines.Scan() {
		line := st.lines.Text()
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			name = v
		}
		if v, ok := strings.CutPrefix(line, "data: "); ok {
			if err := json.Unmarshal([]byte(v), &data); err != nil {
				st.t.Fatalf("data %q: %v", v, err)
			}
			return name, data
		}
	}
	return "", nil
}

func (st *stream) id() string {
	for st.lines.Scan() {
		if v, ok := strings.CutPrefix(st.lines.Text(), "id: "); ok {
			return v
		}
	}
	return ""
}

func TestEventsTellWhatTheCallerMaySee(t *testing.T) {
	s := withNotes(t, siteOptions{})
	editor, reader := s.subscribe("editor"), s.subscribe("reader")
	draft := s.note("editor", fields{"title": "Brouillon"})
	live := s.note("editor", fields{"title": "Vive", "status": "published"})
	_, one := editor.next()
	_, two := editor.next()
	if one["id"] != draft || one["collection"] != "notes" || one["action"] != "entry.create" || two["id"] != live {
		t.Errorf("editor: %v, %v", one, two)
	}
	if _, ev := reader.next(); ev["id"] != live {
		t.Errorf("reader: %v, want only what went live (%s)", ev, live)
	}
	for _, ev := range []map[string]any{one, two} {
		for name := range ev {
			if !strings.Contains("seq collection id action", name) {
				t.Errorf("an event says more than it should: %v", ev)
			}
		}
	}
	// People and roles are not for readers and editors.
	s.as("administrator", "POST", "/users", fields{"name": "x", "email": "x@example.org"}).data(t, 201)
	s.as("editor", "POST", "/entries/notes/"+live+"/actions/unpublish", nil).data(t, 200)
	for _, st := range []*stream{editor, reader} {
		if _, ev := st.next(); ev["id"] != live || ev["action"] != "entry.unpublish" {
			t.Errorf("after a user was made: %v", ev)
		}
	}
}

func TestEventsResume(t *testing.T) {
	s := withNotes(t, siteOptions{})
	st := s.subscribe("editor")
	one := s.note("editor", fields{"title": "Un"})
	if _, ev := st.next(); ev["id"] != one {
		t.Fatalf("event: %v", ev)
	}
	last := st.id()
	st.end()
	two, three := s.note("editor", fields{"title": "Deux"}), s.note("editor", fields{"title": "Trois"})
	again := s.subscribe("editor", "Last-Event-ID", last)
	_, a := again.next()
	_, b := again.next()
	if a["id"] != two || b["id"] != three {
		t.Errorf("resumed: %v, %v", a, b)
	}
	for _, far := range []string{"0", "999999999"} {
		if name, _ := s.subscribe("editor", "Last-Event-ID", far).next(); name != "reset" {
			t.Errorf("from %s: %s", far, name)
		}
	}
	s.as("editor", "GET", "/events", nil, "Last-Event-ID", "x").problem(t, 400, "parameter_not_number")
}

func TestEventsForgetInTime(t *testing.T) {
	s := withNotes(t, siteOptions{events: api.EventsOptions{Keep: 5, MaxBacklog: 2}})
	st := s.subscribe("editor")
	first := s.note("editor", fields{"title": "n0"})
	if _, ev := st.next(); ev["id"] != first {
		t.Fatalf("event: %v", ev)
	}
	last := st.id()
	st.end()
	var want []string
	for i := range 4 {
		want = append(want, s.note("editor", fields{"title": fmt.Sprintf("n%d", i+1)}))
	}
	again := s.subscribe("editor", "Last-Event-ID", last)
	for _, id := range want {
		if _, ev := again.next(); ev["id"] != id {
			t.Fatalf("got %v, want %s", ev, id)
		}
	}
	for i := range 3 {
		s.note("editor", fields{"title": fmt.Sprintf("m%d", i)})
	}
	for deadline := time.Now().Add(time.Minute); ; <-time.After(5 * time.Millisecond) {
		if at, _ := s.api.Events().Checkpoint(); at == s.view.Seq() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the events do not follow")
		}
	}
	if name, _ := s.subscribe("editor", "Last-Event-ID", last).next(); name != "reset" {
		t.Errorf("what was forgotten: %s", name)
	}
}

// A stream ends when its session or token does, without waiting to be asked.
func TestEventsEndWithTheRight(t *testing.T) {
	s := withNotes(t, siteOptions{})
	st := s.subscribe("editor")
	s.do(content.Actor{Kind: content.ActorSystem, ID: "test"}, account.DisableUser{ID: s.users["editor"], Disabled: true})
	s.note("author", fields{"title": "Après"})
	if name, ev := st.next(); name != "" {
		t.Errorf("a disabled user is told %v", ev)
	}
	beating := withNotes(t, siteOptions{events: api.EventsOptions{Heartbeat: 20 * time.Millisecond}})
	st = beating.subscribe("reader")
	beating.do(content.Actor{Kind: content.ActorSystem, ID: "test"}, account.DisableUser{ID: beating.users["reader"], Disabled: true})
	if name, ev := st.next(); name != "" {
		t.Errorf("a stream outlives its user: %v", ev)
	}
}

func TestEventsAreBounded(t *testing.T) {
	s := withNotes(t, siteOptions{events: api.EventsOptions{PerActor: 2, Streams: 3, Heartbeat: 20 * time.Millisecond}})
	one := s.subscribe("editor")
	s.subscribe("editor")
	if a := s.as("editor", "GET", "/events", nil); a.header.Get("Retry-After") == "" {
		t.Errorf("headers: %v", a.header)
	} else {
		a.problem(t, 429, "too_many_streams")
	}
	s.subscribe("reader")
	s.as("author", "GET", "/events", nil).problem(t, 429, "too_many_streams")
	one.end()
	for deadline := time.Now().Add(time.Minute); s.api.Events().Open() > 2; {
		if time.Now().After(deadline) {
			t.Fatal("a subscriber that left is still counted")
		}
		<-time.After(5 * time.Millisecond)
	}
	if st := s.subscribe("author"); st.status != 200 {
		t.Errorf("after one left: %d", st.status)
	}
}

func TestEventsEndWhenTheServerStops(t *testing.T) {
	s := withNotes(t, siteOptions{})
	st := s.subscribe("editor")
	s.stop()
	if name, _ := st.next(); name != "" {
		t.Errorf("event %s after the stop", name)
	}
}
