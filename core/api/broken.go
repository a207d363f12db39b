package api

import (
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// brokenInfo is a field of an entry that points at what is not there any more.
type brokenInfo struct {
	Collection string          `json:"collection"` // by name
	ID         content.EntryID `json:"id"`
	Locale     content.Locale  `json:"locale,omitempty"`
	Field      string          `json:"field"`
	Gone       string          `json:"gone"` // "trashed", "purged" or "asset"
}

// What is looked at for broken links: what went into the trash, and was
// removed, last. Looking at all links of a large site would take seconds.
const (
	goneTrashed = 500 // entries of each collection
	goneRemoved = 500 // commits of each kind
	brokenShown = 100
)

// listBroken gives the newest values that point at an entry in the trash, at
// one that was removed for good, or at a file that was, in the collections
// that the caller may change. Addresses on other sites are not looked at.
func listBroken(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.personOnly(); err != nil {
		return err
	}
	b := &brokenLinks{k: k, seen: map[brokenInfo]bool{}, byCollection: map[string][]brokenInfo{}}
	if err := k.read(b.look); err != nil {
		return err
	}
	out := []brokenInfo{}
	for name, list := range b.byCollection {
		visible, err := k.visible(name, list)
		if err != nil {
			return err
		}
		out = append(out, visible...)
	}
	slices.SortFunc(out, func(x, y brokenInfo) int {
		return slices.Compare([]string{x.Collection, string(x.ID), x.Field}, []string{y.Collection, string(y.ID), y.Field})
	})
	return k.answer(-1, envelope{Data: out[:min(len(out), brokenShown)]})
}

type brokenLinks struct {
	k            *call
	tx           *view.Tx
	policy       *access.Policy
	seen         map[brokenInfo]bool
	byCollection map[string][]brokenInfo // by name
}

func (b *brokenLinks) look(tx *view.Tx, p *access.Policy) error {
	b.tx, b.policy = tx, p
	for _, col := range tx.Collections() {
		page, err := tx.List(view.List{Collection: col.ID, Locales: b.k.api.o.Locales, Limit: goneTrashed, Trashed: true})
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			if err := b.add(content.Ref{Kind: content.RefEntry, ID: string(row.ID)}, "trashed"); err != nil {
				return err
			}
		}
	}
	for action, gone := range map[string]string{"entry.purge": "purged", "asset.remove": "asset"} {
		items, err := tx.Audit(view.AuditQuery{Action: action, Limit: goneRemoved})
		if err != nil {
			return err
		}
		ref := content.RefEntry
		if gone == "asset" {
			ref = content.RefAsset
		}
		for _, i := range items {
			if err := b.add(content.Ref{Kind: ref, ID: i.Subject}, gone); err != nil {
				return err
			}
		}
	}
	return nil
}

// add takes the fields that point at something, as far as the caller may
// change entries there and read the field.
func (b *brokenLinks) add(ref content.Ref, gone string) error {
	links, err := b.tx.Backlinks(ref, false, brokenShown)
	if err != nil {
		return err
	}
	for _, link := range links {
		col := b.tx.Collection(string(link.Collection))
		if col == nil || !b.policy.May(access.ReadDraft, string(col.ID)) || !b.policy.May(access.Update, string(col.ID)) {
			continue
		}
		i := slices.IndexFunc(b.policy.Fields(col, access.ReadDraft).Of(col), func(f *schema.Field) bool { return f.ID == link.Field })
		if i < 0 {
			continue
		}
		one := brokenInfo{col.Name, link.Entry, link.Locale, col.Field(link.Field).Name, gone}
		if len(b.byCollection[col.Name]) < brokenShown && !b.seen[one] {
			b.seen[one] = true
			b.byCollection[col.Name] = append(b.byCollection[col.Name], one)
		}
	}
	return nil
}

// visible leaves those of entries that the caller may read.
func (k *call) visible(collection string, list []brokenInfo) ([]brokenInfo, error) {
	ids := map[content.EntryID]bool{}
	var asked []any
	for _, b := range list {
		if !ids[b.ID] {
			ids[b.ID] = true
			asked = append(asked, string(b.ID))
		}
	}
	p := query.Params{Filter: map[string]any{"id": map[string]any{"_in": asked}}, Fields: "id", AnyLocale: true,
		Version: query.Version{Draft: true}, Page: query.Page{Size: query.MaxPage}}
	found, err := k.api.o.Query.Find(k.ctx, k.by, collection, p)
	if err != nil {
		return nil, err
	}
	readable := map[content.EntryID]bool{}
	for _, i := range found.Items {
		readable[i.ID] = true
	}
	return slices.DeleteFunc(list, func(b brokenInfo) bool { return !readable[b.ID] }), nil
}
