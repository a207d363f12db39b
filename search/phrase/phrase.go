// Package phrase reads what people type into a search box: words, "phrases",
// -without, field:value. Nothing that is typed is an error: what makes no
// sense as an operator is searched for as text, and what is beyond the limits
// is left out and said so.
package phrase

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxBytes is how much of a query is read.
	MaxBytes = 1024
	// MaxClauses is how many words, phrases and filters of it are read.
	MaxClauses = 32
)

// Query is what someone looks for. The zero Query looks for nothing.
type Query struct {
	// Clauses stand in the order in which they were typed.
	Clauses []Clause
	// Cut says that the query was longer than what is read of one.
	Cut bool
}

// Clause is one part of a query: a run of words, a phrase, or a filter.
type Clause struct {
	// Text is what to look for, or the value of Field.
	Text string
	// Field is the name before the colon, as typed, or empty. Whoever knows
	// no such field searches for Source instead.
	Field string
	// Phrase says that the words are to stand in this order, one after the
	// other: they were in quotation marks.
	Phrase bool
	// Without says that what matches is not wanted.
	Without bool
	// Source is the clause as it was typed.
	Source string
}

// Parse reads a query.
func Parse(text string) Query {
	var q Query
	if len(text) > MaxBytes {
		text, q.Cut = clip(text, MaxBytes), true
	}
	s := scanner{rest: text}
	for {
		c, ok := s.clause()
		if !ok {
			return q
		}
		if len(q.Clauses) == MaxClauses {
			q.Cut = true
			return q
		}
		q.Clauses = append(q.Clauses, c)
	}
}

// Words joins the text of the words and phrases that are wanted, for looking
// up and correcting what was typed.
func (q Query) Words() string {
	var parts []string
	for _, c := range q.Clauses {
		if !c.Without && c.Field == "" {
			parts = append(parts, c.Text)
		}
	}
	return strings.Join(parts, " ")
}

// Every writes a query of plain words so that every one of them has to be
// there; ok is false for one with operators, which says itself what it wants,
// and for one without words.
func Every(text string) (every string, ok bool) {
	var parts []string
	for _, c := range Parse(text).Clauses {
		if c.Phrase || c.Without || c.Field != "" {
			return "", false
		}
		for w := range strings.FieldsSeq(c.Text) {
			parts = append(parts, `"`+w+`"`)
		}
	}
	return strings.Join(parts, " "), len(parts) > 0
}

// clip cuts a text to at most n bytes, on a rune border.
func clip(text string, n int) string {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// scanner takes clauses off the front of a text.
type scanner struct{ rest string }

func (s *scanner) clause() (Clause, bool) {
	for {
		s.rest = strings.TrimLeftFunc(s.rest, isSpace)
		if s.rest == "" {
			return Clause{}, false
		}
		before := s.rest
		var c Clause
		if after, ok := s.cutMinus(); ok {
			s.rest, c.Without = after, true
		}
		c.Field = s.field()
		c.Text, c.Phrase = s.value()
		c.Source = before[:len(before)-len(s.rest)]
		if strings.TrimFunc(c.Text, isSpace) != "" {
			return c, true
		}
		if c.Field != "" { // "lieu:" with nothing after it
			c.Text, c.Field = c.Field, ""
			return c, true
		}
	}
}

// cutMinus takes off a minus that stands before a word: "-x", and not the
// dash between two words, nor a lone one.
func (s *scanner) cutMinus() (string, bool) {
	r, n := utf8.DecodeRuneInString(s.rest)
	if r != '-' && r != '\u2212' {
		return "", false
	}
	next, _ := utf8.DecodeRuneInString(s.rest[n:])
	if closing(next) == 0 && !isWord(next) {
		return "", false
	}
	return s.rest[n:], true
}

// maxField bounds the name of a field.
const maxField = 64

// field takes off a name and its colon. A colon with white space or a slash
// after it is none of ours: "Projet : bilan", "https://".
func (s *scanner) field() string {
	for i, r := range s.rest {
		switch {
		case r == ':' && i > 0:
			next, _ := utf8.DecodeRuneInString(s.rest[i+1:])
			if closing(next) == 0 && !isWord(next) && next != '-' {
				return ""
			}
			name := s.rest[:i]
			s.rest = s.rest[i+1:]
			return name
		case i > maxField, !isName(r), i == 0 && !unicode.IsLetter(r):
			return ""
		}
	}
	return ""
}

func isName(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) || r == '_' || r == '-' || r == '.'
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
}

// value takes off a phrase in quotation marks, or what stands before the next
// white space. A quotation mark that is never closed is closed at the end.
func (s *scanner) value() (text string, phrase bool) {
	r, n := utf8.DecodeRuneInString(s.rest)
	if marks := closing(r); marks != 0 {
		text = s.rest[n:]
		end := strings.IndexFunc(text, func(r rune) bool { return closes(marks, r) })
		if end < 0 {
			s.rest = ""
			return strings.TrimFunc(text, isSpace), true
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		s.rest = text[end+size:]
		return strings.TrimFunc(text[:end], isSpace), true
	}
	end := strings.IndexFunc(s.rest, func(r rune) bool { return isSpace(r) || closing(r) != 0 })
	switch {
	case end < 0:
		end = len(s.rest)
	case end == 0: // cannot be: the caller took off white space
		end = 1
	}
	text, s.rest = s.rest[:end], s.rest[end:]
	return text, false
}

// closing is the mark that ends what a quotation mark begins, or 0. French
// and Arabic use « », which right-to-left text may hold either way round.
func closing(r rune) rune {
	switch r {
	case '"', '“', '”', '„', '‟':
		return '"'
	case '«', '»':
		return '«'
	}
	return 0
}

func closes(mark, r rune) bool { return closing(r) == mark }

// isSpace also counts what is not seen but parts words no less.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200e' || r == '\u200f' || r == '\u061c' || r == '\ufeff'
}
