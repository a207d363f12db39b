package rules

import "slices"

// Mandate says that a person speaks for an association in a group, from a day
// on and perhaps until another.
type Mandate struct {
	ID          string
	Association string
	Role        string
	From, To    string // To may be empty
	Revoked     string // day; empty: it was not
}

// Roles that take positions. The substitute speaks when the titular does not;
// whoever speaks last is heard, for the association has one position.
const (
	Titular    = "titular"
	Substitute = "substitute"
)

// Holds reports whether the mandate is in force on a day. A revocation holds
// from its own day on.
func (m Mandate) Holds(day string) bool {
	return m.From <= day && (m.To == "" || day <= m.To) && (m.Revoked == "" || day < m.Revoked)
}

// Speaks reports whether whoever has the mandate may take a position for the
// association on a day.
func (m Mandate) Speaks(day string) bool {
	return m.Association != "" && (m.Role == Titular || m.Role == Substitute) && m.Holds(day)
}

// Voters are the associations that have somebody who speaks for them on a day,
// in the order of the mandates.
func Voters(mandates []Mandate, day string) []string {
	var out []string
	for _, m := range mandates {
		if m.Speaks(day) && !slices.Contains(out, m.Association) {
			out = append(out, m.Association)
		}
	}
	return out
}

// Clash gives a mandate that a new one may not stand beside: an association has
// one titular in a group at a time.
func Clash(mandates []Mandate, one Mandate) *Mandate {
	if one.Role != Titular || one.Association == "" || one.Revoked != "" {
		return nil
	}
	for i, m := range mandates {
		if m.ID != one.ID && m.Role == Titular && m.Association == one.Association && m.Revoked == "" &&
			(m.To == "" || one.From <= m.To) && (one.To == "" || m.From <= one.To) {
			return &mandates[i]
		}
	}
	return nil
}
