package demo

import (
	"fmt"
	"slices"
	"time"
)

// Module gives the entries of a programme module, in the order of its file.
// They may point at those of Entries. A site has the collections for them only
// when the module is installed.
//
// A value like "monday+78" or "monday-3T10:00:00Z" is the day, or the moment on
// the day, so long after the Monday of the week in which the demonstration is
// loaded: what is ahead in it stays ahead.
func Module(name string, today time.Time) ([]Entry, error) {
	l := loader{seen: map[string]*Entry{}, monday: today.UTC().AddDate(0, 0, -(int(today.UTC().Weekday())+6)%7)}
	if err := l.walk(); err != nil {
		return nil, err
	}
	base := len(l.order)
	if err := l.list("modules/" + name + ".json"); err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(l.order)-base)
	for _, key := range slices.Clone(l.order[base:]) {
		e := l.seen[key]
		for locale, values := range e.Inputs {
			resolved, err := l.resolve(values)
			if err != nil {
				return nil, fmt.Errorf("demonstration entry %s: %w", key, err)
			}
			e.Inputs[locale] = resolved.(map[string]any)
		}
		out = append(out, *e)
	}
	return out, nil
}
