package action

import (
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// MaxComments bounds the open comments of one locale of an entry.
const MaxComments = 200

// CommentField says something to those who write an entry about one of its
// fields. Comments outlive edits: they stand until somebody settles them. The
// values stay as they are, so a review or an approval does, too.
type CommentField struct {
	ID      content.EntryID
	Locale  content.Locale
	Field   string // by name
	Text    string
	IfMatch *int
}

// Name is "entry.comment".
func (CommentField) Name() string { return "entry.comment" }

// Needs the right to read the draft; Plan asks for that to write or to review.
func (a CommentField) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.ReadDraft, a.ID, a.Locale)
}

// Plan adds the comment.
func (a CommentField) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, l, err := beginIn(tx, env, a.ID, a.Locale, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := e.discusses(tx, l); err != nil {
		return nil, err
	}
	text, err := commentOf(a.Text, "/text", true)
	if err != nil {
		return nil, err
	}
	f := e.col.FieldNamed(a.Field)
	if f == nil {
		return nil, problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{
			{Pointer: "/field", Code: "comment_field_unknown", Args: problem.Args{"field": problem.Short(a.Field), "collection": e.col.Name}}})
	}
	s := e.side(l)
	if len(s.Comments) >= MaxComments {
		return nil, problem.New(problem.Conflict, "too_many_comments", problem.Args{"limit": MaxComments})
	}
	s.Comments = append(slices.Clip(s.Comments), content.FieldComment{
		ID: env.NewID(), Field: f.ID, Text: text, At: env.Now, By: env.By})
	return e.changes(), nil
}

// SettleComment takes a comment away once it is dealt with; the history keeps
// it.
type SettleComment struct {
	ID      content.EntryID
	Locale  content.Locale
	Comment string // its id
	IfMatch *int
}

// Name is "entry.settle".
func (SettleComment) Name() string { return "entry.settle" }

// Needs the right to read the draft; Plan asks for that to write or to review.
func (a SettleComment) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.ReadDraft, a.ID, a.Locale)
}

// Plan removes the comment.
func (a SettleComment) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, l, err := beginIn(tx, env, a.ID, a.Locale, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := e.discusses(tx, l); err != nil {
		return nil, err
	}
	s := e.side(l)
	at := slices.IndexFunc(s.Comments, func(c content.FieldComment) bool { return c.ID == a.Comment })
	if at < 0 {
		return nil, problem.New(problem.NotFound, "comment_missing", problem.Args{"comment": problem.Short(a.Comment)})
	}
	s.Comments = slices.Delete(slices.Clone(s.Comments), at, at+1)
	return e.changes(), nil
}

// discusses refuses whoever neither writes nor reviews the entry.
func (e *edit) discusses(tx *view.Tx, l content.Locale) error {
	for _, verb := range []access.Verb{access.Review, access.Update, access.Submit} {
		ok, err := may(tx, e.env, needOf(e.col, verb, e.ID, l))
		if err != nil || ok {
			return err
		}
	}
	n := needOf(e.col, access.Review, e.ID, l)
	if _, err := e.env.Policy.Allow(n); err != nil {
		return err
	}
	return e.env.Policy.RefuseRow(n, true)
}
