package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Pieces answers with a stream that write makes piece by piece until it
// returns: server-sent events. write runs after the handler, in a goroutine of
// fasthttp's that ends with it; it must return soon after Stopping is closed
// or after Send gave an error.
func (s *Server) Pieces(c *fiber.Ctx, contentType string, write func(*Pieces)) {
	x, rc := exchangeOf(c.Context()), c.Context()
	Private(c)
	c.Set(fiber.HeaderContentType, contentType)
	c.Set(fiber.HeaderCacheControl, privatePolicy)
	c.Set("X-Accel-Buffering", "no")
	conn, id := rc.Conn(), ""
	if x != nil {
		id = x.id
	}
	rc.Response.ImmediateHeaderFlush = true
	rc.SetBodyStreamWriter(func(w *bufio.Writer) {
		defer func() {
			if p := recover(); p != nil {
				s.metrics.panics.Inc()
				s.o.Log.LogAttrs(s.base, slog.LevelError, "panic in stream", slog.String("id", id), slog.Any("panic", p))
			}
		}()
		write(&Pieces{w: w, conn: conn, limit: s.o.Limits.Write})
	})
}

// Pieces sends what is written to it, with a fresh deadline for each piece.
type Pieces struct {
	w     *bufio.Writer
	conn  net.Conn
	limit time.Duration
}

// Send sends one piece; an error means that the caller has gone.
func (p *Pieces) Send(text string) error {
	if err := p.conn.SetWriteDeadline(time.Now().Add(p.limit)); err != nil {
		return fmt.Errorf("set write deadline: %w", err)
	}
	if _, err := p.w.WriteString(text); err != nil {
		return fmt.Errorf("send piece: %w", err)
	}
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("send piece: %w", err)
	}
	return nil
}

// StreamContext is a context for what goes on after a handler: it ends with
// the server, or when cancel is called.
func (s *Server) StreamContext() (ctx context.Context, cancel context.CancelFunc) {
	return context.WithCancel(s.base)
}

// File answers with size bytes from r, which is closed afterwards. Each piece
// that the caller takes gives it a fresh Limits.Write.
func (s *Server) File(c *fiber.Ctx, r io.ReadCloser, size int64) {
	rc := c.Context()
	rc.SetBodyStream(&file{r: r, conn: rc.Conn(), limit: s.o.Limits.Write}, int(size))
}

type file struct {
	r     io.ReadCloser
	conn  net.Conn
	limit time.Duration
}

func (f *file) Read(p []byte) (int, error) {
	if err := f.conn.SetWriteDeadline(time.Now().Add(f.limit)); err != nil {
		return 0, fmt.Errorf("set write deadline: %w", err)
	}
	return f.r.Read(p)
}

func (f *file) Close() error { return f.r.Close() }
