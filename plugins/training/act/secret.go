package act

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
func (w *Work) key(ctx context.Context) ([]byte, error) {
	w.secret.Lock()
	defer w.secret.Unlock()
	if w.secret.key != nil {
		return w.secret.key, nil
	}
	state := w.Host().State()
	for range 5 {
		var kept []byte
		version, err := state.Get(ctx, "key", &kept)
		if err != nil {
			return nil, fmt.Errorf("read the key: %w", err)
		}
		if version != sdk.Absent {
			w.secret.key = kept
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
func (w *Work) digest(ctx context.Context, words ...string) ([]byte, error) {
	key, err := w.key(ctx)
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
func (w *Work) who(ctx context.Context, email string) (string, error) {
	sum, err := w.digest(ctx, "who", strings.ToLower(strings.TrimSpace(email)))
	return hex.EncodeToString(sum[:min(len(sum), 12)]), err
}

// token lets whoever has it act for a registration.
func (w *Work) token(ctx context.Context, id string) (string, error) {
	sum, err := w.digest(ctx, "token", id)
	return base64.RawURLEncoding.EncodeToString(sum[:min(len(sum), 18)]), err
}

// Holds reports whether a token is that of a registration.
func (w *Work) Holds(ctx context.Context, id, token string) (bool, error) {
	want, err := w.token(ctx, id)
	return err == nil && hmac.Equal([]byte(want), []byte(token)), err
}

// code is the six digits that show that an address is somebody's, in the hour
// of a moment.
func (w *Work) code(ctx context.Context, id string, at time.Time) (string, error) {
	sum, err := w.digest(ctx, "code", id, at.UTC().Truncate(codeLasts).Format(time.RFC3339))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(sum)%1_000_000), nil
}

// guess tries a code: that of this hour or the one before. The guesses of an
// hour are counted on all nodes.
func (w *Work) guess(ctx context.Context, id, code string) (right bool, err error) {
	now, state := w.Now(), w.Host().State()
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
			want, err := w.code(ctx, id, t)
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
func (w *Work) publicCode(ctx context.Context, id string) (string, error) {
	sum, err := w.digest(ctx, "certificate", id)
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
