package schema

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxURL is the most bytes of an address.
const maxURL = 2000

// urlKind is an absolute address on the web, http or https, without
// credentials. Scheme and host are kept in lower case, international hosts as
// A-labels. It is a link for people: nothing here fetches it.
type urlKind struct{ settings[struct{}] }

var _ Kind = urlKind{}

func (urlKind) Name() string { return "url" }

func (urlKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := line(f, v)
	if err != nil || text == "" {
		return nil, err
	}
	if len(text) > maxURL {
		return nil, wrong(f, "url_too_long", problem.Args{"limit": maxURL, "got": len(text)})
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || strings.ContainsAny(text, " <>\"\\^`{|}"):
		return nil, wrong(f, "url_format", nil)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, wrong(f, "url_scheme", nil)
	case u.User != nil:
		return nil, wrong(f, "url_credentials", nil)
	}
	host, ok := parseHost(u)
	if !ok {
		return nil, wrong(f, "url_format", nil)
	}
	u.Host = host
	out := u.String()
	if len(out) > maxURL {
		return nil, wrong(f, "url_too_long", problem.Args{"limit": maxURL, "got": len(out)})
	}
	return out, nil
}

func parseHost(u *url.URL) (string, bool) {
	name, port := u.Hostname(), u.Port()
	if port != "" && (!digits(port) || len(port) > 5) || strings.HasSuffix(u.Host, ":") {
		return "", false
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		name = ip.WithZone("").String()
		if ip.Is6() {
			name = "[" + name + "]"
		}
	} else {
		domain, ok := parseDomain(name)
		if !ok {
			return "", false
		}
		name = domain
	}
	if port != "" {
		name += ":" + port
	}
	return name, true
}

func (urlKind) Column(Field) ColumnType { return TextColumn }

func (urlKind) Cells(_ Field, v any) []any { return asCell(v) }

func (urlKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "format": "uri", "maxLength": maxURL, "pattern": "^https?://"}
}
