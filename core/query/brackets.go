package query

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/problem"
)

// node is a parameter, or a part of one in brackets: a[b]=x&a[c]=y is a node
// with the kids b and c.
type node struct {
	leaf  string
	kids  map[string]*node // nil for a leaf
	order []string         // of kids, as they came
}

// parseBrackets reads a query string into a tree. It takes nothing twice, and
// nothing that it does not wholly understand.
func parseBrackets(raw string) (*node, error) {
	root := &node{kids: map[string]*node{}}
	if len(raw) > MaxQuery {
		return nil, problem.New(problem.BadRequest, "query_too_long", problem.Args{"limit": MaxQuery})
	}
	n := 0
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		if n++; n > MaxParameters {
			return nil, problem.New(problem.BadRequest, "query_too_many", problem.Args{"limit": MaxParameters})
		}
		rawKey, rawValue, _ := strings.Cut(pair, "=")
		key, ok := unescape(rawKey)
		if !ok {
			return nil, problem.Parameter(shown(rawKey), "parameter_encoding", nil)
		}
		value, ok := unescape(rawValue)
		if !ok {
			return nil, problem.Parameter(shown(key), "parameter_encoding", nil)
		}
		if err := root.insert(key, value); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// unescape decodes percent-encoding and "+" for a space. The result is valid
// UTF-8 without control characters other than tab and line breaks.
func unescape(s string) (string, bool) {
	if strings.ContainsAny(s, "%+") {
		out := make([]byte, 0, len(s))
		for i := 0; i < len(s); i++ {
			switch s[i] {
			case '+':
				out = append(out, ' ')
			case '%':
				if i+2 >= len(s) {
					return "", false
				}
				hi, lo := unhex(s[i+1]), unhex(s[i+2])
				if hi > 15 || lo > 15 {
					return "", false
				}
				out = append(out, hi<<4|lo)
				i += 2
			default:
				out = append(out, s[i])
			}
		}
		s = string(out)
	}
	control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f }
	return s, utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// shown is what a problem repeats of a name from outside: short, and printable.
func shown(name string) string {
	out := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, name)
	if len(out) <= 100 {
		return out
	}
	cut := 100
	for !utf8.RuneStart(out[cut]) {
		cut--
	}
	return out[:cut] + "…"
}

// insert adds one parameter: its name, then any number of "[part]".
func (n *node) insert(key, value string) error {
	path, ok := segments(key)
	if !ok {
		return problem.Parameter(shown(key), "parameter_brackets", nil)
	}
	if len(path) > MaxNesting+1 {
		return problem.Parameter(shown(key), "parameter_too_deep", problem.Args{"limit": MaxNesting})
	}
	at := n
	for i, part := range path {
		last := i == len(path)-1
		kid := at.kids[part]
		switch {
		case kid == nil:
			if len(at.order) == MaxList {
				return problem.Parameter(shown(key), "parameter_too_many", problem.Args{"limit": MaxList})
			}
			kid = &node{}
			if !last {
				kid.kids = map[string]*node{}
			}
			at.kids[part], at.order = kid, append(at.order, part)
		case last || kid.kids == nil:
			return problem.Parameter(shown(key), "parameter_repeated", nil)
		}
		at = kid
	}
	at.leaf = value
	return nil
}

// segments splits "a[b][c]" into a, b and c. No part is empty or holds a
// bracket.
func segments(key string) ([]string, bool) {
	name, rest, bracketed := strings.Cut(key, "[")
	if name == "" || strings.Contains(name, "]") {
		return nil, false
	}
	path := []string{name}
	for bracketed {
		part, after, closed := strings.Cut(rest, "]")
		if !closed || part == "" || strings.Contains(part, "[") {
			return nil, false
		}
		path = append(path, part)
		if after == "" {
			return path, true
		}
		if rest, bracketed = strings.CutPrefix(after, "["); !bracketed {
			return nil, false
		}
	}
	return path, true
}

// value gives the JSON form of a filter's node: objects, lists where the parts
// are indexes, and strings. key is the part that led here.
func (n *node) value(name, key string) (any, error) {
	if n.kids == nil {
		if key == "_in" || key == "_nin" || key == "_between" {
			return splitList(name, n.leaf)
		}
		return n.leaf, nil
	}
	if isIndex(n.order[0]) {
		return n.list(name)
	}
	out := make(map[string]any, len(n.order))
	for _, part := range n.order {
		inner := name + "[" + part + "]"
		if isIndex(part) {
			return nil, problem.Parameter(shown(inner), "parameter_brackets", nil)
		}
		v, err := n.kids[part].value(inner, part)
		if err != nil {
			return nil, err
		}
		out[part] = v
	}
	return out, nil
}

// isIndex: a list may have gaps, and no number is written in two ways.
func isIndex(part string) bool {
	i, err := strconv.Atoi(part)
	return err == nil && i >= 0 && part[0] != '+' && part[0] != '-'
}

func (n *node) list(name string) (any, error) {
	type item struct {
		index int
		part  string
	}
	items := make([]item, 0, len(n.order))
	for _, part := range n.order {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= MaxList || strconv.Itoa(i) != part {
			return nil, problem.Parameter(shown(name+"["+part+"]"), "parameter_index", problem.Args{"limit": MaxList})
		}
		items = append(items, item{i, part})
	}
	slices.SortFunc(items, func(a, b item) int { return a.index - b.index })
	out := make([]any, 0, len(items))
	for _, it := range items {
		v, err := n.kids[it.part].value(name+"["+it.part+"]", "")
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// splitList reads "a,b,c". A value that has a comma itself is given with
// indexes or in JSON.
func splitList(name, value string) (any, error) {
	if strings.Count(value, ",") >= MaxList {
		return nil, problem.Parameter(shown(name), "parameter_too_many", problem.Args{"limit": MaxList})
	}
	out := []any{}
	for one := range strings.SplitSeq(value, ",") {
		out = append(out, one)
	}
	return out, nil
}
