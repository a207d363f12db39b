// Package folded writes the lines that vCard (RFC 6350) and iCalendar (RFC 5545)
// are made of.
package folded

import (
	"strings"
	"unicode/utf8"
)

// Escape writes a text as a value.
func Escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", "", ",", `\,`, ";", `\;`).Replace(text)
}

// List writes texts as one value.
func List(all []string) string {
	out := make([]string, len(all))
	for i, text := range all {
		out[i] = Escape(text)
	}
	return strings.Join(out, ",")
}

// Line writes a line of vCard or iCalendar: 75 bytes at most, whole
// characters, the rest on lines that begin with a space.
func Line(b *strings.Builder, line string) {
	const limit = 75
	room := limit
	for len(line) > room {
		at := room
		for at > 0 && !utf8.RuneStart(line[at]) {
			at--
		}
		b.WriteString(line[:at] + "\r\n ")
		line, room = line[at:], limit-1
	}
	b.WriteString(line + "\r\n")
}
