package profile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
)

// stage is one step of the cycle, in days after the last confirmation.
type stage struct {
	day  int
	name string
	// box is which mailbox is written to, from 0; the last one there is.
	box int
}

// stages of the cycle. From StaleAfter days the page of a profile says that it
// is not confirmed, which needs no step.
var stages = []stage{{180, "first", 0}, {210, "again", 0}, {240, "second", 1}, {540, "off", -1}}

// StaleAfter is after how many days without confirmation a profile is marked.
const StaleAfter = 365

// atOnce bounds the profiles of one round.
const atOnce = 100

// Round asks about the profiles whose time has come, and takes those off the
// site that nobody has confirmed for long. It does nothing unless the programme
// wants it. Nodes may all run it: whoever notes the next check first acts.
func (k *Keeper) Round(ctx context.Context) error {
	s, err := k.settings(ctx)
	if err != nil || !s.remind {
		return err
	}
	today := k.o.Now().UTC().Format(time.DateOnly)
	r, err := k.o.Query.Find(ctx, by, Collection, query.Params{Locale: k.o.Locales[0], AnyLocale: true,
		Fields: "name,last_confirmed_on,next_check_on,published_at", Page: query.Page{Size: atOnce}, Sort: "next_check_on",
		Filter: map[string]any{"_or": []any{
			map[string]any{"next_check_on": map[string]any{"_lte": today}},
			map[string]any{"next_check_on": map[string]any{"_null": true}}}}})
	if err != nil {
		return fmt.Errorf("look for profiles to check: %w", err)
	}
	var failed []error
	for _, it := range r.Items {
		if err := k.check(ctx, s, it, today); err != nil {
			failed = append(failed, fmt.Errorf("check profile %s: %w", it.ID, err))
		}
	}
	return errors.Join(failed...)
}

// check takes the step that a profile has come to: the last one, when the
// program did not run for a while.
func (k *Keeper) check(ctx context.Context, s settings, it *query.Item, today string) error {
	from, _ := it.Value("last_confirmed_on").(string)
	since, err := time.Parse(time.DateOnly, from)
	if err != nil {
		if since = it.CreatedAt; it.PublishedAt != nil {
			since = *it.PublishedAt
		}
	}
	now, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return err
	}
	age := int(now.Sub(since.Truncate(24*time.Hour)) / (24 * time.Hour))
	var due *stage
	next := any(nil)
	for i := range stages {
		if stages[i].day <= age {
			due = &stages[i]
		} else {
			next = since.AddDate(0, 0, stages[i].day).Format(time.DateOnly)
			break
		}
	}
	if next == nil { // after the last step: look again in a year
		next = now.AddDate(1, 0, 0).Format(time.DateOnly)
	}
	_, err = k.o.Do(ctx, by, action.MarkEntry{ID: it.ID, Was: map[string]any{"next_check_on": it.Value("next_check_on")},
		Values: map[string]any{"next_check_on": next}}, action.Options{Reason: "next check"})
	if problem.KindOf(err) == problem.Conflict || err == nil && due == nil {
		return nil // another node was first, or nothing to do yet
	}
	if err != nil {
		return err
	}
	return k.step(ctx, s, it.ID, due)
}

func (k *Keeper) step(ctx context.Context, s settings, id content.EntryID, due *stage) error {
	l := k.o.Locales[0]
	p, err := k.get(ctx, id, l)
	if err != nil {
		return err
	}
	if due.box < 0 {
		if _, err := k.o.Do(ctx, by, action.UnpublishEntry{ID: id}, action.Options{Reason: "not confirmed for long"}); err != nil {
			return err
		}
		k.tell(s, p, nil, "off")
		return nil
	}
	boxes := p.mailboxes()
	if silent, _ := p.item.Value("no_letters").(bool); silent || len(boxes) == 0 {
		return nil
	}
	to, until, err := k.link(ctx, p, l, remindLife)
	if err != nil {
		return err
	}
	t := k.words(l, map[string]any{"name": p.Name, "programme": s.name})
	return k.o.Mail(mail.Message{Kind: "profile." + due.name, To: mail.Person{Name: p.Name, Email: boxes[min(due.box, len(boxes)-1)]}, Locale: l,
		Subject: t("remind.subject"), Lines: []string{t("remind." + due.name), t("remind.text")},
		Button: mail.Button{Label: t("remind.button"), URL: to}, Note: t("remind.note"), Until: until})
}
