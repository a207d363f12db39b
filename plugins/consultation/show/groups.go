package show

import (
	"context"
	"slices"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

type homePage struct {
	Groups        []record.Group
	Consultations []record.Consultation
	Meetings      []record.Meeting
	Past          []record.Meeting
	Promises      counted
}

// counted is where recommendations and commitments stand.
type counted struct{ Waiting, Late, Answered, Commitments, Done int }

func (s *Site) home(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b, p := s.book(item), homePage{}
	var err error
	if p.Groups, err = record.All[record.Group](ctx, b, record.Groups, record.Q{}, 100); err != nil {
		return nil, err
	}
	if p.Consultations, err = record.All[record.Consultation](ctx, b, record.Consultations, record.Q{}, 50); err != nil {
		return nil, err
	}
	if p.Meetings, err = s.coming(ctx, b, ""); err != nil {
		return nil, err
	}
	past := record.Q{"starts _lt": s.Work.Today() + "T00:00:00Z", "sort": "-starts"}
	if p.Past, err = record.All[record.Meeting](ctx, b, record.Meetings, past, 20); err != nil {
		return nil, err
	}
	if p.Past, err = act.Seen(ctx, b, p.Past); err != nil {
		return nil, err
	}
	if p.Promises, err = s.promises(ctx, b); err != nil {
		return nil, err
	}
	return s.write(item, "home", words.Say(item.Locale, "home.title"), p)
}

// coming are the next meetings, of a group or of all.
func (s *Site) coming(ctx context.Context, b record.Book, group string) ([]record.Meeting, error) {
	q := record.Q{"starts _gte": s.Work.Today() + "T00:00:00Z", "sort": "starts", "size": "10", "state _neq": "cancelled"}
	if group != "" {
		q["group"] = group
	}
	all, _, err := record.List[record.Meeting](ctx, b, record.Meetings, q)
	if err != nil {
		return nil, err
	}
	return act.Seen(ctx, b, all)
}

func (s *Site) promises(ctx context.Context, b record.Book) (c counted, err error) {
	for _, x := range []struct {
		at         *int
		collection string
		q          record.Q
	}{
		{&c.Waiting, record.Recommendations, record.Q{"state": "sent"}},
		{&c.Late, record.Recommendations, record.Q{"state": "sent", "deadline _lt": s.Work.Today()}},
		{&c.Answered, record.Recommendations, record.Q{"state": "answered"}},
		{&c.Commitments, record.Commitments, record.Q{}},
		{&c.Done, record.Commitments, record.Q{"state": "done"}},
	} {
		if *x.at, err = record.Total(ctx, b, x.collection, x.q); err != nil {
			return c, err
		}
	}
	return c, nil
}

// seat is somebody's place in a group, without a name.
type seat struct{ Who, Role string }

type groupPage struct {
	Group           *record.Group
	Seats           []seat
	Coming, Past    []record.Meeting
	Decisions       []record.Decision
	Actions         []actionLine
	Topics          []record.Topic
	Ballots         []record.Ballot
	Consultations   []record.Consultation
	Recommendations []record.Recommendation
	Studies         []Anchor
}

type actionLine struct {
	record.Action
	Who string
}

func (s *Site) group(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	g, err := record.Get[record.Group](ctx, b, record.Groups, item.Places["id"])
	if err != nil || g == nil || g.Visibility == "private" {
		return nil, err
	}
	p := groupPage{Group: g}
	if p.Seats, err = s.seats(ctx, b, g.ID); err != nil {
		return nil, err
	}
	if p.Coming, err = s.coming(ctx, b, g.ID); err != nil {
		return nil, err
	}
	of := record.Q{"group": g.ID}
	if p.Past, err = record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"group": g.ID, "starts _lt": s.Work.Today() + "T00:00:00Z", "sort": "-starts"}, 50); err != nil {
		return nil, err
	}
	if p.Past, err = act.Seen(ctx, b, p.Past); err != nil {
		return nil, err
	}
	if p.Decisions, err = record.All[record.Decision](ctx, b, record.Decisions, record.Q{"group": g.ID, "sort": "-ref"}, 100); err != nil {
		return nil, err
	}
	if p.Actions, err = s.actions(ctx, b, of); err != nil {
		return nil, err
	}
	if p.Topics, err = record.All[record.Topic](ctx, b, record.Topics, of, 50); err != nil {
		return nil, err
	}
	p.Topics = slices.DeleteFunc(p.Topics, func(t record.Topic) bool { return t.Visibility == "private" })
	if p.Ballots, err = record.All[record.Ballot](ctx, b, record.Ballots, of, 50); err != nil {
		return nil, err
	}
	if p.Consultations, err = record.All[record.Consultation](ctx, b, record.Consultations, of, 50); err != nil {
		return nil, err
	}
	if p.Recommendations, err = record.All[record.Recommendation](ctx, b, record.Recommendations, of, 50); err != nil {
		return nil, err
	}
	if p.Studies, err = s.studies(ctx, b, g.Documents); err != nil {
		return nil, err
	}
	return s.write(item, "group", g.Title, p)
}

// seats are who sits in a group today: associations and authorities, no names
// of people.
func (s *Site) seats(ctx context.Context, b record.Book, group string) ([]seat, error) {
	all, err := act.Mandates(ctx, b, group)
	if err != nil {
		return nil, err
	}
	var associations, authorities []string
	for _, m := range all {
		associations, authorities = append(associations, m.Association), append(authorities, m.Authority)
	}
	names, err := b.Named(ctx, record.Associations, associations...)
	if err != nil {
		return nil, err
	}
	offices, err := b.Named(ctx, record.Authorities, authorities...)
	if err != nil {
		return nil, err
	}
	var out []seat
	for _, m := range all {
		who := names[m.Association] + offices[m.Authority]
		if m.Rule().Holds(s.Work.Today()) && who != "" {
			if x := (seat{who, m.Role}); !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
	}
	return out, nil
}

func (s *Site) actions(ctx context.Context, b record.Book, q record.Q) ([]actionLine, error) {
	all, err := record.All[record.Action](ctx, b, record.Actions, q, 200)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range all {
		ids = append(ids, a.Owner)
	}
	names, err := b.Named(ctx, record.Associations, ids...)
	var out []actionLine
	for _, a := range all {
		out = append(out, actionLine{a, names[a.Owner]})
	}
	return out, err
}

type meetingPage struct {
	Meeting                 *record.Meeting
	Group                   *record.Group
	Seated, Waiting, Silent int
	Comes                   []string // associations
	Minutes                 *record.Minute
	Present, Excused        []string
	Decisions               []record.Decision
	Actions                 []actionLine
	Studies                 []Anchor
}

func (s *Site) meeting(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	m, err := record.Get[record.Meeting](ctx, b, record.Meetings, item.Places["id"])
	if err != nil || m == nil {
		return nil, err
	}
	if seen, err := act.Seen(ctx, b, []record.Meeting{*m}); err != nil || len(seen) == 0 {
		return nil, err
	}
	p := meetingPage{Meeting: m}
	if p.Group, err = record.Get[record.Group](ctx, b, record.Groups, m.Group); err != nil {
		return nil, err
	}
	reg, err := act.Registered(ctx, b, m.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range reg.Replies {
		switch r.State {
		case rules.Seated:
			p.Seated++
		case rules.Waiting:
			p.Waiting++
		}
	}
	minutes, err := record.One[record.Minute](ctx, b, record.Minutes, record.Q{"meeting": m.ID})
	if err != nil {
		return nil, err
	}
	if minutes != nil {
		p.Minutes = minutes
		names, err := b.Named(ctx, record.Associations, append(slices.Clone(minutes.Present), minutes.Excused...)...)
		if err != nil {
			return nil, err
		}
		p.Present, p.Excused = list(names, minutes.Present), list(names, minutes.Excused)
	}
	if p.Decisions, err = record.All[record.Decision](ctx, b, record.Decisions, record.Q{"meeting": m.ID, "sort": "ref"}, 100); err != nil {
		return nil, err
	}
	if p.Actions, err = s.actions(ctx, b, record.Q{"meeting": m.ID}); err != nil {
		return nil, err
	}
	docs := slices.Clone(m.Documents)
	for _, it := range m.Agenda {
		docs = append(docs, it.Documents...)
	}
	if p.Studies, err = s.studies(ctx, b, docs); err != nil {
		return nil, err
	}
	out, err := s.write(item, "meeting", m.Title, p)
	if err != nil {
		return nil, err
	}
	out.Structured = event(m, p.Group, At(item.Locale, "rencontres", m.ID))
	return out, nil
}

func list(names record.Names, ids []string) []string {
	var out []string
	for _, id := range ids {
		if names[id] != "" {
			out = append(out, names[id])
		}
	}
	slices.Sort(out)
	return out
}

type topicPage struct {
	Topic    *record.Topic
	Group    *record.Group
	Studies  []Anchor
	Comments []spoken
	Turn     turn
	Open     bool
	Order    string
}

func (s *Site) topic(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	t, err := record.Get[record.Topic](ctx, b, record.Topics, item.Places["id"])
	if err != nil || t == nil || t.Visibility == "private" {
		return nil, err
	}
	p := topicPage{Topic: t, Open: t.State == "open" && t.Visibility == "public", Order: item.Query["ordre"]}
	if p.Group, err = record.Get[record.Group](ctx, b, record.Groups, t.Group); err != nil {
		return nil, err
	}
	if p.Studies, err = s.studies(ctx, b, t.Documents); err != nil {
		return nil, err
	}
	n := number(item.Query["page"])
	var total int
	if p.Comments, total, err = s.comments(ctx, b, "topic", t.ID, p.Order, n); err != nil {
		return nil, err
	}
	p.Turn = turning(At(item.Locale, "sujets", t.ID), item.Query, n, total, pageSize)
	return s.write(item, "topic", t.Title, p)
}

type ballotPage struct {
	Ballot    *record.Ballot
	Group     *record.Group
	Lines     []positionLine
	Counts    []Anchor // answer and number
	Tally     rules.Tally
	Silent    []string
	Hidden    bool // results are not to be seen yet
	Aggregate bool
}

type positionLine struct {
	record.Position
	Who, Label string
}

func (s *Site) ballot(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	on, err := record.Get[record.Ballot](ctx, b, record.Ballots, item.Places["id"])
	if err != nil || on == nil {
		return nil, err
	}
	g, err := record.Get[record.Group](ctx, b, record.Groups, on.Group)
	if err != nil || g == nil {
		return nil, err
	}
	p := ballotPage{Ballot: on, Group: g, Hidden: on.Hidden && !on.Over(s.Work.Today()), Aggregate: on.Secrecy == "aggregate"}
	mandates, err := act.Mandates(ctx, b.Newest(), on.Group)
	if err != nil {
		return nil, err
	}
	voters := rules.Voters(record.Rules(mandates), s.Work.Today())
	all, err := record.All[record.Position](ctx, b.Newest(), record.Positions, record.Q{"ballot": on.ID}, 1000)
	if err != nil {
		return nil, err
	}
	names, err := b.Named(ctx, record.Associations, voters...)
	if err != nil {
		return nil, err
	}
	var plain []rules.Position
	for _, x := range all {
		plain = append(plain, rules.Position{Association: x.Association, Value: x.Value})
		p.Lines = append(p.Lines, positionLine{x, names[x.Association], label(item.Locale, on, x.Value)})
	}
	p.Tally = rules.Count(plain, voters, on.Quorum)
	p.Silent = list(names, p.Tally.Silent)
	for _, value := range rules.Values(on.Kind, on.Keys()) {
		p.Counts = append(p.Counts, Anchor{label(item.Locale, on, value), words.Say(item.Locale, "number", p.Tally.Counts[value])})
	}
	if p.Hidden || p.Aggregate {
		p.Lines = nil
	}
	return s.write(item, "ballot", on.Title, p)
}

// label is what an answer to a question is called.
func label(l string, on *record.Ballot, value string) string {
	for _, o := range on.Options {
		if o.Key == value {
			return o.Label
		}
	}
	return words.Say(l, "position."+value)
}
