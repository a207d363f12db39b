// Package forms tells people from machines, and the first sending of a form from
// those that a reload or a second click repeats, without cookies and without
// asking anybody anything: each rendering carries a mark that says when it was.
package forms

import (
	"encoding/hex"
	"fmt"
	"io"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Limits of a form.
const (
	Least = 3 * time.Second // that a person needs
	Most  = 24 * time.Hour  // that a page stays open

	MaxAddress = 254 // bytes of an e-mail address
	maxSent    = 10_000
	maxMark    = 40
)

// Mark marks one rendering of a form: when it was, and which.
func Mark(random io.Reader, now time.Time) (string, error) {
	nonce := make([]byte, 8)
	if _, err := io.ReadFull(random, nonce); err != nil {
		return "", fmt.Errorf("draw the mark of a form: %w", err)
	}
	return strconv.FormatInt(now.UnixMilli(), 36) + "-" + hex.EncodeToString(nonce), nil
}

// Age is how long ago a form was shown; one that does not say is as old as can
// be.
func Age(mark string, now time.Time) time.Duration {
	at, _, ok := strings.Cut(mark, "-")
	ms, err := strconv.ParseInt(at, 36, 64)
	if !ok || err != nil || len(mark) > maxMark {
		return Most + time.Hour
	}
	return now.Sub(time.UnixMilli(ms))
}

// Address reports whether a text is an e-mail address and nothing else.
func Address(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && len(text) <= MaxAddress
}

// Sent remembers which renderings were sent, so that each counts once. The zero
// value remembers none; it keeps 10,000 at most, and is safe for concurrent use.
type Sent struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// First reports whether a mark is seen for the first time.
func (s *Sent) First(mark string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.seen[mark]; again {
		return false
	}
	if len(s.seen) >= maxSent {
		for old, at := range s.seen {
			if now.Sub(at) > Most || len(s.seen) > maxSent*9/10 { // room for many, so that this is rare
				delete(s.seen, old)
			}
		}
	}
	if s.seen == nil {
		s.seen = map[string]time.Time{}
	}
	s.seen[mark] = now
	return true
}

// Forget lets a form be sent again, because it could not be taken in.
func (s *Sent) Forget(mark string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, mark)
}
