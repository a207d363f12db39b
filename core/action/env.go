package action

import (
	"errors"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// outcome is what a Plan says of itself beside its changes.
type outcome struct {
	reason  string   // instead of the caller's
	dropped []string // names or ids of fields whose values could not be taken over

	// What it was about, for a receipt when there is nothing to change.
	subject string
	entry   *content.Entry
}

// batch is what a Plan of several entries knows before they are in the view:
// their ids, and the values that they hold in unique fields.
type batch struct {
	ids   map[content.EntryID]content.CollectionID
	taken map[place]content.EntryID
	// assets are the media types of those that the same plan brings.
	assets map[content.AssetID]string
}

type place struct {
	collection content.CollectionID
	field      content.FieldID
	locale     content.Locale
	value      any
}

// expects gives the collection of an entry that the same plan brings.
func (env Env) expects(id content.EntryID) (content.CollectionID, bool) {
	if env.batch == nil {
		return "", false
	}
	c, ok := env.batch.ids[id]
	return c, ok
}

// reserved reports whether another entry of the same plan holds a value.
func (env Env) reserved(p place, except content.EntryID) bool {
	if env.batch == nil || !comparable(p.value) {
		return false
	}
	holder, ok := env.batch.taken[p]
	return ok && holder != except
}

// reserve notes the values that an entry of the plan holds in unique fields.
func (e *edit) reserve() {
	for i := range e.col.Fields {
		f := &e.col.Fields[i]
		if !f.Unique && f.ID != e.col.Slug {
			continue
		}
		for _, l := range faces(e.Entry) {
			if v := e.Working(l)[f.ID]; v != nil && comparable(v) {
				e.env.batch.taken[place{e.col.ID, f.ID, sideOf(f, l), v}] = e.ID
			}
		}
	}
}

func comparable(v any) bool {
	switch v.(type) {
	case string, float64, bool:
		return true
	}
	return false
}

// About says what the plan is about, for the receipt when there is nothing to
// change.
func (env Env) About(subject string) { env.out.subject = subject }

// ProgramOnly refuses whoever is not the program itself.
func (env Env) ProgramOnly() error {
	if env.By.Kind == content.ActorSystem {
		return nil
	}
	return problem.New(problem.Forbidden, "program_only", nil)
}

// asProblem gives the problem in an error, or an Internal one.
func asProblem(err error) *problem.Error {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p
	}
	return problem.Wrap(err, problem.Internal, "write_failed", nil)
}
