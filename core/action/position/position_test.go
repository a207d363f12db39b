package position

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestBetween(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", "a0"},
		{"a0", "", "a1"},
		{"", "a0", "Zz"},
		{"az", "", "b00"},
		{"a0", "a1", "a0V"},
		{"a0", "a0V", "a0F"},
		{"Zz", "a0", "ZzV"},
		{"Zz", "a1", "a0"},
		{"a0", "a2", "a1"},
		{"", "Y00", "Xzzz"},
		{"bzz", "", "c000"},
		{"not one!", "", "a0"}, // counts as absent
		{"a1", "a0", "a2"},     // b is not after a: the end
	} {
		if got := Between(c.a, c.b); got != c.want {
			t.Errorf("Between(%q, %q) = %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

// A list of positions kept by random insertions, and by the worst ones, stays
// strictly ordered, without a doublet, and valid.
func TestBetweenKeepsOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	places := map[string]func(n int) int{
		"anywhere":  func(n int) int { return rng.IntN(n + 1) },
		"at end":    func(n int) int { return n },
		"at start":  func(int) int { return 0 },
		"one place": func(n int) int { return min(1, n) },
		"zigzag":    func(n int) int { return n / 2 },
	}
	for name, place := range places {
		var list []string
		for range 2000 {
			i := place(len(list))
			a, b := "", ""
			if i > 0 {
				a = list[i-1]
			}
			if i < len(list) {
				b = list[i]
			}
			p := Between(a, b)
			if (a != "" && p <= a) || (b != "" && p >= b) {
				t.Fatalf("%s: Between(%q, %q) = %q", name, a, b, p)
			}
			if len(p) > Max {
				list = Spread(len(list)) // as a move does
				continue
			}
			if !Valid(p) {
				t.Fatalf("%s: %q is not valid", name, p)
			}
			list = slices.Insert(list, i, p)
		}
		if !slices.IsSorted(list) {
			t.Errorf("%s: not in order", name)
		}
	}
}

func TestBetweenGrowsSlowly(t *testing.T) {
	last, first := "", ""
	for range 200_000 {
		last, first = Between(last, ""), Between("", first)
	}
	if len(last) > 6 || len(first) > 6 {
		t.Errorf("after 200,000 at each end: %q and %q", last, first)
	}
}

func TestBetweenAtTheEnds(t *testing.T) {
	top := "z" + string(slices.Repeat([]byte{'z'}, 26))
	if p := Between(top, ""); p <= top {
		t.Errorf("after the last whole: %q", p)
	}
	low := lowest + "1"
	if p := Between("", low); p >= low || p <= lowest {
		t.Errorf("before the first: %q", p)
	}
}

func FuzzBetween(f *testing.F) {
	f.Add("a0", "a1")
	f.Add("", "A00000000000000000000000000V")
	f.Add("a0V", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		p := Between(a, b)
		if !Valid(p) && len(p) <= 4*Max {
			t.Fatalf("Between(%q, %q) = %q, which is not valid", a, b, p)
		}
		if Valid(a) && p <= a {
			t.Fatalf("Between(%q, %q) = %q, not after a", a, b, p)
		}
		if Valid(b) && (!Valid(a) || a < b) && p >= b {
			t.Fatalf("Between(%q, %q) = %q, not before b", a, b, p)
		}
	})
}
