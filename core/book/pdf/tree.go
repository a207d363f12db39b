package pdf

import (
	"fmt"
	"strings"
)

// Elem is an element of the structure tree: what a part of the document is, in
// the order in which it is read.
type Elem struct {
	doc    *Doc
	parent *Elem
	kind   string
	ref    int
	kids   []kid

	lang, alt string
	attrs     string
	page      *Page // of its first content
}

// kid is an element, a piece of marked content, or a link.
type kid struct {
	elem *Elem
	page *Page
	mcid int
	link int // object number of the annotation
}

// Add adds an element of a standard kind, such as "H1", "P", "L" or "Sect".
func (e *Elem) Add(kind string) *Elem {
	c := &Elem{doc: e.doc, parent: e, kind: kind, ref: e.doc.reserve()}
	e.kids = append(e.kids, kid{elem: c})
	return c
}

// Lang says that the content is in another language than what is around it.
func (e *Elem) Lang(l string) *Elem { e.lang = l; return e }

// Alt is what is read in place of a figure or a link.
func (e *Elem) Alt(alt string) *Elem { e.alt = alt; return e }

// Box says where a figure is.
func (e *Elem) Box(x, y, w, h float64) *Elem {
	e.attrs = fmt.Sprintf("<< /O /Layout /Placement /Block /BBox [%s %s %s %s] >>", num(x), num(y), num(x+w), num(y+h))
	return e
}

// Numbered says how the items of a list are marked, as in "Disc" or "None".
func (e *Elem) Numbered(style string) *Elem {
	e.attrs = "<< /O /List /ListNumbering /" + style + " >>"
	return e
}

// writeTree writes the elements and the way back from content to them.
func (d *Doc) writeTree() {
	d.root.write(d.treeRoot)
	var nums strings.Builder
	for i, p := range d.parents {
		switch p := p.(type) {
		case *Elem:
			fmt.Fprintf(&nums, " %d %d 0 R", i, p.ref)
		case *Page:
			var list strings.Builder
			for _, e := range p.owners {
				fmt.Fprintf(&list, " %d 0 R", e.ref)
			}
			fmt.Fprintf(&nums, " %d [%s ]", i, list.String())
		}
	}
	parents := d.add("<< /Nums [%s ] >>", nums.String())
	d.set(d.treeRoot, "<< /Type /StructTreeRoot /K [%d 0 R] /ParentTree %d 0 R /ParentTreeNextKey %d >>", d.root.ref, parents, len(d.parents))
}

func (e *Elem) write(parent int) {
	var b strings.Builder
	fmt.Fprintf(&b, "<< /S /%s /P %d 0 R", e.kind, parent)
	if e.page != nil {
		fmt.Fprintf(&b, " /Pg %d 0 R", e.page.ref)
	}
	for _, entry := range [][2]string{{"Lang", e.lang}, {"Alt", e.alt}} {
		if entry[1] != "" {
			fmt.Fprintf(&b, " /%s %s", entry[0], text(entry[1]))
		}
	}
	if e.attrs != "" {
		fmt.Fprintf(&b, " /A %s", e.attrs)
	}
	b.WriteString(" /K [")
	for _, k := range e.kids {
		switch {
		case k.elem != nil:
			k.elem.write(e.ref)
			fmt.Fprintf(&b, " %d 0 R", k.elem.ref)
		case k.link > 0:
			fmt.Fprintf(&b, " << /Type /OBJR /Obj %d 0 R /Pg %d 0 R >>", k.link, k.page.ref)
		case k.page == e.page:
			fmt.Fprintf(&b, " %d", k.mcid)
		default:
			fmt.Fprintf(&b, " << /Type /MCR /Pg %d 0 R /MCID %d >>", k.page.ref, k.mcid)
		}
	}
	b.WriteString(" ] >>")
	e.doc.set(e.ref, "%s", b.String())
}
