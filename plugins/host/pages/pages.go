// Package pages gives the website what plugins show to visitors: one call a
// plugin and page of the site, answers from memory for as long as they hold,
// and the last good ones when a plugin is down or late. What a plugin writes
// gets no further than it is harmless.
package pages

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Limits of what visitors are shown.
const (
	Budget   = 300 * time.Millisecond // for an answer; then the last one is shown, and the new one kept when it comes
	Patience = 3 * time.Second        // for a page that has no last one: for the process to be there, and for its answer
	maxHTML  = 256 << 10              // bytes of one item, before it is made harmless
	maxTitle = 300

	maxStructured = 32 << 10 // bytes of JSON
	keptBytes     = 16 << 20 // of all copies
	keptFor       = 24 * time.Hour
	longest       = time.Hour   // that an answer holds, whatever it says
	unmoved       = time.Minute // that one holds which nothing in the log can end
	quiet         = 2 * time.Second
)

// Options of Pages; all are required but Budget.
type Options struct {
	Plugins wire.Plugins
	// Changed is the last record that changed entries of a collection.
	Changed func(content.CollectionID) commitlog.Seq
	Now     func() time.Time
	Logger  *slog.Logger
	Budget  time.Duration // 0: Budget
}

// Pages is the slot.Provider of all plugins of a node.
type Pages struct {
	o      Options
	asking singleflight.Group

	mu    sync.Mutex
	kept  map[string]*copied
	bytes int
	quiet map[string]time.Time // by plugin: not asked before
	clean map[string]*bluemonday.Policy
}

// copied is an answer as it was kept.
type copied struct {
	shown    slot.Rendered
	revision int           // of the plugin
	at       time.Time     // when it was made
	seen     commitlog.Seq // of what it may have read
	used     time.Time
	size     int
}

// New makes the provider.
func New(o Options) *Pages {
	if o.Budget == 0 {
		o.Budget = Budget
	}
	return &Pages{o: o, kept: map[string]*copied{}, quiet: map[string]time.Time{}, clean: map[string]*bluemonday.Policy{}}
}

// Slots says what the plugins have to offer.
func (p *Pages) Slots() slot.Slots {
	var out slot.Slots
	for _, x := range p.o.Plugins.Plugins() {
		for _, page := range x.Manifest.Pages {
			path := "/" + x.Name + strings.TrimSuffix(page.Path, "/")
			out.Pages = append(out.Pages, slot.Page{ID: x.Name + "/" + page.ID, Path: path, Query: page.Query, Draws: page.Draws, Title: page.Label,
				Private: page.Private, Listed: !page.Private && !strings.Contains(path, "{")})
		}
		for _, b := range x.Manifest.Blocks {
			out.Blocks = append(out.Blocks, slot.Block{ID: x.Name + "/" + b.ID, Label: b.Label, On: b.On})
		}
	}
	return out
}

// wanted are the items of one plugin.
type wanted struct {
	plugin wire.Plugin
	items  []*pluginpb.RenderItem
	keys   []string // of the copies
	names  []string // of the site's items
}

// Render answers items from memory, and asks the plugins for the others, all at
// the same time.
func (p *Pages) Render(ctx context.Context, locale content.Locale, items []slot.Item) ([]slot.Rendered, error) {
	var out []slot.Rendered
	ask := map[string]*wanted{}
	for _, item := range items[:min(len(items), slot.MaxItems)] {
		x, request, ok := p.request(item)
		if !ok {
			continue
		}
		key := keyOf(x.Name, locale, request)
		if shown, ok := p.fresh(x, key); ok {
			shown.Key = item.Key
			out = append(out, shown)
			continue
		}
		w := ask[x.Name]
		if w == nil {
			w = &wanted{plugin: x}
			ask[x.Name] = w
		}
		request.Key = fmt.Sprint(len(w.items))
		w.items, w.keys, w.names = append(w.items, request), append(w.keys, key), append(w.names, item.Key)
	}
	answers := make([][]slot.Rendered, len(ask))
	var group errgroup.Group
	for i, name := range slices.Sorted(maps.Keys(ask)) {
		group.Go(func() error {
			answers[i] = p.answers(ctx, locale, ask[name])
			return nil
		})
	}
	_ = group.Wait() // none fails
	out = append(out, slices.Concat(answers...)...)
	for _, item := range items[:min(len(items), slot.MaxItems)] {
		answered := slices.ContainsFunc(out, func(r slot.Rendered) bool { return r.Key == item.Key })
		if name, _, _ := strings.Cut(item.Page, "/"); item.Page != "" && !answered {
			return out, problem.New(problem.Unavailable, "plugin_down", problem.Args{"plugin": name}).With("retry_after", 2)
		}
	}
	return out, nil
}

// request reads what the site wants of a plugin that is there.
func (p *Pages) request(item slot.Item) (wire.Plugin, *pluginpb.RenderItem, bool) {
	name, id, _ := strings.Cut(item.Page+item.Block, "/")
	x, ok := p.o.Plugins.Plugin(name)
	if !ok {
		return x, nil, false
	}
	r := &pluginpb.RenderItem{Places: item.Places, Query: item.Query, Collection: item.Collection, Id: string(item.Entry), PropsJson: item.Props}
	if item.Page != "" {
		r.Page = id
		return x, r, slices.ContainsFunc(x.Manifest.Pages, func(m manifest.Page) bool { return m.ID == id })
	}
	r.Block = id
	return x, r, slices.ContainsFunc(x.Manifest.Blocks, func(m manifest.Block) bool { return m.ID == id })
}

// keyOf tells items apart.
func keyOf(plugin string, l content.Locale, r *pluginpb.RenderItem) string {
	raw, err := json.Marshal([]any{plugin, l, r.Page, r.Block, r.Places, r.Query, r.Collection, r.Id, string(r.PropsJson)})
	if err != nil {
		return plugin // texts and maps of texts: it does not fail
	}
	return string(raw)
}

// answers gives the items of one plugin, fresh if it answers in time.
func (p *Pages) answers(ctx context.Context, locale content.Locale, w *wanted) []slot.Rendered {
	name := w.plugin.Name
	var made answered
	if !p.quieted(name) {
		// Visitors who want the same wait for the same answer. One that comes too
		// late for them is kept for the next.
		patient := p.nothingToShow(w)
		coming := p.asking.DoChan(strings.Join(w.keys, "\n"), func() (made any, err error) {
			defer func() { // nobody above recovers here
				if r := recover(); r != nil {
					err = fmt.Errorf("panic: %v", r)
					p.o.Logger.Error("a page of a plugin", "plugin", name, "error", err, "stack", string(debug.Stack()))
				}
			}()
			made, err = p.ask(context.WithoutCancel(ctx), locale, w, patient)
			if err != nil && problem.CodeOf(err) != "plugin_down" { // which is known at once, and logged by whoever starts it
				p.hush(name)
				p.o.Logger.Warn("a plugin did not render", "plugin", name, "error", err)
			}
			return made, err
		})
		var late <-chan time.Time
		if !patient {
			late = time.After(p.o.Budget)
		}
		select {
		case got := <-coming:
			made, _ = got.Val.(answered)
		case <-late:
		}
	}
	var out []slot.Rendered
	for i, key := range w.keys {
		shown, ok := made[key]
		if !ok {
			if shown, ok = p.last(key); !ok {
				continue
			}
			shown.Stale = true
		}
		shown.Key = w.names[i]
		out = append(out, shown)
	}
	return out
}

// answered is what a plugin answered, by the keys of the copies.
type answered map[string]slot.Rendered

// ask asks the plugin, and keeps what it answers, but for what is private.
func (p *Pages) ask(ctx context.Context, locale content.Locale, w *wanted, patient bool) (answered, error) {
	made := answered{}
	seen := p.changed(w.plugin.Manifest)
	var answer *pluginpb.RenderResponse
	c := wire.Call{Plugin: w.plugin.Name, Surface: wire.Pages, What: what(w), Lasts: max(Patience, p.o.Budget), Due: p.o.Budget}
	if patient {
		c.Waits, c.Due = Patience, 0
	}
	err := p.o.Plugins.Call(ctx, c, func(ctx context.Context, to wire.Process) (err error) {
		answer, err = pluginpb.NewPagesClient(to.Conn).Render(ctx, &pluginpb.RenderRequest{Locale: string(locale), Ticket: to.Ticket, Items: w.items})
		return err
	})
	if err != nil {
		return made, err
	}
	for _, r := range answer.Items {
		for i, item := range w.items {
			if item.Key != r.Key {
				continue
			}
			shown, err := p.harmless(w.plugin.Name, r)
			if err != nil {
				return made, fmt.Errorf("%s%s: %w", item.Page, item.Block, err)
			}
			if private(w.plugin.Manifest, item.Page) {
				made[w.keys[i]] = shown
				continue
			}
			shown.Depends, shown.Until = read(w.plugin.Manifest), p.until(w.plugin.Manifest, r)
			made[w.keys[i]] = shown
			p.keep(w.keys[i], &copied{shown: shown, revision: w.plugin.Revision, seen: seen, at: p.o.Now()})
		}
	}
	return made, nil
}

// nothingToShow reports whether a page would be missing without an answer: what
// has a copy, and blocks, are not waited for.
func (p *Pages) nothingToShow(w *wanted) bool {
	for i, item := range w.items {
		if _, ok := p.last(w.keys[i]); !ok && item.Page != "" {
			return true
		}
	}
	return false
}

func what(w *wanted) string {
	var names []string
	for _, item := range w.items {
		names = append(names, item.Page+item.Block)
	}
	return strings.Join(names, ", ")
}

// private reports whether a page is for whoever has its address only.
func private(m *manifest.Manifest, page string) bool {
	i := slices.IndexFunc(m.Pages, func(p manifest.Page) bool { return p.ID == page })
	return i >= 0 && m.Pages[i].Private
}

// read lists the collections that a plugin may read.
func read(m *manifest.Manifest) []content.CollectionID {
	var out []content.CollectionID
	for _, r := range m.Rights {
		if slices.Contains(r.Verbs, access.Read) || slices.Contains(r.Verbs, access.ReadDraft) {
			out = append(out, content.CollectionID(r.Collection))
		}
	}
	return out
}

// changed is the last record that changed what a plugin may read.
func (p *Pages) changed(m *manifest.Manifest) commitlog.Seq {
	var last commitlog.Seq
	for _, c := range read(m) {
		last = max(last, p.o.Changed(c))
	}
	return last
}

// until is when an answer is over at the latest.
func (p *Pages) until(m *manifest.Manifest, r *pluginpb.Rendered) time.Time {
	lasts := longest
	if r.MaxAgeS > 0 {
		lasts = min(time.Duration(r.MaxAgeS)*time.Second, longest)
	} else if len(m.Rights) == 0 {
		lasts = unmoved
	}
	return p.o.Now().Add(lasts)
}
