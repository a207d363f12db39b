// Package seats decides who has a seat of a session. A Roster is one value with
// everybody who registered: it is kept whole under one revision, so that two
// nodes that change it at the same time cannot both succeed, and no seat is
// given twice. It holds ids, never names. All of it is pure: whoever calls
// gives the time and keeps the result.
package seats

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// State is where a registration stands.
type State string

// The states. Somebody whose personal values are erased keeps the state, so
// that counts remain.
const (
	Submitted         State = "submitted" // waits for somebody's approval
	Accepted          State = "accepted"
	Confirmed         State = "confirmed"
	Waiting           State = "waitlisted"
	Offered           State = "offered"
	Rejected          State = "rejected"
	Withdrawn         State = "withdrawn" // declined an offer, or let too many pass
	CancelledByPerson State = "cancelled_by_person"
	CancelledByOrg    State = "cancelled_by_org"
	Attended          State = "attended"
	Partial           State = "partial"
	Absent            State = "absent"
)

// Seated reports whether the state takes a seat.
func (s State) Seated() bool {
	switch s {
	case Accepted, Confirmed, Offered, Attended, Partial, Absent:
		return true
	}
	return false
}

// Over reports whether nothing follows, unless the person registers anew.
func (s State) Over() bool {
	switch s {
	case Rejected, Withdrawn, CancelledByPerson, CancelledByOrg:
		return true
	}
	return false
}

// TurnedAway reports whether the organiser decided so, for a reason perhaps.
func (s State) TurnedAway() bool { return s == Rejected || s == CancelledByOrg }

// MaxLines bounds a roster.
const MaxLines = 3000

// maxOffers is how many offers somebody may let pass.
const maxOffers = 2

// Line is one registration.
type Line struct {
	ID          string `json:"id"`            // of the entry
	Who         string `json:"who,omitempty"` // a keyed digest of the address; empty: erased
	Association string `json:"association,omitempty"`
	Wilaya      string `json:"wilaya,omitempty"`
	// Groups are those of the quotas that the person is in, as they answered.
	Groups []string `json:"groups,omitempty"`
	State  State    `json:"state"`
	// Held says that whoever waits for approval anew has a seat meanwhile.
	Held    bool  `json:"held,omitempty"`
	Rank    int   `json:"rank"`            // order of coming; anew for whoever goes to the end
	First   int   `json:"first,omitempty"` // greater goes before rank
	Until   int64 `json:"until,omitempty"` // end of the offer, in seconds of Unix
	Offers  int   `json:"offers,omitempty"`
	Changed int   `json:"changed"` // the roster's N of its last change of state
	// Was are the registrations that held the seat before, by substitution.
	Was []string `json:"was,omitempty"`
	// Marks are the half-days at which the person was seen, by their keys.
	Marks map[string]Mark `json:"marks,omitempty"`
	// Certificate is the public code of the certificate; empty: none was given.
	Certificate string `json:"certificate,omitempty"`
	Evaluated   bool   `json:"evaluated,omitempty"` // has said what they think; the answer is not linked
}

// Mark says that somebody was there.
type Mark struct {
	At     int64  `json:"at"`     // as the device said, in seconds of Unix
	Source string `json:"source"` // desk, self, or trainer
}

// Roster is everybody who registered for a session.
type Roster struct {
	N     int     `json:"n"` // counts changes of lines
	Lines []*Line `json:"lines"`
	// Signs are the signatures of trainers, by half-day and trainer.
	Signs map[string]map[string]Mark `json:"signs,omitempty"`
}

// Quota bounds the seats of one value of a property, or keeps some for it.
type Quota struct {
	By   string // association, wilaya or group
	Key  string // empty: each value for itself; a group has one
	Max  *int   // at most so many; nil: no bound
	Kept int    // so many are for nobody else, while they are not taken
}

// Rules are those of the session as it is now.
type Rules struct {
	Capacity int // 0: no limit
	Quotas   []Quota
	Approval bool // somebody approves each registration
	Open     bool // takes registrations
	First    []string
	Offer    time.Duration // how long an offer stands
}

// The reasons why a roster stays as it is.
var (
	ErrClosed  = errors.New("the session takes no registrations")
	ErrFull    = errors.New("the roster is at its limit")
	ErrMissing = errors.New("there is no such registration")
	ErrState   = errors.New("the registration is not in a state for that")
	ErrOther   = errors.New("only a colleague of the same association may take over")
	ErrThere   = errors.New("this person is registered already")
	ErrQuota   = errors.New("the seats for those who answer so are taken")
)

// seated reports whether the line takes a seat.
func (l *Line) seated() bool { return l.State.Seated() || l.Held }

// Find gives the line of a registration, also of one that was replaced.
func (r *Roster) Find(id string) *Line {
	for _, l := range r.Lines {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// Of gives the line of a person that is not over, or nil.
func (r *Roster) Of(who string) *Line {
	for _, l := range r.Lines {
		if who != "" && l.Who == who && !l.State.Over() {
			return l
		}
	}
	return nil
}

// Taken counts the seats that are taken or offered.
func (r *Roster) Taken() int {
	n := 0
	for _, l := range r.Lines {
		if l.seated() {
			n++
		}
	}
	return n
}

// Count counts lines in a state.
func (r *Roster) Count(s State) int {
	n := 0
	for _, l := range r.Lines {
		if l.State == s {
			n++
		}
	}
	return n
}

// Queue lists who waits, in the order in which they are offered seats.
func (r *Roster) Queue() []*Line {
	var out []*Line
	for _, l := range r.Lines {
		if l.State == Waiting {
			out = append(out, l)
		}
	}
	slices.SortStableFunc(out, func(a, b *Line) int { return cmp.Or(b.First-a.First, a.Rank-b.Rank) })
	return out
}

// Position is the place in the queue, from 1; 0: does not wait.
func (r *Roster) Position(id string) int {
	return 1 + slices.IndexFunc(r.Queue(), func(l *Line) bool { return l.ID == id })
}

// room reports whether a seat is free for a line.
func (r *Roster) room(l *Line, rules Rules) bool {
	free := rules.Capacity - r.Taken()
	for _, q := range rules.Quotas {
		mine := q.of(l)
		if q.Key != "" && mine != q.Key {
			free -= max(0, q.Kept-r.holding(q, q.Key, l)) // of others
			continue
		}
		if mine != "" && q.Max != nil && r.holding(q, mine, l) >= *q.Max {
			return false
		}
	}
	return rules.Capacity == 0 || free > 0
}

// holding counts the seats of a value of a quota, but for one line.
func (r *Roster) holding(q Quota, value string, but *Line) int {
	n := 0
	for _, l := range r.Lines {
		if l != but && l.seated() && q.of(l) == value {
			n++
		}
	}
	return n
}

// of is the value of a line that a quota goes by; "" when it has none.
func (q Quota) of(l *Line) string {
	switch q.By {
	case "wilaya":
		return l.Wilaya
	case "group":
		if slices.Contains(l.Groups, q.Key) {
			return q.Key
		}
		return ""
	}
	return l.Association
}

// become changes the state of a line.
func (r *Roster) become(l *Line, s State) {
	r.N++
	l.State, l.Held, l.Changed = s, false, r.N
	if s != Offered {
		l.Until = 0
	}
}

// Register adds somebody who has shown that the address is theirs. Somebody
// who is there already stays where they are: a form that is sent again
// registers once.
func (r *Roster) Register(l Line, rules Rules) (*Line, error) {
	if old := r.Find(l.ID); old != nil {
		return old, nil
	}
	if old := r.Of(l.Who); old != nil {
		return old, nil
	}
	if !rules.Open {
		return nil, ErrClosed
	}
	if len(r.Lines) >= MaxLines {
		return nil, ErrFull
	}
	line := &l
	line.Rank, line.First = r.last()+1, 0
	if slices.Contains(rules.First, l.Wilaya) || slices.Contains(rules.First, l.Association) {
		line.First = 1
	}
	r.Lines = append(r.Lines, line)
	if rules.Approval {
		r.become(line, Submitted)
		return line, nil
	}
	r.admit(line, rules)
	return line, nil
}

func (r *Roster) last() int {
	n := 0
	for _, l := range r.Lines {
		n = max(n, l.Rank)
	}
	return n
}

// admit gives a seat, unless somebody waits for it, or there is none.
func (r *Roster) admit(l *Line, rules Rules) {
	l.State = "" // takes no seat while one is looked for
	if r.room(l, rules) && !r.before(l, rules) {
		r.become(l, Accepted)
		return
	}
	r.become(l, Waiting)
}

// before reports whether somebody who waits could take the seat.
func (r *Roster) before(l *Line, rules Rules) bool {
	return slices.ContainsFunc(r.Queue(), func(o *Line) bool { return o != l && o.First >= l.First && r.room(o, rules) })
}
