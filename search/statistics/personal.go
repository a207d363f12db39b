package statistics

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Limits of a query that is written down: what is longer is no query but
// somebody's sentence.
const (
	maxBytes = 120
	maxWords = 10
	maxRead  = 2000
)

// Normal writes a query as it is counted: lower case, one space between words.
func Normal(query string) string {
	if len(query) > maxRead {
		query = query[:maxRead]
	}
	query = strings.ToValidUTF8(query, "")
	query = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(query))
	return strings.Join(strings.Fields(query), " ")
}

// street are words that make an address of a number.
var street = regexp.MustCompile(`(^|[\s,])(rue|avenue|av|boulevard|bd|chemin|impasse|place|cité|cite|lotissement|lot|bloc|bt|bat|bât|bâtiment|villa|appartement|appt|route|street|road|avenue|building|flat|شارع|نهج|حي|طريق|عمارة|ساحة|زنقة|شقة)($|[\s,.])`)

// years are numbers that are no part of a telephone's.
var years = regexp.MustCompile(`(^|[^0-9])(1[89]|20)[0-9]{2}($|[^0-9])`)

// digitRun is a number as people write one, in parts.
var digitRun = regexp.MustCompile(`\+?[0-9](?:[ .\-/()]{0,2}[0-9])*`)

// Personal reports whether a normal query may be about one person: an e-mail
// address, a telephone number or another long number, an address in a street,
// a link, or so many words that they are a letter. It errs on the side of
// saying so.
func Personal(query string) bool {
	if len(query) > maxBytes || len(strings.Fields(query)) > maxWords {
		return true
	}
	if strings.ContainsAny(query, "@＠") || strings.Contains(query, "://") || strings.Contains(query, "www.") ||
		strings.Contains(query, "(at)") || strings.Contains(query, "[at]") {
		return true
	}
	query = latinDigits(query)
	if street.MatchString(query) && strings.ContainsAny(query, "0123456789") {
		return true
	}
	for years.MatchString(query) {
		query = years.ReplaceAllString(query, "$1 , $3")
	}
	for _, run := range digitRun.FindAllString(query, -1) {
		n := 0
		for _, r := range run {
			if r >= '0' && r <= '9' {
				n++
			}
		}
		if n >= 7 || run[0] == '+' && n >= 5 {
			return true
		}
	}
	return false
}

// latinDigits writes the digits of all scripts as 0 to 9.
func latinDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < unicode.MaxASCII:
			return r
		case unicode.Is(unicode.Nd, r): // tens of digits follow one another in every script
			for zero := r; ; zero-- {
				if !unicode.Is(unicode.Nd, zero-1) || r-zero >= 9 {
					return '0' + (r - zero)
				}
			}
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, text)
}
