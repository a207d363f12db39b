package api

import (
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxHolders bounds the entries that are asked whether they hold a file back.
const maxHolders = 200

// released asks whether an entry holds a file back from the caller: a problem
// that says until when, unless they may read the drafts of its collection.
func (k *call) released(id content.AssetID) error {
	return k.read(func(tx *view.Tx, p *access.Policy) error {
		for _, live := range []bool{true, false} {
			links, err := tx.Backlinks(content.Ref{Kind: content.RefAsset, ID: string(id)}, live, maxHolders)
			if err != nil {
				return err
			}
			for _, l := range links {
				until, err := embargo(tx, l, live)
				if err != nil {
					return err
				}
				if until > k.api.o.Now().UTC().Format(time.DateOnly) && !p.May(access.ReadDraft, string(l.Collection)) {
					if until == schema.Forever {
						return problem.New(problem.Gone, "file_withdrawn", nil)
					}
					return problem.New(problem.Forbidden, "file_embargo", problem.Args{"until": until}).With("until", until)
				}
			}
		}
		return nil
	})
}

// embargo gives the date until which an entry holds its files back, or "".
func embargo(tx *view.Tx, l view.Backlink, live bool) (string, error) {
	col := tx.Collection(string(l.Collection))
	if col == nil {
		return "", nil
	}
	if f := col.Field(l.Field); f == nil || !f.HeldBack() {
		return "", nil
	}
	e, err := tx.Entry(l.Entry)
	if err != nil {
		return "", err
	}
	until := ""
	for _, locale := range []content.Locale{content.Shared, l.Locale} {
		side := e.Side(locale)
		if side == nil {
			continue
		}
		version := side.Published
		if !live {
			version = side.Newest()
		}
		if version != nil {
			until = max(until, col.Embargo(version.Values))
		}
	}
	return until, nil
}
