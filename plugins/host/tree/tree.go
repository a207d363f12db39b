// Package tree reads the trees of components that plugins describe their pages
// and screens with. A tree that passes holds nothing but what tree.schema.json
// describes: no markup, no scripts, no addresses but paths, entries and https.
package tree

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schema describes the components, for editors and other languages.
//
//go:embed tree.schema.json
var Schema []byte

// Limits of a tree.
const (
	MaxBytes = 512 << 10
	MaxDepth = 12
	MaxNodes = 2000
)

// Node is one component.
type Node struct {
	Type     string
	Values   map[string]any // its members but for type and children
	Children []*Node
}

// Site are the types that pages for visitors may have. The console has all.
var Site = []string{"stack", "grid", "section", "heading", "text", "divider", "badge", "notice", "facts", "list", "table",
	"stat", "progress", "empty", "link"}

var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema))
	if err != nil {
		return nil, err
	}
	const at = "recueil:tree"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(at, doc); err != nil {
		return nil, err
	}
	var types struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(Schema, &types); err != nil {
		return nil, err
	}
	out := map[string]*jsonschema.Schema{}
	for name := range types.Defs {
		if out[name], err = c.Compile(at + "#/$defs/" + name); err != nil {
			return nil, err
		}
	}
	return out, nil
})

// Parse reads a tree that has only the types that are allowed; nil allows all.
// An error says where what is wrong.
func Parse(raw []byte, allowed []string) (*Node, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("a tree has at most %d bytes, this one has %d", MaxBytes, len(raw))
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("the tree is no JSON: %w", err)
	}
	types, err := compiled()
	if err != nil {
		return nil, fmt.Errorf("read the schema of trees: %w", err)
	}
	p := &parser{types: types, allowed: allowed}
	return p.node(doc, "", 1)
}

type parser struct {
	types   map[string]*jsonschema.Schema
	allowed []string
	count   int
}

func (p *parser) node(v any, at string, depth int) (*Node, error) {
	if p.count++; p.count > MaxNodes {
		return nil, fmt.Errorf("a tree has at most %d nodes", MaxNodes)
	}
	if depth > MaxDepth {
		return nil, fmt.Errorf("%s: a tree is at most %d deep", at, MaxDepth)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: a node is an object", at)
	}
	name, _ := m["type"].(string)
	schema := p.types[name]
	if schema == nil || p.allowed != nil && !slices.Contains(p.allowed, name) {
		return nil, fmt.Errorf("%s/type: %.40q is no component here", at, name)
	}
	if err := schema.Validate(m); err != nil {
		return nil, fmt.Errorf("%s: a %s: %s", at, name, first(err))
	}
	n := &Node{Type: name, Values: map[string]any{}}
	for key, value := range m {
		if key != "type" && key != "children" {
			n.Values[key] = value
		}
	}
	var err error
	if n.Children, err = p.nodes(m["children"], at+"/children", depth+1); err != nil {
		return nil, err
	}
	return n, p.inside(name, m, at, depth)
}

func (p *parser) nodes(v any, at string, depth int) ([]*Node, error) {
	list, _ := v.([]any)
	var out []*Node
	for i, c := range list {
		n, err := p.node(c, fmt.Sprintf("%s/%d", at, i), depth)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// inside checks nodes that stand elsewhere than among the children.
func (p *parser) inside(name string, m map[string]any, at string, depth int) error {
	switch name {
	case "tabs":
		tabs, _ := m["tabs"].([]any)
		for i, t := range tabs {
			tab, _ := t.(map[string]any)
			if _, err := p.nodes(tab["children"], fmt.Sprintf("%s/tabs/%d/children", at, i), depth+1); err != nil {
				return err
			}
		}
	case "table":
		return p.cells(m, at, depth)
	case "empty":
		if action, ok := m["action"]; ok {
			_, err := p.node(action, at+"/action", depth+1)
			return err
		}
	}
	return nil
}

// inCells are the types that a table may hold.
var inCells = []string{"badge", "link", "button", "text"}

func (p *parser) cells(m map[string]any, at string, depth int) error {
	rows, _ := m["rows"].([]any)
	for i, r := range rows {
		row, _ := r.(map[string]any)
		cells, _ := row["cells"].(map[string]any)
		for key, c := range cells {
			node, ok := c.(map[string]any)
			if !ok {
				continue
			}
			at := fmt.Sprintf("%s/rows/%d/cells/%s", at, i, key)
			if name, _ := node["type"].(string); !slices.Contains(inCells, name) {
				return fmt.Errorf("%s: a cell holds a text, a number or one of %s", at, strings.Join(inCells, ", "))
			}
			if _, err := p.node(node, at, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// first is the first thing that a validator finds.
func first(err error) string {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err.Error()
	}
	for len(v.Causes) > 0 {
		v = v.Causes[0]
	}
	_, text, ok := strings.Cut(v.Error(), "\n- ")
	if !ok {
		text = v.Error()
	}
	return text
}
