package action

import (
	"errors"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// DescribeAsset notes what was found in the file of an asset. It may be asked
// any number of times, from any node: a file that was replaced since, or an
// asset that is gone, is left alone. It makes no new revision, so that nobody
// who edits the asset meanwhile is told of a conflict.
type DescribeAsset struct {
	ID   content.AssetID
	Blob string // the file that was looked into
	Text content.AssetText
}

// Name is "asset.describe".
func (DescribeAsset) Name() string { return "asset.describe" }

// Needs nothing: only the program itself may do it.
func (DescribeAsset) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan notes.
func (a DescribeAsset) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	asset, err := noun.Find[content.Asset](tx, content.NounAsset, string(a.ID))
	if p, ok := errors.AsType[*problem.Error](err); ok && p.Kind == problem.NotFound {
		return nil, nil
	}
	if err != nil || asset.Blob != a.Blob || asset.Text != nil && *asset.Text == a.Text {
		return nil, err
	}
	asset.Text = &a.Text
	return noun.Change(content.NounAsset, string(a.ID), "", asset)
}
