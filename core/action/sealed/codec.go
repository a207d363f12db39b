// Package sealed keeps personal values out of what is written to the log: the
// codec of commits seals them under keys, and the eraser destroys those keys.
package sealed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
)

// sealsAtOnce bounds the keys that are made or read at the same time for one
// record; each takes a few requests of the bucket.
const sealsAtOnce = 16

// Codec writes commits as JSON, and keeps personal values out of it: they are
// sealed under the key of their entry or noun, bound to their place, so that a
// sealed value cannot be moved to another entry, locale or revision. The
// lookup of a noun with a personal part is sealed with it: the digest of an
// e-mail could be guessed from a list of e-mails. What no key opens any more
// reads as absent.
type Codec struct {
	Keys *keyring.Keyring
}

// Encode seals and writes; the commits stay as they are.
func (c Codec) Encode(ctx context.Context, commits []content.Commit) ([]byte, error) {
	out := slices.Clone(commits)
	var seals []func(context.Context) error
	for i := range out {
		out[i].Changes = slices.Clone(out[i].Changes)
		for j := range out[i].Changes {
			change := &out[i].Changes[j]
			switch {
			case change.Entry != nil:
				change.Entry = c.sealEntry(change.Entry, &seals)
			case change.Noun != nil:
				change.Noun = c.sealNoun(change.Noun, &seals)
			}
		}
	}
	if err := each(ctx, seals); err != nil {
		return nil, fmt.Errorf("seal personal values: %w: %w", commitlog.ErrUnwritten, err)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("write commits: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// sealEntry gives the entry, or a copy whose personal values are to be sealed.
func (c Codec) sealEntry(e *content.Entry, seals *[]func(context.Context) error) *content.Entry {
	if !e.HasPersonal() {
		return e
	}
	e = e.Clone()
	for l, s := range e.Sides {
		s.Draft = c.sealVersion(e.ID, l, s.Draft, seals)
		s.Published = c.sealVersion(e.ID, l, s.Published, seals)
	}
	return e
}

func (c Codec) sealVersion(id content.EntryID, l content.Locale, v *content.Version, seals *[]func(context.Context) error) *content.Version {
	if v == nil || (len(v.Personal) == 0 && v.Sealed == nil) {
		return v
	}
	sealed := *v
	sealed.Sealed = nil
	if len(v.Personal) > 0 {
		*seals = append(*seals, func(ctx context.Context) (err error) {
			plain, err := json.Marshal(v.Personal)
			if err != nil {
				return err
			}
			sealed.Sealed, err = c.Keys.Seal(ctx, string(id), plain, versionPlace(id, l, v.Revision))
			return err
		})
	}
	return &sealed
}

// nounSecret is the sealed part of a noun.
type nounSecret struct {
	Lookup   string          `json:"lookup,omitempty"`
	Personal json.RawMessage `json:"personal"`
}

func (c Codec) sealNoun(n *content.Noun, seals *[]func(context.Context) error) *content.Noun {
	if len(n.Personal) == 0 && n.Sealed == nil {
		return n
	}
	sealed := *n
	sealed.Sealed = nil
	if len(n.Personal) > 0 {
		sealed.Lookup = ""
		*seals = append(*seals, func(ctx context.Context) (err error) {
			plain, err := json.Marshal(nounSecret{Lookup: n.Lookup, Personal: n.Personal})
			if err != nil {
				return err
			}
			sealed.Sealed, err = c.Keys.Seal(ctx, n.ID, plain, nounPlace(n.Kind, n.ID))
			return err
		})
	}
	return &sealed
}

// Decode reads and opens what Encode gave.
func (c Codec) Decode(ctx context.Context, data []byte) ([]content.Commit, error) {
	var commits []content.Commit
	if err := json.Unmarshal(data, &commits); err != nil {
		return nil, fmt.Errorf("read commits: %w", err)
	}
	var subjects []string
	var opens []func(context.Context) error
	for _, commit := range commits {
		for _, change := range commit.Changes {
			switch {
			case change.Entry != nil:
				if open := c.openEntry(change.Entry); open != nil {
					subjects = append(subjects, string(change.Entry.ID))
					opens = append(opens, open)
				}
			case change.Noun != nil && change.Noun.Sealed != nil:
				subjects = append(subjects, change.Noun.ID)
				opens = append(opens, func(ctx context.Context) error { return c.openNoun(ctx, change.Noun) })
			}
		}
	}
	if len(opens) == 0 {
		return commits, nil
	}
	if err := c.Keys.Prefetch(ctx, subjects); err != nil {
		return nil, fmt.Errorf("open personal values: %w", err)
	}
	for _, open := range opens {
		if err := open(ctx); err != nil {
			return nil, fmt.Errorf("open personal values: %w", err)
		}
	}
	return commits, nil
}

// openEntry gives what opens the versions of an entry, or nil when none is
// sealed.
func (c Codec) openEntry(e *content.Entry) func(context.Context) error {
	if !e.HasPersonal() {
		return nil
	}
	return func(ctx context.Context) error {
		for l, s := range e.Sides {
			for _, v := range []*content.Version{s.Draft, s.Published} {
				if v == nil || v.Sealed == nil {
					continue
				}
				if err := c.openVersion(ctx, e.ID, l, v); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// openVersion sets Personal. Sealed stays only on what cannot be opened any
// more, which tells it from what never had personal values.
func (c Codec) openVersion(ctx context.Context, id content.EntryID, l content.Locale, v *content.Version) error {
	plain, err := c.Keys.Open(ctx, string(id), v.Sealed, versionPlace(id, l, v.Revision))
	if errors.Is(err, keyring.ErrErased) {
		v.Personal = nil
		return nil
	}
	if err != nil {
		return err
	}
	v.Sealed = nil
	return json.Unmarshal(plain, &v.Personal)
}

func (c Codec) openNoun(ctx context.Context, n *content.Noun) error {
	plain, err := c.Keys.Open(ctx, n.ID, n.Sealed, nounPlace(n.Kind, n.ID))
	if errors.Is(err, keyring.ErrErased) {
		n.Personal = nil
		return nil
	}
	if err != nil {
		return err
	}
	var secret nounSecret
	if err := json.Unmarshal(plain, &secret); err != nil {
		return err
	}
	n.Sealed, n.Lookup, n.Personal = nil, secret.Lookup, secret.Personal
	return nil
}

// versionPlace and nounPlace are what a sealed value is bound to. They are
// part of the format of the log.
func versionPlace(id content.EntryID, l content.Locale, revision int) []byte {
	return []byte("entry\x00" + string(id) + "\x00" + string(l) + "\x00" + strconv.Itoa(revision))
}

func nounPlace(kind content.NounKind, id string) []byte {
	return []byte("noun\x00" + string(kind) + "\x00" + id)
}

// each runs the works, several at once when there are many.
func each(ctx context.Context, works []func(context.Context) error) error {
	if len(works) == 1 {
		return works[0](ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sealsAtOnce)
	for _, work := range works {
		group.Go(func() (err error) {
			defer func() {
				if p := recover(); p != nil {
					err = fmt.Errorf("panic: %v", p)
				}
			}()
			return work(ctx)
		})
	}
	return group.Wait()
}
