package api

import (
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/storage/view"
)

// reviewInfo is one locale of an entry that was submitted for review, or
// returned to whoever submitted it.
type reviewInfo struct {
	Collection string          `json:"collection"` // by name
	ID         content.EntryID `json:"id"`
	Locale     content.Locale  `json:"locale"`
	content.Review
}

// What is looked at of one collection: the drafts that changed last.
const (
	reviewPage  = query.MaxPage
	reviewPages = 5
)

// listReviews gives what waits for a decision of the caller, and what was
// returned to them, the oldest first. It looks at the newest 500 drafts of each
// collection.
func listReviews(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.personOnly(); err != nil {
		return err
	}
	decides := map[string]bool{} // by name of a collection, whether the caller may decide
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		for _, col := range tx.Collections() {
			if p.May(access.ReadDraft, string(col.ID)) {
				decides[col.Name] = p.May(access.Review, string(col.ID))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	out := []reviewInfo{}
	for name, decide := range decides {
		found, err := k.reviews(name, decide)
		if err != nil {
			return err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b reviewInfo) int {
		if c := a.SubmittedAt.Compare(b.SubmittedAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID)+string(a.Locale), string(b.ID)+string(b.Locale))
	})
	return k.answer(-1, envelope{Data: out})
}

// reviews gives those of one collection.
func (k *call) reviews(collection string, decide bool) ([]reviewInfo, error) {
	p := query.Params{
		Filter: map[string]any{"status": map[string]any{"_in": []any{"draft", "changed", "scheduled"}}},
		Fields: "id", Sort: "-updated_at", AnyLocale: true, Version: query.Version{Draft: true}, Page: query.Page{Size: reviewPage},
	}
	var out []reviewInfo
	for range reviewPages {
		r, err := k.api.o.Query.Find(k.ctx, k.by, collection, p)
		if err != nil {
			return nil, err
		}
		err = k.read(func(tx *view.Tx, _ *access.Policy) error {
			for _, item := range r.Items {
				e, err := tx.Entry(item.ID)
				if err != nil {
					return err
				}
				out = append(out, k.reviewsOf(e, collection, decide)...)
			}
			return nil
		})
		if err != nil || r.Next == "" {
			return out, err
		}
		p.Page.After = r.Next
	}
	return out, nil
}

// reviewsOf gives the locales of an entry that wait for a decision, and those
// that the caller submitted and has to correct.
func (k *call) reviewsOf(e *content.Entry, collection string, decide bool) []reviewInfo {
	var out []reviewInfo
	for _, l := range e.Locales() {
		r := e.Side(l).Review
		if r == nil {
			continue
		}
		mine := r.SubmittedBy.Kind == k.by.Kind && r.SubmittedBy.ID == k.by.ID
		if r.State == content.Submitted && decide || r.State == content.Rejected && mine {
			out = append(out, reviewInfo{collection, e.ID, l, *r})
		}
	}
	return out
}
