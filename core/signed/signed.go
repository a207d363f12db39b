// Package signed makes texts that go out in an address and that only this site
// can have made: a preview, a link in a letter. They hold what they stand for,
// so that nothing has to be remembered, and a time after which they are void.
// All nodes on a bucket know each other's.
package signed

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/storage/keyring"
)

var (
	// ErrInvalid says that a text was not made here, or for another purpose.
	ErrInvalid = errors.New("not signed by this site")
	// ErrOver says that a text was right, and its time is over.
	ErrOver = errors.New("signed text is over")
)

// maxText bounds a signed text, in bytes.
const maxText = 2000

// Signer makes and opens signed texts. It is safe for concurrent use. Destroying
// the key "signed-<purpose>" of the keyring voids all texts of that purpose.
type Signer struct {
	keys *keyring.Keyring
	now  func() time.Time
}

// New makes a signer with keys of a bucket.
func New(keys *keyring.Keyring, now func() time.Time) *Signer {
	return &Signer{keys: keys, now: now}
}

// claim is what is sealed.
type claim struct {
	Until int64           `json:"u"` // in seconds
	Value json.RawMessage `json:"v"`
}

// Sign gives a text that fits in an address, stands for v, and is void after a
// while. Whoever has it cannot read what is in it. until is whole seconds.
func (s *Signer) Sign(ctx context.Context, purpose string, v any, life time.Duration) (text string, until time.Time, err error) {
	until = s.now().Add(life).Truncate(time.Second)
	value, err := json.Marshal(v)
	if err != nil {
		return "", until, fmt.Errorf("sign for %s: %w", purpose, err)
	}
	plain, err := json.Marshal(claim{until.Unix(), value})
	if err != nil {
		return "", until, fmt.Errorf("sign for %s: %w", purpose, err)
	}
	sealed, err := s.keys.Seal(ctx, subject(purpose), plain, nil)
	if err != nil {
		return "", until, fmt.Errorf("sign for %s: %w", purpose, err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), until, nil
}

// Open fills v with what a text stands for: ErrInvalid or ErrOver say that it
// stands for nothing. Any other error is of the store.
func (s *Signer) Open(ctx context.Context, purpose, text string, v any) (until time.Time, err error) {
	if len(text) > maxText {
		return until, ErrInvalid
	}
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return until, ErrInvalid
	}
	plain, err := s.keys.Open(ctx, subject(purpose), sealed, nil)
	if errors.Is(err, keyring.ErrCorrupt) || errors.Is(err, keyring.ErrErased) {
		return until, ErrInvalid
	}
	if err != nil {
		return until, fmt.Errorf("open what was signed for %s: %w", purpose, err)
	}
	var c claim
	if err := json.Unmarshal(plain, &c); err != nil {
		return until, ErrInvalid
	}
	until = time.Unix(c.Until, 0)
	if err := json.Unmarshal(c.Value, v); err != nil {
		return until, ErrInvalid
	}
	if !s.now().Before(until) {
		return until, ErrOver
	}
	return until, nil
}

func subject(purpose string) string { return "signed-" + purpose }
