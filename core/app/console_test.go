package app

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
)

// firstLoad is what the console may weigh, compressed, for its first screens.
const firstLoad = 350 << 10

// counting gives bytes that differ from read to read.
type counting struct{ n byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.n++
		p[i] = c.n
	}
	return len(p), nil
}

func consoleApp(t *testing.T) (*console, *fiber.App) {
	t.Helper()
	c, err := newConsole(&counting{})
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New()
	c.mount(app)
	return c, app
}

func ask(t *testing.T, app *fiber.App, path, encodings string) (status int, header func(string) string, body []byte) {
	t.Helper()
	req := httptest.NewRequest(fiber.MethodGet, path, nil)
	req.Header.Set(fiber.HeaderAcceptEncoding, encodings)
	res, err := app.Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get, body
}

func TestTheConsolesPageIsServedUnderEveryAddress(t *testing.T) {
	_, app := consoleApp(t)
	seen := map[string]bool{}
	for _, path := range []string{"/admin", "/admin/", "/admin/c/news", "/admin/c/news/01KFD6NW00GWVFJ6YTA2W7DYXS"} {
		status, header, body := ask(t, app, path, "")
		if status != 200 || !bytes.Contains(body, []byte(`<div id="root">`)) {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		policy := header(fiber.HeaderContentSecurityPolicy)
		_, rest, _ := strings.Cut(policy, "'nonce-")
		nonce, _, _ := strings.Cut(rest, "'")
		if nonce == "" || seen[nonce] || !bytes.Contains(body, []byte(`content="`+nonce+`"`)) {
			t.Errorf("%s: nonce %q is not one of its own, and in the page", path, nonce)
		}
		seen[nonce] = true
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: the policy lets too much run: %s", path, policy)
		}
		if header(fiber.HeaderCacheControl) != "no-store" {
			t.Errorf("%s: a page with a nonce may be kept", path)
		}
	}
}

func TestTheConsolesFilesAreKeptForEverAndPacked(t *testing.T) {
	c, app := consoleApp(t)
	scripts := 0
	for name, f := range c.files {
		if !strings.HasPrefix(name, "assets/") {
			continue
		}
		status, header, plain := ask(t, app, "/admin/"+name, "gzip")
		if status != 200 || !bytes.Equal(plain, f.plain) || !strings.Contains(header(fiber.HeaderCacheControl), "immutable") {
			t.Errorf("%s: %d, %d bytes, %s", name, status, len(plain), header(fiber.HeaderCacheControl))
		}
		if strings.HasSuffix(name, ".js") {
			scripts++
			_, header, packed := ask(t, app, "/admin/"+name, "gzip, br")
			unpacked, err := io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
			if err != nil || header(fiber.HeaderContentEncoding) != "br" || !bytes.Equal(unpacked, f.plain) {
				t.Errorf("%s: packed as %q: %v", name, header(fiber.HeaderContentEncoding), err)
			}
			if !strings.HasPrefix(header(fiber.HeaderContentType), "text/javascript") {
				t.Errorf("%s is %s: a browser will not run it", name, header(fiber.HeaderContentType))
			}
		}
	}
	if scripts == 0 {
		t.Error("the console has no scripts")
	}
	if status, _, _ := ask(t, app, "/admin/assets/of-an-older-build.js", ""); status != 404 {
		t.Errorf("a script that is gone gives %d", status)
	}
}

// chunk is one entry of the manifest that Vite writes: a file, and what it
// needs before it runs.
type chunk struct {
	File           string
	Src            string
	IsEntry        bool
	Imports, CSS   []string
	DynamicImports []string
}

// TestTheFirstLoadIsLight adds up what a browser fetches for sign-in and a
// list in French: the page, what it imports, the list's own part and the
// catalogue.
func TestTheFirstLoadIsLight(t *testing.T) {
	c, _ := consoleApp(t)
	var manifest map[string]chunk
	if err := json.Unmarshal(c.files["manifest.json"].plain, &manifest); err != nil {
		t.Fatal(err)
	}
	need, total, parts := map[string]bool{}, 0, 0
	var add func(key string)
	add = func(key string) {
		if need[key] {
			return
		}
		need[key] = true
		for _, name := range append([]string{manifest[key].File}, manifest[key].CSS...) {
			f := c.files[name]
			if f == nil {
				t.Fatalf("the manifest names %q, which is not there", name)
			}
			total += len(f.packed())
		}
		for _, other := range manifest[key].Imports {
			add(other)
		}
	}
	for key, part := range manifest {
		if part.IsEntry || strings.HasSuffix(part.Src, "EntryListScreen.tsx") || strings.HasSuffix(part.Src, "i18n/fr.json") {
			parts++
			add(key)
		}
	}
	t.Logf("the first load is %d KiB", total>>10)
	if parts != 3 || total > firstLoad {
		t.Errorf("%d parts weigh %d KiB; at most %d KiB are allowed", parts, total>>10, firstLoad>>10)
	}
}
