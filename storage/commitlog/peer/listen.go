package peer

import (
	"bufio"
	"context"
	"crypto/subtle"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// listen accepts connections until the listener is closed.
func (p *Peers) listen(ctx context.Context, heard func(uint64, []byte)) {
	var all sync.WaitGroup
	defer all.Wait()
	room := make(chan struct{}, most)
	for ctx.Err() == nil {
		raw, err := p.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			p.debug(ctx, "could not accept a connection", err) // too many open files, say
			pause(ctx, redialMin)
			continue
		}
		select {
		case room <- struct{}{}:
		default:
			_ = raw.Close() // too many
			continue
		}
		all.Go(func() {
			defer func() { <-room }()
			defer hangUp(ctx, raw)()
			p.guard("hear", func() { p.debug(ctx, "the connection of another node has ended", p.hear(raw, heard)) })
		})
	}
}

// hangUp closes a connection when ctx ends, or when what it gives is called.
func hangUp(ctx context.Context, conn net.Conn) (now func()) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	return func() {
		stop()
		_ = conn.Close()
	}
}

// hear passes on what one connection says, until it breaks or falls silent.
func (p *Peers) hear(raw net.Conn, heard func(uint64, []byte)) error {
	conn := tls.Server(raw, p.tls)
	if err := raw.SetDeadline(time.Now().Add(p.patience)); err != nil {
		return err
	}
	token := make([]byte, tokenSize)
	if _, err := io.ReadFull(conn, token); err != nil {
		return fmt.Errorf("%s: %w", raw.RemoteAddr(), err)
	}
	if subtle.ConstantTimeCompare(token, p.token) != 1 {
		return fmt.Errorf("%s does not know the token", raw.RemoteAddr())
	}
	select {
	case p.met <- struct{}{}:
	default:
	}
	in := bufio.NewReader(conn)
	for head := make([]byte, headSize); ; {
		if err := raw.SetDeadline(time.Now().Add(silence)); err != nil {
			return err
		}
		if _, err := io.ReadFull(in, head); err != nil {
			return err
		}
		length := binary.BigEndian.Uint32(head[8:])
		if length > MaxData {
			return fmt.Errorf("%s sends %d bytes at once", raw.RemoteAddr(), length)
		}
		data := make([]byte, length)
		if _, err := io.ReadFull(in, data); err != nil {
			return err
		}
		heard(binary.BigEndian.Uint64(head), data)
	}
}
