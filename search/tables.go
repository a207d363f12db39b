package search

import (
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2/index/scorch"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// tables keeps, for each segment of an index, what its documents are about, in
// arrays by their number: so that facets, filters and orders cost a few
// nanoseconds per document and not a read each. A segment never changes, so
// neither do its arrays; they go when the segment does.
type tables struct {
	names *vocabulary

	mu   sync.Mutex
	kept map[uint64]*table
}

// vocabulary has the numbers of what tables speak of. One serves all stores.
type vocabulary struct {
	entries, collections, locales, files names
	// values are those of all facets, with the field before each.
	values names
}

// newVocabulary makes one in which 0 is nothing: what no document says.
func newVocabulary() *vocabulary {
	v := &vocabulary{}
	for _, n := range []*names{&v.entries, &v.collections, &v.locales, &v.files, &v.values} {
		n.of("")
	}
	return v
}

// table is what the documents of one segment are about.
type table struct {
	size       int
	entry      []uint32
	collection []uint16
	locale     []uint16
	page       []uint32 // 0 for what is no page
	file       []uint32
	held       []int32 // day from which the page may be read; nil without embargoes
	date       []int64 // seconds; noDate where there is none

	mu sync.Mutex
	// keys, orders and points are read when they are first asked for.
	keys   map[string]*keys
	orders []string // the titles as orders compare them
	points map[string][]point
}

// keys are the values of one facet: those of document n are
// values[from[n]:from[n+1]].
type keys struct {
	from   []uint32
	values []uint32
}

type point struct {
	lat, lon float64
	there    bool
}

const noDate = -1 << 63

// moment is one moment of an index with its tables.
type moment struct {
	snapshot *scorch.IndexSnapshot
	parts    []part
	names    *vocabulary
}

// part is a segment of a moment, with the number of its first document.
type part struct {
	first uint64
	snap  *scorch.SegmentSnapshot
	*table
}

// moment opens a store for reading; the caller closes it.
func (s *store) moment() (*moment, error) {
	snap, err := s.reader()
	if err != nil {
		return nil, err
	}
	m := &moment{snapshot: snap, names: s.tables.names}
	first := uint64(0)
	live := map[uint64]bool{}
	for _, seg := range snap.Segments() {
		t, err := s.tables.of(seg)
		if err != nil {
			closing(snap, &err)
			return nil, err
		}
		live[seg.Id()] = true
		m.parts = append(m.parts, part{first, seg, t})
		first += uint64(seg.FullSize())
	}
	s.tables.forget(live)
	return m, nil
}

func (m *moment) close() error { return m.snapshot.Close() }

// at finds the part that a document is in, and its number there.
func (m *moment) at(doc uint64) (*part, int) {
	for i := len(m.parts) - 1; i >= 0; i-- {
		if p := &m.parts[i]; doc >= p.first {
			return p, int(doc - p.first)
		}
	}
	return nil, 0
}

// of gives the table of a segment, and reads it when it is new. A segment that
// goes to disk keeps its number.
func (t *tables) of(seg *scorch.SegmentSnapshot) (*table, error) {
	t.mu.Lock()
	kept := t.kept[seg.Id()]
	t.mu.Unlock()
	if kept != nil && kept.size == int(seg.FullSize()) {
		return kept, nil
	}
	made, err := readTable(seg.Segment(), t.names)
	if err != nil {
		return nil, fmt.Errorf("read a segment of the index: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		t.kept = map[uint64]*table{}
	}
	t.kept[seg.Id()] = made
	return made, nil
}

// forget drops the tables of segments that are no more. Moments that still
// read them hold on to theirs.
func (t *tables) forget(live map[uint64]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.kept) <= 2*len(live)+8 {
		return
	}
	for id := range t.kept {
		if !live[id] {
			delete(t.kept, id)
		}
	}
}

func readTable(seg segment.Segment, v *vocabulary) (*table, error) {
	n := int(seg.Count())
	t := &table{size: n, entry: make([]uint32, n), collection: make([]uint16, n), locale: make([]uint16, n),
		date: make([]int64, n), keys: map[string]*keys{}, points: map[string][]point{}}
	for i := range t.date {
		t.date[i] = noDate
	}
	for _, column := range []struct {
		field string
		set   func(term string) func(doc uint64)
	}{
		{fieldEntry, func(term string) func(uint64) {
			at := v.entries.of(term)
			return func(doc uint64) { t.entry[doc] = at }
		}},
		{fieldCollection, func(term string) func(uint64) {
			at := uint16(v.collections.of(term))
			return func(doc uint64) { t.collection[doc] = at }
		}},
		{fieldLocale, func(term string) func(uint64) {
			at := uint16(v.locales.of(term))
			return func(doc uint64) { t.locale[doc] = at }
		}},
		{fieldDate, func(term string) func(uint64) {
			at := termWhole(term)
			return func(doc uint64) { t.date[doc] = at }
		}},
		{fieldPage, func(term string) func(uint64) {
			if t.page == nil {
				t.page, t.file = make([]uint32, n), make([]uint32, n)
			}
			at := uint32(termWhole(term))
			return func(doc uint64) { t.page[doc] = at }
		}},
		{fieldFile, func(term string) func(uint64) {
			at := v.files.of(term)
			return func(doc uint64) { t.file[doc] = at }
		}},
		{fieldHeld, func(term string) func(uint64) {
			if t.held == nil {
				t.held = make([]int32, n)
			}
			at := int32(min(termWhole(term), math.MaxInt32))
			return func(doc uint64) { t.held[doc] = at }
		}},
	} {
		if err := eachTerm(seg, column.field, column.set); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// eachTerm calls start for each term of a field, in order, and what that gives
// for each document that has it.
func eachTerm(seg segment.Segment, field string, start func(term string) func(doc uint64)) error {
	dict, err := seg.Dictionary(field)
	if err != nil {
		return fmt.Errorf("terms of %s: %w", field, err)
	}
	var list segment.PostingsList
	var docs segment.PostingsIterator
	terms := dict.AutomatonIterator(nil, nil, nil)
	for {
		term, err := terms.Next()
		if err != nil {
			return fmt.Errorf("terms of %s: %w", field, err)
		}
		if term == nil {
			return nil
		}
		if list, err = dict.PostingsList([]byte(term.Term), nil, list); err != nil {
			return fmt.Errorf("documents of a term of %s: %w", field, err)
		}
		set := start(strings.Clone(term.Term))
		docs = list.Iterator(false, false, false, docs)
		for {
			p, err := docs.Next()
			if err != nil {
				return fmt.Errorf("documents of a term of %s: %w", field, err)
			}
			if p == nil {
				break
			}
			set(p.Number())
		}
	}
}

// facet gives the values of a facet's field.
func (p *part) facet(field string, v *vocabulary) (*keys, error) {
	t := p.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.keys[field]; k != nil {
		return k, nil
	}
	type pair struct{ doc, value uint32 }
	var pairs []pair
	from := make([]uint32, t.size+1)
	err := eachTerm(p.snap.Segment(), facetPrefix+field, func(term string) func(uint64) {
		at := v.values.of(field + "\x00" + term)
		return func(doc uint64) {
			pairs = append(pairs, pair{uint32(doc), at})
			from[doc+1]++
		}
	})
	if err != nil {
		return nil, err
	}
	for i := 1; i <= t.size; i++ {
		from[i] += from[i-1]
	}
	values, next := make([]uint32, len(pairs)), append([]uint32(nil), from...)
	for _, one := range pairs {
		values[next[one.doc]] = one.value
		next[one.doc]++
	}
	k := &keys{from, values}
	t.keys[field] = k
	return k, nil
}

func (k *keys) of(doc int) []uint32 { return k.values[k.from[doc]:k.from[doc+1]] }

// titles gives what orders by title compare.
func (p *part) titles() ([]string, error) {
	t := p.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.orders != nil {
		return t.orders, nil
	}
	orders := make([]string, t.size)
	err := eachTerm(p.snap.Segment(), fieldTitle, func(term string) func(uint64) {
		return func(doc uint64) { orders[doc] = term }
	})
	if err == nil {
		t.orders = orders
	}
	return orders, err
}

// places gives the points of a field.
func (p *part) places(field string) ([]point, error) {
	t := p.table
	t.mu.Lock()
	defer t.mu.Unlock()
	if kept := t.points[field]; kept != nil {
		return kept, nil
	}
	points := make([]point, t.size)
	err := eachTerm(p.snap.Segment(), pointPrefix+field, func(term string) func(uint64) {
		at := termPoint(term)
		return func(doc uint64) { points[doc] = at }
	})
	if err == nil {
		t.points[field] = points
	}
	return points, err
}
