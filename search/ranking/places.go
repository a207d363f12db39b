package ranking

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/search/highlight"
)

// Places finds where the words of the query stand in a field of documents, for
// each of them. reader is the moment that was searched; the field is named
// without the tag of a language.
func (o *Outcome) Places(ctx context.Context, reader index.IndexReader, field string, docs []uint64) ([][]highlight.Place, error) {
	out := make([][]highlight.Place, len(docs))
	order := inOrder(docs)
	for i := range o.plans {
		p := &o.plans[i]
		for g := range p.groups {
			word := p.groups[g].start
			if p.groups[g].word == "" {
				word = -1 - g
			}
			for stem, weight := range p.groups[g].stems() {
				err := occurrences(ctx, reader, field+p.language.Tag, stem, docs, order, func(at int, v *index.TermFieldVector) {
					out[at] = append(out[at], highlight.Place{Start: int(v.Start), End: int(v.End), Word: word, Weight: weight * p.groups[g].weight})
				})
				if err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

// stems gives all stems that a word or a phrase may stand for.
func (g *group) stems() map[string]float64 {
	all := map[string]float64{}
	for _, r := range g.readings {
		if r.phrase == nil {
			all[r.stem] = max(all[r.stem], r.weight)
		}
		for _, place := range r.phrase {
			for _, stem := range place {
				all[stem] = max(all[stem], r.weight)
			}
		}
	}
	return all
}

// inOrder gives the places of documents in the order of their numbers.
func inOrder(docs []uint64) []int {
	order := make([]int, len(docs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(docs[a], docs[b]) })
	return order
}

// maxOccurrences bounds what is looked at of one stem in one document.
const maxOccurrences = 200

// occurrences tells where a stem stands in a field of each document.
func occurrences(ctx context.Context, reader index.IndexReader, field, stem string, docs []uint64, order []int, see func(at int, v *index.TermFieldVector)) error {
	list, err := reader.TermFieldReader(ctx, []byte(stem), field, false, false, true)
	if err != nil {
		return fmt.Errorf("look for a word in %s: %w", field, err)
	}
	defer closeRead(list)
	if list.Count() == 0 {
		return nil
	}
	var d index.TermFieldDoc
	var have uint64
	var next *index.TermFieldDoc
	for _, at := range order {
		if next == nil || have < docs[at] {
			next, err = list.Advance(index.NewIndexInternalID(nil, docs[at]), d.Reset())
			if err != nil {
				return fmt.Errorf("look for a word in %s: %w", field, err)
			}
			if next == nil {
				return nil
			}
			have = next.ID.Value()
		}
		if have != docs[at] {
			continue
		}
		for _, v := range next.Vectors[:min(len(next.Vectors), maxOccurrences)] {
			see(at, v)
		}
	}
	return nil
}

// Refine weighs hits again, at most maxRefined of them, by how close together
// the words of the query stand in them, and puts them in order. reader is the
// moment that was searched.
func (o *Outcome) Refine(ctx context.Context, reader index.IndexReader, hits []Hit) error {
	some := hits[:min(len(hits), maxRefined)]
	docs := make([]uint64, len(some))
	for i, h := range some {
		docs[i] = h.Doc
	}
	order := inOrder(docs)
	best := make([]float64, len(some))
	for i := range o.plans {
		p := &o.plans[i]
		if len(p.groups) < 2 {
			continue
		}
		for f := range o.fields {
			if err := o.closeness(ctx, reader, p, &o.fields[f], docs, order, best); err != nil {
				return err
			}
		}
	}
	for i := range some {
		some[i].Weight *= 1 + together*best[i]
	}
	sortHits(some)
	return nil
}

// closeness raises best to how close together the words of one language's plan
// stand in one field: 1 when as in the query, 0 when never.
func (o *Outcome) closeness(ctx context.Context, reader index.IndexReader, p *plan, f *Field, docs []uint64, order []int, best []float64) error {
	positions := make([][][]uint64, len(p.groups))
	for g := range p.groups {
		positions[g] = make([][]uint64, len(docs))
		for _, r := range p.groups[g].readings {
			if r.phrase != nil || r.weight < likely || p.groups[g].weight == 0 {
				continue
			}
			err := occurrences(ctx, reader, f.Name+p.language.Tag, r.stem, docs, order, func(at int, v *index.TermFieldVector) {
				if f.Docs == nil || f.Docs.Has(docs[at]) {
					positions[g][at] = append(positions[g][at], v.Pos)
				}
			})
			if err != nil {
				return err
			}
		}
	}
	for at := range docs {
		sum, all := 0.0, 0.0
		for g := 0; g+1 < len(p.groups); g++ {
			weight := min(p.groups[g].weight, p.groups[g+1].weight)
			all += weight
			apart := p.groups[g+1].position - p.groups[g].position
			sum += weight * near(positions[g][at], positions[g+1][at], apart)
		}
		if all > 0 {
			best[at] = max(best[at], sum/all)
		}
	}
	return nil
}

// near tells how close the second word comes to standing apart places after
// the first: 1 when exactly there, less with each place between, 0 when it is
// nowhere.
func near(first, second []uint64, apart int) float64 {
	slices.Sort(first)
	slices.Sort(second)
	least := math.Inf(1)
	for i, j := 0, 0; i < len(first) && j < len(second); {
		off := float64(int(second[j]) - int(first[i]) - apart)
		least = min(least, math.Abs(off))
		if off < 0 {
			j++
		} else {
			i++
		}
	}
	return 1 / (1 + least)
}
