package record

import "github.com/recueil-cms/recueil/plugins/consultation/rules"

// Link is an address with a title.
type Link struct {
	Title string `json:"title"`
	URL   string `json:"url"`
}

// Group is a working group.
type Group struct {
	Head
	Title      string   `json:"title"`
	Ref        string   `json:"ref"`
	Theme      string   `json:"theme"`
	Mandate    string   `json:"mandate"`
	Objectives string   `json:"objectives"`
	Method     string   `json:"method"`
	Results    string   `json:"results"`
	Decides    string   `json:"decides"`
	Deciding   string   `json:"deciding"`
	Questions  string   `json:"questions"`
	Visibility string   `json:"visibility"`
	Documents  []string `json:"documents"`
	Links      []Link   `json:"see_also"`
	Started    string   `json:"started"`
	Closed     string   `json:"closed"`
	Closing    string   `json:"closing"`
}

// Mandate says who speaks for an association in a group.
type Mandate struct {
	Head
	Label       string `json:"label"`
	Group       string `json:"group"`
	Association string `json:"association"`
	Authority   string `json:"authority"`
	Role        string `json:"role"`
	Name        string `json:"name"`
	Email       string `json:"email"`
	User        string `json:"user"`
	From        string `json:"from"`
	To          string `json:"to"`
	Revoked     string `json:"revoked"`
	RevokedWhy  string `json:"revoked_why"`
	Designation string `json:"designation"`
	Digest      string `json:"digest"`
	Locale      string `json:"letters_in"`
}

// Rule is the mandate as the rules see it.
func (m *Mandate) Rule() rules.Mandate {
	return rules.Mandate{ID: m.ID, Association: m.Association, Role: m.Role, From: m.From, To: m.To, Revoked: m.Revoked}
}

// Rules are mandates as the rules see them.
func Rules(all []Mandate) []rules.Mandate {
	out := make([]rules.Mandate, len(all))
	for i := range all {
		out[i] = all[i].Rule()
	}
	return out
}

// Item is a point of an agenda.
type Item struct {
	Title     string   `json:"title"`
	Minutes   int      `json:"minutes"`
	Speaker   string   `json:"speaker"`
	Documents []string `json:"documents"`
}

// Meeting is a meeting of a group, or of the programme.
type Meeting struct {
	Head
	Title       string   `json:"title"`
	Group       string   `json:"group"`
	Kind        string   `json:"kind"`
	Description string   `json:"description"`
	Starts      string   `json:"starts"`
	Ends        string   `json:"ends"`
	Zone        string   `json:"zone"`
	Mode        string   `json:"mode"`
	Place       string   `json:"place"`
	Access      string   `json:"access"`
	Online      string   `json:"online"`
	Capacity    int      `json:"capacity"`
	Waiting     bool     `json:"waiting"`
	Closes      string   `json:"closes"`
	Services    string   `json:"services"`
	Languages   []string `json:"languages"`
	Agenda      []Item   `json:"agenda"`
	Documents   []string `json:"documents"`
	State       string   `json:"state"`
	Previous    string   `json:"previous"`
	Sequence    int      `json:"sequence"`
	Visibility  string   `json:"visibility"`
}

// Register is who answered an invitation, in one entry, so that seats are
// counted in one place.
type Register struct {
	Head
	Key     string        `json:"key"`
	Meeting string        `json:"meeting"`
	Replies []rules.Reply `json:"replies"`
}

// Correction is a wish of an association for minutes.
type Correction struct {
	ID          string `json:"id,omitempty"`
	Association string `json:"association"`
	Mandate     string `json:"mandate"`
	Text        string `json:"text"`
	At          string `json:"at"`
	State       string `json:"state"`
}

// Minute is the minutes of a meeting.
type Minute struct {
	Head
	Title       string       `json:"title"`
	Key         string       `json:"key"`
	Meeting     string       `json:"meeting"`
	Group       string       `json:"group"`
	State       string       `json:"state"`
	Version     int          `json:"edition"`
	Text        string       `json:"text"`
	Items       []Summary    `json:"items"`
	Present     []string     `json:"present"`
	Excused     []string     `json:"excused"`
	Attendance  int          `json:"attendance"`
	WrittenBy   string       `json:"written_by"`
	Corrections []Correction `json:"corrections"`
	ApprovedAt  string       `json:"approved_at"`
	ApprovedIn  string       `json:"approved_in"`
}

// Summary is what was said on a point.
type Summary struct {
	Title   string `json:"title"`
	Summary string `json:"summary"`
}

// Decision is a line of the decision log.
type Decision struct {
	Head
	Ref        string `json:"ref"`
	Group      string `json:"group"`
	Meeting    string `json:"meeting"`
	Text       string `json:"text"`
	Kind       string `json:"kind"`
	State      string `json:"state"`
	Supersedes string `json:"supersedes"`
	Taken      string `json:"taken"`
	Review     string `json:"review"`
}

// Action is something that somebody has to do.
type Action struct {
	Head
	Text     string `json:"text"`
	Group    string `json:"group"`
	Meeting  string `json:"meeting"`
	Decision string `json:"decision"`
	Owner    string `json:"owner"`
	Mandate  string `json:"mandate"`
	Due      string `json:"due"`
	Done     string `json:"done"`
	Remind   int    `json:"remind"`
	State    string `json:"state"`
}

// Topic is a thread of a group, with its documents.
type Topic struct {
	Head
	Title      string   `json:"title"`
	Group      string   `json:"group"`
	Body       string   `json:"body"`
	Documents  []string `json:"documents"`
	Links      []Link   `json:"see_also"`
	Visibility string   `json:"visibility"`
	State      string   `json:"state"`
	Comments   int      `json:"comments"`
}
