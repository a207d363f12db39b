// Package lines keeps the last lines that a plugin wrote.
package lines

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// Limits of what is kept of what a plugin writes.
const (
	Kept      = 200
	lineBytes = 2000
)

// Line is one line that a plugin wrote, or the host about it.
type Line struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
	Host bool      `json:"host,omitempty"` // the host wrote it
}

// Lines keeps the last lines. It takes what is written in any pieces.
type Lines struct {
	mu   sync.Mutex
	now  func() time.Time
	kept []Line
	part []byte
}

// New keeps none yet.
func New(now func() time.Time) *Lines { return &Lines{now: now} }

// Write takes output of the plugin. It never fails.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 {
			break
		}
		l.add(string(l.part[:i]), false)
		l.part = l.part[i+1:]
	}
	if len(l.part) > lineBytes {
		l.add(string(l.part), false)
		l.part = nil
	}
	return len(p), nil
}

// Note adds a line of the host's.
func (l *Lines) Note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(text, true)
}

func (l *Lines) add(text string, host bool) {
	text = strings.ToValidUTF8(strings.TrimRight(text, "\r"), "�")
	if len(text) > lineBytes {
		text = strings.ToValidUTF8(text[:lineBytes], "") + "…"
	}
	if len(l.kept) == Kept {
		l.kept = append(l.kept[:0], l.kept[1:]...)
	}
	l.kept = append(l.kept, Line{At: l.now().UTC(), Text: text, Host: host})
}

// Last gives the last lines, oldest first.
func (l *Lines) Last(n int) []Line {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Line(nil), l.kept[max(0, len(l.kept)-n):]...)
}
