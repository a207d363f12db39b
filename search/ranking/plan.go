package ranking

import (
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/phrase"
)

// plan is a request as one language reads it.
type plan struct {
	language *analysis.Language
	groups   []group
	without  []reading
	// boost is what a document in this language counts for the reader.
	boost float64
}

// group is a word or a phrase of the query, with all that it may stand for.
type group struct {
	word       string // folded; empty for a phrase
	start, end int    // of the word in the text of all words
	position   int
	readings   []reading
	// required says that a document without it is no answer.
	required bool
	// weight is what it says about a document that has it; 0 when none has.
	weight float64
	// documents are those that have it, as far as is known.
	documents int
	// guessed says that some of the readings are those of a neighbour.
	guessed bool
}

// reading is one thing to look for: a stem, or stems one after the other.
type reading struct {
	stem string
	// phrase has the stems of each place; nil at a place of no meaning.
	phrase [][]string
	weight float64
}

const (
	otherLanguage = 0.6 // weight of a document that is not in the reader's language
	synonymWeight = 0.8
	// neighbourWeight is that of a word that may have been meant.
	neighbourWeight = 0.4
)

// plans reads a request in every language.
func (r *Ranker) plans(q *Request, words string, rest []phrase.Clause) []plan {
	own := r.languages.Of(q.Locale)
	var out []plan
	for _, l := range r.languages.All() {
		p := plan{language: l, boost: otherLanguage}
		if l == own || q.Locale == "" {
			p.boost = 1
		}
		terms := q.Stop.without(l.Tag, l.Terms(words))
		for _, t := range terms {
			g := group{word: t.Word, start: t.Start, end: t.End, position: t.Position}
			for _, reads := range t.Readings {
				g.add(reading{stem: reads.Stem, weight: reads.Weight})
			}
			p.groups = append(p.groups, g)
		}
		p.addSynonyms(terms, q.Synonyms)
		for _, c := range rest {
			p.addClause(c)
		}
		if len(p.groups) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// split parts a query into the text of its words and its other clauses.
func split(q *Request) (words string, rest []phrase.Clause) {
	var text []string
	for _, c := range q.Query.Clauses {
		if c.Field != "" {
			if q.Applied != nil && q.Applied(c) {
				continue
			}
			c.Text = strings.TrimPrefix(c.Source, "-")
		}
		if c.Phrase || c.Without {
			rest = append(rest, c)
		} else {
			text = append(text, c.Text)
		}
	}
	return strings.Join(text, " "), rest
}

// addClause adds a phrase, or what is not wanted.
func (p *plan) addClause(c phrase.Clause) {
	terms := p.language.Terms(c.Text)
	if len(terms) == 0 {
		return
	}
	reads := phraseOf(terms)
	if c.Without {
		p.without = append(p.without, reads)
		return
	}
	p.groups = append(p.groups, group{readings: []reading{reads}, required: true})
}

// phraseOf makes a reading of words that are to stand together. A single word
// needs no company.
func phraseOf(terms []analysis.Term) reading {
	if len(terms) == 1 {
		return reading{stem: terms[0].Readings[0].Stem, weight: 1}
	}
	first, last := terms[0].Position, terms[len(terms)-1].Position
	reads := reading{phrase: make([][]string, last-first+1), weight: 1}
	for _, t := range terms {
		place := &reads.phrase[t.Position-first]
		for _, one := range t.Readings {
			if one.Weight >= likely {
				*place = append(*place, one.Stem)
			}
		}
	}
	return reads
}

// likely is the least weight of a reading that is no guess.
const likely = 0.9

func (g *group) add(more reading) {
	if len(g.readings) >= maxReadings {
		return
	}
	if more.phrase == nil && slices.ContainsFunc(g.readings, func(r reading) bool { return r.phrase == nil && r.stem == more.stem }) {
		return
	}
	g.readings = append(g.readings, more)
}

// addNeighbours adds the readings of words that may have been meant.
func (p *plan) addNeighbours(also map[string]string) {
	for i := range p.groups {
		g := &p.groups[i]
		to := also[g.word]
		if to == "" {
			continue
		}
		for _, t := range p.language.Terms(to) {
			for _, reads := range t.Readings {
				g.guessed = true
				g.add(reading{stem: reads.Stem, weight: neighbourWeight * reads.Weight})
			}
		}
	}
}

// addSynonyms adds the other forms of the words and runs of words that have
// any. Every word of a run may be answered by the form.
func (p *plan) addSynonyms(terms []analysis.Term, s *Synonyms) {
	if s == nil {
		return
	}
	for i := range terms {
		for j := min(len(terms), i+s.longest); j > i; j-- {
			for _, form := range s.forms[p.language.Tag][key(terms[i:j])] {
				reads := phraseOf(p.language.Terms(form))
				reads.weight = synonymWeight
				for k := i; k < j; k++ {
					p.groups[k].add(reads)
				}
			}
		}
	}
}
