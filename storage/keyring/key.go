package keyring

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/recueil-cms/recueil/storage"
)

const (
	idSize     = 8
	keySize    = 32
	keyVersion = 1
	maxSubject = 128
	maxObject  = 1 << 10 // bytes of a key object
	createMost = 8       // attempts at a key that is destroyed as it is made
	loadsMost  = 16      // keys read at once by Prefetch
)

type keyID [idSize]byte

func (id keyID) String() string { return hex.EncodeToString(id[:]) }

// key is a data key, ready for use.
type key struct {
	id   keyID
	aead cipher.AEAD
}

// keyObject is the JSON under keys/<subject>.
type keyObject struct {
	Version int    `json:"version"`
	ID      string `json:"id"`  // 16 hexadecimal digits
	Key     []byte `json:"key"` // 32 bytes, base64
}

func checkSubject(subject string) error {
	odd := strings.Trim(subject, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
	if subject == "" || len(subject) > maxSubject || odd != "" || strings.Trim(subject, ".") == "" || subject[0] == '.' {
		return fmt.Errorf("%w: %q", ErrSubject, subject)
	}
	return nil
}

func objectKey(subject string) string { return "keys/" + subject }

func ready(id keyID, secret []byte) (*key, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &key{id: id, aead: aead}, nil
}

// load reads the present key of a subject; storage.ErrNotExist when it has
// none.
func (k *Keyring) load(ctx context.Context, subject string) (*key, error) {
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	generation := k.cache.generation()
	body, _, err := k.bucket.Get(ctx, objectKey(subject), storage.Range{})
	if err != nil {
		return nil, fmt.Errorf("read the data key: %w", err)
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxObject))
	if err != nil {
		return nil, fmt.Errorf("read the data key: %w", err)
	}
	var o keyObject
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("%w: data key: %w", ErrCorrupt, err)
	}
	id, err := hex.DecodeString(o.ID)
	if err != nil || o.Version != keyVersion || len(id) != idSize || len(o.Key) != keySize {
		return nil, fmt.Errorf("%w: data key of version %d", ErrCorrupt, o.Version)
	}
	key, err := ready(keyID(id), o.Key)
	if err != nil {
		return nil, err
	}
	k.cache.add(subject, key, generation)
	return key, nil
}

// current gives the key to seal with, and makes it when there is none.
func (k *Keyring) current(ctx context.Context, subject string) (*key, error) {
	if key := k.cache.current(subject); key != nil {
		return key, nil
	}
	for range createMost {
		key, err := k.load(ctx, subject)
		if !errors.Is(err, storage.ErrNotExist) {
			return key, err
		}
		if err := k.create(ctx, subject); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("data key was destroyed %d times while it was made", createMost)
}

// create makes a key durable unless another node was first: whichever is there
// afterwards is the key. That settles an unclear PUT as well.
func (k *Keyring) create(ctx context.Context, subject string) error {
	secret := make([]byte, idSize+keySize)
	if _, err := io.ReadFull(k.rand, secret); err != nil {
		return fmt.Errorf("draw a data key: %w", err)
	}
	data, err := json.Marshal(keyObject{Version: keyVersion, ID: keyID(secret[:idSize]).String(), Key: secret[idSize:]})
	if err != nil {
		return err
	}
	_, err = k.bucket.Put(ctx, objectKey(subject), bytes.NewReader(data), int64(len(data)), storage.Cond{IfAbsent: true})
	if err == nil || errors.Is(err, storage.ErrCondition) {
		return nil
	}
	if _, loaded := k.load(ctx, subject); loaded == nil {
		return nil
	}
	return fmt.Errorf("create the data key: %w", err)
}

// named gives the key with an id, or ErrErased: an id that is not the present
// one will never be again.
func (k *Keyring) named(ctx context.Context, subject string, id keyID) (*key, error) {
	if key := k.cache.current(subject); key != nil && key.id == id {
		return key, nil
	}
	if k.cache.dead(subject, id) {
		return nil, ErrErased
	}
	key, err := k.load(ctx, subject)
	switch {
	case errors.Is(err, storage.ErrNotExist), err == nil && key.id != id:
		k.cache.bury(subject, id)
		return nil, ErrErased
	case err != nil:
		return nil, err
	}
	return key, nil
}

// Prefetch reads the keys of many subjects at once, as many as are remembered,
// so that opening records in bulk does not wait for each. Subjects without a
// key are passed over.
func (k *Keyring) Prefetch(ctx context.Context, subjects []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loadsMost)
	for _, subject := range subjects[:min(len(subjects), cacheKeys)] {
		if k.cache.current(subject) != nil {
			continue
		}
		group.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("read the data key of %s: panic: %v", subject, p)
				}
			}()
			_, err = k.load(ctx, subject)
			if errors.Is(err, storage.ErrNotExist) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}
