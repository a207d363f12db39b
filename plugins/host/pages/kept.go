package pages

import (
	"time"

	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/wire"
)

// fresh gives a copy that still holds.
func (p *Pages) fresh(x wire.Plugin, key string) (slot.Rendered, bool) {
	changed := p.changed(x.Manifest)
	now := p.o.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.kept[key]
	if c == nil || c.revision != x.Revision || c.seen != changed || !now.Before(c.shown.Until) {
		return slot.Rendered{}, false
	}
	c.used = now
	return c.shown, true
}

// last gives the copy that there is, whether it holds or not.
func (p *Pages) last(key string) (slot.Rendered, bool) {
	now := p.o.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.kept[key]
	if c == nil || now.Sub(c.at) > keptFor {
		return slot.Rendered{}, false
	}
	c.used = now
	shown := c.shown
	shown.Until = time.Time{} // it may not hold any more
	return shown, true
}

// keep keeps a copy, and forgets those that were not used for the longest time
// when there are too many.
func (p *Pages) keep(key string, c *copied) {
	c.used, c.size = c.at, len(key)+len(c.shown.HTML)+len(c.shown.Title)+len(c.shown.Description)+len(c.shown.Structured)+weight(c.shown.Tree)+200
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.kept[key]; old != nil {
		p.bytes -= old.size
	}
	p.kept[key] = c
	p.bytes += c.size
	for p.bytes > keptBytes && len(p.kept) > 1 {
		oldest := ""
		for k, x := range p.kept {
			if k != key && (oldest == "" || x.used.Before(p.kept[oldest].used)) {
				oldest = k
			}
		}
		p.bytes -= p.kept[oldest].size
		delete(p.kept, oldest)
	}
}

// weight is about how many bytes a tree takes.
func weight(n *slot.Node) int {
	if n == nil {
		return 0
	}
	sum := 300
	for _, v := range n.Values {
		sum += 50 + weightOf(v)
	}
	for _, c := range n.Children {
		sum += weight(c)
	}
	return sum
}

func weightOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		sum := 0
		for _, x := range v {
			sum += 20 + weightOf(x)
		}
		return sum
	case map[string]any:
		sum := 0
		for k, x := range v {
			sum += 50 + len(k) + weightOf(x)
		}
		return sum
	}
	return 16
}

// quieted reports whether a plugin failed a moment ago: then visitors do not
// wait for it each time.
func (p *Pages) quieted(plugin string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.o.Now().Before(p.quiet[plugin])
}

func (p *Pages) hush(plugin string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.quiet[plugin] = p.o.Now().Add(quiet)
}
