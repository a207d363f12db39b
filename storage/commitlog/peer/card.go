package peer

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Limits of cards.
const (
	folder    = "peers/"
	maxCard   = 4 << 10
	maxHost   = 255
	maxCards  = 1024 // looked at
	tokenSize = 32

	stale   = 4  // times Every: a card that was not renewed for so long is not used,
	rubbish = 20 // and such a one is removed
)

// card is the JSON under peers/<id>: where a node listens, and what proves that
// one has reached it, and that one may read the bucket. Its node renews it;
// ages are compared by the clock of the bucket alone.
type card struct {
	Version     int    `json:"version"`
	Node        string `json:"node"`
	Address     string `json:"address"`
	Certificate string `json:"certificate"` // SHA-256 of it, in hexadecimal
	Token       string `json:"token"`       // in hexadecimal; who calls says it first
}

func (c card) check() error {
	if c.Version != 1 {
		return fmt.Errorf("version %d", c.Version)
	}
	host, _, err := net.SplitHostPort(c.Address)
	if err != nil || len(host) > maxHost {
		return errors.New("address is not one")
	}
	for _, text := range []string{c.Certificate, c.Token} {
		if b, err := hex.DecodeString(text); err != nil || len(b) != tokenSize {
			return errors.New("certificate and token are 32 bytes in hexadecimal")
		}
	}
	return nil
}

// lookOut keeps the card of this node and the calls to the others up to date.
func (p *Peers) lookOut(ctx context.Context) {
	var calls sync.WaitGroup
	defer calls.Wait() // they end with ctx
	for {
		p.guard("look", func() {
			if err := p.look(ctx, &calls); err != nil {
				p.debug(ctx, "could not look for other nodes, it will be tried again", err)
			}
		})
		if !pause(ctx, min(lookPause, p.o.Every)) {
			return
		}
		select {
		case <-time.After(p.o.Every):
		case <-p.met:
		case <-ctx.Done():
			return
		}
	}
}

// look renews the card and calls those whose cards are fresh.
func (p *Peers) look(ctx context.Context, calls *sync.WaitGroup) error {
	asking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.putCard(asking); err != nil {
		return err
	}
	renewed, err := p.listCards(asking)
	if err != nil {
		return err
	}
	now, listed := renewed[p.id]
	if !listed {
		return nil // somebody removed it this moment; it is put again
	}
	delete(renewed, p.id)
	for id, at := range renewed {
		age := now.Sub(at)
		if age > stale*p.o.Every {
			delete(renewed, id)
		}
		if age > rubbish*p.o.Every {
			_ = p.bucket.Delete(asking, folder+id) // or somebody does it later
		}
	}
	ids := slices.Sorted(maps.Keys(renewed))
	p.keep(ctx, calls, ids[:min(len(ids), most)])
	return nil
}

func (p *Peers) putCard(ctx context.Context) error {
	data, err := json.Marshal(p.card)
	if err != nil {
		return err
	}
	if _, err := p.bucket.Put(ctx, folder+p.id, bytes.NewReader(data), int64(len(data)), storage.Cond{}); err != nil {
		return fmt.Errorf("renew the card: %w", err)
	}
	return nil
}

// listCards gives when each card was renewed.
func (p *Peers) listCards(ctx context.Context) (map[string]time.Time, error) {
	renewed := map[string]time.Time{}
	for object, err := range p.bucket.List(ctx, folder, "") {
		if err != nil {
			return nil, fmt.Errorf("list the cards: %w", err)
		}
		if id := strings.TrimPrefix(object.Key, folder); len(renewed) < maxCards || id == p.id {
			renewed[id] = object.Modified
		}
	}
	return renewed, nil
}

func (p *Peers) getCard(ctx context.Context, id string) (c card, err error) {
	body, _, err := p.bucket.Get(ctx, folder+id, storage.Range{})
	if err != nil {
		return c, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxCard))
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, err
	}
	return c, c.check()
}

// withdraw removes the card.
func (p *Peers) withdraw(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := p.bucket.Delete(ctx, folder+p.id); err != nil {
		p.debug(ctx, "the card for other nodes stays until it is stale", err)
	}
}
