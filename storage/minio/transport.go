package minio

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// callers is how many concurrent requests find an open connection to use again.
const callers = 64

// newTransport makes connections that break when nothing moves for timeout, so
// that a server which is dead, stopped or cut off gives an error.
func newTransport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: min(timeout, 10*time.Second), KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &impatientConn{Conn: conn, timeout: timeout}, nil
		},
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   min(timeout, 10*time.Second),
		MaxIdleConns:          2 * callers,
		MaxIdleConnsPerHost:   2 * callers,
		IdleConnTimeout:       timeout,
		ResponseHeaderTimeout: timeout,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true, // a body is what was stored, byte for byte
	}
}

// impatientConn moves its deadline on with every read and write that starts.
type impatientConn struct {
	net.Conn
	timeout time.Duration
}

func (c *impatientConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write gives the reading side more time too: while a long body is sent, it
// waits for an answer that cannot come yet.
func (c *impatientConn) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
