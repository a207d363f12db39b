// Package example is the plugin that the guide (plugins/README.md) explains: a
// calendar of meetings that visitors register for. It is part of the program,
// with no privilege over a stranger's.
package example

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Manifest is the plugin.json.
//
//go:embed plugin.json
var Manifest []byte

// Files are those of the frame in the console.
//
//go:embed ui
var Files embed.FS

// Plugin is the calendar.
func Plugin() sdk.Plugin {
	c := &calendar{}
	return sdk.Plugin{
		Manifest:     Manifest,
		Configure:    c.configure,
		BeforeCommit: c.beforeCommit,
		Events:       c.events,
		Routes:       c.routes(),
		Render:       c.render,
		Console:      c.console,
		Jobs:         map[string]func(context.Context, *sdk.Run) error{"reminders": c.reminders},
		Migrate:      c.migrate,
	}
}

// calendar is what the plugin remembers while it runs.
type calendar struct {
	seats atomic.Int64 // of a meeting that names none; 0: no limit
}

// meeting is an entry as the HTTP API gives it.
type meeting struct {
	ID       string  `json:"id"`
	Revision int     `json:"revision"`
	Title    string  `json:"title"`
	Day      string  `json:"day"`
	Place    string  `json:"place"`
	Seats    float64 `json:"seats"`
	Taken    float64 `json:"taken"`
	Full     bool    `json:"full"`
}

func (m meeting) month() string { return m.Day[:min(len(m.Day), len("2027-05"))] }

func (c *calendar) configure(_ context.Context, s sdk.Setup) error {
	var settings struct{ Seats int64 }
	if err := s.Into(&settings); err != nil {
		return err
	}
	c.seats.Store(settings.Seats)
	return nil
}

// beforeCommit refuses fewer seats than are taken, and says whether a meeting
// is full. It only computes: it may be asked several times about one commit.
func (c *calendar) beforeCommit(_ context.Context, commit *sdk.Commit) error {
	for _, change := range commit.Changes {
		e := change.After
		if e == nil {
			continue
		}
		seats, named := e.Values["seats"].(float64)
		if !named && c.seats.Load() > 0 {
			seats = float64(c.seats.Load())
			commit.Set(e, "seats", seats)
		}
		taken, _ := e.Values["taken"].(float64)
		if seats > 0 && taken > seats {
			commit.Refuse(e, "seats", sdk.Texts{
				"fr": fmt.Sprintf("%.0f personnes sont déjà inscrites : gardez au moins %.0f places.", taken, taken),
				"ar": fmt.Sprintf("سجّل %.0f شخصا: أبقوا %.0f مقعدا على الأقل.", taken, taken),
				"en": fmt.Sprintf("%.0f people have registered: keep at least %.0f seats.", taken, taken),
			})
			continue
		}
		full, _ := e.Values["full"].(bool)
		if now := seats > 0 && taken >= seats; now != full {
			commit.Set(e, "full", now)
		}
	}
	return nil
}

// events keeps the months of the published meetings, by their ids, has those
// months found by the search, and tells other plugins of a meeting that is full.
// Being told twice changes nothing: a key is there or not, a document is the
// same, and what has a key is announced once.
func (c *calendar) events(ctx context.Context, h *sdk.Host, events []sdk.Event) error {
	for _, e := range events {
		m, err := published(ctx, h, e)
		if err != nil {
			return err
		}
		key, before := "seen/"+e.ID, any(nil)
		if _, err := h.State().Get(ctx, key, &before); err != nil {
			return err
		}
		if m == nil {
			err = h.State().Delete(ctx, key)
		} else {
			err = h.State().Put(ctx, key, m.month(), "")
		}
		if err == nil {
			err = c.searchable(ctx, h, m, before)
		}
		if err == nil && m != nil && m.Full {
			_, err = h.Announce(ctx, "full", map[string]string{"meeting": e.ID}, "full "+e.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// published reads what an event tells of; nil: nobody sees it any more.
func published(ctx context.Context, h *sdk.Host, e sdk.Event) (*meeting, error) {
	if e.What != sdk.Changed || len(e.Published) == 0 {
		return nil, nil
	}
	m := &meeting{}
	err := h.Get(ctx, "agenda", e.ID, "", m)
	if sdk.IsNotFound(err) { // since then
		return nil, nil
	}
	return m, err
}

func (c *calendar) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /months/{month}", c.month)
	mux.HandleFunc("POST /meetings/{id}/register", c.register)
	mux.HandleFunc("GET /count", c.count)
	return mux
}

// month lists the meetings of a month that whoever asks may see.
func (c *calendar) month(w http.ResponseWriter, r *http.Request) {
	first, err := time.Parse("2006-01", r.PathValue("month"))
	if err != nil {
		fail(w, http.StatusBadRequest, "month_form", "A month is written as 2027-05.")
		return
	}
	query := ofMonth(first)
	query.Set("sort", "day")
	page, err := sdk.From(r).Host.Find(r.Context(), "agenda", query.Encode())
	if err != nil {
		fail(w, http.StatusBadGateway, "host", err.Error())
		return
	}
	meetings := []meeting{}
	if err := page.Into(&meetings); err != nil {
		fail(w, http.StatusBadGateway, "host", err.Error())
		return
	}
	answer(w, http.StatusOK, map[string]any{"data": meetings})
}

// register takes a seat. The caller has to see the meeting; the seat is taken
// by the plugin itself, because visitors may change nothing. When another one
// is faster the revision has moved on, and it is tried again.
func (c *calendar) register(w http.ResponseWriter, r *http.Request) {
	id, host := r.PathValue("id"), sdk.From(r).Host
	for range 10 {
		var m meeting
		err := host.Get(r.Context(), "agenda", id, "", &m)
		switch {
		case sdk.IsNotFound(err):
			fail(w, http.StatusNotFound, "meeting_missing", "There is no such meeting.")
			return
		case err != nil:
			fail(w, http.StatusBadGateway, "host", err.Error())
			return
		case m.Full:
			fail(w, http.StatusConflict, "meeting_full", "All seats are taken.")
			return
		}
		taken, err := c.take(r.Context(), host.Alone(), m)
		if sdk.IsStale(err) {
			continue
		}
		if err != nil {
			fail(w, http.StatusBadGateway, "host", err.Error())
			return
		}
		answer(w, http.StatusCreated, map[string]any{"data": map[string]any{"meeting": id, "place": taken}})
		return
	}
	fail(w, http.StatusServiceUnavailable, "busy", "Too many people register at this moment. Try again.")
}

// take saves one more registration, and publishes it. A plugin's hook is not
// asked about its own changes: full is set here.
func (c *calendar) take(ctx context.Context, host *sdk.Host, m meeting) (float64, error) {
	done, err := host.Save(ctx, m.ID, sdk.Locales{"fr": {"taken": m.Taken + 1, "full": m.Seats > 0 && m.Taken+1 >= m.Seats}}, sdk.Options{Revision: m.Revision})
	if err != nil {
		return 0, err
	}
	_, err = host.Publish(ctx, m.ID, nil, sdk.Options{Revision: done.Revision})
	return m.Taken + 1, err
}

// count counts the meetings that the plugin was told of.
func (c *calendar) count(w http.ResponseWriter, r *http.Request) {
	n, after := 0, ""
	for more := true; more; {
		keys, further, err := sdk.From(r).Host.State().Keys(r.Context(), "seen/", after)
		if err != nil {
			fail(w, http.StatusBadGateway, "host", err.Error())
			return
		}
		if n += len(keys); len(keys) > 0 {
			after = keys[len(keys)-1]
		}
		more = further && len(keys) > 0
	}
	answer(w, http.StatusOK, map[string]any{"data": map[string]any{"published": n}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}

func fail(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code, "detail": detail}) // the caller may have gone
}
