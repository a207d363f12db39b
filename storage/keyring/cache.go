package keyring

import (
	"container/list"
	"sync"
)

// cacheKeys is how many keys a node remembers.
const cacheKeys = 16_384

// cache remembers the present keys of subjects, and ids that are gone for
// ever, those used last. What was read before a forget does not get in after
// it: the reader brings the generation it began in.
type cache struct {
	mu    sync.Mutex
	most  int
	order *list.List // of *cached, the last used first
	known map[name]*list.Element
	age   uint64 // counts the calls of forget
}

// name is a subject for its present key, or a subject with the id of a key
// that is gone.
type name struct {
	subject string
	id      keyID
}

type cached struct {
	name name
	key  *key // nil: gone
}

func newCache(most int) *cache {
	return &cache{most: most, order: list.New(), known: map[name]*list.Element{}}
}

func (c *cache) generation() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.age
}

func (c *cache) current(subject string) *key {
	if one := c.use(name{subject: subject}); one != nil {
		return one.key
	}
	return nil
}

func (c *cache) dead(subject string, id keyID) bool {
	return c.use(name{subject, id}) != nil
}

func (c *cache) use(n name) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.known[n]
	if element == nil {
		return nil
	}
	c.order.MoveToFront(element)
	return element.Value.(*cached)
}

func (c *cache) add(subject string, k *key, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation == c.age {
		c.put(&cached{name: name{subject: subject}, key: k})
	}
}

func (c *cache) bury(subject string, id keyID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(&cached{name: name{subject, id}})
}

func (c *cache) put(one *cached) {
	if element := c.known[one.name]; element != nil {
		element.Value = one
		c.order.MoveToFront(element)
		return
	}
	c.known[one.name] = c.order.PushFront(one)
	if c.order.Len() > c.most {
		oldest := c.order.Back()
		delete(c.known, oldest.Value.(*cached).name)
		c.order.Remove(oldest)
	}
}

func (c *cache) forget(subject string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.age++
	if element := c.known[name{subject: subject}]; element != nil {
		delete(c.known, element.Value.(*cached).name)
		c.order.Remove(element)
	}
}
