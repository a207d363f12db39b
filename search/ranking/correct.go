package ranking

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/search/phrase"
)

// Limits of correcting.
const (
	maxCorrected  = 4   // words of a query
	maxNeighbours = 500 // words of the index that are looked at for one
	maxWeighed    = 40  // of those, how many are counted
	maxMisspelt   = 40  // letters of a word that is still corrected
)

// correct searches again when there are words that nothing has, for their
// nearest neighbours among the words that the reader may see.
func (s *run) correct(words string, rest []phrase.Clause) error {
	missing := s.missing[:min(len(s.missing), maxCorrected)]
	var fixed []Correction
	text, shift := words, 0
	for _, g := range missing {
		to, err := s.nearest(g.word)
		if err != nil {
			return err
		}
		if to == "" {
			continue
		}
		fixed = append(fixed, Correction{From: words[g.start:g.end], To: to})
		text = text[:g.start+shift] + to + text[g.end+shift:]
		shift += len(to) - (g.end - g.start)
	}
	if len(fixed) == 0 {
		return nil
	}
	s.outcome.board.reset()
	s.outcome.Corrections = fixed
	return s.find(text, rest)
}

// neighbour is a word near to one that was typed.
type neighbour struct {
	word     string
	distance uint8
	weight   float64
}

// nearest gives the word of the index that someone most likely meant; none
// when the word is short, or far from all others.
func (s *run) nearest(word string) (string, error) {
	n := utf8.RuneCountInString(word)
	if n < 4 || n > maxMisspelt || strings.ContainsAny(word, "0123456789") { // another number is no spelling of one
		return "", nil
	}
	edits := 1
	if n >= 8 {
		edits = 2
	}
	var best neighbour
	for _, l := range s.spelling() {
		near, err := s.neighbours(l.Words, word, edits)
		if err != nil {
			return "", err
		}
		for _, c := range near {
			documents, err := s.count(l.Words, c.word, l.Docs)
			if err != nil {
				return "", err
			}
			if documents == 0 {
				continue
			}
			if c.distance == 0 {
				return "", nil // a stop word: there, and no mistake
			}
			c.weight = math.Log1p(float64(documents)) * math.Pow(0.25, float64(c.distance))
			if c.word[0] != word[0] {
				c.weight /= 2
			}
			if c.weight > best.weight {
				best = c
			}
		}
		if best.word != "" {
			return best.word, nil
		}
	}
	return "", nil
}

// spelling lists the fields with words, those of the reader's language first.
func (s *run) spelling() []Field {
	var out []Field
	for _, p := range s.outcome.plans {
		at := len(out)
		if p.boost == 1 {
			at = 0
		}
		for _, l := range s.lanes[p.language.Tag] {
			if l.Words == "" {
				continue
			}
			f := Field{Words: l.Words + p.language.Tag, Docs: l.Docs}
			if !slices.ContainsFunc(out, func(have Field) bool { return have.Words == f.Words }) {
				out = slices.Insert(out, at, f)
			}
		}
	}
	return out
}

// neighbours lists the words of a field that some edits turn into a word, the
// nearest first.
func (s *run) neighbours(field, word string, edits int) ([]neighbour, error) {
	fuzzy, ok := s.reader.(index.IndexReaderFuzzy)
	if !ok {
		return nil, nil
	}
	dict, automaton, err := fuzzy.FieldDictFuzzyAutomaton(field, word, edits, "")
	if err != nil {
		return nil, fmt.Errorf("look for the spelling of a word: %w", err)
	}
	defer closeRead(dict)
	var near []neighbour
	for range maxNeighbours {
		e, err := dict.Next()
		if err != nil {
			return nil, fmt.Errorf("look for the spelling of a word: %w", err)
		}
		if e == nil {
			break
		}
		if _, distance := automaton.MatchAndDistance(e.Term); utf8.RuneCountInString(e.Term) > 2 {
			near = append(near, neighbour{word: e.Term, distance: distance})
		}
	}
	slices.SortStableFunc(near, func(a, b neighbour) int { return cmp.Compare(a.distance, b.distance) })
	return near[:min(len(near), maxWeighed)], nil
}

// count gives the number of documents that have a word, if any of them is in
// the set.
func (s *run) count(field, word string, docs Set) (uint64, error) {
	list, err := s.reader.TermFieldReader(s.ctx, []byte(word), field, false, false, false)
	if err != nil {
		return 0, fmt.Errorf("count a word: %w", err)
	}
	n := list.Count()
	if docs != nil {
		n = 0
		err = eachDoc(list, func(doc uint64) {
			if docs.Has(doc) {
				n++
			}
		})
	} else {
		err = list.Close()
	}
	if err != nil {
		return 0, fmt.Errorf("count a word: %w", err)
	}
	return n, nil
}
