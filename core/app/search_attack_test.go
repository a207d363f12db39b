//go:build linux

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// TestKillSearch kills -9 the program while the index is made anew and takes
// the place of the old one: afterwards every note is found, and none twice.
func TestKillSearch(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(storagetest.Seed(t), 31))
	p, data := folderPlace(t), filepath.Join(t.TempDir(), "data")
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	c.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	count := 0
	write := func(n int) {
		for range n {
			count++
			c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": fmt.Sprint("forage ", count)})
		}
	}
	write(40)
	for range (kills(t) + 1) / 2 {
		for range 1 + rng.IntN(2) {
			c.want(t, http.StatusAccepted, "POST", "/api/v1/search/actions/reindex", nil)
			write(1)
		}
		pass(t.Context(), time.Duration(rng.IntN(600))*time.Millisecond)
		node.kill()
		c.http.CloseIdleConnections()
		node = serve(t, p, data)
		c = newClient(t, node, token)
		write(1)
		for _, words := range []string{"", "forages", "forage"} {
			eventually(t, c.finds(t, words, count))
		}
		eventually(t, func() error { // the one that was asked for is in use
			r, err := c.call(t.Context(), "GET", "/api/v1/search/index", nil)
			if err == nil && (r.status != http.StatusOK || bytes.Contains(r.body, []byte(`"building":true`))) {
				err = fmt.Errorf("%d %s", r.status, r.body)
			}
			return err
		})
		eventually(t, c.finds(t, "forage", count))
	}
	node.stop()
	left, err := filepath.Glob(filepath.Join(data, "search", "index-*"))
	if err != nil || len(left) != 1 {
		t.Errorf("%d indexes are left: %v %v", len(left), left, err)
	}
	sound(t, p, data, viewEqual)
}

// paper makes a PDF with a page for each text, in plain Latin letters.
func paper(texts ...string) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(body string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), body)
	}
	b.WriteString("%PDF-1.7\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids strings.Builder
	for i := range texts {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	object(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(texts), kids.String()))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i, text := range texts {
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", 5+2*i))
		content := "BT /F1 12 Tf 50 800 Td (" + text + ") Tj ET"
		object(fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(content), content))
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

// text waits until somebody has looked into a file, and gives what came of it.
func (c *client) text(t testing.TB, asset string) (state string, pages int) {
	t.Helper()
	eventually(t, func() error {
		r, err := c.call(t.Context(), "GET", "/api/v1/assets/"+asset, nil)
		if err != nil {
			return err
		}
		var answer struct {
			Data struct {
				Text *struct {
					State string
					Pages int
				}
			}
		}
		if err := json.Unmarshal(r.body, &answer); err != nil || answer.Data.Text == nil {
			return fmt.Errorf("nobody has looked into the file: %d %s", r.status, r.body)
		}
		state, pages = answer.Data.Text.State, answer.Data.Text.Pages
		return nil
	})
	return state, pages
}

const tusVersion = "1.0.0"

// TestKillUpload kills -9 the program between the pieces of an upload and while
// it looks into the file: what was acknowledged is there, the rest can be sent,
// and the text is found without waiting for the lease of the dead.
func TestKillUpload(t *testing.T) {
	t.Parallel()
	p, data := folderPlace(t), filepath.Join(t.TempDir(), "data")
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	revive := func() {
		node.kill()
		c.http.CloseIdleConnections()
		node = serve(t, p, data)
		c = newClient(t, node, token)
	}
	file := paper("Les puits du Hoggar", "Une page sur les foggaras")
	tus := []string{"Tus-Resumable", tusVersion}
	r := c.want(t, http.StatusCreated, "POST", "/api/v1/uploads", []byte{}, append(tus, "Upload-Length", strconv.Itoa(len(file)), "Upload-Metadata", "filename cC5wZGY=")...)
	at, err := url.Parse(r.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	for sent := 0; sent < len(file); {
		piece := file[sent:min(len(file), sent+len(file)/3+1)]
		c.want(t, http.StatusNoContent, "PATCH", at.Path, piece, append(tus, "Upload-Offset", strconv.Itoa(sent), "Content-Type", "application/offset+octet-stream")...)
		sent += len(piece)
		revive()
		if sent == len(file) {
			break
		}
		head := c.want(t, http.StatusOK, "HEAD", at.Path, nil, tus...)
		if head.header.Get("Upload-Offset") != strconv.Itoa(sent) {
			t.Fatalf("after a kill %s bytes are there, want %d", head.header.Get("Upload-Offset"), sent)
		}
	}
	asset := ""
	eventually(t, func() error {
		r, err := c.call(t.Context(), "GET", "/api/v1/assets", nil)
		if err != nil {
			return err
		}
		var list struct{ Data []struct{ ID string } }
		if err := json.Unmarshal(r.body, &list); err != nil || len(list.Data) != 1 {
			return fmt.Errorf("%d assets: %s", len(list.Data), r.body)
		}
		asset = list.Data[0].ID
		return nil
	})
	revive() // maybe while the file is looked into
	if state, pages := c.text(t, asset); state != "found" || pages != 2 {
		t.Errorf("the text is %q with %d pages", state, pages)
	}
	c.want(t, http.StatusCreated, "POST", "/api/v1/entries/studies", map[string]any{"title": "Étude", "slug": "etude", "document": asset})
	eventually(t, func() error {
		r, err := c.call(t.Context(), "GET", "/api/v1/search?version=draft&q=foggaras", nil)
		if err == nil && !bytes.Contains(r.body, []byte(`"number":2`)) {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
}

// TestHostileFiles uploads files that would take the memory or the time of
// whoever reads them: each gets an answer, and the site goes on meanwhile.
func TestHostileFiles(t *testing.T) {
	t.Parallel()
	p, data := folderPlace(t), filepath.Join(t.TempDir(), "data")
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	c.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	encrypted, err := os.ReadFile(filepath.Join("..", "media", "extract", "testdata", "encrypted.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	long := 500
	if thorough(t) {
		long = 10_000
	}
	pages := make([]string, long)
	for i := range pages {
		pages[i] = fmt.Sprint("Page ", i+1)
	}
	whole := paper("Une page", "Une autre")
	for _, f := range []struct {
		name string
		body []byte
		want string // states of the text
	}{
		{"bomb.docx", zipBomb(t), "too_large damaged none partial"},
		{"bomb.pdf", paper("first", strings.Repeat("q ", 3_000_000)), "found partial too_large damaged"},
		{"encrypted.pdf", encrypted, "encrypted"},
		{"cut.pdf", whole[:len(whole)/4], "damaged"},
		{"long.pdf", paper(pages...), "found"},
		{"whole.pdf", whole, "found"},
	} {
		r := c.want(t, http.StatusCreated, "POST", "/api/v1/assets?name="+f.name, f.body, "Content-Type", "application/octet-stream")
		added, err := r.item()
		if err != nil {
			t.Fatal(err)
		}
		c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": "Note sur " + f.name})
		if state, got := c.text(t, added.ID); !strings.Contains(" "+f.want+" ", " "+state+" ") || f.name == "long.pdf" && got != long {
			t.Errorf("%s: %q with %d pages, want %s", f.name, state, got, f.want)
		}
		c.want(t, http.StatusOK, "GET", "/healthz", nil)
	}
	eventually(t, c.finds(t, "note", 6))
	node.bounded(t, 768<<20)
}

// TestHostileSearches asks many different expensive things at once while an
// editor saves: every search is answered or refused, and every save succeeds.
func TestHostileSearches(t *testing.T) {
	t.Parallel()
	p, data := folderPlace(t), filepath.Join(t.TempDir(), "data")
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	c.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	for i := range 30 {
		c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": fmt.Sprint("forage numéro ", i)})
	}
	eventually(t, c.finds(t, "forage", 30))
	all := 300
	if thorough(t) {
		all = 10_000
	}
	var asked atomic.Int64
	var flooding sync.WaitGroup
	for range 32 {
		flooding.Go(func() {
			for {
				n := asked.Add(1)
				if n > int64(all) || t.Context().Err() != nil {
					return
				}
				words := make([]string, 30)
				for i := range words {
					words[i] = fmt.Sprintf("%s%dfrage", strings.Repeat("a", i%5), n*31+int64(i))
				}
				q := url.Values{"q": {strings.Join(words, " ") + ` "forage numéro" -zéro`}, "facets": {"collection,locale"}, "page[size]": {"100"}, "version": {"draft"}}
				r, err := c.call(t.Context(), "GET", "/api/v1/search?"+q.Encode(), nil)
				if err != nil {
					t.Errorf("search %d: %v", n, err)
					return
				}
				if r.status != http.StatusOK && r.status != http.StatusServiceUnavailable && r.status != http.StatusTooManyRequests {
					t.Errorf("search %d: %d %.200s", n, r.status, r.body)
				}
			}
		})
	}
	for i := range 20 {
		c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": fmt.Sprint("sauvé pendant ", i)})
	}
	flooding.Wait()
	eventually(t, c.finds(t, "sauvé", 20))
	node.bounded(t, 768<<20)
}
