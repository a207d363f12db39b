package ranking

import (
	"iter"
	"math"
	"math/bits"
)

// board has the weights of documents while they are worked out, by number.
// Everything that is not touched is zero.
type board struct {
	cells []cell
	// touched by the language that is worked on; found by any of them.
	touched, found Set
	scores         []float32 // of what was found
	group          []uint32  // documents that the present word touched
}

// cell is what is known of a document in one language.
type cell struct {
	score  float32
	share  float32 // of the query that it has
	best   float32 // of the present word: its best field
	rest   float32 // of the present word: all its other fields
	needed uint16  // required words that it has
	count  bool    // it has a likely reading of the present word
}

func (r *Ranker) board(docs uint64) *board {
	b, ok := r.boards.Get().(*board)
	if !ok || uint64(len(b.cells)) < docs {
		n := docs + docs/8 + 64
		b = &board{cells: make([]cell, n), touched: NewSet(n), found: NewSet(n), scores: make([]float32, n)}
	}
	return b
}

// release clears a board for the next search.
func (r *Ranker) release(b *board) {
	b.reset()
	r.boards.Put(b)
}

func (b *board) reset() {
	b.found.each(func(doc uint64) { b.scores[doc] = 0 })
	clear(b.found)
	b.clearLanguage()
}

func (b *board) clearLanguage() {
	b.touched.each(func(doc uint64) { b.cells[doc] = cell{} })
	clear(b.touched)
	b.group = b.group[:0]
}

// hit notes that a document has a reading of the present word in a field.
func (b *board) hit(doc uint64, weight float32, likely bool) {
	c := &b.cells[doc]
	if c.best == 0 {
		b.group = append(b.group, uint32(doc))
		b.touched.Add(doc)
	}
	c.count = c.count || likely
	if weight > c.best {
		c.rest += c.best
		c.best = weight
	} else {
		c.rest += weight
	}
}

// exact notes that a document has the present word as it was typed.
func (b *board) exact(doc uint64) {
	if c := &b.cells[doc]; c.best > 0 {
		c.best *= 1 + asTyped
		c.rest *= 1 + asTyped
	}
}

// endWord adds up what the present word gave, times the weight that the word
// has in the index at all.
func (b *board) endWord(idf float32, required, guessed bool) {
	if guessed {
		b.capGuesses()
	}
	for _, doc := range b.group {
		c := &b.cells[doc]
		c.score += idf * (c.best + tie*c.rest)
		c.share += idf
		if required {
			c.needed++
		}
		c.best, c.rest, c.count = 0, 0, false
	}
	b.group = b.group[:0]
}

// capGuesses lets no document that has only a guess at the present word weigh
// as much as one that has the word.
func (b *board) capGuesses() {
	least := float32(math.MaxFloat32)
	for _, doc := range b.group {
		if c := &b.cells[doc]; c.count {
			least = min(least, c.best+tie*c.rest)
		}
	}
	for _, doc := range b.group {
		if c := &b.cells[doc]; !c.count && c.best+tie*c.rest >= least {
			c.best, c.rest = least*guessShare, 0
		}
	}
}

// guessShare is what the best guess weighs of the least document with the word.
const guessShare = 0.9

// drop takes a document out.
func (b *board) drop(doc uint64) { b.cells[doc] = cell{} }

// endLanguage turns what one language found into weights of documents. A
// document in several languages has the best of its weights.
func (b *board) endLanguage(p *plan, total float32, needed uint16) {
	b.touched.each(func(doc uint64) {
		c := &b.cells[doc]
		if c.score <= 0 || c.needed < needed || c.share < leastShare*total {
			return
		}
		s := float32(p.boost) * c.score * shareWeight(c.share/total)
		if !b.found.Has(doc) {
			b.found.Add(doc)
		}
		b.scores[doc] = max(b.scores[doc], s)
	})
	b.clearLanguage()
}

// shareWeight is what the share of the query that an answer has makes of its
// weight: the fourth root, so that long questions forgive a word.
func shareWeight(share float32) float32 {
	return float32(math.Sqrt(math.Sqrt(float64(share))))
}

func (s Set) each(do func(doc uint64)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			do(uint64(i)*64 + uint64(bits.TrailingZeros64(w)))
		}
	}
}

// all gives what was found in the order of its numbers.
func (b *board) all() iter.Seq2[uint64, float64] {
	return func(yield func(uint64, float64) bool) {
		for i, w := range b.found {
			for ; w != 0; w &= w - 1 {
				doc := uint64(i)*64 + uint64(bits.TrailingZeros64(w))
				if !yield(doc, float64(b.scores[doc])) {
					return
				}
			}
		}
	}
}
