// Package position gives the places of entries among their siblings: strings in
// byte order, with always room for one more between two. It is pure.
package position

import "strings"

// digits in byte order: a position is a number in base 62 that compares as a
// string.
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Max is the longest position in bytes. A move that would need a
// longer one gives all the siblings new positions in the same commit.
const Max = 48

// first is the place of a first child.
const first = "a0"

// lowest is the smallest whole part: nothing may come before it.
var lowest = "A" + strings.Repeat("0", 26)

// Between gives a position strictly between two others in byte order; an empty
// a is the beginning and an empty b the end. Positions made by appending or
// prepending grow with the logarithm of their number; only repeated insertion
// at one place makes them long, by a byte for about six insertions.
//
// A position that Between did not make, or an a that is not before b, counts as
// absent, so that a bad sibling never stops a move.
func Between(a, b string) string {
	if !Valid(a) {
		a = ""
	}
	if !Valid(b) || (a != "" && a >= b) {
		b = ""
	}
	switch {
	case a == "" && b == "":
		return first
	case a == "":
		return before(b)
	case b == "":
		return after(a)
	}
	wholeA, fracA := split(a)
	wholeB, fracB := split(b)
	if wholeA == wholeB {
		return wholeA + middle(fracA, fracB)
	}
	if next := increment(wholeA); next != "" && next < b {
		return next
	}
	return wholeA + middle(fracA, "")
}

func before(b string) string {
	whole, frac := split(b)
	if whole == lowest {
		return whole + middle("", frac)
	}
	if whole < b {
		return whole
	}
	if prev := decrement(whole); prev != "" {
		return prev
	}
	return lowest + middle("", "")
}

func after(a string) string {
	whole, frac := split(a)
	if next := increment(whole); next != "" {
		return next
	}
	return whole + middle(frac, "")
}

// Valid reports whether s is one that Between may have given: a head
// that says how long the whole part is, then a fraction that does not end in
// zero, because nothing fits between "x" and "x0".
func Valid(s string) bool {
	if s == "" || len(s) > 4*Max {
		return false
	}
	n := wholeLength(s[0])
	if n == 0 || len(s) < n || s == lowest {
		return false
	}
	for i := 1; i < len(s); i++ {
		if strings.IndexByte(digits, s[i]) < 0 {
			return false
		}
	}
	return len(s) == n || s[len(s)-1] != '0'
}

// wholeLength gives the bytes of a whole part with this head: a to z count
// upwards from 2, Z to A the same for what comes before "a0"; 0 for others.
func wholeLength(head byte) int {
	switch {
	case head >= 'a' && head <= 'z':
		return int(head-'a') + 2
	case head >= 'A' && head <= 'Z':
		return int('Z'-head) + 2
	}
	return 0
}

func split(s string) (whole, frac string) {
	n := wholeLength(s[0])
	return s[:n], s[n:]
}

// middle gives a fraction strictly between two, where an empty b is one.
func middle(a, b string) string {
	if b != "" {
		n := 0
		for n < len(b) && digitAt(a, n) == b[n] {
			n++
		}
		if n > 0 {
			return b[:n] + middle(a[min(n, len(a)):], b[n:])
		}
	}
	low := strings.IndexByte(digits, digitAt(a, 0))
	high := len(digits)
	if b != "" {
		high = strings.IndexByte(digits, b[0])
	}
	if high-low > 1 {
		return string(digits[(low+high)/2])
	}
	if len(b) > 1 {
		return b[:1]
	}
	return string(digits[low]) + middle(a[min(1, len(a)):], "")
}

func digitAt(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return '0'
}

// increment gives the next whole part, or "" after the last.
func increment(whole string) string {
	head, rest := whole[0], []byte(whole[1:])
	for i := len(rest) - 1; i >= 0; i-- {
		d := strings.IndexByte(digits, rest[i]) + 1
		if d < len(digits) {
			rest[i] = digits[d]
			return string(head) + string(rest)
		}
		rest[i] = '0'
	}
	switch {
	case head == 'Z':
		return first
	case head == 'z':
		return ""
	case head >= 'a':
		return string(head+1) + string(rest) + "0"
	}
	return string(head+1) + string(rest[:len(rest)-1])
}

// decrement gives the previous whole part, or "" before the first.
func decrement(whole string) string {
	head, rest := whole[0], []byte(whole[1:])
	for i := len(rest) - 1; i >= 0; i-- {
		d := strings.IndexByte(digits, rest[i]) - 1
		if d >= 0 {
			rest[i] = digits[d]
			if prev := string(head) + string(rest); prev != lowest {
				return prev
			}
			return ""
		}
		rest[i] = 'z'
	}
	switch {
	case head == 'a':
		return "Zz"
	case head == 'A':
		return ""
	case head > 'a':
		return string(head-1) + string(rest[:len(rest)-1])
	}
	return string(head-1) + string(rest) + "z"
}

// Spread gives n positions in order, evenly apart, for siblings that need new
// ones.
func Spread(n int) []string {
	out := make([]string, 0, n)
	for last := ""; len(out) < n; {
		last = Between(last, "")
		out = append(out, last)
	}
	return out
}
