package app

import (
	"fmt"
	"io"
	"strings"
	"sync"
)

// progress shows how far long work is: a bar on a terminal, otherwise a line
// for each tenth. It may be told from several goroutines.
type progress struct {
	c     *cli
	label string

	mu   sync.Mutex
	last int64 // hundredths shown last
}

// progress begins with a label of the catalogue.
func (c *cli) progress(key string) *progress {
	return &progress{c: c, label: c.text(key), last: -1}
}

// show says that done of total is done.
func (p *progress) show(done, total int64) {
	percent := int64(100)
	if total > 0 {
		percent = min(done*100/total, 100)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	step := int64(1)
	if p.c.width == 0 {
		step = 10
	}
	if p.last >= 0 && percent/step == p.last/step {
		return
	}
	p.last = percent
	if p.c.width == 0 {
		_, _ = fmt.Fprintf(p.c.Err, "%s: %d %%\n", p.label, percent) // showing is all it does
		return
	}
	const room = 10 // for the figure
	width := int64(max(p.c.width-len([]rune(p.label))-room, 10))
	full := width * percent / 100
	_, _ = fmt.Fprintf(p.c.Err, "\r%s [%s%s] %3d %%", p.label, strings.Repeat("#", int(full)), strings.Repeat(".", int(width-full)), percent)
}

// end leaves the bar's line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.c.width > 0 && p.last >= 0 {
		_, _ = io.WriteString(p.c.Err, "\n")
	}
}
