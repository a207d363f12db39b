package ranking

import "github.com/recueil-cms/recueil/search/analysis"

// StopWords are words that editors say mean nothing on their site, besides
// those of the language: folded, by the tag of the language. They are left out
// of what is asked, not of the index, so that they count from the next search
// on; and like all stop words they count where nothing else was asked.
type StopWords map[string]map[string]bool

// Add takes a folded word in.
func (s StopWords) Add(tag, word string) {
	if s[tag] == nil {
		s[tag] = map[string]bool{}
	}
	s[tag][word] = true
}

// without leaves the stop words out, unless there is nothing else.
func (s StopWords) without(tag string, terms []analysis.Term) []analysis.Term {
	stop := s[tag]
	if len(stop) == 0 {
		return terms
	}
	kept := make([]analysis.Term, 0, len(terms))
	for _, t := range terms {
		if !stop[t.Word] {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 {
		return terms
	}
	return kept
}
