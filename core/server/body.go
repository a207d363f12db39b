package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/problem"
)

// prefetched is how much of a body fasthttp reads before the handler runs.
const prefetched = 8 << 10

// Body reads the whole body, at most Limits.Body bytes; more is a problem of
// kind TooLarge. The bytes are the caller's own.
func Body(c *fiber.Ctx) ([]byte, error) {
	x := exchangeOf(c.Context())
	if x == nil {
		return nil, problem.New(problem.Internal, "internal", nil)
	}
	r, err := Stream(c, int64(x.server.o.Limits.Body))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return body, nil
}

// Stream reads the body as it comes, at most limit bytes; limit 0 means
// Limits.Upload. More than that is a problem of kind TooLarge, told before
// reading when the length is announced. It must be read inside the handler.
func Stream(c *fiber.Ctx, limit int64) (io.Reader, error) {
	rc := c.Context()
	x := exchangeOf(rc)
	if x == nil {
		return nil, problem.New(problem.Internal, "internal", nil)
	}
	or(&limit, x.server.o.Limits.Upload)
	if int64(rc.Request.Header.ContentLength()) > limit {
		return nil, tooLarge(limit)
	}
	src := rc.RequestBodyStream()
	if src == nil {
		x.read = true
		return eof{}, nil
	}
	return &body{x: x, src: src, left: limit, limit: limit, length: int64(rc.Request.Header.ContentLength()), conn: rc.Conn()}, nil
}

func tooLarge(limit int64) error {
	return problem.New(problem.TooLarge, "body_too_large", problem.Args{"limit": strconv.FormatInt(limit, 10)})
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

type body struct {
	x     *exchange
	src   io.Reader
	conn  net.Conn
	left  int64
	limit int64
	// length is as announced, negative for a chunked body. fasthttp reports the
	// end of a connection that breaks off before as the end of the body.
	length int64
	fresh  int64 // bytes since the deadline was moved
	done   error
}

// Read never reads past the end: behind it stands the next request.
func (b *body) Read(p []byte) (int, error) {
	if b.done != nil {
		return 0, b.done
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.src.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		b.done = tooLarge(b.limit)
		return 0, b.done
	}
	if b.fresh += int64(n); b.fresh > 64<<10 {
		b.fresh = 0
		// Whoever keeps sending keeps their time.
		if dErr := b.conn.SetReadDeadline(time.Now().Add(b.x.server.o.Limits.Read)); dErr != nil && err == nil {
			err = dErr
		}
	}
	switch {
	case errors.Is(err, io.EOF) && b.length >= 0 && b.limit-b.left < b.length:
		b.done = unreadable(io.ErrUnexpectedEOF)
	case errors.Is(err, io.EOF):
		b.x.read, b.done = true, io.EOF
	case err != nil:
		b.done = unreadable(err)
	}
	return n, b.done
}

func unreadable(err error) error {
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return errTimeout
	}
	return fmt.Errorf("read body: %w", problem.Wrap(err, problem.BadRequest, "body_incomplete", nil))
}

// settleBody makes sure that no unread rest of a body is taken for the next
// request of the connection. A modest rest is read, so that the caller sees
// the answer rather than a broken connection; then the connection closes.
func (s *Server) settleBody(rc *fasthttp.RequestCtx, x *exchange) {
	if x.read || !rc.Request.IsBodyStream() {
		return
	}
	length := rc.Request.Header.ContentLength()
	if length >= 0 && length <= min(prefetched, s.o.Limits.Body) {
		return // all of it was read with the headers
	}
	rc.SetConnectionClose()
	if length < 0 {
		return
	}
	if src := rc.RequestBodyStream(); src != nil {
		// An error means there is no more to read: the connection closes anyway.
		_, _ = io.CopyN(io.Discard, src, 256<<10)
	}
}
