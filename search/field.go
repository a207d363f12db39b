package search

import (
	"sync"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
)

// field is one that is analysed once, however many stores take it in.
type field struct {
	*document.TextField
	once *sync.Once
}

func newField(name, text string, o index.FieldIndexingOptions, a analysis.Analyzer) field {
	return field{document.NewTextFieldCustom(name, nil, []byte(text), o, a), &sync.Once{}}
}

// Analyze makes the terms of the text.
func (f field) Analyze() { f.once.Do(f.TextField.Analyze) }
