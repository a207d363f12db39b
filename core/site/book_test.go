package site_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
)

// bookDeadline is how long a test waits for a book, on a machine that does
// much besides.
const bookDeadline = 2 * time.Minute

var bookLink = regexp.MustCompile(`href="(/[a-z]+/livre/a5-ar\.pdf)"`)

// A visitor orders the book of today, watches a page that loads itself again,
// and opens it; nobody has it made a second time.
func TestBook(t *testing.T) {
	w := serve(t, demo(t), app.Config{})
	for _, path := range []string{"/fr/livre", "/ar/livre", "/en/livre"} {
		a := w.get(t, path)
		if _, faults := check(a.body); a.status != http.StatusOK || len(faults) > 0 {
			t.Errorf("%s: %d %v", path, a.status, faults)
		}
		if a.header.Get("Refresh") != "" || bytes.Count(a.body, []byte("<form method=\"post\"")) != 7 {
			t.Errorf("%s has %q and the forms %s", path, a.header.Get("Refresh"), a.body)
		}
	}
	if a := w.get(t, "/ar/livre/a5-ar.pdf"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/ar/livre#a5-ar" {
		t.Errorf("a book that is not made: %d %s", a.status, a.header.Get("Location"))
	}
	for _, form := range []string{"a3-fr", ""} {
		if a := w.do(t, http.MethodPost, "/fr/livre", []byte("form="+form), "Content-Type", "application/x-www-form-urlencoded"); a.status != http.StatusNotFound {
			t.Errorf("form %q: %d", form, a.status)
		}
	}
	for range 2 { // the second order changes nothing
		a := w.do(t, http.MethodPost, "/ar/livre", []byte("form=a5-ar"), "Content-Type", "application/x-www-form-urlencoded")
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/ar/livre#a5-ar" {
			t.Fatalf("order: %d %s", a.status, a.header.Get("Location"))
		}
	}
	var address string
	for end := time.Now().Add(bookDeadline); address == ""; {
		a := w.get(t, "/ar/livre")
		if m := bookLink.FindSubmatch(a.body); m != nil {
			address = string(m[1])
		} else if time.Now().After(end) {
			t.Fatalf("no book: %s", a.body)
		} else if a.header.Get("Refresh") == "" || !bytes.Contains(a.body, []byte("<progress")) {
			t.Fatalf("a page that does not say how far the book is: %v %s", a.header, a.body)
		}
	}
	a := w.get(t, address)
	if a.status != http.StatusOK || !bytes.HasPrefix(a.body, []byte("%PDF-1.7")) || a.header.Get("Content-Type") != "application/pdf" ||
		!strings.Contains(a.header.Get("Content-Disposition"), "-a5-ar.pdf") {
		t.Errorf("the book: %d %v %.20q", a.status, a.header, a.body)
	}
	if b := w.get(t, address, "If-None-Match", a.header.Get("Etag")); b.status != http.StatusNotModified {
		t.Errorf("the same book again: %d", b.status)
	}
	if list := w.get(t, "/fr/associations"); !bytes.Contains(list.body, []byte(`href="/fr/livre"`)) {
		t.Error("the directory does not lead to the book")
	}
}
