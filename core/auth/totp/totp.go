// Package totp makes and checks the codes that authenticator apps show: RFC
// 6238 with what all apps know, SHA-1, six digits, thirty seconds. It is ours,
// and short, because callers must learn which step a code was of, so that no
// code is taken twice, and libraries do not tell.
package totp

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what RFC 6238 and every app use; HMAC does not suffer from collisions
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// SecretBytes is the length of a secret (RFC 4226 §4: 160 bits).
const SecretBytes = 20

const (
	period = 30 // seconds
	drift  = 1  // steps that a clock may be early or late
)

// StepAt is the step of a moment.
func StepAt(t time.Time) int64 { return t.Unix() / period }

// Code is the code of a step.
func Code(secret []byte, step int64) string {
	h := hmac.New(sha1.New, secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	h.Write(counter[:])
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// Check gives the step of a code that is good now and newer than the step
// after. Spaces between the digits do not matter.
func Check(secret []byte, code string, now time.Time, after int64) (step int64, ok bool) {
	code = strings.ReplaceAll(code, " ", "")
	if len(secret) == 0 {
		return 0, false
	}
	at := StepAt(now)
	for s := at - drift; s <= at+drift; s++ {
		right := subtle.ConstantTimeCompare([]byte(Code(secret, s)), []byte(code)) == 1
		if right && s > after {
			step, ok = s, true
		}
	}
	return step, ok
}

// Text is the secret as people type it into an app.
func Text(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// URI is the secret as apps read it from a QR code.
func URI(secret []byte, issuer, account string) string {
	query := url.Values{"secret": {Text(secret)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	label := url.PathEscape(issuer) + ":" + url.PathEscape(account)
	// Apps take a plus sign for one, not for a space.
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(query.Encode(), "+", "%20")
}
