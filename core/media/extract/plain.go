package extract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	uni "golang.org/x/text/encoding/unicode"
)

// plainText reads text; a form feed begins a page.
func plainText(_ context.Context, f *os.File, p *pages) error {
	text, err := allText(f)
	if err != nil {
		return err
	}
	parts := strings.Split(text, "\f")
	if len(parts) == 1 {
		return p.putParts(text)
	}
	p.paged = true
	for _, part := range parts {
		if err := p.put(part); err != nil {
			return err
		}
	}
	return nil
}

// allText reads a file in the encoding that it seems to have: UTF-8, UTF-16
// with a mark, or what Windows wrote in France before.
func allText(r io.Reader) (string, error) {
	raw, err := io.ReadAll(io.LimitReader(r, MaxText+1))
	if err != nil {
		return "", &oursError{fmt.Errorf("read the file: %w", err)}
	}
	if len(raw) > MaxText {
		return "", errLimit
	}
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), bytes.HasPrefix(raw, []byte("\xfe\xff")):
		from = uni.UTF16(uni.LittleEndian, uni.UseBOM)
	case utf8.Valid(raw):
		return strings.TrimPrefix(string(raw), "\ufeff"), nil
	default:
		from = charmap.Windows1252
	}
	text, err := from.NewDecoder().Bytes(raw)
	if err != nil {
		return "", fmt.Errorf("decode the text: %w", err)
	}
	return string(text), nil
}

func htmlText(_ context.Context, f *os.File, p *pages) error {
	source, err := allText(f)
	if err != nil {
		return err
	}
	text, err := readable(strings.NewReader(source))
	if err != nil {
		return err
	}
	return p.putParts(text)
}

// unread are elements whose content is not for reading.
var unread = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Iframe: true,
	atom.Svg: true, atom.Math: true, atom.Object: true, atom.Head: true,
}

// inlineTags do not end a line of text.
var inlineTags = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Cite: true, atom.Code: true,
	atom.Em: true, atom.Font: true, atom.I: true, atom.Mark: true, atom.Q: true, atom.S: true, atom.Small: true,
	atom.Span: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.U: true, atom.Wbr: true,
}

// readable gives the text of HTML. It goes by tokens, not by a tree, so that
// depth costs nothing.
func readable(r io.Reader) (string, error) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(1 << 20)
	var b strings.Builder
	var skip atom.Atom
	depth := 0 // of skip inside itself
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			if err := z.Err(); err != io.EOF { //nolint:errorlint // the tokenizer gives it bare
				return "", fmt.Errorf("read HTML: %w", err)
			}
			return b.String(), nil
		case html.TextToken:
			if skip == 0 {
				b.Write(bytes.ReplaceAll(z.Text(), []byte("\n"), []byte(" ")))
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			switch {
			case skip != 0 && tag == skip && kind == html.StartTagToken:
				depth++
			case skip != 0 && tag == skip && kind == html.EndTagToken:
				if depth--; depth == 0 {
					skip = 0
				}
			case skip == 0 && unread[tag] && kind == html.StartTagToken:
				skip, depth = tag, 1
			}
			if skip == 0 && !inlineTags[tag] {
				b.WriteByte('\n')
			}
		}
		if b.Len() > MaxText {
			return "", errLimit
		}
	}
}
