package media

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// sniffBytes is how much of a file is looked at to tell what it is.
const sniffBytes = 64 << 10

// byName are the types that the first bytes cannot tell apart, by the end of
// the name: each with the sniffed type it must have.
var byName = map[string]struct{ sniffed, is string }{
	".csv":     {"text/plain", "text/csv"},
	".md":      {"text/plain", "text/markdown"},
	".vcf":     {"text/plain", "text/vcard"},
	".ics":     {"text/plain", "text/calendar"},
	".json":    {"text/plain", "application/json"},
	".geojson": {"text/plain", "application/geo+json"},
	".docx":    {"application/zip", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	".xlsx":    {"application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	".pptx":    {"application/zip", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
	".odt":     {"application/zip", "application/vnd.oasis.opendocument.text"},
	".ods":     {"application/zip", "application/vnd.oasis.opendocument.spreadsheet"},
	".odp":     {"application/zip", "application/vnd.oasis.opendocument.presentation"},
	".epub":    {"application/zip", "application/epub+zip"},
}

// sniff tells the media type of a file from its first bytes; the name only
// decides between types that begin alike. The caller's word is never asked.
// It never answers with a type that a browser would run by itself.
func sniff(name string, head []byte) string {
	sniffed, _, err := mime.ParseMediaType(http.DetectContentType(head))
	if err != nil {
		return "application/octet-stream"
	}
	if looksLikeSVG(head) {
		return "image/svg+xml"
	}
	if special, ok := byName[strings.ToLower(path.Ext(name))]; ok && special.sniffed == sniffed {
		return special.is
	}
	return sniffed
}

func looksLikeSVG(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(head) > 2048 {
		head = head[:2048]
	}
	return bytes.HasPrefix(head, []byte("<")) && bytes.Contains(bytes.ToLower(head), []byte("<svg"))
}

// measures read the size of a picture from its first bytes, by media type.
var measures = map[string]func(io.Reader) (image.Config, error){
	"image/gif":  gif.DecodeConfig,
	"image/jpeg": jpeg.DecodeConfig,
	"image/png":  png.DecodeConfig,
}

// size gives the width and height of a picture in pixels, or zeros.
func size(mediaType string, head []byte) (width, height int) {
	measure, ok := measures[mediaType]
	if !ok {
		return 0, 0
	}
	cfg, err := measure(bytes.NewReader(head))
	if err != nil {
		return 0, 0
	}
	return cfg.Width, cfg.Height
}

// maxName is the longest file name kept, in bytes.
const maxName = 180

// cleanName makes a file name safe to show and to offer for download: the last
// part of a path, NFC, without control and direction-changing characters.
func cleanName(name string) string {
	name = norm.NFC.String(strings.ToValidUTF8(name, ""))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune(`/:*?"<>|`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if name == "" {
		return "file"
	}
	ext := path.Ext(name)
	if len(ext) > 20 {
		ext = ""
	}
	for stem := strings.TrimSuffix(name, ext); len(name) > maxName; name = stem + ext {
		_, n := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-n]
	}
	return name
}
