package app

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/admin"
)

// consolePrefix is where the console lives.
const consolePrefix = "/admin"

// noncePlace stands in the console's page where the nonce of a response goes.
const noncePlace = "{{nonce}}"

// consolePolicy lets the console run its own scripts and nothing else. The
// nonce is for the style elements that its components add.
const consolePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + noncePlace + "'; " +
	"img-src 'self' data: blob:; media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// consoleFile is one file of the console, and its compressed form, which is
// made when it is first asked for.
type consoleFile struct {
	mediaType string
	keep      string // Cache-Control
	plain     []byte
	packed    func() []byte // nil when it does not get smaller
}

// console serves the built console: its files, and its page for every other
// address below the prefix, which the console's own router reads.
type console struct {
	page   []byte
	files  map[string]*consoleFile
	random io.Reader
}

func newConsole(random io.Reader) (*console, error) {
	root, err := admin.Files()
	if err != nil {
		return nil, err
	}
	c := &console{files: map[string]*consoleFile{}, random: random}
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			c.page = body
		} else {
			c.files[name] = newConsoleFile(name, body)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the built console: %w", err)
	}
	if c.page == nil {
		return nil, fmt.Errorf("read the built console: it has no index.html")
	}
	return c, nil
}

func newConsoleFile(name string, body []byte) *consoleFile {
	f := &consoleFile{mediaType: mediaTypeOf(name), keep: "public, max-age=3600", plain: body}
	if strings.HasPrefix(name, "assets/") {
		f.keep = "public, max-age=31536000, immutable"
	}
	f.packed = sync.OnceValue(func() []byte {
		var out bytes.Buffer
		w := brotli.NewWriterLevel(&out, 6)
		if _, err := w.Write(body); err != nil || w.Close() != nil || out.Len() >= len(body) {
			return nil
		}
		return out.Bytes()
	})
	return f
}

// mediaTypeOf does not ask the machine's own table for the types that decide
// whether the console runs.
func mediaTypeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return fiber.MIMEOctetStream
}

func (c *console) mount(app *fiber.App) {
	app.Get(consolePrefix, c.show)
	app.Get(consolePrefix+"/*", func(ctx *fiber.Ctx) error {
		name := ctx.Params("*")
		if f := c.files[name]; f != nil {
			return send(ctx, f)
		}
		if strings.HasPrefix(name, "assets/") {
			return fiber.ErrNotFound // of an older build: never the page in its place
		}
		return c.show(ctx)
	})
}

// show answers with the page, under a nonce of its own.
func (c *console) show(ctx *fiber.Ctx) error {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(c.random, raw); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	nonce := base64.RawURLEncoding.EncodeToString(raw)
	ctx.Set(fiber.HeaderContentSecurityPolicy, strings.ReplaceAll(consolePolicy, noncePlace, nonce))
	ctx.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	ctx.Set(fiber.HeaderCacheControl, "no-store")
	return ctx.Send(bytes.ReplaceAll(c.page, []byte(noncePlace), []byte(nonce)))
}

// send answers with a file. Those under assets have names that change with
// their bytes, so that browsers may keep them for ever.
func send(ctx *fiber.Ctx, f *consoleFile) error {
	ctx.Set(fiber.HeaderContentType, f.mediaType)
	ctx.Set(fiber.HeaderCacheControl, f.keep)
	ctx.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	body := f.plain
	if strings.Contains(ctx.Get(fiber.HeaderAcceptEncoding), "br") {
		if packed := f.packed(); packed != nil {
			body = packed
			ctx.Set(fiber.HeaderContentEncoding, "br")
		}
	}
	ctx.Context().Response.SetBodyRaw(body)
	return nil
}
