package seats

import (
	"maps"
	"slices"
	"time"
)

// in finds a line that is in one of some states.
func (r *Roster) in(id string, states ...State) (*Line, error) {
	l := r.Find(id)
	if l == nil {
		return nil, ErrMissing
	}
	if !slices.Contains(states, l.State) {
		return nil, ErrState
	}
	return l, nil
}

// Approve lets somebody in who waits for approval; there may be no seat.
func (r *Roster) Approve(id string, rules Rules) error {
	l, err := r.in(id, Submitted)
	switch {
	case err != nil:
		return err
	case l.Held:
		r.become(l, Accepted)
	default:
		r.admit(l, rules)
	}
	return nil
}

// Amend takes in that somebody answers otherwise than before: they may be in
// other groups. Whoever was let in by somebody waits for approval anew, on the
// seat that is theirs. Doing it again is harmless.
func (r *Roster) Amend(id string, groups []string, rules Rules) error {
	l, err := r.in(id, Submitted, Accepted, Confirmed, Waiting)
	if err != nil {
		return err
	}
	if moves := !slices.Equal(l.Groups, groups); moves {
		held := l.seated()
		state := l.State
		l.Groups, l.State, l.Held = groups, "", false // takes no seat while one is looked for
		if held && !r.room(l, rules) {
			return ErrQuota
		}
		l.State, l.Held = state, held && state == Submitted
		r.N++
	}
	if rules.Approval && l.State != Submitted {
		held := l.State.Seated()
		r.become(l, Submitted)
		l.Held = held
	}
	return nil
}

// Reject turns somebody away.
func (r *Roster) Reject(id string) error {
	l, err := r.in(id, Submitted, Waiting)
	if err == nil {
		r.become(l, Rejected)
	}
	return err
}

// Accept takes the seat that was offered. Doing it again is harmless.
func (r *Roster) Accept(id string, now time.Time) error {
	l := r.Find(id)
	if l != nil && (l.State == Accepted || l.State == Confirmed) {
		return nil
	}
	l, err := r.in(id, Offered)
	if err != nil {
		return err
	}
	if now.Unix() >= l.Until {
		return ErrState
	}
	r.become(l, Accepted)
	return nil
}

// Decline gives an offered seat back.
func (r *Roster) Decline(id string) error {
	l, err := r.in(id, Offered, Waiting)
	if err == nil {
		r.become(l, Withdrawn)
	}
	return err
}

// Confirm says that the person will come. Doing it again is harmless.
func (r *Roster) Confirm(id string) error {
	l, err := r.in(id, Accepted, Confirmed)
	if err == nil && l.State != Confirmed {
		r.become(l, Confirmed)
	}
	return err
}

// Cancel frees a seat, or the place in the queue. Doing it again is harmless.
func (r *Roster) Cancel(id string, by State) error {
	l := r.Find(id)
	if l != nil && l.State.Over() {
		return nil
	}
	l, err := r.in(id, Submitted, Accepted, Confirmed, Waiting, Offered)
	if err == nil {
		r.become(l, by)
	}
	return err
}

// Replace puts a colleague of the same association on the seat.
func (r *Roster) Replace(id string, by Line) error {
	if l := r.Find(by.ID); l != nil && slices.Contains(l.Was, id) {
		return nil // done before
	}
	l, err := r.in(id, Submitted, Accepted, Confirmed, Waiting)
	switch {
	case err != nil:
		return err
	case l.Association == "" || l.Association != by.Association:
		return ErrOther
	case r.Of(by.Who) != nil:
		return ErrThere
	}
	l.Was = append(l.Was, l.ID)
	l.ID, l.Who, l.Groups = by.ID, by.Who, by.Groups
	held := l.Held
	r.become(l, l.State)
	l.Held = held
	return nil
}

// Prefer puts somebody before (or, below zero, after) others who wait.
func (r *Roster) Prefer(id string, by int) error {
	l, err := r.in(id, Waiting, Submitted)
	if err == nil {
		l.First += by
		r.N++
	}
	return err
}

// Settle ends offers whose time is over and offers the seats that are free to
// whoever waits. Whoever lets an offer pass goes to the end once, and then
// away. It changes nothing when called again.
func (r *Roster) Settle(rules Rules, now time.Time) {
	for _, l := range r.Lines {
		if l.State != Offered || now.Unix() < l.Until {
			continue
		}
		if l.Offers >= maxOffers {
			r.become(l, Withdrawn)
			continue
		}
		l.Rank, l.First = r.last()+1, 0
		r.become(l, Waiting)
	}
	if rules.Offer <= 0 {
		return
	}
	for _, l := range r.Queue() {
		if r.room(l, rules) {
			l.Offers++
			l.Until = now.Add(rules.Offer).Unix()
			r.become(l, Offered)
		}
	}
}

// Sign notes that somebody was there at a half-day; there is one mark for each,
// and the first one stays. An absence takes it back.
func (r *Roster) Sign(id, halfDay string, m Mark, there bool) error {
	l, err := r.in(id, Accepted, Confirmed, Attended, Partial, Absent)
	if err != nil {
		return err
	}
	_, marked := l.Marks[halfDay]
	switch {
	case there && !marked:
		if l.Marks == nil {
			l.Marks = map[string]Mark{}
		}
		l.Marks[halfDay] = m
	case !there && marked:
		delete(l.Marks, halfDay)
	default:
		return nil
	}
	r.N++
	return nil
}

// SignTrainer notes that a trainer has signed a half-day, or takes it back. As
// with participants, the first signature stays.
func (r *Roster) SignTrainer(trainer, halfDay string, m Mark, there bool) {
	_, marked := r.Signs[halfDay][trainer]
	switch {
	case there && !marked:
		if r.Signs == nil {
			r.Signs = map[string]map[string]Mark{}
		}
		if r.Signs[halfDay] == nil {
			r.Signs[halfDay] = map[string]Mark{}
		}
		r.Signs[halfDay][trainer] = m
	case !there && marked:
		delete(r.Signs[halfDay], trainer)
	default:
		return
	}
	r.N++
}

// Close says of everybody with a seat how far they were there. It may be done
// again when marks were corrected.
func (r *Roster) Close(halfDays []string) {
	for _, l := range r.Lines {
		switch l.State {
		case Accepted, Confirmed, Attended, Partial, Absent:
		case Waiting, Offered, Submitted:
			r.become(l, CancelledByOrg)
			continue
		default:
			continue
		}
		n := 0
		for _, h := range halfDays {
			if _, ok := l.Marks[h]; ok {
				n++
			}
		}
		s := Partial
		switch {
		case n == 0:
			s = Absent
		case n == len(halfDays):
			s = Attended
		}
		if l.State != s {
			r.become(l, s)
		}
	}
}

// Erase takes out what leads to a person. The state stays, for the counts; a
// seat that is still ahead is freed.
func (r *Roster) Erase(id string) error {
	l := r.Find(id)
	if l == nil {
		return ErrMissing
	}
	if l.Who == "" {
		return nil
	}
	l.Who, l.Groups = "", nil
	switch l.State {
	case Submitted, Accepted, Confirmed, Waiting, Offered:
		r.become(l, CancelledByPerson)
	default:
		r.N++
	}
	return nil
}

// Clone copies a roster, so that what fails leaves nothing behind.
func (r *Roster) Clone() *Roster {
	out := &Roster{N: r.N, Lines: make([]*Line, len(r.Lines)), Signs: maps.Clone(r.Signs)}
	for half, signs := range out.Signs {
		out.Signs[half] = maps.Clone(signs)
	}
	for i, l := range r.Lines {
		c := *l
		c.Was, c.Marks, c.Groups = slices.Clone(l.Was), maps.Clone(l.Marks), slices.Clone(l.Groups)
		out.Lines[i] = &c
	}
	return out
}
