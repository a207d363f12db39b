package api_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"sync"
	"testing"
)

// photo is a JPEG, red on its left and blue on its right.
func photo(t *testing.T, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			if x >= w/2 {
				c = color.RGBA{0, 0, 255, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRenditions(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.upload("editor", "/assets?name=photo.jpg", photo(t, 800, 400), "image/jpeg").data(t, 201)
	srcset := fmt.Sprint(d["srcset"])
	if !strings.Contains(srcset, "w320?v=1 320w, ") || !strings.HasSuffix(srcset, "w960?v=1 800w") || strings.Contains(srcset, "1280") {
		t.Errorf("srcset %s", srcset)
	}
	all := d["renditions"].(map[string]any)
	a := s.send("visitor", "GET", fmt.Sprint(all["w320"]), nil)
	m, _, err := image.Decode(bytes.NewReader(a.body))
	if err != nil || m.Bounds().Dx() != 320 || m.Bounds().Dy() != 160 {
		t.Fatalf("%d %v %v", a.status, err, m)
	}
	for name, want := range map[string]string{"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff",
		"Cache-Control": "public, max-age=31536000, immutable"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("policy %q", a.header.Get("Content-Security-Policy"))
	}
	if again := s.send("visitor", "GET", fmt.Sprint(all["w320"]), nil, "If-None-Match", a.header.Get("ETag")); again.status != 304 || len(again.body) != 0 {
		t.Errorf("again: %d", again.status)
	}
	if old := s.send("visitor", "GET", strings.Replace(fmt.Sprint(all["w320"]), "v=1", "v=7", 1), nil); strings.Contains(old.header.Get("Cache-Control"), "immutable") {
		t.Errorf("another revision may be kept: %v", old.header)
	}
}

func TestFocalPoint(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.upload("editor", "/assets?name=photo.jpg", photo(t, 800, 200), "image/jpeg").data(t, 201)
	path := fmt.Sprint("/assets/", d["id"])
	s.as("editor", "PATCH", path, fields{"focus": fields{"x": 1.5, "y": 0}}).problem(t, 422, "")
	d = s.as("editor", "PATCH", path, fields{"focus": fields{"x": 0.9, "y": 0.5}}).data(t, 200)
	a := s.send("visitor", "GET", fmt.Sprint(d["renditions"].(map[string]any)["square"]), nil)
	m, _, err := image.Decode(bytes.NewReader(a.body))
	if err != nil || m.Bounds().Dx() != 200 || m.Bounds().Dy() != 200 {
		t.Fatalf("%d %v", a.status, err)
	}
	if r, _, b, _ := m.At(2, 100).RGBA(); b < r {
		t.Error("the red left is seen although the focus is on the right")
	}
}

// What cannot be shown is said to be missing, once and again, and whoever may
// not see a file may not see pictures of it.
func TestNoRendition(t *testing.T) {
	s := newSite(t, siteOptions{})
	text := s.upload("editor", "/assets?name=a.txt", []byte("texte"), "text/plain").data(t, 201)
	if text["renditions"] != nil {
		t.Errorf("a text has pictures: %v", text["renditions"])
	}
	broken := s.upload("editor", "/assets?name=a.png", png, "image/png").data(t, 201)
	for range 2 {
		s.as("visitor", "GET", fmt.Sprintf("/assets/%v/renditions/w320", broken["id"]), nil).problem(t, 404, "rendition_missing")
	}
	whole := s.upload("editor", "/assets?name=b.jpg", photo(t, 40, 20), "image/jpeg").data(t, 201)
	path := fmt.Sprint("/assets/", whole["id"])
	s.as("visitor", "GET", path+"/renditions/w9999", nil).problem(t, 404, "rendition_missing")
	s.as("visitor", "GET", path+"/renditions/..%2f..%2fx", nil).problem(t, 404, "")
	s.as("editor", "PATCH", path, fields{"visibility": "coordinators"}).data(t, 200)
	s.as("visitor", "GET", path+"/renditions/w160", nil).problem(t, 404, "asset_missing")
	if a := s.as("editor", "GET", path+"/renditions/w160?v=2", nil); a.status != 200 || !strings.HasPrefix(a.header.Get("Cache-Control"), "private") {
		t.Errorf("for an editor: %d %v", a.status, a.header)
	}
}

func TestRenditionsAreKept(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.upload("editor", "/assets?name=photo.jpg", photo(t, 800, 400), "image/jpeg").data(t, 201)
	path := fmt.Sprintf("/assets/%v/renditions/w640", d["id"])
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if a := s.as("visitor", "GET", path, nil); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
	wg.Wait()
	before := s.reader.pictures.Load()
	s.as("visitor", "GET", path, nil)
	if n := s.reader.pictures.Load(); n != before {
		t.Error("made again although it is there")
	}
}
