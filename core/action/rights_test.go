package action_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// owned is a condition on the field owner.
func owned(by string) string { return `{"owner":{"_eq":"` + by + `"}}` }

// An actor who reaches only their own entries can neither take others', nor
// push one out of their reach, nor learn of what they cannot read.
func TestRowRights(t *testing.T) {
	s := withNotes(t, nil)
	all := []access.Verb{access.ReadDraft, access.Create, access.Update, access.Publish, access.Delete}
	ann := s.user("ann", rows(grants("notes", all...), owned("ann")))
	bob := s.user("bob", rows(grants("notes", all...), owned("bob")), grants("notes", access.Read))

	own := content.EntryID(s.do(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "À moi", "owner", "ann")}).Subject)
	s.refuse(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "À lui", "owner", "bob")}, "outside_reach")
	s.refuse(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "À personne")}, "outside_reach")
	s.do(ann, action.SaveDraft{ID: own, Inputs: in("body", "texte")})
	s.refuse(ann, action.SaveDraft{ID: own, Inputs: in("owner", "bob")}, "outside_reach")
	same(t, "revision", s.entry(own).Revision, 2)

	for _, a := range []action.Action{
		action.SaveDraft{ID: own, Inputs: in("title", "x")}, action.PublishEntry{ID: own}, action.TrashEntry{ID: own},
		action.MoveEntry{ID: own}, action.DiscardDraft{ID: own, Locale: "fr"}, action.CopyEntry{ID: own}, action.RevertEntry{ID: own, Locale: "fr", To: 1},
	} {
		s.refuse(bob, a, "entry_not_found")
	}
	s.do(ann, action.PublishEntry{ID: own})
	s.refuse(bob, action.SaveDraft{ID: own, Inputs: in("title", "x")}, "not_allowed_entry")
	s.refuse(content.Actor{}, action.SaveDraft{ID: own, Inputs: in("title", "x")}, "entry_not_found")

	// Rows may speak of who made an entry, which is known only after it is made.
	eve := s.user("eve", rows(grants("notes", all...), `{"created_by":{"_eq":"$user"}}`))
	made := content.EntryID(s.do(eve, action.CreateEntry{Collection: "notes", Inputs: in("title", "Fait")}).Subject)
	s.do(eve, action.SaveDraft{ID: made, Inputs: in("title", "Refait")})
	s.refuse(eve, action.SaveDraft{ID: own, Inputs: in("title", "x")}, "entry_not_found")
}

func TestEveryActionAsksForItsVerb(t *testing.T) {
	s := withNotes(t, nil)
	id := s.note("title", "Un")
	trashed := s.note("title", "Deux")
	s.do(robot, action.TrashEntry{ID: trashed})
	soon := s.clock.now().Add(time.Hour)
	acts := map[access.Verb][]action.Action{
		access.Update:  {action.SaveDraft{ID: id, Inputs: in("body", "b")}, action.MoveEntry{ID: id}, action.DiscardDraft{ID: id, Locale: "fr"}, action.RevertEntry{ID: id, Locale: "fr", To: 1}},
		access.Publish: {action.PublishEntry{ID: id}, action.UnpublishEntry{ID: id}, action.ScheduleEntry{ID: id, Locale: "fr", PublishAt: &soon}},
		access.Submit:  {action.SubmitEntry{ID: id, Locale: "fr"}},
		access.Review:  {action.ApproveEntry{ID: id, Locale: "fr"}, action.RejectEntry{ID: id, Locale: "fr", Reason: "non"}},
		access.Delete:  {action.TrashEntry{ID: id}, action.RestoreEntry{ID: trashed}},
		access.Purge:   {action.PurgeEntry{ID: trashed}},
		access.Erase:   {action.EraseEntry{ID: id}},
		access.Create:  {action.CreateEntry{Collection: "notes", Inputs: in("title", "x")}, action.CopyEntry{ID: id}},
	}
	for verb := range acts {
		without := []access.Verb{access.Read, access.ReadDraft}
		for other := range acts {
			if other != verb {
				without = append(without, other)
			}
		}
		by := s.user("without-"+string(verb), grants("notes", without...))
		for _, a := range acts[verb] {
			_, err := s.runner.Do(t.Context(), by, a)
			if problem.CodeOf(err) != "not_allowed" {
				t.Errorf("%s without the right to %s gives %v", a.Name(), verb, err)
			}
		}
	}
	nobody := s.user("nobody", grants("notes", access.Read))
	for _, a := range []action.Action{
		action.DefineCollection{Definition: define(t, notes)}, action.RemoveCollection{Collection: "notes"},
		account.SaveUser{}, account.DisableUser{ID: "x"}, account.EraseUser{ID: "x"}, account.SetPassword{User: "x"}, account.RemoveFactor{User: "x"}, account.OpenLink{User: "x", Purpose: content.LinkInvite},
		account.SaveRole{}, account.RemoveRole{ID: "x"}, action.SaveAsset{}, action.RemoveAsset{ID: "x"}, account.CloseSessions{User: "x"}, account.CreateToken{User: "x"},
	} {
		_, err := s.runner.Do(t.Context(), nobody, a)
		if problem.KindOf(err) != problem.Forbidden {
			t.Errorf("%s by somebody without rights gives %v", a.Name(), err)
		}
	}
	for _, a := range []action.Action{action.Init{}, account.SignIn{}, account.EnterCode{}, account.UseLink{}, account.OpenLink{Purpose: content.LinkReset}, account.SweepSessions{}, action.PublishDue{ID: id}, action.UnpublishDue{ID: id}} {
		s.refuse(nobody, a, "program_only")
	}
	same(t, "nothing happened", s.entry(id).Revision, 1)
}

// Rights that are taken away count from the next change on, also within one
// batch of the writer.
func TestRightsAreFresh(t *testing.T) {
	s := withNotes(t, nil)
	ann := s.user("ann", grants("notes", access.ReadDraft, access.Create))
	s.do(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "Un")})
	s.do(robot, account.DisableUser{ID: content.UserID(ann.ID), Disabled: true})
	s.refuse(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "Deux")}, "account_closed")
	s.do(robot, account.DisableUser{ID: content.UserID(ann.ID)})
	s.do(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "Trois")})
	s.do(robot, account.SaveRole{Role: access.Role{ID: "ann", Name: "ann", Grants: []access.Grant{grants("notes", access.Read)}}})
	s.refuse(ann, action.CreateEntry{Collection: "notes", Inputs: in("title", "Quatre")}, "not_allowed")
}

type hook func(p action.Proposal) ([]action.Patch, error)

func (h hook) Wants(c *content.Commit) bool {
	return slices.ContainsFunc(c.Changes, func(ch content.Change) bool { return ch.Entry != nil })
}

func (h hook) BeforeCommit(_ context.Context, p action.Proposal) ([]action.Patch, error) { return h(p) }

func TestHooks(t *testing.T) {
	var seen []string
	s := newSite(t, hook(func(p action.Proposal) ([]action.Patch, error) {
		e := p.Commit.Changes[0].Entry
		seen = append(seen, fmt.Sprint(p.Commit.Action, " ", p.Before[e.ID] != nil))
		patch := func(name string, v any) ([]action.Patch, error) {
			return []action.Patch{{Entry: e.ID, Locale: "fr", Values: map[string]any{name: v}}}, nil
		}
		switch e.Working("fr")["title"] {
		case "interdit":
			return nil, problem.New(problem.Forbidden, "not_allowed", nil)
		case "bizarre":
			return patch("title", 7.0)
		case "inconnu":
			return patch("nothing", 7.0)
		case "à compléter":
			return patch("title", "complété")
		}
		return nil, nil
	}))
	s.defineNotes(nil)
	id := s.note("title", "à compléter")
	same(t, "title", s.entry(id).Working("fr")["title"], "complété")
	s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("title", "interdit")}, "not_allowed")
	for _, title := range []string{"bizarre", "inconnu"} {
		s.refuse(robot, action.SaveDraft{ID: id, Inputs: in("title", title)}, "hook_left_odd_value")
	}
	// What is published at once is patched in both places.
	r := s.do(robot, action.CreateEntry{Collection: "notes", Inputs: in("title", "à compléter"), Publish: true})
	same(t, "live title", r.Entry.Live("fr")["title"], "complété")
	same(t, "no draft is left", r.Entry.Side("fr").Draft == nil, true)
	same(t, "hooks saw", seen, []string{"entry.create false", "entry.save true", "entry.save true", "entry.save true", "entry.create false"})
}

// A hook is slow; others go on meanwhile. When one of them changes what the
// plan stands on, the hook is asked again about what comes of it.
func TestHookDelaysOnlyItsChange(t *testing.T) {
	asked := make(chan string)
	proceed := make(chan struct{})
	s := newSite(t, hook(func(p action.Proposal) ([]action.Patch, error) {
		title, _ := p.Commit.Changes[0].Entry.Working("fr")["title"].(string)
		if strings.HasPrefix(title, "lent") {
			asked <- fmt.Sprint(title, " ", p.Commit.Changes[0].Entry.Revision)
			<-proceed
		}
		return nil, nil
	}))
	s.defineNotes(nil)
	id := s.note("title", "Un")
	done := make(chan error, 1)
	go func() {
		_, err := s.runner.Do(context.Background(), robot, action.SaveDraft{ID: id, Inputs: in("title", "lent")})
		done <- err
	}()
	same(t, "asked about", <-asked, "lent 2")
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("title", "Deux")}) // does not wait
	proceed <- struct{}{}
	same(t, "asked again about", <-asked, "lent 3")
	proceed <- struct{}{}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	same(t, "title", s.entry(id).Working("fr")["title"], "lent")
}

func TestReview(t *testing.T) {
	s := withNotes(t, func(c *schema.Collection) { c.Review = true })
	author := s.user("author", grants("notes", access.ReadDraft, access.Create, access.Update, access.Submit))
	publisher := s.user("publisher", grants("notes", access.ReadDraft, access.Create, access.Update, access.Publish))
	reviewer := s.user("reviewer", grants("notes", access.ReadDraft, access.Review, access.Publish))
	id := content.EntryID(s.do(author, action.CreateEntry{Collection: "notes", Inputs: in("title", "Un", "score", 1)}).Subject)

	s.refuse(publisher, action.PublishEntry{ID: id}, "review_needed")
	s.refuse(publisher, action.CreateEntry{Collection: "notes", Inputs: in("title", "x"), Publish: true}, "review_needed")
	s.refuse(reviewer, action.ApproveEntry{ID: id, Locale: "fr"}, "not_submitted")
	s.do(author, action.SubmitEntry{ID: id, Locale: "fr", Comment: "prêt"})
	s.refuse(reviewer, action.RejectEntry{ID: id, Locale: "fr", Reason: "  "}, "invalid_values")
	s.do(reviewer, action.RejectEntry{ID: id, Locale: "fr", Reason: "à revoir"})
	r := s.entry(id).Side("fr").Review
	same(t, "state", r.State, content.Rejected)
	same(t, "reason", r.Comment, "à revoir")
	s.refuse(reviewer, action.ApproveEntry{ID: id, Locale: "fr"}, "not_submitted")

	s.do(author, action.SaveDraft{ID: id, Inputs: in("title", "Deux")})
	same(t, "the reason stays while it is worked on", s.entry(id).Side("fr").Review.Comment, "à revoir")
	s.do(author, action.SubmitEntry{ID: id, Locale: "fr"})
	s.do(reviewer, action.ApproveEntry{ID: id, Locale: "fr"})
	s.do(publisher, action.SaveDraft{ID: id, Inputs: in("score", 2)}) // shared: it goes live with the locale
	if s.entry(id).Side("fr").Review != nil {
		t.Error("an edit leaves the approval")
	}
	s.refuse(publisher, action.PublishEntry{ID: id}, "review_needed")
	s.do(author, action.SubmitEntry{ID: id, Locale: "fr"})
	s.do(reviewer, action.ApproveEntry{ID: id, Locale: "fr"})
	e := s.do(publisher, action.PublishEntry{ID: id}).Entry
	same(t, "status", e.Status("fr"), content.StatusPublished)
	if e.Side("fr").Review != nil {
		t.Error("the review is over once it is published")
	}
	s.refuse(author, action.SubmitEntry{ID: id, Locale: "fr"}, "nothing_to_review")
	s.do(publisher, action.SaveDraft{ID: id, Inputs: in("title", "Trois")})
	s.do(reviewer, action.PublishEntry{ID: id}) // who could approve may publish at once
}

func TestSchedule(t *testing.T) {
	s := withNotes(t, nil)
	ed := s.user("ed", grants("notes", access.ReadDraft, access.Update, access.Publish))
	author := s.user("author", grants("notes", access.ReadDraft, access.Update))
	id := s.note("title", "Un")
	now := s.clock.now()
	soon, later, past := now.Add(time.Hour), now.Add(2*time.Hour), now.Add(-time.Hour)
	far := now.AddDate(11, 0, 0)

	for name, c := range map[string]struct {
		publish, unpublish *time.Time
		want               string
	}{
		"past":          {&past, nil, "/publish_at time_past"},
		"far":           {&far, nil, "/publish_at time_too_far"},
		"wrong order":   {&later, &soon, "/unpublish_at unpublish_before_publish"},
		"same time":     {&soon, &soon, "/unpublish_at unpublish_before_publish"},
		"nothing lives": {nil, &soon, "/unpublish_at nothing_live_then"},
	} {
		p := s.refuse(ed, action.ScheduleEntry{ID: id, Locale: "fr", PublishAt: c.publish, UnpublishAt: c.unpublish}, "schedule_invalid")
		same(t, name, pointers(p), []string{c.want})
	}
	s.do(ed, action.ScheduleEntry{ID: id, Locale: "fr", PublishAt: &soon, UnpublishAt: &later})
	same(t, "status", s.entry(id).Status("fr"), content.StatusScheduled)

	// Who may not publish cannot change what will be.
	p := s.refuse(author, action.SaveDraft{ID: id, Inputs: in("title", "Glissé")}, "entry_planned")
	if p.Meta["publish_at"] == nil {
		t.Error("it is not told when")
	}
	s.do(robot, action.SaveDraft{ID: id, Inputs: in("body", "b")})
	same(t, "planner", *s.entry(id).Side("fr").Planner, robot)
	s.do(ed, action.ScheduleEntry{ID: id, Locale: "fr"})
	s.do(ed, action.ScheduleEntry{ID: id, Locale: "fr", PublishAt: &soon, UnpublishAt: &later})

	due := content.Actor{Kind: content.ActorSystem, ID: "schedule"}
	head := s.log.Head()
	s.do(due, action.PublishDue{ID: id, Locale: "fr"})
	same(t, "commits too early", s.log.Head()-head, 0)
	s.clock.pass(time.Hour)
	s.do(due, action.PublishDue{ID: id, Locale: "fr"})
	head = s.log.Head()
	s.do(due, action.PublishDue{ID: id, Locale: "fr"})
	s.do(due, action.UnpublishDue{ID: id, Locale: "fr"})
	same(t, "commits when it is done", s.log.Head()-head, 0)
	same(t, "status", s.entry(id).Status("fr"), content.StatusPublished)
	s.clock.pass(time.Hour)
	s.do(due, action.UnpublishDue{ID: id, Locale: "fr"})
	e := s.entry(id)
	same(t, "status", e.Status("fr"), content.StatusDraft)
	same(t, "planner", e.Side("fr").Planner, (*content.Actor)(nil))
	s.do(due, action.PublishDue{ID: "01JD0000000000000000000000", Locale: "fr"}) // gone meanwhile
}

func TestScheduleLapses(t *testing.T) {
	s := withNotes(t, nil)
	due := content.Actor{Kind: content.ActorSystem, ID: "schedule"}
	plan := func(by content.Actor, title string) content.EntryID {
		id := s.note("title", title)
		soon := s.clock.now().Add(time.Hour)
		s.do(by, action.ScheduleEntry{ID: id, Locale: "fr", PublishAt: &soon})
		return id
	}
	ed := s.user("ed", grants("notes", access.ReadDraft, access.Update, access.Publish))
	eve := s.user("eve", grants("notes", access.ReadDraft, access.Update, access.Publish))
	disabled, demoted, incomplete := plan(eve, "Un"), plan(ed, "Deux"), plan(robot, "Trois")
	s.do(robot, account.DisableUser{ID: content.UserID(eve.ID), Disabled: true})
	s.do(robot, account.SaveRole{Role: access.Role{ID: "ed", Name: "ed", Grants: []access.Grant{grants("notes", access.Read)}}})
	s.do(robot, action.SaveDraft{ID: incomplete, Inputs: in("title", nil)})
	s.clock.pass(2 * time.Hour)
	for id, reason := range map[content.EntryID]string{
		disabled: "account_closed", demoted: "planner_not_allowed", incomplete: "entry_incomplete",
	} {
		s.do(due, action.PublishDue{ID: id, Locale: "fr"})
		e := s.entry(id)
		same(t, reason, e.Status("fr"), content.StatusDraft)
		same(t, "reason in the history", s.lastReason(id), reason)
	}
}
