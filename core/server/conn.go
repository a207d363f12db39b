package server

import (
	"net"
	"sync/atomic"
	"time"
)

// steadyListener accepts connections whose deadlines cost little.
type steadyListener struct{ net.Listener }

func (l steadyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &steadyConn{Conn: c}, nil
}

// steadyConn moves a deadline only when it would move by deadlineStep or to an
// earlier time. fasthttp sets three for each request, each of which costs a
// timer of the runtime: 4 % of a kept response.
type steadyConn struct {
	net.Conn
	read, write atomic.Int64 // Unix nanoseconds; 0: none
}

const deadlineStep = int64(time.Second)

func (c *steadyConn) SetReadDeadline(t time.Time) error {
	if moved(&c.read, t) {
		return c.Conn.SetReadDeadline(t)
	}
	return nil
}

func (c *steadyConn) SetWriteDeadline(t time.Time) error {
	if moved(&c.write, t) {
		return c.Conn.SetWriteDeadline(t)
	}
	return nil
}

func (c *steadyConn) SetDeadline(t time.Time) error {
	moved(&c.read, time.Time{})
	moved(&c.write, time.Time{})
	return c.Conn.SetDeadline(t)
}

func moved(last *atomic.Int64, t time.Time) bool {
	if t.IsZero() {
		last.Store(0)
		return true
	}
	next, was := t.UnixNano(), last.Load()
	if was != 0 && next >= was && next-was < deadlineStep {
		return false
	}
	last.Store(next)
	return true
}
