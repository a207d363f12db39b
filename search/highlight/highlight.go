// Package highlight cuts excerpts out of text, around the words that someone
// looked for, and marks these. What it gives is safe HTML: every piece of text
// is escaped before a mark is put beside it. It is cut between sentences where
// one ends nearby, else between words, and never inside a letter. Nothing in
// it depends on the direction of the script.
package highlight

import (
	"cmp"
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Place is where a word of the query stands in a text.
type Place struct {
	Start, End int // bytes
	Word       int // which word of the query
	Weight     float64
}

// Options of an excerpt.
type Options struct {
	Size  int // letters of one fragment, about; 0: 160
	Parts int // fragments at most; 0: 2
}

// maxPlaces bounds the work for one text: the places after it are not looked
// at.
const maxPlaces = 500

const (
	opening  = "<mark>"
	closing  = "</mark>"
	ellipsis = "…"
)

// Excerpt gives the parts of a text that have most of what was looked for, as
// HTML, and the beginning of the text when it has none of it. Places may be in
// any order, overlap, or be wrong.
func Excerpt(text string, places []Place, o Options) string {
	if o.Size <= 0 {
		o.Size = 160
	}
	if o.Parts <= 0 {
		o.Parts = 2
	}
	places = tidy(text, places)
	parts := choose(text, places, o)
	var b strings.Builder
	for i, p := range parts {
		if i == 0 && p.start > 0 {
			b.WriteString(ellipsis)
			b.WriteByte(' ')
		}
		write(&b, text, p, places)
		if i+1 < len(parts) || p.end < len(strings.TrimRightFunc(text, unicode.IsSpace)) {
			b.WriteByte(' ')
			b.WriteString(ellipsis)
			if i+1 < len(parts) {
				b.WriteByte(' ')
			}
		}
	}
	return b.String()
}

// Whole marks the places in a whole text, such as a title.
func Whole(text string, places []Place) string {
	var b strings.Builder
	write(&b, text, span{0, len(text)}, tidy(text, places))
	return b.String()
}

// tidy puts places in order, leaves out those that are outside of the text or
// overlap the one before, and moves their borders out of letters.
func tidy(text string, places []Place) []Place {
	out := make([]Place, 0, min(len(places), maxPlaces))
	sorted := slices.Clone(places)
	slices.SortFunc(sorted, func(a, b Place) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	last := 0
	for _, p := range sorted {
		if p.Start < last || p.End <= p.Start || p.End > len(text) || len(out) == maxPlaces {
			continue
		}
		for p.Start > last && !border(text, p.Start) {
			p.Start--
		}
		for p.End < len(text) && !border(text, p.End) {
			p.End++
		}
		if border(text, p.Start) {
			out = append(out, p)
			last = p.End
		}
	}
	return out
}

// border reports whether a text may be cut at a place: no letter and none of
// its marks is torn.
func border(text string, at int) bool {
	if at <= 0 || at >= len(text) {
		return true
	}
	if !utf8.RuneStart(text[at]) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[at:])
	if unicode.Is(unicode.M, r) || r == '\u200d' {
		return false
	}
	before, _ := utf8.DecodeLastRuneInString(text[:at])
	return before != '\u200d'
}

type span struct{ start, end int }

// choose finds the fragments that have most of the words, in their order.
func choose(text string, places []Place, o Options) []span {
	size := inBytes(text, places, o.Size)
	var parts []span
	seen := map[int]bool{}
	for len(parts) < o.Parts {
		from, to, worth := heaviest(places, size, seen, parts)
		if worth == 0 {
			break
		}
		parts = append(parts, widen(text, span{places[from].Start, places[to].End}, size))
		for _, p := range places[from : to+1] {
			seen[p.Word] = true
		}
	}
	if len(parts) == 0 {
		return []span{widen(text, span{}, size)}
	}
	return joined(parts)
}

// inBytes turns a number of letters into bytes, by the letters around the
// first place.
func inBytes(text string, places []Place, letters int) int {
	at := 0
	if len(places) > 0 {
		at = places[0].Start
	}
	around := text[max(0, at-128):min(len(text), at+128)]
	if around == "" {
		return letters
	}
	return letters * len(around) / utf8.RuneCountInString(around)
}

// heaviest finds the run of places within size that has the greatest weight of
// words not seen yet; repeated words count a little.
func heaviest(places []Place, size int, seen map[int]bool, taken []span) (from, to int, worth float64) {
	for i := range places {
		if inside(taken, places[i]) || seen[places[i].Word] {
			continue
		}
		w, here := 0.0, map[int]bool{}
		last := i
		for j := i; j < len(places) && j < i+32 && places[j].End-places[i].Start <= size && !inside(taken, places[j]); j++ {
			last = j
			if seen[places[j].Word] || here[places[j].Word] {
				w += places[j].Weight / 16
				continue
			}
			here[places[j].Word] = true
			w += places[j].Weight
		}
		if w > worth {
			from, to, worth = i, last, w
		}
	}
	return from, to, worth
}

func inside(spans []span, p Place) bool {
	return slices.ContainsFunc(spans, func(s span) bool { return p.Start < s.end && s.start < p.End })
}

// joined puts fragments in order, and makes one of those that touch.
func joined(parts []span) []span {
	slices.SortFunc(parts, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := parts[:1]
	for _, p := range parts[1:] {
		if last := &out[len(out)-1]; p.start <= last.end+1 {
			last.end = max(last.end, p.end)
		} else {
			out = append(out, p)
		}
	}
	return out
}

// widen makes a fragment of about size around a span, from a sentence or a
// word on, to the end of one.
func widen(text string, s span, size int) span {
	room := max(0, size-(s.end-s.start))
	start := beginning(text, s.start, room/2)
	end := ending(text, s.end, max(0, size-(s.end-start)))
	return span{start, end}
}

// beginning finds where to begin at most room before a place.
func beginning(text string, at, room int) int {
	lowest := max(0, at-room)
	if lowest == 0 {
		return 0
	}
	for !border(text, lowest) {
		lowest++
	}
	word := -1
	for i := lowest; i < at; {
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		switch {
		case r == '\n', endsSentence(r) && startsWith(text[i:], unicode.IsSpace):
			return min(at, i+spaces(text[i:at]))
		case unicode.IsSpace(r) && word < 0:
			word = i
		}
	}
	if word < 0 {
		return lowest
	}
	return word
}

// ending finds where to end at most room after a place.
func ending(text string, at, room int) int {
	highest := min(len(text), at+room)
	if highest == len(text) {
		return highest
	}
	for highest > at && !border(text, highest) {
		highest--
	}
	word, sentence := -1, -1
	for i := at; i < highest; {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case endsSentence(r) && startsWith(text[i+n:], unicode.IsSpace):
			sentence = i + n
		case unicode.IsSpace(r):
			word = i
		}
		i += n
	}
	switch {
	case sentence > at+room/2:
		return sentence
	case word >= 0 && !startsWith(text[highest:], unicode.IsSpace):
		return word
	}
	return highest
}

func endsSentence(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '؟', '۔', '。', '؛', ';':
		return true
	}
	return false
}

func startsWith(s string, is func(rune) bool) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && is(r)
}

func spaces(s string) int { return len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace)) }

// write adds a part of a text with its marks.
func write(b *strings.Builder, text string, s span, places []Place) {
	at := s.start
	for _, p := range places {
		if p.Start < at || p.End > s.end {
			continue
		}
		plain(b, text[at:p.Start])
		b.WriteString(opening)
		plain(b, text[p.Start:p.End])
		b.WriteString(closing)
		at = p.End
	}
	plain(b, text[at:s.end])
}

// plain adds text with one space for each run of white space, and without what
// would steer the direction of the page around it.
func plain(b *strings.Builder, text string) {
	var out strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r):
			space = true
			continue
		case unicode.IsControl(r), '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			continue
		}
		if space {
			out.WriteByte(' ')
			space = false
		}
		out.WriteRune(r)
	}
	if space {
		out.WriteByte(' ')
	}
	b.WriteString(html.EscapeString(out.String()))
}
