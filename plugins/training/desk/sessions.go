package desk

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Bounds of the calendar and of the card on the console's first page.
const (
	maxSessions = 100
	maxNext     = 5
)

// sessionsScreen is the calendar of sessions, month by month, each with its
// board: first what is ahead, then what is over, the latest first.
func (d *Desk) sessionsScreen(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	l := v.Locale
	all, err := record.Find[record.Session](ctx, v.Host, record.Sessions, url.Values{"version": {"draft"}, "locale": {l}, "sort": {"-starts"}})
	if err != nil {
		return nil, err
	}
	all = all[:min(len(all), maxSessions)]
	var ahead, over []record.Session
	for _, s := range all {
		if s.Over(d.Work.Now()) {
			over = append(over, s)
		} else {
			ahead = append(ahead, s)
		}
	}
	slices.SortStableFunc(ahead, soonest)
	if v.Place == "next" {
		tree, err := d.card(ctx, v, ahead)
		return &sdk.View{Tree: tree}, err
	}
	var parts []sdk.Node
	for _, part := range []struct {
		title string
		list  []record.Session
	}{{"board.ahead", ahead}, {"board.over", over}} {
		if len(part.list) == 0 {
			continue
		}
		months, err := d.months(ctx, part.list, l)
		if err != nil {
			return nil, err
		}
		parts = append(append(parts, sdk.Heading(2, words.Say(l, part.title))), months...)
	}
	if len(parts) == 0 {
		return &sdk.View{Tree: sdk.Empty(words.Say(l, "agenda.none"), "")}, nil
	}
	return &sdk.View{Tree: sdk.Stack(parts...)}, nil
}

// card is what the console's first page shows: the next sessions, and trainings
// whose sheet is to be looked at again.
func (d *Desk) card(ctx context.Context, v *sdk.Visit, ahead []record.Session) (sdk.Node, error) {
	l := v.Locale
	old, err := record.Find[record.Training](ctx, v.Host, record.Trainings, url.Values{"version": {"draft"}, "locale": {l}, "sort": {"valid_until"},
		"filter[valid_until][_lt]": {d.Work.Now().UTC().Format(time.DateOnly)}})
	if err != nil {
		return nil, err
	}
	if len(ahead)+len(old) == 0 {
		return sdk.Empty(words.Say(l, "agenda.none"), ""), nil
	}
	tree, err := d.lines(ctx, ahead[:min(len(ahead), maxNext)], l)
	if err != nil || len(old) == 0 {
		return tree, err
	}
	var outdated []sdk.ListItem
	for _, t := range old[:min(len(old), maxNext)] {
		outdated = append(outdated, sdk.ListItem{Text: words.Or(t.Title), Help: words.Say(l, "outdated.since", words.Day(l, t.ValidUntil)), To: "entry:" + record.Trainings + "/" + t.ID})
	}
	return sdk.Stack(tree, sdk.Section(words.Say(l, "outdated"), sdk.List(outdated...))), nil
}

// soonest orders sessions by their beginning; those without one come last.
func soonest(a, b record.Session) int {
	switch {
	case a.Starts == b.Starts:
		return 0
	case b.Starts == "" || a.Starts != "" && a.Starts < b.Starts:
		return -1
	}
	return 1
}

// months makes a part of each month of a list in order.
func (d *Desk) months(ctx context.Context, list []record.Session, l string) ([]sdk.Node, error) {
	var out []sdk.Node
	month := func(s record.Session) string { return s.Starts[:min(len(s.Starts), len("2006-01"))] }
	for len(list) > 0 {
		n := slices.IndexFunc(list, func(s record.Session) bool { return month(s) != month(list[0]) })
		if n < 0 {
			n = len(list)
		}
		title := words.Say(l, "later")
		if t, err := time.Parse("2006-01", month(list[0])); err == nil {
			title = words.Month(l, t)
		}
		rows, err := d.lines(ctx, list[:n], l)
		if err != nil {
			return nil, err
		}
		out, list = append(out, sdk.Section(title, rows)), list[n:]
	}
	return out, nil
}

// short adds to what is said of the seats that fewer people come than there have
// to be.
func (d *Desk) short(ctx context.Context, s *record.Session, l, room string) (string, error) {
	if s.Minimum == 0 || s.Status == "cancelled" {
		return room, nil
	}
	r, err := d.Work.Seen(ctx, s.ID)
	if err != nil || r.Board.Taken() >= s.Minimum {
		return room, err
	}
	return words.Joined(room, words.Say(l, "short", r.Board.Taken(), s.Minimum)), nil
}

// lines are the sessions of a month.
func (d *Desk) lines(ctx context.Context, list []record.Session, l string) (sdk.Node, error) {
	var out []sdk.ListItem
	for i := range list {
		s := &list[i]
		title, place, err := d.Work.Named(ctx, s, l)
		if err != nil {
			return nil, err
		}
		room := ""
		if !s.Over(d.Work.Now()) {
			if room, _, err = d.Work.Room(ctx, s, l); err != nil {
				return nil, err
			}
			if room, err = d.short(ctx, s, l, room); err != nil {
				return nil, err
			}
		}
		out = append(out, sdk.ListItem{Text: words.Joined(words.Span(l, s.Starts, s.Ends), title), Help: words.Joined(place, words.Say(l, "stage."+s.Status), room),
			To: "/x/training/board?session=" + s.ID})
	}
	return sdk.List(out...), nil
}
