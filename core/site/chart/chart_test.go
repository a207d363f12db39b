package chart

import (
	"math"
	"strings"
	"testing"
)

func area(points []Point) float64 {
	sum := 0.0
	for i, p := range points {
		q := points[(i+1)%len(points)]
		sum += p.X*q.Y - q.X*p.Y
	}
	return math.Abs(sum) / 2
}

// The areas cover the country and nothing twice.
func TestAreasCoverTheCountry(t *testing.T) {
	places := []Place{{3.06, 36.75}, {-0.64, 35.70}, {7.75, 36.90}, {5.52, 22.79}, {-8.13, 27.67}, {6.61, 36.36}, {2.88, 33.80}}
	var outline []Point
	for _, p := range algeria() {
		q := project(p.X, p.Y)
		if q.X < 0 || q.X > Width || q.Y < 0 || q.Y > Height {
			t.Fatalf("%v is drawn at %v, outside", p, q)
		}
		outline = append(outline, q)
	}
	sum := 0.0
	for i := range places {
		cell := outline
		for j := range places {
			if i != j {
				cell = nearer(cell, project(places[i].Lon, places[i].Lat), project(places[j].Lon, places[j].Lat))
			}
		}
		if !inside(cell, project(places[i].Lon, places[i].Lat)) {
			t.Errorf("place %d is not in its own area", i)
		}
		sum += area(cell)
	}
	if whole := area(outline); math.Abs(sum-whole) > whole/1e6 {
		t.Errorf("the areas cover %.1f of %.1f", sum, whole)
	}
}

func TestPlacesThatAreNowhere(t *testing.T) {
	got := Areas([]Place{{3.06, 36.75}, {2.35, 48.86}, {math.NaN(), math.Inf(1)}})
	if !strings.HasPrefix(got[0], "M") || !strings.HasSuffix(got[0], "z") || got[1] != "" || got[2] != "" {
		t.Errorf("%.80q", got)
	}
	if many := Areas(make([]Place, 1000)); len(many) != 1000 {
		t.Errorf("%d areas", len(many))
	}
}

func TestDistance(t *testing.T) {
	if d := Distance(Place{3.06, 36.75}, Place{-0.64, 35.70}); d < 340 || d > 360 {
		t.Errorf("Algiers to Oran: %.0f km", d)
	}
	if d := Distance(Place{1, 2}, Place{1, 2}); d != 0 {
		t.Errorf("no way at all: %f", d)
	}
}
