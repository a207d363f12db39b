package entry

import (
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/slot"
)

// Values is a set of named values: an entry, one item of a list, a group or a
// block. Templates find a value by its name; what the reader may not see and
// what is empty is not there.
type Values struct {
	values []*Value
	// Type is the name of a block's type; empty for anything else.
	Type string
	// Anchor is the id of a block's place in the page.
	Anchor string
	// Cards are the entries that a block of them shows.
	Cards []*Entry
	// Module is what a programme module shows in a block; nil: nothing.
	Module *Module
	// Of is the address of the list that a block shows the newest of.
	Of string
}

// All are the values, those for programs too.
func (f *Values) All() []*Value { return f.values }

// Field gives a value by its name, or nil.
func (f *Values) Field(name string) *Value {
	for _, v := range f.values {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// Fields gives all values in the order of the collection, but for some.
func (f *Values) Fields(except ...string) []*Value {
	var out []*Value
	for _, v := range f.values {
		if v.Shape != "data" && !slices.Contains(except, v.Name) {
			out = append(out, v)
		}
	}
	return out
}

// Only gives some values, in the order of the collection.
func (f *Values) Only(names ...string) []*Value {
	var out []*Value
	for _, v := range f.values {
		if slices.Contains(names, v.Name) {
			out = append(out, v)
		}
	}
	return out
}

// Facts gives the values that fit on a line: what stands beside a text.
func (f *Values) Facts(except ...string) []*Value { return f.shaped(true, except) }

// Texts gives the values that take more room than a line.
func (f *Values) Texts(except ...string) []*Value { return f.shaped(false, except) }

func (f *Values) shaped(short bool, except []string) []*Value {
	var out []*Value
	for _, v := range f.Fields(except...) {
		if short == (v.Shape == "line" || v.Shape == "links" || v.Kind == "group") {
			out = append(out, v)
		}
	}
	return out
}

// Text gives a value as plain text, or "".
func (f *Values) Text(name string) string {
	if v := f.Field(name); v != nil {
		return v.Text
	}
	return ""
}

// Raw gives the value as the API would, or nil.
func (f *Values) Raw(name string) any {
	if v := f.Field(name); v != nil {
		return v.Raw
	}
	return nil
}

// HTML gives a text with its markup, or "".
func (f *Values) HTML(name string) template.HTML {
	if v := f.Field(name); v != nil {
		return v.HTML
	}
	return ""
}

// Links gives where a relation leads.
func (f *Values) Links(name string) []Link {
	if v := f.Field(name); v != nil {
		return v.Links
	}
	return nil
}

// Value is one field as pages show it. Which members are set follows from
// Shape: "line" and "lines" have Text, "markup" has HTML, "links" has Links,
// "files" has Files, "items" and "blocks" have Items, "data" has Raw only; "line" of an address
// elsewhere has URL as well.
type Value struct {
	Name, Label, Kind, Shape string
	// Foreign says that Text is not in the language of Label.
	Foreign bool

	Text  string
	URL   string
	HTML  template.HTML
	Links []Link
	Files []File
	Items []*Values
	Raw   any
}

// Link leads to an entry, or to a list of them.
type Link struct {
	ID         content.EntryID
	Collection string
	Title, URL string
	// Locale and Dir are set when the title is in another language than the
	// page.
	Locale, Dir string
	// Field is that by which an entry points at the one that is shown.
	Field string
}

// File is an asset.
type File struct {
	URL, Name, Alt, Credit, Caption string
	MediaType, Format, Size         string
	Bytes                           int64
	Width, Height                   int
	// Srcset has smaller pictures, Card one for lists, 640 by 360; empty where
	// there are none.
	Srcset, Card string

	asset *content.Asset
}

// Asset is what a file was made from; templates do not get at it.
func Asset(f File) *content.Asset { return f.asset }

// Picture reports whether browsers show it inside a page.
func (f File) Picture() bool { return strings.HasPrefix(f.MediaType, "image/") }

// Entry is an entry as pages show it.
type Entry struct {
	Values
	ID         content.EntryID
	Collection *schema.Collection
	Title, URL string
	// Locale and Dir are those of its texts; Foreign says that they are not the
	// page's.
	Locale, Dir string
	Foreign     bool
	// Named says that the title is in the language of the page even so.
	Named     bool
	Locales   []content.Locale
	Published *time.Time
	Revision  int

	one, language string
	heldBack      bool   // no file of it may be seen
	email         string // that is hidden behind a form
}

// Kind is the name of the collection.
func (e *Entry) Kind() string { return e.Collection.Name }

// One is what an entry of the collection is called.
func (e *Entry) One() string { return e.one }

// Language names the language that the texts are in.
func (e *Entry) Language() string { return e.language }

// Summary is a sentence or two on what the entry is about.
func (e *Entry) Summary() string {
	for _, name := range Summaries {
		if text := e.Text(name); text != "" {
			return Shorten(text, MaxSummary)
		}
	}
	return ""
}

// Summaries are the fields that say what an entry is about, the best first.
var Summaries = []string{"summary", "mission", "definition", "role", "description"}

const MaxSummary = 260 // characters

// Date is when the entry is from: its collection's date, or its publication.
func (e *Entry) Date() *Value {
	if f := e.Collection.Field(e.Collection.Date); f != nil {
		return e.Field(f.Name)
	}
	return nil
}

// Image is the first picture among the fields, or nil.
func (e *Entry) Image() *File {
	for _, v := range e.values {
		if v.Kind == "asset" && len(v.Files) > 0 && v.Files[0].Picture() {
			return &v.Files[0]
		}
	}
	return nil
}

// Cover is the first picture, or what the first page of the document looks
// like, or nil.
func (e *Entry) Cover() *File {
	if f := e.Image(); f != nil || e.heldBack {
		return f
	}
	for _, v := range e.values {
		if v.Kind == "asset" && len(v.Files) > 0 && v.Files[0].Srcset != "" {
			f := v.Files[0]
			if f.Alt = ""; f.Width == 0 || f.Height == 0 {
				f.Width, f.Height = 320, 453 // A4
			}
			return &f
		}
	}
	return nil
}

// Link gives where a relation to one entry leads, or nil.
func (e *Entry) Link(name string) *query.Link {
	if l, ok := e.Raw(name).(query.Link); ok {
		return &l
	}
	return nil
}

// HeldBack says that no file of it may be seen.
func (e *Entry) HeldBack() bool { return e.heldBack }

// Module is what a programme module contributes to a page.
type Module struct {
	Title string
	HTML  template.HTML
	Tree  *slot.Node
	Stale bool
}

// WritePath ends the address of the form by which visitors write to somebody.
const WritePath = "ecrire"

// WriteURL is the address of the form, or "".
func (e *Entry) WriteURL() string {
	if e.email == "" || e.URL == "" {
		return ""
	}
	return e.URL + "/" + WritePath
}

// HiddenEmail is the address of whoever wants letters by the form; templates
// do not get at it.
func HiddenEmail(e *Entry) string { return e.email }

// hideAddress takes the address of an organisation that wants letters by the
// form out of what is shown of it.
func (e *Entry) hideAddress(col *schema.Collection) {
	if wants, _ := e.Raw("contact_form").(bool); !wants || col.FieldNamed("public_email") == nil {
		return
	}
	kept := e.values[:0:0]
	for _, f := range e.values {
		if f.Name == "public_email" {
			e.email = f.Text
		} else {
			kept = append(kept, f)
		}
	}
	e.values = kept
}
