package ranking

import (
	"context"
	"fmt"
	"io"

	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/search/analysis"
)

// length is what a field's texts are like on average.
type length struct {
	texts uint64
	mean  float64
}

// lengthSample is how many texts are looked at to know their mean length.
const lengthSample = 1000

// lengthOf gives the number of texts of a field, and their mean length. The
// mean is worked out again when the number has changed by a tenth.
func (r *Ranker) lengthOf(ctx context.Context, reader index.IndexReader, field string) (length, error) {
	all, err := reader.TermFieldReader(ctx, []byte(analysis.Whole), field, true, true, false)
	if err != nil {
		return length{}, fmt.Errorf("length of %s: %w", field, err)
	}
	defer closeRead(all)
	l := length{texts: all.Count(), mean: 1}
	r.mu.Lock()
	known, ok := r.lengths[field]
	r.mu.Unlock()
	if ok && 10*max(l.texts, known.texts) <= 11*min(l.texts, known.texts) {
		l.mean = known.mean
		return l, nil
	}
	step, sum, seen := l.texts/lengthSample+1, 0.0, 0
	var d index.TermFieldDoc
	for i := uint64(0); ; i++ {
		next, err := all.Next(&d)
		if err != nil {
			return length{}, fmt.Errorf("length of %s: %w", field, err)
		}
		if next == nil {
			break
		}
		if i%step == 0 {
			sum += 1 / (next.Norm * next.Norm)
			seen++
		}
	}
	if seen > 0 {
		l.mean = sum / float64(seen)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lengths[field] = l
	return l, nil
}

// closeRead closes what was only read: there is nothing to lose.
func closeRead(c io.Closer) { c.Close() }
