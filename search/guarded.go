package search

import (
	"github.com/blevesearch/bleve/v2/analysis"
)

// guarded is an analyzer that fails by giving no words. Bleve calls analyzers
// on goroutines of its own, where a panic would end the process.
type guarded struct{ analysis.Analyzer }

func (g guarded) Analyze(text []byte) (tokens analysis.TokenStream) {
	defer func() {
		if recover() != nil {
			tokens = nil
		}
	}()
	return g.Analyzer.Analyze(text)
}
