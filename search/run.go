package search

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search/ranking"
)

// run is one search under way on one moment of the index.
type run struct {
	m   *moment
	req *Request
	now time.Time

	only   []bool // by locale number; nil: all
	own    int    // number of the reader's locale; -1: unknown to the index
	chosen [][]uint64
	facets [][]string // field of each facet by collection number, "" for none
	near   []string   // field of places by collection number
	decay  []float64  // of the score per second of age, by collection number

	fields []ranking.Field // where words were looked for

	slots []int32 // by entry number: 1 + its place in found
	found []candidate
}

// candidate is an entry that fits, with its best document.
type candidate struct {
	doc   uint64
	score float64
	// ownDoc is its best document in the reader's language, with its score.
	ownDoc   uint64
	ownScore float64
	distance float64
	entry    uint32
	pin      int8 // 1 for the first that the request puts before all others; 0: none
	missed   int8 // the facet whose choice it does not meet; passes when it meets all
	pages    []pageRef
}

type pageRef struct {
	doc   uint64
	score float64
}

const passes = -1

// ownBoost is what the reader's own language counts more.
const ownBoost = 1.4

// checkEvery is after how many documents a search looks whether it may go on.
const checkEvery = 1 << 12

var slotsKept sync.Pool

func newRun(m *moment, req *Request, now time.Time) *run {
	r := &run{m: m, req: req, now: now, own: -1}
	if n, ok := m.names.locales.known(string(req.Locale)); ok {
		r.own = int(n)
	}
	if len(req.Only) > 0 {
		r.only = make([]bool, len(m.names.locales.list())+1)
		for _, l := range req.Only {
			if n, ok := m.names.locales.known(string(l)); ok {
				r.only[n] = true
			}
		}
	}
	count := len(m.names.collections.list())
	r.facets, r.chosen = make([][]string, len(req.Facets)), make([][]uint64, len(req.Facets))
	for i, f := range req.Facets {
		r.facets[i] = r.byCollection(count, f.Fields)
		r.chosen[i] = r.choices(f)
	}
	if req.Near != nil {
		r.near = r.byCollection(count, req.Near.Fields)
	}
	r.decay = make([]float64, count)
	for id, days := range req.Recency {
		if n, ok := m.names.collections.known(string(id)); ok && days > 0 {
			r.decay[n] = math.Ln2 / (days * 86400)
		}
	}
	r.slots = takeSlots(len(m.names.entries.list()))
	return r
}

func takeSlots(n int) []int32 {
	if kept, ok := slotsKept.Get().(*[]int32); ok && len(*kept) >= n {
		return *kept
	}
	return make([]int32, n+n/4+64)
}

// end gives the memory back.
func (r *run) end() {
	for i := range r.found {
		r.slots[r.found[i].entry] = 0
	}
	slotsKept.Put(&r.slots)
}

func (r *run) byCollection(count int, fields map[content.CollectionID]content.FieldID) []string {
	out := make([]string, count)
	for id, f := range fields {
		if n, ok := r.m.names.collections.known(string(id)); ok && int(n) < count {
			out[n] = string(f)
		}
	}
	return out
}

// choices gives the numbers of the chosen values as bits; nil when nothing is
// chosen.
func (r *run) choices(f Facet) []uint64 {
	if len(f.Chosen) == 0 {
		return nil
	}
	out := bits{0} // never nil
	for _, field := range f.Fields {
		for _, v := range f.Chosen {
			if n, ok := r.m.names.values.known(string(field) + "\x00" + v); ok {
				out.add(n)
			}
		}
	}
	return out
}

// allowed says what of a group counts, by collection number.
type allowed struct {
	in  []bool
	set []*Set
	day int32 // pages that are held back for longer do not count
}

func (r *run) allowed(g *Group) *allowed {
	n := len(r.m.names.collections.list())
	a := &allowed{in: make([]bool, n), set: make([]*Set, n), day: math.MaxInt32}
	if r.req.Live { // whoever may read drafts may read files under embargo
		a.day = int32(dayOf(r.now))
	}
	for id, set := range g.In {
		if at, ok := r.m.names.collections.known(string(id)); ok && int(at) < n {
			a.in[at], a.set[at] = true, set
		}
	}
	return a
}

// lets reports whether a document of a part counts.
func (a *allowed) lets(p *part, n int, col uint16) bool {
	if col == 0 || int(col) >= len(a.in) || !a.in[col] {
		return false
	}
	if p.held != nil && p.held[n] > a.day {
		return false
	}
	set := a.set[col]
	return set == nil || set.has(p.entry[n], p.locale[n], p.page != nil && p.page[n] > 0)
}

// text takes what has the words of the request.
func (r *run) text(found *ranking.Outcome) error {
	at := r.cursor()
	for doc, score := range found.All() {
		if err := at.see(doc, score); err != nil {
			return err
		}
	}
	return nil
}

// speak shows entries in the reader's language where that has the words nearly
// as well as the language in which they were found best. They keep their
// weight.
func (r *run) speak() {
	for i := range r.found {
		if c := &r.found[i]; c.missed == passes && c.ownScore > 0 && c.ownScore >= ownEnough*c.score {
			c.doc = c.ownDoc
		}
	}
}

// ownEnough is the share of the best score that the reader's language needs.
const ownEnough = 0.4

// everything takes all documents of a group.
func (r *run) everything(ctx context.Context, g *Group) error {
	at, a := r.cursor(), r.allowed(g)
	for i := range r.m.parts {
		p := &r.m.parts[i]
		gone := p.snap.Deleted()
		for n := range p.size {
			if n%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			page := p.page != nil && p.page[n] > 0
			if page || gone != nil && gone.Contains(uint32(n)) || !a.lets(p, n, p.collection[n]) {
				continue
			}
			if err := at.see(p.first+uint64(n), 1); err != nil {
				return err
			}
		}
	}
	return nil
}

// cursor walks through documents in their order.
type cursor struct {
	*run
	next   int // part that comes after p
	p      *part
	facets [][]*keys // of p, by facet and collection number
	points [][]point // of p, by collection number
}

func (r *run) cursor() *cursor { return &cursor{run: r} }

// see takes a document, which one of the groups lets through, if it meets the
// rest of the request. Documents come in the order of their
// numbers.
func (c *cursor) see(doc uint64, score float64) error {
	for c.p == nil || doc >= c.p.first+uint64(c.p.size) {
		if err := c.advance(); err != nil {
			return err
		}
	}
	p, n := c.p, int(doc-c.p.first)
	col, entry, page := p.collection[n], p.entry[n], p.page != nil && p.page[n] > 0
	if int(entry) >= len(c.slots) || int(col) >= len(c.decay) {
		return nil // it came into the index after this search began
	}
	if c.only != nil && !page && p.locale[n] != 0 && !c.lets(p.locale[n]) {
		return nil
	}
	distance := -1.0
	if c.req.Near != nil {
		at := c.points[col]
		if at == nil || !at[n].there {
			return nil
		}
		distance = kilometres(c.req.Near.Lat, c.req.Near.Lon, at[n].lat, at[n].lon)
		if c.req.Near.Radius > 0 && distance > c.req.Near.Radius {
			return nil
		}
	}
	missed, ok := c.choice(col, n)
	if !ok {
		return nil
	}
	own := int(p.locale[n]) == c.own
	if own {
		score *= ownBoost
	}
	if d := c.decay[col]; d > 0 && p.date[n] != noDate {
		if age := c.now.Unix() - p.date[n]; age > 0 {
			score *= math.Exp(-d * float64(age))
		}
	}
	found := candidate{doc: doc, score: score, distance: distance, entry: entry, missed: missed}
	if own && !page && missed == passes {
		found.ownDoc, found.ownScore = doc, score
	}
	c.keep(found, page)
	return nil
}

func (r *run) lets(locale uint16) bool { return int(locale) < len(r.only) && r.only[locale] }

// choice says which chosen facet a document does not meet: passes when it
// meets all, and false when it fails more than one.
func (c *cursor) choice(col uint16, n int) (int8, bool) {
	missed := int8(passes)
	for i, want := range c.chosen {
		if want == nil {
			continue
		}
		if k := c.facets[i][col]; k != nil && k.any(n, want) {
			continue
		}
		if missed != passes {
			return 0, false
		}
		missed = int8(i)
	}
	return missed, true
}

func (k *keys) any(n int, want bits) bool {
	for _, v := range k.of(n) {
		if want.has(v) {
			return true
		}
	}
	return false
}

// keep puts a candidate in, or betters the one of the same entry.
func (r *run) keep(c candidate, page bool) {
	slot := r.slots[c.entry]
	if slot == 0 {
		r.found = append(r.found, c)
		r.slots[c.entry] = int32(len(r.found))
		slot = int32(len(r.found))
	}
	kept := &r.found[slot-1]
	if c.ownScore > kept.ownScore {
		kept.ownDoc, kept.ownScore = c.ownDoc, c.ownScore
	}
	better := c.missed == passes && kept.missed != passes
	if better || c.score > kept.score && (c.missed == passes) == (kept.missed == passes) {
		c.pages, c.pin, c.ownDoc, c.ownScore = kept.pages, max(kept.pin, c.pin), kept.ownDoc, kept.ownScore
		*kept = c
	}
	if page {
		kept.addPage(pageRef{c.doc, c.score})
	}
}

// addPage keeps the best pages, best first.
func (c *candidate) addPage(p pageRef) {
	at := len(c.pages)
	for at > 0 && c.pages[at-1].score < p.score {
		at--
	}
	if at >= pagesKept {
		return
	}
	if len(c.pages) < pagesKept {
		c.pages = append(c.pages, pageRef{})
	}
	copy(c.pages[at+1:], c.pages[at:])
	c.pages[at] = p
}

// advance goes on to the next part and gets ready what is read of it.
func (c *cursor) advance() error {
	c.p = &c.m.parts[c.next]
	c.next++
	c.facets = make([][]*keys, len(c.run.facets))
	for i, fields := range c.run.facets {
		if c.chosen[i] == nil {
			continue
		}
		c.facets[i] = make([]*keys, len(fields))
		for col, field := range fields {
			if field == "" {
				continue
			}
			k, err := c.p.facet(field, c.m.names)
			if err != nil {
				return err
			}
			c.facets[i][col] = k
		}
	}
	if c.near == nil {
		return nil
	}
	c.points = make([][]point, len(c.near))
	for col, field := range c.near {
		if field == "" {
			continue
		}
		at, err := c.p.places(field)
		if err != nil {
			return err
		}
		c.points[col] = at
	}
	return nil
}

// kilometres is the distance of two places on a sphere.
func kilometres(lat1, lon1, lat2, lon2 float64) float64 {
	const radius, rad = 6371.0, math.Pi / 180
	dLat, dLon := (lat2-lat1)*rad/2, (lon2-lon1)*rad/2
	h := math.Sin(dLat)*math.Sin(dLat) + math.Cos(lat1*rad)*math.Cos(lat2*rad)*math.Sin(dLon)*math.Sin(dLon)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(h)))
}
