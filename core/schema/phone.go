package schema

import (
	"regexp"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/letters"
)

// dialing is how a country writes its numbers at home: after the trunk prefix
// comes a national number that must match. A table of the countries of such a
// programme does; a full library of numbering plans weighs megabytes and goes
// out of date all the same.
type dialing struct {
	code     string
	trunk    string
	national *regexp.Regexp
}

var dialings = map[string]dialing{
	"DZ": {"213", "0", regexp.MustCompile(`^([5-7]\d{8}|9\d{8}|[2-4]\d{7})$`)}, // mobile, Internet telephony, fixed
	"FR": {"33", "0", regexp.MustCompile(`^[1-9]\d{8}$`)},
	"BE": {"32", "0", regexp.MustCompile(`^([1-9]\d{7}|4\d{8})$`)},
	"MA": {"212", "0", regexp.MustCompile(`^[5-8]\d{8}$`)},
	"TN": {"216", "", regexp.MustCompile(`^[2-9]\d{7}$`)},
}

type phoneSettings struct {
	Country string `json:"country,omitempty"` // of numbers without +: DZ (also ""), FR, BE, MA, TN
}

func (s *phoneSettings) check() []problem.Field {
	if _, ok := dialings[s.Country]; !ok && s.Country != "" {
		return []problem.Field{{Pointer: "/country", Code: "definition_choice",
			Args: problem.Args{"allowed": sortedKeys(dialings)}}}
	}
	return nil
}

// phoneKind is a telephone number, kept as E.164: "+21321234567". It may be
// typed in the national form of the set country, with spaces, dots, hyphens,
// brackets and any digits.
type phoneKind struct{ settings[phoneSettings] }

var _ Kind = phoneKind{}

func (phoneKind) Name() string { return "phone" }

func (phoneKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := line(f, v)
	if err != nil || text == "" {
		return nil, err
	}
	country := settingsOf[phoneSettings](f).Country
	if country == "" {
		country = "DZ"
	}
	number, ok := parsePhone(text, country)
	if !ok {
		return nil, wrong(f, "phone_format", problem.Args{"country": country})
	}
	return number, nil
}

func parsePhone(s, country string) (string, bool) {
	if len(s) > 100 {
		return "", false
	}
	number := dialled(s)
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	if international, ok := strings.CutPrefix(number, "+"); ok {
		return parseInternational(international)
	}
	d, known := dialings[country]
	national, ok := strings.CutPrefix(number, d.trunk)
	if !known || !ok || !d.national.MatchString(national) {
		return "", false
	}
	return "+" + d.code + national, true
}

// dialled keeps what is dialled: digits and a leading plus. Anything else than
// the usual punctuation makes it no number.
func dialled(s string) string {
	s = strings.ReplaceAll(s, "(0)", "") // "+33 (0)1 …"
	var out strings.Builder
	for _, r := range letters.Digits(s) {
		switch {
		case r >= '0' && r <= '9', r == '+' && out.Len() == 0:
			out.WriteRune(r)
		case strings.ContainsRune(" .-–‑/()\u00a0\u202f\u200e\u200f\u202a\u202c", r):
		default:
			return ""
		}
	}
	return out.String()
}

// parseInternational takes the digits after the plus: 8 to 15, of which those
// of the countries in the table must fit their plan.
func parseInternational(number string) (string, bool) {
	if len(number) < 8 || len(number) > 15 || !digits(number) || number[0] == '0' {
		return "", false
	}
	for _, d := range dialings {
		national, ok := strings.CutPrefix(number, d.code)
		if !ok {
			continue
		}
		if d.trunk != "" && !d.national.MatchString(national) {
			national = strings.TrimPrefix(national, d.trunk) // "+213 021 …" is a common slip
		}
		return "+" + d.code + national, d.national.MatchString(national)
	}
	return "+" + number, true
}

func (phoneKind) Column(Field) ColumnType { return TextColumn }

func (phoneKind) Cells(_ Field, v any) []any { return asCell(v) }

func (phoneKind) Text(_ Field, v any) []string { return asText(v) }

func (phoneKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "maxLength": 100, "x-recueil-format": "E.164"}
}
