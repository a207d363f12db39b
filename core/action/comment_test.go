package action_test

import (
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
)

// A comment on a field stands through edits, until somebody settles it, and
// leaves the review alone.
func TestComments(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un")
	reviewer := s.user("souad", grants("notes", access.Read, access.ReadDraft, access.Review))
	author := s.user("amina", grants("notes", access.Read, access.ReadDraft, access.Update, access.Submit))
	reader := s.user("rachid", grants("notes", access.Read, access.ReadDraft))
	comments := func() []content.FieldComment { return s.entry(id).Side("fr").Comments }

	s.do(author, action.SubmitEntry{ID: id, Locale: "fr"})
	s.do(reviewer, action.CommentField{ID: id, Locale: "fr", Field: "title", Text: "  Trop court. "})
	if got := comments(); len(got) != 1 || got[0].Text != "Trop court." || got[0].Field != "title" || got[0].By != reviewer {
		t.Fatalf("comments: %+v", got)
	}
	if r := s.entry(id).Side("fr").Review; r == nil || r.State != content.Submitted {
		t.Fatalf("the comment changed the review: %+v", r)
	}
	s.do(reviewer, action.ApproveEntry{ID: id, Locale: "fr"}) // of the values, which are the same

	s.do(author, action.SaveDraft{ID: id, Inputs: in("title", "Un titre plus long")})
	same(t, "comments after an edit", len(comments()), 1)
	s.refuse(reader, action.CommentField{ID: id, Locale: "fr", Field: "title", Text: "x"}, "not_allowed")
	s.refuse(reader, action.SettleComment{ID: id, Locale: "fr", Comment: comments()[0].ID}, "not_allowed")
	s.refuse(author, action.CommentField{ID: id, Locale: "fr", Field: "title"}, "invalid_values")
	s.refuse(author, action.CommentField{ID: id, Locale: "fr", Field: "titel", Text: "x"}, "invalid_values")
	s.refuse(author, action.SettleComment{ID: id, Locale: "fr", Comment: "nope"}, "comment_missing")
	s.refuse(author, action.CommentField{ID: id, Locale: "ar", Field: "title", Text: "x"}, "locale_missing")

	s.do(author, action.SettleComment{ID: id, Locale: "fr", Comment: comments()[0].ID})
	same(t, "comments once settled", len(comments()), 0)
}

func TestCommentsAreBounded(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un")
	for range action.MaxComments {
		s.do(robot, action.CommentField{ID: id, Locale: "fr", Field: "title", Text: "encore"})
	}
	s.refuse(robot, action.CommentField{ID: id, Locale: "fr", Field: "title", Text: "de trop"}, "too_many_comments")
}
