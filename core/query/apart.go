package query

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage/view"
)

// Apart tells the text index which fields roles list, so that it keeps apart
// what is read apart. It is what search.Options.Apart wants.
func Apart(tx *view.Tx) (search.Apart, error) {
	lists := map[string][][]content.FieldID{}
	const page = 500
	for after := ""; ; {
		roles, err := tx.Nouns(content.NounRole, after, page)
		if err != nil {
			return nil, err
		}
		for _, n := range roles {
			var r access.Role
			if err := json.Unmarshal(n.Body, &r); err != nil {
				return nil, fmt.Errorf("read role %s: %w", n.ID, err)
			}
			for _, g := range r.Grants {
				if g.Fields != nil && (slices.Contains(g.Verbs, access.Read) || slices.Contains(g.Verbs, access.ReadDraft)) {
					lists[g.Collection] = append(lists[g.Collection], g.Fields)
				}
			}
			after = n.ID
		}
		if len(roles) < page {
			return func(id content.CollectionID) [][]content.FieldID {
				return slices.Concat(lists[string(id)], lists[access.AnyContent])
			}, nil
		}
	}
}
