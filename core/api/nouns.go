package api

import (
	"errors"

	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/storage/view"
)

// findNoun reads a thing that must exist.
func findNoun(tx *view.Tx, kind content.NounKind, id string) (*content.Noun, error) {
	n, err := tx.Noun(kind, id)
	if errors.Is(err, view.ErrNotFound) {
		return nil, noun.Absent(kind, id)
	}
	return n, err
}

// exists tells someone who wanted to make a new thing, and named no revision,
// that its id is taken.
func exists(err error) error {
	if problem.KindOf(err) == problem.Stale {
		return problem.Wrap(err, problem.Conflict, "id_taken", nil)
	}
	return err
}

// maxNouns bounds a list that is given as a whole.
const maxNouns = 1000

// eachNoun looks at all nouns of a kind, at most maxNouns.
func eachNoun(tx *view.Tx, kind content.NounKind, f func(*content.Noun) error) error {
	nouns, err := tx.Nouns(kind, "", maxNouns)
	if err != nil {
		return err
	}
	for _, n := range nouns {
		if err := f(n); err != nil {
			return err
		}
	}
	return nil
}

// nounPage reads the place in a list of nouns, which are ordered by id.
func (k *call) nounPage(names ...string) (after string, limit int, err error) {
	p, err := k.params(names...)
	if err != nil {
		return "", 0, err
	}
	return p.Page.After, pageSize(p), onlyPage(p)
}

func pageSize(p query.Params) int {
	if p.Page.Size > 0 {
		return p.Page.Size
	}
	return 50
}

// onlyPage refuses the parameters that only lists of entries know.
func onlyPage(p query.Params) error {
	switch {
	case p.Filter != nil:
		return problem.Parameter("filter", "parameter_not_here", nil)
	case p.Fields != "":
		return problem.Parameter("fields", "parameter_not_here", nil)
	case p.Sort != "":
		return problem.Parameter("sort", "parameter_not_here", nil)
	case p.Page.Number > 0:
		return problem.Parameter("page[number]", "parameter_not_here", nil)
	case p.Page.Before != "":
		return problem.Parameter("page[before]", "parameter_not_here", nil)
	case p.Count != "":
		return problem.Parameter("count", "parameter_not_here", nil)
	case p.Locale != "" || p.Fallback != nil || p.AnyLocale:
		return problem.Parameter("locale", "parameter_not_here", nil)
	case p.Version != (query.Version{}):
		return problem.Parameter("version", "parameter_not_here", nil)
	case p.Trashed:
		return problem.Parameter("trashed", "parameter_not_here", nil)
	}
	return nil
}
