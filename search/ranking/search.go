package ranking

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/search/phrase"
)

// How words are weighed: BM25 with these two numbers, chosen on French web
// queries and held against six other sets (EVAL.md).
const (
	k1         = 1.6
	bShort     = 0.75 // how much the length of a short field counts
	bLong      = 0.55 // and that of a long one
	tie        = 0.8  // what other fields than the best one count
	leastShare = 0.15 // of the query that an answer must have
	asTyped    = 0.25 // what a word counts more that stands there as typed
	together   = 0.3  // what words count more that stand as in the query
)

// Outcome is what a search found.
type Outcome struct {
	// Corrections are words that nothing was found for, and what was searched
	// for instead.
	Corrections []Correction
	// Also are words that are so rare beside a neighbour that they may be slips:
	// the neighbour was searched for, too, and counts less.
	Also []Correction
	// Cut says that the search was too expensive: its commonest words were
	// left out.
	Cut bool

	ranker *Ranker
	board  *board
	fields []Field
	plans  []plan
}

// Correction is a word that was taken for another.
type Correction struct {
	From, To string
}

// All gives the documents that were found and their weights, in the order of
// their numbers.
func (o *Outcome) All() iter.Seq2[uint64, float64] { return o.board.all() }

// Close lets go of the memory. The outcome may not be used any more.
func (o *Outcome) Close() {
	if o.board != nil {
		o.ranker.release(o.board)
		o.board = nil
	}
}

// Search finds the documents of one moment of an index that answer a request.
// docs is a number that no document's number reaches. The caller closes the
// outcome.
func (r *Ranker) Search(ctx context.Context, reader index.IndexReader, docs uint64, q *Request) (*Outcome, error) {
	words, rest := split(q)
	s := &run{ctx: ctx, reader: reader, request: q, ranker: r, budget: maxPostings, lanes: map[string][]lane{}}
	s.outcome = &Outcome{ranker: r, board: r.board(docs), fields: q.Fields}
	err := s.find(words, rest)
	if err == nil && !q.Verbatim {
		err = s.correct(words, rest)
	}
	if err == nil && !q.Verbatim && len(s.outcome.Corrections) == 0 {
		err = s.widen(words, rest)
	}
	if err != nil {
		s.outcome.Close()
		return nil, err
	}
	return s.outcome, nil
}

// run is a search under way.
type run struct {
	ctx     context.Context
	reader  index.IndexReader
	request *Request
	ranker  *Ranker
	outcome *Outcome
	budget  uint64
	lanes   map[string][]lane // by language
	missing []group           // words that no document has, in any language
	own     map[int]float32   // what words weigh in the reader's language, by their place
	also    map[string]string // the neighbours of words that may be slips
}

// find looks for words and other clauses in every language.
func (s *run) find(words string, rest []phrase.Clause) error {
	s.outcome.plans = s.ranker.plans(s.request, words, rest)
	for i := range s.outcome.plans {
		s.outcome.plans[i].addNeighbours(s.also)
	}
	s.own = map[int]float32{}
	for _, own := range []bool{true, false} { // the reader's language first
		for i := range s.outcome.plans {
			if p := &s.outcome.plans[i]; (p.boost == 1) == own {
				if err := s.language(p); err != nil {
					return err
				}
			}
		}
	}
	s.missing = missing(s.outcome.plans)
	return nil
}

// missing lists the words that the reader's language takes for words, and that
// no language found.
func missing(plans []plan) []group {
	found := map[int]bool{}
	for i := range plans {
		for _, g := range plans[i].groups {
			found[g.start] = found[g.start] || g.weight > 0
		}
	}
	var out []group
	for i := range plans {
		for _, g := range plans[i].groups {
			if plans[i].boost == 1 && g.word != "" && !found[g.start] {
				found[g.start] = true // once
				out = append(out, g)
			}
		}
	}
	return out
}

// lane is a field in one language.
type lane struct {
	*Field
	name, tag string
	length
	weight, b float64
}

// lanesOf gives the fields that have text in a language.
func (s *run) lanesOf(tag string) ([]lane, error) {
	if known, ok := s.lanes[tag]; ok {
		return known, nil
	}
	var out []lane
	for i := range s.request.Fields {
		f := &s.request.Fields[i]
		l, err := s.ranker.lengthOf(s.ctx, s.reader, f.Name+tag)
		if err != nil {
			return nil, err
		}
		if l.texts == 0 {
			continue
		}
		n := lane{Field: f, name: f.Name + tag, tag: tag, length: l, weight: f.Weight, b: bLong}
		if n.weight == 0 {
			n.weight = 1
		}
		if f.Short {
			n.b = bShort
		}
		out = append(out, n)
	}
	s.lanes[tag] = out
	return out, nil
}

func (s *run) language(p *plan) error {
	lanes, err := s.lanesOf(p.language.Tag)
	if err != nil || len(lanes) == 0 {
		return err
	}
	texts := 0
	for _, l := range lanes {
		texts = max(texts, int(l.texts))
	}
	var total float32
	var needed uint16
	for i := range p.groups {
		g := &p.groups[i]
		n, err := s.word(g, lanes)
		if err != nil {
			return err
		}
		g.documents = n
		idf := float32(math.Log(1 + (float64(max(texts, n)-n)+0.5)/(float64(n)+0.5)))
		if g.word != "" && n > 0 {
			idf = s.capped(p, g, idf)
		}
		if n > 0 {
			g.weight = float64(idf)
			total += idf
		}
		if g.required {
			needed++
		}
		s.outcome.board.endWord(idf, g.required, g.guessed)
	}
	for _, reads := range p.without {
		if err := s.leaveOut(reads, lanes); err != nil {
			return err
		}
	}
	s.outcome.board.endLanguage(p, total, needed)
	return nil
}

// capped lets no word weigh more in another language than in the reader's: it
// is not rarer because few texts there have it.
func (s *run) capped(p *plan, g *group, idf float32) float32 {
	known, ok := s.own[g.start]
	switch {
	case p.boost != 1 && ok:
		return min(idf, known)
	case p.boost == 1:
		s.own[g.start] = max(known, idf)
	}
	return idf
}

// word finds the documents that have a word, and their number.
func (s *run) word(g *group, lanes []lane) (documents int, err error) {
	for _, reads := range g.readings {
		for i := range lanes {
			if err := s.reading(reads, &lanes[i]); err != nil {
				return 0, err
			}
		}
	}
	if err := s.exactly(g, lanes); err != nil {
		return 0, err
	}
	b := s.outcome.board
	for _, doc := range b.group {
		if b.cells[doc].count {
			documents++
		}
	}
	if documents == 0 {
		documents = len(b.group)
	}
	return documents, nil
}

// exactly lets documents count more that have a word as it was typed.
func (s *run) exactly(g *group, lanes []lane) error {
	if g.word == "" || len(s.outcome.board.group) == 0 {
		return nil
	}
	last := ""
	for i := range lanes {
		l := &lanes[i]
		if l.Words == "" || l.Words == last {
			continue
		}
		last = l.Words
		if err := s.having(g.word, l.Words+l.tag, l, s.outcome.board.exact); err != nil {
			return err
		}
	}
	return nil
}

func (s *run) reading(reads reading, l *lane) error {
	if reads.phrase != nil {
		return s.phrase(reads, l, func(doc uint64) {
			s.outcome.board.hit(doc, float32(l.weight*reads.weight), reads.weight >= likely)
		})
	}
	list, err := s.reader.TermFieldReader(s.ctx, []byte(reads.stem), l.name, true, true, false)
	if err != nil {
		return fmt.Errorf("look for a word in %s: %w", l.name, err)
	}
	defer closeRead(list)
	n := list.Count()
	if n > s.budget {
		s.outcome.Cut = true
		return nil
	}
	s.budget -= n
	var d index.TermFieldDoc
	weight, b, perLength := l.weight*reads.weight*(k1+1), k1*(1-l.b), k1*l.b/l.mean
	sure := reads.weight >= likely
	for i := 0; ; i++ {
		next, err := list.Next(&d)
		if err != nil {
			return fmt.Errorf("look for a word in %s: %w", l.name, err)
		}
		if next == nil {
			return nil
		}
		if i%4096 == 4095 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		doc := next.ID.Value()
		if l.Docs != nil && !l.Docs.Has(doc) {
			continue
		}
		tf := float64(next.Freq)
		s.outcome.board.hit(doc, float32(weight*tf/(tf+b+perLength/(next.Norm*next.Norm))), sure)
	}
}

// phrase finds the documents that have words one after the other.
func (s *run) phrase(reads reading, l *lane, found func(doc uint64)) error {
	places, err := searcher.NewMultiPhraseSearcher(s.ctx, s.reader, reads.phrase, 0, false, l.name, 1, search.SearcherOptions{Score: "none"})
	if err != nil {
		return fmt.Errorf("look for a phrase in %s: %w", l.name, err)
	}
	defer closeRead(places)
	if n := places.Count(); n > s.budget {
		s.outcome.Cut = true
		return nil
	}
	s.budget -= min(s.budget, places.Count())
	sc := &search.SearchContext{DocumentMatchPool: search.NewDocumentMatchPool(places.DocumentMatchPoolSize(), 0), IndexReader: s.reader}
	for i := 0; ; i++ {
		m, err := places.Next(sc)
		if err != nil {
			return fmt.Errorf("look for a phrase in %s: %w", l.name, err)
		}
		if m == nil {
			return nil
		}
		if i%256 == 255 && s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		doc := m.IndexInternalID.Value()
		if l.Docs == nil || l.Docs.Has(doc) {
			found(doc)
		}
		sc.DocumentMatchPool.Put(m)
	}
}

// leaveOut takes out the documents that have what is not wanted.
func (s *run) leaveOut(reads reading, lanes []lane) error {
	for i := range lanes {
		l := &lanes[i]
		if reads.phrase != nil {
			if err := s.phrase(reads, l, s.outcome.board.drop); err != nil {
				return err
			}
			continue
		}
		if err := s.having(reads.stem, l.name, l, s.outcome.board.drop); err != nil {
			return err
		}
	}
	return nil
}

// having calls do with the documents of a lane that have a term in a field.
func (s *run) having(term, field string, l *lane, do func(doc uint64)) error {
	list, err := s.reader.TermFieldReader(s.ctx, []byte(term), field, false, false, false)
	if err == nil {
		err = eachDoc(list, func(doc uint64) {
			if l.Docs == nil || l.Docs.Has(doc) {
				do(doc)
			}
		})
	}
	if err != nil {
		return fmt.Errorf("look for a word in %s: %w", field, err)
	}
	return nil
}

func eachDoc(list index.TermFieldReader, do func(doc uint64)) error {
	defer closeRead(list)
	var d index.TermFieldDoc
	for {
		next, err := list.Next(&d)
		if err != nil || next == nil {
			return err
		}
		do(next.ID.Value())
	}
}

// Top gives the n heaviest documents that keep accepts, the heaviest first.
func (o *Outcome) Top(n int, keep func(doc uint64) bool) []Hit {
	var best worstFirst
	for doc, weight := range o.All() {
		h := Hit{doc, weight}
		switch {
		case n <= 0 || len(best) == n && !heavier(h, best[0]) || keep != nil && !keep(doc):
		case len(best) < n:
			heap.Push(&best, h)
		default:
			best[0] = h
			heap.Fix(&best, 0)
		}
	}
	sortHits(best)
	return best
}

// worstFirst is a heap with the lightest hit on top.
type worstFirst []Hit

func (h worstFirst) Len() int           { return len(h) }
func (h worstFirst) Less(i, j int) bool { return heavier(h[j], h[i]) }
func (h worstFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *worstFirst) Push(x any)        { *h = append(*h, x.(Hit)) }
func (h *worstFirst) Pop() any          { panic("ranking: nothing is taken off the heap") }

func heavier(a, b Hit) bool {
	return a.Weight > b.Weight || a.Weight == b.Weight && a.Doc < b.Doc
}

func sortHits(hits []Hit) {
	slices.SortFunc(hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Doc, b.Doc))
	})
}

// Hit is a document that was found.
type Hit struct {
	Doc    uint64
	Weight float64
}
