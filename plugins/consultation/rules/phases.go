package rules

import "slices"

// Phase is a stretch of a consultation, both days included, and what is open
// in it.
type Phase struct {
	Key    string   `json:"key"`
	Starts string   `json:"starts"` // 2007-07-01
	Ends   string   `json:"ends"`
	Allows []string `json:"allows"`
}

// What a phase may open.
const (
	Contribute = "contribute"
	Comment    = "comment"
	Argue      = "argue"
	TakeSides  = "position"
	HideCounts = "hide_counts"
	Survey     = "survey"
	Answer     = "answer"
)

// Now gives the phase of a day, or nil. Where phases overlap the later one
// counts, so that there is never more than one.
func Now(phases []Phase, day string) *Phase {
	var found *Phase
	for i := range phases {
		p := &phases[i]
		if p.Starts <= day && day <= p.Ends && (found == nil || p.Starts >= found.Starts) {
			found = p
		}
	}
	return found
}

// Open reports whether something is open on a day.
func Open(phases []Phase, day, what string) bool {
	p := Now(phases, day)
	return p != nil && slices.Contains(p.Allows, what)
}

// Coming reports whether something is open on a day or later.
func Coming(phases []Phase, day, what string) bool {
	return slices.ContainsFunc(phases, func(p Phase) bool { return p.Ends >= day && slices.Contains(p.Allows, what) })
}

// Next gives the first phase that begins after a day, or nil.
func Next(phases []Phase, day string) *Phase {
	var found *Phase
	for i := range phases {
		if p := &phases[i]; p.Starts > day && (found == nil || p.Starts < found.Starts) {
			found = p
		}
	}
	return found
}

// Disordered gives the index of the first phase that ends before it begins, or
// -1.
func Disordered(phases []Phase) int {
	return slices.IndexFunc(phases, func(p Phase) bool { return p.Ends != "" && p.Ends < p.Starts })
}
