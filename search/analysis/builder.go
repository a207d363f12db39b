package analysis

import (
	"bytes"
	"unicode/utf8"

	bleve "github.com/blevesearch/bleve/v2/analysis"
	"golang.org/x/text/unicode/norm"
)

// builder collects the tokens of one text.
type builder struct {
	*analyzer
	text     []byte
	terms    []byte // the bytes of all terms, one after the other
	tokens   bleve.TokenStream
	slab     []bleve.Token
	position int
	compound compound
	leftOut  []bleve.Token // stop words, while there is nothing else
}

// compound is a run of words that only hyphens part, so far.
type compound struct {
	start, end, position int
	parts                int
	term                 []byte
}

// token adds a term that is the text from start to end.
func (b *builder) token(term []byte, start, end, position int) {
	if len(b.slab) == 0 {
		b.slab = make([]bleve.Token, max(16, min(1024, len(b.text)/8)))
	}
	t := &b.slab[0]
	b.slab = b.slab[1:]
	*t = bleve.Token{Term: term, Start: start, End: end, Position: position, Type: bleve.AlphaNumeric}
	b.tokens = append(b.tokens, t)
}

// folded adds the folded form of a part of the text to the terms.
func (b *builder) folded(start, end int) []byte {
	at := len(b.terms)
	b.terms = b.fold.word(b.terms, b.text[start:end])
	return b.terms[at:len(b.terms):len(b.terms)]
}

// add makes the tokens of one word.
func (b *builder) add(w word) {
	if !w.joined {
		b.endCompound()
	}
	start, end := b.stripMarks(w)
	term := b.folded(start, end)
	if len(term) == 0 {
		return
	}
	b.position++
	if b.purpose != forWords {
		term = ordinal(term)
		if b.isStop(start, end, term) {
			b.compound.parts = 0
			if len(b.tokens) == 0 && len(b.leftOut) < maxLeftOut {
				b.leftOut = append(b.leftOut, bleve.Token{Term: term, Start: start, End: end, Position: b.position})
			}
			return
		}
	}
	b.token(term, start, end, b.position)
	if start > w.start && b.mayBeName(w, start) {
		b.token(b.folded(w.start, end), w.start, end, b.position)
	}
	b.extendCompound(term, start, end)
}

// onlyStopWords takes the stop words for words where there are no others:
// "Qui sommes-nous ?" is a title, too.
func (b *builder) onlyStopWords() {
	if len(b.tokens) > 0 {
		return
	}
	for _, t := range b.leftOut {
		b.token(t.Term, t.Start, t.End, t.Position)
	}
}

// maxLeftOut is how many stop words make a text of their own.
const maxLeftOut = 12

// stripMarks leaves out an elided article before a word and the 's after it.
func (b *builder) stripMarks(w word) (start, end int) {
	start, end = w.start, w.end
	if w.apostrophe == 0 {
		return start, end
	}
	_, size := utf8.DecodeRune(b.text[w.apostrophe:])
	after := w.apostrophe + size
	if b.grammar.possessive && end-after == 1 && (b.text[after] == 's' || b.text[after] == 'S') {
		return start, w.apostrophe
	}
	var scratch [16]byte
	if w.apostrophe-start <= len(scratch)/2 && b.grammar.elides[string(b.fold.word(scratch[:0], b.text[start:w.apostrophe]))] && b.soundsOpen(after) {
		start = after
	}
	return start, end
}

// soundsOpen reports whether the letter at a place is one before which French
// elides: M'Sila is a name, and no "me Sila".
func (b *builder) soundsOpen(at int) bool {
	var scratch [16]byte
	r, _ := utf8.DecodeRune(b.text[at:])
	f := b.fold.append(scratch[:0], r)
	return len(f) > 0 && bytes.IndexByte([]byte("aeiouyh"), f[0]) >= 0
}

// mayBeName reports whether what looks elided may be one name, as M'Hamed:
// both letters are capitals, and the word before is no article.
func (b *builder) mayBeName(w word, start int) bool {
	first, _ := utf8.DecodeRune(b.text[w.start:])
	second, _ := utf8.DecodeRune(b.text[start:])
	return upper(first) && upper(second) && first != 'L' && first != 'D'
}

func upper(r rune) bool { return 'A' <= r && r <= 'Z' }

// isStop reports whether a word has no meaning of its own. Where accents tell
// words apart the word as written decides (sûr is no sur), but a word that
// was written without any may be either.
func (b *builder) isStop(start, end int, term []byte) bool {
	if b.grammar.stop == nil {
		return false
	}
	surface := b.text[start:end]
	if len(surface) > 24 {
		return false
	}
	if ascii(surface) || arabic(term) {
		return b.grammar.stop[string(term)]
	}
	return b.grammar.stop[string(norm.NFC.Bytes(bytes.ToLower(surface)))]
}

func ascii(s []byte) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// extendCompound takes in one more word, which a hyphen may have joined to
// those before it.
func (b *builder) extendCompound(term []byte, start, end int) {
	c := &b.compound
	if c.parts == 0 {
		c.start, c.position, c.term = start, b.position, c.term[:0]
	}
	c.term = append(c.term, term...)
	c.end = end
	c.parts++
}

// endCompound also indexes the compound as one word, where its first part
// stands: co-construction is found as coconstruction.
func (b *builder) endCompound() {
	c := &b.compound
	if c.parts > 1 && len(c.term) <= maxWordRunes {
		at := len(b.terms)
		b.terms = append(b.terms, c.term...)
		b.token(b.terms[at:len(b.terms):len(b.terms)], c.start, c.end, c.position)
	}
	c.parts = 0
}

// stem replaces each word by its stems.
func (b *builder) stem() {
	for i, n := 0, len(b.tokens); i < n; i++ {
		t := b.tokens[i]
		first, second := b.grammar.stems(t.Term)
		t.Term = first
		if second != nil {
			b.token(second, t.Start, t.End, t.Position)
		}
	}
}

func hasDigit(term []byte) bool {
	return bytes.ContainsAny(term, "0123456789")
}

// ordinal takes the ending off an ordinal number: 13e, 13ème and 13th are 13.
func ordinal(term []byte) []byte {
	n := 0
	for n < len(term) && '0' <= term[n] && term[n] <= '9' {
		n++
	}
	if n == 0 || n == len(term) || len(term)-n > 5 {
		return term
	}
	switch string(bytes.TrimSuffix(term[n:], []byte("s"))) {
	case "e", "er", "re", "ere", "eme", "ieme", "nd", "nde", "st", "rd", "th":
		return term[:n]
	}
	return term
}
