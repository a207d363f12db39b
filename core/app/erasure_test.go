//go:build linux

package app_test

import (
	"archive/zip"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// TestErasureLeavesNothing plants texts in personal fields of a person, an
// association and an account, in every locale, draft and live, over several
// revisions, erases them through the API, and then looks for them in every
// byte that is left: objects, disks, local files, logs, exports.
func TestErasureLeavesNothing(t *testing.T) {
	t.Parallel()
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		erasure(t, folderPlace(t))
	})
	t.Run("minio", func(t *testing.T) {
		t.Parallel()
		erasure(t, minioPlace(t, storagetest.MinIO(t)))
	})
}

// canaries are texts that are nowhere else.
type canaries struct {
	words []string // to look for, in lower case
}

// text plants a text that begins with a capital, as names do.
func (c *canaries) text() string {
	word := strings.ToLower(rand.Text()[:20])
	c.words = append(c.words, word)
	return strings.ToUpper(word[:1]) + word[1:]
}

// phone plants a telephone number.
func (c *canaries) phone() string {
	raw := make([]byte, 8)
	_, _ = rand.Read(raw) // never fails
	for i := range raw {
		raw[i] = '0' + raw[i]%10
	}
	c.words = append(c.words, "5"+string(raw))
	return "+2135" + string(raw)
}

// in gives the planted texts that are in some bytes: as they are in any case,
// in base64, or in hexadecimal.
func (c *canaries) in(raw []byte) []string {
	lower := bytes.ToLower(raw)
	var found []string
	for _, word := range c.words {
		for _, form := range forms(word) {
			if bytes.Contains(lower, form) {
				found = append(found, word)
				break
			}
		}
	}
	return found
}

// forms are the shapes in which a text may hide, in lower case: itself, in
// hexadecimal, and in base64 from each of the three places that it may have,
// with all characters that its own bytes decide: four or five of nine digits'
// would be met in sealed bytes by chance.
func forms(word string) [][]byte {
	out := [][]byte{[]byte(word), []byte(hex.EncodeToString([]byte(word)))}
	capital := strings.ToUpper(word[:1]) + word[1:]
	for _, w := range []string{word, capital} {
		for pad := range 3 {
			text := base64.RawStdEncoding.EncodeToString(append(make([]byte, pad), w...))
			first, end := (pad*8+5)/6, (pad+len(w))*8/6
			out = append(out, []byte(strings.ToLower(text[first:end])))
		}
	}
	return out
}

// unpacked gives raw, and what is compressed in it: zstd and gzip anywhere,
// and the members of a zip archive.
func unpacked(raw []byte) [][]byte {
	out := [][]byte{raw}
	each := func(magic string, open func(io.Reader) (io.Reader, error)) {
		for at := 0; ; at++ {
			next := bytes.Index(raw[at:], []byte(magic))
			if next < 0 {
				return
			}
			at += next
			if r, err := open(bytes.NewReader(raw[at:])); err == nil {
				plain, _ := io.ReadAll(io.LimitReader(r, 256<<20)) // what comes before an error counts
				out = append(out, plain)
			}
		}
	}
	each("\x28\xb5\x2f\xfd", func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) })
	each("\x1f\x8b\x08", func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	if archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw))); err == nil {
		for _, f := range archive.File {
			if r, err := f.Open(); err == nil {
				plain, _ := io.ReadAll(r) // what comes before an error counts
				out = append(out, unpacked(plain)...)
				r.Close()
			}
		}
	}
	return out
}

// files looks at every file under a folder but those that skip names.
func (c *canaries) files(t *testing.T, dir string, skip func(path string) bool) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || skip != nil && skip(path) {
			if os.IsNotExist(err) {
				return nil // a server under way removed it
			}
			return err
		}
		raw, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			return nil
		}
		for _, plain := range append(unpacked(raw), []byte(path)) {
			for _, word := range c.in(plain) {
				found = append(found, path+": "+word)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// objects looks at every object of a bucket under a prefix.
func (c *canaries) objects(t *testing.T, b storage.Bucket, prefix string) (found []string, count int) {
	t.Helper()
	for o, err := range b.List(t.Context(), prefix, "") {
		if err != nil {
			t.Fatal(err)
		}
		count++
		for _, plain := range append(unpacked(object(t, b, o.Key)), []byte(o.Key)) {
			for _, word := range c.in(plain) {
				found = append(found, o.Key+": "+word)
			}
		}
	}
	return found, count
}

func object(t *testing.T, b storage.Bucket, key string) []byte {
	t.Helper()
	body, _, err := b.Get(t.Context(), key, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	raw, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func erasure(t *testing.T, p place) {
	c := &canaries{}
	dir := t.TempDir()
	data := func(node string) string { return filepath.Join(dir, node) }
	token := administrator(t, p, data("a"))
	a := serve(t, p, data("a"), "--snapshot-every", "100ms")
	b := serve(t, p, data("b"))
	admin, other := newClient(t, a, token), newClient(t, b, token)

	ids := plant(t, c, admin)
	visit(t, c, admin, other, ids)
	away := serve(t, p, data("c")) // a node that is away when it happens
	away.stop()
	bucket := p.open(t)
	if thorough(t) {
		merge(t, p, bucket, admin)
	}
	secrets := keysOf(t, bucket, ids)
	planted(t, c, bucket, data)

	for path, kind := range ids {
		if kind == "user" {
			admin.want(t, http.StatusNoContent, "DELETE", path, nil)
		} else {
			admin.want(t, http.StatusOK, "POST", path+"/actions/erase", map[string]any{})
		}
	}
	eventually(t, func() error { return goneFrom(t, c, admin, ids) })
	eventually(t, func() error { return goneFrom(t, c, other, ids) })
	eventually(t, func() error { return keysGone(t, bucket, ids) })
	// While the nodes run: what they keep for themselves is clean soon.
	for _, node := range []string{"a", "b"} {
		eventually(t, func() error {
			if found := c.files(t, data(node), isBucket(p)); len(found) > 0 {
				return fmt.Errorf("node %s still has %v", node, found)
			}
			return nil
		})
	}
	a.stop()
	b.stop()
	// A node that was away comes back, and learns of it while it serves: the
	// text index follows on its own, and is clean soon too.
	back := serve(t, p, data("c"))
	eventually(t, func() error {
		if found := c.files(t, data("c"), isBucket(p)); len(found) > 0 {
			return fmt.Errorf("node c still has %v", found)
		}
		return nil
	})
	back.stop()

	c.words = append(c.words, secrets...)
	remains(t, c, p, bucket, data)
	for _, r := range []*process{a, b} {
		if found := c.in([]byte(r.stderr.String() + r.stdout.String())); len(found) > 0 {
			t.Errorf("the log of a server tells %v", found)
		}
	}
	sound(t, p, data("a"), viewEqual)
	sound(t, p, data("c"), viewEqual)
}

// isBucket tells the files of a bucket from local ones.
func isBucket(p place) func(string) bool {
	return func(path string) bool { return strings.HasPrefix(path, p.disk+"/") }
}

// plant writes personal data in every way that there is, and gives what is to
// be erased, with its kind, by its address.
func plant(t *testing.T, c *canaries, admin *client) map[string]string {
	t.Helper()
	create := func(path string, body map[string]any) string {
		t.Helper()
		made, err := admin.want(t, http.StatusCreated, "POST", path, body).item()
		if err != nil {
			t.Fatal(err)
		}
		return path + "/" + made.ID
	}
	save := func(path string, body map[string]any) {
		t.Helper()
		admin.want(t, http.StatusOK, "PATCH", path, body)
	}
	act := func(path, name string, body any) {
		t.Helper()
		admin.want(t, http.StatusOK, "POST", path+"/actions/"+name, body)
	}
	person := create("/api/v1/entries/people", map[string]any{"full_name": c.text(), "email": c.text() + "@example.org", "phone": c.phone(),
		"consent_on": "2026-01-31", "locales": map[string]any{
			"fr": map[string]any{"role": "Formatrice", "biography": "Née à " + c.text() + "."},
			"ar": map[string]any{"role": "مكوّنة", "biography": "من " + c.text()},
			"en": map[string]any{"role": "Trainer", "biography": "Of **" + c.text() + "**."}}})
	act(person, "publish", nil)
	save(person, map[string]any{"locale": "fr", "full_name": c.text(), "biography": c.text()}) // a draft beside what is live
	save(person, map[string]any{"locale": "ar", "biography": c.text(), "phone": c.phone()})
	act(person, "publish", map[string]any{"locale": "ar"})
	save(person, map[string]any{"locale": "en", "email": c.text() + "@example.org"})
	act(person, "discard-draft", map[string]any{"locale": "en"})
	act(person, "revert", map[string]any{"locale": "fr", "revision": 1})
	save(person, map[string]any{"locale": "fr", "biography": c.text()})

	wilaya := create("/api/v1/entries/territories", map[string]any{"name": "Tizi Ouzou", "code": "15", "kind": "wilaya", "status": "published"})
	association := create("/api/v1/entries/associations", map[string]any{"name": "Les amis", "wilaya": wilaya[strings.LastIndex(wilaya, "/")+1:],
		"kind": "association", "mission": "Planter.", "president": map[string]any{"full_name": c.text(), "since": "2020"},
		"contact_person": map[string]any{"full_name": c.text(), "function": c.text(), "email": c.text() + "@example.org", "phone": c.phone()}})
	act(association, "publish", nil)
	save(association, map[string]any{"president": map[string]any{"full_name": c.text()}})

	email := c.text() + "@example.org"
	user := create("/api/v1/users", map[string]any{"name": c.text(), "email": email, "roles": []string{"editor"}})
	admin.want(t, http.StatusNoContent, "POST", user+"/password", map[string]any{"password": "a long enough password"})
	visitor := &client{url: admin.url, http: admin.http}
	visitor.want(t, http.StatusUnauthorized, "POST", "/api/v1/session", map[string]any{"email": email, "password": "wrong"})
	visitor.want(t, http.StatusCreated, "POST", "/api/v1/session", map[string]any{"email": email, "password": "a long enough password"})
	save(user, map[string]any{"name": c.text(), "email": c.text() + "@example.org"})
	return map[string]string{person: "entry", association: "entry", user: "user"}
}

// merge has the records so far merged into a segment.
func merge(t *testing.T, p place, b storage.Bucket, admin *client) {
	t.Helper()
	for i := range 300 {
		admin.want(t, http.StatusCreated, "POST", "/api/v1/entries/pages", map[string]any{"title": fmt.Sprint("page ", i)})
	}
	if err := p.log(t, time.Nanosecond).Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, count := new(canaries).objects(t, b, "segments/"); count == 0 {
		t.Error("there is no segment")
	}
}

// visit reads what was planted in the ways that leave traces: kept responses,
// filters, lists, both nodes.
func visit(t *testing.T, c *canaries, admin, other *client, ids map[string]string) {
	t.Helper()
	for _, reader := range []*client{admin, other, {url: admin.url, http: admin.http}, {url: other.url, http: other.http}} {
		for path, kind := range ids {
			if kind == "user" && reader.token == "" {
				continue
			}
			eventually(t, func() error {
				r, err := reader.call(t.Context(), "GET", path, nil)
				if err == nil && r.status != http.StatusOK {
					err = fmt.Errorf("%s: %d %.200s", path, r.status, r.body)
				}
				return err
			})
		}
		reader.want(t, http.StatusOK, "GET", "/api/v1/entries/people", nil)
		reader.want(t, http.StatusOK, "GET", "/api/v1/entries/people?sort=full_name&filter[full_name][_contains]="+url.QueryEscape(c.words[0]), nil)
	}
	admin.want(t, http.StatusOK, "GET", "/api/v1/entries/people?version=draft&filter[email][_starts_with]="+c.words[1], nil)
}

// keysOf gives the data keys of what is to be erased, as lower-case base64.
func keysOf(t *testing.T, b storage.Bucket, ids map[string]string) []string {
	t.Helper()
	var out []string
	for path := range ids {
		var key struct{ Key string }
		if err := json.Unmarshal(object(t, b, keyObject(path)), &key); err != nil || len(key.Key) != 44 {
			t.Fatalf("the key of %s: %v", path, err)
		}
		out = append(out, strings.ToLower(key.Key))
	}
	return out
}

func keyObject(path string) string { return "keys/" + path[strings.LastIndex(path, "/")+1:] }

func keysGone(t *testing.T, b storage.Bucket, ids map[string]string) error {
	for o, err := range b.List(t.Context(), "keys/", "") {
		if err != nil {
			return err
		}
		for path := range ids {
			if strings.HasPrefix(o.Key, keyObject(path)) && o.Size > 100 {
				return fmt.Errorf("%s is still there", o.Key)
			}
		}
	}
	return nil
}

// planted shows that the search finds what is there: in the local files and in
// a snapshot, and nowhere in the log, not even before the erasure.
func planted(t *testing.T, c *canaries, b storage.Bucket, data func(string) string) {
	t.Helper()
	eventually(t, func() error {
		found, count := c.objects(t, b, "snapshots/")
		if len(found) == 0 {
			return fmt.Errorf("nothing is found in %d snapshots", count)
		}
		return nil
	})
	for _, node := range []string{"a", "b", "c"} {
		if len(c.files(t, filepath.Join(data(node), "view"), nil)) == 0 {
			t.Errorf("nothing is found in the view of node %s: this search shows nothing", node)
		}
	}
	for _, prefix := range []string{"log/", "segments/"} {
		if found, _ := c.objects(t, b, prefix); len(found) > 0 {
			t.Errorf("personal data lie open in the log: %v", found)
		}
	}
	if found, count := c.objects(t, b, "log/"); count == 0 || len(found) > 0 {
		t.Errorf("%d records", count)
	}
}

// goneFrom asks a node for what was erased, in every way that showed it.
func goneFrom(t *testing.T, c *canaries, reader *client, ids map[string]string) error {
	visitor := &client{url: reader.url, http: reader.http}
	for path, kind := range ids {
		paths := []string{path, path + "?version=draft"}
		if kind == "user" {
			paths = []string{path, "/api/v1/users", "/api/v1/audit?page[size]=100", "/api/v1/audit?subject=" + path[strings.LastIndex(path, "/")+1:]}
		} else {
			paths = append(paths, path+"/revisions", path+"/backlinks", path[:strings.LastIndex(path, "/")])
			for n := range 8 {
				paths = append(paths, fmt.Sprint(path, "/revisions/", n+1))
			}
		}
		for _, p := range paths {
			for _, who := range []*client{reader, visitor} {
				r, err := who.call(t.Context(), "GET", p, nil)
				if err != nil {
					return err
				}
				if found := c.in(r.body); len(found) > 0 || r.status >= 500 {
					return fmt.Errorf("%s shows %v: %d", p, found, r.status)
				}
			}
		}
	}
	return nil
}

// remains looks for what was erased in everything that is left.
func remains(t *testing.T, c *canaries, p place, b storage.Bucket, data func(string) string) {
	t.Helper()
	found, count := c.objects(t, b, "")
	if len(found) > 0 || count == 0 {
		t.Errorf("of %d objects: %v", count, found)
	}
	// MinIO moves what is purged to a folder of its own that no request can
	// reach, and empties it within some minutes.
	trash := filepath.Join(p.disk, ".minio.sys", "tmp")
	if found := c.files(t, p.disk, func(path string) bool { return strings.HasPrefix(path, trash) }); len(found) > 0 {
		t.Errorf("on the disk of the bucket: %v", found)
	}
	for _, node := range []string{"a", "b", "c"} {
		if found := c.files(t, data(node), nil); len(found) > 0 {
			t.Errorf("in the files of node %s: %v", node, found)
		}
	}
	archive := filepath.Join(t.TempDir(), "site.recueil")
	must(t, p, "", "export", archive, "--bucket", p.address, "--data", data("fresh"))
	raw, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	open := unpacked(raw)
	if !slices.ContainsFunc(open, func(b []byte) bool { return bytes.Contains(b, []byte("Formatrice")) }) {
		t.Errorf("the search finds nothing in an export of %d bytes: it shows nothing", len(raw))
	}
	for _, plain := range open {
		if found := c.in(plain); len(found) > 0 {
			t.Errorf("an export has %v", found)
		}
	}
	if found := c.files(t, data("fresh"), nil); len(found) > 0 {
		t.Errorf("in the files of a fresh node: %v", found)
	}
}
