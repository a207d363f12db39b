package content

import "strings"

// EntryID identifies an entry for ever: a ULID in its 26 upper-case letters
// and digits.
type EntryID string

// CollectionID and FieldID are the stable names of a collection and a field.
// They never change, whereas the names that people and the API see may.
type (
	CollectionID string
	FieldID      string
)

// UserID, RoleID, TokenID, SessionID, AssetID, LinkID, TicketID and IdentityID
// are stable and opaque.
type (
	UserID     string
	RoleID     string
	TokenID    string
	SessionID  string
	AssetID    string
	LinkID     string
	TicketID   string
	IdentityID string
)

// Locale is a BCP 47 language tag in lower case, such as "fr", "ar" or "en".
// Shared is the pseudo-locale of the values that all locales have in common.
type Locale string

// Shared holds the values of fields that are not localized.
const Shared Locale = ""

// RightToLeft reports whether text of this locale runs from right to left.
func (l Locale) RightToLeft() bool {
	tag, _, _ := strings.Cut(string(l), "-")
	switch tag {
	case "ar", "fa", "he", "ur":
		return true
	}
	return false
}

// ValidEntryID reports whether s has the form of a ULID: 26 characters of
// Crockford's base 32, in upper or lower case.
func ValidEntryID(s string) bool {
	if len(s) != 26 {
		return false
	}
	for _, c := range []byte(strings.ToUpper(s)) {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') || strings.IndexByte("ILOU", c) >= 0 {
			return false
		}
	}
	return true
}

// ValidLocale reports whether s has the form of a locale of ours: a language
// of two or three letters, then subtags of two to eight letters or digits.
func ValidLocale(s string) bool {
	for i, part := range strings.Split(s, "-") {
		low, high := 2, 8
		if i == 0 {
			high = 3
		}
		if len(part) < low || len(part) > high {
			return false
		}
		for _, c := range []byte(part) {
			letter := c >= 'a' && c <= 'z'
			digit := c >= '0' && c <= '9' && i > 0
			if !letter && !digit {
				return false
			}
		}
	}
	return true
}
