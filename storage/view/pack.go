package view

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
)

// Values are packed in a form of our own because a list decodes twenty rows
// per request, and decoding JSON would be most of its work. One byte says what
// follows; lengths are uvarints; the keys of maps are sorted, so that equal
// values have equal bytes.
const (
	packNil byte = iota
	packFalse
	packTrue
	packNumber // 8 bytes, little endian
	packString
	packList
	packMap
)

var errPacked = errors.New("packed value is damaged")

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendValue packs one value in kept form; any other type is an error.
func appendValue(b []byte, v any) ([]byte, error) {
	var err error
	switch v := v.(type) {
	case nil:
		return append(b, packNil), nil
	case bool:
		if v {
			return append(b, packTrue), nil
		}
		return append(b, packFalse), nil
	case float64:
		b = append(b, packNumber)
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v)), nil
	case string:
		return appendText(append(b, packString), v), nil
	case []any:
		b = binary.AppendUvarint(append(b, packList), uint64(len(v)))
		for _, item := range v {
			if b, err = appendValue(b, item); err != nil {
				return nil, err
			}
		}
		return b, nil
	case map[string]any:
		return appendMap(b, v)
	}
	return nil, fmt.Errorf("value of type %T is not in kept form", v)
}

func appendMap[K ~string](b []byte, m map[K]any) ([]byte, error) {
	var err error
	b = binary.AppendUvarint(append(b, packMap), uint64(len(m)))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		b = appendText(b, string(key))
		if b, err = appendValue(b, m[key]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return b, nil
}

// packed reads what was packed. The strings that it gives share the memory of
// the whole.
type packed struct {
	s   string
	bad bool
}

func (p *packed) uvarint() int {
	var n uint64
	for shift := 0; shift < 64 && len(p.s) > 0; shift += 7 {
		c := p.s[0]
		p.s = p.s[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			if n > math.MaxInt32 {
				break
			}
			return int(n)
		}
	}
	p.bad = true
	return 0
}

func (p *packed) text() string {
	n := p.uvarint()
	if n > len(p.s) {
		p.bad = true
		return ""
	}
	s := p.s[:n]
	p.s = p.s[n:]
	return s
}

func (p *packed) value() any {
	if len(p.s) == 0 {
		p.bad = true
		return nil
	}
	kind := p.s[0]
	p.s = p.s[1:]
	switch kind {
	case packNil:
		return nil
	case packFalse:
		return false
	case packTrue:
		return true
	case packNumber:
		return p.number()
	case packString:
		return p.text()
	case packList:
		n := p.uvarint()
		if n > len(p.s) {
			p.bad = true
			return nil
		}
		list := make([]any, 0, n)
		for range n {
			list = append(list, p.value())
		}
		return list
	case packMap:
		return mapOf[map[string]any](p)
	}
	p.bad = true
	return nil
}

func (p *packed) number() float64 {
	if len(p.s) < 8 {
		p.bad = true
		return 0
	}
	var bits uint64
	for i := range 8 {
		bits |= uint64(p.s[i]) << (8 * i)
	}
	p.s = p.s[8:]
	return math.Float64frombits(bits)
}

func mapOf[M ~map[K]any, K ~string](p *packed) M {
	n := p.uvarint()
	if n > len(p.s) {
		p.bad = true
		return nil
	}
	m := make(M, n)
	for range n {
		key := K(p.text())
		m[key] = p.value()
	}
	return m
}

func appendValues(b []byte, v content.Values) ([]byte, error) {
	if v == nil {
		return append(b, packNil), nil
	}
	return appendMap(b, v)
}

func (p *packed) values() content.Values {
	if len(p.s) == 0 {
		p.bad = true
		return nil
	}
	kind := p.s[0]
	p.s = p.s[1:]
	switch kind {
	case packNil:
		return nil
	case packMap:
		return mapOf[content.Values](p)
	}
	p.bad = true
	return nil
}

// packValues packs merged values for a row.
func packValues(v content.Values) ([]byte, error) { return appendValues(nil, v) }

func unpackValues(b []byte) (content.Values, error) {
	p := packed{s: string(b)}
	v := p.values()
	if p.bad || p.s != "" {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, errPacked)
	}
	return v, nil
}

// packEntry packs the whole state of an entry: everything but the values as
// JSON, so that a new member of content.Entry is never lost, then the values
// of each version, the personal ones open. Sealed bytes are left out: they are
// the log's, and differ each time that they are made.
func packEntry(e *content.Entry) ([]byte, error) {
	bare := e.Clone()
	for _, s := range bare.Sides {
		s.Draft, s.Published = withoutValues(s.Draft), withoutValues(s.Published)
	}
	head, err := json.Marshal(bare)
	if err != nil {
		return nil, fmt.Errorf("pack entry %s: %w", e.ID, err)
	}
	b := appendText(make([]byte, 0, len(head)+1024), string(head))
	for _, l := range slices.Sorted(maps.Keys(e.Sides)) {
		for _, v := range []*content.Version{e.Sides[l].Draft, e.Sides[l].Published} {
			if v == nil {
				continue
			}
			if b, err = appendValues(b, v.Values); err != nil {
				return nil, fmt.Errorf("pack entry %s: %w", e.ID, err)
			}
			if b, err = appendValues(b, personalOf(v)); err != nil {
				return nil, fmt.Errorf("pack entry %s: %w", e.ID, err)
			}
		}
	}
	return b, nil
}

// personalOf is nil for an empty map: the log does not tell them apart.
func personalOf(v *content.Version) content.Values {
	if len(v.Personal) == 0 {
		return nil
	}
	return v.Personal
}

func withoutValues(v *content.Version) *content.Version {
	if v == nil {
		return nil
	}
	bare := *v
	bare.Values, bare.Personal, bare.Sealed = nil, nil, nil
	return &bare
}

func unpackEntry(b []byte) (*content.Entry, error) {
	p := packed{s: string(b)}
	var e content.Entry
	if err := json.Unmarshal([]byte(p.text()), &e); err != nil {
		return nil, fmt.Errorf("%w: unpack entry: %w", ErrDamaged, err)
	}
	for _, l := range slices.Sorted(maps.Keys(e.Sides)) {
		if e.Sides[l] == nil {
			continue
		}
		for _, v := range []*content.Version{e.Sides[l].Draft, e.Sides[l].Published} {
			if v != nil {
				v.Values, v.Personal = p.values(), p.values()
			}
		}
	}
	if p.bad || p.s != "" {
		return nil, fmt.Errorf("%w: unpack entry: %w", ErrDamaged, errPacked)
	}
	return &e, nil
}
