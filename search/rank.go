package search

import (
	"cmp"
	"container/heap"
	"slices"
)

// count counts the values of every facet among the candidates.
func (r *run) count() ([]Counts, error) {
	if err := r.readFacets(); err != nil {
		return nil, err
	}
	values := r.m.names.values.list() // after reading, which may meet new ones
	out := make([]Counts, len(r.req.Facets))
	for i := range r.req.Facets {
		counts := make([]int32, len(values))
		if err := r.countOne(i, counts); err != nil {
			return nil, err
		}
		out[i] = r.most(i, counts, values)
	}
	return out, nil
}

// readFacets makes sure that the tables have all facets.
func (r *run) readFacets() error {
	for i := range r.m.parts {
		for _, fields := range r.facets {
			for _, field := range fields {
				if field == "" {
					continue
				}
				if _, err := r.m.parts[i].facet(field, r.m.names); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *run) countOne(i int, counts []int32) error {
	fields := r.facets[i]
	var p *part
	var byCol []*keys
	for j := range r.found {
		c := &r.found[j]
		if c.missed != passes && int(c.missed) != i {
			continue
		}
		if p == nil || c.doc < p.first || c.doc >= p.first+uint64(p.size) {
			p, _ = r.m.at(c.doc)
			byCol = make([]*keys, len(fields))
		}
		n := int(c.doc - p.first)
		col := p.collection[n]
		field := fields[col]
		if field == "" {
			continue
		}
		if byCol[col] == nil {
			k, err := p.facet(field, r.m.names)
			if err != nil {
				return err
			}
			byCol[col] = k
		}
		for _, v := range byCol[col].of(n) {
			if int(v) < len(counts) {
				counts[v]++
			}
		}
	}
	return nil
}

// most gives the values that most entries have, and all that are chosen.
func (r *run) most(i int, counts []int32, values []string) Counts {
	f := &r.req.Facets[i]
	byValue := map[string]int{}
	for _, v := range f.Chosen {
		byValue[v] = 0
	}
	for n, count := range counts {
		if count > 0 {
			_, v, _ := cutValue(values[n])
			byValue[v] += int(count) // the same value of two fields is one
		}
	}
	all := make([]Count, 0, len(byValue))
	for v, n := range byValue {
		all = append(all, Count{Value: v, Entries: n, Chosen: slices.Contains(f.Chosen, v)})
	}
	slices.SortFunc(all, func(a, b Count) int {
		if a.Chosen != b.Chosen {
			return cmp.Compare(b2i(b.Chosen), b2i(a.Chosen))
		}
		return cmp.Or(cmp.Compare(b.Entries, a.Entries), cmp.Compare(a.Value, b.Value))
	})
	limit := f.Limit
	if limit <= 0 {
		limit = MaxValues
	}
	keep := min(len(all), max(limit, len(f.Chosen)))
	return Counts{Name: f.Name, Values: all[:keep], More: len(all) - keep}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func cutValue(s string) (field, value string, ok bool) {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// ranked is a candidate with what its order is decided by.
type ranked struct {
	*candidate
	number float64
	text   string
	id     string // where nothing else decides, so that every node gives the same order
}

// best gives the first hits in order, down to the page that was asked for, and
// how many there are in all.
func (r *run) best() ([]ranked, int, error) {
	h, ids := &worstFirst{}, r.m.names.entries.list()
	total := 0
	order := r.order()
	keep := r.req.Skip + r.req.Size
	if order == ByRelevance {
		keep = max(keep, refined)
	}
	for i := range r.found {
		c := &r.found[i]
		if c.missed != passes {
			continue
		}
		total++
		one := ranked{candidate: c, id: ids[c.entry]}
		if err := r.weigh(&one, order); err != nil {
			return nil, 0, err
		}
		switch {
		case h.Len() < keep:
			heap.Push(h, one)
		case keep > 0 && before(&one, &(*h)[0]):
			(*h)[0] = one
			heap.Fix(h, 0)
		}
	}
	all := []ranked(*h)
	sortRanked(all)
	return all, total, nil
}

func sortRanked(all []ranked) {
	slices.SortFunc(all, func(a, b ranked) int {
		if before(&a, &b) {
			return -1
		}
		return 1
	})
}

// order is the one that was asked for; without words there is no relevance.
func (r *run) order() Sort {
	if r.req.Sort == ByRelevance && r.req.Text == "" {
		return ByNewest
	}
	return r.req.Sort
}

// page takes from the first hits those of the page that was asked for.
func (r *run) page(best []ranked) []ranked {
	best = best[min(r.req.Skip, len(best)):]
	return best[:min(r.req.Size, len(best))]
}

// weigh works out what the order of a candidate is decided by: the smaller the
// earlier.
func (r *run) weigh(c *ranked, order Sort) error {
	switch order {
	case ByNewest, ByOldest:
		p, n := r.m.at(c.doc)
		c.number = float64(p.date[n])
		if order == ByNewest {
			c.number = -c.number
		}
		if p.date[n] == noDate {
			c.number = 1 << 62 // last, either way
		}
	case ByTitle, ByTitleBack:
		p, n := r.m.at(c.doc)
		titles, err := p.titles()
		if err != nil {
			return err
		}
		c.text = titles[n]
		if order == ByTitleBack {
			c.text = backwards(c.text)
		}
	case ByDistance:
		c.number = c.distance
	default:
		c.number = -c.score
		if c.pin > 0 {
			c.number = pinned + float64(c.pin)
		}
	}
	return nil
}

// pinned is before every score.
const pinned = -1 << 40

// backwards gives a text whose order is the opposite one.
func backwards(s string) string {
	out := make([]byte, 0, len(s)+1)
	for i := range len(s) {
		out = append(out, 255-s[i])
	}
	return string(append(out, 255))
}

// before is a total order, so that pages fit together.
func before(a, b *ranked) bool {
	if a.number != b.number {
		return a.number < b.number
	}
	if a.text != b.text {
		return a.text < b.text
	}
	return a.id < b.id
}

// worstFirst is a heap with the worst on top.
type worstFirst []ranked

func (h worstFirst) Len() int           { return len(h) }
func (h worstFirst) Less(i, j int) bool { return before(&h[j], &h[i]) }
func (h worstFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *worstFirst) Push(x any)        { *h = append(*h, x.(ranked)) }
func (h *worstFirst) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
