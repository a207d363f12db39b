package rules

import "slices"

// Reply is the answer of an association to an invitation.
type Reply struct {
	Association string `json:"association"`
	Mandate     string `json:"mandate"`
	Answer      string `json:"answer"` // yes, no
	State       string `json:"state"`
	Substitute  bool   `json:"substitute"`
	At          string `json:"at"`
	Promoted    bool   `json:"promoted"` // came to a seat, and is to be told
}

// The states of a reply.
const (
	Seated   = "seated"
	Waiting  = "waiting"
	Declined = "declined"
)

// Register takes a reply in, one per association: a later one replaces an
// earlier. capacity 0 has no limit; without a waiting list whoever finds no
// seat is refused. It gives the replies as they are then; those that came from
// the waiting list to a seat are marked. A seat that somebody has is kept,
// also when the capacity shrank; the order of the waiting list is that of the
// replies.
func Register(replies []Reply, r Reply, capacity int, waiting bool) (out []Reply, full bool) {
	out = slices.Clone(replies)
	at := slices.IndexFunc(out, func(x Reply) bool { return x.Association == r.Association })
	if at >= 0 && out[at].Answer == r.Answer {
		r.State, r.At, r.Promoted = out[at].State, out[at].At, out[at].Promoted // said again: the place in the order stays
		out[at] = r
		return out, false
	}
	if at >= 0 {
		out = slices.Delete(out, at, at+1)
	}
	switch {
	case r.Answer != "yes":
		r.State = Declined
	case capacity == 0 || seated(out) < capacity && !waits(out):
		r.State = Seated
	case waiting:
		r.State = Waiting
	default:
		return slices.Clone(replies), true
	}
	out = append(out, r)
	Fill(out, capacity)
	return out, false
}

// Fill gives free seats to those who wait, in their order, and reports whether
// it gave any.
func Fill(replies []Reply, capacity int) (some bool) {
	for i := range replies {
		if replies[i].State == Waiting && (capacity == 0 || seated(replies) < capacity) {
			replies[i].State, replies[i].Promoted = Seated, true
			some = true
		}
	}
	return some
}

func seated(replies []Reply) int { return count(replies, Seated) }

func waits(replies []Reply) bool { return count(replies, Waiting) > 0 }

func count(replies []Reply, state string) int {
	n := 0
	for _, r := range replies {
		if r.State == state {
			n++
		}
	}
	return n
}

// Silent are those of some associations that have not answered.
func Silent(replies []Reply, associations []string) []string {
	var out []string
	for _, a := range associations {
		if !slices.ContainsFunc(replies, func(r Reply) bool { return r.Association == a }) {
			out = append(out, a)
		}
	}
	return out
}
