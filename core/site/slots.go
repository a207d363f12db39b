package site

import (
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/slot"
)

// slots is what modules offer now. Which modules there are is a noun, on which
// every page depends that could show one.
func (v *visit) slots() slot.Slots {
	if v.site.o.Slots == nil {
		return slot.Slots{}
	}
	v.Depend(query.Dependency{Noun: content.NounPlugin})
	return v.site.o.Slots.Slots()
}

// render asks the modules for all that a page shows of them. The page is kept
// no longer than each of the answers holds; one that fails to come is asked for
// again.
func (v *visit) render(items []slot.Item) (map[string]slot.Rendered, error) {
	items = items[:min(len(items), slot.MaxItems)]
	all, err := v.site.o.Slots.Render(v.Reader.Ctx, v.Locale, items)
	v.Volatile = v.Volatile || err != nil || len(all) < len(items)
	out := map[string]slot.Rendered{}
	for _, one := range all {
		v.hold(&one)
		if !one.Missing {
			one.Tree = v.resolve(one.Tree, 0)
			out[one.Key] = one
		}
	}
	return out, err
}

// hold notes how long an answer holds, which the page does not outlast.
func (v *visit) hold(one *slot.Rendered) {
	if one.Until.IsZero() {
		v.Volatile = true
		return
	}
	for _, c := range one.Depends {
		v.Depend(query.Dependency{Collection: c})
	}
	if v.until.IsZero() || one.Until.Before(v.until) {
		v.until = one.Until
	}
}

// modulePage answers with a page of a module; done is false when it has none
// at this address.
func (v *visit) modulePage(rest []string) (done bool, err error) {
	asked, places := v.slots().Match(rest)
	if asked == nil {
		return false, nil
	}
	item := slot.Item{Key: "page", Page: asked.ID, Places: places, Query: map[string]string{}}
	for name := range v.params(asked.Query...) {
		item.Query[name] = v.query.Get(name)
	}
	given := len(item.Query)
	for name, most := range asked.Draws {
		if item.Query[name] == "" {
			item.Query[name] = strconv.Itoa(1 + rand.IntN(max(most, 1))) //nolint:gosec // an order, no secret
			v.Volatile = true                                            // each visitor draws their own
		}
	}
	all, err := v.render([]slot.Item{item})
	if err != nil {
		return true, problem.Wrap(err, problem.Unavailable, "unavailable", nil)
	}
	one, ok := all["page"]
	if !ok {
		return false, nil
	}
	v.private = asked.Private
	p, err := v.page("module")
	if err != nil {
		return true, err
	}
	p.Title, p.Description, p.Crumbs = one.Title, one.Description, []page.Crumb{v.homeCrumb()}
	if p.Title == "" {
		p.Title = entry.Label(asked.Title, v.Locale, asked.ID)
	}
	for i := 1; i < len(rest); i++ {
		if above, _ := v.slots().Match(rest[:i]); above != nil {
			p.Crumbs = append(p.Crumbs, page.Crumb{Title: entry.Label(above.Title, v.Locale, above.ID), URL: v.Address(rest[:i])})
		}
	}
	p.Modules = []*entry.Module{{HTML: one.HTML, Tree: one.Tree, Stale: one.Stale}}
	p.Tell(one.Structured)
	p.At(strings.TrimPrefix(v.Address(rest), "/"+string(v.Locale)))
	if given > 0 {
		p.Canonical, p.Alternates = "", nil
		for i := range p.Languages { // the same page: with its filters, or whoever's key it is
			p.Languages[i].URL += "?" + v.query.Encode()
		}
	}
	p.JSONLD = v.structured(v.breadcrumbs(p))
	return true, v.send(p)
}

// hasPage reports whether modules may answer an address.
func (v *visit) hasPage(rest []string) bool {
	page, _ := v.slots().Match(rest)
	return page != nil
}

// modules fills in the blocks of modules: those that editors placed, and those
// that stand on all pages of a kind. What fails leaves its place empty.
func (v *visit) modules(p *page.Page) {
	offered := v.slots()
	var items []slot.Item
	of := slot.Item{}
	place := "home"
	if p.Kind != "home" {
		place = ""
		if p.Entry != nil {
			of.Collection, of.Entry = string(p.Entry.Collection.ID), p.Entry.ID
			place = of.Collection
		}
	}
	for i, b := range v.placed {
		if id := b.Text("block"); offered.Find(id) != nil {
			item := of
			item.Key, item.Block = "b"+strconv.Itoa(i), id
			item.Props, _ = json.Marshal(b.Raw("props"))
			items = append(items, item)
		}
	}
	for _, b := range offered.Blocks[:min(len(offered.Blocks), slot.MaxBlocks)] {
		if place != "" && slices.Contains(b.On, place) {
			item := of
			item.Key, item.Block = b.ID, b.ID
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return
	}
	all, err := v.render(items)
	if err != nil {
		v.site.o.Log.Warn("blocks of modules are left out of a page", slog.String("page", p.URL), slog.Any("error", err))
	}
	for i, b := range v.placed {
		if one, ok := all["b"+strconv.Itoa(i)]; ok {
			p.Tell(one.Structured)
			b.Module = &entry.Module{Title: one.Title, HTML: one.HTML, Tree: one.Tree, Stale: one.Stale}
		}
	}
	for _, b := range offered.Blocks {
		if one, ok := all[b.ID]; ok {
			p.Tell(one.Structured)
			p.Modules = append(p.Modules, &entry.Module{Title: one.Title, HTML: one.HTML, Tree: one.Tree, Stale: one.Stale})
		}
	}
}

// resolve gives a tree in which links lead to addresses of this site. The tree
// itself is shared with other visitors.
func (v *visit) resolve(n *slot.Node, depth int) *slot.Node {
	if n == nil || depth > schema.MaxDepth*2 {
		return nil
	}
	out := &slot.Node{Type: n.Type, Children: make([]*slot.Node, len(n.Children))}
	out.Values, _ = v.resolveIn(n.Values, depth).(map[string]any)
	for i, child := range n.Children {
		out.Children[i] = v.resolve(child, depth+1)
	}
	return out
}

func (v *visit) resolveIn(value any, depth int) any {
	if depth > schema.MaxDepth*2 {
		return nil
	}
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value)+1)
		for name, inner := range value {
			out[name] = v.resolveIn(inner, depth+1)
		}
		if to, _ := value["to"].(string); to != "" {
			out["url"] = v.leads(to)
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, inner := range value {
			out[i] = v.resolveIn(inner, depth+1)
		}
		return out
	}
	return value
}

// leads gives where "entry:<collection>/<id>", "/path" or an address elsewhere
// leads, or "".
func (v *visit) leads(to string) string {
	named, ok := strings.CutPrefix(to, "entry:")
	if !ok {
		return v.Inside(to)
	}
	collection, id, _ := strings.Cut(named, "/")
	item, err := v.Read(collection, id, schema.SysID)
	if err != nil {
		return ""
	}
	return item.URL
}
