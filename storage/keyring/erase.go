package keyring

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/recueil-cms/recueil/storage"
)

// ledgerBody is the content of every object of the ledger: the key says all.
const ledgerBody = `{"version":1}`

func ledgerKey(subject string, id keyID) string {
	return "erased/" + subject + "/" + id.String()
}

// KeyID names the present key of a subject in 16 hexadecimal digits, or gives
// "" when it has none.
func (k *Keyring) KeyID(ctx context.Context, subject string) (string, error) {
	key, err := k.load(ctx, subject)
	if errors.Is(err, storage.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("name the data key of %s: %w", subject, err)
	}
	return key.id.String(), nil
}

// Destroy destroys the present key of a subject with all versions of its
// object. When it returns nil, nothing sealed so far for the subject can be
// opened again, by anyone; a key made later is another. After an error it may
// be repeated. A subject without a key is not an error.
//
// Whoever may be late or call again, such as a follower that sees the same
// record twice, uses DestroyKey: Destroy would take the newer key.
func (k *Keyring) Destroy(ctx context.Context, subject string) error {
	id, err := k.KeyID(ctx, subject)
	if err != nil || id == "" {
		return err
	}
	return k.DestroyKey(ctx, subject, id)
}

// DestroyKey is Destroy for the one key that KeyID named: when that is no
// longer the present one, nothing happens. The ledger is written before the
// key goes, so that a crash in between is finished by Replay, and a restore of
// an old backup is followed by the erasures that came after it.
func (k *Keyring) DestroyKey(ctx context.Context, subject, id string) error {
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != idSize {
		return fmt.Errorf("destroy the data key of %s: %w: id %q", subject, ErrCorrupt, id)
	}
	if err := checkSubject(subject); err != nil {
		return err
	}
	ledger := ledgerKey(subject, keyID(raw))
	_, err = k.bucket.Put(ctx, ledger, strings.NewReader(ledgerBody), int64(len(ledgerBody)), storage.Cond{})
	if err != nil {
		return fmt.Errorf("note the erasure of %s: %w", subject, err)
	}
	_, err = k.purge(ctx, subject, keyID(raw))
	return err
}

// purge destroys the key of a subject if it is the one named. A missing key
// was purged before: nothing else removes keys, and purging it once more could
// hit one that is being made.
func (k *Keyring) purge(ctx context.Context, subject string, id keyID) (bool, error) {
	k.cache.forget(subject)
	key, err := k.load(ctx, subject)
	k.cache.forget(subject)
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("destroy the data key of %s: %w", subject, err)
	case !bytes.Equal(key.id[:], id[:]):
		return false, nil
	}
	if err := storage.Purge(ctx, k.bucket, objectKey(subject)); err != nil {
		return false, fmt.Errorf("destroy the data key of %s: %w", subject, err)
	}
	k.cache.bury(subject, id)
	return true, nil
}

// Replay destroys again every key that the ledger names and that exists, and
// gives their number. It runs after a restore, and finishes what a crash
// interrupted.
func (k *Keyring) Replay(ctx context.Context) (int, error) {
	destroyed := 0
	for object, err := range k.bucket.List(ctx, "erased/", "") {
		if err != nil {
			return destroyed, fmt.Errorf("read the erasure ledger: %w", err)
		}
		subject, digits, _ := strings.Cut(strings.TrimPrefix(object.Key, "erased/"), "/")
		id, err := hex.DecodeString(digits)
		if err != nil || len(id) != idSize {
			return destroyed, fmt.Errorf("%w: %s in the erasure ledger", ErrCorrupt, object.Key)
		}
		gone, err := k.purge(ctx, subject, keyID(id))
		if err != nil {
			return destroyed, err
		}
		if gone {
			destroyed++
		}
	}
	return destroyed, nil
}
