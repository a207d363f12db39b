package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// mta is a small mail server: EHLO, STARTTLS, AUTH PLAIN, one letter.
type mta struct {
	t        *testing.T
	listener net.Listener
	tls      *tls.Config // nil: it knows no STARTTLS
	answer   string      // to RCPT; empty: 250
	got      chan received
}

type received struct {
	secure   bool
	auth     string
	from, to string
	text     string
}

func newMTA(t *testing.T, config *tls.Config, answer string) *mta {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mta{t: t, listener: ln, tls: config, answer: answer, got: make(chan received, 1)}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			m.serve(conn)
		}
	}()
	return m
}

func (m *mta) port() int { return m.listener.Addr().(*net.TCPAddr).Port }

func (m *mta) serve(conn net.Conn) {
	defer conn.Close()
	var r received
	c := textproto.NewConn(conn)
	say := func(lines ...string) { _ = c.PrintfLine("%s", strings.Join(lines, "\r\n")) }
	say("220 mta")
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			switch {
			case m.tls != nil && !r.secure:
				say("250-mta", "250 STARTTLS")
			case r.secure:
				say("250-mta", "250 AUTH PLAIN")
			default:
				say("250 mta")
			}
		case "STARTTLS":
			say("220 go")
			secure := tls.Server(conn, m.tls)
			if secure.Handshake() != nil {
				return
			}
			r.secure, conn = true, secure
			c = textproto.NewConn(secure)
		case "AUTH":
			r.auth = strings.TrimPrefix(rest, "PLAIN ")
			say("235 welcome")
		case "MAIL":
			r.from = rest
			say("250 ok")
		case "RCPT":
			r.to = rest
			if m.answer != "" {
				say(m.answer)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			text, err := bufio.NewReader(c.DotReader()).ReadString(0)
			if text == "" {
				m.t.Errorf("no letter: %v", err)
			}
			r.text = text
			m.got <- r
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// certificate makes a certificate for 127.0.0.1 that nobody trusts.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestSMTPInClearOnlyWhenAskedFor(t *testing.T) {
	m := newMTA(t, nil, "")
	if err := (SMTP{Host: "127.0.0.1", Port: m.port()}).Send(t.Context(), letter); err == nil {
		t.Fatal("a letter went in clear")
	}
	if err := (SMTP{Host: "127.0.0.1", Port: m.port(), Clear: true}).Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	r := <-m.got
	if r.from != "FROM:<site@example.org>" || r.to != "TO:<lina@example.org>" || r.secure {
		t.Errorf("%+v", r)
	}
	checkLetter(t, r.text)
}

func TestSMTPChecksTheCertificate(t *testing.T) {
	config := certificate(t)
	m := newMTA(t, config, "")
	s := SMTP{Host: "127.0.0.1", Port: m.port(), User: "me", Password: "hush"}
	if err := s.Send(t.Context(), letter); err == nil || errors.Is(err, ErrRefused) {
		t.Fatalf("a certificate that nobody trusts: %v", err)
	}
	roots := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(config.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(leaf)
	s.Roots = roots
	if err := s.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	r := <-m.got
	if want := base64.StdEncoding.EncodeToString([]byte("\x00me\x00hush")); !r.secure || r.auth != want {
		t.Errorf("%+v, want %s", r, want)
	}
}

func TestSMTPRefusals(t *testing.T) {
	for answer, final := range map[string]bool{"550 no lina@example.org here": true, "451 later, lina@example.org": false} {
		m := newMTA(t, nil, answer)
		err := SMTP{Host: "127.0.0.1", Port: m.port(), Clear: true}.Send(t.Context(), letter)
		if err == nil || errors.Is(err, ErrRefused) != final {
			t.Errorf("%s: %v", answer, err)
		}
		if err != nil && strings.Contains(err.Error(), "lina") {
			t.Errorf("the error names the reader: %v", err)
		}
	}
	m := newMTA(t, nil, "")
	m.listener.Close()
	if err := (SMTP{Host: "127.0.0.1", Port: m.port(), Clear: true}).Send(t.Context(), letter); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("a server that is away: %v", err)
	}
}
