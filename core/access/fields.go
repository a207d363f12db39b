package access

import (
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// FieldSet says which fields someone may use. Each field counts with the eyes
// of the role that granted it, so that two roles never add up to a field that
// neither of them shows. The zero FieldSet has no fields.
type FieldSet struct {
	all  int8 // 1 + the visibility level at which all fields are granted; 0: not granted
	byID map[content.FieldID]int8
}

func fieldsOf(g *Grant, level int8) FieldSet {
	if g.Fields == nil {
		return FieldSet{all: level + 1}
	}
	s := FieldSet{byID: make(map[content.FieldID]int8, len(g.Fields))}
	for _, id := range g.Fields {
		s.byID[id] = level + 1
	}
	return s
}

func (s FieldSet) at(id content.FieldID) int8 { return max(s.all, s.byID[id]) }

// Has reports whether the field is in the set and its visibility is met.
func (s FieldSet) Has(f *schema.Field) bool {
	return f != nil && int(s.at(f.ID))-1 >= f.Sees.Level()
}

// Of lists the fields of a collection that are in the set, in its order.
func (s FieldSet) Of(col *schema.Collection) []*schema.Field {
	out := make([]*schema.Field, 0, len(col.Fields))
	for i := range col.Fields {
		if s.Has(&col.Fields[i]) {
			out = append(out, &col.Fields[i])
		}
	}
	return out
}

// Union has what either set has.
func (s FieldSet) Union(o FieldSet) FieldSet {
	return s.combine(o, func(a, b int8) int8 { return max(a, b) })
}

// Intersect has what both sets have.
func (s FieldSet) Intersect(o FieldSet) FieldSet {
	return s.combine(o, func(a, b int8) int8 { return min(a, b) })
}

func (s FieldSet) combine(o FieldSet, pick func(a, b int8) int8) FieldSet {
	out := FieldSet{all: pick(s.all, o.all)}
	if len(s.byID) == 0 && len(o.byID) == 0 {
		return out
	}
	out.byID = make(map[content.FieldID]int8, len(s.byID)+len(o.byID))
	for id := range s.byID {
		out.byID[id] = pick(s.at(id), o.at(id))
	}
	for id := range o.byID {
		out.byID[id] = pick(s.at(id), o.at(id))
	}
	return out
}
