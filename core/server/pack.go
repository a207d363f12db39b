package server

import (
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// minPacked is the length from which an answer to a session is worth packing:
// definitions and rights are long, and consoles are used over poor lines.
const minPacked = 4 << 10

// pack compresses a long answer to a browser with a session. Visitors get
// theirs packed from memory; programs with a token are near or fast and take
// it plain. A session's cookie never goes along with another site's requests
// (SameSite, and refuse), so that nobody can learn from the length of an
// answer by asking in somebody's name.
func pack(rc *fasthttp.RequestCtx) {
	res := &rc.Response
	if res.StatusCode() != fiber.StatusOK || res.IsBodyStream() || rc.IsHead() || len(res.Header.ContentEncoding()) > 0 ||
		len(rc.Request.Header.Cookie(SessionCookie)) == 0 || string(res.Header.ContentType()) != fiber.MIMEApplicationJSON {
		return
	}
	body := res.Body()
	k := &kept{contentType: fiber.MIMEApplicationJSON, plain: variant{body: body}}
	if len(body) < minPacked || accepted(rc.Request.Header.Peek(fiber.HeaderAcceptEncoding), k) != "br" {
		return
	}
	packed := compress("br", body)
	if len(packed) >= len(body) {
		return
	}
	if etag := string(res.Header.Peek(fiber.HeaderETag)); etag != "" {
		res.Header.Set(fiber.HeaderETag, withEncoding(etag, "br"))
	}
	res.Header.SetContentEncoding("br")
	res.SetBodyRaw(packed)
}
