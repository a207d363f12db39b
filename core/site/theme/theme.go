// Package theme makes pages of templates and one stylesheet, which the program
// brings or a folder has. It knows no page: what templates are given is the
// site's. GUIDE.md is for whoever writes a theme.
package theme

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/texts"
)

//go:embed default
var embedded embed.FS

// Options say where the look of the site comes from. The zero value is
// the theme that the program brings.
type Options struct {
	// Dir is a folder whose files take the place of the default theme's files
	// of the same name; what it does not have stays as it is.
	Dir string
	// Reload reads the folder again for each page, for whoever works on it.
	// Nothing is kept in memory then.
	Reload bool
}

// Theme is a set of templates and a stylesheet. Its guide is
// GUIDE.md.
type Theme struct {
	o       Options
	texts   *texts.Catalogue
	locales []content.Locale

	mu     sync.Mutex // of what is read again
	parsed *parsedTheme
}

// parsedTheme is a theme as it was read.
type parsedTheme struct {
	templates map[content.Locale]*template.Template
	css       []byte
	static    map[string][]byte // other files that visitors may get, by name
}

// Limits of a theme.
const (
	maxThemeFile  = 1 << 20
	maxThemeFiles = 200
)

// Open reads a theme. A template with a mistake is an error that names it.
func Open(o Options, t *texts.Catalogue, locales []content.Locale) (*Theme, error) {
	th := &Theme{o: o, texts: t, locales: locales}
	p, err := th.read()
	if err != nil {
		return nil, err
	}
	th.parsed = p
	return th, nil
}

// Reloads says that the folder is read again for each page.
func (t *Theme) Reloads() bool { return t.o.Reload && t.o.Dir != "" }

// current gives the theme as it is now.
func (t *Theme) current() (*parsedTheme, error) {
	if !t.Reloads() {
		return t.parsed, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p, err := t.read()
	if err == nil {
		t.parsed = p
	}
	return p, err
}

func (t *Theme) read() (*parsedTheme, error) {
	files, err := t.files()
	if err != nil {
		return nil, err
	}
	p := &parsedTheme{templates: map[content.Locale]*template.Template{}, static: map[string][]byte{}}
	for name, body := range files {
		if name == "site.css" {
			p.css = body
		} else if staticType(name) != "" {
			p.static[name] = body
		}
	}
	for _, l := range t.locales {
		set := template.New("theme").Option("missingkey=zero")
		set.Funcs(t.funcs(l, set))
		for _, name := range sortedNames(files) {
			if path.Ext(name) != ".html" {
				continue
			}
			if _, err := set.New(strings.TrimSuffix(name, ".html")).Parse(string(files[name])); err != nil {
				return nil, fmt.Errorf("theme %s: %w", name, err)
			}
		}
		p.templates[l] = set
	}
	return p, nil
}

// files gives the default theme's files with the folder's over them.
func (t *Theme) files() (map[string][]byte, error) {
	base, err := fs.Sub(embedded, "default")
	if err != nil {
		return nil, fmt.Errorf("open the default theme: %w", err)
	}
	out := map[string][]byte{}
	if err := readFiles(base, out); err != nil {
		return nil, err
	}
	if t.o.Dir == "" {
		return out, nil
	}
	if info, err := os.Stat(t.o.Dir); err != nil || !info.IsDir() {
		return nil, errors.Join(fmt.Errorf("theme %q is not a folder", t.o.Dir), err)
	}
	root, err := os.OpenRoot(t.o.Dir)
	if err != nil {
		return nil, fmt.Errorf("open theme: %w", err)
	}
	return out, errors.Join(readFiles(root.FS(), out), root.Close())
}

// readFiles takes the templates, the stylesheet and the pictures of a folder.
func readFiles(dir fs.FS, out map[string][]byte) error {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return fmt.Errorf("read theme: %w", err)
	}
	if len(entries) > maxThemeFiles {
		return fmt.Errorf("theme has %d files, %d at most", len(entries), maxThemeFiles)
	}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || path.Ext(name) != ".html" && name != "site.css" && staticType(name) == "" {
			continue
		}
		if info, err := e.Info(); err != nil || info.Size() > maxThemeFile {
			return errors.Join(fmt.Errorf("theme file %s: more than %d bytes, or not readable", name, maxThemeFile), err)
		}
		body, err := fs.ReadFile(dir, name)
		if err != nil {
			return fmt.Errorf("read theme: %w", err)
		}
		out[name] = body
	}
	return nil
}

func sortedNames(files map[string][]byte) []string {
	out := make([]string, 0, len(files))
	for name := range files {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// staticType is the media type of files that visitors get as they are, besides
// the stylesheet; "" for files that they do not get.
func staticType(name string) string {
	switch path.Ext(name) {
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return ""
}

// funcs are what templates may call besides Go's own; see GUIDE.md.
func (t *Theme) funcs(l content.Locale, set *template.Template) template.FuncMap {
	return template.FuncMap{
		"t": func(key string, pairs ...any) string { return t.texts.Text(string(l), "site."+key, Arguments(pairs)) },
		"show": func(name string, data any) (template.HTML, error) {
			return render(set, name, data)
		},
		"day":    func(at *time.Time) string { return dayOf(at, l) },
		"moment": func(at time.Time) string { return dayOf(&at, l) + " " + at.Format("15:04") },
		"number": func(v float64) string { return wording.Number(v, l) },
		"iso":    isoOf,
		"same":   func(a, b string) bool { return entry.Fold(a) == entry.Fold(b) },
		"lines":  func(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") },
		"first":  func(srcset string) string { one, _, _ := strings.Cut(strings.TrimSpace(srcset), " "); return one },
		"isnode": func(v any) bool { _, ok := v.(map[string]any); return ok },
		"dict":   func(pairs ...any) map[string]any { return Arguments(pairs) },
		"here": func() template.HTMLAttr {
			return template.HTMLAttr(` lang="` + string(l) + `" dir="` + entry.Direction(l) + `"`)
		}, // of locales of the site only
		"have": func(name string) bool { return set.Lookup(name) != nil },
	}
}

func dayOf(at *time.Time, l content.Locale) string {
	if at == nil {
		return ""
	}
	return wording.Date(at.Format(time.DateOnly), l)
}

func isoOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// render runs the first template that there is of "card-news" and "card": a
// name is tried without its last part.
func render(set *template.Template, name string, data any) (template.HTML, error) {
	for set.Lookup(name) == nil {
		i := strings.LastIndexByte(name, '-')
		if i < 0 {
			return "", fmt.Errorf("theme has no template %q", name)
		}
		name = name[:i]
	}
	var out bytes.Buffer
	if err := set.ExecuteTemplate(&out, name, data); err != nil {
		return "", fmt.Errorf("template %s: %w", name, err)
	}
	return template.HTML(out.String()), nil // escaped when it was made
}

// Render makes the page that a visitor gets in a language; the template
// "layout" is given page.
func (t *Theme) Render(l content.Locale, page any) ([]byte, error) {
	now, err := t.current()
	if err != nil {
		return nil, err
	}
	set := now.templates[l]
	if set == nil {
		return nil, fmt.Errorf("theme has no locale %q", l)
	}
	html, err := render(set, "layout", page)
	return []byte(html), err
}

// Static gives a file that visitors get as it is, and its media type.
func (t *Theme) Static(name string) (body []byte, mediaType string, ok bool) {
	now, err := t.current()
	if err != nil {
		now = t.parsed
	}
	body, ok = now.static[name]
	return body, staticType(name), ok
}

// Sheet is a stylesheet ready to be sent. Its path changes with it.
type Sheet struct {
	Path string
	Body []byte
}

// Stylesheet gives the theme's CSS in the colours of the site.
func (t *Theme) Stylesheet(c Colours) Sheet {
	now, err := t.current()
	if err != nil {
		now = t.parsed
	}
	body := append([]byte(nil), now.css...)
	body = append(body, c.css()...)
	sum := sha256.Sum256(body)
	return Sheet{Path: "/theme/site." + hex.EncodeToString(sum[:6]) + ".css", Body: body}
}

// Arguments makes the places of a text from names and values in turn.
func Arguments(pairs []any) map[string]any {
	args := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			args[name] = pairs[i+1]
		}
	}
	return args
}
