package action

import (
	"maps"
	"slices"
	"strconv"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// PublishEntry makes the newest values of some locales what visitors see, and
// with them the newest of what the locales share. Required fields have to be
// there, unique ones unique, and references have to lead somewhere.
type PublishEntry struct {
	ID      content.EntryID
	Locales []content.Locale // none: all that the entry has
	// Leave names fields that stay as visitors see them, in locales that are live;
	// what is newer in them stays a draft.
	Leave   []string
	IfMatch *int
}

// Name is "entry.publish".
func (PublishEntry) Name() string { return "entry.publish" }

// Needs the right to publish.
func (a PublishEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Publish, a.ID, a.Locales...)
}

// Plan publishes; what is live already, without a draft, stays as it is.
func (a PublishEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	locales, err := e.facesOf(a.Locales)
	if err != nil {
		return nil, err
	}
	left, err := e.leave(locales, a.Leave)
	if err != nil {
		return nil, err
	}
	if !e.unpublished(locales) {
		return nil, nil
	}
	if err := e.publish(tx, locales, env); err != nil {
		return nil, err
	}
	for l, draft := range left {
		e.side(l).Draft = draft
	}
	return e.changes(), nil
}

// leave has some fields of the drafts be as they are live, and gives the drafts
// that go on after the others are published.
func (e *edit) leave(locales []content.Locale, names []string) (map[content.Locale]*content.Version, error) {
	if len(names) == 0 {
		return nil, nil
	}
	stays := map[content.FieldID]bool{}
	for i, name := range names {
		f := e.col.FieldNamed(name)
		if f == nil {
			return nil, problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{
				problem.Unknown("field_unknown", "/leave/"+strconv.Itoa(i), name, e.col.FieldNames())})
		}
		stays[f.ID] = true
	}
	for _, l := range locales {
		if e.Side(l).Published == nil {
			return nil, problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Pointer: "/leave", Code: "leave_not_live", Args: problem.Args{"locale": string(l)}}})
		}
	}
	left := map[content.Locale]*content.Version{}
	for _, l := range append([]content.Locale{content.Shared}, locales...) {
		s := e.Sides[l]
		if s == nil || s.Draft == nil {
			continue
		}
		live := s.Published
		if live == nil {
			live = &content.Version{}
		}
		part := &content.Version{Revision: e.Revision, At: e.env.Now, By: e.env.By,
			Values: withOld(s.Draft.Values, live.Values, stays), Personal: withOld(s.Draft.Personal, live.Personal, stays)}
		if sameValues(part, s.Draft) {
			continue
		}
		left[l], s.Draft = s.Draft, part
		if s.Published != nil && sameValues(part, s.Published) {
			s.Draft = nil
		}
	}
	return left, nil
}

// withOld gives values in which some fields are as they were.
func withOld(now, old content.Values, stays map[content.FieldID]bool) content.Values {
	out := maps.Clone(now)
	for id := range stays {
		delete(out, id)
		if v, ok := old[id]; ok {
			if out == nil {
				out = content.Values{}
			}
			out[id] = v
		}
	}
	return out
}

// unpublished reports whether publishing these locales would change anything.
func (e *edit) unpublished(locales []content.Locale) bool {
	if e.Side(content.Shared).Draft != nil {
		return true
	}
	for _, l := range locales {
		if s := e.Side(l); s.Published == nil || s.Draft != nil || s.PublishAt != nil {
			return true
		}
	}
	return false
}

// publish checks and publishes some locales with the rights of by.
func (e *edit) publish(tx *view.Tx, locales []content.Locale, by Env) error {
	if err := e.ready(tx, locales, by); err != nil {
		return err
	}
	for _, l := range locales {
		e.goLive(l)
	}
	return nil
}

// ready says why some locales may not be published as they are, or nil.
func (e *edit) ready(tx *view.Tx, locales []content.Locale, by Env) error {
	var faults []problem.Field
	for _, l := range locales {
		found, err := e.check(tx, l, everyField)
		if err != nil {
			return err
		}
		found = append(e.env.Kinds.CheckComplete(e.col, e.Working(l)), found...)
		for _, f := range found {
			if f.Args == nil {
				f.Args = problem.Args{}
			}
			f.Args["locale"] = string(l)
			faults = append(faults, f)
		}
	}
	if err := problem.OfFields(problem.Invalid, "entry_incomplete", faults); err != nil {
		return err
	}
	for _, l := range locales {
		if err := e.reviewed(tx, l, by); err != nil {
			return err
		}
	}
	return nil
}

func everyField(content.FieldID) bool { return true }

// reviewed holds a collection with review to its rule: what goes live was
// approved in exactly this revision, or goes live by someone who could approve
// it.
func (e *edit) reviewed(tx *view.Tx, l content.Locale, by Env) error {
	if !e.col.Review {
		return nil
	}
	if r := e.Side(l).Review; r != nil && r.State == content.Approved && r.Revision == contentRevision(e.Entry, l) {
		return nil
	}
	ok, err := may(tx, by, needOf(e.col, access.Review, e.known(), l))
	if err != nil || ok {
		return err
	}
	return problem.New(problem.Forbidden, "review_needed", problem.Args{"locale": string(l)})
}

// known is the id of the entry, or "" for one that is only being created.
func (e *edit) known() content.EntryID {
	if e.was == nil {
		return ""
	}
	return e.ID
}

// goLive moves the drafts of a locale and of what it shares to the front. The
// time of publication is when the locale became visible: corrections do not
// make an old text look new. What was planned for it to be withdrawn stays.
func (e *edit) goLive(l content.Locale) {
	if shared := e.Sides[content.Shared]; shared != nil && shared.Draft != nil {
		shared.Published, shared.Draft = shared.Draft, nil
	}
	s := e.side(l)
	if s.Published == nil || s.PublishedAt == nil {
		s.PublishedAt = new(e.env.Now)
		if s.FirstPublishedAt == nil {
			s.FirstPublishedAt = s.PublishedAt
		}
	}
	if s.Draft != nil {
		s.Published, s.Draft = s.Draft, nil
	}
	s.Review = nil
	s.PublishAt = nil
	if s.UnpublishAt == nil {
		s.Planner = nil
	}
}

// UnpublishEntry withdraws some locales from visitors. Their values stay as a
// draft, and what was planned for them is off.
type UnpublishEntry struct {
	ID      content.EntryID
	Locales []content.Locale // none: all that the entry has
	IfMatch *int
}

// Name is "entry.unpublish".
func (UnpublishEntry) Name() string { return "entry.unpublish" }

// Needs the right to publish.
func (a UnpublishEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Publish, a.ID, a.Locales...)
}

// Plan withdraws.
func (a UnpublishEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	locales, err := e.facesOf(a.Locales)
	if err != nil {
		return nil, err
	}
	changed := false
	for _, l := range locales {
		if e.Side(l).Published != nil {
			e.withdraw(l)
			changed = true
		}
	}
	if !changed {
		return nil, nil
	}
	return e.changes(), nil
}

// withdraw takes one locale back, and what the locales share with the last.
func (e *edit) withdraw(l content.Locale) {
	s := e.side(l)
	retire(s)
	s.PublishedAt = nil
	unplan(s)
	if shared := e.Sides[content.Shared]; shared != nil && !live(e.Entry) {
		retire(shared)
	}
}

// retire makes what is live the draft, unless there is a newer one.
func retire(s *content.Side) {
	if s.Draft == nil {
		s.Draft = s.Published
	}
	s.Published = nil
}

// discardable reports whether a side has both a draft and something live.
func discardable(s *content.Side) bool { return s.Draft != nil && s.Published != nil }

// DiscardDraft goes back from the draft of a locale, and of what it shares, to
// what is live. A locale that was never published has nothing to go back to
// and is removed, unless it is the only one. The history keeps everything.
type DiscardDraft struct {
	ID      content.EntryID
	Locale  content.Locale
	IfMatch *int
}

// Name is "entry.discard_draft".
func (DiscardDraft) Name() string { return "entry.discard_draft" }

// Needs the right to update the fields that would go back.
func (a DiscardDraft) Needs(tx *view.Tx) ([]access.Need, error) {
	e, c, err := entryOf(tx, a.ID)
	if err != nil {
		return nil, err
	}
	n := needOf(c, access.Update, a.ID, a.Locale)
	l := faceOf(e, c, a.Locale)
	for _, id := range differing(e.Live(l), e.Working(l)) {
		if c.Field(id) != nil {
			n.Fields = append(n.Fields, id)
		}
	}
	slices.Sort(n.Fields)
	return []access.Need{n}, nil
}

// Plan discards.
func (a DiscardDraft) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, l, err := beginIn(tx, env, a.ID, a.Locale, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := e.mayChangePlanned(tx); err != nil {
		return nil, err
	}
	s, shared := e.side(l), e.Side(content.Shared)
	switch {
	case s.Published == nil && len(faces(e.Entry)) == 1:
		return nil, problem.New(problem.Conflict, "nothing_live", problem.Args{"locale": string(l)})
	case s.Published == nil:
		delete(e.Sides, l)
		return e.changes(), nil
	case s.Draft == nil && !discardable(shared):
		return nil, nil
	}
	s.Draft, s.Review, s.PublishAt = nil, nil, nil
	if discardable(shared) && l != content.Shared {
		e.side(content.Shared).Draft = nil
	}
	return e.changes(), nil
}
