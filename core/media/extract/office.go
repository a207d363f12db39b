package extract

import (
	"encoding/xml"
	"strings"
)

// flow collects the text of a document and cuts it where a page begins. A
// document that never says where comes in parts.
type flow struct {
	b     strings.Builder
	p     *pages
	paged bool
	bytes int
}

func (f *flow) write(s string) error {
	f.b.WriteString(s)
	if f.bytes += len(s); f.bytes > MaxText {
		return errLimit
	}
	return nil
}

func (f *flow) page() error {
	f.paged, f.p.paged = true, true
	err := f.p.put(strings.TrimSpace(f.b.String()))
	f.b.Reset()
	return err
}

func (f *flow) end() error {
	if f.paged {
		return f.page()
	}
	err := f.p.putParts(f.b.String())
	f.b.Reset()
	return err
}

// docxText reads a Word document: the body with its page breaks as Word last
// saw them, then the notes.
func docxText(in *packed, p *pages) error {
	f := &flow{p: p}
	if err := in.docxPart("word/document.xml", f); err != nil {
		return err
	}
	for _, notes := range []string{"word/footnotes.xml", "word/endnotes.xml"} {
		if in.files[notes] == nil {
			continue
		}
		if err := in.docxPart(notes, f); err != nil {
			return err
		}
	}
	return f.end()
}

func (in *packed) docxPart(name string, f *flow) error {
	inText, deleted := false, 0
	start := func(e xml.StartElement) error {
		switch e.Name.Local {
		case "t":
			inText = true
		case "tab":
			return f.write(" ")
		case "br", "cr":
			if attribute(e, "type") == "page" {
				return f.page()
			}
			return f.write("\n")
		case "lastRenderedPageBreak":
			if strings.TrimSpace(f.b.String()) != "" {
				return f.page()
			}
		case "softHyphen":
			return f.write(string(softHyphen))
		case "noBreakHyphen":
			return f.write("-")
		case "del":
			deleted++
		}
		return nil
	}
	end := func(e xml.EndElement) error {
		switch e.Name.Local {
		case "t":
			inText = false
		case "p", "tr":
			return f.write("\n")
		case "tc":
			return f.write(" ")
		case "del":
			deleted--
		}
		return nil
	}
	return in.walk(name, start, end, func(text []byte) error {
		if !inText || deleted > 0 {
			return nil
		}
		return f.write(string(text))
	})
}

// odfText reads an OpenDocument text, spreadsheet or slides. Pages are where
// the program that wrote it put soft breaks; a sheet or a slide is one.
func odfText(in *packed, p *pages) error {
	if err := in.odfLocked(); err != nil {
		return err
	}
	o := &odf{flow: flow{p: p}}
	if err := in.walk("content.xml", o.start, o.end, o.text); err != nil {
		return err
	}
	return o.flow.end()
}

// odfLocked looks for the mark of a document with a password.
func (in *packed) odfLocked() error {
	if in.files["META-INF/manifest.xml"] == nil {
		return nil
	}
	return in.walk("META-INF/manifest.xml", func(e xml.StartElement) error {
		if e.Name.Local == "encryption-data" {
			return errEncrypted
		}
		return nil
	}, nil, nil)
}

// odf follows the elements of an OpenDocument.
type odf struct {
	flow   flow
	sheets bool // tables are pages, too
	inside int  // paragraphs; whitespace between them is layout
	hidden int  // what was deleted, and remarks
}

func (o *odf) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "spreadsheet":
		o.sheets = true
	case "tracked-changes", "annotation":
		o.hidden++
	case "p", "h":
		o.inside++
	case "s", "tab":
		return o.flow.write(" ")
	case "line-break":
		return o.flow.write("\n")
	case "soft-page-break":
		return o.flow.page()
	case "table", "page":
		if (e.Name.Space == "draw" || o.sheets && e.Name.Space == "table") && o.flow.b.Len() > 0 {
			return o.flow.page()
		}
	}
	return nil
}

func (o *odf) end(e xml.EndElement) error {
	switch e.Name.Local {
	case "tracked-changes", "annotation":
		o.hidden--
	case "p", "h":
		o.inside--
		return o.flow.write("\n")
	}
	return nil
}

func (o *odf) text(text []byte) error {
	if o.inside <= 0 || o.hidden > 0 {
		return nil
	}
	return o.flow.write(string(text))
}
