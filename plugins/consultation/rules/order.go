package rules

import (
	"hash/fnv"
	"strconv"
)

// Order is a place in the circle of lots from which a reader begins, and the
// way round. Every contribution has a lot between 0 and 1 that was drawn when it
// came, so that it is as likely as any other to come first, for somebody or
// other, and a reader finds the same order again with the same seed.
type Order struct {
	Start    float64
	Backward bool
}

// OrderOf gives the order of a seed.
func OrderOf(seed string) Order {
	h := fnv.New64a()
	_, _ = h.Write([]byte("order " + seed)) // never fails
	n := h.Sum64()
	n ^= n >> 33 // seeds that differ little shall begin far apart
	n *= 0xff51afd7ed558ccd
	n ^= n >> 33
	return Order{Start: float64(n>>11) / (1 << 53), Backward: n&1 == 1}
}

// Text writes the start as a filter takes it.
func (o Order) Text() string { return strconv.FormatFloat(o.Start, 'f', 9, 64) }
