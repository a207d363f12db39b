package search

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// format counts the changes of what a document holds; another one makes every
// node build its index anew.
const format = 3

// Class is a set of fields that are indexed as one, because whoever may read
// one of them may read all: those of one kind and visibility level that no role
// lists apart from one another. Whoever may read only some of the fields of a
// class does not search in it.
type Class uint8

// Classes is a set of Class values.
type Classes uint64

// What classes are about.
const (
	texts   = iota // what the fields say
	files          // the pages of their files
	related        // what the entries are called that they point at
	kinds
)

const (
	levels  = 3 // public, members, coordinators
	parts   = 6 // of the fields of a level, by the roles that list them
	classes = kinds * parts * levels
)

func classOf(kind, part, level int) Class { return Class((kind*parts+part)*levels + level) }

// With is the set with one more class.
func (c Classes) With(class Class) Classes { return c | 1<<class }

// Has reports whether a class is in the set.
func (c Classes) Has(class Class) bool { return c&(1<<class) != 0 }

func (c Class) kind() int { return int(c) / levels / parts }

// OfFiles reports whether the class is of pages of files.
func (c Class) OfFiles() bool { return c.kind() == files }

// OfTitles reports whether the class is of the titles of other entries.
func (c Class) OfTitles() bool { return c.kind() == related }

// Level is the visibility level of the class.
func (c Class) Level() int { return int(c) % levels }

// Shape is what an index was made for: which field is in which class, and what
// else decides on its content. An index of another shape still answers, by
// this one, until the one that takes its place is built.
type Shape struct {
	Sum string `json:"sum"`
	// Fields lists the fields in each class of each collection.
	Fields map[content.CollectionID]map[Class][]content.FieldID `json:"fields"`
}

// class gives the class of a field that has something of a kind for readers of
// a level, and whether it has one.
func (s *Shape) class(col content.CollectionID, f content.FieldID, kind, level int) (Class, bool) {
	for part := range parts {
		c := classOf(kind, part, level)
		if level < levels && slices.Contains(s.Fields[col][c], f) {
			return c, true
		}
	}
	return 0, false
}

// points reports whether titles of entries that the field points at are in the
// index.
func (s *Shape) points(col content.CollectionID, f content.FieldID) bool {
	for class, ids := range s.Fields[col] {
		if class.OfTitles() && slices.Contains(ids, f) {
			return true
		}
	}
	return false
}

// Apart gives, for a collection, lists of fields that some role may read
// without the others.
type Apart func(content.CollectionID) [][]content.FieldID

// division numbers the fields of a collection by the lists that they are in, and
// by what else tells them apart.
func (a Apart) division(col content.CollectionID) func(id content.FieldID, more ...string) int {
	var lists [][]content.FieldID
	if a != nil {
		lists = a(col)
	}
	known := map[string]int{}
	return func(id content.FieldID, more ...string) int {
		sign := strings.Join(more, " ") + "\x00"
		for _, list := range lists {
			sign += strconv.FormatBool(slices.Contains(list, id))
		}
		n, ok := known[sign]
		if !ok {
			n = min(len(known), parts-1) // the last one has whatever is left
			known[sign] = n
		}
		return n
	}
}

// shapeField is what of a field decides on the content of the index.
type shapeField struct {
	ID        content.FieldID
	Kind      string
	Settings  json.RawMessage `json:",omitempty"`
	Localized bool
	Band      string
	Sees      int
	Facet     bool
	Files     bool
	Titles    bool // of the entries that it points at
	Part      int
}

// shaping is what a shape is worked out from.
type shaping struct {
	kinds    schema.Kinds
	locales  []content.Locale
	apart    Apart
	revision int // of the index, when editors asked for another
}

// of works out the shape for a set of collections.
func (w *shaping) of(cols []*schema.Collection) (*Shape, error) {
	s := &Shape{Fields: map[content.CollectionID]map[Class][]content.FieldID{}}
	sum := sha256.New()
	fmt.Fprintln(sum, format, w.locales[0], w.revision)
	cols = slices.Clone(cols)
	slices.SortFunc(cols, func(a, b *schema.Collection) int { return compare(a.ID, b.ID) })
	for _, col := range cols {
		in := map[Class][]content.FieldID{}
		part, partOfTitles := w.apart.division(col.ID), w.apart.division(col.ID)
		fmt.Fprintln(sum, col.ID, col.Title, col.Date)
		for i := range col.Fields {
			f := &col.Fields[i]
			d, ok := w.field(col, f)
			if !ok {
				continue
			}
			if d.Part = part(f.ID); d.Titles {
				d.Part = partOfTitles(f.ID, w.targets(f)...)
			}
			raw, err := json.Marshal(d)
			if err != nil {
				return nil, fmt.Errorf("shape of %s: %w", col.Name, err)
			}
			sum.Write(raw)
			d.join(in)
		}
		s.Fields[col.ID] = in
	}
	s.Sum = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

// field says what of a field decides on the index, if anything does.
func (w *shaping) field(col *schema.Collection, f *schema.Field) (d shapeField, ok bool) {
	d = shapeField{ID: f.ID, Kind: f.Kind, Sees: f.Sees.Level(), Facet: f.Facet, Files: holdsFiles(f),
		Settings: f.Settings, Localized: f.Localized}
	if _, points := w.kinds.Relation(*f); points {
		d.Titles = f.Weight > 0
	} else if f.Weight > 0 {
		d.Band = bandOf(col, f)
	}
	return d, d.Band != "" || d.Titles || d.Facet || d.Files || f.ID == col.Date || f.Kind == pointKind
}

// targets lists the collections that a field points at.
func (w *shaping) targets(f *schema.Field) []string {
	r, _ := w.kinds.Relation(*f)
	var out []string
	for _, id := range r.To {
		out = append(out, string(id))
	}
	slices.Sort(out)
	return out
}

// join puts a field into its classes. The pages of a file that fewer may read
// than the field are in the class of those.
func (d *shapeField) join(in map[Class][]content.FieldID) {
	add := func(kind, level int) {
		if level < levels {
			c := classOf(kind, d.Part, level)
			in[c] = append(in[c], d.ID)
		}
	}
	if d.Band != "" {
		add(texts, d.Sees)
	}
	if d.Titles {
		add(related, d.Sees)
	}
	for level := d.Sees; d.Files && level < levels; level++ {
		add(files, level)
	}
}

func compare(a, b content.CollectionID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// holdsFiles reports whether the values of a field are files whose pages are
// searched.
func holdsFiles(f *schema.Field) bool { return f.Kind == "asset" || f.Kind == "gallery" }

const pointKind = "geopoint"

// The bands of weight. Fields of one band are one field of the index; each
// band counts less than the one before.
const (
	bandTitle = "a" // what names the entry, and weights of at least 4
	bandLead  = "b" // weights of at least 2
	bandBody  = "c"
	bandPages = "p"
	bandOther = "r" // titles of the entries that the entry points at
	bandWords = "w" // the words of the bands of a class, for spelling
)

func bandOf(col *schema.Collection, f *schema.Field) string {
	switch {
	case f.ID == col.Title || f.Weight >= 4:
		return bandTitle
	case f.Weight >= 2:
		return bandLead
	}
	return bandBody
}
