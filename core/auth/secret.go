package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// The prefixes by which a secret shows what it is, also to scanners that look
// for leaked ones.
const (
	tokenPrefix   = "rct_"
	sessionPrefix = "rcs_"
	linkPrefix    = "rcl_"
	ticketPrefix  = "rck_"
)

const (
	secretBytes   = 32
	shownPrefix   = 12 // characters of a token that may be shown again
	checksumBytes = 4
)

// Secret is what its holder shows; only the digest is ever kept.
type Secret struct {
	Text   string // prefix, 256 random bits and a checksum, in base64url
	Digest string // hexadecimal SHA-256 of Text
	Shown  string // the first characters, to recognise it by
}

func newSecret(random io.Reader, prefix string) (Secret, error) {
	raw := make([]byte, secretBytes, secretBytes+checksumBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return Secret{}, fmt.Errorf("draw a secret: %w", err)
	}
	text := prefix + base64.RawURLEncoding.EncodeToString(checked(raw))
	return Secret{Text: text, Digest: digest(text), Shown: text[:shownPrefix]}, nil
}

// checked appends the checksum, so that a mistyped or cut secret is refused
// without a look-up.
func checked(raw []byte) []byte {
	sum := crc32.ChecksumIEEE(raw)
	return append(raw, byte(sum>>24), byte(sum>>16), byte(sum>>8), byte(sum))
}

// wellFormed reports whether text may be a secret of this prefix.
func wellFormed(text, prefix string) bool {
	body, ok := strings.CutPrefix(text, prefix)
	if !ok || len(body) > 64 {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || len(raw) != secretBytes+checksumBytes {
		return false
	}
	return string(checked(raw[:secretBytes:secretBytes])) == string(raw)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
