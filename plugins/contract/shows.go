package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// pages asks for each page and block in each language, with places that mean
// something and with hostile ones. That there is no such page is an answer.
func (t *trial) pages(ctx context.Context) (string, error) {
	if len(t.m.Pages)+len(t.m.Blocks) == 0 {
		return "", errApart
	}
	collection, entry := t.anEntry(ctx)
	var items []slot.Item
	for _, p := range t.m.Pages {
		for _, value := range append([]string{string(entry)}, hostile...) {
			item := slot.Item{Page: t.m.Name + "/" + p.ID, Places: map[string]string{}, Query: map[string]string{}}
			for part := range strings.SplitSeq(p.Path, "/") {
				if name, ok := strings.CutPrefix(part, "{"); ok {
					item.Places[strings.TrimSuffix(name, "}")] = value
				}
			}
			for _, name := range p.Query {
				item.Query[name] = value
			}
			items = append(items, item)
			if len(item.Places)+len(item.Query) == 0 {
				break
			}
		}
	}
	for _, b := range t.m.Blocks {
		items = append(items, slot.Item{Block: t.m.Name + "/" + b.ID}, slot.Item{Block: t.m.Name + "/" + b.ID, Collection: collection, Entry: entry})
	}
	for _, item := range items {
		for _, l := range texts.Locales {
			if err := t.shown(ctx, content.Locale(l), item); err != nil {
				return "", fmt.Errorf("%s%s in %s, places %.100q: %w", item.Page, item.Block, l, item.Places, err)
			}
		}
	}
	return fmt.Sprintf("%d times", len(items)*len(texts.Locales)), t.answers(ctx)
}

// shown has the site show one item, as the plugin wrote it.
func (t *trial) shown(ctx context.Context, l content.Locale, item slot.Item) error {
	item.Key = "it"
	before := len(t.proxy.seen(pluginpb.Pages_Render_FullMethodName))
	got, err := t.site.Host.Render(ctx, l, []slot.Item{item})
	if len(got) == 1 {
		return nil
	}
	if calls := t.proxy.seen(pluginpb.Pages_Render_FullMethodName)[before:]; len(calls) > 0 && calls[0].err == nil {
		return errors.New("the site cannot show the answer: neither a tree of the components for visitors, nor HTML, or too much of it")
	}
	return errors.Join(err, t.lastError(pluginpb.Pages_Render_FullMethodName), t.answers(ctx))
}

// anEntry makes an entry of the plugin's own, if it can.
func (t *trial) anEntry(ctx context.Context) (collection string, id content.EntryID) {
	for i := range t.m.Collections {
		if id, err := t.create(ctx, &t.m.Collections[i]); err == nil {
			return string(t.m.Collections[i].ID), id
		}
	}
	return "", ""
}

// console opens each place of the console in each language, and presses there
// what the plugin does not know, with values that it does not expect.
func (t *trial) console(ctx context.Context) (string, error) {
	places := slices.DeleteFunc(t.m.Console.Places(), func(p manifest.Place) bool { return p.Frame != nil })
	if len(places) == 0 {
		return "", errApart
	}
	who, err := t.person(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range places {
		i := console.Interaction{Place: p.ID, Draft: json.RawMessage(`{}`)}
		if len(p.Collections) > 0 {
			i.Collection = p.Collections[0]
			if c := t.own(p.Collections); len(c) > 0 {
				i.Collection = c[0].ID
				i.Entry, _ = t.create(ctx, c[0])
			}
		}
		for _, l := range texts.Locales {
			i.Locale = content.Locale(l)
			if _, err := t.site.Host.Console().Interact(ctx, who, t.m.Name, i); err != nil {
				return "", errors.Join(fmt.Errorf("open %s in %s: %w", p.ID, l, err), t.lastError(pluginpb.Console_Interact_FullMethodName), t.answers(ctx))
			}
		}
		for _, values := range []string{"", "{}", "[]", `{"id":7,"ids":"x","revision":"x"}`, `{"id":"no-such-thing"}`, `"` + strings.Repeat("x", 10_000) + `"`} {
			i.Action, i.Values = "no-such-action", json.RawMessage(values)
			_, _ = t.site.Host.Console().Interact(ctx, who, t.m.Name, i) // an error is an answer
			if err := t.answers(ctx); err != nil {
				return "", fmt.Errorf("press what is unknown in %s, with %.60s: %w", p.ID, values, err)
			}
		}
	}
	return fmt.Sprintf("%d places", len(places)), nil
}

// person makes somebody who may do everything: a plugin acts for people, not for
// the program.
func (t *trial) person(ctx context.Context) (content.Actor, error) {
	name, email, roles := "Trial", "trial@example.org", []content.RoleID{"administrator"}
	r, err := t.site.Runner.Do(ctx, robot, account.SaveUser{Set: account.UserFields{Name: &name, Email: &email, Roles: &roles}})
	return content.Actor{Kind: content.ActorUser, ID: r.Subject}, err
}

// jobs lets each job run once, without arguments.
func (t *trial) jobs(ctx context.Context) (string, error) {
	if len(t.m.Jobs) == 0 {
		return "", errApart
	}
	var failed []string
	for _, j := range t.m.Jobs {
		run, err := t.site.Host.StartJob(ctx, robot, t.m.Name, j.ID, json.RawMessage(`null`))
		if err != nil {
			return "", fmt.Errorf("start %s: %w", j.ID, err)
		}
		err = t.until(ctx, j.ID+" is over", func() bool {
			if t.process.ended() != nil {
				return true
			}
			all, err := t.site.Host.Jobs(ctx, t.m.Name, "")
			if at := slices.IndexFunc(all, func(r jobs.Run) bool { return r.ID == run.ID }); err == nil && at >= 0 {
				run = all[at]
			}
			return run.State.Over()
		})
		if err := errors.Join(err, t.answers(ctx)); err != nil {
			return "", fmt.Errorf("%s: %w", j.ID, err)
		}
		if run.State != jobs.Done {
			failed = append(failed, j.ID+": "+run.Error)
		}
	}
	if len(failed) == len(t.m.Jobs) {
		return "", apart("without arguments none can be done: " + strings.Join(failed, "; "))
	}
	return fmt.Sprintf("%d jobs, %d of them without success", len(t.m.Jobs), len(failed)), nil
}
