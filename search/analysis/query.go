package analysis

import (
	"slices"
	"strings"

	bleve "github.com/blevesearch/bleve/v2/analysis"
)

const (
	otherReading = 0.9 // a second stem of an Arabic word
	sameFamily   = 0.4 // a related word
)

// stems gives the stem of a folded word, and a second one or nil.
func (g *grammar) stems(term []byte) (first, second []byte) {
	if arabic(term) {
		return arabicStems(term)
	}
	if g.stem == nil || hasDigit(term) {
		return term, nil
	}
	t := bleve.Token{Term: term}
	g.stem.Filter(bleve.TokenStream{&t})
	return t.Term, nil
}

// Terms gives the words of a query with the stems to look for. Where others
// remain, stop words are left out, and so are the words that only make a
// question of them.
func (l *Language) Terms(query string) []Term {
	b := builder{analyzer: l.query, text: []byte(query)}
	for w := range findWords(b.text) {
		b.add(w)
	}
	b.endCompound()
	g := &l.query.grammar
	var terms []Term
	if len(b.tokens) == 0 {
		for _, t := range b.leftOut {
			terms = append(terms, Term{Word: string(t.Term), Start: t.Start, End: t.End, Position: t.Position, Readings: []Reading{{string(t.Term), 1}}})
		}
		return terms
	}
	for _, t := range b.tokens {
		at := slices.IndexFunc(terms, func(have Term) bool { return have.Start < t.End && t.Start < have.End })
		if at < 0 {
			terms = append(terms, Term{Word: string(t.Term), Start: t.Start, End: t.End, Position: t.Position, Readings: g.readings(t.Term)})
			continue
		}
		// The token is another way to write the words that it covers.
		for i := at; i < len(terms) && terms[i].Start < t.End; i++ {
			terms[i].add(g.readings(t.Term))
		}
	}
	return g.withoutQuestion(terms)
}

// readings gives the stems of one folded word of a query.
func (g *grammar) readings(word []byte) []Reading {
	first, second := g.stems(slices.Clone(word))
	t := Term{Readings: []Reading{{string(first), 1}}}
	if second != nil {
		t.add([]Reading{{string(second), otherReading}})
	}
	for _, r := range slices.Clone(t.Readings) {
		for _, related := range g.families[r.Stem] {
			t.add([]Reading{{related, sameFamily}})
		}
	}
	return t.Readings
}

// add takes in readings that a term does not have yet.
func (t *Term) add(readings []Reading) {
	for _, r := range readings {
		if !slices.ContainsFunc(t.Readings, func(have Reading) bool { return have.Stem == r.Stem }) {
			t.Readings = append(t.Readings, r)
		}
	}
}

func (g *grammar) withoutQuestion(terms []Term) []Term {
	kept := make([]Term, 0, len(terms))
	for _, t := range terms {
		if !g.question[t.Word] {
			kept = append(kept, t)
		}
	}
	if len(kept) == 0 {
		return terms
	}
	return kept
}

// readFamilies reads families of words, one a line, as stems of each other.
func (g *grammar) readFamilies(f *folder, list string) {
	g.families = map[string][]string{}
	for line := range strings.Lines(list) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var stems []string
		for w := range strings.FieldsSeq(line) {
			first, _ := g.stems(f.word(nil, []byte(w)))
			if !slices.Contains(stems, string(first)) {
				stems = append(stems, string(first))
			}
		}
		for i, s := range stems {
			for j, other := range stems {
				if i != j && !slices.Contains(g.families[s], other) {
					g.families[s] = append(g.families[s], other)
				}
			}
		}
	}
}
