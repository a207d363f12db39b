package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// nester is what group, list and blocks share as kinds. It knows the kinds
// that its fields may be of.
type nester struct{ kinds Kinds }

func (n nester) input(from form) translation {
	return translation{kinds: n.kinds, from: from, to: keptForm, input: true, leaf: n.kinds.normalize}
}

// normalize normalizes a value of a field that is not nesting.
func (k Kinds) normalize(f Field, v any) (any, error) {
	kind, ok := k[f.Kind]
	if !ok {
		return nil, wrong(f, "kind_unknown", problem.Args{"name": f.Kind})
	}
	return kind.Normalize(f, v)
}

func (n nester) Normalize(f Field, v any) (any, error) {
	out, faults := n.input(keptForm).value(level{}, f, v)
	if len(faults) > 0 {
		return nil, invalidValues(bounded(faults))
	}
	return out, nil
}

// Kept takes the outer form to the kept one and normalizes it.
func (n nester) Kept(f Field, outer any) (any, error) {
	out, faults := n.input(outerForm).value(level{}, f, outer)
	if len(faults) > 0 {
		return nil, invalidValues(bounded(faults))
	}
	return out, nil
}

// Outer takes the kept form to the outer one.
func (n nester) Outer(f Field, kept any) any {
	t := translation{kinds: n.kinds, from: keptForm, to: outerForm,
		leaf: func(_ Field, v any) (any, error) { return v, nil }}
	out, _ := t.value(level{}, f, kept)
	return out
}

// Present takes a value of any kind from the kept form to the outer one, and
// every value inside it that is not nesting through show.
func (k Kinds) Present(f Field, kept any, show func(f Field, v any) any) any {
	t := translation{kinds: k, from: keptForm, to: outerForm,
		leaf: func(f Field, v any) (any, error) { return show(f, v), nil }}
	out, _ := t.value(level{}, f, kept)
	return out
}

func (n nester) Text(f Field, v any) []string {
	var out []string
	n.kinds.walk(level{}, f, "", v, func(nested Field, _ string, v any) {
		if texter, ok := n.kinds.leaf(nested).(Texter); ok && v != nil {
			out = append(out, texter.Text(nested, v)...)
		}
	})
	return out
}

func (n nester) Refs(f Field, v any) []content.Ref {
	var out []content.Ref
	n.kinds.walk(level{}, f, "", v, func(nested Field, _ string, v any) {
		if referrer, ok := n.kinds.leaf(nested).(Referrer); ok && v != nil {
			out = append(out, referrer.Refs(nested, v)...)
		}
	})
	return out
}

// leaf gives the kind of a field unless it is a nesting one.
func (k Kinds) leaf(f Field) Kind {
	kind := k[f.Kind]
	if _, nests := kind.(Nester); nests {
		return nil
	}
	return kind
}

// nested is what a nesting kind says about its definition.
type nested interface {
	// checkNested checks settings at a depth of nesting; MaxDepth is refused.
	checkNested(raw json.RawMessage, depth int, inBlocks bool) []problem.Field
}

// prepareAll reads the settings of fields once; see Kinds.Prepare.
func (k Kinds) prepareAll(fields []Field) {
	for i := range fields {
		f := &fields[i]
		p, ok := k[f.Kind].(interface{ prepare(f *Field) })
		if !ok {
			continue
		}
		p.prepare(f)
		switch s := f.parsed.(type) {
		case *groupSettings:
			k.prepareAll(s.Fields)
		case *listSettings:
			k.prepareAll(s.Fields)
		case *blocksSettings:
			for j := range s.Types {
				k.prepareAll(s.Types[j].Fields)
			}
		}
	}
}

// tooDeep is what nesting beyond MaxDepth is told.
func tooDeep() []problem.Field {
	return []problem.Field{{Code: "definition_too_deep", Args: problem.Args{"limit": MaxDepth}}}
}
