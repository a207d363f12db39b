package schema

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// addressSettings of an address. Country is used where none is given.
type addressSettings struct {
	Country  string   `json:"country,omitempty"`  // ISO 3166-1 alpha-2
	Required []string `json:"required,omitempty"` // parts that must be there to publish
}

// addressParts are the parts of an address with the most characters of each.
// territory is the code of a territory, such as that of a wilaya, "06".
var addressParts = map[string]int{"street": 300, "postcode": 12, "commune": 100, "territory": 12, "country": 2}

func (s *addressSettings) check() []problem.Field {
	var faults []problem.Field
	if s.Country != "" && !validCountry(s.Country) {
		faults = append(faults, problem.Field{Pointer: "/country", Code: "definition_country"})
	}
	for i, name := range s.Required {
		if addressParts[name] == 0 {
			faults = append(faults, problem.Field{Pointer: "/required" + problem.At(i), Code: "definition_choice",
				Args: problem.Args{"allowed": sortedKeys(addressParts)}})
		}
	}
	return faults
}

// validCountry checks the form of a code of ISO 3166-1, not that it is given
// to a country: that changes.
func validCountry(code string) bool {
	return len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z'
}

// addressKind is a postal address in parts, all optional, all text:
// {"street":…,"postcode":…,"commune":…,"territory":…,"country":"DZ"}.
type addressKind struct{ settings[addressSettings] }

var _ Kind = addressKind{}

func (addressKind) Name() string { return "address" }

func (addressKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	names := sortedKeys(addressParts)
	m, faults := parts(f, v, names...)
	if faults != nil {
		return nil, invalidValues(faults)
	}
	s := settingsOf[addressSettings](f)
	out := map[string]any{}
	for _, name := range names {
		part, err := addressPart(f, name, m[name])
		faults = append(faults, below(problem.Pointer(name), err)...)
		if part != "" {
			out[name] = part
		}
	}
	country, given := out["country"].(string)
	if !given {
		country = s.Country
	}
	if code, ok := out["postcode"].(string); ok && !validPostcode(country, code) {
		faults = append(faults, problem.Under("/postcode", []problem.Field{fault(f, "postcode_format", problem.Args{"country": country})})...)
	}
	if len(faults) > 0 {
		return nil, invalidValues(faults)
	}
	if len(out) == 0 || (given && len(out) == 1 && country == s.Country) {
		return nil, nil
	}
	if country != "" {
		out["country"] = country
	}
	return out, nil
}

func addressPart(f Field, name string, v any) (string, error) {
	if v == nil {
		return "", nil
	}
	clean := line
	if name == "street" {
		clean = lines
	}
	text, err := clean(f, v)
	if err != nil {
		return "", err
	}
	if name == "country" || name == "territory" || name == "postcode" {
		text = strings.ToUpper(text)
	}
	n := utf8.RuneCountInString(text)
	switch {
	case n > addressParts[name]:
		return "", wrong(f, "text_too_long", problem.Args{"n": addressParts[name], "limit": addressParts[name], "got": n})
	case name == "country" && text != "" && !validCountry(text):
		return "", wrong(f, "country_format", nil)
	case name == "territory" && text != "" && !validOption(text):
		return "", wrong(f, "territory_format", nil)
	}
	return text, nil
}

// validPostcode checks the codes of the countries whose form we know.
func validPostcode(country, code string) bool {
	switch country {
	case "DZ", "FR", "MA":
		return len(code) == 5 && digits(code)
	case "TN", "BE":
		return len(code) == 4 && digits(code)
	}
	return true
}

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

func (addressKind) incomplete(f Field, v any) []problem.Field {
	m, _ := v.(map[string]any)
	var faults []problem.Field
	for _, name := range settingsOf[addressSettings](f).Required {
		if m[name] == nil {
			faults = append(faults, problem.Under(problem.Pointer(name), []problem.Field{fault(f, "field_required", nil)})...)
		}
	}
	return faults
}

func (addressKind) Text(_ Field, v any) []string {
	m, _ := v.(map[string]any)
	var out []string
	for _, name := range []string{"street", "postcode", "commune"} {
		out = append(out, asText(m[name])...)
	}
	return out
}

func (addressKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	properties := map[string]any{}
	for name, limit := range addressParts {
		properties[name] = map[string]any{"type": []any{"string", "null"}, "maxLength": limit}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if required := settingsOf[addressSettings](f).Required; len(required) > 0 {
		out["x-recueil-required"] = slices.Clone(required)
	}
	return out
}
