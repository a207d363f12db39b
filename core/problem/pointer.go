package problem

import (
	"slices"
	"strconv"
	"strings"
)

// Pointer is the JSON Pointer (RFC 6901) through members of these names, such
// as "/blocks/url".
func Pointer(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteByte('/')
		if strings.ContainsAny(name, "~/") {
			name = strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		}
		b.WriteString(name)
	}
	return b.String()
}

// At is the step of a JSON Pointer to a member of a list, such as "/2".
func At(i int) string { return "/" + strconv.Itoa(i) }

// Under moves faults under a pointer.
func Under(pointer string, faults []Field) []Field {
	for i := range faults {
		faults[i].Pointer = pointer + faults[i].Pointer
	}
	return faults
}

// Unknown is the fault of a name that is none of the known ones. Its hint is
// the nearest of them, or else the first few.
func Unknown(code, pointer, name string, known []string) Field {
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "")
	}
	hint := Nearest(name, known)
	if hint == "" {
		hint = strings.Join(Listed(known), ", ")
	}
	return Field{Pointer: pointer, Code: code, Args: Args{"name": name, "hint": hint}}
}

// Listed cuts a list of words to what a person reads.
func Listed(words []string) []string {
	if len(words) > 20 {
		return append(slices.Clone(words[:20]), "…")
	}
	return words
}

// Nearest gives the candidate that a mistyped word most likely meant, or ""
// when none is near: at most a third of its letters differ.
func Nearest(word string, candidates []string) string {
	best, limit := "", len(word)/3+1
	for _, c := range candidates {
		if len(c) > 100 || len(word) > 100 {
			continue
		}
		if d := distance(word, c); d < limit || (d == limit && best == "") {
			best, limit = c, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes: names are ASCII.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Short cuts what a caller gave to something that fits into a sentence.
func Short(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
