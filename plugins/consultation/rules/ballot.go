package rules

import "slices"

// Position is what an association thinks of a question.
type Position struct {
	Association, Value, Reason, Reservation string
}

// Values are the possible answers of a kind of question; those of a choice or
// of dates are its own.
func Values(kind string, options []string) []string {
	switch kind {
	case "agreement":
		return []string{"agree", "reserve", "disagree"}
	case "consent":
		return []string{"consent", "object", "abstain"}
	}
	return options
}

// Tally is where a question stands.
type Tally struct {
	Counts  map[string]int
	Heard   int // associations that took a position and may
	Voters  int
	Quorum  bool     // enough were heard
	Silent  []string // associations that were not heard, in the order of the voters
	Against int      // disagreements and objections
}

// Count counts the positions of the associations that may take one. quorum is
// in per cent of them; 0 asks for nothing.
func Count(positions []Position, voters []string, quorum int) Tally {
	t := Tally{Counts: map[string]int{}, Voters: len(voters)}
	var heard []string
	for _, p := range positions {
		if !slices.Contains(voters, p.Association) || slices.Contains(heard, p.Association) {
			continue
		}
		heard = append(heard, p.Association)
		t.Counts[p.Value]++
		if p.Value == "disagree" || p.Value == "object" {
			t.Against++
		}
	}
	for _, v := range voters {
		if !slices.Contains(heard, v) {
			t.Silent = append(t.Silent, v)
		}
	}
	t.Heard = len(heard)
	t.Quorum = t.Heard*100 >= quorum*t.Voters && t.Heard > 0
	return t
}
