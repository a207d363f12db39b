package view

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
)

type spot struct{ lat, lon float64 }

// vector is the spot on a sphere of radius 1: a way to distances that has
// nothing in common with the formula under test.
func (s spot) vector() [3]float64 {
	lat, lon := s.lat*math.Pi/180, s.lon*math.Pi/180
	return [3]float64{math.Cos(lat) * math.Cos(lon), math.Cos(lat) * math.Sin(lon), math.Sin(lat)}
}

func (s spot) distance(o spot) float64 {
	a, b := s.vector(), o.vector()
	chord := math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
	return earth * 2 * math.Asin(min(1, chord/2))
}

func TestPlaces(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	d := site(t)
	spots := map[content.EntryID]spot{}
	batch := []content.Commit{entryCommit(entry("studies", 1).live("", content.Values{}).live("fr", content.Values{"title": "nowhere"}).Entry)}
	for i := range 300 {
		s := spot{float64(r.IntN(181) - 90), float64(r.IntN(361) - 180)}
		if i%2 == 0 { // in Algeria
			s = spot{20 + 17*r.Float64(), -8 + 20*r.Float64()}
		}
		e := entry("studies", i+2).live("", content.Values{"place": map[string]any{"lat": s.lat, "lon": s.lon}}).live("fr", content.Values{"title": fmt.Sprint(i)}).Entry
		spots[e.ID] = s
		batch = append(batch, entryCommit(e))
	}
	apply(t, d, batch...)
	found := 0
	check := func(condition string, fits func(spot) bool) {
		t.Helper()
		var want []content.EntryID
		for id, s := range spots {
			if fits(s) {
				want = append(want, id)
			}
		}
		slices.Sort(want)
		read(t, d, func(tx *Tx) {
			page, err := tx.List(List{Collection: "studies", Live: true, Locales: []content.Locale{"fr"}, Limit: MaxPage,
				Filter: filter(t, tx, "studies", `{"place":`+condition+`}`), Order: sort(t, tx, "studies", "id")})
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(page.Rows); !slices.Equal(got, want) {
				t.Errorf("%s: %d places, want %d", condition, len(got), len(want))
			}
			found += len(page.Rows)
		})
	}
	for range 60 {
		s := spot{float64(r.IntN(181) - 90), float64(r.IntN(361) - 180)}
		if r.IntN(2) == 0 {
			s = spot{36.75, 3.06}
		}
		km := pick(r, []float64{0.5, 40, 700, 5000, 12000, 20038})
		check(fmt.Sprintf(`{"_near":[%v,%v,%v]}`, s.lon, s.lat, km), func(o spot) bool { return s.distance(o) <= km })
		west, east, south := float64(r.IntN(361)-180), float64(r.IntN(361)-180), float64(r.IntN(91)-90)
		check(fmt.Sprintf(`{"_bbox":[%v,%v,%v,%v]}`, west, south, east, south+60), func(o spot) bool {
			in := west <= o.lon && o.lon <= east
			if west > east {
				in = o.lon >= west || o.lon <= east
			}
			return in && south <= o.lat && o.lat <= south+60
		})
	}
	check(`{"_bbox":[-180,-90,180,90]}`, func(spot) bool { return true })
	if found < 2000 {
		t.Errorf("only %d places found: the questions are too narrow", found)
	}
}
