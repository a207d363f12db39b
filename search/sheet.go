package search

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/letters"
	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/view"
)

// The fields of a document that are not text: one exact term each, or several.
const (
	fieldEntry      = "e"
	fieldCollection = "k"
	fieldLocale     = "l"
	fieldPage       = "n" // of a file, from 1; absent on what is no page
	fieldFile       = "x" // the asset that the page is of
	fieldHeld       = "h" // the day from which the page may be read; absent without an embargo
	fieldDate       = "d"
	fieldTitle      = "s" // letters.SortKey of the title, for orders
	fieldNames      = "t" // words of the title, for suggestions
	facetPrefix     = "f."
	pointPrefix     = "g."
)

// The facets that every collection has; their values are ids and locales.
const (
	FacetCollection content.FieldID = "@collection"
	FacetLocale     content.FieldID = "@locale"
)

// Limits of one entry.
const (
	maxText     = 4 << 20 // bytes of text of one band
	maxPageText = 64 << 10
	maxPages    = 10_000
	maxTerm     = 1 << 10 // bytes of an exact term
)

// Pager gives the text of a file, page by page; storage.ErrNotExist when there
// is none. It is asked when the asset says that there is.
type Pager interface {
	Pages(ctx context.Context, blob string) ([]string, error)
}

// sheets makes documents of entries.
type sheets struct {
	kinds     schema.Kinds
	languages *analysis.Languages
	pages     Pager
	home      content.Locale // of text whose language nothing tells
	log       *slog.Logger

	mu       sync.Mutex
	failures map[string]int // by blob
}

// of gives the documents of an entry on one side: one per locale, and one per
// page of its files.
func (s *reading) of(e *content.Entry, live bool) ([]*document.Document, error) {
	col := s.tx.Collection(string(e.Collection))
	if col == nil || e.TrashedAt != nil {
		return nil, nil
	}
	faces := e.Locales()
	if len(faces) == 0 {
		faces = []content.Locale{content.Shared}
	}
	var out []*document.Document
	paged := map[content.AssetID]bool{}
	for _, l := range faces {
		values := e.Working(l)
		if live {
			values = e.Live(l)
		}
		if values == nil {
			continue
		}
		p := &sheet{s: s, tx: s.tx, e: e, col: col, locale: l, values: values, live: live}
		d := p.document()
		if err := p.titles(d); err != nil {
			return nil, err
		}
		out = append(out, d)
		files, err := p.files(paged)
		if err != nil {
			return nil, err
		}
		out = append(out, files...)
	}
	said, err := s.said(e, col, live)
	return append(out, said...), err
}

// sheet is one locale of an entry on its way into the index.
type sheet struct {
	s      *reading
	tx     *view.Tx
	e      *content.Entry
	col    *schema.Collection
	locale content.Locale
	values content.Values
	live   bool
}

func (p *sheet) document() *document.Document {
	d := document.NewDocument(string(p.e.ID) + "/" + string(p.locale))
	p.facts(d)
	byName := map[string]*strings.Builder{}
	var order []string
	for _, t := range p.s.kinds.Text(p.col, p.values) {
		class, ok := p.s.shape.class(p.col.ID, t.Field, texts, t.Sees.Level())
		if !ok {
			continue
		}
		name := fieldOf(bandOf(p.col, p.col.Field(t.Field)), class)
		b := byName[name]
		if b == nil {
			b = &strings.Builder{}
			byName[name], order = b, append(order, name)
		}
		for _, one := range t.Text {
			if b.Len()+len(one) < maxText {
				b.WriteString(one)
				b.WriteByte('\n')
			}
		}
	}
	for _, name := range order {
		p.s.words(d, name, p.locale, strings.TrimSuffix(byName[name].String(), "\n"))
	}
	if title := p.title(); title != "" {
		d.AddField(newField(fieldNames, title, index.IndexField|index.StoreField|index.SkipFreqNorm, guarded{p.s.language(p.locale, title).Words}))
	}
	return d
}

// facts adds what is no text: whose document it is, and the values of facets,
// places and the date.
func (p *sheet) facts(d *document.Document) {
	exact(d, fieldEntry, string(p.e.ID))
	exact(d, fieldCollection, string(p.e.Collection))
	exact(d, fieldLocale, string(p.locale))
	exact(d, fieldTitle, cut(letters.SortKey(p.title()), maxTerm))
	if at, ok := p.date(); ok {
		exact(d, fieldDate, wholeTerm(at.Unix()))
	}
	exact(d, facetPrefix+string(FacetCollection), string(p.e.Collection))
	exact(d, facetPrefix+string(FacetLocale), string(p.locale))
	for i := range p.col.Fields {
		f := &p.col.Fields[i]
		if f.Facet && !f.Personal {
			for _, v := range p.s.facetValues(f, p.values[f.ID]) {
				exact(d, facetPrefix+string(f.ID), v)
			}
		}
		if f.Kind == pointKind && p.values[f.ID] != nil {
			if lat, lon, ok := p.s.point(f, p.values[f.ID]); ok {
				exact(d, pointPrefix+string(f.ID), pointTerm(lat, lon))
			}
		}
	}
}

func (p *sheet) title() string {
	text, _ := p.values[p.col.Title].(string)
	return text
}

// date is that of the collection's date field, if everybody may see that, else
// of the publication, else of the last change.
func (p *sheet) date() (time.Time, bool) {
	if f := p.col.Field(p.col.Date); f != nil && f.Sees.Level() == 0 && !f.Personal {
		at, ok := parseDate(p.values[f.ID])
		return at, ok
	}
	if at := p.e.Side(p.locale).PublishedAt; at != nil {
		return *at, true
	}
	return p.e.UpdatedAt, true
}

// parseDate reads the beginning of a date or a period in kept form.
func parseDate(v any) (time.Time, bool) {
	if m, ok := v.(map[string]any); ok {
		v = m["start"]
	}
	text, _ := v.(string)
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01", "2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// facetValues are what a facet counts: keys, "true" and "false", the text
// itself, the year of a date.
func (s *sheets) facetValues(f *schema.Field, v any) []string {
	columner, ok := s.kinds[f.Kind].(schema.Columner)
	if !ok || v == nil {
		return nil
	}
	var out []string
	for _, cell := range columner.Cells(*f, v) {
		switch cell := cell.(type) {
		case bool:
			out = append(out, strconv.FormatBool(cell))
		case float64:
			out = append(out, strconv.FormatFloat(cell, 'f', -1, 64))
		case string:
			if columner.Column(*f) == schema.TextColumn {
				cell, _ = v.(string)
			}
			if columner.Column(*f) == schema.TimeColumn && len(cell) > 4 {
				cell = cell[:4]
			}
			if cell != "" {
				out = append(out, cut(cell, maxTerm))
			}
		}
	}
	return out
}

func (s *sheets) point(f *schema.Field, v any) (lat, lon float64, ok bool) {
	columner, is := s.kinds[f.Kind].(schema.Columner)
	if !is {
		return 0, 0, false
	}
	cells := columner.Cells(*f, v)
	if len(cells) != 2 {
		return 0, 0, false
	}
	lat, ok1 := cells[0].(float64)
	lon, ok2 := cells[1].(float64)
	return lat, lon, ok1 && ok2
}

// files gives the pages of the files that the entry holds in this locale. A
// file that several locales share is indexed once.
func (p *sheet) files(seen map[content.AssetID]bool) ([]*document.Document, error) {
	if p.s.pages == nil {
		return nil, nil
	}
	var out []*document.Document
	for _, r := range p.s.kinds.Refs(p.col, p.values) {
		f := p.col.Field(r.Field)
		id := content.AssetID(r.Ref.ID)
		if r.Ref.Kind != content.RefAsset || f == nil || !holdsFiles(f) || seen[id] {
			continue
		}
		seen[id] = true
		pages, err := p.pagesOf(f, id)
		if err != nil {
			return nil, err
		}
		out = append(out, pages...)
	}
	return out, nil
}

func (p *sheet) pagesOf(f *schema.Field, id content.AssetID) ([]*document.Document, error) {
	asset, err := assetOf(p.tx, id)
	if err != nil || asset == nil {
		return nil, err
	}
	sees := f.Sees
	if v := schema.Visibility(asset.Visibility); v.Level() > sees.Level() {
		sees = v
	}
	class, ok := p.s.shape.class(p.col.ID, f.ID, files, sees.Level())
	if !ok {
		return nil, nil
	}
	if asset.Text == nil || asset.Text.Pages == 0 {
		return nil, nil
	}
	pages, err := p.s.read(p.tx.Context(), asset)
	if err != nil {
		return nil, err
	}
	locale := asset.Text.Language
	if locale == "" {
		locale = p.locale
	}
	held, embargo := heldUntil(p.col, f, p.values)
	var out []*document.Document
	for i, text := range pages[:min(len(pages), maxPages)] {
		if strings.TrimSpace(text) == "" {
			continue
		}
		d := document.NewDocument(fmt.Sprintf("%s/%s/%s/%d", p.e.ID, p.locale, id, i+1))
		p.facts(d)
		exact(d, fieldPage, wholeTerm(int64(i+1)))
		exact(d, fieldFile, string(id))
		if embargo {
			exact(d, fieldHeld, wholeTerm(held))
		}
		p.s.text(d, fieldOf(bandPages, class), locale, cut(text, maxPageText))
		out = append(out, d)
	}
	return out, nil
}

// heldUntil gives the day, counted from 1970, from which the files of a field
// may be read, if an embargo says so.
func heldUntil(col *schema.Collection, f *schema.Field, values content.Values) (day int64, ok bool) {
	if !f.HeldBack() {
		return 0, false
	}
	at, err := time.Parse(time.DateOnly, col.Embargo(values))
	return dayOf(at), err == nil
}

// dayOf counts days from 1970, in UTC.
func dayOf(at time.Time) int64 { return at.Unix() / (24 * 60 * 60) }

// read gives the pages of an asset. Text that cannot be read again and again is
// done without, so that one bad blob does not stop the index.
func (s *sheets) read(ctx context.Context, a *content.Asset) ([]string, error) {
	pages, err := s.pages.Pages(ctx, a.Blob)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case err == nil:
		delete(s.failures, a.Blob)
		return pages, nil
	case errors.Is(err, storage.ErrNotExist):
		return nil, nil
	case ctx.Err() == nil && s.failures[a.Blob] >= maxFailures:
		s.log.Error("the text of a file is left out of the index, because it cannot be read", "asset", a.ID, "error", err)
		return nil, nil
	}
	if len(s.failures) < maxPages {
		s.failures[a.Blob]++
	}
	return nil, fmt.Errorf("read the pages of asset %s: %w", a.ID, err)
}

// maxFailures is how often reading the text of a file is tried again.
const maxFailures = 8

// fieldOf names the fields of the index that hold a band of a class, without
// the tag of a language, which ends the name.
func fieldOf(band string, class Class) string {
	return band + strconv.Itoa(int(class)) + "."
}

// levelOf gives the visibility level of a field of the index.
func levelOf(name string) int {
	number, _, _ := strings.Cut(name[1:], ".")
	n, err := strconv.Atoi(number)
	if err != nil || n >= classes {
		return levels
	}
	return Class(n).Level()
}

// text adds text to a field of the language it is in.
func (s *sheets) text(d *document.Document, name string, l content.Locale, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	language := s.language(l, text)
	d.AddField(newField(name+language.Tag, text, index.IndexField|index.StoreField|index.IncludeTermVectors, guarded{language.Text}))
}

// language is that of the locale, unless the script says otherwise: a profile
// in French may have its name in Arabic, and a study any pages.
func (s *sheets) language(l content.Locale, text string) *analysis.Language {
	arabic, latin := 0, 0
	for i, r := range text {
		switch {
		case unicode.Is(unicode.Arabic, r):
			arabic++
		case unicode.IsLetter(r):
			latin++
		}
		if i > 2000 {
			break
		}
	}
	if l == content.Shared {
		l = s.home
	}
	switch {
	case arabic > latin && !l.RightToLeft():
		l = "ar"
	case latin > arabic && l.RightToLeft():
		if l = s.home; l.RightToLeft() {
			l = "fr"
		}
	}
	return s.languages.Of(string(l))
}

// exact adds a term as it is.
func exact(d *document.Document, name, term string) {
	d.AddField(newField(name, term, index.IndexField|index.SkipFreqNorm, nil))
}

// wholeTerm writes a whole number so that the order of bytes is that of
// numbers.
func wholeTerm(n int64) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(n)^1<<63))
}

func termWhole(t string) int64 {
	if len(t) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64([]byte(t)) ^ 1<<63)
}

func pointTerm(lat, lon float64) string {
	raw := binary.BigEndian.AppendUint64(nil, math.Float64bits(lat))
	return string(binary.BigEndian.AppendUint64(raw, math.Float64bits(lon)))
}

func termPoint(t string) point {
	if len(t) != 16 {
		return point{}
	}
	raw := []byte(t)
	return point{math.Float64frombits(binary.BigEndian.Uint64(raw)), math.Float64frombits(binary.BigEndian.Uint64(raw[8:])), true}
}

// cut shortens text to whole runes.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// assetOf reads an asset; nil when there is none.
func assetOf(tx *view.Tx, id content.AssetID) (*content.Asset, error) {
	n, err := tx.Noun(content.NounAsset, string(id))
	if errors.Is(err, view.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read asset %s: %w", id, err)
	}
	return decodeAsset(n)
}

func decodeAsset(n *content.Noun) (*content.Asset, error) {
	var a content.Asset
	if err := json.Unmarshal(n.Body, &a); err != nil {
		return nil, fmt.Errorf("decode asset %s: %w", n.ID, err)
	}
	return &a, nil
}
