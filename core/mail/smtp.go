package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTP is a mail server.
type SMTP struct {
	Host           string
	Port           int // 0: 587, or 465 when TLS is implicit
	User, Password string
	Implicit       bool           // TLS from the first byte; otherwise STARTTLS
	Clear          bool           // no TLS at all
	Roots          *x509.CertPool // that vouch for the server; nil: those of the system
}

// sendTime bounds one try.
const sendTime = 30 * time.Second

func (s SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
}

func (s SMTP) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if s.Implicit {
		return (&tls.Dialer{Config: s.tls()}).DialContext(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// Send hands the letter to the server. TLS is required unless the server was
// configured without: a password or a sign-in link never travels in clear by
// somebody else's choice.
func (s SMTP) Send(ctx context.Context, l Letter) error {
	m, err := render(l)
	if err != nil {
		return err
	}
	options := []gomail.Option{gomail.WithTimeout(sendTime)}
	switch {
	case s.Clear:
		options = append(options, gomail.WithTLSPortPolicy(gomail.NoTLS))
	case s.Implicit:
		options = append(options, gomail.WithSSLPort(false))
	default:
		options = append(options, gomail.WithTLSPortPolicy(gomail.TLSMandatory))
	}
	var conn net.Conn
	options = append(options, gomail.WithTLSConfig(s.tls()), gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
		var err error
		conn, err = s.dial(ctx, network, address)
		return conn, err
	}))
	if s.Port != 0 {
		options = append(options, gomail.WithPort(s.Port))
	}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	client, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return fmt.Errorf("prepare to send mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	err = client.DialAndSendWithContext(ctx, m)
	if conn != nil {
		_ = conn.Close() // the client leaves it open when STARTTLS or the password fails
	}
	if refused, ok := errors.AsType[*gomail.SendError](err); ok && refused.ErrorCode() >= 500 {
		// Without the server's words: they repeat the address.
		return fmt.Errorf("%w: the server answered %d", ErrRefused, refused.ErrorCode())
	}
	if sent, ok := errors.AsType[*gomail.SendError](err); ok {
		return fmt.Errorf("send mail: the server answered %d", sent.ErrorCode())
	}
	if err != nil {
		return fmt.Errorf("send mail by %s: %w", s.Host, err)
	}
	return nil
}
