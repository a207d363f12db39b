package extract

import (
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What ends reading. Whatever else a reader meets is damage of the file.
var (
	errLimit     = errors.New("limit reached")
	errEncrypted = errors.New("file is encrypted")
)

// pages takes the pages of a file as they are read, within the limits.
type pages struct {
	paged bool // see Text
	total int  // as the file has it; 0: as many as are put
	list  []string
	size  int                 // bytes
	tell  func(message) error // is told of each page, too; may be nil
}

// begin tells what is known of the pages before they are read.
func (p *pages) begin() error {
	if p.tell == nil {
		return nil
	}
	return p.tell(message{Total: p.total, Paged: p.paged})
}

// put takes the next page.
func (p *pages) put(page string) error {
	if len(p.list) >= MaxPages {
		return errLimit
	}
	page = clip(page, MaxPage)
	if p.size += len(page); p.size > MaxText {
		return errLimit
	}
	p.list = append(p.list, page)
	if p.tell != nil {
		return p.tell(message{Page: &page, Paged: p.paged})
	}
	return nil
}

// clip cuts a text after so many characters, and makes it valid UTF-8.
func clip(text string, limit int) string {
	text = strings.ToValidUTF8(text, "")
	if len(text) <= limit {
		return text
	}
	n := 0
	for i := range text {
		if n == limit {
			return text[:i]
		}
		n++
	}
	return text
}

// putParts takes a text that has no pages, in parts of a size that can be
// shown and searched, cut where a line ends.
func (p *pages) putParts(text string) error {
	for text = strings.TrimSpace(text); text != ""; {
		part := text
		if len(part) > partBytes {
			part = part[:partBytes]
			if i := strings.LastIndexByte(part, '\n'); i > partBytes/2 {
				part = part[:i]
			} else if i := strings.LastIndexFunc(part, unicode.IsSpace); i > partBytes/2 {
				part = part[:i]
			}
			for len(part) > 0 && !utf8.RuneStart(text[len(part)]) {
				part = part[:len(part)-1]
			}
		}
		text = strings.TrimSpace(text[len(part):])
		if err := p.put(part); err != nil {
			return err
		}
	}
	return nil
}

// partBytes is the size of a part of a text without pages.
const partBytes = 16 << 10

// text says what became of reading, which ended with err.
func (p *pages) text(err error) *Text {
	t := &Text{Pages: p.list, Paged: p.paged, Total: max(p.total, len(p.list))}
	t.Pages = mend(t.Pages)
	some := t.Blank() < len(t.Pages)
	switch {
	case errors.Is(err, errEncrypted):
		t.State = Encrypted
	case err != nil && some, some && t.Total > len(t.Pages):
		t.State = Partial
	case errors.Is(err, errLimit):
		t.State = TooLarge
	case err != nil:
		t.State = Damaged
	case some:
		t.State = Found
	default:
		t.State = None
	}
	if !some {
		t.Pages = nil
	}
	t.Language = language(t.Pages)
	return t
}

// limited gives errLimit in place of the end of what is longer than allowed.
type limited struct {
	r    io.Reader
	left *int64 // shared by all that come out of one file
}

func (l *limited) Read(b []byte) (int, error) {
	if *l.left <= 0 {
		return 0, errLimit
	}
	if int64(len(b)) > *l.left {
		b = b[:*l.left]
	}
	n, err := l.r.Read(b)
	*l.left -= int64(n)
	return n, err
}
