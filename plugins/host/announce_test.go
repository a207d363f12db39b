//go:build unix

package host

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// A plugin announces what happened, and only those hear of it that an
// administrator let; once per key.
func TestAnnouncements(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	exe, err := os.Executable()
	s.must(err)
	for name, asks := range map[string]string{
		"hearer": `{"announced": ["probe.full"]}`, "other": `{"announced": ["probe.empty", "probe-x.full"]}`,
	} {
		m := fmt.Sprintf(`{"name": %q, "version": "1.0.0", "protocol": 1, "label": {"en": "x"}, "state": {"kb": 64}, "events": %s,
			"run": {"any": {"interpreter": %q, "file": "plugin.json"}}}`, name, asks, exe)
		in, err := s.Install(t.Context(), robot, tarOf(t, map[string][]byte{"plugin.json": []byte(m)}))
		s.must(err)
		if !slices.ContainsFunc(in.Asks(), func(a Asked) bool { return strings.HasPrefix(a.ID, "announced:probe") }) {
			t.Errorf("nobody is asked: %+v", in.Asks())
		}
		_, err = s.Approve(t.Context(), robot, name, "1.0.0")
		s.must(err)
		s.host.Wake()
		s.until(name+" is told", func() bool { st, _ := s.host.Status(name); return st.State == Running && st.Told > 0 })
	}
	for _, title := range []string{"announce", "hiccup", "announce"} { // the second brings its batch again
		_, err := s.create("notes", title)
		s.must(err)
	}
	s.until("it is heard twice", func() bool { return len(s.delivered("hearer")) >= 2 })
	heard := s.delivered("hearer")
	for _, line := range heard {
		if !strings.Contains(line, ` plugin.announce announced probe full {"entry":"`) {
			t.Errorf("heard %q", line)
		}
	}
	// Whatever was delivered twice, was announced once.
	n := 0
	for r, err := range s.log.Records(t.Context(), 0) {
		s.must(err)
		for _, c := range r.Values {
			if c.Action == "plugin.announce" {
				n++
				if c.Actor.ID != "probe" || c.Depth != 1 {
					t.Errorf("%+v", c)
				}
			}
		}
	}
	if n != 2 {
		t.Errorf("announced %d times", n)
	}
	if got := s.delivered("other"); len(got) > 0 {
		t.Errorf("others heard %q", got)
	}
	// Nobody announces in the name of another.
	for _, by := range []content.Actor{robot, {}, {Kind: content.ActorPlugin, ID: "hearer"}} {
		if _, err := s.runner.Do(t.Context(), by, action.Announce{Plugin: "probe", Event: "full"}); problem.CodeOf(err) != "plugin_only" {
			t.Errorf("%v: %v", by, err)
		}
	}
}

// Two plugins that answer each other are stopped, and what others do goes on.
func TestPluginsAnswerEachOther(t *testing.T) {
	s := newSite(t, nil)
	s.run()
	exe, err := os.Executable()
	s.must(err)
	m := fmt.Sprintf(`{"name": "echo", "version": "1.0.0", "protocol": 1, "label": {"en": "x"}, "state": {"kb": 64}, "events": {"collections": ["notes"]},
		"rights": [{"collection": "notes", "verbs": ["read", "read_draft", "update"]}], "run": {"any": {"interpreter": %q, "file": "plugin.json"}}}`, exe)
	_, err = s.Install(t.Context(), robot, tarOf(t, map[string][]byte{"plugin.json": []byte(m)}))
	s.must(err)
	_, err = s.Approve(t.Context(), robot, "echo", "1.0.0")
	s.must(err)
	s.host.Wake()
	s.until("both are told", func() bool { st, _ := s.host.Status("echo"); return st.Told > 0 && s.status().Told > 0 })
	id, err := s.create("notes", "ping")
	s.must(err)
	loops := func(of string) (n int) {
		v, err := s.values(of).Get(t.Context(), "loops")
		s.must(err)
		if v.Found {
			s.must(json.Unmarshal(v.Value, &n))
		}
		return n
	}
	s.until("they are stopped", func() bool { return loops("echo")+loops("probe") > 0 })
	title, _ := s.entry(id).Working("fr")["title"].(string)
	if n := strings.Count(title, "."); n < 8 || n > 16 { // both answer the first one, and then each other
		t.Errorf("they answered %d times: %q", n, title)
	}
	_, err = s.create("notes", "goes on")
	s.must(err)
}
