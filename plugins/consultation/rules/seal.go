package rules

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// Seal is the secret of an installation. What it makes tells nobody what it was
// made from, not even of texts that can be guessed, such as addresses.
type Seal []byte

// Mark is the same for the same parts, and for no others.
func (s Seal) Mark(purpose string, parts ...string) string {
	return base64.RawURLEncoding.EncodeToString(s.sum(purpose, parts)[:18])
}

// Fits compares a mark in constant time.
func (s Seal) Fits(mark, purpose string, parts ...string) bool {
	return hmac.Equal([]byte(mark), []byte(s.Mark(purpose, parts...)))
}

func (s Seal) sum(purpose string, parts []string) []byte {
	h := hmac.New(sha256.New, s)
	h.Write([]byte(purpose))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// Code is six digits for whoever has an address; the same for the same parts.
func (s Seal) Code(purpose string, parts ...string) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(s.sum(purpose, parts))%1_000_000)
}

// Short is a reference that can be read out, from random bytes.
func Short(random []byte) string {
	return base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(random)
}

// Address writes an e-mail address in one way.
func Address(email string) string { return strings.ToLower(strings.TrimSpace(email)) }
