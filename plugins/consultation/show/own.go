package show

import (
	"context"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

type reportPage struct{ Kind, ID, Fault string }

func (s *Site) report(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	kind, id := item.Places["kind"], item.Places["id"]
	collection := map[string]string{"contribution": record.Contributions, "comment": record.Comments}[kind]
	if collection == "" {
		return nil, nil
	}
	it, err := record.Get[record.Head](ctx, s.book(item), collection, id)
	if err != nil || it == nil {
		return nil, err
	}
	return s.write(item, "report", words.Say(item.Locale, "report.title"), reportPage{kind, id, faultText(item)})
}

func (s *Site) thanks(_ context.Context, item *sdk.Item) (*sdk.Content, error) {
	what := item.Places["what"]
	if words.Find(item.Locale, "thanks."+what) == "" {
		return nil, nil
	}
	return s.write(item, "thanks", words.Say(item.Locale, "thanks.title"), what)
}

// minePage is what the author of something sees, by the address in a letter.
type minePage struct {
	Kind, ID, Token string
	It              spoken
	State           string
	Ruling          *record.Ruling
	C               *record.Consultation
	Alike           []spoken
	Fault, Done     string
	Appealable      bool
	Follows         string
}

func (s *Site) mine(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	p := minePage{Kind: item.Places["kind"], ID: item.Places["id"], Token: item.Places["token"], Fault: faultText(item), Done: words.Find(item.Locale, "done."+item.Query["fait"])}
	h := item.Host.Alone()
	ok, err := s.Work.Opens(ctx, h, p.Token, p.Kind, p.ID)
	if err != nil || !ok {
		return nil, err
	}
	b := s.book(item).Newest()
	switch p.Kind {
	case act.KindContribution:
		it, err := record.Get[record.Contribution](ctx, b, record.Contributions, p.ID)
		if err != nil || it == nil {
			return nil, err
		}
		p.It, p.State = ofContribution(it, nil), it.State
		if p.C, err = record.Get[record.Consultation](ctx, b, record.Consultations, it.Consultation); err != nil {
			return nil, err
		}
		if it.State == record.PendingEmail {
			if p.Alike, err = s.alike(ctx, s.book(item), it); err != nil {
				return nil, err
			}
		}
	case act.KindComment:
		it, err := record.Get[record.Comment](ctx, b, record.Comments, p.ID)
		if err != nil || it == nil {
			return nil, err
		}
		p.It, p.State = ofComment(it, nil), it.State
	case act.KindFollower:
		it, err := record.Get[record.Follower](ctx, b, record.Followers, p.ID)
		if err != nil || it == nil {
			return nil, err
		}
		p.State = it.State
	case act.KindResponse:
		it, err := record.Get[record.Response](ctx, b, record.Responses, p.ID)
		if err != nil || it == nil {
			return nil, err
		}
		p.State = it.State
		if p.C, err = record.Get[record.Consultation](ctx, b, record.Consultations, it.Consultation); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	if p.Kind == act.KindContribution || p.Kind == act.KindComment {
		if p.Ruling, err = s.Work.LastRuling(ctx, h, p.Kind, p.ID); err != nil {
			return nil, err
		}
		p.Appealable = p.Ruling != nil && (p.Ruling.Outcome == "none" || p.Ruling.Outcome == "") && p.State != record.Erased
	}
	p.It.Email, p.It.Code, p.It.AuthorKey = "", "", "" // no page holds them
	return s.write(item, "mine", words.Say(item.Locale, "mine."+p.Kind), p)
}

// lookedAt is how many contributions are compared with a new one.
const lookedAt = 200

// alike finds public contributions that are like one, before it is published:
// those that the search finds by its words, or the newest ones.
func (s *Site) alike(ctx context.Context, b record.Book, it *record.Contribution) ([]spoken, error) {
	all, err := record.All[record.Contribution](ctx, b, record.Contributions, record.Q{"consultation": it.Consultation, "state": record.Published, "sort": "-sent",
		"fields": "id,ref,title,body"}, lookedAt)
	if err != nil {
		return nil, err
	}
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = c.Title + " " + c.Body
	}
	var out []spoken
	for _, i := range rules.Alike(it.Title+" "+it.Body, texts, 3) {
		out = append(out, ofContribution(&all[i], nil))
	}
	return out, nil
}

// spacePage is what a member sees, by the address in a letter.
type spacePage struct {
	ID, Token   string
	Mandate     *record.Mandate
	Group       *record.Group
	Association string
	Meetings    []invited
	Ballots     []wanted
	Minutes     []record.Minute
	Actions     []actionLine
	Topics      []threaded
	Fault, Done string
	Speaks      bool
	Over        bool
}

// invited is a meeting with the reply of the association.
type invited struct {
	record.Meeting
	State string
	Open  bool
	Soon  bool // its online address is told
}

// wanted is a question with the position of the association.
type wanted struct {
	record.Ballot
	Mine   *record.Position
	Values []Anchor // answer and what it is called
	Open   bool
	Silent []string
	Heard  string
}

type threaded struct {
	record.Topic
	Last []spoken
	Of   int
}

func (s *Site) space(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	p := spacePage{ID: item.Places["id"], Token: item.Places["token"], Fault: faultText(item), Done: words.Find(item.Locale, "done."+item.Query["fait"])}
	ok, err := s.Work.Opens(ctx, item.Host.Alone(), p.Token, act.KindMandate, p.ID)
	if err != nil || !ok {
		return nil, err
	}
	b := s.book(item).Newest()
	m, err := record.Get[record.Mandate](ctx, b, record.Mandates, p.ID)
	if err != nil || m == nil {
		return nil, err
	}
	if err := s.fill(ctx, b, m, &p); err != nil {
		return nil, err
	}
	return s.write(item, "space", words.Say(item.Locale, "space.title"), p)
}

// fill reads what a member works on.
func (s *Site) fill(ctx context.Context, b record.Book, m *record.Mandate, p *spacePage) error {
	today := s.Work.Today()
	p.Mandate, p.Speaks, p.Over = m, m.Rule().Speaks(today), !m.Rule().Holds(today)
	if p.Over {
		return nil
	}
	var err error
	if p.Group, err = record.Get[record.Group](ctx, b, record.Groups, m.Group); err != nil || p.Group == nil {
		return err
	}
	names, err := b.Named(ctx, record.Associations, m.Association)
	if err != nil {
		return err
	}
	p.Association = names[m.Association]
	if err := s.invitations(ctx, b, m, p); err != nil {
		return err
	}
	if err := s.questions(ctx, b, m, p); err != nil {
		return err
	}
	minutes, err := record.All[record.Minute](ctx, b, record.Minutes, record.Q{"group": m.Group, "state _neq": rules.Draft}, 20)
	if err != nil {
		return err
	}
	p.Minutes = minutes
	actions, err := s.actions(ctx, b, record.Q{"group": m.Group, "state": "open", "sort": "due"})
	if err != nil {
		return err
	}
	p.Actions = slices.DeleteFunc(actions, func(a actionLine) bool { return a.Owner != m.Association && a.Mandate != m.ID })
	topics, err := record.All[record.Topic](ctx, b, record.Topics, record.Q{"group": m.Group, "state": "open"}, 20)
	if err != nil {
		return err
	}
	for _, t := range topics {
		all, page, err := record.List[record.Comment](ctx, b, record.Comments, record.Q{"topic": t.ID, "state": record.Published, "sort": "-sent", "size": "3", "count": "exact"})
		if err != nil {
			return err
		}
		x := threaded{Topic: t, Of: page.Total}
		ids := []string{}
		for _, c := range all {
			ids = append(ids, c.Association)
		}
		names, err := b.Named(ctx, record.Associations, ids...)
		if err != nil {
			return err
		}
		for i := range all {
			x.Last = append(x.Last, ofComment(&all[i], names))
		}
		slices.Reverse(x.Last)
		p.Topics = append(p.Topics, x)
	}
	return nil
}

func (s *Site) invitations(ctx context.Context, b record.Book, m *record.Mandate, p *spacePage) error {
	all, err := record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"group": m.Group, "starts _gte": s.Work.Today() + "T00:00:00Z", "sort": "starts"}, 20)
	if err != nil {
		return err
	}
	for _, mt := range all {
		reg, err := act.Registered(ctx, b, mt.ID)
		if err != nil {
			return err
		}
		x := invited{Meeting: mt, Open: mt.State != "cancelled" && !record.Over(mt.Closes, s.Work.Now())}
		x.Soon = mt.Online != "" && mt.Mode != "in_person" && record.Over(mt.Starts, s.Work.Now().Add(beforeOnline))
		for _, r := range reg.Replies {
			if r.Association == m.Association {
				x.State = r.State
			}
		}
		p.Meetings = append(p.Meetings, x)
	}
	return nil
}

func (s *Site) questions(ctx context.Context, b record.Book, m *record.Mandate, p *spacePage) error {
	all, err := record.All[record.Ballot](ctx, b, record.Ballots, record.Q{"group": m.Group}, 20)
	if err != nil {
		return err
	}
	mandates, err := act.Mandates(ctx, b, m.Group)
	if err != nil {
		return err
	}
	voters := rules.Voters(record.Rules(mandates), s.Work.Today())
	names, err := b.Named(ctx, record.Associations, voters...)
	if err != nil {
		return err
	}
	for i := range all {
		on := &all[i]
		positions, err := record.All[record.Position](ctx, b, record.Positions, record.Q{"ballot": on.ID}, 1000)
		if err != nil {
			return err
		}
		x := wanted{Ballot: *on, Open: !on.Over(s.Work.Today())}
		var plain []rules.Position
		for j := range positions {
			if positions[j].Association == m.Association {
				x.Mine = &positions[j]
			}
			plain = append(plain, rules.Position{Association: positions[j].Association, Value: positions[j].Value})
		}
		tally := rules.Count(plain, voters, on.Quorum)
		x.Silent = list(names, tally.Silent)
		x.Heard = strings.Join([]string{words.Say(b.Locale, "number", tally.Heard), words.Say(b.Locale, "number", tally.Voters)}, " / ")
		for _, v := range rules.Values(on.Kind, on.Keys()) {
			x.Values = append(x.Values, Anchor{label(b.Locale, on, v), v})
		}
		p.Ballots = append(p.Ballots, x)
	}
	return nil
}
