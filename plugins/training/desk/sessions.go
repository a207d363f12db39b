package desk

import (
	"context"
	"net/url"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// sessionsScreen is the calendar of sessions, each with its board.
func (d *Desk) sessionsScreen(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	l := v.Locale
	all, err := record.Find[record.Session](ctx, v.Host, record.Sessions, url.Values{"version": {"draft"}, "locale": {l}, "sort": {"-starts"}})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return &sdk.View{Tree: sdk.Empty(words.Say(l, "agenda.none"), "")}, nil
	}
	var rows []map[string]any
	for i := range all[:min(len(all), 100)] {
		s := &all[i]
		title, place, err := d.Work.Named(ctx, s, l)
		if err != nil {
			return nil, err
		}
		room, _, err := d.Work.Room(ctx, s, l)
		if err != nil {
			return nil, err
		}
		rows = append(rows, map[string]any{"title": sdk.Link(words.Or(title), "/x/training/board?session="+s.ID), "when": words.Span(l, s.Starts, s.Ends), "place": place, "seats": room})
	}
	return &sdk.View{Tree: sdk.Table([]sdk.Column{{Key: "title", Label: words.Say(l, "session")}, {Key: "when", Label: words.Say(l, "when")},
		{Key: "place", Label: words.Say(l, "where")}, {Key: "seats", Label: words.Say(l, "seats")}}, rows)}, nil
}
