package rules

// The states of minutes, in their order.
const (
	Draft      = "draft"
	Circulated = "circulated"
	Corrected  = "corrected"
	Approved   = "approved"
	Published  = "published"
)

// Step reports whether minutes may go from one state to another. Approved ones
// are changed no more; corrected ones may be circulated again.
func Step(from, to string) bool {
	switch from {
	case "", Draft:
		return to == Circulated
	case Circulated:
		return to == Corrected || to == Approved
	case Corrected:
		return to == Corrected || to == Circulated || to == Approved
	case Approved:
		return to == Published
	}
	return false
}

// Settled reports whether the text is agreed on.
func Settled(state string) bool { return state == Approved || state == Published }
