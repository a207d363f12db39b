package action

import (
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// MaxComment bounds what is said with a submission or a rejection, in bytes.
const MaxComment = 4000

// SubmitEntry asks for a review of the newest values of a locale. The review
// speaks of exactly these: an edit voids it.
type SubmitEntry struct {
	ID      content.EntryID
	Locale  content.Locale
	Comment string // to the reviewers
	IfMatch *int
}

// Name is "entry.submit".
func (SubmitEntry) Name() string { return "entry.submit" }

// Needs the right to submit.
func (a SubmitEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Submit, a.ID, a.Locale)
}

// Plan submits.
func (a SubmitEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, l, err := beginIn(tx, env, a.ID, a.Locale, a.IfMatch)
	if err != nil {
		return nil, err
	}
	comment, err := commentOf(a.Comment, "/comment", false)
	if err != nil {
		return nil, err
	}
	if !e.unpublished([]content.Locale{l}) {
		return nil, problem.New(problem.Conflict, "nothing_to_review", problem.Args{"locale": string(l)})
	}
	s, revision := e.side(l), contentRevision(e.Entry, l)
	if r := s.Review; r != nil && r.Revision == revision && r.State != content.Rejected {
		return nil, nil // submitted or decided already
	}
	s.Review = &content.Review{State: content.Submitted, Revision: revision,
		SubmittedAt: env.Now, SubmittedBy: env.By, Comment: comment}
	return e.changes(), nil
}

// ApproveEntry approves what was submitted; publishing is another act.
type ApproveEntry struct {
	ID      content.EntryID
	Locale  content.Locale
	IfMatch *int
}

// Name is "entry.approve".
func (ApproveEntry) Name() string { return "entry.approve" }

// Needs the right to review.
func (a ApproveEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Review, a.ID, a.Locale)
}

// Plan approves.
func (a ApproveEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	return decide(tx, env, a.ID, a.Locale, a.IfMatch, content.Approved, "")
}

// RejectEntry sends what was submitted back, with a reason.
type RejectEntry struct {
	ID      content.EntryID
	Locale  content.Locale
	Reason  string // to the author; required
	IfMatch *int
}

// Name is "entry.reject".
func (RejectEntry) Name() string { return "entry.reject" }

// Needs the right to review.
func (a RejectEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Review, a.ID, a.Locale)
}

// Plan rejects.
func (a RejectEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	return decide(tx, env, a.ID, a.Locale, a.IfMatch, content.Rejected, a.Reason)
}

func decide(tx *view.Tx, env Env, id content.EntryID, locale content.Locale, match *int, state content.ReviewState, reason string) ([]content.Change, error) {
	e, l, err := beginIn(tx, env, id, locale, match)
	if err != nil {
		return nil, err
	}
	s := e.side(l)
	if s.Review == nil || s.Review.Revision != contentRevision(e.Entry, l) {
		return nil, problem.New(problem.Conflict, "not_submitted", problem.Args{"locale": string(l)})
	}
	if s.Review.State == state {
		return nil, nil
	}
	if s.Review.State == content.Rejected {
		return nil, problem.New(problem.Conflict, "not_submitted", problem.Args{"locale": string(l)})
	}
	next := *s.Review
	if state == content.Rejected {
		if next.Comment, err = commentOf(reason, "/reason", true); err != nil {
			return nil, err
		}
	}
	by := env.By
	next.State, next.DecidedAt, next.DecidedBy = state, new(env.Now), &by
	s.Review = &next
	return e.changes(), nil
}

// commentOf checks what a person says with a review.
func commentOf(text, pointer string, required bool) (string, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, ""))
	var faults []problem.Field
	switch {
	case text == "" && required:
		faults = append(faults, problem.Field{Pointer: pointer, Code: "reason_needed"})
	case len(text) > MaxComment:
		faults = append(faults, problem.Field{Pointer: pointer, Code: "comment_too_long", Args: problem.Args{"limit": MaxComment}})
	}
	return text, problem.OfFields(problem.Invalid, "invalid_values", faults)
}
