package server

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/content"
)

// Changes tells when things last changed, as numbers that only grow: the seqs
// of the commit log. All methods are called for every cached answer and must
// neither lock nor wait. A commit's seq must be seen by Changed and
// ChangedNouns before it is seen by Seq, and by all three before its author
// is told that it happened.
type Changes interface {
	Seq() uint64
	Changed(content.CollectionID) uint64
	ChangedNouns(content.NounKind) uint64
}

// Source is one thing that a response came from: the entries of a collection,
// or all nouns of a kind. Exactly one member is set.
type Source struct {
	Collection content.CollectionID
	Noun       content.NounKind
}

// Keep lets the response be kept for other visitors: it was computed from the
// sources as they were at seq, and holds until one of them changes. It must
// not be called for what depends on the time or on who asks; a request with
// credentials is never kept whatever Keep says. The caches of others ask each
// time whether the response still holds, unless the handler has set a policy
// of its own.
func Keep(c *fiber.Ctx, seq uint64, sources []Source) {
	x := exchangeOf(c.Context())
	if x == nil || x.private {
		return
	}
	x.keep = &keep{seq: seq, sources: sources}
}

// Until bounds how long a response is kept that Keep allows; zero: nothing but
// its sources does.
func Until(c *fiber.Ctx, t time.Time) {
	if x := exchangeOf(c.Context()); x != nil && x.keep != nil {
		x.keep.until = t
	}
}

// Each calls f now, and each time this response is given to somebody else out
// of memory: what counts how often something was asked counts those, too. f
// must neither wait nor hold on to the request.
func Each(c *fiber.Ctx, f func()) {
	f()
	if x := exchangeOf(c.Context()); x != nil {
		x.again = f
	}
}

type keep struct {
	seq     uint64
	sources []Source
	until   time.Time // zero: until a source changes
}

// kept is one response in memory. Bodies and headers never change once it is
// in the cache; variants are added under mu.
type kept struct {
	key     string
	keep    keep
	checked atomic.Uint64 // Seq at which the sources were last seen unchanged
	used    atomic.Bool   // since the hand last passed

	contentType, etag string
	plain             variant
	again             func() // nil: nobody counts

	mu      sync.RWMutex
	encoded map[string]*variant // by content encoding; nil: not worth it
}

// variant is one form of a kept response, headers included.
type variant struct {
	header fasthttp.ResponseHeader
	body   []byte
}

const (
	cacheShards = 16
	maxKeyBytes = 1 << 10
	keptCost    = 1200 // bytes of headers and bookkeeping, about
	minCompress = 1400
)

// cache keeps responses, at most limit bytes of them. Each shard forgets by
// the clock algorithm: what was not asked for since the hand last passed goes
// first.
type cache struct {
	changes Changes
	now     func() time.Time
	seed    maphash.Seed
	shards  [cacheShards]shard
}

type shard struct {
	mu    sync.RWMutex
	byKey map[string]*kept
	ring  []*kept
	hand  int
	bytes int64
	limit int64
}

func newCache(ch Changes, now func() time.Time, limit int64) *cache {
	c := &cache{changes: ch, now: now, seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i] = shard{byKey: map[string]*kept{}, limit: limit / cacheShards}
	}
	return c
}

func (c *cache) shard(key []byte) *shard {
	return &c.shards[maphash.Bytes(c.seed, key)%cacheShards]
}

// get finds a response that still holds.
func (c *cache) get(key []byte) *kept {
	s := c.shard(key)
	s.mu.RLock()
	k := s.byKey[string(key)]
	s.mu.RUnlock()
	if k == nil {
		return nil
	}
	if !k.keep.until.IsZero() && !c.now().Before(k.keep.until) {
		s.remove(k)
		return nil
	}
	now := c.changes.Seq()
	if k.checked.Load() != now {
		if !c.holds(&k.keep) {
			s.remove(k)
			return nil
		}
		k.checked.Store(now)
	}
	if !k.used.Load() {
		k.used.Store(true)
	}
	return k
}

func (c *cache) holds(k *keep) bool {
	for _, src := range k.sources {
		if src.Noun != "" && c.changes.ChangedNouns(src.Noun) > k.seq {
			return false
		}
		if src.Collection != "" && c.changes.Changed(src.Collection) > k.seq {
			return false
		}
	}
	return true
}

func (c *cache) put(k *kept) {
	s := c.shard([]byte(k.key))
	size := k.size()
	if size > s.limit/2 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.byKey[k.key]; old != nil {
		if old.keep.seq > k.keep.seq {
			return
		}
		s.drop(old)
	}
	for s.bytes+size > s.limit && len(s.ring) > 0 {
		s.evict()
	}
	s.byKey[k.key] = k
	s.ring = append(s.ring, k)
	s.bytes += size
}

// evict moves the hand to the next response that was not used, and drops it.
func (s *shard) evict() {
	for range 2 * len(s.ring) {
		s.hand %= len(s.ring)
		k := s.ring[s.hand]
		if k.used.CompareAndSwap(true, false) {
			s.hand++
			continue
		}
		s.drop(k)
		return
	}
	s.drop(s.ring[s.hand%len(s.ring)])
}

func (s *shard) remove(k *kept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[k.key] == k {
		s.drop(k)
	}
}

func (s *shard) drop(k *kept) {
	delete(s.byKey, k.key)
	for i, other := range s.ring {
		if other == k {
			last := len(s.ring) - 1
			s.ring[i] = s.ring[last]
			s.ring[last] = nil
			s.ring = s.ring[:last]
			break
		}
	}
	s.bytes -= k.size()
}

// size counts room for the variants from the start, so that it stays the same.
func (k *kept) size() int64 {
	n := int64(len(k.key)+len(k.plain.body)) + keptCost
	if len(k.plain.body) >= minCompress {
		n += int64(len(k.plain.body))/2 + keptCost
	}
	return n
}

// appendKey makes the key of a request: language and target as it was sent.
// The method is not in it: HEAD takes what GET left.
func appendKey(dst []byte, locale string, rc *fasthttp.RequestCtx) []byte {
	dst = append(dst, locale...)
	dst = append(dst, '\n')
	return append(dst, rc.Request.Header.RequestURI()...)
}

// anonymous reports whether the request shows no credentials and has nothing
// else that a kept response could not answer.
func anonymous(rc *fasthttp.RequestCtx) bool {
	h := &rc.Request.Header
	if len(h.Peek(fiber.HeaderAuthorization)) > 0 || len(h.Cookie(SessionCookie)) > 0 {
		return false
	}
	return !rc.Request.IsBodyStream()
}

// remember keeps the response that a handler made.
func (s *Server) remember(rc *fasthttp.RequestCtx, x *exchange) {
	r := &rc.Response
	if x.private || !rc.IsGet() || r.StatusCode() != fiber.StatusOK || r.IsBodyStream() || !anonymous(rc) {
		return
	}
	if len(r.Header.Peek(fiber.HeaderSetCookie)) > 0 || len(r.Header.Peek(fiber.HeaderAccessControlAllowOrigin)) > 0 {
		return
	}
	key := appendKey(nil, x.locale, rc)
	if len(key) > maxKeyBytes {
		return
	}
	k := &kept{
		key: string(key), keep: *x.keep, again: x.again,
		contentType: string(r.Header.ContentType()), etag: string(r.Header.Peek(fiber.HeaderETag)),
	}
	r.Header.CopyTo(&k.plain.header)
	k.plain.body = bytes.Clone(r.Body())
	for _, own := range []string{fiber.HeaderXRequestID, fiber.HeaderContentLength, fiber.HeaderStrictTransportSecurity} {
		k.plain.header.Del(own)
	}
	if len(k.plain.header.Peek(fiber.HeaderCacheControl)) == 0 {
		k.plain.header.Set(fiber.HeaderCacheControl, publicPolicy)
	}
	k.plain.header.Set(fiber.HeaderVary, s.vary())
	s.cache.put(k)
	s.metrics.cacheFills.Inc()
	s.sendKept(rc, k)
}
