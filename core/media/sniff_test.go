package media

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
)

// picture gives a PNG of 3 × 2 pixels.
func picture(t *testing.T) string {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestTheBytesDecideTheType(t *testing.T) {
	picture := picture(t)
	for _, c := range []struct{ name, head, want string }{
		{"photo.jpg", picture, "image/png"},
		{"page.txt", "<!DOCTYPE html><script>alert(1)</script>", "text/html"},
		{"logo.png", "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"x()\"/>", "image/svg+xml"},
		{"etude.pdf", "%PDF-1.7\n", "application/pdf"},
		{"liste.csv", "nom;commune\nNour;Béjaïa\n", "text/csv"},
		{"liste.csv", "<html>", "text/html"},
		{"notes.docx", "PK\x03\x04rest", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"notes.docx", "%PDF-1.7\n", "application/pdf"},
		{"x.bin", "\x00\x01\x02\x03\xff", "application/octet-stream"},
	} {
		if got := sniff(c.name, []byte(c.head)); got != c.want {
			t.Errorf("sniff(%q, %.20q) = %q, want %q", c.name, c.head, got, c.want)
		}
	}
	if w, h := size("image/png", []byte(picture)); w != 3 || h != 2 {
		t.Errorf("size = %d × %d, want 3 × 2", w, h)
	}
	if w, h := size("image/png", []byte(picture[:10])); w != 0 || h != 0 {
		t.Errorf("size of a broken picture = %d × %d, want 0 × 0", w, h)
	}
}

func TestNamesAreMadeHarmless(t *testing.T) {
	for name, want := range map[string]string{
		"../../etc/passwd":                "passwd",
		`C:\Users\x\rapport.pdf`:          "rapport.pdf",
		"fac\u202etxt.exe":                "factxt.exe",
		"a\r\nSet-Cookie: x=1.txt":        "aSet-Cookie x=1.txt",
		"  .. ":                           "file",
		"":                                "file",
		"\xff\xfe.png":                    "png",
		"e\u0301tude.pdf":                 "\u00e9tude.pdf",
		"دليل الجمعيات.pdf":               "دليل الجمعيات.pdf",
		strings.Repeat("é", 200) + ".pdf": strings.Repeat("é", 88) + ".pdf",
	} {
		if got := cleanName(name); got != want {
			t.Errorf("cleanName(%.40q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	f.Add("a/b\\c.pdf")
	f.Add("\u202e\x00")
	f.Fuzz(func(t *testing.T, name string) {
		got := cleanName(name)
		if got == "" || len(got) > maxName || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\"\r\n\x00") {
			t.Errorf("cleanName(%q) = %q", name, got)
		}
		if again := cleanName(got); again != got {
			t.Errorf("cleanName(%q) = %q, and of that %q", name, got, again)
		}
	})
}

func TestOnlyHarmlessTypesAreShownInPlace(t *testing.T) {
	for mediaType, show := range map[string]bool{
		"image/png": true, "application/pdf": true, "text/plain": true,
		"text/html": false, "image/svg+xml": false, "application/xml": false,
		"text/csv": false, "application/octet-stream": false, "application/xhtml+xml": false,
	} {
		h := Headers(&content.Asset{Name: "étude \"1\".x", MediaType: mediaType})
		if got := strings.HasPrefix(h["Content-Disposition"], "inline"); got != show {
			t.Errorf("%s is shown in place: %v, want %v", mediaType, got, show)
		}
		if h["X-Content-Type-Options"] != "nosniff" || !strings.Contains(h["Content-Security-Policy"], "default-src 'none'") {
			t.Errorf("%s: %v", mediaType, h)
		}
		if d := h["Content-Disposition"]; !strings.Contains(d, "filename*=UTF-8''%C3%A9tude%20%221%22.x") {
			t.Errorf("Content-Disposition %q does not keep the name", d)
		}
	}
}
