package query

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
)

// AppendJSON appends the item as a JSON object: id, the facts about the entry,
// then the fields in the order of the collection. A field without a value is
// null; one that the caller may not read is not there.
func (it *Item) AppendJSON(b []byte) []byte {
	b = append(b, `{"id":`...)
	b = appendString(b, string(it.ID))
	b = it.appendSystem(b)
	for i := range it.Fields {
		b = append(b, ',')
		b = appendString(b, it.Fields[i].Name)
		b = append(b, ':')
		b = appendValue(b, it.Fields[i].V)
	}
	return append(b, '}')
}

// MarshalJSON is AppendJSON, for those who do not care for speed.
func (it *Item) MarshalJSON() ([]byte, error) { return it.AppendJSON(nil), nil }

func (it *Item) appendSystem(b []byte) []byte {
	if it.shows == 0 {
		return b
	}
	if it.shows&showCollection != 0 && it.Collection != nil {
		b = appendString(append(b, `,"collection":`...), it.Collection.Name)
	}
	if it.shows&showRevision != 0 {
		b = strconv.AppendInt(append(b, `,"revision":`...), int64(it.Revision), 10)
	}
	if it.shows&showStatus != 0 {
		b = appendString(append(b, `,"status":`...), string(it.Status))
	}
	if it.shows&showLocale != 0 {
		b = appendLocale(append(b, `,"locale":`...), it.Locale)
	}
	if it.shows&showLocales != 0 {
		b = append(b, `,"locales":[`...)
		for i, l := range it.Locales {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, string(l))
		}
		b = append(b, ']')
	}
	if it.shows&showCreatedAt != 0 {
		b = appendTime(append(b, `,"created_at":`...), &it.CreatedAt)
	}
	if it.shows&showUpdatedAt != 0 {
		b = appendTime(append(b, `,"updated_at":`...), &it.UpdatedAt)
	}
	if it.shows&showPublishedAt != 0 {
		b = appendTime(append(b, `,"published_at":`...), it.PublishedAt)
	}
	if it.shows&showCreatedBy != 0 && it.CreatedBy != nil {
		b = appendActor(append(b, `,"created_by":`...), it.CreatedBy)
	}
	if it.shows&showUpdatedBy != 0 && it.UpdatedBy != nil {
		b = appendActor(append(b, `,"updated_by":`...), it.UpdatedBy)
	}
	if it.shows&showParent != 0 {
		b = append(b, `,"parent":`...)
		if it.Parent == "" {
			b = append(b, "null"...)
		} else {
			b = appendString(b, string(it.Parent))
		}
	}
	if it.shows&showPosition != 0 {
		b = appendString(append(b, `,"position":`...), it.Position)
	}
	return b
}

// appendLocale: what an entry without locales has is null.
func appendLocale(b []byte, l content.Locale) []byte {
	if l == content.Shared {
		return append(b, "null"...)
	}
	return appendString(b, string(l))
}

// appendTime writes RFC 3339 in UTC with milliseconds: what filters take.
func appendTime(b []byte, t *time.Time) []byte {
	if t == nil || t.IsZero() {
		return append(b, "null"...)
	}
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	return append(b, '"')
}

func appendActor(b []byte, a *content.Actor) []byte {
	b = appendString(append(b, `{"kind":`...), string(a.Kind))
	if a.ID != "" {
		b = appendString(append(b, `,"id":`...), a.ID)
	}
	if a.For != "" {
		b = appendString(append(b, `,"for":`...), string(a.For))
	}
	return append(b, '}')
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case string:
		return appendString(b, v)
	case bool:
		return strconv.AppendBool(b, v)
	case float64:
		return appendNumber(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case HTML:
		b = appendString(append(b, `{"html":`...), string(v))
		return append(b, '}')
	case Facts:
		return appendFacts(b, &v)
	case *Item:
		return v.AppendJSON(b)
	case []*Item:
		b = append(b, '[')
		for i, it := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = it.AppendJSON(b)
		}
		return append(b, ']')
	case []any:
		b = append(b, '[')
		for i, one := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, one)
		}
		return append(b, ']')
	case map[string]any:
		return appendObject(b, v)
	}
	// No kind keeps anything else; see schema.Kind.
	return append(b, "null"...)
}

// appendObject writes "id" and "type" first, as of blocks, then the rest by
// name.
func appendObject(b []byte, m map[string]any) []byte {
	b = append(b, '{')
	names := make([]string, 0, 16)
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, byRank)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, name)
		b = append(b, ':')
		b = appendValue(b, m[name])
	}
	return append(b, '}')
}

func byRank(a, b string) int {
	rank := func(name string) int {
		switch name {
		case "id":
			return 0
		case "type":
			return 1
		}
		return 2
	}
	return cmp.Or(rank(a)-rank(b), strings.Compare(a, b))
}

func appendFacts(b []byte, f *Facts) []byte {
	b = appendString(append(b, `{"id":`...), string(f.ID))
	b = appendString(append(b, `,"name":`...), f.Name)
	b = appendString(append(b, `,"media_type":`...), f.MediaType)
	b = strconv.AppendInt(append(b, `,"size":`...), f.Size, 10)
	if f.Width > 0 && f.Height > 0 {
		b = strconv.AppendInt(append(b, `,"width":`...), int64(f.Width), 10)
		b = strconv.AppendInt(append(b, `,"height":`...), int64(f.Height), 10)
	}
	b = appendString(append(b, `,"alt":`...), f.Alt)
	b = strconv.AppendBool(append(b, `,"decorative":`...), f.Decorative)
	if f.Credit != "" {
		b = appendString(append(b, `,"credit":`...), f.Credit)
	}
	if f.URL != "" {
		b = appendString(append(b, `,"url":`...), f.URL)
	}
	return append(b, '}')
}

// appendNumber writes a number as encoding/json does; what JSON has no word
// for is null.
func appendNumber(b []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return append(b, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(b, v, format, -1, 64)
}

// plain are the characters that a JSON string holds as they are.
var plain = func() (t [utf8.RuneSelf]bool) {
	for c := byte(' '); c < 0x7f; c++ {
		t[c] = c != '"' && c != '\\' && c != '<' && c != '>' && c != '&'
	}
	return t
}()

const hexDigits = "0123456789abcdef"

// appendString writes a JSON string. "<", ">" and "&" are escaped, so that the
// result may stand inside a page; so are the two separators that JavaScript
// once took for line ends, and what is no UTF-8 becomes U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if plain[c] {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			b = appendEscape(b, c)
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r == '\u2028' || r == '\u2029' {
			b = append(b, s[start:i]...)
			b = append(b, `\u`...)
			for shift := 12; shift >= 0; shift -= 4 {
				b = append(b, hexDigits[r>>shift&15])
			}
			i += size
			start = i
			continue
		}
		i += size
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}

func appendEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
