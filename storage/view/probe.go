package view

import (
	"fmt"
	"hash/maphash"

	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Limits of what a connection remembers of conditions that it has counted.
const (
	probesKept = 4096
	probesLast = 64 // commits
)

// probes remembers how many rows met a condition, so that a list that is asked
// for again and again is not counted each time: that takes as long as the list.
// It only decides which way a list is read, never what is in it, so it may be
// out of date by a few commits. Conditions are kept as their hashes: an operand
// may be something personal.
type probes struct {
	seed maphash.Seed
	seen map[uint64]probe
}

type probe struct {
	n  int
	at commitlog.Seq
}

func (p *probes) key(text string, args []any) uint64 {
	if p.seen == nil {
		p.seed, p.seen = maphash.MakeSeed(), map[uint64]probe{}
	}
	var h maphash.Hash
	h.SetSeed(p.seed)
	_, _ = fmt.Fprintf(&h, "%s\x00%#v", text, args) // never fails
	return h.Sum64()
}

// probe counts the rows of a SELECT, up to one more than probed.
func (tx *Tx) probe(text string, args []any) (int, error) {
	text = fmt.Sprintf("SELECT count(*) FROM (%s LIMIT %d)", text, probed+1)
	if tx.w != nil {
		return tx.number(text, args)
	}
	known := &tx.c.probes
	key := known.key(text, args)
	// After a snapshot the seq may be an earlier one: that difference is huge.
	if was, ok := known.seen[key]; ok && tx.seq-was.at < probesLast {
		return was.n, nil
	}
	n, err := tx.number(text, args)
	if err != nil {
		return 0, err
	}
	if len(known.seen) >= probesKept {
		clear(known.seen)
	}
	known.seen[key] = probe{n, tx.seq}
	return n, nil
}
