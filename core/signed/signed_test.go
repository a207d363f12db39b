package signed_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/signed"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestASignedTextIsGoodForItsPurposeAndItsTime(t *testing.T) {
	bucket := storagetest.NewMemory()
	now := time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	here, there := signed.New(keyring.Open(bucket, rand.Reader), clock), signed.New(keyring.Open(bucket, rand.Reader), clock)

	text, until, err := here.Sign(t.Context(), "preview", map[string]string{"entry": "one"}, time.Hour)
	if err != nil || !until.Equal(now.Add(time.Hour)) {
		t.Fatal(until, err)
	}
	if strings.ContainsAny(text, "/+= ") || strings.Contains(text, "one") {
		t.Errorf("%q does not fit in an address, or tells what is in it", text)
	}
	var got map[string]string
	if at, err := there.Open(t.Context(), "preview", text, &got); err != nil || got["entry"] != "one" || !at.Equal(until) {
		t.Errorf("another node opened %v, good until %v: %v", got, at, err)
	}
	for name, bad := range map[string]string{"empty": "", "no base64": "a/b", "short": "AAAA", "changed": flip(text), "long": strings.Repeat("A", 4000)} {
		if _, err := here.Open(t.Context(), "preview", bad, &got); !errors.Is(err, signed.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := here.Open(t.Context(), "claim", text, &got); !errors.Is(err, signed.ErrInvalid) {
		t.Errorf("for another purpose: %v", err)
	}
	now = until
	if _, err := here.Open(t.Context(), "preview", text, &got); !errors.Is(err, signed.ErrOver) {
		t.Errorf("at its end: %v", err)
	}
}

// flip changes one character in the middle.
func flip(text string) string {
	b := []byte(text)
	if b[len(b)/2] == 'A' {
		b[len(b)/2] = 'B'
	} else {
		b[len(b)/2] = 'A'
	}
	return string(b)
}
