package server

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// RevisionTag is the ETag of a revision: "7". It is what a change answers, and
// what If-Match names.
func RevisionTag(revision int) string {
	return `"` + strconv.Itoa(revision) + `"`
}

// BodyTag is the ETag of one representation: "7-2vTgnL9e2bQR". The revision
// comes first and is what If-Match needs; the rest tells apart what one
// revision looks like in other languages, with other fields, or to someone
// with other rights. Only who may read the body is ever given its tag. A
// negative revision leaves the number out.
func BodyTag(revision int, body []byte) string {
	sum := sha256.Sum256(body)
	digest := base64.RawURLEncoding.EncodeToString(sum[:9])
	if revision < 0 {
		return `"` + "x-" + digest + `"`
	}
	return `"` + strconv.Itoa(revision) + "-" + digest + `"`
}

func withEncoding(etag, enc string) string {
	if etag == "" {
		return ""
	}
	return strings.TrimSuffix(etag, `"`) + "." + enc + `"`
}

// Matches reports whether an If-None-Match header names the tag, in whatever
// encoding (weak comparison, RFC 9110 §13.1.2).
func Matches(header, etag string) bool {
	want := opaque(etag)
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || opaque(part) == want && want != "" {
			return true
		}
	}
	return false
}

func opaque(tag string) string {
	tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
	tag, _, _ = strings.Cut(tag, ".")
	return tag
}

// IfMatch gives the revision that the request speaks of: nil when it names
// none or any ("*"). A tag that is none of ours gives -1, which no revision
// matches.
func IfMatch(c *fiber.Ctx) *int {
	header := strings.TrimSpace(c.Get(fiber.HeaderIfMatch))
	if header == "" || header == "*" {
		return nil
	}
	revision := -1
	number, _, _ := strings.Cut(opaque(header), "-")
	if n, err := strconv.Atoi(number); err == nil && n > 0 && !strings.Contains(header, ",") {
		revision = n
	}
	return &revision
}

// Send answers with a body that the caller may read, tagged, or with 304 when
// the caller has it already. revision as in BodyTag.
func Send(c *fiber.Ctx, contentType string, revision int, body []byte) error {
	return SendTagged(c, contentType, BodyTag(revision, body), body)
}

// SendTagged is Send with a tag for a body in which something may differ that
// makes no difference, such as how long it took.
func SendTagged(c *fiber.Ctx, contentType, etag string, body []byte) error {
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderContentType, contentType)
	x := exchangeOf(c.Context())
	kept := x != nil && x.keep != nil && x.server.cache != nil
	if !kept {
		c.Set(fiber.HeaderVary, publicVary)
		if match := c.Get(fiber.HeaderIfNoneMatch); match != "" && Matches(match, etag) {
			notModified(c.Context())
			return nil
		}
	}
	c.Context().Response.SetBodyRaw(body)
	return nil
}
