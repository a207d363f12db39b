package view

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

const canary = "CanaryOfNadia"

// rawBytes gives everything that the view has on disk.
func rawBytes(t *testing.T, d *DB) []byte {
	t.Helper()
	var all []byte
	files, err := filepath.Glob(d.file + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return bytes.ToLower(all)
}

// TestErasedBytesAreGone plants personal values in many entries, moves them
// about until pages have split and merged, erases some, and looks for them in
// every byte of the files. With this seed copies of moved cells stay in pages
// that SQLite did not overwrite.
func TestErasedBytesAreGone(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	person := func(n int) *content.Entry {
		filler := fmt.Sprint("b", r.IntN(1000))
		name := strings.Repeat(filler, 1+r.IntN(30))
		if n%7 == 0 {
			name = strings.Repeat(filler, r.IntN(10)) + canary + " " + strings.Repeat("x", r.IntN(300))
		}
		return entry("studies", n).live("", content.Values{"pages": float64(r.IntN(100))}).
			draft("fr", content.Values{"title": strings.Repeat("t", r.IntN(300))}).
			personal("", content.Values{"contact": name}).Entry
	}
	ends := map[string]func(t *testing.T, d *DB, c content.Commit){
		"applied": func(t *testing.T, d *DB, c content.Commit) { apply(t, d, c) },
		"drafted": func(t *testing.T, d *DB, c content.Commit) {
			f := begin(t, d)
			try(t, f, c)
			if err := f.Keep(t.Context(), record(d.Seq()+1, c)); err != nil {
				t.Fatal(err)
			}
			if err := d.Scrub(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			d := site(t)
			for range 10 {
				var c []content.Commit
				for range 100 {
					c = append(c, entryCommit(person(r.IntN(400))))
				}
				apply(t, d, c...)
			}
			if !bytes.Contains(rawBytes(t, d), []byte(strings.ToLower(canary))) {
				t.Fatal("the canary is not in the files to begin with")
			}
			c := content.Commit{Action: "entry.erase", Actor: editor, At: start}
			for n := 0; n < 400; n += 7 {
				gone := person(n)
				gone.Side("").Newest().Personal = nil
				c.Changes = append(c.Changes, content.Change{Entry: gone}, content.Change{Erased: &content.Erased{Kind: content.NounEntry, ID: string(id(n))}})
			}
			end(t, d, c)
			if bytes.Contains(rawBytes(t, d), []byte(strings.ToLower(canary[:9]))) {
				t.Error("the canary is still in the files")
			}
			if info, err := os.Stat(d.file + "-wal"); err == nil && info.Size() > 1<<16 {
				t.Errorf("the write-ahead log still has %d bytes", info.Size())
			}
		})
	}
}

func TestScrubWaitsForReadersOfBefore(t *testing.T) {
	d := site(t)
	apply(t, d, entryCommit(entry("studies", 1).draft("fr", content.Values{}).personal("fr", content.Values{"contact": canary}).Entry))
	inside, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		left <- d.Read(t.Context(), func(tx *Tx) error {
			close(inside)
			<-leave
			_, err := tx.Entry(id(1))
			return err
		})
	}()
	<-inside
	applied := make(chan error)
	go func() {
		gone := content.Commit{Action: "entry.purge", Changes: []content.Change{{Gone: &content.Gone{Kind: content.NounEntry, ID: string(id(1))}}}}
		applied <- d.Apply(t.Context(), []commitlog.Record[content.Commit]{record(3, gone)})
	}()
	if err := d.WaitFor(t.Context(), 3); err != nil { // readers see it at once
		t.Fatal(err)
	}
	select {
	case err := <-applied:
		t.Errorf("applied while a reader of before was still there: %v", err)
	default:
	}
	close(leave)
	if err := <-left; err != nil {
		t.Errorf("the reader lost its moment: %v", err)
	}
	if err := <-applied; err != nil {
		t.Error(err)
	}
	if bytes.Contains(rawBytes(t, d), []byte(strings.ToLower(canary))) {
		t.Error("the canary is still in the files")
	}
}

func TestLongReaderDelaysScrubbingAndNothingElse(t *testing.T) {
	d := site(t)
	d.patience = time.Millisecond
	apply(t, d, entryCommit(entry("studies", 1).draft("fr", content.Values{}).personal("fr", content.Values{"contact": canary}).Entry))
	inside, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		left <- d.Read(t.Context(), func(*Tx) error {
			close(inside)
			<-leave
			return nil
		})
	}()
	<-inside
	gone := content.Commit{Action: "entry.purge", Changes: []content.Change{{Gone: &content.Gone{Kind: content.NounEntry, ID: string(id(1))}}}}
	erasure := []commitlog.Record[content.Commit]{record(3, gone)}
	if err := d.Apply(t.Context(), erasure); !errors.Is(err, errReaders) {
		t.Errorf("the erasure with a reader of before: %v", err)
	}
	if err := d.Apply(t.Context(), erasure); err != nil {
		t.Errorf("the same record again: %v", err)
	}
	apply(t, d, entryCommit(entry("studies", 2).draft("fr", content.Values{}).Entry))
	if err := d.Scrub(t.Context()); !errors.Is(err, errReaders) {
		t.Errorf("scrub: %v", err)
	}
	close(leave)
	if err := <-left; err != nil {
		t.Error(err)
	}
	if err := d.Scrub(t.Context()); err != nil {
		t.Error(err)
	}
	if bytes.Contains(rawBytes(t, d), []byte(strings.ToLower(canary))) {
		t.Error("the canary is still in the files")
	}
}

func TestSnapshotCarriesTheView(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	d, _ := filled(t, r, 50)
	var file bytes.Buffer
	seq, err := d.WriteSnapshot(t.Context(), &file)
	if err != nil || seq != d.Seq() {
		t.Fatalf("seq %d, %v", seq, err)
	}
	other := site(t)
	apply(t, other, entryCommit(entry("studies", 999).live("fr", content.Values{"title": "to be replaced"}).Entry))
	for name, bad := range map[string]struct {
		r  io.Reader
		at commitlog.Seq
	}{
		"another seq": {bytes.NewReader(file.Bytes()), seq + 1},
		"cut off":     {bytes.NewReader(file.Bytes()[:file.Len()/2]), seq},
		"no database": {strings.NewReader("hello"), seq},
		"empty":       {strings.NewReader(""), seq},
	} {
		if err := other.ReadSnapshot(t.Context(), bad.r, bad.at); err == nil {
			t.Errorf("%s: accepted", name)
		}
		read(t, other, func(tx *Tx) {
			if _, err := tx.Entry(id(999)); err != nil {
				t.Errorf("%s: the view is not as it was: %v", name, err)
			}
		})
	}
	apply(t, d, entryCommit(entry("studies", 998).live("fr", content.Values{"title": "later"}).Entry))
	if err := other.ReadSnapshot(t.Context(), &file, seq); err != nil {
		t.Fatal(err)
	}
	read(t, other, func(tx *Tx) {
		if _, err := tx.Entry(id(999)); !errors.Is(err, ErrNotFound) || tx.Seq() != seq {
			t.Errorf("at %d: %v", tx.Seq(), err)
		}
	})
	if other.Seq() != seq || other.Changed("studies") != seq {
		t.Errorf("seq %d, changed %d", other.Seq(), other.Changed("studies"))
	}
	apply(t, other, entryCommit(entry("studies", 998).live("fr", content.Values{"title": "later"}).Entry))
	sameDigest(t, d, other)
	left, err := filepath.Glob(filepath.Join(filepath.Dir(other.file), "*"))
	if err != nil || len(left) > 3 {
		t.Errorf("files left behind: %v, %v", left, err)
	}
}

// copyFiles copies the files of a view as they are on disk at this moment,
// which is what a killed process leaves.
func copyFiles(t *testing.T, d *DB, dir string) string {
	t.Helper()
	files, err := filepath.Glob(d.file + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "-shm") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestKilledProcessLosesAtMostTheDraft(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	d, _ := filled(t, r, 30)
	f := begin(t, d)
	try(t, f, entryCommit(entry("studies", 999).live("fr", content.Values{"title": "draft"}).Entry))
	again := open(t, copyFiles(t, d, t.TempDir()))
	if err := f.Drop(); err != nil {
		t.Fatal(err)
	}
	if again.Seq() != 2 || again.Changed("studies") != 2 {
		t.Fatalf("seq %d", again.Seq())
	}
	sameDigest(t, d, again)
	apply(t, again, entryCommit(entry("studies", 998).live("fr", content.Values{"title": "after"}).Entry))
}

func TestDamagedFileIsMadeAnew(t *testing.T) {
	for name, harm := range map[string]func(b []byte) []byte{
		"torn":    func(b []byte) []byte { return slices.Concat(b[:len(b)/2], make([]byte, len(b)/4), b[len(b)*3/4:]) },
		"cut off": func(b []byte) []byte { return b[:len(b)/2] },
		"garbage": func(b []byte) []byte { return bytes.Repeat([]byte("garbage "), len(b)/8) },
		"empty":   func(b []byte) []byte { return nil },
	} {
		dir := t.TempDir()
		d, err := Open(t.Context(), dir, schema.Builtin(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		apply(t, d, nounCommit(definition(t, studies()), definition(t, wilayas())))
		r := rand.New(rand.NewPCG(4, 4))
		for n := range 60 {
			apply(t, d, entryCommit(someEntry(r, n, 60)))
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(d.file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(d.file, harm(b), 0o600); err != nil {
			t.Fatal(err)
		}
		if name == "torn" { // of the same size: a power failure leaves no mark
			if err := os.Remove(d.markFile()); err != nil {
				t.Fatal(err)
			}
		}
		again := open(t, dir)
		if again.Seq() != 0 {
			t.Errorf("%s: seq %d", name, again.Seq())
		}
		apply(t, again, nounCommit(definition(t, studies())))
	}
}

func TestOtherFormatIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(t.Context(), dir, schema.Builtin(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, d, nounCommit(definition(t, studies())))
	if err := errors.Join(d.writer.exec("PRAGMA user_version = 99"), d.Close()); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if again.Seq() != 0 {
		t.Errorf("seq %d", again.Seq())
	}
	apply(t, again, nounCommit(definition(t, studies())))
	if err := errors.Join(again.Close(), Remove(dir)); err != nil {
		t.Fatal(err)
	}
	if d := open(t, dir); d.Seq() != 0 {
		t.Errorf("after removing seq %d", d.Seq())
	}
}

// TestDefinitionChangesRefill changes a definition in many ways over entries
// that are there, and compares with a view that had it from the beginning.
func TestDefinitionChangesRefill(t *testing.T) {
	text := func(f *schema.Field) { f.Kind, f.Settings = "text", nil }
	for name, change := range map[string]func(c *schema.Collection){
		"renamed": func(c *schema.Collection) {
			c.FieldNamed("title").Name, c.Name, c.Sort = "headline", "works", "-date,headline"
		},
		"retyped":    func(c *schema.Collection) { text(c.FieldNamed("page_count")) },
		"to keys":    func(c *schema.Collection) { text(c.FieldNamed("topics")) },
		"same cells": func(c *schema.Collection) { c.FieldNamed("open").Kind, c.FieldNamed("open").Facet = "json", false },
		"from none":  func(c *schema.Collection) { c.FieldNamed("body").Kind = "text" },
		"removed":    func(c *schema.Collection) { c.Fields = slices.Delete(c.Fields, 5, 9) },
		"reordered":  func(c *schema.Collection) { slices.Reverse(c.Fields) },
		"settings": func(c *schema.Collection) {
			c.FieldNamed("topics").Settings = json.RawMessage(`{"multiple":true,"options":[]}`)
		},
		"no date":    func(c *schema.Collection) { c.Date, c.Sort = "", "" },
		"other date": func(c *schema.Collection) { c.Date, c.Sort = "title", "title,-date" },
		"added": func(c *schema.Collection) {
			for i, kind := range []string{"text", "number", "boolean", "date", "geopoint", "json"} {
				c.Fields = append(c.Fields, schema.Field{ID: content.FieldID("new" + kind), Name: "new" + kind, Kind: kind, Sortable: i < 4})
			}
			c.Fields = append(c.Fields, schema.Field{ID: "empty", Name: "hidden", Kind: "text", Sortable: true})
		},
		"tree": func(c *schema.Collection) { c.Tree = true },
		"marks": func(c *schema.Collection) {
			c.FieldNamed("note").Sortable, c.FieldNamed("title").Sortable, c.Title, c.Sort = true, false, "", ""
		},
	} {
		then := studies()
		change(then)
		entries := nounCommit()
		r := rand.New(rand.NewPCG(2, 3))
		for n := range 40 {
			entries.Changes = append(entries.Changes, content.Change{Entry: someEntry(r, n, 40)})
		}
		slow, fast, back := open(t, t.TempDir()), open(t, t.TempDir()), open(t, t.TempDir())
		now := nounCommit(definition(t, then), definition(t, wilayas()))
		apply(t, slow, nounCommit(definition(t, studies()), definition(t, wilayas())), entries, now)
		apply(t, fast, now, entries, now)
		apply(t, back, entries, now, now) // entries first
		for _, d := range []*DB{fast, back} {
			if a, b := rowsDigest(t, slow), rowsDigest(t, d); a != b {
				t.Errorf("%s: the rows differ from those of a view that had this definition from the start", name)
			}
		}
		have := indexNames(t, slow)
		if want := indexNames(t, fast); !slices.Equal(have, want) {
			t.Errorf("%s: indexes %v, want %v", name, have, want)
		}
	}
}

func rowsDigest(t *testing.T, d *DB) string {
	t.Helper()
	var out string
	read(t, d, func(tx *Tx) {
		sum := newDigest(tx)
		for _, text := range digested[len(digested)-1:] { // links
			if err := sum.add(text); err != nil {
				t.Fatal(err)
			}
		}
		if err := sum.collections(); err != nil {
			t.Fatal(err)
		}
		out = string(sum.hash.Sum(nil))
	})
	return out
}

// indexNames lists what the indexes of the rows are on, fields by their ids.
func indexNames(t *testing.T, d *DB) []string {
	t.Helper()
	var out []string
	read(t, d, func(tx *Tx) {
		col := tx.catalogue().collections["studies"]
		named := map[string]string{}
		for _, c := range col.shape.Columns {
			for _, n := range c.names() {
				named[n], named[n+"d"] = string(c.field.ID), string(c.field.ID)+"d"
			}
		}
		rows := "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?"
		err := tx.c.query(t.Context(), rows, []any{table(col.n)}, func(v []driver.Value) error {
			words := strings.Split(strings.TrimPrefix(asText(v[0]), table(col.n)), "_")
			for i, w := range words {
				if named[w] != "" {
					words[i] = named[w]
				}
			}
			out = append(out, strings.Join(words, "_"))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	slices.Sort(out)
	return out
}

func TestKindThatKeepsValuesOtherwiseRefillsAtOpening(t *testing.T) {
	dir := t.TempDir()
	d, err := Open(t.Context(), dir, schema.Builtin(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := entry("studies", 1).live("", content.Values{"pages": 7.0}).live("fr", content.Values{"title": "x"})
	apply(t, d, nounCommit(definition(t, studies())), entryCommit(e.Entry))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	kinds := schema.Builtin()
	kinds["number"] = kinds["json"] // without a column
	d, err = Open(t.Context(), dir, kinds, Options{})
	if err != nil {
		t.Fatal(err)
	}
	leaf := ask.Filter{Path: []ask.Step{{Collection: "studies", Field: "pages"}}, Op: ask.Null, Value: false}
	for range 2 {
		read(t, d, func(tx *Tx) {
			page, err := tx.List(List{Collection: "studies", Live: true, Locales: []content.Locale{"fr"}, Limit: 2, Filter: leaf})
			if err != nil || len(page.Rows) != 1 {
				t.Errorf("%+v, %v", page, err)
			}
		})
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		d = open(t, dir)
	}
}

func TestClosedViewSaysSo(t *testing.T) {
	d := site(t)
	waited := make(chan error)
	go func() { waited <- d.WaitFor(t.Context(), 9) }()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; !errors.Is(err, ErrClosed) {
		t.Errorf("wait: %v", err)
	}
	if err := d.Read(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := d.Begin(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("begin: %v", err)
	}
	if err := d.Apply(t.Context(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("apply: %v", err)
	}
}
