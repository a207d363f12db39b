// Package pdf writes tagged PDF files: pages of placed glyphs, lines and
// areas, with a structure tree, bookmarks, links and fonts that hold only what
// is used. It knows nothing of languages or layout; whoever calls it has shaped
// the text. The same calls give the same bytes. It exists because no Go library
// with a free licence writes both structure trees and shaped glyphs; what it
// writes follows ISO 32000-1 and aims at ISO 14289-1 (PDF/UA).
package pdf

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Info is what a file says of itself.
type Info struct {
	Title, Author, Subject string
	Language               string // of the document, as in "fr"
	Program                string // that made it
	Created                time.Time
	RightToLeft            bool // is bound on the right
}

// Doc is a file that is being written. It is not safe for concurrent use.
type Doc struct {
	info    Info
	objects [][]byte // by object number - 1; nil: reserved
	streams map[int]bool

	pages   []*Page // in the order in which they were begun
	order   []*Page
	fonts   []*Font
	root    *Elem
	parents []any // of the parent tree: []*Elem of a page, *Elem of a link
	marks   []*Bookmark
	dests   []dest

	catalog, pageTree, treeRoot int
}

// dest is a place that links lead to.
type dest struct {
	name string
	page *Page
	y    float64
}

// Bookmark is a line of the outline.
type Bookmark struct {
	title string
	page  *Page
	y     float64
	kids  []*Bookmark
	ref   int
}

// New begins a file.
func New(info Info) *Doc {
	d := &Doc{info: info, streams: map[int]bool{}}
	d.catalog, d.pageTree, d.treeRoot = d.reserve(), d.reserve(), d.reserve()
	d.root = &Elem{doc: d, kind: "Document", ref: d.reserve()}
	return d
}

// Root is the element that holds the whole document.
func (d *Doc) Root() *Elem { return d.root }

// Bookmark adds a line to the outline, below another or, with nil, at the top.
func (d *Doc) Bookmark(under *Bookmark, title string, p *Page, y float64) *Bookmark {
	b := &Bookmark{title: title, page: p, y: y, ref: d.reserve()}
	if under == nil {
		d.marks = append(d.marks, b)
	} else {
		under.kids = append(under.kids, b)
	}
	return b
}

// Place names a place, so that links can lead there. Each name is given once.
func (d *Doc) Place(name string, p *Page, y float64) { d.dests = append(d.dests, dest{name, p, y}) }

// Order puts the pages in the order in which they are read. Pages that it does
// not name are left out; they must be empty.
func (d *Doc) Order(pages []*Page) { d.order = pages }

func (d *Doc) reserve() int {
	d.objects = append(d.objects, nil)
	return len(d.objects)
}

func (d *Doc) set(ref int, format string, args ...any) {
	d.objects[ref-1] = fmt.Appendf(nil, format, args...)
}

func (d *Doc) add(format string, args ...any) int {
	ref := d.reserve()
	d.set(ref, format, args...)
	return ref
}

// stream adds a compressed stream; entries are those of its dictionary besides
// length and filter.
func (d *Doc) stream(entries string, data []byte) (int, error) {
	packed, err := deflate(data)
	if err != nil {
		return 0, err
	}
	return d.raw(entries+" /Filter /FlateDecode", packed), nil
}

// raw adds a stream as it is.
func (d *Doc) raw(entries string, data []byte) int {
	ref := d.reserve()
	d.streams[ref] = true
	body := fmt.Appendf(nil, "<< %s /Length %d >>\nstream\n", entries, len(data))
	body = append(body, data...)
	d.objects[ref-1] = append(body, "\nendstream"...)
	return ref
}

// Write finishes the file. Nothing may be added after it.
func (d *Doc) Write(w io.Writer) error {
	if d.order == nil {
		d.order = d.pages
	}
	if err := d.writeFonts(); err != nil {
		return err
	}
	if err := d.writePages(); err != nil {
		return err
	}
	d.writeTree()
	outline := d.writeOutline()
	meta := d.raw("/Type /Metadata /Subtype /XML", d.metadata())
	direction := "L2R"
	if d.info.RightToLeft {
		direction = "R2L"
	}
	d.set(d.catalog, "<< /Type /Catalog /Version /1.7 /Pages %d 0 R /StructTreeRoot %d 0 R /MarkInfo << /Marked true >> "+
		"/Lang %s /Metadata %d 0 R /ViewerPreferences << /DisplayDocTitle true /Direction /%s >> /Dests %s /PageLabels %s%s >>",
		d.pageTree, d.treeRoot, text(d.info.Language), meta, direction, d.destinations(), d.labels(), outline)
	info := d.add("<< /Title %s /Author %s /Subject %s /Creator %s /Producer %s /CreationDate %s /ModDate %s >>",
		text(d.info.Title), text(d.info.Author), text(d.info.Subject), text(d.info.Program), text(d.info.Program),
		d.moment(), d.moment())
	return d.writeFile(w, info)
}

func (d *Doc) moment() string { return "(" + d.info.Created.UTC().Format("D:20060102150405Z") + ")" }

// destinations are the named places.
func (d *Doc) destinations() string {
	var b strings.Builder
	b.WriteString("<<")
	for _, at := range d.dests {
		fmt.Fprintf(&b, " /%s [%d 0 R /XYZ null %s null]", at.name, at.page.ref, num(at.y))
	}
	b.WriteString(" >>")
	return b.String()
}

// labels number the pages as they are printed, so that readers who type a page
// number get there.
func (d *Doc) labels() string {
	var b strings.Builder
	b.WriteString("<< /Nums [")
	for i, p := range d.order {
		if p.label != "" {
			fmt.Fprintf(&b, " %d << /P %s >>", i, text(p.label))
		} else {
			fmt.Fprintf(&b, " %d << /S /D /St %d >>", i, i+1)
		}
	}
	b.WriteString(" ] >>")
	return b.String()
}

func (d *Doc) writeOutline() string {
	if len(d.marks) == 0 {
		return ""
	}
	top := d.reserve()
	count := d.writeMarks(top, d.marks)
	d.set(top, "<< /Type /Outlines /First %d 0 R /Last %d 0 R /Count %d >>", d.marks[0].ref, d.marks[len(d.marks)-1].ref, count)
	return fmt.Sprintf(" /Outlines %d 0 R /PageMode /UseOutlines", top)
}

// writeMarks writes the lines below one. Those below the first level are
// closed.
func (d *Doc) writeMarks(parent int, marks []*Bookmark) int {
	for i, m := range marks {
		links := ""
		if i > 0 {
			links += fmt.Sprintf(" /Prev %d 0 R", marks[i-1].ref)
		}
		if i < len(marks)-1 {
			links += fmt.Sprintf(" /Next %d 0 R", marks[i+1].ref)
		}
		if n := len(m.kids); n > 0 {
			below := d.writeMarks(m.ref, m.kids)
			links += fmt.Sprintf(" /First %d 0 R /Last %d 0 R /Count %d", m.kids[0].ref, m.kids[n-1].ref, -below)
		}
		d.set(m.ref, "<< /Title %s /Parent %d 0 R /Dest [%d 0 R /XYZ null %s null]%s >>", text(m.title), parent, m.page.ref, num(m.y), links)
	}
	return len(marks)
}

// metadata is the description of the file in XMP, with its claim to PDF/UA.
func (d *Doc) metadata() []byte {
	at := d.info.Created.UTC().Format(time.RFC3339)
	esc := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace
	return fmt.Appendf(nil, `<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:description>
<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate><xmp:CreatorTool>%s</xmp:CreatorTool>
<pdf:Producer>%s</pdf:Producer>
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>`, "\ufeff", esc(d.info.Title), esc(d.info.Author), esc(d.info.Subject), esc(d.info.Language), at, at, esc(d.info.Program), esc(d.info.Program))
}
