package markup

import (
	"bytes"
	"strings"
)

// Markdown has a few shapes on which its parser takes time in the square of
// their size, or makes far more than there is: a run of emphasis marks or open
// brackets, quotes in quotes, a wide header over many short rows. Measured with
// goldmark 1.8.7, 300 KB of those take from half a minute to four. The limits
// are far above what people write and keep the worst under half a second.
const (
	maxInlineCost = 10_000_000 // sum over paragraphs of the square of their marks
	maxTableCells = 50_000     // rows × columns of all tables
	maxQuoteDepth = 50         // ">" at the start of one line
)

// Fits reports whether Markdown can be read in reasonable time. A kept
// value of kind markdown does; what else is to be rendered has to be asked.
func Fits(source string) bool {
	if len(source) > 4*Max {
		return false
	}
	var cost, cells, marks, columns int
	for rest := source; rest != ""; {
		var text string
		text, rest, _ = strings.Cut(rest, "\n")
		if strings.TrimSpace(text) == "" {
			cost, marks, columns = cost+marks*marks, 0, 0
			continue
		}
		for _, c := range []byte(text) {
			if bytes.IndexByte([]byte("*_~[]!<`&"), c) >= 0 {
				marks++
			}
		}
		columns = max(columns, headerColumns(text))
		cells += columns
		if cost+marks*marks > maxInlineCost || cells > maxTableCells || quoteDepth(text) > maxQuoteDepth {
			return false
		}
	}
	return true
}

// headerColumns counts the columns of a line that may stand under the header
// of a table; 0 for any other.
func headerColumns(text string) int {
	if strings.Trim(text, " \t>:|-+*0123456789.)") != "" || !strings.Contains(text, "-") {
		return 0
	}
	return strings.Count(text, "|") + 1
}

func quoteDepth(text string) int {
	marker := text[:len(text)-len(strings.TrimLeft(text, " \t>-+*0123456789.)"))]
	return strings.Count(marker, ">")
}
