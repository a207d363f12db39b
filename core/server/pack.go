package server

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// pack compresses an answer that was not kept, and so not packed in memory: to a
// visitor, whose address has a mark of somebody else's on it perhaps; to the
// console, whose definitions and rights are long. Programs with a token are near
// or fast and take theirs plain. A session's cookie never goes along with another
// site's requests (SameSite, and refuse), so that nobody can learn from the
// length of an answer by asking in somebody's name.
func pack(rc *fasthttp.RequestCtx) {
	res := &rc.Response
	if res.IsBodyStream() || rc.IsHead() || len(res.Header.ContentEncoding()) > 0 || len(rc.Request.Header.Peek(fiber.HeaderAuthorization)) > 0 {
		return
	}
	switch res.StatusCode() {
	case fiber.StatusOK, fiber.StatusNotFound, fiber.StatusGone:
	default:
		return
	}
	body := res.Body()
	k := &kept{contentType: string(res.Header.ContentType()), plain: variant{body: body}}
	enc := accepted(rc.Request.Header.Peek(fiber.HeaderAcceptEncoding), k)
	if enc == "" {
		return
	}
	packed := compress(enc, body)
	if len(packed) >= len(body) {
		return
	}
	if etag := string(res.Header.Peek(fiber.HeaderETag)); etag != "" {
		res.Header.Set(fiber.HeaderETag, withEncoding(etag, enc))
	}
	if vary := string(res.Header.Peek(fiber.HeaderVary)); vary == "" {
		res.Header.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	} else if !strings.Contains(vary, fiber.HeaderAcceptEncoding) {
		res.Header.Set(fiber.HeaderVary, vary+", "+fiber.HeaderAcceptEncoding)
	}
	res.Header.SetContentEncoding(enc)
	res.SetBodyRaw(packed)
}
