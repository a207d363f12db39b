package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/problem"
)

// Limits of a password, in characters and bytes. There are no rules of
// composition (NIST SP 800-63B §3.1.1.2): length is what counts.
const (
	MinPassword      = 12
	MaxPasswordBytes = 1024
)

// The cost of a hash: 19 MiB, two passes, one lane (the OWASP minimum for
// argon2id). A hash keeps its own parameters, so they may be raised later.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	keyBytes  = 32
)

// maxMemoryKiB and maxPasses bound what a stored hash may ask for.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 10
)

// Hasher makes and checks password hashes, a few at a time so that many
// sign-ins at once cannot take all memory.
type Hasher struct {
	random io.Reader
	places chan struct{}
	dummy  string
}

// NewHasher allows at most `atOnce` hashes at the same time, 19 MiB each.
func NewHasher(random io.Reader, atOnce int) (*Hasher, error) {
	h := &Hasher{random: random, places: make(chan struct{}, max(1, atOnce))}
	dummy, err := h.hash("a password that nobody has")
	if err != nil {
		return nil, err
	}
	h.dummy = dummy
	return h, nil
}

// CheckPassword says what is wrong with a new password, or nil.
func CheckPassword(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return passwordProblem("password_not_text", nil)
	case n < MinPassword:
		return passwordProblem("password_too_short", problem.Args{"limit": MinPassword, "got": n})
	case len(password) > MaxPasswordBytes:
		return passwordProblem("password_too_long", problem.Args{"limit": MaxPasswordBytes, "got": len(password)})
	}
	return nil
}

func passwordProblem(code string, args problem.Args) error {
	return problem.OfFields(problem.Invalid, "invalid_values",
		[]problem.Field{{Pointer: "/password", Code: code, Args: args}})
}

// Hash checks a new password and gives its PHC string
// ($argon2id$v=19$m=…,t=…,p=…$salt$key).
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := CheckPassword(password); err != nil {
		return "", err
	}
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return h.hash(password)
}

// Matches reports whether the password is the one of the hash. An empty or
// damaged hash takes as long as a wrong password and never matches.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	p, ok := parsePHC(hash)
	if !ok {
		p, _ = parsePHC(h.dummy)
	}
	if len(password) > MaxPasswordBytes {
		password = password[:MaxPasswordBytes]
		ok = false
	}
	key := argon2.IDKey(normal(password), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1 && ok, nil
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return problem.Wrap(ctx.Err(), problem.Unavailable, "sign_ins_busy", nil)
	}
}

func (h *Hasher) leave() { <-h.places }

func (h *Hasher) hash(password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(h.random, salt); err != nil {
		return "", fmt.Errorf("draw a salt: %w", err)
	}
	key := argon2.IDKey(normal(password), salt, passes, memoryKiB, lanes, keyBytes)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		memoryKiB, passes, lanes, enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// normal brings a password to NFKC, so that the same characters typed on
// another keyboard are the same password (RFC 8265).
func normal(password string) []byte {
	return norm.NFKC.Bytes([]byte(password))
}

type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func parsePHC(s string) (phc, bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, false
	}
	var p phc
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); n != 3 || err != nil {
		return phc{}, false
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	p.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	bad := err1 != nil || err2 != nil || len(p.salt) < 8 || len(p.key) < 16 ||
		p.memory == 0 || p.memory > maxMemoryKiB || p.passes == 0 || p.passes > maxPasses || p.lanes == 0
	return p, !bad
}
