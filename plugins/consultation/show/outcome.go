package show

import (
	"context"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// recommended reads recommendations with what was answered and promised.
func (s *Site) recommended(ctx context.Context, b record.Book, q record.Q, most int) ([]recommended, error) {
	all, err := record.All[record.Recommendation](ctx, b, record.Recommendations, q, most)
	if err != nil {
		return nil, err
	}
	out := make([]recommended, len(all))
	for i, r := range all {
		if out[i], err = s.answeredTo(ctx, b, r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Site) answeredTo(ctx context.Context, b record.Book, r record.Recommendation) (recommended, error) {
	out := recommended{Recommendation: r, To: r.Addressee}
	answers, err := record.All[record.Answer](ctx, b, record.Answers, record.Q{"recommendation": r.ID, "sort": "answered_on"}, 20)
	if err != nil {
		return out, err
	}
	ids := []string{r.AddressedTo}
	for _, a := range answers {
		ids = append(ids, a.Authority)
	}
	names, err := b.Named(ctx, record.Authorities, ids...)
	if err != nil {
		return out, err
	}
	if n := names[r.AddressedTo]; n != "" {
		out.To = n
	}
	for _, a := range answers {
		by := names[a.Authority]
		if by == "" {
			by = out.To
		}
		out.Answers = append(out.Answers, answered{a, by})
	}
	out.Commitments, err = record.All[record.Commitment](ctx, b, record.Commitments, record.Q{"recommendation": r.ID}, 50)
	return out, err
}

type recommendationPage struct {
	R          recommended
	C          *record.Consultation
	Group      *record.Group
	Statements []stated
	Supported  []string
	Reserved   []positionLine
}

func (s *Site) recommendation(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	r, err := record.Get[record.Recommendation](ctx, b, record.Recommendations, item.Places["id"])
	if err != nil || r == nil {
		return nil, err
	}
	p := recommendationPage{}
	if p.R, err = s.answeredTo(ctx, b, *r); err != nil {
		return nil, err
	}
	if p.C, err = record.Get[record.Consultation](ctx, b, record.Consultations, r.Consultation); err != nil {
		return nil, err
	}
	if p.Group, err = record.Get[record.Group](ctx, b, record.Groups, r.Group); err != nil {
		return nil, err
	}
	for _, id := range r.Cites {
		st, err := record.Get[record.Statement](ctx, b, record.Statements, id)
		if err != nil {
			return nil, err
		}
		if st != nil {
			refs, err := s.refs(ctx, b, item.Locale, st.Cites)
			if err != nil {
				return nil, err
			}
			p.Statements = append(p.Statements, stated{*st, refs})
		}
	}
	ids := append([]string{}, r.SupportedBy...)
	for _, x := range r.Reservations {
		ids = append(ids, x.Association)
	}
	names, err := b.Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, err
	}
	p.Supported = list(names, r.SupportedBy)
	for _, x := range r.Reservations {
		p.Reserved = append(p.Reserved, positionLine{Position: record.Position{Reservation: x.Text}, Who: names[x.Association]})
	}
	return s.write(item, "recommendation", words.Say(item.Locale, "recommendation.title", r.Ref), p)
}

type followPage struct {
	Counts counted
	Items  []recommended
	Turn   turn
}

// follow shows all recommendations: those first that wait the longest.
func (s *Site) follow(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	const size = 20
	b, p := s.book(item), followPage{}
	var err error
	if p.Counts, err = s.promises(ctx, b); err != nil {
		return nil, err
	}
	n := number(item.Query["page"])
	all, page, err := record.List[record.Recommendation](ctx, b, record.Recommendations, record.Q{"sort": "deadline", "size": strconv.Itoa(size),
		"number": strconv.Itoa(n), "count": "exact"})
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		one, err := s.answeredTo(ctx, b, r)
		if err != nil {
			return nil, err
		}
		p.Items = append(p.Items, one)
	}
	p.Turn = turning(At(item.Locale, "suivi"), item.Query, n, page.Total, size)
	return s.write(item, "follow", words.Say(item.Locale, "follow.title"), p)
}

func (s *Site) data(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	all, err := record.All[record.Consultation](ctx, s.book(item), record.Consultations, record.Q{}, 200)
	if err != nil {
		return nil, err
	}
	return s.write(item, "data", words.Say(item.Locale, "data.title"), all)
}
