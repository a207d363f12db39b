package rules

import (
	"slices"
	"strings"
)

// Paragraphs cuts a text at its empty lines.
func Paragraphs(text string) []string {
	var out []string
	for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// Piece is a part of what was compared: Kind is same, removed or added.
type Piece struct{ Kind, Text string }

// The kinds of pieces and changes.
const (
	Unchanged = "same"
	Removed   = "removed"
	Added     = "added"
	Changed   = "changed"
)

// Change is what became of a paragraph. Number is its place in the new text, or
// in the old one when it was removed.
type Change struct {
	Kind   string
	Number int
	Pieces []Piece
}

// maxCompared bounds what is compared word by word, in pairs of words.
const maxCompared = 4_000_000

// Differences compares two texts: paragraphs first, and word by word those that
// are like one another.
func Differences(before, after string) []Change {
	a, b := Paragraphs(before), Paragraphs(after)
	var out, removed, added []Change
	x, y := 0, 0
	for _, p := range compare(a, b) {
		switch p.Kind {
		case Removed:
			x++
			removed = append(removed, Change{Removed, x, []Piece{p}})
		case Added:
			y++
			added = append(added, Change{Added, y, []Piece{p}})
		case Unchanged:
			x, y = x+1, y+1
			out = append(append(out, paired(removed, added)...), Change{Unchanged, y, []Piece{p}})
			removed, added = nil, nil
		}
	}
	return append(out, paired(removed, added)...)
}

// paired tells of what stands between two paragraphs that did not change: what
// was added is in the order of the new text, and what was removed in that of the
// old one, around what there is of both.
func paired(removed, added []Change) []Change {
	was := make([]int, len(added)) // the place in removed, or -1
	taken := make([]bool, len(removed))
	for i, c := range added {
		was[i] = -1
		for at, r := range removed {
			if !taken[at] && Likeness(r.Pieces[0].Text, c.Pieces[0].Text) >= alike {
				was[i], taken[at] = at, true
				break
			}
		}
	}
	var out []Change
	told := 0
	tell := func(until int) {
		for ; told < until; told++ {
			if !taken[told] {
				out = append(out, removed[told])
			}
		}
	}
	for i, c := range added {
		if next := slices.IndexFunc(was[i:], func(at int) bool { return at >= 0 }); next >= 0 {
			tell(was[i+next])
		} else {
			tell(len(removed))
		}
		if at := was[i]; at >= 0 {
			words := compare(strings.Fields(removed[at].Pieces[0].Text), strings.Fields(c.Pieces[0].Text))
			c = Change{Changed, c.Number, joined(words)}
		}
		out = append(out, c)
	}
	tell(len(removed))
	return out
}

// joined puts words of one kind together.
func joined(words []Piece) []Piece {
	var out []Piece
	for _, w := range words {
		if n := len(out); n > 0 && out[n-1].Kind == w.Kind {
			out[n-1].Text += " " + w.Text
			continue
		}
		out = append(out, w)
	}
	return out
}

// compare gives the shortest way from one list to another: by the longest list
// that both have in common. What is too long is taken out and put in whole.
func compare(a, b []string) []Piece {
	var out []Piece
	if len(a)*len(b) > maxCompared {
		for _, x := range a {
			out = append(out, Piece{Removed, x})
		}
		for _, x := range b {
			out = append(out, Piece{Added, x})
		}
		return out
	}
	common := make([][]int32, len(a)+1) // of the rests
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, Piece{Unchanged, a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, Piece{Removed, a[i]})
			i++
		default:
			out = append(out, Piece{Added, b[j]})
			j++
		}
	}
	return out
}
