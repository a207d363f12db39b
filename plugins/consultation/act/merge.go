package act

import (
	"context"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// maxMerge bounds the contributions that are merged at once.
const maxMerge = 100

// Merge joins contributions to one that says the same. Each stays readable under
// its address, leads there, and its author is told.
func (w *Work) Merge(ctx context.Context, h *sdk.Host, into string, others []string) error {
	b := record.Book{Host: h, Draft: true}
	to, err := record.Get[record.Contribution](ctx, b, record.Contributions, into)
	if err != nil || to == nil {
		return orMissing(err)
	}
	if to.State != record.Published || len(others) == 0 || len(others) > maxMerge || slices.Contains(others, into) {
		return fault("merge")
	}
	var all []*record.Contribution
	for _, id := range others {
		c, err := record.Get[record.Contribution](ctx, b, record.Contributions, id)
		if err != nil || c == nil {
			return orMissing(err)
		}
		if c.Consultation != to.Consultation || c.State != record.Published && c.MergedInto != into {
			return fault("merge")
		}
		all = append(all, c)
	}
	for _, c := range all {
		if err := b.Show(ctx, c.ID, c.Revision, record.Values{"state": record.Merged, "merged_into": into}); err != nil {
			return err
		}
		if err := w.letter(ctx, h, "merged", KindContribution, c.ID, locale(c.Locale), "merged "+c.ID+" "+into, map[string]string{"ref": c.Ref, "others": to.Ref}); err != nil {
			return err
		}
	}
	return nil
}

// Part is one of the ideas into which a contribution is split.
type Part struct{ Title, Body string }

// Split makes contributions of their own from the ideas of one. The one stays
// readable; the parts lead back to it, and so does whatever becomes of them.
func (w *Work) Split(ctx context.Context, h *sdk.Host, id string, parts []Part) ([]string, error) {
	b := record.Book{Host: h, Draft: true}
	c, err := record.Get[record.Contribution](ctx, b, record.Contributions, id)
	if err != nil || c == nil {
		return nil, orMissing(err)
	}
	if c.State != record.Published && c.State != record.Merged || len(parts) < 2 || len(parts) > 10 {
		return nil, fault("split")
	}
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return nil, err
	}
	var ids, refs []string
	for i, p := range parts {
		title, err := checkText(p.Title, 3, maxTitle, "title")
		if err != nil {
			return nil, err
		}
		body, err := checkText(p.Body, 2, maxBody, "body")
		if err != nil {
			return nil, err
		}
		lot, err := w.lot()
		if err != nil {
			return nil, err
		}
		ref := c.Ref + "-" + string(rune('a'+i))
		mark := seal.Mark("split", id, ref)
		done, err := b.Create(ctx, record.Contributions, record.Values{"ref": ref, "consultation": c.Consultation, "section": none(c.Section), "title": title, "body": body,
			"channel": none(c.Channel), "lang": none(c.Lang), "letters_in": none(c.Locale), "state": record.Published, "sent": none(c.Sent), "lot": lot, "split_from": id,
			"association": none(c.Association), "fingerprint": mark, "consent": true}, true, "")
		if record.Taken(err, "ref") || record.Taken(err, "fingerprint") {
			was, err := record.One[record.Head](ctx, b, record.Contributions, record.Q{"ref": ref, "fields": "id,revision"})
			if err != nil || was == nil {
				return nil, orMissing(err)
			}
			ids, refs = append(ids, was.ID), append(refs, ref)
			continue
		}
		if err != nil {
			return nil, err
		}
		ids, refs = append(ids, done.ID), append(refs, ref)
	}
	if c.State != record.Merged {
		if err := b.Show(ctx, id, c.Revision, record.Values{"state": record.Merged}); err != nil {
			return nil, err
		}
	}
	return ids, w.letter(ctx, h, "merged", KindContribution, id, locale(c.Locale), "split "+id, map[string]string{"ref": c.Ref, "others": strings.Join(refs, ", ")})
}

// Cite adds contributions to a statement of a synthesis.
func (w *Work) Cite(ctx context.Context, h *sdk.Host, statement string, ids []string) error {
	b := record.Book{Host: h, Draft: true}
	return retried(func() error {
		s, err := record.Get[record.Statement](ctx, b, record.Statements, statement)
		if err != nil || s == nil {
			return orMissing(err)
		}
		all := slices.Clone(s.Cites)
		for _, id := range ids {
			c, err := record.Get[record.Contribution](ctx, b, record.Contributions, id)
			if err != nil || c == nil || c.Consultation != s.Consultation {
				return orMissing(err)
			}
			if !slices.Contains(all, id) {
				all = append(all, id)
			}
		}
		if len(all) == len(s.Cites) {
			return nil
		}
		values := record.Values{"cites": all}
		if s.Public() {
			return b.Show(ctx, s.ID, s.Revision, values)
		}
		_, err = b.Save(ctx, s.ID, s.Revision, values)
		return err
	})
}

// State adds a statement to a synthesis; it is not public before the synthesis
// is. What is not retained says why.
func (w *Work) State(ctx context.Context, h *sdk.Host, consultation, title, text, kind, why string) error {
	b := record.Book{Host: h, Draft: true}
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, consultation)
	if err != nil || c == nil {
		return orMissing(err)
	}
	if title, err = checkText(title, 3, maxTitle, "title"); err != nil {
		return err
	}
	if kind != "not_kept" {
		kind = "kept"
	} else if strings.TrimSpace(why) == "" {
		return fault("reason")
	}
	was, err := record.One[record.Statement](ctx, b, record.Statements, record.Q{"consultation": consultation, "title": title})
	if err != nil || was != nil {
		return err
	}
	n, err := record.Total(ctx, b, record.Statements, record.Q{"consultation": consultation})
	if err != nil {
		return err
	}
	_, err = b.Create(ctx, record.Statements, record.Values{"consultation": consultation, "title": title, "text": none(text), "kind": kind, "why": none(why), "order": n + 1},
		c.Synthesis == "published", "")
	return err
}

// MoveSynthesis takes a synthesis from draft to approved to published; with it
// its statements become public, and those who are cited are told.
func (w *Work) MoveSynthesis(ctx context.Context, h *sdk.Host, consultation, to string) error {
	b := record.Book{Host: h, Draft: true}
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, consultation)
	if err != nil || c == nil {
		return orMissing(err)
	}
	order := []string{"none", "draft", "approved", "published"}
	now := max(slices.Index(order, c.Synthesis), 0)
	next := slices.Index(order, to)
	if next != now && next != now+1 {
		return fault("moved")
	}
	if to == "published" {
		all, err := record.All[record.Statement](ctx, b, record.Statements, record.Q{"consultation": consultation}, 1000)
		if err != nil {
			return err
		}
		for _, s := range all {
			if s.Status != "published" {
				if err := b.Publish(ctx, s.ID, 0); err != nil {
					return err
				}
			}
		}
	}
	if next == now {
		return nil
	}
	return b.Show(ctx, c.ID, c.Revision, record.Values{"synthesis": to})
}
