package action

import (
	"context"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// What the tests, which stand outside with the acts of accounts, look at.
var (
	Lost               = lost
	ValidID            = validID
	EachSearchDocument = eachSearchDocument
)

// MaxDepth is how deep a tree may be.
const MaxDepth = maxDepth

// Tell turns an error into what the caller is told.
func (r *Runner) Tell(ctx context.Context, by content.Actor, err error) error {
	return r.tell(ctx, by, err)
}

// Prepared is an action that has read beforehand what it needs.
func Prepared(ctx context.Context, r *Runner, by content.Actor, a DefineCollection) (Action, error) {
	return a.prepare(ctx, r, by)
}

// DoPrepared carries out what Prepared gave.
func (r *Runner) DoPrepared(ctx context.Context, by content.Actor, a Action) error {
	u := &run{r: r, ctx: ctx, by: by, action: a}
	_, err := r.o.Writer.Do(ctx, func(tx *view.Tx) (content.Commit, error) { return u.plan(tx) })
	return err
}
