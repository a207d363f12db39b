package action

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Hook has a say in commits before they are made. It is asked outside of the
// writer, so that a slow one delays nobody but the caller whose change it is.
type Hook interface {
	// Wants says without waiting whether the hook wants to see a commit.
	Wants(c *content.Commit) bool
	// BeforeCommit refuses with a problem, or gives patches. It may be asked
	// several times about one change, and about changes that never happen: it
	// must have no effect, and must not change what it is shown.
	BeforeCommit(ctx context.Context, p Proposal) ([]Patch, error)
}

// Proposal is a commit as it would be, and the entries as they are before it.
type Proposal struct {
	Commit *content.Commit
	Before map[content.EntryID]*content.Entry // without those that it creates
}

// Patch sets values of an entry, in the outer form of their kinds: the fields
// that it names and no others. It counts only for values that the commit saves
// anyway.
type Patch struct {
	Entry  content.EntryID
	Locale content.Locale
	Values map[string]any
}

// maxAsks bounds how often the hooks are asked about one change, because
// another writer changed meanwhile what it is planned on.
const maxAsks = 5

// errAsk ends a plan that the hooks have to see first.
var errAsk = errors.New("hooks have to be asked")

// verdict is what the hooks said of a commit, which outline tells from others.
type verdict struct {
	outline [sha256.Size]byte
	patches []Patch
}

// ask puts the planned commit before the hooks that want to see it.
func (u *run) ask(ctx context.Context) error {
	v := &verdict{outline: u.asked}
	for _, h := range u.r.o.Hooks {
		if !h.Wants(u.proposal.Commit) {
			continue
		}
		patches, err := h.BeforeCommit(ctx, u.proposal)
		if err != nil {
			return err
		}
		v.patches = append(v.patches, patches...)
	}
	u.verdict = v
	return nil
}

// hooked gives errAsk unless no hook wants to see the commit or they have seen
// one just like it; then their patches are put into it.
func (u *run) hooked(tx *view.Tx, commit *content.Commit) error {
	if !slices.ContainsFunc(u.r.o.Hooks, func(h Hook) bool { return h.Wants(commit) }) {
		return nil
	}
	seen, err := outline(commit)
	if err != nil {
		return err
	}
	if u.verdict == nil || u.verdict.outline != seen {
		u.asked = seen
		u.proposal, err = propose(tx, commit)
		if err != nil {
			return err
		}
		return errAsk
	}
	if len(u.verdict.patches) == 0 {
		return nil
	}
	for _, p := range u.verdict.patches {
		if err := u.patch(tx, commit, p); err != nil {
			return err
		}
	}
	return u.recheck(tx, commit)
}

// propose copies a commit for the time after the plan, and looks up what is
// there before it.
func propose(tx *view.Tx, commit *content.Commit) (Proposal, error) {
	copied := *commit
	copied.Changes = slices.Clone(commit.Changes)
	p := Proposal{Commit: &copied, Before: map[content.EntryID]*content.Entry{}}
	for _, change := range copied.Changes {
		var id content.EntryID
		switch {
		case change.Entry != nil:
			id = change.Entry.ID
		case change.Gone != nil && change.Gone.Kind == content.NounEntry:
			id = content.EntryID(change.Gone.ID)
		default:
			continue
		}
		switch e, err := tx.Entry(id); {
		case err == nil:
			p.Before[id] = e
		case !noun.Missing(err):
			return Proposal{}, err
		}
	}
	return p, nil
}

// outline is what a commit changes, without the times, which differ each time
// that it is planned.
func outline(commit *content.Commit) (sum [sha256.Size]byte, err error) {
	h := sha256.New()
	for _, change := range commit.Changes {
		switch {
		case change.Entry != nil:
			err = outlineEntry(h, change.Entry)
		case change.Noun != nil:
			_, err = fmt.Fprintf(h, "noun %s %s\n", change.Noun.Kind, change.Noun.ID)
		case change.Gone != nil:
			_, err = fmt.Fprintf(h, "gone %s %s\n", change.Gone.Kind, change.Gone.ID)
		case change.Erased != nil:
			_, err = fmt.Fprintf(h, "erased %s %s\n", change.Erased.Kind, change.Erased.ID)
		}
		if err != nil {
			return sum, fmt.Errorf("compare commits: %w", err)
		}
	}
	h.Sum(sum[:0])
	return sum, nil
}

func outlineEntry(w io.Writer, e *content.Entry) error {
	if _, err := fmt.Fprintf(w, "entry %s %d %s %t\n", e.ID, e.Revision, e.Parent, e.TrashedAt != nil); err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	for _, l := range append([]content.Locale{content.Shared}, e.Locales()...) {
		s := e.Side(l)
		for _, v := range []*content.Version{s.Draft, s.Published} {
			line := []any{l, s.PublishAt, s.UnpublishAt, s.Review != nil}
			if v != nil {
				line = append(line, v.Revision, v.Values, v.Personal)
			}
			if err := enc.Encode(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// patch puts the values of a hook into a commit.
func (u *run) patch(tx *view.Tx, commit *content.Commit, p Patch) error {
	for i := range commit.Changes {
		e := commit.Changes[i].Entry
		if e == nil || e.ID != p.Entry {
			continue
		}
		c := tx.Collection(string(e.Collection))
		if c == nil {
			return noEntry(e.ID)
		}
		input, err := u.r.o.Kinds.Decode(c, p.Values)
		if err != nil {
			return problem.Wrap(err, problem.Internal, "hook_left_odd_value", problem.Args{"field": firstName(p.Values)})
		}
		env := u.r.env(u.by, nil)
		env.Now = commit.At
		out := &edit{Entry: e.Clone(), was: e, col: c, env: env}
		out.amend(content.Shared, input.Shared, input.SharedPersonal)
		face := faceOf(e, c, p.Locale)
		out.amend(face, input.Localized, input.LocalizedPersonal)
		faults, err := out.check(tx, face, given{input: input}.names)
		if err != nil {
			return err
		}
		if len(faults) > 0 {
			return &problem.Error{Kind: problem.Internal, Code: "hook_left_odd_value", Fields: faults,
				Args: problem.Args{"field": firstName(p.Values)}}
		}
		commit.Changes[i].Entry = out.Entry
	}
	return nil
}

func firstName(values map[string]any) string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	if len(names) == 0 {
		return ""
	}
	return slices.Min(names)
}

// amend changes values of what this revision saves on one side, live or not. A
// revision that saves no values takes none.
func (e *edit) amend(l content.Locale, values, personal content.Values) {
	if len(values)+len(personal) == 0 || !e.saves() {
		return
	}
	s := e.side(l)
	if newest := s.Newest(); newest == nil || newest.Revision != e.Revision {
		e.put(l, values, personal)
		if l == content.Shared && s.Draft != nil && e.publishes() {
			s.Published, s.Draft = s.Draft, nil
		}
		return
	}
	amended := map[*content.Version]*content.Version{}
	for _, v := range []**content.Version{&s.Draft, &s.Published} {
		old := *v
		if old == nil || old.Revision != e.Revision {
			continue
		}
		if amended[old] == nil {
			next := *old
			next.Values, next.Personal = schema.Apply(old.Values, values), schema.Apply(old.Personal, personal)
			amended[old] = &next
		}
		*v = amended[old]
	}
}

// saves reports whether this revision saves values.
func (e *edit) saves() bool {
	for _, v := range e.Versions {
		if v.Revision == e.Revision {
			return true
		}
	}
	return false
}

// publishes reports whether what this revision saves is live at once.
func (e *edit) publishes() bool {
	for _, s := range e.Sides {
		if s.Published != nil && s.Published.Revision == e.Revision {
			return true
		}
	}
	return false
}
