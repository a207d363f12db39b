package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/ar" // puts its analyzer into Bleve's registry
	_ "github.com/blevesearch/bleve/v2/analysis/lang/en"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"github.com/blevesearch/bleve/v2/mapping"
)

// stock is Bleve as it comes: its own analyzer for the language, any of the
// words in title or text.
type stock struct{ index bleve.Index }

func openStock(_ context.Context, dir string, s *set) (engine, error) {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = s.locale
	field := mapping.NewTextFieldMapping()
	field.Store, field.IncludeInAll, field.DocValues = false, false, false
	m.DefaultMapping = bleve.NewDocumentStaticMapping()
	m.DefaultMapping.AddFieldMappingsAt("Title", field)
	m.DefaultMapping.AddFieldMappingsAt("Body", field)
	x, err := bleve.New(filepath.Join(dir, "index"), m)
	if err != nil {
		return nil, fmt.Errorf("bleve: %w", err)
	}
	b := x.NewBatch()
	for i, t := range s.texts {
		if err := b.Index(t.ID, t); err != nil {
			return nil, fmt.Errorf("bleve: %w", err)
		}
		if i%1000 == 999 || i == len(s.texts)-1 {
			if err := x.Batch(b); err != nil {
				return nil, fmt.Errorf("bleve: %w", err)
			}
			b.Reset()
		}
	}
	return &stock{x}, nil
}

func (b *stock) answers(ctx context.Context, queries []query) ([][]string, error) {
	out := make([][]string, len(queries))
	for i, q := range queries {
		title, body := bleve.NewMatchQuery(q.Text), bleve.NewMatchQuery(q.Text)
		title.SetField("Title")
		body.SetField("Body")
		req := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(title, body), 100, 0, false)
		res, err := b.index.SearchInContext(ctx, req)
		if err != nil {
			return nil, fmt.Errorf("bleve: %w", err)
		}
		for _, h := range res.Hits {
			out[i] = append(out[i], h.ID)
		}
	}
	return out, nil
}

func (b *stock) close() error { return b.index.Close() }
