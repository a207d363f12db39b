package schema

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/recueil-cms/recueil/core/content"
)

// emailKind is a mailbox of RFC 5321 as people have them: a dot-atom of RFC
// 5322 in ASCII, and a domain. The domain is kept in lower case and, when it
// is international, as the A-labels that mail servers speak. Quoted local
// parts, address literals and comments are refused.
type emailKind struct{ settings[struct{}] }

var _ Kind = emailKind{}

func (emailKind) Name() string { return "email" }

func (emailKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := line(f, v)
	if err != nil || text == "" {
		return nil, err
	}
	address, ok := parseEmail(text)
	if !ok {
		return nil, wrong(f, "email_format", nil)
	}
	return address, nil
}

// parseEmail limits as RFC 5321 §4.5.3.1: 64 octets before the at sign, 254 in
// all.
func parseEmail(s string) (string, bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 1 || i > 64 || len(s) > 1000 || !dotAtom(s[:i]) {
		return "", false
	}
	domain, ok := parseDomain(s[i+1:])
	if !ok || !strings.Contains(domain, ".") {
		return "", false
	}
	address := s[:i] + "@" + domain
	return address, len(address) <= 254
}

func dotAtom(s string) bool {
	for _, atom := range strings.Split(s, ".") {
		if atom == "" {
			return false
		}
		for _, c := range []byte(atom) {
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
			if !letter && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
				return false
			}
		}
	}
	return true
}

// parseDomain takes a domain name to lower-case A-labels (UTS #46 as browsers
// look names up).
func parseDomain(s string) (string, bool) {
	if len(s) > 500 {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(strings.ToLower(s))
	if err != nil || domain == "" || len(domain) > 253 || strings.HasSuffix(domain, ".") {
		return "", false
	}
	for _, l := range strings.Split(domain, ".") {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return "", false
		}
		for _, c := range []byte(l) {
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
				return "", false
			}
		}
	}
	return domain, true
}

func (emailKind) Column(Field) ColumnType { return TextColumn }

func (emailKind) Cells(_ Field, v any) []any { return asCell(v) }

func (emailKind) Text(_ Field, v any) []string { return asText(v) }

func (emailKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "format": "email", "maxLength": 254}
}
