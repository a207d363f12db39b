package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
)

// The bodies of the acts on an entry. An absent body is an empty one.
type (
	localesBody struct {
		Locale  content.Locale   `json:"locale,omitempty"`
		Locales []content.Locale `json:"locales,omitempty"` // none: all that the entry has
	}
	publishBody struct {
		Locale  content.Locale   `json:"locale,omitempty"`
		Locales []content.Locale `json:"locales,omitempty"` // none: all that the entry has
		Leave   []string         `json:"leave,omitempty"`   // fields that stay as visitors see them
	}
	localeBody struct {
		Locale content.Locale `json:"locale,omitempty"`
	}
	scheduleBody struct {
		Locale      content.Locale `json:"locale,omitempty"`
		PublishAt   *time.Time     `json:"publish_at,omitempty"`
		UnpublishAt *time.Time     `json:"unpublish_at,omitempty"`
	}
	submitBody struct {
		Locale  content.Locale `json:"locale,omitempty"`
		Comment string         `json:"comment,omitempty"`
	}
	rejectBody struct {
		Locale content.Locale `json:"locale,omitempty"`
		Reason string         `json:"reason"`
	}
	commentBody struct {
		Locale content.Locale `json:"locale,omitempty"`
		Field  string         `json:"field"`
		Text   string         `json:"text"`
	}
	settleBody struct {
		Locale  content.Locale `json:"locale,omitempty"`
		Comment string         `json:"comment"`
	}
	revertBody struct {
		Locale   content.Locale `json:"locale,omitempty"`
		Revision int            `json:"revision"`
	}
	moveBody struct {
		Parent content.EntryID `json:"parent,omitempty"`
		After  content.EntryID `json:"after,omitempty"`
		Before content.EntryID `json:"before,omitempty"`
	}
	restoreBody struct {
		Children bool `json:"children,omitempty"`
	}
	eraseBody struct {
		Reason string `json:"reason,omitempty"` // kept in the history; must not hold personal data
	}
	emptyBody struct{}
)

// target is the entry that an act is about, and what the caller knows of it.
type target struct {
	id    content.EntryID
	match *int
	first content.Locale // of the site
}

// or gives the locale that was asked for, or the site's first.
func (t target) or(l content.Locale) content.Locale {
	if l == "" {
		return t.first
	}
	return l
}

// act makes the handler of one act on an entry: its body, and the action that
// it stands for.
func act[T any](v access.Verb, status int, plan func(t target, body T) (action.Action, content.Locale, string, error)) func(*call) error {
	return func(k *call) error {
		var body T
		raw, err := readInto(k.Ctx, &body, true)
		if err != nil {
			return err
		}
		if _, err := k.only(); err != nil {
			return err
		}
		id, err := k.entryID(v)
		if err != nil {
			return err
		}
		t := target{id: id, match: server.IfMatch(k.Ctx), first: k.api.o.Locales[0]}
		a, locale, reason, err := plan(t, body)
		if err != nil {
			return err
		}
		r, err := k.do(a, reason, raw)
		if err != nil {
			return err
		}
		return k.acted(status, r, locale)
	}
}

func (k *call) acted(status int, r action.Receipt, locale content.Locale) error {
	if status == fiber.StatusNoContent {
		return k.absent()
	}
	var meta map[string]any
	if len(r.Dropped) > 0 {
		meta = map[string]any{"dropped": r.Dropped}
	}
	if status == fiber.StatusCreated {
		k.Set(fiber.HeaderLocation, Prefix+"/entries/"+k.Params("collection")+"/"+r.Subject)
	}
	return k.entryNow(status, r, locale, meta)
}

// many gives the locales that a body names, and the one to answer in.
func (b localesBody) many(t target) ([]content.Locale, content.Locale, error) {
	switch {
	case b.Locale != "" && len(b.Locales) > 0:
		return nil, "", bodyProblem("/locale", "locale_and_locales", nil)
	case b.Locale != "":
		return []content.Locale{b.Locale}, b.Locale, nil
	case len(b.Locales) > action.MaxLocales:
		return nil, "", bodyProblem("/locales", "json_too_many", problem.Args{"limit": action.MaxLocales})
	case len(b.Locales) > 0:
		return b.Locales, b.Locales[0], nil
	}
	return nil, t.first, nil
}

// actRoutes are the acts on an entry, in the order in which people meet them.
func (a *API) actRoutes() []route {
	return []route{
		actRoute("publish", access.Publish, 200, func(t target, b publishBody) (action.Action, content.Locale, string, error) {
			locales, first, err := localesBody{b.Locale, b.Locales}.many(t)
			return action.PublishEntry{ID: t.id, Locales: locales, Leave: b.Leave, IfMatch: t.match}, first, "", err
		}),
		actRoute("unpublish", access.Publish, 200, func(t target, b localesBody) (action.Action, content.Locale, string, error) {
			locales, first, err := b.many(t)
			return action.UnpublishEntry{ID: t.id, Locales: locales, IfMatch: t.match}, first, "", err
		}),
		actRoute("schedule", access.Publish, 200, func(t target, b scheduleBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.ScheduleEntry{ID: t.id, Locale: l, PublishAt: b.PublishAt, UnpublishAt: b.UnpublishAt, IfMatch: t.match}, l, "", nil
		}),
		actRoute("submit", access.Submit, 200, func(t target, b submitBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.SubmitEntry{ID: t.id, Locale: l, Comment: b.Comment, IfMatch: t.match}, l, "", nil
		}),
		actRoute("approve", access.Review, 200, func(t target, b localeBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.ApproveEntry{ID: t.id, Locale: l, IfMatch: t.match}, l, "", nil
		}),
		actRoute("reject", access.Review, 200, func(t target, b rejectBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.RejectEntry{ID: t.id, Locale: l, Reason: b.Reason, IfMatch: t.match}, l, "", nil
		}),
		actRoute("comment", access.ReadDraft, 200, func(t target, b commentBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.CommentField{ID: t.id, Locale: l, Field: b.Field, Text: b.Text, IfMatch: t.match}, l, "", nil
		}),
		actRoute("settle", access.ReadDraft, 200, func(t target, b settleBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.SettleComment{ID: t.id, Locale: l, Comment: b.Comment, IfMatch: t.match}, l, "", nil
		}),
		actRoute("revert", access.Update, 200, func(t target, b revertBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.RevertEntry{ID: t.id, Locale: l, To: b.Revision, IfMatch: t.match}, l, "", nil
		}),
		actRoute("discard-draft", access.Update, 200, func(t target, b localeBody) (action.Action, content.Locale, string, error) {
			l := t.or(b.Locale)
			return action.DiscardDraft{ID: t.id, Locale: l, IfMatch: t.match}, l, "", nil
		}),
		actRoute("copy", access.Create, 201, func(t target, b localesBody) (action.Action, content.Locale, string, error) {
			locales, first, err := b.many(t)
			return action.CopyEntry{ID: t.id, Locales: locales}, first, "", err
		}),
		actRoute("move", access.Update, 200, func(t target, b moveBody) (action.Action, content.Locale, string, error) {
			return action.MoveEntry{ID: t.id, Parent: b.Parent, After: b.After, Before: b.Before, IfMatch: t.match}, t.first, "", nil
		}),
		actRoute("restore", access.Delete, 200, func(t target, b restoreBody) (action.Action, content.Locale, string, error) {
			return action.RestoreEntry{ID: t.id, Children: b.Children, IfMatch: t.match}, t.first, "", nil
		}),
		actRoute("purge", access.Purge, 204, func(t target, _ emptyBody) (action.Action, content.Locale, string, error) {
			return action.PurgeEntry{ID: t.id, IfMatch: t.match}, "", "", nil
		}),
		actRoute("erase", access.Erase, 200, func(t target, b eraseBody) (action.Action, content.Locale, string, error) {
			return action.EraseEntry{ID: t.id, IfMatch: t.match}, t.first, b.Reason, nil
		}),
	}
}

func actRoute[T any](name string, v access.Verb, status int, plan func(t target, body T) (action.Action, content.Locale, string, error)) route {
	var body T
	return route{
		method: fiber.MethodPost, path: "/entries/:collection/:entry/actions/" + name, op: "entries." + name,
		handle: act(v, status, plan), body: body, bodyOptional: true, verb: v, status: status,
		answer: answersEntry, headers: matchHeader | keyHeader,
	}
}
