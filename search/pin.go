package search

import "math"

// pinScore is the score of an entry that is there only because it is pinned:
// enough to choose among its locales.
const pinScore = 1e-9

// pin takes in the entries that come first. They have to be let through like
// all others: by a group, and by what else was asked.
func (r *run) pin() error {
	at := map[uint32]int8{}
	for i, id := range r.req.Pins[:min(len(r.req.Pins), math.MaxInt8)] {
		if n, ok := r.m.names.entries.known(string(id)); ok && int(n) < len(r.slots) {
			at[n] = int8(i + 1)
		}
	}
	if len(at) == 0 {
		return nil
	}
	groups := make([]*allowed, len(r.req.Groups))
	for i := range r.req.Groups {
		groups[i] = r.allowed(&r.req.Groups[i])
	}
	c := r.cursor()
	for i := range r.m.parts {
		p := &r.m.parts[i]
		gone := p.snap.Deleted()
		for n, entry := range p.entry {
			if at[entry] == 0 || gone != nil && gone.Contains(uint32(n)) || p.page != nil && p.page[n] > 0 || !anyLets(groups, p, n) {
				continue
			}
			if err := c.see(p.first+uint64(n), pinScore); err != nil {
				return err
			}
		}
	}
	for entry, place := range at {
		if slot := r.slots[entry]; slot > 0 {
			r.found[slot-1].pin = place
		}
	}
	return nil
}

func anyLets(groups []*allowed, p *part, n int) bool {
	for _, a := range groups {
		if a.lets(p, n, p.collection[n]) {
			return true
		}
	}
	return false
}
