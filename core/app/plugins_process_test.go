//go:build linux

package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestAgenda installs the plugin of the guide beside a server, and uses what it
// brings as visitors, editors and developers do; its process is killed between.
func TestAgenda(t *testing.T) {
	t.Parallel()
	p := folderPlace(t)
	data := filepath.Join(t.TempDir(), "a")
	node := serve(t, p, data)
	visitor, c := newClient(t, node, ""), newClient(t, node, administrator(t, p, data))
	must(t, p, "", "plugin", "install", "agenda", "--yes", "--bucket", p.address, "--data", filepath.Join(t.TempDir(), "b"))
	pid := 0
	status := func(accept func(pid int) bool) {
		t.Helper()
		eventually(t, func() error {
			r, err := c.call(t.Context(), "GET", "/api/v1/plugins/agenda", nil)
			if err != nil {
				return err
			}
			var got struct {
				Data struct {
					Status struct {
						State string `json:"state"`
						PID   int    `json:"pid"`
					} `json:"status"`
				} `json:"data"`
			}
			if err := json.Unmarshal(r.body, &got); err != nil {
				return err
			}
			if got.Data.Status.State != "running" || !accept(got.Data.Status.PID) {
				return fmt.Errorf("the plugin: %s", r.body)
			}
			pid = got.Data.Status.PID
			return nil
		})
	}
	status(func(pid int) bool { return pid > 0 })

	var created struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	eventually(t, func() error { // a hook that is late refuses
		r, err := c.call(t.Context(), "POST", "/api/v1/entries/agenda", map[string]any{"locale": "fr", "title": "Rencontre & co", "day": "2027-06-30", "seats": 20})
		if err == nil && r.status != http.StatusCreated {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		if err != nil {
			return err
		}
		return json.Unmarshal(r.body, &created)
	})
	c.want(t, http.StatusOK, "POST", "/api/v1/entries/agenda/"+created.Data.ID+"/actions/publish", map[string]any{})

	shows := func(path, text string) {
		t.Helper()
		eventually(t, func() error {
			r, err := visitor.call(t.Context(), "GET", path, nil)
			if err == nil && (r.status != http.StatusOK || !strings.Contains(string(r.body), text)) {
				err = fmt.Errorf("%d %s", r.status, r.body)
			}
			return err
		})
	}
	shows("/fr/agenda/2027-06", "Rencontre &amp; co")
	shows("/ar/agenda/2027-06", "بقي 20 مقعدا")
	// Its months are pages of the search, and no entries.
	shows("/api/v1/search?q=juin+rencontre&locale=fr", `"plugin":"agenda"`)
	shows("/api/v1/search?q=juin+rencontre&locale=fr", `"url":"/fr/agenda/2027-06"`)
	shows("/fr/recherche?q=juin+rencontre", `href="/fr/agenda/2027-06"`)
	eventually(t, func() error { // a plugin that is late is not there
		r, err := visitor.call(t.Context(), "GET", "/fr/agenda/never", nil)
		if err == nil && r.status != http.StatusNotFound {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	visitor.want(t, http.StatusOK, "GET", "/fr/agenda/2027-06", nil) // it is in memory
	killed := pid
	status(func(pid int) bool { return pid > 0 && pid != killed })

	// One caller registers only so often, and is told so in words.
	var limited *reply
	for range 31 {
		var err error
		if limited, err = visitor.call(t.Context(), "POST", "/api/v1/plugins/agenda/meetings/"+created.Data.ID+"/register", map[string]any{}); err != nil {
			t.Fatal(err)
		}
	}
	if limited.status != http.StatusTooManyRequests || limited.header.Get("Retry-After") == "" {
		t.Errorf("the 31st registration: %d %s", limited.status, limited.body)
	}
	c.want(t, http.StatusConflict, "POST", "/api/v1/plugins/agenda/meetings/"+created.Data.ID+"/register", map[string]any{}) // somebody else

	// The console: for who may, and in frames that are nobody.
	visitor.want(t, http.StatusForbidden, "POST", "/api/v1/plugins/agenda/console/registrations", map[string]any{})
	eventually(t, func() error {
		r, err := c.call(t.Context(), "POST", "/api/v1/plugins/agenda/console/registrations", map[string]any{}, "Accept-Language", "ar")
		if err == nil && (r.status != http.StatusOK || !strings.Contains(string(r.body), "المسجلون")) {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	places := c.want(t, http.StatusOK, "GET", "/api/v1/console", nil)
	if !strings.Contains(string(places.body), `"modules":[{"plugin":"agenda"`) {
		t.Errorf("the collections of the plugin are nobody’s: %s", places.body)
	}
	_, address, _ := strings.Cut(string(places.body), `"url":"`)
	address, _, _ = strings.Cut(address, `"`)
	frame := visitor.want(t, http.StatusOK, "GET", address, nil)
	if policy := frame.header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox allow-scripts") || strings.Contains(policy, "allow-same-origin") {
		t.Errorf("a frame may act as the site: %s", policy)
	}
	visitor.want(t, http.StatusOK, "GET", strings.TrimSuffix(address, "week.html")+"week.js", nil)
	for _, beside := range []string{"../plugin.json", "..%2Fplugin.json", "nothing.js"} {
		visitor.want(t, http.StatusNotFound, "GET", strings.TrimSuffix(address, "week.html")+beside, nil)
	}

	// A job, from the API to its end.
	visitor.want(t, http.StatusForbidden, "POST", "/api/v1/plugins/agenda/jobs", map[string]any{"job": "reminders"})
	c.want(t, http.StatusCreated, "POST", "/api/v1/plugins/agenda/jobs", map[string]any{"job": "reminders", "args": map[string]any{"day": "2027-06-30"}})
	eventually(t, func() error {
		r, err := c.call(t.Context(), "GET", "/api/v1/plugins/agenda/jobs", nil)
		if err == nil && !strings.Contains(string(r.body), `"state":"done"`) {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	node.stop()
}
