package show

import (
	"context"
	"net/url"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// paragraph is one of a text, with how many contributions are about it.
type paragraph struct {
	Number, Said int
	Text         string
}

type textPage struct {
	Text       *record.Text
	C          *record.Consultation
	Paragraphs []paragraph
	Previous   *record.Text
}

// maxAbout bounds the contributions that are counted by paragraph.
const maxAbout = 10_000

func (s *Site) text(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	t, err := record.Get[record.Text](ctx, b, record.Texts, item.Places["id"])
	if err != nil || t == nil {
		return nil, err
	}
	p := textPage{Text: t}
	if p.C, err = record.Get[record.Consultation](ctx, b, record.Consultations, t.Consultation); err != nil || p.C == nil {
		return nil, err
	}
	if p.Previous, err = record.Get[record.Text](ctx, b, record.Texts, t.Previous); err != nil {
		return nil, err
	}
	all, err := record.All[record.Contribution](ctx, b, record.Contributions, record.Q{"about": t.ID, "state": record.Published, "fields": "id,paragraph"}, maxAbout)
	if err != nil {
		return nil, err
	}
	said := map[int]int{}
	for _, c := range all {
		said[c.Paragraph]++
	}
	for i, text := range rules.Paragraphs(t.Text) {
		p.Paragraphs = append(p.Paragraphs, paragraph{i + 1, said[i+1], text})
	}
	return s.write(item, "text", t.Title, p)
}

type paragraphPage struct {
	Text    *record.Text
	Number  int
	Said    string // the paragraph
	Items   []spoken
	Open    bool
	Writing string // address of the form
}

// paragraphOf reads a paragraph of a text; nil when there is none.
func (s *Site) paragraphOf(ctx context.Context, b record.Book, id, number string) (*paragraphPage, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return nil, nil //nolint:nilerr // no number, no paragraph
	}
	t, err := record.Get[record.Text](ctx, b, record.Texts, id)
	if err != nil || t == nil {
		return nil, err
	}
	all := rules.Paragraphs(t.Text)
	if n < 1 || n > len(all) {
		return nil, nil
	}
	return &paragraphPage{Text: t, Number: n, Said: all[n-1]}, nil
}

// paragraph shows a paragraph and what was said about it.
func (s *Site) paragraph(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	p, err := s.paragraphOf(ctx, b, item.Places["id"], item.Places["n"])
	if err != nil || p == nil {
		return nil, err
	}
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, p.Text.Consultation)
	if err != nil || c == nil {
		return nil, err
	}
	all, err := record.All[record.Contribution](ctx, b, record.Contributions, record.Q{"about": p.Text.ID, "paragraph": strconv.Itoa(p.Number), "state": record.Published, "sort": "sent"}, 200)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].Association
	}
	names, err := b.Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, err
	}
	for i := range all {
		p.Items = append(p.Items, ofContribution(&all[i], names))
	}
	p.Open = open(c, s.Work.Today())[rules.Contribute] && c.Audience != "members"
	p.Writing = At(item.Locale, "consultations", c.ID, "participer") + "?" + url.Values{"texte": {p.Text.ID}, "paragraphe": {strconv.Itoa(p.Number)}}.Encode()
	return s.write(item, "paragraph", words.Say(item.Locale, "text.paragraph.of", p.Number, p.Text.Title), p)
}

type differencesPage struct {
	Text, Previous *record.Text
	Changes        []rules.Change
	Changed        int
}

// differences shows what changed since the version before.
func (s *Site) differences(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	t, err := record.Get[record.Text](ctx, b, record.Texts, item.Places["id"])
	if err != nil || t == nil {
		return nil, err
	}
	was, err := record.Get[record.Text](ctx, b, record.Texts, t.Previous)
	if err != nil || was == nil {
		return nil, err
	}
	p := differencesPage{Text: t, Previous: was, Changes: rules.Differences(was.Text, t.Text)}
	for _, c := range p.Changes {
		if c.Kind != rules.Unchanged {
			p.Changed++
		}
	}
	return s.write(item, "differences", words.Say(item.Locale, "text.differences.of", t.Title), p)
}
