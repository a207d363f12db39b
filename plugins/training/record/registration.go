package record

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// Registration is somebody's wish to take part.
type Registration struct {
	Head
	Session      string            `json:"session"`
	Name         string            `json:"name"`
	Email        string            `json:"email"`
	Phone        string            `json:"phone"`
	Function     string            `json:"function"`
	Association  string            `json:"association"`
	Organisation string            `json:"organisation"`
	Wilaya       string            `json:"wilaya"`
	Answers      map[string]string `json:"answers"`
	Visible      string            `json:"visible"`
	Language     string            `json:"language"`
	State        string            `json:"state"`
	Source       string            `json:"source"`
	Replaces     string            `json:"replaces"`
	Reason       string            `json:"reason"`
}

// Side is the association that the person counts for, in quotas and
// substitutions: the profile, or else the words.
func (r *Registration) Side() string {
	if r.Association != "" {
		return r.Association
	}
	if words := strings.Join(strings.Fields(strings.ToLower(r.Organisation)), " "); words != "" {
		return "text:" + words
	}
	return ""
}

// Need is an answer that is kept apart, to be destroyed earlier.
type Need struct {
	Head
	Key    string `json:"key"`
	Answer string `json:"answer"`
}

// Roster is the entry that holds the seats of a session.
type Roster struct {
	Head
	Session string        `json:"session"`
	Board   *seats.Roster `json:"board"`
}

// Seated gives who has a seat, by name.
func Seated(ctx context.Context, h *sdk.Host, s *Session, board *seats.Roster) ([]Registration, error) {
	regs, err := Find[Registration](ctx, h, Registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return nil, err
	}
	regs = slices.DeleteFunc(regs, func(g Registration) bool {
		l := board.Find(g.ID)
		return l == nil || !l.State.Seated() || l.State == seats.Offered
	})
	slices.SortFunc(regs, func(a, b Registration) int { return strings.Compare(a.Name, b.Name) })
	return regs, nil
}
