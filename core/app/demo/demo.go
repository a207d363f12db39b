// Package demo holds the demonstration programme as data: the PACT told in our
// own words, and sixty associations that do not exist. It turns the data into
// entries with stable ids, and draws larger plausible sites for benchmarks. It
// writes nothing: core/app loads what it gives through actions.
package demo

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/recueil-cms/recueil/core/content"
)

//go:embed content modules territories.json drafts.json words.json
var files embed.FS

// Entry is one entry of the demonstration, its references resolved.
type Entry struct {
	Key        string // "pages/accueil": collection and name, stable
	ID         content.EntryID
	Collection string
	Parent     content.EntryID // of trees; empty: at the top
	Order      int             // among siblings
	Published  time.Time       // zero: when it is loaded
	// Inputs are the values by field name in outer form: per locale, and under
	// content.Shared those that the data does not give per locale.
	Inputs map[content.Locale]map[string]any
}

// Locales lists the locales in which the entry has texts, sorted; an entry
// without any has the site's first.
func (e *Entry) Locales() []content.Locale {
	var out []content.Locale
	for l := range e.Inputs {
		if l != content.Shared {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

// locales are the words that separate values per locale in the data.
var locales = []content.Locale{"fr", "ar", "en"}

// ids carry the day on which the imaginary programme began.
var began = time.Date(2026, 1, 20, 8, 0, 0, 0, time.UTC)

// ID gives the id that the entry of a key has in every demonstration.
func ID(key string) content.EntryID {
	var id ulid.ULID
	if err := id.SetTime(ulid.Timestamp(began)); err != nil {
		panic(err) // a constant
	}
	sum := sha256.Sum256([]byte(key))
	copy(id[6:], sum[:10])
	return content.EntryID(id.String())
}

// Entries gives every entry of the demonstration, parents before their
// children. A reference to an entry that there is none of is an error.
func Entries() ([]Entry, error) {
	l := loader{seen: map[string]*Entry{}}
	if err := l.walk(); err != nil {
		return nil, err
	}
	if err := l.attach(); err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(l.order))
	for _, key := range l.order {
		e := l.seen[key]
		for locale, values := range e.Inputs {
			resolved, err := l.resolve(values)
			if err != nil {
				return nil, fmt.Errorf("demonstration entry %s: %w", key, err)
			}
			e.Inputs[locale] = resolved.(map[string]any)
		}
		out = append(out, *e)
	}
	return arrange(out), nil
}

type loader struct {
	seen   map[string]*Entry
	order  []string
	monday time.Time // of the week in which it is loaded
}

func (l *loader) walk() error {
	if err := l.list("territories.json"); err != nil {
		return err
	}
	return fs.WalkDir(files, "content", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case strings.HasSuffix(name, ".json"):
			return l.list(name)
		case strings.HasSuffix(name, ".md"):
			return l.page(name)
		}
		return fmt.Errorf("demonstration file %s: neither .json nor .md", name)
	})
}

// entry finds or begins the entry of a key.
func (l *loader) entry(key string) *Entry {
	if e := l.seen[key]; e != nil {
		return e
	}
	e := &Entry{Key: key, ID: ID(key), Collection: path.Dir(key), Inputs: map[content.Locale]map[string]any{}}
	l.seen[key] = e
	l.order = append(l.order, key)
	return e
}

// list reads a file of entries: an array of objects with a key, values that
// the locales share, and one object of values per locale.
func (l *loader) list(name string) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	var items []map[string]any
	if err := json.Unmarshal(raw, &items); err != nil {
		return fmt.Errorf("demonstration file %s: %w", name, err)
	}
	for _, item := range items {
		key, _ := item["key"].(string)
		if l.seen[key] != nil || path.Dir(key) == "." {
			return fmt.Errorf("demonstration file %s: key %q is missing, odd or there twice", name, key)
		}
		delete(item, "key")
		e := l.entry(key)
		for _, locale := range locales {
			if values, ok := item[string(locale)].(map[string]any); ok {
				e.Inputs[locale] = values
				delete(item, string(locale))
			}
		}
		l.date(item)
		if err := e.share(item); err != nil {
			return err
		}
	}
	return nil
}

var relative = regexp.MustCompile(`^monday([+-][0-9]{1,3})(T.*)?$`)

// date puts days in the place of those that are counted from the week in which
// the demonstration is loaded, at any depth.
func (l *loader) date(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = l.date(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = l.date(inner)
		}
	case string:
		if m := relative.FindStringSubmatch(v); m != nil {
			days, _ := strconv.Atoi(m[1]) // the expression sees to it
			return l.monday.AddDate(0, 0, days).Format(time.DateOnly) + m[2]
		}
	}
	return v
}

// share takes values for all locales, and what places the entry in a tree.
func (e *Entry) share(values map[string]any) error {
	if parent, ok := values["parent"].(string); ok {
		e.Parent = ID(strings.TrimPrefix(parent, "@"))
		delete(values, "parent")
	}
	if order, ok := values["order"].(float64); ok {
		e.Order = int(order)
		delete(values, "order")
	}
	if date, ok := values["date"].(string); ok {
		day, err := time.Parse(time.DateOnly, date)
		if err != nil {
			return fmt.Errorf("demonstration entry %s: %w", e.Key, err)
		}
		e.Published = day.Add(8 * time.Hour)
		delete(values, "date")
	}
	if e.Collection == "menus" { // a menu is found by the name of its entry
		values["key"] = path.Base(e.Key)
	}
	if len(values) > 0 {
		e.Inputs[content.Shared] = values
	}
	return nil
}

var (
	reference = regexp.MustCompile(`^@[a-z-]+/[a-z0-9-]+$`)
	link      = regexp.MustCompile(`\(entry:([a-z]+/[a-z0-9-]+)\)`)
)

// resolve replaces "@collection/name" and links to "entry:collection/name" by
// ids, at any depth.
func (l *loader) resolve(v any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			r, err := l.resolve(inner)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", k, err)
			}
			v[k] = r
		}
	case []any:
		for i, inner := range v {
			r, err := l.resolve(inner)
			if err != nil {
				return nil, err
			}
			v[i] = r
		}
	case string:
		return l.resolveText(v)
	}
	return v, nil
}

func (l *loader) resolveText(s string) (string, error) {
	if reference.MatchString(s) {
		if l.seen[s[1:]] == nil {
			return "", fmt.Errorf("no entry %s", s)
		}
		return string(ID(s[1:])), nil
	}
	var missing string
	s = link.ReplaceAllStringFunc(s, func(m string) string {
		key := m[len("(entry:") : len(m)-1]
		if l.seen[key] == nil {
			missing = key
		}
		return "(entry:" + string(ID(key)) + ")"
	})
	if missing != "" {
		return "", fmt.Errorf("link to no entry %s", missing)
	}
	return s, nil
}

// arrange puts parents before their children, siblings in their order.
func arrange(in []Entry) []Entry {
	depth := map[content.EntryID]int{}
	parent := map[content.EntryID]content.EntryID{}
	for _, e := range in {
		parent[e.ID] = e.Parent
	}
	for id := range parent {
		for up := parent[id]; up != "" && depth[id] <= len(in); up = parent[up] {
			depth[id]++
		}
	}
	slices.SortStableFunc(in, func(a, b Entry) int {
		return cmp.Or(
			cmp.Compare(rank(a.Collection), rank(b.Collection)),
			cmp.Compare(depth[a.ID], depth[b.ID]),
			cmp.Compare(a.Order, b.Order),
		)
	})
	return in
}

// rank orders collections so that most references lead backwards.
func rank(collection string) int {
	first := []string{"territories", "terms", "funds", "authorities", "associations", "people", "projects", "studies", "experiences", "news", "pages", "menus", "redirects", "settings"}
	if i := slices.Index(first, collection); i >= 0 {
		return i
	}
	return len(first)
}
