package show

import (
	"context"
	"slices"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

type contributionPage struct {
	C                *record.Consultation
	It               spoken
	Into, From       *Anchor
	Merged, Split    []Anchor
	Statements       []record.Statement
	Recommendations  []recommended
	Comments         []spoken
	Turn             turn
	Open             map[string]bool
	Order            string
	Fault            string
	MayArgue, MaySay bool
}

func (s *Site) contribution(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	it, err := record.Get[record.Contribution](ctx, b, record.Contributions, item.Places["id"])
	if err != nil || it == nil {
		return nil, err
	}
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, it.Consultation)
	if err != nil || c == nil {
		return nil, err
	}
	names, err := b.Named(ctx, record.Associations, it.Association)
	if err != nil {
		return nil, err
	}
	p := contributionPage{C: c, It: ofContribution(it, names), Open: open(c, s.Work.Today()), Order: item.Query["ordre"]}
	p.MaySay, p.MayArgue = p.Open[rules.Comment] && it.State == record.Published, p.Open[rules.Argue] && it.State == record.Published
	if err := s.traces(ctx, b, item.Locale, it, &p); err != nil {
		return nil, err
	}
	n := number(item.Query["page"])
	var total int
	if p.Comments, total, err = s.comments(ctx, b, "contribution", it.ID, p.Order, n); err != nil {
		return nil, err
	}
	p.Turn = turning(At(item.Locale, "contributions", it.ID), item.Query, n, total, pageSize)
	title := it.Title
	if title == "" {
		title = it.Ref
	}
	return s.write(item, "contribution", title, p)
}

// traces finds where a contribution came from and went to, both ways.
func (s *Site) traces(ctx context.Context, b record.Book, l string, it *record.Contribution, p *contributionPage) error {
	for _, x := range []struct {
		id string
		at **Anchor
	}{{it.MergedInto, &p.Into}, {it.SplitFrom, &p.From}} {
		if x.id == "" {
			continue
		}
		refs, err := s.refs(ctx, b, l, []string{x.id})
		if err != nil {
			return err
		}
		if len(refs) == 1 {
			*x.at = &refs[0]
		}
	}
	for _, x := range []struct {
		field string
		at    *[]Anchor
	}{{"merged_into", &p.Merged}, {"split_from", &p.Split}} {
		all, err := record.All[record.Contribution](ctx, b, record.Contributions, record.Q{x.field: it.ID, "fields": "id,ref"}, 100)
		if err != nil {
			return err
		}
		for _, c := range all {
			*x.at = append(*x.at, Anchor{c.Ref, At(l, "contributions", c.ID)})
		}
	}
	ids := []string{it.ID}
	if it.MergedInto != "" {
		ids = append(ids, it.MergedInto)
	}
	for _, id := range ids {
		all, err := record.All[record.Statement](ctx, b, record.Statements, record.Q{"cites": id}, 50)
		if err != nil {
			return err
		}
		p.Statements = append(p.Statements, all...)
	}
	for _, st := range p.Statements {
		more, err := s.recommended(ctx, b, record.Q{"cites": st.ID}, 20)
		if err != nil {
			return err
		}
		for _, r := range more {
			if !slices.ContainsFunc(p.Recommendations, func(x recommended) bool { return x.ID == r.ID }) {
				p.Recommendations = append(p.Recommendations, r)
			}
		}
	}
	return nil
}

type commentPage struct {
	It      spoken
	Back    *Anchor
	Parent  *spoken
	Answers []spoken
}

func (s *Site) comment(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	it, err := record.Get[record.Comment](ctx, b, record.Comments, item.Places["id"])
	if err != nil || it == nil {
		return nil, err
	}
	names, err := b.Named(ctx, record.Associations, it.Association)
	if err != nil {
		return nil, err
	}
	p := commentPage{It: ofComment(it, names)}
	if it.Contribution != "" {
		on, err := record.Get[record.Contribution](ctx, b, record.Contributions, it.Contribution)
		if err != nil || on == nil {
			return nil, err
		}
		p.Back = &Anchor{on.Ref + " — " + on.Title, At(item.Locale, "contributions", on.ID)}
	} else {
		on, err := record.Get[record.Topic](ctx, b, record.Topics, it.Topic)
		if err != nil || on == nil || on.Visibility == "private" {
			return nil, err
		}
		p.Back = &Anchor{on.Title, At(item.Locale, "sujets", on.ID)}
	}
	if it.Parent != "" {
		up, err := record.Get[record.Comment](ctx, b, record.Comments, it.Parent)
		if err != nil {
			return nil, err
		}
		if up != nil {
			x := ofComment(up, names)
			p.Parent = &x
		}
	}
	all, err := record.All[record.Comment](ctx, b, record.Comments, record.Q{"answers": it.ID, "state": record.Published}, 100)
	if err != nil {
		return nil, err
	}
	for i := range all {
		p.Answers = append(p.Answers, ofComment(&all[i], names))
	}
	return s.write(item, "comment", words.Say(item.Locale, "comment.title", it.Ref), p)
}
