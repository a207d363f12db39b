package record

import (
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/rules"
)

// Consultation is a question that is put to many.
type Consultation struct {
	Head
	Title        string        `json:"title"`
	Ref          string        `json:"ref"`
	Question     string        `json:"question"`
	Sponsor      string        `json:"sponsor"`
	Convenors    string        `json:"convenors"`
	Scope        string        `json:"scope"`
	Decided      string        `json:"decided"`
	AnswerBy     string        `json:"answer_by"`
	Phases       []rules.Phase `json:"phases"`
	Group        string        `json:"group"`
	Documents    []string      `json:"documents"`
	Links        []Link        `json:"see_also"`
	Audience     string        `json:"audience"`
	Moderation   string        `json:"moderation"`
	Sections     []string      `json:"sections"`
	Languages    []string      `json:"languages"`
	Privacy      string        `json:"privacy"`
	LegalBasis   string        `json:"legal_basis"`
	RetentionEnd string        `json:"retention_until"`
	License      string        `json:"license"`
	Method       string        `json:"method"`
	Synthesis    string        `json:"synthesis"`

	Questions []rules.Question `json:"questions"`
	Responses int              `json:"responses"`
	Results   []rules.Result   `json:"results"`
	ResultsOn string           `json:"results_on"`
}

// The states of what people say.
const (
	Draft             = "draft"
	PendingEmail      = "pending_email"
	PendingModeration = "pending_moderation"
	Published         = "published"
	Withdrawn         = "withdrawn"
	Hidden            = "hidden"
	Merged            = "merged"
	Erased            = "erased"
)

// Said is what contributions and comments have in common.
type Said struct {
	Author      string `json:"author"`
	Email       string `json:"email"`
	AuthorKey   string `json:"author_key"`
	Code        string `json:"code"`
	Tries       int    `json:"tries"`
	Expires     string `json:"expires"`
	Locale      string `json:"letters_in"`
	Association string `json:"association"`
	Mandate     string `json:"mandate"`
	Channel     string `json:"channel"`
	Lang        string `json:"lang"`
	State       string `json:"state"`
	Sent        string `json:"sent"`
	Reports     int    `json:"reports"`
	Body        string `json:"body"`
	Sources     []Link `json:"sources"`
	Ref         string `json:"ref"`
}

// Contribution is what somebody has to say in a consultation.
type Contribution struct {
	Head
	Said
	Consultation string  `json:"consultation"`
	Section      string  `json:"section"`
	Title        string  `json:"title"`
	Place        string  `json:"place"`
	About        string  `json:"about"`
	Paragraph    int     `json:"paragraph"`
	Lot          float64 `json:"lot"`
	MergedInto   string  `json:"merged_into"`
	SplitFrom    string  `json:"split_from"`
	Comments     int     `json:"comments"`
	Pros         int     `json:"pros"`
	Cons         int     `json:"cons"`
	Cited        int     `json:"cited"`
	Consent      bool    `json:"consent"`
}

// Comment is said about a contribution or in a topic: a comment, or an argument
// for or against.
type Comment struct {
	Head
	Said
	Contribution string `json:"contribution"`
	Topic        string `json:"topic"`
	Parent       string `json:"answers"`
	Side         string `json:"side"`
}

// Report says that something should not stand there.
type Report struct {
	Head
	Kind   string `json:"kind"`
	Object string `json:"object"`
	Reason string `json:"reason"`
	Text   string `json:"text"`
	State  string `json:"state"`
}

// Ruling is a decision of a moderator, with its reasons, and what became of an
// appeal.
type Ruling struct {
	Head
	Kind       string `json:"kind"`
	Object     string `json:"object"`
	Action     string `json:"action"`
	Rule       string `json:"rule"`
	Statement  string `json:"statement"`
	DecidedBy  string `json:"decided_by"`
	DecidedAt  string `json:"decided_at"`
	NotifiedAt string `json:"notified_at"`
	Appeal     string `json:"appeal"`
	AppealedAt string `json:"appealed_at"`
	Outcome    string `json:"outcome"`
	OutcomeBy  string `json:"outcome_by"`
	OutcomeWhy string `json:"outcome_why"`
}

// Response is what somebody answered to a questionnaire. The answers are JSON, by
// the keys of the questions.
type Response struct {
	Head
	Consultation string `json:"consultation"`
	Answers      string `json:"answers"`
	State        string `json:"state"`
}

// Counted is the state of answers whose address is confirmed.
const Counted = "counted"

// Text is put up for discussion, paragraph by paragraph. Another version of it is
// another entry, so that what was said stands beside what it was said about.
type Text struct {
	Head
	Title        string `json:"title"`
	Consultation string `json:"consultation"`
	Text         string `json:"text"`
	Note         string `json:"note"`
	Previous     string `json:"previous"`
}

// Follower is somebody who wants to be kept informed.
type Follower struct {
	Head
	Kind    string `json:"kind"`
	Object  string `json:"object"`
	Email   string `json:"email"`
	Code    string `json:"code"`
	Tries   int    `json:"tries"`
	Expires string `json:"expires"`
	State   string `json:"state"`
	Digest  string `json:"digest"`
	Locale  string `json:"letters_in"`
}

// Over reports whether a moment that was written down is past.
func Over(moment string, now time.Time) bool {
	t, err := time.Parse(time.RFC3339, moment)
	return err == nil && now.After(t)
}

// Moment writes a moment as it is kept.
func Moment(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano) }
