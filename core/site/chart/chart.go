// Package chart draws a schematic map of Algeria as paths for SVG: one area
// for each place, of all that is nearer to it than to any other. So the map
// follows the territories of the site, which change by law, and needs no
// boundaries of which nobody has a free and current set. The south is drawn
// smaller than it is, to leave room where the places are.
package chart

import (
	"math"
	"strconv"
	"strings"
)

// Point is a place: longitude and latitude in degrees, or a point of the
// drawing.
type Point struct{ X, Y float64 }

// The size of the drawing.
const (
	Width  = 1000
	Height = 880
)

// Place is what an area is drawn around.
type Place struct {
	Lon, Lat float64
}

// maxPlaces bounds the areas of one map: the time grows with their square.
const maxPlaces = 200

// Areas gives the area of each place as the d of an SVG path; "" for places
// outside of the country, and for those after the first maxPlaces.
func Areas(places []Place) []string {
	out := make([]string, len(places))
	outline := make([]Point, len(algeria()))
	for i, p := range algeria() {
		outline[i] = project(p.X, p.Y)
	}
	places = places[:min(len(places), maxPlaces)]
	seeds := make([]Point, len(places))
	drawn := make([]bool, len(places))
	for i, p := range places {
		seeds[i] = project(p.Lon, p.Lat)
		drawn[i] = inside(outline, seeds[i]) || onBorder(outline, seeds[i])
	}
	for i := range seeds {
		if !drawn[i] {
			continue
		}
		area := outline
		for j := range seeds {
			if i != j && drawn[j] {
				area = nearer(area, seeds[i], seeds[j])
			}
		}
		out[i] = path(area)
	}
	return out
}

// stretches say how tall a degree of latitude is drawn, from north to south.
var stretches = []struct{ down, scale float64 }{{33.6, 2.15}, {30.5, 1}, {-90, 0.36}}

const (
	north, west = 37.35, -8.9
	unit        = Width / 17.7 // of the drawing for a degree of latitude
	narrow      = 0.845        // a degree of longitude here
)

func project(lon, lat float64) Point {
	y, top := 0.0, north
	for _, s := range stretches {
		if top > s.down {
			y += (top - max(lat, s.down)) * s.scale
			if lat >= s.down {
				break
			}
			top = s.down
		}
	}
	return Point{(lon - west) * narrow * unit, y * unit}
}

// nearer cuts off an area what is nearer to b than to a. An area that falls
// apart stays one, joined by lines of no width.
func nearer(area []Point, a, b Point) []Point {
	nx, ny := b.X-a.X, b.Y-a.Y
	limit := (b.X*b.X + b.Y*b.Y - a.X*a.X - a.Y*a.Y) / 2
	side := func(p Point) float64 { return p.X*nx + p.Y*ny - limit }
	var out []Point
	for i, p := range area {
		q := area[(i+1)%len(area)]
		sp, sq := side(p), side(q)
		if sp <= 0 {
			out = append(out, p)
		}
		if sp < 0 && sq > 0 || sp > 0 && sq < 0 {
			t := sp / (sp - sq)
			out = append(out, Point{p.X + t*(q.X-p.X), p.Y + t*(q.Y-p.Y)})
		}
	}
	return out
}

// inside reports whether a point lies in an area.
func inside(area []Point, p Point) bool {
	in := false
	for i, a := range area {
		b := area[(i+1)%len(area)]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < (b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y)+a.X {
			in = !in
		}
	}
	return in
}

// border is how far from the outline a place may lie, in units of the drawing:
// the coast is simplified, and capitals lie on it.
const border = 15

func onBorder(outline []Point, p Point) bool {
	for i, a := range outline {
		b := outline[(i+1)%len(outline)]
		t := ((p.X-a.X)*(b.X-a.X) + (p.Y-a.Y)*(b.Y-a.Y)) / ((b.X-a.X)*(b.X-a.X) + (b.Y-a.Y)*(b.Y-a.Y))
		t = min(max(t, 0), 1)
		if math.Hypot(p.X-a.X-t*(b.X-a.X), p.Y-a.Y-t*(b.Y-a.Y)) < border {
			return true
		}
	}
	return false
}

// path writes an area in whole numbers, each point relative to the last.
func path(area []Point) string {
	var b strings.Builder
	lastX, lastY := 0, 0
	for i, p := range area {
		x, y := int(math.Round(p.X)), int(math.Round(p.Y))
		if i == 0 {
			b.WriteString("M" + strconv.Itoa(x) + " " + strconv.Itoa(y))
		} else if x != lastX || y != lastY {
			b.WriteString("l" + strconv.Itoa(x-lastX) + " " + strconv.Itoa(y-lastY))
		}
		lastX, lastY = x, y
	}
	if b.Len() > 0 {
		b.WriteString("z")
	}
	return b.String()
}

// Distance between two places in kilometres, along the surface of the Earth.
func Distance(a, b Place) float64 {
	const earth, rad = 6371, math.Pi / 180
	h := hav((b.Lat-a.Lat)*rad) + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*hav((b.Lon-a.Lon)*rad)
	return 2 * earth * math.Asin(math.Sqrt(min(h, 1)))
}

func hav(angle float64) float64 { return math.Pow(math.Sin(angle/2), 2) }
