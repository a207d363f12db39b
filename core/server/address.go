package server

import (
	"net/netip"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// peer is the other end of the connection.
func peer(rc *fasthttp.RequestCtx) netip.Addr {
	a, err := netip.ParseAddrPort(rc.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}

func (s *Server) fromProxy(rc *fasthttp.RequestCtx) bool {
	return len(s.o.Proxies) > 0 && s.trusted(peer(rc))
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.o.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// address is the caller's: that of the connection, or, behind trusted
// proxies, the last address of X-Forwarded-For that is not one of theirs. What
// stands before it was written by the caller and proves nothing.
func (s *Server) address(rc *fasthttp.RequestCtx) netip.Addr {
	addr := peer(rc)
	if len(s.o.Proxies) == 0 || !s.trusted(addr) {
		return addr
	}
	var hops []string
	for _, v := range rc.Request.Header.PeekAll(fiber.HeaderXForwardedFor) {
		hops = append(hops, strings.Split(string(v), ",")...)
	}
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return addr
		}
		if addr = hop.Unmap(); !s.trusted(addr) {
			return addr
		}
	}
	return addr
}

// addressPrefix is what one household or one machine has: an IPv4 address or
// an IPv6 /64.
func addressPrefix(a netip.Addr) string {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// overTLS reports whether the caller reached us over HTTPS.
func (s *Server) overTLS(rc *fasthttp.RequestCtx) bool {
	if s.o.Secure || rc.IsTLS() {
		return true
	}
	return s.fromProxy(rc) && string(rc.Request.Header.Peek(fiber.HeaderXForwardedProto)) == "https"
}
