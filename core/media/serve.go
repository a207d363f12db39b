package media

import (
	"mime"
	"net/url"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// inline are the types that a browser may show in place. Everything else,
// above all HTML, SVG and XML, is offered as a download.
var inline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true,
	"application/pdf": true, "text/plain": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true,
	"video/mp4": true, "video/webm": true,
}

// Headers are the response headers that make an uploaded file harmless on the
// site's own origin: its sniffed type, no sniffing by the browser, a sandbox,
// and a download unless the type can do nothing.
func Headers(a *content.Asset) map[string]string {
	disposition := "attachment"
	if inline[a.MediaType] {
		disposition = "inline"
	}
	mediaType := a.MediaType
	if strings.HasPrefix(mediaType, "text/") {
		mediaType += "; charset=utf-8"
	}
	csp := "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"
	if a.MediaType == "application/pdf" {
		// A sandbox would keep browsers from showing a PDF at all.
		csp = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
	}
	return map[string]string{
		"Content-Type":                 mediaType,
		"Content-Disposition":          dispositionOf(disposition, a.Name),
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      csp,
		"Cross-Origin-Resource-Policy": "same-site",
	}
}

// dispositionOf names the file in ASCII and, when that loses something, in
// UTF-8 as well (RFC 6266).
func dispositionOf(kind, name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' || r == '%' {
			return '_'
		}
		return r
	}, name)
	out := mime.FormatMediaType(kind, map[string]string{"filename": ascii})
	if ascii != name {
		out += "; filename*=UTF-8''" + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	}
	return out
}
