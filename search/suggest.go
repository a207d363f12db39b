package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	segment "github.com/blevesearch/scorch_segment_api/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema/letters"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Limits of a suggestion.
const (
	maxTyped    = 6    // words that are looked at, the last ones
	maxExpanded = 2000 // words of the index that a beginning may stand for
	leastFuzzy  = 4    // letters of a word in which a slip is forgiven
)

// SuggestRequest asks for entries whose title has the words typed so far, the
// last of which may be the beginning of one. Of the groups it counts what they
// let through, and that the titles may be read.
type SuggestRequest struct {
	Text   string
	Live   bool
	Locale content.Locale
	Groups []Group
	Size   int
}

// Suggestion is an entry, by one of its titles.
type Suggestion struct {
	Entry      content.EntryID
	Collection content.CollectionID
	Locale     content.Locale
}

// Suggest finds entries while someone types; the caller has a Turn. Where
// nothing begins like what was typed, words with one slip count.
func (x *Index) Suggest(ctx context.Context, req SuggestRequest) (out []Suggestion, seq commitlog.Seq, err error) {
	typed := x.typed(req.Text, req.Locale)
	if len(typed) == 0 {
		return nil, x.Seq(), nil
	}
	err = x.reading(ctx, req.Live, func(ctx context.Context, _ *store, m *moment, at commitlog.Seq) error {
		seq = at
		r := newRun(m, &Request{Locale: req.Locale, Groups: req.Groups}, time.Time{})
		defer r.end()
		s := &suggesting{run: r, words: typed, key: letters.SortKey(req.Text)}
		for _, slip := range []bool{false, true} {
			if s.slip = slip; len(r.found) > 0 {
				break
			}
			for i := range req.Groups {
				if err := s.group(ctx, &req.Groups[i]); err != nil {
					return err
				}
			}
		}
		out = s.best(req.Size)
		return nil
	})
	return out, seq, err
}

// typed gives the folded words of what was typed.
func (x *Index) typed(text string, l content.Locale) []string {
	var out []string
	last := 0
	for _, t := range x.sheets.language(l, text).Words.Analyze([]byte(cut(text, MaxText))) {
		if t.Position != last && utf8.Valid(t.Term) {
			out = append(out, string(t.Term))
		}
		last = t.Position
	}
	return out[max(0, len(out)-maxTyped):]
}

// suggesting is one search for titles.
type suggesting struct {
	*run
	words []string
	key   string // what was typed, as titles are compared
	slip  bool
}

func (s *suggesting) group(ctx context.Context, g *Group) error {
	a := s.allowed(g)
	for i := range s.m.parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := &s.m.parts[i]
		docs, err := s.having(p)
		if err != nil {
			return err
		}
		titles, err := p.titles()
		if err != nil {
			return err
		}
		for n, count := range docs {
			if int(count) < len(s.words) || !a.lets(p, n, p.collection[n]) || p.page != nil && p.page[n] > 0 {
				continue
			}
			if gone := p.snap.Deleted(); gone != nil && gone.Contains(uint32(n)) || int(p.entry[n]) >= len(s.slots) {
				continue
			}
			s.keep(candidate{doc: p.first + uint64(n), score: s.weigh(titles[n], int(p.locale[n])), entry: p.entry[n], missed: passes}, false)
		}
	}
	return nil
}

// weigh prefers titles that begin as typed, short ones, and the reader's own
// language.
func (s *suggesting) weigh(title string, locale int) float64 {
	score := 10 / float64(10+len(title))
	if strings.HasPrefix(title, s.key) {
		score += 1
	}
	if locale == s.own {
		score += 0.3
	}
	return score
}

// having counts for each document of a part how many of the words it has; nil
// when none has all of them.
func (s *suggesting) having(p *part) ([]uint8, error) {
	dict, err := p.snap.Segment().Dictionary(fieldNames)
	if err != nil {
		return nil, fmt.Errorf("words of titles: %w", err)
	}
	docs := make([]uint8, p.size)
	for i, word := range s.words {
		any := false
		err := s.expand(dict, word, i == len(s.words)-1, func(doc uint64) {
			if docs[doc] == uint8(i) {
				docs[doc]++
				any = true
			}
		})
		if err != nil {
			return nil, fmt.Errorf("words of titles: %w", err)
		}
		if !any {
			return nil, nil
		}
	}
	return docs, nil
}

// expand calls see for the documents of every word that a typed one stands
// for.
func (s *suggesting) expand(dict segment.TermDictionary, word string, last bool, see func(doc uint64)) error {
	from, to := word, word+"\xff"
	if s.slip && utf8.RuneCountInString(word) >= leastFuzzy {
		_, size := utf8.DecodeRuneInString(word) // nobody slips on the first letter
		from, to = word[:size], word[:size]+"\xff"
	}
	var list segment.PostingsList
	var docs segment.PostingsIterator
	terms := dict.AutomatonIterator(nil, []byte(from), []byte(to))
	for expanded := 0; expanded < maxExpanded; {
		term, err := terms.Next()
		if err != nil || term == nil {
			return err
		}
		if !stands(word, term.Term, last, s.slip) {
			if !last && !s.slip {
				return nil // words are in order: the word itself would have come first
			}
			continue
		}
		expanded++
		if list, err = dict.PostingsList([]byte(term.Term), nil, list); err != nil {
			return err
		}
		docs = list.Iterator(false, false, false, docs)
		for {
			p, err := docs.Next()
			if err != nil {
				return err
			}
			if p == nil {
				break
			}
			see(p.Number())
		}
	}
	return nil
}

// stands reports whether a word of the index is what was typed: the last word
// may be a beginning, and with slip one letter may be wrong.
func stands(typed, word string, last, slip bool) bool {
	if strings.HasPrefix(word, typed) {
		return last || len(word) == len(typed)
	}
	if !slip || utf8.RuneCountInString(typed) < leastFuzzy {
		return false
	}
	t, w := []rune(typed), []rune(word)
	at := 0
	for at < len(t) && at < len(w) && t[at] == w[at] {
		at++
	}
	rest := func(t, w []rune) bool {
		return len(t) <= len(w) && slices.Equal(t, w[:len(t)]) && (last || len(t) == len(w))
	}
	t, w = t[at:], w[at:]
	switch {
	case len(t) > 0 && len(w) > 0 && rest(t[1:], w[1:]), len(t) > 0 && rest(t[1:], w), len(w) > 0 && rest(t, w[1:]):
		return true
	}
	return len(t) > 1 && len(w) > 1 && t[0] == w[1] && t[1] == w[0] && rest(t[2:], w[2:])
}

func (s *suggesting) best(size int) []Suggestion {
	slices.SortFunc(s.found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.entry, b.entry))
	})
	var out []Suggestion
	for _, c := range s.found[:min(size, len(s.found))] {
		p, n := s.m.at(c.doc)
		out = append(out, Suggestion{
			Entry:      content.EntryID(s.m.names.entries.list()[c.entry]),
			Collection: content.CollectionID(s.m.names.collections.list()[p.collection[n]]),
			Locale:     content.Locale(s.m.names.locales.list()[p.locale[n]]),
		})
	}
	return out
}
