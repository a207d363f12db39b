package server

import (
	"sync"

	"github.com/recueil-cms/recueil/core/texts"
)

// negotiator remembers which locale an Accept-Language header asks for:
// parsing one costs more than answering from memory.
type negotiator struct {
	offered []string
	mu      sync.RWMutex
	known   map[string]string
}

// Headers longer than maxAccept, and those after the first maxKnown, are
// parsed each time.
const (
	maxAccept = 128
	maxKnown  = 4096
)

func newNegotiator(offered []string) *negotiator {
	return &negotiator{offered: offered, known: map[string]string{}}
}

func (n *negotiator) of(accept []byte) string {
	if len(accept) == 0 {
		return n.offered[0]
	}
	n.mu.RLock()
	locale, ok := n.known[string(accept)]
	n.mu.RUnlock()
	if ok {
		return locale
	}
	text := string(accept)
	locale = texts.Negotiate(text, n.offered)
	if len(text) <= maxAccept {
		n.mu.Lock()
		if len(n.known) < maxKnown {
			n.known[text] = locale
		}
		n.mu.Unlock()
	}
	return locale
}
