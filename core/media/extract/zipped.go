package extract

import (
	"archive/zip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Limits of what is packed in a file.
const (
	maxMembers = 5_000
	maxDepth   = 256       // of XML elements
	maxTokens  = 5_000_000 // of XML in one file
)

// packed is an open file that has others in it. What comes out of it is
// counted, whatever its directory claims.
type packed struct {
	ctx    context.Context
	files  map[string]*zip.File
	left   int64 // bytes that may still come out
	tokens int
}

// zipped makes a reader of files that are zip archives.
func zipped(read func(*packed, *pages) error) func(context.Context, *os.File, *pages) error {
	return func(ctx context.Context, f *os.File, p *pages) error {
		info, err := f.Stat()
		if err != nil {
			return &oursError{err}
		}
		if info.Size() > MaxPacked {
			return errLimit
		}
		z, err := zip.NewReader(f, info.Size())
		if err != nil {
			return fmt.Errorf("open the archive: %w", err)
		}
		if len(z.File) > maxMembers {
			return errLimit
		}
		in := &packed{ctx: ctx, files: make(map[string]*zip.File, len(z.File)), left: MaxUnpacked}
		for _, m := range z.File {
			in.files[m.Name] = m
		}
		return read(in, p)
	}
}

// open opens a member.
func (in *packed) open(name string) (io.ReadCloser, error) {
	m := in.files[name]
	if m == nil {
		return nil, fmt.Errorf("%s is missing", name)
	}
	if m.Flags&1 != 0 {
		return nil, errEncrypted
	}
	member := int64(MaxMember)
	r, err := m.Open()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{&limited{r: &limited{r: r, left: &member}, left: &in.left}, r}, nil
}

// walk reads the XML of a member. start is told of elements, end of their
// ends, text of what stands between; each may be nil. Entities that a document
// defines itself are not replaced: there is no way to make much of little.
func (in *packed) walk(name string, start func(xml.StartElement) error, end func(xml.EndElement) error, text func([]byte) error) error {
	r, err := in.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	d := xml.NewDecoder(r)
	d.Strict, d.Entity = false, xml.HTMLEntity
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("not in UTF-8") }
	for depth := 0; ; {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if in.tokens++; in.tokens > maxTokens || in.tokens%4096 == 0 && in.ctx.Err() != nil {
			return errLimit
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errLimit
			}
			if start != nil {
				err = start(token)
			}
		case xml.EndElement:
			depth--
			if end != nil {
				err = end(token)
			}
		case xml.CharData:
			if text != nil {
				err = text(token)
			}
		}
		if err != nil {
			return err
		}
	}
}

// attribute gives the value of an attribute by the end of its name, whatever
// prefix the document has chosen.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// epubText reads the chapters of a book in their order.
func epubText(in *packed, p *pages) error {
	root := ""
	err := in.walk("META-INF/container.xml", func(e xml.StartElement) error {
		if e.Name.Local == "rootfile" && root == "" {
			root = attribute(e, "full-path")
		}
		return nil
	}, nil, nil)
	if err != nil {
		return err
	}
	if _, locked := in.files["META-INF/encryption.xml"]; locked && in.files["META-INF/rights.xml"] != nil {
		return errEncrypted
	}
	at := map[string]string{} // of the items by id
	var spine []string
	err = in.walk(root, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "item":
			at[attribute(e, "id")] = attribute(e, "href")
		case "itemref":
			spine = append(spine, attribute(e, "idref"))
		}
		if len(spine) > maxMembers {
			return errLimit
		}
		return nil
	}, nil, nil)
	if err != nil {
		return err
	}
	for _, id := range spine {
		if err := in.chapter(path.Join(path.Dir(root), at[id]), p); err != nil {
			return err
		}
	}
	return nil
}

func (in *packed) chapter(name string, p *pages) error {
	if in.files[name] == nil {
		return nil // a gap in the book does not take the rest of it
	}
	r, err := in.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	text, err := readable(r)
	if err != nil {
		return err
	}
	return p.putParts(strings.TrimSpace(text))
}
