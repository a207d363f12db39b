package transfer

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"
)

// small is a small archive of ours, made by change.
func small(t *testing.T, change func(*writer)) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := newWriter(&buf, Manifest{CreatedAt: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)})
	if change != nil {
		change(w)
	}
	if _, err := w.close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func add(t *testing.T, w *writer, name, text string) {
	t.Helper()
	m, err := w.member(name, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	m.close()
}

func TestHostileArchivesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"empty file":    {nil, ErrFormat},
		"not a zip":     {[]byte(strings.Repeat("nothing of the kind ", 100)), ErrFormat},
		"no manifest":   {plainZip(t, "collections.jsonl", 0), ErrFormat},
		"climbing name": {small(t, func(w *writer) { add(t, w, "../../etc/passwd", "x") }), ErrHostile},
		"absolute name": {small(t, func(w *writer) { add(t, w, "/entries/news.jsonl", "x") }), ErrHostile},
		"foreign name":  {small(t, func(w *writer) { add(t, w, "entries/news.jsonl/x", "x") }), ErrHostile},
		"link":          {plainZip(t, "manifest.json", fs.ModeSymlink|0o777), ErrHostile},
		"twice":         {small(t, func(w *writer) { add(t, w, rolesName, "1"); add(t, w, rolesName, "2") }), ErrHostile},
		"bomb":          {small(t, func(w *writer) { add(t, w, rolesName, strings.Repeat("\x00", 64<<20)) }), ErrHostile},
		"unnamed member": {small(t, func(w *writer) {
			add(t, w, rolesName, "{}")
			w.manifest.Members = nil
		}), ErrHostile},
		"missing member": {small(t, func(w *writer) {
			w.manifest.Members = append(w.manifest.Members, Member{Name: rolesName})
		}), ErrDamaged},
		"another size": {small(t, func(w *writer) {
			add(t, w, rolesName, "{}")
			w.manifest.Members[0].Size++
		}), ErrDamaged},
		"another format": {small(t, func(w *writer) { w.manifest.Format = "theirs" }), ErrFormat},
		"later version":  {small(t, func(w *writer) { w.manifest.Version = Version + 1 }), ErrFormat},
		"huge count":     {hugeCount(small(t, nil)), ErrHostile},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(bytes.NewReader(c.raw), int64(len(c.raw))); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func plainZip(t *testing.T, name string, mode fs.FileMode) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	h := &zip.FileHeader{Name: name}
	h.SetMode(mode)
	if _, err := z.CreateHeader(h); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// hugeCount makes the end of a zip claim a directory of 4 GB.
func hugeCount(raw []byte) []byte {
	at := bytes.LastIndex(raw, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint32(raw[at+12:], 0xfffffff0)
	return raw
}

// Every damaged byte of an archive is noticed before anything is imported.
func TestDamageIsNoticed(t *testing.T) {
	whole := small(t, func(w *writer) {
		add(t, w, collectionsName, strings.Repeat(`{"some":"line"}`+"\n", 50))
		add(t, w, blobsFolder+strings.Repeat("a", 64), "bytes that are not those of the name")
	})
	if err := open(t, whole).Verify(t.Context(), nil); !errors.Is(err, ErrDamaged) {
		t.Errorf("a blob under a wrong name gave %v", err)
	}
	good := small(t, func(w *writer) { add(t, w, collectionsName, strings.Repeat(`{"some":"line"}`+"\n", 50)) })
	if err := open(t, good).Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	noticed, harmless := 0, 0
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x55
		a, err := Open(bytes.NewReader(bad), int64(len(bad)))
		if err == nil {
			err = a.Verify(t.Context(), nil)
		}
		if err != nil {
			noticed++
			continue
		}
		harmless++ // time stamps and other facts of zip that nobody reads
		if n := member(a, collectionsName); n.Lines != 0 || n.SHA256 != member(open(t, good), collectionsName).SHA256 {
			t.Errorf("byte %d changed what is read", i)
		}
	}
	if noticed < len(good)/2 {
		t.Errorf("only %d of %d damaged bytes were noticed", noticed, noticed+harmless)
	}
}

func FuzzOpen(f *testing.F) {
	var buf bytes.Buffer
	w := newWriter(&buf, Manifest{})
	if _, err := w.close(); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := Open(bytes.NewReader(raw), int64(len(raw)))
		if err == nil {
			err = a.Verify(t.Context(), nil)
		}
		if err != nil && !errors.Is(err, ErrFormat) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrHostile) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}

// FuzzLines brings in archives whose lines are anybody's: they are refused or
// reported, and never more.
func FuzzLines(f *testing.F) {
	for _, line := range []string{
		`{"id":"01M84XDT56CVMB9QK7CR10ANVC","collection":"news","sides":{"fr":null}}`,
		`{"id":"x","collection":"news","sides":{"fr":{"published":{"title":1}}}}`,
		`{"id":"01M84XDT56CVMB9QK7CR10ANVC","collection":"none","sides":{}}`,
		`{"id":"01M84XDT56CVMB9QK7CR10ANVC","collection":"news","sides":{"fr":{"draft":{"title":"t"}}}}`,
		`null`, `{}`, `[]`,
	} {
		f.Add(line)
	}
	site := newSite(f)
	f.Fuzz(func(t *testing.T, line string) {
		raw := small(t, func(w *writer) { add(t, w, entriesFolder+"news.jsonl", strings.ReplaceAll(line, "\n", " ")+"\n") })
		report, err := Import(t.Context(), site, open(t, raw), ImportOptions{})
		if err != nil && !errors.Is(err, ErrDamaged) {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		if n := report.Entries; n.Created+n.Refused+n.Unchanged+n.Kept != 1 {
			t.Errorf("%q: %+v", line, n)
		}
	})
}
