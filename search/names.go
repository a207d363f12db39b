package search

import "sync"

// names gives small numbers to strings, in the order in which they turn up,
// for as long as the process lives. It is safe for concurrent use.
type names struct {
	mu    sync.RWMutex
	byKey map[string]uint32
	all   []string
}

// of gives the number of a name, a new one when it has none.
func (n *names) of(name string) uint32 {
	if at, ok := n.known(name); ok {
		return at
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if at, ok := n.byKey[name]; ok {
		return at
	}
	if n.byKey == nil {
		n.byKey = map[string]uint32{}
	}
	at := uint32(len(n.all))
	n.byKey[name], n.all = at, append(n.all, name)
	return at
}

// known gives the number of a name that has one.
func (n *names) known(name string) (uint32, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	at, ok := n.byKey[name]
	return at, ok
}

// list gives all names by their numbers; it may be read and not changed.
func (n *names) list() []string {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.all[:len(n.all):len(n.all)]
}
