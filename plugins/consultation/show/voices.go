package show

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

type consultationPage struct {
	C               *record.Consultation
	Group           *record.Group
	Phases          []phased
	Open            map[string]bool
	Next            *rules.Phase
	Total           int
	Statements      int
	Recommendations []recommended
	Studies         []Anchor
	Texts           []record.Text
}

// recommended is a recommendation as lists show it.
type recommended struct {
	record.Recommendation
	To          string
	Answers     []answered
	Commitments []record.Commitment
}

type answered struct {
	record.Answer
	By string
}

func (s *Site) consultation(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, item.Places["id"])
	if err != nil || c == nil {
		return nil, err
	}
	today := s.Work.Today()
	p := consultationPage{C: c, Phases: phasesOf(c, today), Open: open(c, today), Next: rules.Next(c.Phases, today)}
	if p.Group, err = record.Get[record.Group](ctx, b, record.Groups, c.Group); err != nil {
		return nil, err
	}
	if p.Total, err = record.Total(ctx, b, record.Contributions, record.Q{"consultation": c.ID, "state _in": "published,merged"}); err != nil {
		return nil, err
	}
	if c.Synthesis == "published" {
		if p.Statements, err = record.Total(ctx, b, record.Statements, record.Q{"consultation": c.ID}); err != nil {
			return nil, err
		}
	}
	if p.Recommendations, err = s.recommended(ctx, b, record.Q{"consultation": c.ID}, 50); err != nil {
		return nil, err
	}
	if p.Studies, err = s.studies(ctx, b, c.Documents); err != nil {
		return nil, err
	}
	if p.Texts, err = record.All[record.Text](ctx, b, record.Texts, record.Q{"consultation": c.ID, "fields": "id,title"}, 50); err != nil {
		return nil, err
	}
	return s.write(item, "consultation", c.Title, p)
}

type listPage struct {
	C                    *record.Consultation
	Items                []spoken
	Turn                 turn
	Order, Seed, Section string
	Orders               []Anchor
	Sections             []Anchor
	Hidden               bool
}

// list shows contributions: by lot for each visitor unless another order is
// asked for, so that no contribution has the advantage of standing first.
func (s *Site) list(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, item.Places["id"])
	if err != nil || c == nil {
		return nil, err
	}
	p := listPage{C: c, Order: item.Query["ordre"], Seed: seed(item), Section: item.Query["rubrique"], Hidden: open(c, s.Work.Today())[rules.HideCounts]}
	if !slices.Contains([]string{"recent", "discute"}, p.Order) {
		p.Order = "hasard"
	}
	where := record.Q{"consultation": c.ID, "state": record.Published}
	if slices.Contains(c.Sections, p.Section) {
		where["section"] = p.Section
	} else {
		p.Section = ""
	}
	n := number(item.Query["page"])
	found, total, err := s.drawn(ctx, b, where, p.Order, p.Seed, n)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].Association
	}
	names, err := b.Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, err
	}
	for i := range found {
		p.Items = append(p.Items, ofContribution(&found[i], names))
	}
	at := At(item.Locale, "consultations", c.ID, "contributions")
	kept := map[string]string{"ordre": p.Order, "rubrique": p.Section, "graine": ""}
	if p.Order == "hasard" {
		kept["ordre"], kept["graine"] = "", p.Seed
	}
	p.Turn = turning(at, kept, n, total, pageSize)
	p.choices(item.Locale, at)
	return s.write(item, "list", words.Say(item.Locale, "list.title", c.Title), p)
}

// choices are the orders and sections that can be asked for.
func (p *listPage) choices(l, at string) {
	to := func(order, section string) string {
		v := url.Values{}
		if order != "hasard" {
			v.Set("ordre", order)
		} else if p.Seed != "" {
			v.Set("graine", p.Seed)
		}
		if section != "" {
			v.Set("rubrique", section)
		}
		return at + "?" + v.Encode()
	}
	for _, o := range []string{"hasard", "recent", "discute"} {
		a := Anchor{Text: words.Say(l, "order."+o)}
		if o != p.Order {
			a.URL = to(o, p.Section)
		}
		p.Orders = append(p.Orders, a)
	}
	if len(p.C.Sections) > 1 {
		for _, section := range append([]string{""}, p.C.Sections...) {
			a := Anchor{Text: words.Say(l, "section."+section)}
			if section != p.Section {
				a.URL = to(p.Order, section)
			}
			p.Sections = append(p.Sections, a)
		}
	}
}

// seed is the visitor's: of the address, or what the site has drawn for it.
func seed(item *sdk.Item) string {
	if g := item.Query["graine"]; g != "" && len(g) <= 20 {
		return g
	}
	return ""
}

// drawn reads a page of contributions in an order. By lot they stand in a
// circle; a page goes round it from the start of the seed.
func (s *Site) drawn(ctx context.Context, b record.Book, where record.Q, order, seed string, n int) ([]record.Contribution, int, error) {
	q := record.Q{"size": strconv.Itoa(pageSize), "number": strconv.Itoa(n), "count": "exact", "sort": map[string]string{"recent": "-sent", "discute": "-comments"}[order]}
	for k, v := range where {
		q[k] = v
	}
	if order != "hasard" {
		found, page, err := record.List[record.Contribution](ctx, b, record.Contributions, q)
		if err != nil {
			return nil, 0, err
		}
		return found, page.Total, nil
	}
	o := rules.OrderOf(seed)
	first, second, sort := "lot _gte", "lot _lt", "lot"
	if o.Backward {
		first, second, sort = "lot _lt", "lot _gte", "-lot"
	}
	part := func(op string) record.Q {
		part := record.Q{"sort": sort, op: o.Text()}
		for k, v := range where {
			part[k] = v
		}
		return part
	}
	ahead, err := record.Total(ctx, b, record.Contributions, part(first))
	if err != nil {
		return nil, 0, err
	}
	behind, err := record.Total(ctx, b, record.Contributions, part(second))
	if err != nil {
		return nil, 0, err
	}
	from := (n - 1) * pageSize
	out, err := slice(ctx, b, part(first), from, min(pageSize, ahead-from))
	if err == nil && len(out) < pageSize && from+len(out) < ahead+behind {
		at := max(from-ahead, 0)
		var more []record.Contribution
		more, err = slice(ctx, b, part(second), at, min(pageSize-len(out), behind-at))
		out = append(out, more...)
	}
	return out, ahead + behind, err
}

// slice reads some entries from a place in a list on, which pages do not begin
// at: two of them have it.
func slice(ctx context.Context, b record.Book, q record.Q, from, n int) ([]record.Contribution, error) {
	if n <= 0 {
		return nil, nil
	}
	q["size"], q["number"] = strconv.Itoa(pageSize), strconv.Itoa(from/pageSize+1)
	out, _, err := record.List[record.Contribution](ctx, b, record.Contributions, q)
	if err != nil {
		return nil, err
	}
	skip := from % pageSize
	if len(out) < skip+n && len(out) == pageSize {
		q["number"] = strconv.Itoa(from/pageSize + 2)
		next, _, err := record.List[record.Contribution](ctx, b, record.Contributions, q)
		if err != nil {
			return nil, err
		}
		out = append(out, next...)
	}
	if skip >= len(out) {
		return nil, nil
	}
	return out[skip:min(skip+n, len(out))], nil
}

type formPage struct {
	C     *record.Consultation
	Open  bool
	Next  *rules.Phase
	Fault string
	On    *paragraphPage // of a text, if it is about one
}

func (s *Site) form(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	c, err := record.Get[record.Consultation](ctx, s.book(item), record.Consultations, item.Places["id"])
	if err != nil || c == nil {
		return nil, err
	}
	today := s.Work.Today()
	p := formPage{C: c, Open: open(c, today)[rules.Contribute] && c.Audience != "members", Next: rules.Next(c.Phases, today), Fault: faultText(item)}
	if p.On, err = s.paragraphOf(ctx, s.book(item), item.Query["texte"], item.Query["paragraphe"]); err != nil {
		return nil, err
	}
	if p.On != nil && p.On.Text.Consultation != c.ID {
		p.On = nil
	}
	return s.write(item, "form", words.Say(item.Locale, "form.title"), p)
}

// faultText is what was wrong, of an address that a form came back to.
func faultText(item *sdk.Item) string {
	return words.Find(item.Locale, "fault."+item.Query["faute"])
}

type synthesisPage struct {
	C             *record.Consultation
	Kept, NotKept []stated
	Total, Cited  int
}

type stated struct {
	record.Statement
	Refs []Anchor
}

func (s *Site) synthesis(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, item.Places["id"])
	if err != nil || c == nil || c.Synthesis != "published" {
		return nil, err
	}
	p := synthesisPage{C: c}
	all, err := record.All[record.Statement](ctx, b, record.Statements, record.Q{"consultation": c.ID, "sort": "order"}, 200)
	if err != nil {
		return nil, err
	}
	for _, st := range all {
		x := stated{Statement: st}
		if x.Refs, err = s.refs(ctx, b, item.Locale, st.Cites); err != nil {
			return nil, err
		}
		if st.Kind == "not_kept" {
			p.NotKept = append(p.NotKept, x)
		} else {
			p.Kept = append(p.Kept, x)
		}
	}
	if p.Total, err = record.Total(ctx, b, record.Contributions, record.Q{"consultation": c.ID, "state _in": "published,merged"}); err != nil {
		return nil, err
	}
	if p.Cited, err = record.Total(ctx, b, record.Contributions, record.Q{"consultation": c.ID, "cited _gt": "0"}); err != nil {
		return nil, err
	}
	return s.write(item, "synthesis", words.Say(item.Locale, "synthesis.title", c.Title), p)
}

// shownRefs bounds the citations that are linked one by one.
const shownRefs = 60

// refs are contributions by their references; what is not public is left out.
func (s *Site) refs(ctx context.Context, b record.Book, l string, ids []string) ([]Anchor, error) {
	var out []Anchor
	ids = ids[:min(len(ids), shownRefs)]
	if len(ids) == 0 {
		return nil, nil
	}
	found, _, err := record.List[record.Contribution](ctx, b, record.Contributions, record.Q{"id _in": strings.Join(ids, ","), "fields": "id,ref", "size": "100"})
	for _, c := range found {
		out = append(out, Anchor{c.Ref, At(l, "contributions", c.ID)})
	}
	return out, err
}

// voice stands on the page of an association: its groups and its positions.
func (s *Site) voice(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b := s.book(item)
	all, err := record.All[record.Mandate](ctx, b, record.Mandates, record.Q{"association": item.ID}, 50)
	if err != nil {
		return nil, err
	}
	var groups []Anchor
	for _, m := range all {
		if !m.Rule().Holds(s.Work.Today()) {
			continue
		}
		g, err := record.Get[record.Group](ctx, b, record.Groups, m.Group)
		if err != nil {
			return nil, err
		}
		if g != nil && g.Visibility != "private" {
			if a := (Anchor{g.Title, At(item.Locale, "groupes", g.ID)}); !slices.Contains(groups, a) {
				groups = append(groups, a)
			}
		}
	}
	positions, err := record.All[record.Position](ctx, b, record.Positions, record.Q{"association": item.ID, "sort": "-created_at"}, 10)
	if err != nil {
		return nil, err
	}
	var lines []Anchor
	for _, p := range positions {
		on, err := record.Get[record.Ballot](ctx, b, record.Ballots, p.Ballot)
		if err != nil {
			return nil, err
		}
		if on != nil {
			lines = append(lines, Anchor{on.Title + " : " + label(item.Locale, on, p.Value), At(item.Locale, "positions", on.ID)})
		}
	}
	if len(groups)+len(lines) == 0 {
		return nil, nil
	}
	return s.write(item, "voice", words.Say(item.Locale, "home.title"), map[string][]Anchor{"Groups": groups, "Positions": lines})
}

func (s *Site) now(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	b, p := s.book(item), homePage{}
	all, err := record.All[record.Consultation](ctx, b, record.Consultations, record.Q{}, 50)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if rules.Now(c.Phases, s.Work.Today()) != nil {
			p.Consultations = append(p.Consultations, c)
		}
	}
	if p.Meetings, err = s.coming(ctx, b, ""); err != nil {
		return nil, err
	}
	if len(p.Consultations)+len(p.Meetings) == 0 {
		return nil, nil
	}
	return s.write(item, "now", words.Say(item.Locale, "now.title"), p)
}
