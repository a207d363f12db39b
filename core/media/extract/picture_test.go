package extract

import (
	"bytes"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"testing"
)

// quarters is a picture whose four quarters are red, green, blue and white,
// from the upper left corner in reading order.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{255, 0, 0, 255}
			switch right, low := x >= w/2, y >= h/2; {
			case right && low:
				c = color.RGBA{255, 255, 255, 255}
			case low:
				c = color.RGBA{0, 0, 255, 255}
			case right:
				c = color.RGBA{0, 255, 0, 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func jpegOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withEXIF puts an orientation and a place into a JPEG.
func withEXIF(data []byte, orientation byte) []byte {
	tiff := append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"), orientation, 0, 0, 0, 0, 0, 0)
	body := append([]byte("Exif\x00\x00"), append(tiff, "GPS 36.75 N 5.06 E"...)...)
	segment := append([]byte{0xff, 0xe1, 0, byte(len(body) + 2)}, body...)
	return append(append([]byte{0xff, 0xd8}, segment...), data[2:]...)
}

func pngOf(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func drawn(t *testing.T, e Extractor, mediaType string, data []byte, p Picture) (*Drawn, image.Image) {
	t.Helper()
	d, err := e.Picture(t.Context(), file(t, data), mediaType, p)
	if err != nil {
		t.Fatalf("%+v of %s: %v", p, mediaType, err)
	}
	m, _, err := image.Decode(bytes.NewReader(d.Data))
	if err != nil {
		t.Fatal(err)
	}
	if b := m.Bounds(); b.Dx() != d.Width || b.Dy() != d.Height {
		t.Errorf("%v is said to be %d × %d", b, d.Width, d.Height)
	}
	return d, m
}

// near tells a colour by name.
func near(c color.Color) string {
	r, g, b, _ := c.RGBA()
	for name, want := range map[string][3]uint32{"red": {65535, 0, 0}, "green": {0, 65535, 0}, "blue": {0, 0, 65535}, "white": {65535, 65535, 65535}} {
		if math.Abs(float64(r)-float64(want[0]))+math.Abs(float64(g)-float64(want[1]))+math.Abs(float64(b)-float64(want[2])) < 40_000 {
			return name
		}
	}
	return "other"
}

func corners(m image.Image) [4]string {
	b := m.Bounds()
	x, y := b.Dx()/8, b.Dy()/8
	return [4]string{near(m.At(x, y)), near(m.At(b.Dx()-1-x, y)), near(m.At(x, b.Dy()-1-y)), near(m.At(b.Dx()-1-x, b.Dy()-1-y))}
}

func TestPicturesFitTheirBox(t *testing.T) {
	src := pngOf(t, quarters(400, 200))
	for _, c := range []struct {
		p    Picture
		w, h int
	}{
		{Picture{Width: 100}, 100, 50},
		{Picture{Width: 100, Height: 10}, 20, 10},
		{Picture{Width: 4000}, 400, 200},
		{Picture{Width: 100, Height: 100, Crop: true, X: 0.5, Y: 0.5}, 100, 100},
		{Picture{Width: 1000, Height: 500, Crop: true}, 400, 200},
	} {
		if d, _ := drawn(t, inside(t), "image/png", src, c.p); d.Width != c.w || d.Height != c.h || d.MediaType != "image/jpeg" {
			t.Errorf("%+v gives %d × %d %s, want %d × %d", c.p, d.Width, d.Height, d.MediaType, c.w, c.h)
		}
	}
	_, left := drawn(t, inside(t), "image/png", src, Picture{Width: 50, Height: 50, Crop: true, X: 0.1, Y: 0.5})
	if got := corners(left); got != [4]string{"red", "red", "blue", "blue"} {
		t.Errorf("around the left: %v", got)
	}
}

// All eight orientations come out upright, whole and cropped, and nothing of
// EXIF comes out.
func TestOrientation(t *testing.T) {
	upright := quarters(120, 80)
	for o := byte(1); o <= 8; o++ {
		w, h := 120, 80
		if o >= 5 {
			w, h = 80, 120
		}
		stored := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range 80 {
			for x := range 120 {
				at := turned(int(o), x, y, 120, 80)
				stored.SetRGBA(at.X, at.Y, upright.RGBAAt(x, y))
			}
		}
		data := withEXIF(jpegOf(t, stored), o)
		d, m := drawn(t, inside(t), "image/jpeg", data, Picture{Width: 60})
		if got := corners(m); d.Width != 60 || d.Height != 40 || got != [4]string{"red", "green", "blue", "white"} {
			t.Errorf("orientation %d: %d × %d %v", o, d.Width, d.Height, got)
		}
		if bytes.Contains(d.Data, []byte("Exif")) || bytes.Contains(d.Data, []byte("GPS")) {
			t.Errorf("orientation %d: EXIF came through", o)
		}
		_, m = drawn(t, inside(t), "image/jpeg", data, Picture{Width: 20, Height: 40, Crop: true, X: 0.9, Y: 0.5})
		if got := corners(m); got != [4]string{"green", "green", "white", "white"} {
			t.Errorf("orientation %d, cropped to the right: %v", o, got)
		}
	}
}

func TestTransparencyStays(t *testing.T) {
	m := quarters(20, 20)
	m.SetRGBA(0, 0, color.RGBA{})
	if d, _ := drawn(t, inside(t), "image/png", pngOf(t, m), Picture{Width: 20}); d.MediaType != "image/png" {
		t.Errorf("a picture with holes became %s", d.MediaType)
	}
}

func TestCoverOfPDF(t *testing.T) {
	for how, e := range both(t) {
		d, m := drawn(t, e, pdfType, pdfOf("Couverture", "Autre"), Picture{Width: 200})
		if d.Width != 200 || d.Height < 280 || d.Height > 284 || near(m.At(5, 5)) != "white" {
			t.Errorf("%s: %d × %d, corner %v", how, d.Width, d.Height, m.At(5, 5))
		}
	}
}

// Pictures that claim to be huge are refused before they are decoded.
func TestPicturesThatCannotBeShown(t *testing.T) {
	small := pngOf(t, quarters(4, 4))
	huge := bytes.Clone(small)
	copy(huge[16:], "\x00\x00\xff\xff\x00\x00\xff\xff")
	sum := crc32.ChecksumIEEE(huge[12:29])
	copy(huge[29:], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	in := inside(t)
	for name, c := range map[string]struct {
		mediaType string
		data      []byte
	}{
		"huge":     {"image/png", huge},
		"cut off":  {"image/png", small[:40]},
		"another":  {"image/jpeg", small},
		"empty":    {"image/gif", nil},
		"no PDF":   {pdfType, []byte("%PDF-1.4")},
		"bad webp": {"image/webp", []byte("RIFF\x00\x00\x00\x00WEBPVP8 ")},
	} {
		if _, err := in.Picture(t.Context(), file(t, c.data), c.mediaType, Picture{Width: 10}); !errors.Is(err, ErrFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := outside(t).Picture(t.Context(), file(t, huge), "image/png", Picture{Width: 10}); !errors.Is(err, ErrFile) {
		t.Errorf("huge, outside: %v", err)
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(withEXIF([]byte{0xff, 0xd8, 0xff, 0xda}, 6))
	f.Fuzz(func(t *testing.T, head []byte) {
		if o := orientationOf(head); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
	})
}
