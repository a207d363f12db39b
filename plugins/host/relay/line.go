package relay

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Line reaches the HTTP socket of one process. Reads are asked by whoever waits
// for the answer, on a connection of the line's own: what net/http does in two
// goroutines for each connection costs more than most handlers. Requests that
// bring something go by net/http.
type Line struct {
	socket string
	others *http.Transport
	idle   chan *conn
}

// NewLine makes a line that keeps so many connections.
func NewLine(socket string, atOnce int) *Line {
	return &Line{socket: socket, others: Transport(socket, atOnce), idle: make(chan *conn, atOnce)}
}

// CloseIdleConnections closes those that nobody uses.
func (l *Line) CloseIdleConnections() {
	l.others.CloseIdleConnections()
	for {
		select {
		case c := <-l.idle:
			_ = c.Close()
		default:
			return
		}
	}
}

// RoundTrip sends a request and gives the head of the answer.
func (l *Line) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Body != nil && r.Body != http.NoBody {
		return l.others.RoundTrip(r)
	}
	for {
		c, fresh, err := l.take(r.Context())
		if err != nil {
			return nil, err
		}
		answer, err := l.ask(c, r)
		if err == nil {
			return answer, nil
		}
		// The other side may close a connection while nobody uses it.
		if fresh || c.heard || r.Context().Err() != nil {
			return nil, fmt.Errorf("ask on %s: %w", l.socket, err)
		}
	}
}

func (l *Line) take(ctx context.Context) (c *conn, fresh bool, err error) {
	select {
	case c = <-l.idle:
		c.heard = false
		return c, false, nil
	default:
	}
	to, err := new(net.Dialer).DialContext(ctx, "unix", l.socket)
	if err != nil {
		return nil, false, err
	}
	c = &conn{Conn: to}
	c.r, c.w = bufio.NewReaderSize(c, lineBuffer), bufio.NewWriterSize(to, 4<<10)
	return c, true, nil
}

const (
	lineBuffer = 16 << 10
	maxHead    = 64 << 10 // bytes of the head of an answer
)

var errHead = errors.New("the head of the answer is too long")

// conn is a connection with one request on it at a time.
type conn struct {
	net.Conn
	r     *bufio.Reader
	w     *bufio.Writer
	heard bool // something came for this request
	left  int  // bytes that may still come before the end of the head; -1: any number
}

// Read is for the reader of the connection.
func (c *conn) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, errHead
	}
	if c.left > 0 && len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.heard = c.heard || n > 0
	if c.left > 0 {
		c.left -= n
	}
	return n, err
}

// ask sends the request on the connection. Whatever goes wrong closes it.
func (l *Line) ask(c *conn, r *http.Request) (_ *http.Response, err error) {
	// A deadline that is over ends what waits on the connection.
	stop := context.AfterFunc(r.Context(), func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	defer func() {
		if err != nil {
			stop()
			_ = c.Close()
		}
	}()
	if err := r.Write(c.w); err != nil {
		return nil, err
	}
	if err := c.w.Flush(); err != nil {
		return nil, err
	}
	c.left = maxHead
	var answer *http.Response
	for {
		if answer, err = http.ReadResponse(c.r, r); err != nil {
			return nil, err
		}
		if answer.StatusCode >= http.StatusOK {
			break
		}
		if answer.StatusCode == http.StatusSwitchingProtocols {
			return nil, errors.New("the answer wants another protocol")
		}
	}
	c.left = -1
	answer.Body = &answerBody{ReadCloser: answer.Body, line: l, conn: c, stop: stop, last: answer.Close, over: answer.Body == http.NoBody}
	return answer, nil
}

// answerBody gives the connection back when it was read to its end.
type answerBody struct {
	io.ReadCloser
	line *Line
	conn *conn // nil: closed
	stop func() bool
	last bool // nothing comes on this connection after it
	over bool
}

func (b *answerBody) Read(p []byte) (int, error) {
	if b.conn == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.over = true
	}
	return n, err
}

// Close does not read on: an answer may be without end.
func (b *answerBody) Close() error {
	c := b.conn
	if c == nil {
		return nil
	}
	b.conn = nil
	if unhurt := b.stop(); unhurt && b.over && !b.last && c.r.Buffered() == 0 {
		select {
		case b.line.idle <- c:
			return nil
		default:
		}
	}
	return c.Close()
}
