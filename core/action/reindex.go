package action

import (
	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// ReindexSearch has every node make its text index anew, beside the one that
// answers meanwhile.
type ReindexSearch struct{}

// Name is "search.reindex".
func (ReindexSearch) Name() string { return "search.reindex" }

// Needs to manage the search.
func (ReindexSearch) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Search) }

// Plan counts the revision of the index up.
func (ReindexSearch) Plan(tx *view.Tx, _ Env) ([]content.Change, error) {
	index := content.Index{ID: content.SearchIndex}
	n, err := tx.Noun(content.NounIndex, content.SearchIndex)
	if err == nil {
		index, err = noun.Decode[content.Index](n)
	}
	if err != nil && !noun.Missing(err) {
		return nil, err
	}
	index.Revision++
	return noun.Change(content.NounIndex, content.SearchIndex, "", index)
}
