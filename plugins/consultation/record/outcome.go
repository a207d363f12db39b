package record

import (
	"context"
	"strings"
)

// Ballot asks the associations of a group for their positions.
type Ballot struct {
	Head
	Title   string `json:"title"`
	Group   string `json:"group"`
	Text    string `json:"text"`
	Kind    string `json:"kind"`
	Options []struct {
		Key   string `json:"key"`
		Label string `json:"label"`
	} `json:"options"`
	Opens          string `json:"opens"`
	Closes         string `json:"closes"`
	Quorum         int    `json:"quorum"`
	Reason         bool   `json:"reason"`
	Hidden         bool   `json:"hidden"`
	Secrecy        string `json:"secrecy"`
	State          string `json:"state"`
	Recommendation string `json:"recommendation"`
}

// Keys are the answers of a choice.
func (b *Ballot) Keys() []string {
	var out []string
	for _, o := range b.Options {
		out = append(out, o.Key)
	}
	return out
}

// Over reports whether nobody may answer any more.
func (b *Ballot) Over(day string) bool {
	return b.State == "closed" || b.Closes != "" && day > b.Closes
}

// Position is what an association thinks: one per question.
type Position struct {
	Head
	Key         string `json:"key"`
	Ballot      string `json:"ballot"`
	Association string `json:"association"`
	Mandate     string `json:"mandate"`
	Value       string `json:"value"`
	Reason      string `json:"reason"`
	Reservation string `json:"reservation"`
	Cast        string `json:"cast"`
	Replaced    int    `json:"replaced"`
	Substitute  bool   `json:"substitute"`
}

// Statement is what a synthesis says, and from what.
type Statement struct {
	Head
	Title        string   `json:"title"`
	Consultation string   `json:"consultation"`
	Order        int      `json:"order"`
	Kind         string   `json:"kind"`
	Text         string   `json:"text"`
	Divergences  string   `json:"divergences"`
	Why          string   `json:"why"`
	Cites        []string `json:"cites"`
}

// Reservation is what an association adds to a recommendation.
type Reservation struct {
	ID          string `json:"id,omitempty"`
	Association string `json:"association"`
	Text        string `json:"text"`
}

// Recommendation is put to an authority.
type Recommendation struct {
	Head
	Ref          string        `json:"ref"`
	Text         string        `json:"text"`
	Group        string        `json:"group"`
	Consultation string        `json:"consultation"`
	Cites        []string      `json:"cites"`
	SupportedBy  []string      `json:"supported_by"`
	Reservations []Reservation `json:"reservations"`
	AddressedTo  string        `json:"addressed_to"`
	Addressee    string        `json:"addressee"`
	SentOn       string        `json:"sent_on"`
	Deadline     string        `json:"deadline"`
	State        string        `json:"state"`
}

// Answer is what an authority says to a recommendation.
type Answer struct {
	Head
	Recommendation string `json:"recommendation"`
	Authority      string `json:"authority"`
	Signatory      string `json:"signatory"`
	State          string `json:"state"`
	Reasons        string `json:"reasons"`
	Document       string `json:"document"`
	AnsweredOn     string `json:"answered_on"`
}

// Milestone is a step of a commitment.
type Milestone struct {
	ID   string `json:"id,omitempty"`
	Date string `json:"date"`
	Text string `json:"text"`
	Done bool   `json:"done"`
}

// Commitment is what an authority has promised.
type Commitment struct {
	Head
	Title          string      `json:"title"`
	Recommendation string      `json:"recommendation"`
	Answer         string      `json:"answer"`
	Authority      string      `json:"authority"`
	Indicator      string      `json:"indicator"`
	Due            string      `json:"due"`
	State          string      `json:"state"`
	Progress       int         `json:"progress"`
	Milestones     []Milestone `json:"milestones"`
}

// Names are those of associations, authorities and documents, by id. What may
// not be read has none.
type Names map[string]string

// Named looks up names, each id once.
func (b Book) Named(ctx context.Context, collection string, ids ...string) (Names, error) {
	title := map[string]string{Associations: "name", Authorities: "name", Studies: "title"}[collection]
	out := Names{}
	var ask []string
	flush := func() error {
		if len(ask) == 0 {
			return nil
		}
		q := Q{"id _in": strings.Join(ask, ","), "fields": "id," + title, "size": "100"}
		items, _, err := List[map[string]any](ctx, Book{Host: b.Host, Locale: b.Locale}, collection, q)
		ask = ask[:0]
		for _, it := range items {
			id, _ := it["id"].(string)
			out[id], _ = it[title].(string)
		}
		return err
	}
	for _, id := range ids {
		if _, known := out[id]; known || !IsID(id) {
			continue
		}
		out[id] = ""
		if ask = append(ask, id); len(ask) == pageSize {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return out, flush()
}
