// Package keyring seals personal data under one data key per subject, kept in
// the bucket outside of the log. Destroying the key of a subject makes
// everything sealed under it unreadable for ever, in every record, segment and
// copy: that is erasure.
package keyring

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/recueil-cms/recueil/storage"
)

var (
	// ErrErased says that the key which sealed the data no longer exists.
	ErrErased = errors.New("data key was destroyed")
	// ErrCorrupt says that a key or sealed data is damaged, or that the data
	// was sealed for another subject or context.
	ErrCorrupt = errors.New("sealed data is damaged")
	// ErrSubject says that an id cannot name a key: it is empty, longer than
	// 128 bytes, or has a character that is no letter, digit, "-", "_" or ".".
	ErrSubject = errors.New("subject not allowed")
)

// Keyring gives and destroys the keys of a bucket. It is safe for concurrent
// use, and any number of nodes may use one bucket.
type Keyring struct {
	bucket storage.Bucket
	rand   io.Reader
	cache  *cache
}

// Open makes a keyring on a bucket; rand is crypto/rand.Reader outside tests.
func Open(bucket storage.Bucket, rand io.Reader) *Keyring {
	return &Keyring{bucket: bucket, rand: rand, cache: newCache(cacheKeys)}
}

// Layout of an envelope: version, key id, nonce, ciphertext with tag.
const (
	envelopeVersion = 1
	nonceSize       = 12
	envelopeHead    = 1 + idSize + nonceSize
)

// Seal encrypts plaintext under the key of a subject with AES-256-GCM. Only
// the same subject and context open it again. The key is made when the subject
// has none, and is durable before Seal returns.
func (k *Keyring) Seal(ctx context.Context, subject string, plaintext, context []byte) ([]byte, error) {
	key, err := k.current(ctx, subject)
	if err != nil {
		return nil, fmt.Errorf("seal for %s: %w", subject, err)
	}
	out := make([]byte, envelopeHead, envelopeHead+len(plaintext)+key.aead.Overhead())
	out[0] = envelopeVersion
	copy(out[1:], key.id[:])
	nonce := out[1+idSize : envelopeHead]
	if _, err := io.ReadFull(k.rand, nonce); err != nil {
		return nil, fmt.Errorf("seal for %s: draw a nonce: %w", subject, err)
	}
	return key.aead.Seal(out, nonce, plaintext, bound(out[:1+idSize], subject, context)), nil
}

// Open decrypts what Seal gave for the same subject and context. ErrErased
// says that its key was destroyed, also when the subject has a newer one;
// ErrCorrupt that it is damaged or belongs elsewhere.
func (k *Keyring) Open(ctx context.Context, subject string, sealed, context []byte) ([]byte, error) {
	if len(sealed) < envelopeHead || sealed[0] != envelopeVersion {
		return nil, fmt.Errorf("open for %s: %w: not an envelope known to this program", subject, ErrCorrupt)
	}
	key, err := k.named(ctx, subject, keyID(sealed[1:1+idSize]))
	if err != nil {
		return nil, fmt.Errorf("open for %s: %w", subject, err)
	}
	nonce, data := sealed[1+idSize:envelopeHead], sealed[envelopeHead:]
	plain, err := key.aead.Open(nil, nonce, data, bound(sealed[:1+idSize], subject, context))
	if err != nil {
		return nil, fmt.Errorf("open for %s: %w", subject, ErrCorrupt)
	}
	return plain, nil
}

// bound is the data that an envelope is tied to.
func bound(head []byte, subject string, context []byte) []byte {
	out := slices.Clone(head)
	out = binary.BigEndian.AppendUint32(out, uint32(len(subject)))
	out = append(out, subject...)
	return append(out, context...)
}

// Forget drops what this node remembers of a subject. A follower that sees an
// erasure by another node calls it.
func (k *Keyring) Forget(subject string) { k.cache.forget(subject) }
