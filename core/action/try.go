package action

import (
	"context"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Try says whether Do would carry an action out now: nil, or the problem that
// it would give. Hooks are not asked, and nothing is written. It gives the
// entry as it would be; nil: there is nothing to change.
func (r *Runner) Try(ctx context.Context, by content.Actor, a Action) (*content.Entry, error) {
	var entry *content.Entry
	err := r.o.View.Read(ctx, func(tx *view.Tx) error {
		policy, err := access.Load(tx, by, r.now())
		if err != nil {
			return err
		}
		env := r.env(by, policy)
		env.quiet = func(content.CollectionID, commitlog.Seq) bool { return false }
		granted, err := authorise(tx, env, a)
		if err != nil {
			return err
		}
		changes, err := a.Plan(tx, env)
		if err != nil || len(changes) == 0 {
			return err
		}
		entry = changes[0].Entry
		return reachable(tx, r.o.Kinds, content.Commit{Changes: slices.Clone(changes)}, granted)
	})
	if err != nil {
		return nil, r.tell(ctx, by, err)
	}
	return entry, nil
}
