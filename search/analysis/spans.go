package analysis

// Spans gives where words of a text, in bytes, may stand for one of the terms
// of a query, in order.
func (l *Language) Spans(text string, terms []Term) (spans [][2]int) {
	stems := map[string]bool{}
	for _, t := range terms {
		for _, r := range t.Readings {
			stems[r.Stem] = true
		}
	}
	if len(stems) == 0 {
		return nil
	}
	for _, token := range l.Text.Analyze([]byte(text)) {
		if string(token.Term) == Whole || !stems[string(token.Term)] {
			continue
		}
		if n := len(spans); n > 0 && token.Start < spans[n-1][1] {
			spans[n-1][1] = max(spans[n-1][1], token.End)
			continue
		}
		spans = append(spans, [2]int{token.Start, token.End})
	}
	return spans
}
