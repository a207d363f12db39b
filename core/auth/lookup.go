package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// mostKnown bounds what is remembered; beyond it, everything is forgotten.
const mostKnown = 10_000

// cache remembers sessions, tokens and users for as long as no noun of their
// kind changes.
type cache struct {
	mu   sync.RWMutex
	seqs map[content.NounKind]commitlog.Seq
	kept map[content.NounKind]map[string]any
}

func newCache() *cache {
	return &cache{seqs: map[content.NounKind]commitlog.Seq{}, kept: map[content.NounKind]map[string]any{}}
}

func (c *cache) get(kind content.NounKind, key string, seq commitlog.Seq) (any, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.seqs[kind] != seq {
		return nil, false
	}
	v, ok := c.kept[kind][key]
	return v, ok
}

func (c *cache) put(kind content.NounKind, key string, v any, seq commitlog.Seq) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seq < c.seqs[kind] {
		return
	}
	if c.kept[kind] == nil || c.seqs[kind] != seq || len(c.kept[kind]) >= mostKnown {
		c.kept[kind], c.seqs[kind] = map[string]any{}, seq
	}
	c.kept[kind][key] = v
}

// remembered gives what read gives, from memory while nothing of the kind has
// changed since. The seq is taken before reading, so that what is remembered
// is never older than it claims.
func remembered[T any](ctx context.Context, a *Authenticator, kind content.NounKind, key string, read func(*view.Tx) (T, error)) (T, error) {
	seq := a.db.ChangedNouns(kind)
	if v, ok := a.known.get(kind, key, seq); ok {
		return v.(T), nil
	}
	var v T
	err := a.db.Read(ctx, func(tx *view.Tx) (err error) {
		v, err = read(tx)
		return err
	})
	if err != nil {
		return v, fmt.Errorf("look up %s: %w", kind, err)
	}
	a.known.put(kind, key, v, seq)
	return v, nil
}

// lookUp finds a session or a token by the digest of its secret, here or,
// if need be, among what other nodes have written since.
func lookUp[T any](ctx context.Context, a *Authenticator, kind content.NounKind, digest string) (T, error) {
	read := func(tx *view.Tx) (T, error) {
		n, err := tx.NounByLookup(kind, digest)
		if err != nil {
			var none T
			return none, err
		}
		return noun.Decode[T](n)
	}
	v, err := remembered(ctx, a, kind, digest, read)
	if !errors.Is(err, view.ErrNotFound) || !a.caughtUp(ctx) {
		return v, err
	}
	return remembered(ctx, a, kind, digest, read)
}

// caughtUp brings the view up to the log, one caller at a time and not often,
// and reports whether looking again may help.
func (a *Authenticator) caughtUp(ctx context.Context) bool {
	if a.o.CatchUp == nil {
		return false
	}
	var last time.Time
	select {
	case last = <-a.ahead:
	case <-ctx.Done():
		return false
	}
	defer func() { a.ahead <- last }()
	if time.Since(last) < catchUpPause {
		return true // someone has just done it
	}
	err := a.o.CatchUp(ctx)
	last = time.Now()
	return err == nil
}

func (a *Authenticator) user(ctx context.Context, id content.UserID) (content.User, error) {
	return remembered(ctx, a, content.NounUser, string(id), func(tx *view.Tx) (content.User, error) {
		n, err := tx.Noun(content.NounUser, string(id))
		if err != nil {
			return content.User{}, err
		}
		return noun.DecodeUser(n)
	})
}

// byEmail is not remembered: an attacker must not learn from how long it takes
// whether somebody signed in lately.
func (a *Authenticator) byEmail(ctx context.Context, email string) (u content.User, found bool, err error) {
	err = a.db.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.NounByLookup(content.NounUser, noun.EmailLookup(email))
		if err != nil {
			return err
		}
		u, err = noun.DecodeUser(n)
		return err
	})
	if errors.Is(err, view.ErrNotFound) {
		return u, false, nil
	}
	if err != nil {
		return u, false, fmt.Errorf("look up a user: %w", err)
	}
	return u, true, nil
}

func (a *Authenticator) factor(ctx context.Context, id content.UserID) (f content.Factor, err error) {
	err = a.db.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounFactor, string(id))
		if err != nil {
			return err
		}
		f, err = noun.DecodeFactor(n)
		return err
	})
	if err != nil {
		return f, fmt.Errorf("look up a second factor: %w", err)
	}
	return f, nil
}
