package totp

import (
	"strings"
	"testing"
	"time"
)

// The vectors of RFC 6238, appendix B, cut to six digits.
func TestVectors(t *testing.T) {
	secret := []byte("12345678901234567890")
	for unix, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		now := time.Unix(unix, 0)
		if got := Code(secret, StepAt(now)); got != want {
			t.Errorf("at %d: %s, want %s", unix, got, want)
		}
		step, ok := Check(secret, want[:3]+" "+want[3:], now, 0)
		if !ok || step != StepAt(now) {
			t.Errorf("at %d: %d %v", unix, step, ok)
		}
	}
}

func TestCheck(t *testing.T) {
	secret := []byte("12345678901234567890")
	now := time.Unix(1_800_000_000, 0)
	at := StepAt(now)
	for _, tt := range []struct {
		code  string
		after int64
		ok    bool
	}{
		{Code(secret, at), at - 1, true},
		{Code(secret, at), at, false}, // used
		{Code(secret, at-1), at - 2, true},
		{Code(secret, at-1), at - 1, false},
		{Code(secret, at-1), at, false}, // older than one that was used
		{Code(secret, at+1), at, true},
		{Code(secret, at-2), 0, false},
		{Code(secret, at+2), 0, false},
		{"", 0, false}, {"0", 0, false}, {strings.Repeat("1", 1000), 0, false},
	} {
		if _, ok := Check(secret, tt.code, now, tt.after); ok != tt.ok {
			t.Errorf("%q after %d: %v", tt.code, tt.after-at, ok)
		}
	}
	if _, ok := Check(nil, Code(nil, at), now, 0); ok {
		t.Error("an absent secret has a code")
	}
}

func TestURI(t *testing.T) {
	got := URI([]byte("12345678901234567890"), "PACT & amis", "lina+x@example.org")
	want := "otpauth://totp/PACT%20&%20amis:lina+x@example.org?algorithm=SHA1&digits=6&issuer=PACT%20%26%20amis&period=30&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
