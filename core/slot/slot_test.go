package slot_test

import (
	"maps"
	"testing"

	"github.com/recueil-cms/recueil/core/slot"
)

func TestMatch(t *testing.T) {
	s := slot.Slots{Pages: []slot.Page{{ID: "day", Path: "/agenda/{month}/{day}"}, {ID: "month", Path: "/agenda/{month}"},
		{ID: "list", Path: "/agenda"}, {ID: "next", Path: "/agenda/next"}, {ID: "root", Path: "/"}}}
	for _, c := range []struct {
		segments []string
		id       string
		places   map[string]string
	}{
		{[]string{"agenda"}, "list", nil},
		{[]string{"agenda", "next"}, "next", nil},
		{[]string{"agenda", "2026-12"}, "month", map[string]string{"month": "2026-12"}},
		{[]string{"agenda", "2026-12", "3"}, "day", map[string]string{"month": "2026-12", "day": "3"}},
		{[]string{"agenda", "a", "b", "c"}, "", nil},
		{[]string{""}, "", nil},
		{nil, "", nil},
	} {
		page, places := s.Match(c.segments)
		id := ""
		if page != nil {
			id = page.ID
		}
		if id != c.id || !maps.Equal(places, c.places) && len(places)+len(c.places) > 0 {
			t.Errorf("%q leads to %q with %v, not %q", c.segments, id, places, c.id)
		}
	}
}
