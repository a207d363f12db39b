package peer

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"slices"
	"sync"
	"time"
)

// protocol is what both ends agree on by TLS (ALPN): the caller sends the token
// of the card, then messages, and hears nothing. A message is a number of 8
// bytes and the length of its data in 4, both big-endian, and the data.
const (
	protocol = "recueil-hints/2"
	headSize = 12
)

// encode gives messages as they are sent.
func encode(messages []message) []byte {
	var out []byte
	for _, m := range messages {
		out = binary.BigEndian.AppendUint64(out, m.number)
		out = binary.BigEndian.AppendUint32(out, uint32(len(m.data)))
		out = append(out, m.data...)
	}
	return out
}

// newCertificate makes a certificate that is known by its digest alone, and
// gives both.
func newCertificate() (tls.Certificate, string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a key for other nodes: %w", err)
	}
	// The digest is trusted for as long as its card is there, so the dates say
	// nothing, and no clock is asked.
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<37, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		return tls.Certificate{}, "", fmt.Errorf("make a certificate for other nodes: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, digest(der), nil
}

func digest(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// call is the telling of one other node.
type call struct {
	id   string
	news chan struct{} // holds a token when there is a new number
	end  context.CancelFunc
}

// keep ends the calls to nodes that are not in ids, and begins the others.
func (p *Peers) keep(ctx context.Context, all *sync.WaitGroup, ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, c := range p.calls {
		if !slices.Contains(ids, id) {
			c.end()
			delete(p.calls, id)
		}
	}
	for _, id := range ids {
		if p.calls[id] != nil {
			continue
		}
		ctx, cancel := context.WithCancel(ctx)
		c := &call{id: id, news: make(chan struct{}, 1), end: cancel}
		p.calls[id] = c
		all.Go(func() {
			defer cancel()
			p.guard("call", func() { p.call(ctx, c) })
		})
	}
}

// call connects to a node, again and again, until ctx ends.
func (p *Peers) call(ctx context.Context, c *call) {
	wait := redialMin
	for failures := 1; ; failures++ {
		began := time.Now()
		err := p.tell(ctx, c)
		if time.Since(began) > redialMax {
			wait, failures = redialMin, 1
		}
		if failures == warnAfter && ctx.Err() == nil {
			p.o.Logger.WarnContext(ctx, "another node cannot be told of new records and will find them later; it will be tried again", "error", err)
		}
		p.debug(ctx, "the connection to another node has ended", err)
		if !pause(ctx, wait) {
			return
		}
		wait = min(2*wait, redialMax)
	}
}

// tell sends what is new over one connection, until it breaks.
func (p *Peers) tell(ctx context.Context, c *call) error {
	card, err := p.getCard(ctx, c.id)
	if err != nil {
		return fmt.Errorf("read the card of %s: %w", c.id, err)
	}
	raw, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", card.Address)
	if err != nil {
		return err
	}
	defer hangUp(ctx, raw)()
	conn := tls.Client(raw, clientConfig(card.Certificate))
	send := func(b []byte) error {
		if err := raw.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		_, err := conn.Write(b)
		return err
	}
	token, err := hex.DecodeString(card.Token)
	if err != nil {
		return err
	}
	if err := send(token); err != nil {
		return fmt.Errorf("connect to %s at %s: %w", card.Node, card.Address, err)
	}
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for told := uint64(0); ; {
		messages := p.after(told)
		if err := send(encode(messages)); err != nil {
			return fmt.Errorf("tell %s at %s: %w", card.Node, card.Address, err)
		}
		told = messages[len(messages)-1].number
		select {
		case <-c.news:
		case <-ping.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// clientConfig accepts the one certificate of that digest, whatever it says.
func clientConfig(print string) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, // instead of names and authorities, VerifyConnection compares the digest
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{protocol},
		VerifyConnection: func(s tls.ConnectionState) error {
			if digest(s.PeerCertificates[0].Raw) != print {
				return errors.New("another certificate than on the card")
			}
			return nil
		},
	}
}
