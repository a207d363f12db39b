package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
)

func hasher(t *testing.T) *Hasher {
	t.Helper()
	h, err := NewHasher(rand.Reader, 2)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestPasswordsMatchTheirHashOnly(t *testing.T) {
	h := hasher(t)
	ctx := context.Background()
	hash, err := h.Hash(ctx, "une phrase assez longue")
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.Hash(ctx, "une phrase assez longue")
	if err != nil {
		t.Fatal(err)
	}
	if hash == again {
		t.Error("two hashes of one password are alike: the salt is not random")
	}
	damaged := strings.Replace(hash, "m=19456", "m=9999999", 1)
	for _, c := range []struct {
		password, hash string
		want           bool
	}{
		{"une phrase assez longue", hash, true},
		{"une phrase assez longue ", hash, false},
		{"", hash, false},
		{"une phrase assez longue", "", false},
		{"a password that nobody has", "", false},
		{"une phrase assez longue", damaged, false},
		{strings.Repeat("x", MaxPasswordBytes+1), hash, false},
	} {
		got, err := h.Matches(ctx, c.password, c.hash)
		if err != nil || got != c.want {
			t.Errorf("Matches(%.30q, %.20q) = %v, %v; want %v", c.password, c.hash, got, err, c.want)
		}
	}
}

func TestTheSameCharactersAreTheSamePassword(t *testing.T) {
	h := hasher(t)
	hash, err := h.Hash(context.Background(), "e\u0301ducation populaire")
	if err != nil {
		t.Fatal(err)
	}
	if ok, _ := h.Matches(context.Background(), "\u00e9ducation populaire", hash); !ok {
		t.Error("a password typed with a composed letter does not match its decomposed form")
	}
}

func TestNewPasswordsHaveLimits(t *testing.T) {
	h := hasher(t)
	for password, code := range map[string]string{
		"trop court":                              "password_too_short",
		strings.Repeat("é", MinPassword-1):        "password_too_short",
		strings.Repeat("x", MaxPasswordBytes+1):   "password_too_long",
		"pas du texte \xff mais assez long quand": "password_not_text",
	} {
		_, err := h.Hash(context.Background(), password)
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Kind != problem.Invalid || p.Fields[0].Code != code || p.Fields[0].Pointer != "/password" {
			t.Errorf("%.20q: %v, want %s at /password", password, err, code)
		}
	}
	if _, err := h.Hash(context.Background(), strings.Repeat("كلمة", 3)); err != nil {
		t.Errorf("twelve Arabic letters: %v", err)
	}
}

func TestHashingIsBounded(t *testing.T) {
	h := hasher(t)
	h.places <- struct{}{}
	h.places <- struct{}{}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.Matches(ctx, "x", ""); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("with all places taken: %v, want Unavailable", err)
	}
}

func TestSecretsShowTheirKindAndCatchTypos(t *testing.T) {
	s, err := newSecret(rand.Reader, tokenPrefix)
	if err != nil {
		t.Fatal(err)
	}
	if !wellFormed(s.Text, tokenPrefix) || wellFormed(s.Text, sessionPrefix) {
		t.Errorf("%.8s… is not a token, or is a session", s.Text)
	}
	if !strings.HasPrefix(s.Text, s.Shown) || len(s.Shown) > 16 || strings.Contains(s.Digest, s.Text[4:]) {
		t.Error("what is shown or kept gives the secret away")
	}
	for i := len(tokenPrefix); i < len(s.Text); i++ {
		other := byte('A')
		if s.Text[i] == 'A' {
			other = 'B'
		}
		if wellFormed(s.Text[:i]+string(other)+s.Text[i+1:], tokenPrefix) {
			t.Errorf("a wrong character at %d is not noticed", i)
		}
	}
}

func TestAgentIsCoarse(t *testing.T) {
	for header, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                        "Firefox, Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36":   "Chrome, Windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML) Version/19.0 Safari/604.1": "Safari, iPhone",
		"curl/8.0": "curl",
		"":         "",
	} {
		if got := Agent(header); got != want {
			t.Errorf("Agent(%.40q) = %q, want %q", header, got, want)
		}
	}
}
