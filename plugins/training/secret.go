package training

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Codes and tokens are made from one key of the site, and kept nowhere: what is
// not kept cannot be lost, and does not have to be erased. Whose registration
// is erased has no use for them any more.
const (
	codeLasts  = time.Hour
	maxGuesses = 5 // of a code, within its hour
)

// key gives the secret of the site, which the first node makes.
func (p *program) key(ctx context.Context) ([]byte, error) {
	p.secret.Lock()
	defer p.secret.Unlock()
	if p.secret.key != nil {
		return p.secret.key, nil
	}
	state := p.setup.Load().host.State()
	for range 5 {
		var kept []byte
		version, err := state.Get(ctx, "key", &kept)
		if err != nil {
			return nil, fmt.Errorf("read the key: %w", err)
		}
		if version != sdk.Absent {
			p.secret.key = kept
			return kept, nil
		}
		kept = make([]byte, 32)
		if _, err := rand.Read(kept); err != nil {
			return nil, err
		}
		if err := state.Put(ctx, "key", kept, sdk.Absent); err != nil && !sdk.IsStale(err) {
			return nil, fmt.Errorf("keep the key: %w", err)
		}
	}
	return nil, errBusy
}

// digest is what only this site can make of some words.
func (p *program) digest(ctx context.Context, words ...string) ([]byte, error) {
	key, err := p.key(ctx)
	if err != nil {
		return nil, err
	}
	m := hmac.New(sha256.New, key)
	for _, w := range words {
		_ = binary.Write(m, binary.BigEndian, uint32(len(w))) //nolint:gosec // short; a hash takes all
		m.Write([]byte(w))
	}
	return m.Sum(nil), nil
}

// who stands for an address in a roster: equal for equal ones, and of no use
// without the key.
func (p *program) who(ctx context.Context, email string) (string, error) {
	sum, err := p.digest(ctx, "who", strings.ToLower(strings.TrimSpace(email)))
	return hex.EncodeToString(sum[:min(len(sum), 12)]), err
}

// token lets whoever has it act for a registration.
func (p *program) token(ctx context.Context, id string) (string, error) {
	sum, err := p.digest(ctx, "token", id)
	return base64.RawURLEncoding.EncodeToString(sum[:min(len(sum), 18)]), err
}

// holds reports whether a token is that of a registration.
func (p *program) holds(ctx context.Context, id, token string) (bool, error) {
	want, err := p.token(ctx, id)
	return err == nil && hmac.Equal([]byte(want), []byte(token)), err
}

// code is the six digits that show that an address is somebody's, in the hour
// of a moment.
func (p *program) code(ctx context.Context, id string, at time.Time) (string, error) {
	sum, err := p.digest(ctx, "code", id, at.UTC().Truncate(codeLasts).Format(time.RFC3339))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000), nil
}

// guess tries a code: that of this hour or the one before. The guesses of an
// hour are counted on all nodes.
func (p *program) guess(ctx context.Context, id, code string) (right bool, err error) {
	now, state := p.now(), p.setup.Load().host.State()
	at := "guesses/" + id
	type guesses struct {
		Hour string `json:"hour"`
		N    int    `json:"n"`
	}
	for range 10 {
		var g guesses
		version, err := state.Get(ctx, at, &g)
		if err != nil {
			return false, err
		}
		if hour := now.UTC().Truncate(codeLasts).Format(time.RFC3339); g.Hour != hour {
			g = guesses{Hour: hour}
		}
		if g.N >= maxGuesses {
			return false, nil
		}
		for _, t := range []time.Time{now, now.Add(-codeLasts)} {
			want, err := p.code(ctx, id, t)
			if err != nil {
				return false, err
			}
			if hmac.Equal([]byte(want), []byte(strings.TrimSpace(code))) {
				return true, nil
			}
		}
		g.N++
		if err := state.Put(ctx, at, g, version); err == nil || !sdk.IsStale(err) {
			return false, err
		}
	}
	return false, errBusy
}

// publicCode is that of a certificate: it can be told on the telephone.
func (p *program) publicCode(ctx context.Context, id string) (string, error) {
	sum, err := p.digest(ctx, "certificate", id)
	if err != nil {
		return "", err
	}
	const letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
	out := make([]byte, 12)
	for i := range out {
		out[i] = letters[int(sum[i])%len(letters)]
	}
	return string(out[:4]) + "-" + string(out[4:8]) + "-" + string(out[8:]), nil
}
