package book

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

// collection is the one that is printed, by its name.
const collection = "associations"

// manuscript is what is printed.
type manuscript struct {
	locales  []content.Locale
	site     map[content.Locale]string // its name
	tagline  map[content.Locale]string
	accent   string // colour, as in "#0b5d3b"; "" for our own
	chapters []*chapter
	profiles []*profile
	hidden   map[string]string // see hidden
}

// chapter is a wilaya with the associations that have their seat there.
type chapter struct {
	code     string
	title    map[content.Locale]string
	profiles []*profile
}

// profile is one association.
type profile struct {
	id    content.EntryID
	sides map[content.Locale]*side
}

// side is a profile in one language.
type side struct {
	name, latin, arabic string // arabic and latin are the name in the other script
	short               string
	url                 string
	line                []string // what it is, where, since when
	language            content.Locale
	facts               []fact
	texts               []passage
	themes, places      []query.Link
	seat                *query.Link
}

// fact is a value that fits on a line.
type fact struct{ label, text string }

// passage is a longer text under its label: lines, or markup.
type passage struct {
	label    string
	lines    []string
	markup   string
	language content.Locale
}

var visitor = content.Actor{Kind: content.ActorVisitor}

// gather reads what a book of the locales holds, as a visitor sees it now.
func (s Source) gather(ctx context.Context, locales []content.Locale) (*manuscript, error) {
	m := &manuscript{locales: locales, site: map[content.Locale]string{}, tagline: map[content.Locale]string{}}
	cols, _, err := s.Query.Collections(ctx, visitor)
	if err != nil {
		return nil, err
	}
	m.hidden = hidden(cols)
	byID := map[content.EntryID]*profile{}
	codes, err := s.codes(ctx, cols)
	if err != nil {
		return nil, err
	}
	for _, l := range locales {
		if err := s.settings(ctx, m, cols, l); err != nil {
			return nil, err
		}
		r := reader{Source: s, locale: l, hidden: m.hidden}
		err := r.each(ctx, func(it *query.Item) {
			p := byID[it.ID]
			if p == nil {
				p = &profile{id: it.ID, sides: map[content.Locale]*side{}}
				byID[it.ID] = p
				m.profiles = append(m.profiles, p)
			}
			p.sides[l] = r.side(it)
		})
		if err != nil {
			return nil, err
		}
	}
	// An entry that came or went between two readings is in none.
	m.profiles = slices.DeleteFunc(m.profiles, func(p *profile) bool { return len(p.sides) < len(locales) })
	if len(m.profiles) == 0 {
		return nil, problem.New(problem.Conflict, "book_empty", nil)
	}
	m.arrange(codes)
	return m, nil
}

// hidden are the collections whose entries are named by something personal,
// with where their pages are.
func hidden(cols []*schema.Collection) map[string]string {
	out := map[string]string{}
	for _, col := range cols {
		if f := col.Field(col.Title); f != nil && f.Personal {
			base, _, _ := strings.Cut(col.Path, "{")
			out[col.Name] = base
		}
	}
	return out
}

// codes are the codes of territories, by which chapters are in order.
func (s Source) codes(ctx context.Context, cols []*schema.Collection) (map[content.EntryID]string, error) {
	out := map[content.EntryID]string{}
	at := slices.IndexFunc(cols, func(c *schema.Collection) bool { return c.Name == "territories" })
	if at < 0 || cols[at].FieldNamed("code") == nil {
		return out, nil
	}
	for after := ""; ; {
		r, err := s.Query.Find(ctx, visitor, "territories", query.Params{Fields: "code", Sort: schema.SysID, AnyLocale: true,
			Page: query.Page{Size: query.MaxPage, After: after}})
		if err != nil {
			return nil, err
		}
		for _, it := range r.Items {
			out[it.ID], _ = it.Value("code").(string)
		}
		if after = r.Next; after == "" || len(out) > 5000 {
			return out, nil
		}
	}
}

// settings reads who publishes the book.
func (s Source) settings(ctx context.Context, m *manuscript, cols []*schema.Collection, l content.Locale) error {
	m.site[l] = "Recueil"
	if !slices.ContainsFunc(cols, func(c *schema.Collection) bool { return c.Name == "settings" }) {
		return nil
	}
	r, err := s.Query.Find(ctx, visitor, "settings", query.Params{Locale: l, AnyLocale: true, Page: query.Page{Size: 1}})
	if err != nil || len(r.Items) == 0 {
		return err
	}
	if name, _ := r.Items[0].Value("site_name").(string); name != "" {
		m.site[l] = name
	}
	m.tagline[l], _ = r.Items[0].Value("tagline").(string)
	m.accent, _ = r.Items[0].Value("main_colour").(string)
	return nil
}

// arrange makes the chapters, and puts the profiles into the order of their
// names.
func (m *manuscript) arrange(codes map[content.EntryID]string) {
	first := m.locales[0]
	order := collate.New(language.Make(string(first)))
	slices.SortFunc(m.profiles, func(a, b *profile) int {
		return cmp.Or(order.CompareString(a.sides[first].name, b.sides[first].name), cmp.Compare(a.id, b.id))
	})
	byPlace := map[content.EntryID]*chapter{}
	for _, p := range m.profiles {
		var id content.EntryID
		if seat := p.sides[first].seat; seat != nil {
			id = seat.ID
		}
		c := byPlace[id]
		if c == nil {
			c = &chapter{code: codes[id], title: map[content.Locale]string{}}
			for l, s := range p.sides {
				if s.seat != nil {
					c.title[l] = s.seat.Title
				}
			}
			byPlace[id] = c
			m.chapters = append(m.chapters, c)
		}
		c.profiles = append(c.profiles, p)
	}
	slices.SortFunc(m.chapters, func(a, b *chapter) int {
		none := func(c *chapter) int { return min(1, len(c.title)) }
		return cmp.Or(cmp.Compare(none(b), none(a)), cmp.Compare(a.code, b.code), order.CompareString(a.title[first], b.title[first]))
	})
}

// reader reads the profiles in one language.
type reader struct {
	Source
	locale content.Locale
	hidden map[string]string
}

func (r reader) each(ctx context.Context, f func(*query.Item)) error {
	count := 0
	for after := ""; ; {
		p := query.Params{Locale: r.locale, AnyLocale: true, Present: true, Sort: schema.SysID, Page: query.Page{Size: query.MaxPage, After: after}}
		page, err := r.Query.Find(ctx, visitor, collection, p)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			f(it)
		}
		if count += len(page.Items); count > MaxProfiles {
			return problem.New(problem.TooLarge, "book_too_large", problem.Args{"limit": MaxProfiles})
		}
		if after = page.Next; after == "" {
			return nil
		}
	}
}

// CopyID names a copy by all that it is made from, so that the same copy has
// one name on every node.
func (s Source) CopyID(ctx context.Context, f Form, day time.Time) (string, error) {
	cols, _, err := s.Query.Collections(ctx, visitor)
	if err != nil {
		return "", err
	}
	deps := []query.Dependency{{Noun: content.NounCollection}, {Noun: content.NounRole}}
	for _, col := range cols {
		if col.Name == "settings" || col.Name == collection {
			deps = append(deps, query.Dependency{Collection: col.ID})
		}
		if col.Name != collection {
			continue
		}
		for _, field := range col.Fields {
			if r, ok := s.Kinds.Relation(field); ok {
				for _, to := range r.To {
					deps = append(deps, query.Dependency{Collection: to})
				}
			}
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\n%s\n%s\n%s\n%d", version, f.Name(), s.BaseURL(), day.Format(time.DateOnly), s.Query.Changed(deps)))
	return hex.EncodeToString(sum[:16]), nil
}
