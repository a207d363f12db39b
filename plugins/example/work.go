package example

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// reminders writes to whoever organises a meeting of the next day. The key of a
// letter sees to it that a run that is begun again writes to nobody twice. The
// plugin does not learn the addresses: it names the field that holds them.
func (c *calendar) reminders(ctx context.Context, r *sdk.Run) error {
	args := struct{ Day string }{time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)}
	if err := r.Args(&args); err != nil {
		return sdk.Permanent(err)
	}
	meetings, err := find(ctx, r.Host, url.Values{"filter[day][_eq]": {args.Day}, "page[size]": {"100"}}, "fr")
	if err != nil {
		return err
	}
	for i, m := range meetings {
		_, err := r.Host.Send(ctx, sdk.Letter{Template: "tomorrow", Collection: "agenda", ID: m.ID, Field: "organiser", Locale: "fr",
			Key:    "tomorrow " + m.ID + " " + args.Day,
			Values: map[string]string{"title": m.Title, "day": m.Day, "taken": fmt.Sprintf("%.0f", m.Taken), "month": args.Day[:7], "locale": "fr"}})
		if err != nil && !sdk.IsNotFound(err) { // nobody organises it
			return err
		}
		done := fmt.Sprintf("%d / %d", i+1, len(meetings))
		if err := r.Progress(float64(i+1)/float64(len(meetings)), sdk.Texts{"fr": done, "ar": done, "en": done}, nil); err != nil {
			return err
		}
	}
	return nil
}

// migrate brings the keys under which published meetings are counted to their
// form: version 1.0 had them without "seen". It can be broken off anywhere: a
// key that was moved is not found again.
func (c *calendar) migrate(ctx context.Context, m *sdk.Migration) error {
	if m.Back && !strings.HasPrefix(m.To, "1.0.") {
		return nil
	}
	from, to := "published/", "seen/"
	if m.Back {
		from, to = to, from
	}
	for {
		keys, _, err := m.Host.State().Keys(ctx, from, "")
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, key := range keys {
			var value any
			if _, err := m.Host.State().Get(ctx, key, &value); err != nil {
				return err
			}
			if err := m.Host.State().Put(ctx, to+key[len(from):], value, ""); err != nil {
				return err
			}
			if err := m.Host.State().Delete(ctx, key); err != nil {
				return err
			}
		}
		if err := m.Progress(0.5, nil, nil); err != nil {
			return err
		}
	}
}
