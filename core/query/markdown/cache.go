package markdown

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// textCache keeps rendered texts by the hash of their source, up to a number
// of bytes; what was not asked for longest goes first.
type textCache struct {
	mu    sync.Mutex
	limit int
	size  int
	byKey map[[sha256.Size]byte]*list.Element
	order *list.List // of *keptText, last asked for in front
}

type keptText struct {
	key  [sha256.Size]byte
	text *Rendered
}

func newTextCache(limit int) *textCache {
	return &textCache{limit: limit, byKey: map[[sha256.Size]byte]*list.Element{}, order: list.New()}
}

func (c *textCache) get(key [sha256.Size]byte) *Rendered {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*keptText).text
}

func (c *textCache) put(key [sha256.Size]byte, r *Rendered) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[key] != nil || r.cost() > c.limit/4 {
		return
	}
	c.byKey[key] = c.order.PushFront(&keptText{key, r})
	for c.size += r.cost(); c.size > c.limit; {
		oldest := c.order.Back()
		kept := c.order.Remove(oldest).(*keptText)
		delete(c.byKey, kept.key)
		c.size -= kept.text.cost()
	}
}

// cost is the memory that a text takes, about.
func (r *Rendered) cost() int { return r.size + 80*len(r.pieces) + 200 }
