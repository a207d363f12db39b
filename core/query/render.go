package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query/markdown"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxLinks bounds the references of texts that one answer resolves; links
// beyond it stay words.
const maxLinks = 200

// render puts HTML and the facts of assets in their places.
func (s *session) render(items []*Item, rows []*view.Row, b *bounds, sel *ask.Selection) error {
	for _, chosen := range sel.Fields {
		if chosen.Part == "" {
			continue
		}
		f := b.col.Field(chosen.Field)
		if f == nil {
			continue
		}
		for i, it := range items {
			v := it.at(f.Name)
			if v == nil || v.V == nil {
				continue
			}
			var err error
			if chosen.Part == "html" {
				err = s.html(v, f, b)
			} else {
				v.V, err = s.facts(rows[i].Values[f.ID], it.Locale)
			}
			if err != nil {
				return fmt.Errorf("render %s: %w", f.Name, err)
			}
		}
	}
	return nil
}

func (s *session) html(v *Value, f *schema.Field, b *bounds) error {
	source, ok := v.V.(string)
	if !ok {
		return nil
	}
	out, err := s.htmlOf(source, f, b)
	v.V = out
	return err
}

func (s *session) htmlOf(source string, f *schema.Field, b *bounds) (HTML, error) {
	// Only what everybody may read is kept: drafts and personal texts go when
	// their request does.
	rendered := s.e.text.Render(source, b.live && !f.Personal && f.Sees.Level() == 0)
	var failed error
	out := HTML(rendered.HTML(func(ref content.Ref) (markdown.Link, bool) {
		link, err := s.link(ref, b.live)
		if err != nil && failed == nil {
			failed = err
		}
		if link == nil {
			return markdown.Link{}, false
		}
		return *link, true
	}))
	return out, failed
}

// link resolves a reference of a text, or gives nil.
func (s *session) link(ref content.Ref, live bool) (*markdown.Link, error) {
	if link, ok := s.links[ref]; ok {
		return link, nil
	}
	if len(s.links) >= maxLinks {
		return nil, nil
	}
	var link *markdown.Link
	var err error
	if ref.Kind == content.RefAsset {
		var a *content.Asset
		if a, err = s.asset(content.AssetID(ref.ID)); a != nil {
			if u := s.e.o.AssetURL(a); u != "" {
				link = &markdown.Link{URL: u, Title: a.Name, Width: a.Width, Height: a.Height}
			}
		}
	} else {
		link, err = s.entryLink(content.EntryID(ref.ID), live)
	}
	if s.links == nil {
		s.links = map[content.Ref]*markdown.Link{}
	}
	s.links[ref] = link
	return link, err
}

func (s *session) entryLink(id content.EntryID, live bool) (*markdown.Link, error) {
	e, err := s.tx.Entry(id)
	if errors.Is(err, view.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// A refusal hangs on this collection too: the answer changes when an entry
	// of it goes live.
	s.depend(Dependency{Collection: e.Collection})
	col := s.tx.Collection(string(e.Collection))
	if col == nil {
		return nil, nil
	}
	for _, side := range s.sides(live, col) {
		rows, err := s.fetch([]content.EntryID{id}, side)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		set, err := s.fieldSets(rows, side)
		if err != nil {
			return nil, err
		}
		named, err := s.nameOf(rows[0], side, set[0].fields)
		if err != nil || named.URL == "" {
			return nil, err
		}
		return &markdown.Link{URL: named.URL, Title: named.Title}, nil
	}
	return nil, nil
}

// pathURL makes the address of an entry from the Path of its collection.
func pathURL(col *schema.Collection, id content.EntryID, slug string, locale content.Locale) string {
	if col.Path == "" {
		return ""
	}
	if slug == "" {
		slug = string(id)
	}
	path := strings.ReplaceAll(url.PathEscape(slug), "%2F", "/")
	return strings.NewReplacer("{slug}", url.PathEscape(slug), "{path}", path, "{id}", string(id), "{locale}", string(locale)).Replace(col.Path)
}

// asset gives an asset that the caller may see, or nil.
func (s *session) asset(id content.AssetID) (*content.Asset, error) {
	if a, ok := s.assets[id]; ok {
		return a, nil
	}
	s.depend(Dependency{Noun: content.NounAsset})
	if s.assets == nil {
		s.assets = map[content.AssetID]*content.Asset{}
	}
	s.assets[id] = nil
	scope, err := s.p.Allow(access.Need{Verb: access.Read, Collection: access.Assets})
	if err != nil {
		return nil, nil // no right to assets: there are none
	}
	noun, err := s.tx.Noun(content.NounAsset, string(id))
	if errors.Is(err, view.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var a content.Asset
	if err := json.Unmarshal(noun.Body, &a); err != nil {
		return nil, fmt.Errorf("decode asset %s: %w", id, err)
	}
	if schema.Visibility(a.Visibility).Level() > scope.Level() {
		return nil, nil
	}
	s.assets[id] = &a
	return &a, nil
}

// facts gives the value of an asset or gallery field with the facts of its
// assets in the place of their ids. An asset that the caller may not see is
// left out.
func (s *session) facts(v any, locale content.Locale) (any, error) {
	switch v := v.(type) {
	case string:
		a, err := s.asset(content.AssetID(v))
		if a == nil {
			return nil, err
		}
		return s.factsOf(a, locale), nil
	case []any:
		out := make([]any, 0, len(v))
		for _, one := range v {
			m, _ := one.(map[string]any)
			id, _ := m["asset"].(string)
			a, err := s.asset(content.AssetID(id))
			if err != nil {
				return nil, err
			}
			if a == nil {
				continue
			}
			item := map[string]any{"asset": s.factsOf(a, locale)}
			if m["caption"] != nil {
				item["caption"] = m["caption"]
			}
			out = append(out, item)
		}
		return out, nil
	}
	return nil, nil
}

func (s *session) factsOf(a *content.Asset, locale content.Locale) Facts {
	alt := a.Alt[locale]
	for _, l := range withLocales(s.locales, s.e.o.Locales()) {
		if alt == "" {
			alt = a.Alt[l]
		}
	}
	return Facts{ID: a.ID, Name: a.Name, MediaType: a.MediaType, Size: a.Size, Width: a.Width, Height: a.Height,
		Alt: alt, Decorative: a.Decorative, Credit: a.Credit, URL: s.e.o.AssetURL(a), Asset: a}
}
