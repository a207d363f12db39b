package ranking

import (
	"unicode/utf8"

	"github.com/recueil-cms/recueil/search/phrase"
)

// When a word that is there may yet be a slip: few documents have it, and many
// times more have its neighbour. Both are counted among what counts for the
// caller.
const (
	rareWord      = 3  // documents, at most
	oftener       = 30 // times more have the neighbour
	leastFrequent = 20 // documents that have the neighbour, at least
	leastSlip     = 5  // letters of the word
)

// widen searches again when words may be slips of far more frequent ones: with
// both. What has the word itself stays before what has the neighbour alone.
func (s *run) widen(words string, rest []phrase.Clause) error {
	also := map[string]string{}
	var list []Correction
	for i := range s.outcome.plans {
		p := &s.outcome.plans[i]
		if p.boost != 1 {
			continue
		}
		for j := range p.groups {
			g := &p.groups[j]
			n := utf8.RuneCountInString(g.word)
			if g.documents == 0 || g.documents > rareWord || n < leastSlip || n > maxMisspelt || len(list) == maxCorrected || also[g.word] != "" {
				continue
			}
			to, err := s.frequent(g.word, max(leastFrequent, oftener*g.documents))
			if err != nil {
				return err
			}
			if to != "" {
				also[g.word] = to
				list = append(list, Correction{From: words[g.start:g.end], To: to})
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	s.also = also
	s.outcome.board.reset()
	s.outcome.Also = list
	return s.find(words, rest)
}

// frequent gives the most frequent neighbour of a word, if at least so many
// documents have it.
func (s *run) frequent(word string, least int) (string, error) {
	best, most := "", uint64(least-1)
	for _, f := range s.spelling() {
		near, err := s.neighbours(f.Words, word, 1)
		if err != nil {
			return "", err
		}
		for _, c := range near {
			if c.distance == 0 || c.word[0] != word[0] { // nobody slips on the first letter
				continue
			}
			documents, err := s.count(f.Words, c.word, f.Docs)
			if err != nil {
				return "", err
			}
			if documents > most {
				best, most = c.word, documents
			}
		}
	}
	return best, nil
}
