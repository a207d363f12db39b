package example

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// words are what the plugin itself says to people.
var words = map[string]map[string]string{
	"fr": {"calendar": "Agenda", "none": "Aucune rencontre ce mois-ci.", "later": "Revenez bientôt.", "day": "Jour", "place": "Lieu", "title": "Titre",
		"full": "Complet", "free": "Il reste %.0f places", "open": "Entrée libre", "before": "Mois précédent", "after": "Mois suivant",
		"taken": "Inscrits", "empty": "Remettre à zéro", "sure": "Effacer les inscriptions de « %s » ?", "done": "C’est fait.",
		"seats": "Places", "more": "Ajouter 10 places", "now": "Il y a %.0f places et %.0f inscrits."},
	"ar": {"calendar": "جدول المواعيد", "none": "لا لقاءات هذا الشهر.", "later": "عودوا قريبا.", "day": "اليوم", "place": "المكان", "title": "العنوان",
		"full": "مكتمل", "free": "بقي %.0f مقعدا", "open": "دخول حر", "before": "الشهر السابق", "after": "الشهر التالي",
		"taken": "المسجلون", "empty": "إعادة إلى الصفر", "sure": "هل تمحى تسجيلات «%s»؟", "done": "تم.",
		"seats": "المقاعد", "more": "إضافة 10 مقاعد", "now": "هناك %.0f مقعدا و%.0f مسجلا."},
	"en": {"calendar": "Calendar", "none": "No meetings this month.", "later": "Come back soon.", "day": "Day", "place": "Place", "title": "Title",
		"full": "Full", "free": "%.0f seats are left", "open": "Free entry", "before": "Month before", "after": "Month after",
		"taken": "Registered", "empty": "Set to zero", "sure": "Remove the registrations for “%s”?", "done": "Done.",
		"seats": "Seats", "more": "Add 10 seats", "now": "There are %.0f seats, and %.0f people have registered."},
}

// months are their names.
var months = map[string][12]string{
	"fr": {"Janvier", "Février", "Mars", "Avril", "Mai", "Juin", "Juillet", "Août", "Septembre", "Octobre", "Novembre", "Décembre"},
	"ar": {"جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان", "جويلية", "أوت", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// named is a month as people write it.
func named(first time.Time, locale string) string {
	names, ok := months[locale]
	if !ok {
		names = months["en"]
	}
	return fmt.Sprintf("%s %d", names[first.Month()-1], first.Year())
}

func say(locale, key string) string {
	if text, ok := words[locale][key]; ok {
		return text
	}
	return words["en"][key]
}

// searchable has the pages of months found by their names and by the titles of
// their meetings, by whoever may read those: of the month that a meeting is in,
// and of the one that it was in before.
func (c *calendar) searchable(ctx context.Context, h *sdk.Host, m *meeting, before any) error {
	var changed []string
	if month, ok := before.(string); ok {
		changed = append(changed, month)
	}
	if m != nil && !slices.Contains(changed, m.month()) {
		changed = append(changed, m.month())
	}
	for _, month := range changed {
		first, err := time.Parse("2006-01", month)
		if err != nil {
			return err
		}
		d := sdk.SearchDocument{Key: month, Collection: "agenda", Path: "/" + month, Texts: map[string]sdk.SearchText{}}
		for locale := range words {
			meetings, err := find(ctx, h, ofMonth(first), locale)
			if err != nil {
				return err
			}
			var titles []string
			for _, m := range meetings {
				titles = append(titles, m.Title)
			}
			if len(titles) > 0 {
				d.Texts[locale] = sdk.SearchText{Title: say(locale, "calendar") + ", " + named(first, locale), Text: strings.Join(titles, "\n")}
			}
		}
		if len(d.Texts) > 0 {
			err = h.PutSearchDocument(ctx, d)
		} else {
			err = h.RemoveSearchDocument(ctx, "", month)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// render writes the pages and the block. It is asked again when a meeting
// changes; until then the host shows what it has.
func (c *calendar) render(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	if item.Block == "next" {
		coming, err := find(ctx, item.Host, url.Values{"filter[day][_gte]": {time.Now().UTC().Format(time.DateOnly)}, "page[size]": {"5"}}, item.Locale)
		if err != nil || len(coming) == 0 {
			return nil, err
		}
		return &sdk.Content{Tree: list(coming, item.Locale), MaxAge: 600}, nil
	}
	month := item.Places["month"]
	if item.Page == "now" {
		month = time.Now().UTC().Format("2006-01")
	}
	first, err := time.Parse("2006-01", month)
	if err != nil || first.Year() < 2000 || first.Year() > 2100 {
		return nil, nil // there is no such page
	}
	meetings, err := find(ctx, item.Host, ofMonth(first), item.Locale)
	if err != nil {
		return nil, err
	}
	shown := sdk.Empty(say(item.Locale, "none"), say(item.Locale, "later"))
	if len(meetings) > 0 {
		shown = table(meetings, item.Locale)
	}
	return &sdk.Content{Title: named(first, item.Locale), MaxAge: 600, Tree: sdk.Stack(shown,
		sdk.Link(say(item.Locale, "before"), "/agenda/"+first.AddDate(0, -1, 0).Format("2006-01")),
		sdk.Link(say(item.Locale, "after"), "/agenda/"+first.AddDate(0, 1, 0).Format("2006-01")))}, nil
}

func ofMonth(first time.Time) url.Values {
	return url.Values{"filter[day][_gte]": {first.Format(time.DateOnly)}, "filter[day][_lt]": {first.AddDate(0, 1, 0).Format(time.DateOnly)}, "page[size]": {"100"}}
}

// find reads meetings in the order of their days.
func find(ctx context.Context, h *sdk.Host, query url.Values, locale string) ([]meeting, error) {
	query.Set("sort", "day")
	query.Set("locale", locale)
	query.Set("fallback", "*")
	page, err := h.Find(ctx, "agenda", query.Encode())
	if err != nil {
		return nil, err
	}
	var out []meeting
	return out, page.Into(&out)
}

func list(meetings []meeting, locale string) sdk.Node {
	lines := make([]sdk.ListItem, len(meetings))
	for i, m := range meetings {
		lines[i] = sdk.ListItem{Text: m.Day + " — " + m.Title, Help: m.Place}
		if lines[i].Help != "" {
			lines[i].Help += " · "
		}
		lines[i].Help += m.room(locale)
	}
	return sdk.List(lines...)
}

// room says in words how many seats are left.
func (m *meeting) room(locale string) string {
	switch {
	case m.Full:
		return say(locale, "full")
	case m.Seats > 0:
		return fmt.Sprintf(say(locale, "free"), m.Seats-m.Taken)
	}
	return say(locale, "open")
}

func table(meetings []meeting, locale string) sdk.Node {
	rows := make([]map[string]any, len(meetings))
	for i, m := range meetings {
		rows[i] = map[string]any{"day": m.Day, "title": m.Title, "place": m.Place, "seats": m.room(locale)}
	}
	return sdk.Table([]sdk.Column{{Key: "day", Label: say(locale, "day")}, {Key: "title", Label: say(locale, "title")},
		{Key: "place", Label: say(locale, "place")}, {Key: "seats", Label: say(locale, "seats")}}, rows)
}

// console answers at the plugin's places in the console, for the person there:
// with a right that this person does not have nothing happens.
func (c *calendar) console(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	switch v.Place {
	case "next":
		coming, err := find(ctx, v.Host, url.Values{"filter[day][_gte]": {time.Now().UTC().Format(time.DateOnly)}, "page[size]": {"3"}}, v.Locale)
		if err != nil {
			return nil, err
		}
		if len(coming) == 0 {
			return &sdk.View{Tree: sdk.Empty(say(v.Locale, "none"), "")}, nil
		}
		return &sdk.View{Tree: list(coming, v.Locale)}, nil
	case "seats":
		return c.seatsPanel(v)
	}
	return c.registrations(ctx, v)
}

// registrations is a screen: a table with a button in each line.
func (c *calendar) registrations(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	view := &sdk.View{}
	if v.Action == "empty" {
		var chosen struct{ ID string }
		if err := v.Values(&chosen); err != nil {
			return nil, err
		}
		var m meeting
		if err := v.Host.Get(ctx, "agenda", chosen.ID, "version=draft", &m); err != nil {
			return nil, err
		}
		if _, err := v.Host.Save(ctx, m.ID, sdk.Locales{"fr": {"taken": 0, "full": false}}, sdk.Options{Revision: m.Revision}); err != nil {
			return nil, err
		}
		view.Toast, view.Tone = say(v.Locale, "done"), "success"
	}
	meetings, err := find(ctx, v.Host, url.Values{"version": {"draft"}, "page[size]": {"100"}}, v.Locale)
	if err != nil {
		return nil, err
	}
	rows := make([]map[string]any, len(meetings))
	for i, m := range meetings {
		rows[i] = map[string]any{"title": sdk.Link(m.Title, "entry:agenda/"+m.ID), "day": m.Day, "taken": m.Taken,
			"empty": sdk.Button(say(v.Locale, "empty"), "empty", map[string]any{"id": m.ID}).
				Confirmed(fmt.Sprintf(say(v.Locale, "sure"), m.Title), say(v.Locale, "empty"))}
	}
	view.Tree = sdk.Table([]sdk.Column{{Key: "title", Label: say(v.Locale, "title")}, {Key: "day", Label: say(v.Locale, "day")},
		{Key: "taken", Label: say(v.Locale, "taken")}, {Key: "empty", Label: ""}}, rows)
	return view, nil
}

// seatsPanel stands beside the editor of a meeting, and changes what is being
// edited without saving it.
func (c *calendar) seatsPanel(v *sdk.Visit) (*sdk.View, error) {
	var draft struct{ Seats, Taken float64 }
	if err := v.Draft(&draft); err != nil {
		return nil, err
	}
	view := &sdk.View{}
	if v.Action == "more" {
		draft.Seats += 10
		view.Patch = map[string]any{"seats": draft.Seats}
	}
	view.Tree = sdk.Stack(sdk.Text(fmt.Sprintf(say(v.Locale, "now"), draft.Seats, draft.Taken)), sdk.Button(say(v.Locale, "more"), "more", nil))
	return view, nil
}
