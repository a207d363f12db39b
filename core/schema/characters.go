package schema

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/problem"
)

// maxTextBytes bounds any one text, whatever a field's settings say.
const maxTextBytes = 4 << 20

// maxPatternBytes bounds a pattern; RE2 matches in linear time.
const maxPatternBytes = 500

// textSettings limit a text. Lengths are in characters (Unicode code points
// after NFC), not bytes.
type textSettings struct {
	MinLength int    `json:"min_length,omitempty"`
	MaxLength int    `json:"max_length,omitempty"` // 0 is the kind's own limit
	Pattern   string `json:"pattern,omitempty"`    // RE2; must match the whole text
	// PatternHelp says to people what the pattern wants.
	PatternHelp Texts `json:"pattern_help,omitempty"`

	re *regexp.Regexp
}

func (s *textSettings) ready() {
	if s.Pattern != "" && len(s.Pattern) <= maxPatternBytes {
		s.re, _ = compile(s.Pattern)
	}
}

// compile anchors a pattern at both ends.
func compile(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`^(?:` + pattern + `)$`)
}

func (s *textSettings) check() []problem.Field {
	faults := checkRange(s.MinLength, s.MaxLength, "min_length", "max_length", maxTextBytes/4)
	if len(s.Pattern) > maxPatternBytes {
		faults = append(faults, problem.Field{Pointer: "/pattern", Code: "definition_too_long", Args: problem.Args{"limit": maxPatternBytes}})
	} else if _, err := compile(s.Pattern); err != nil {
		faults = append(faults, problem.Field{Pointer: "/pattern", Code: "definition_pattern"})
	}
	return append(faults, checkTexts("/pattern_help", s.PatternHelp, maxHelp)...)
}

// checkRange checks a pair of whole limits of which 0 means none.
func checkRange(low, high int, lowName, highName string, limit int) []problem.Field {
	var faults []problem.Field
	for _, bound := range []struct {
		name  string
		value int
	}{{lowName, low}, {highName, high}} {
		if bound.value < 0 || bound.value > limit {
			faults = append(faults, problem.Field{Pointer: problem.Pointer(bound.name), Code: "definition_range",
				Args: problem.Args{"name": bound.name, "min": 0, "max": limit}})
		}
	}
	if high > 0 && low > high {
		faults = append(faults, problem.Field{Pointer: problem.Pointer(lowName), Code: "definition_min_over_max"})
	}
	return faults
}

// max is the longest text in characters; limit is the kind's own.
func (s *textSettings) max(limit int) int {
	if s.MaxLength > 0 && s.MaxLength < limit {
		return s.MaxLength
	}
	return limit
}

// limits checks a cleaned text that is not empty; limit is the kind's own.
func (s *textSettings) limits(f Field, text string, limit int) error {
	limit = s.max(limit)
	n := utf8.RuneCountInString(text)
	switch {
	case text == "":
		return nil
	case n > limit:
		return wrong(f, "text_too_long", problem.Args{"n": limit, "limit": limit, "got": n})
	case s.re != nil && !s.re.MatchString(text):
		if len(s.PatternHelp) > 0 {
			return wrong(f, "text_pattern_help", problem.Args{"help": FieldLabel{Label: s.PatternHelp}})
		}
		return wrong(f, "text_pattern", nil)
	}
	return nil
}

// short checks the least length, which a draft need not have.
func (s *textSettings) short(f Field, v any) []problem.Field {
	text, _ := v.(string)
	if n := utf8.RuneCountInString(text); n < s.MinLength {
		return []problem.Field{fault(f, "text_too_short", problem.Args{"n": s.MinLength, "limit": s.MinLength, "got": n})}
	}
	return nil
}

func (s *textSettings) schema(limit int) map[string]any {
	out := map[string]any{"type": "string", "maxLength": s.max(limit)}
	if s.Pattern != "" {
		out["pattern"] = "^(?:" + s.Pattern + ")$"
	}
	if s.MinLength > 0 {
		out["x-recueil-min-length"] = s.MinLength // a draft may be shorter
	}
	return out
}

// line cleans a text of one line: NFC, white space folded into single line
// spaces and trimmed. Other control characters are refused.
func line(f Field, v any) (string, error) {
	text, err := characters(f, v)
	if err != nil {
		return "", err
	}
	text = strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\r', '\t', '\v', '\f', '\u0085', '\u2028', '\u2029':
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(text), noControl(f, text)
}

// lines cleans a text of several lines: NFC, line ends become \n, empty lines
// around it and white space at its end go.
func lines(f Field, v any) (string, error) {
	text, err := characters(f, v)
	if err != nil {
		return "", err
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	for {
		first, rest, more := strings.Cut(text, "\n")
		if !more || strings.TrimSpace(first) != "" {
			break
		}
		text = rest
	}
	return text, noControl(f, text)
}

// characters takes a string of valid UTF-8 into NFC.
func characters(f Field, v any) (string, error) {
	text, ok := v.(string)
	switch {
	case !ok:
		return "", wrong(f, "not_text", nil)
	case len(text) > maxTextBytes:
		return "", wrong(f, "text_too_many_bytes", problem.Args{"limit": maxTextBytes, "got": len(text)})
	case !utf8.ValidString(text):
		return "", wrong(f, "text_not_utf8", nil)
	}
	return norm.NFC.String(text), nil
}

func noControl(f Field, text string) error {
	for _, r := range text {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return wrong(f, "text_control", nil)
		}
	}
	return nil
}

// Number takes any JSON number; it must be finite.
func Number(v any) (float64, bool) {
	var n float64
	switch v := v.(type) {
	case float64:
		n = v
	case int:
		n = float64(v)
	case int64:
		n = float64(v)
	case interface{ Float64() (float64, error) }: // json.Number
		parsed, err := v.Float64()
		if err != nil {
			return 0, false
		}
		n = parsed
	default:
		return 0, false
	}
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	if n == 0 {
		n = 0 // no negative zero: it would have a second JSON form
	}
	return n, true
}

func emptyAsNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func asText(v any) []string {
	if text, ok := v.(string); ok && text != "" {
		return []string{text}
	}
	return nil
}

func asCell(v any) []any {
	if v == nil {
		return nil
	}
	return []any{v}
}
