package cite

import (
	"fmt"
	"strconv"
	"strings"
)

var risTypes = map[Kind]string{Report: "RPRT", Book: "BOOK", Thesis: "THES", Article: "JOUR", Law: "STAT"}

func ris(w Work) string {
	var b strings.Builder
	tag := func(name, value string) {
		if value = line(value); value != "" {
			fmt.Fprintf(&b, "%s  - %s\r\n", name, value)
		}
	}
	kind := risTypes[w.Kind]
	if kind == "" {
		kind = risTypes[Report]
	}
	tag("TY", kind)
	tag("ID", key(w.ID))
	tag("TI", w.title())
	for _, n := range w.Authors {
		name := "AU"
		if n.Editor {
			name = "ED"
		}
		if family, given, ok := n.parts(); ok {
			tag(name, family+", "+given)
		} else {
			// A comma would make a person of it: an organisation keeps its name.
			tag(name, strings.ReplaceAll(n.Text, ",", ";"))
		}
	}
	if d := w.date(); len(d) > 0 {
		tag("PY", strconv.Itoa(d[0]))
		full := [3]string{strconv.Itoa(d[0])}
		for i, n := range d[1:] {
			full[i+1] = fmt.Sprintf("%02d", n)
		}
		tag("DA", strings.Join(full[:], "/"))
	}
	tag("PB", w.Publisher)
	tag("T3", w.Series)
	tag("ET", w.Edition)
	tag("SN", w.ISBN)
	tag("DO", w.DOI)
	tag("UR", w.URL)
	tag("LA", w.Language)
	if w.Pages > 0 {
		tag("SP", strconv.Itoa(w.Pages))
	}
	for _, k := range w.Keywords {
		tag("KW", k)
	}
	tag("AB", w.Abstract)
	b.WriteString("ER  - \r\n")
	return b.String()
}
