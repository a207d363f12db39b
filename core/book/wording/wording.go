// Package wording writes dates, numbers and sizes as each language of the
// programme does, for pages and for print. Arabic has the names of the months
// that Algeria uses, and Western digits, as there.
package wording

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
)

var months = map[content.Locale][12]string{
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	"ar": {"جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان", "جويلية", "أوت", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// Date writes a day, a month or a year of ISO 8601.
func Date(iso string, l content.Locale) string {
	names, ok := months[l]
	if !ok {
		names = months["en"]
	}
	if at, err := time.Parse(time.DateOnly, iso); err == nil {
		day := strconv.Itoa(at.Day())
		if l == "fr" && at.Day() == 1 {
			day = "1er"
		}
		return day + "\u00a0" + names[at.Month()-1] + " " + strconv.Itoa(at.Year())
	}
	if at, err := time.Parse("2006-01", iso); err == nil {
		return names[at.Month()-1] + " " + strconv.Itoa(at.Year())
	}
	return iso
}

// Period writes a span of time.
func Period(raw any, l content.Locale) string {
	m, _ := raw.(map[string]any)
	start, _ := m["start"].(string)
	end, _ := m["end"].(string)
	from, to := Date(Day(start), l), Date(Day(end), l)
	switch {
	case from == "" || to == "":
		return from + to
	case from == to:
		return from
	}
	return from + " – " + to
}

// Day cuts an instant down to its date.
func Day(iso string) string {
	before, _, _ := strings.Cut(iso, "T")
	return before
}

// Number writes a number with its thousands apart.
func Number(v float64, l content.Locale) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	point, group := ",", "\u202f"
	if l == "en" {
		point, group = ".", ","
	}
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', -1, 64), ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "\u2212", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if fraction != "" {
		whole += point + fraction
	}
	return sign + whole
}

// Size writes the weight of a file.
func Size(n int64, l content.Locale) string {
	units := map[content.Locale][3]string{"fr": {"octets", "ko", "Mo"}, "ar": {"بايت", "كيلوبايت", "ميغابايت"}}
	names, ok := units[l]
	if !ok {
		names = [3]string{"bytes", "kB", "MB"}
	}
	switch {
	case n <= 0:
		return ""
	case n < 1000:
		return Number(float64(n), l) + "\u00a0" + names[0]
	case n < 1_000_000:
		return Number(math.Round(float64(n)/1000), l) + "\u00a0" + names[1]
	}
	return Number(math.Round(float64(n)/100_000)/10, l) + "\u00a0" + names[2]
}

// Phone writes an international number in groups that can be read out.
func Phone(number string) string {
	if len(number) < 8 || number[0] != '+' {
		return number
	}
	code := 3
	if strings.HasPrefix(number, "+213") || strings.HasPrefix(number, "+212") || strings.HasPrefix(number, "+216") {
		code = 4
	}
	out, rest := number[:code], number[code:]
	if len(rest)%2 == 1 {
		out, rest = out+"\u00a0"+rest[:1], rest[1:]
	}
	for ; len(rest) > 0; rest = rest[2:] {
		out += "\u00a0" + rest[:2]
	}
	return out
}

// Postal writes an address on one line.
func Postal(raw any) string {
	m, _ := raw.(map[string]any)
	text := func(name string) string { s, _ := m[name].(string); return s }
	var parts []string
	for _, s := range []string{text("street"), strings.TrimSpace(text("postcode") + " " + text("commune"))} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
