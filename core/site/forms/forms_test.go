package forms_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/site/forms"
)

func TestMark(t *testing.T) {
	now := time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)
	mark, err := forms.Mark(bytes.NewReader(make([]byte, 8)), now)
	if err != nil {
		t.Fatal(err)
	}
	if age := forms.Age(mark, now.Add(5*time.Second)); age != 5*time.Second {
		t.Errorf("%s is %v old", mark, age)
	}
	for _, odd := range []string{"", "-", "x", "zz", mark + strings.Repeat("0", 40), "99999999999999999999-00"} {
		if age := forms.Age(odd, now); age <= forms.Most {
			t.Errorf("%q is taken for %v old", odd, age)
		}
	}
	if _, err := forms.Mark(bytes.NewReader(nil), now); err == nil {
		t.Error("a mark without randomness")
	}
}

// However many forms are sent, memory stays bounded, and what was just sent
// stays known.
func TestSent(t *testing.T) {
	var s forms.Sent
	now := time.Now()
	for i := range 25_000 {
		mark := fmt.Sprint(i)
		if !s.First(mark, now) || s.First(mark, now) {
			t.Fatalf("mark %d does not count once", i)
		}
	}
	s.Forget("24999")
	if !s.First("24999", now) {
		t.Error("what was forgotten is known")
	}
}

func TestAddress(t *testing.T) {
	for text, want := range map[string]bool{"nom@exemple.org": true, "": false, "Nom <nom@exemple.org>": false, "a@b\r\nBcc: c@d": false,
		"nom@exemple.org, autre@exemple.org": false, strings.Repeat("a", 250) + "@b.org": false} {
		if forms.Address(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
