// Package calendar writes dates and times as the site keeps them: dates of
// ISO 8601 to the day, the month or the year, and instants in UTC, so that byte
// order is time order. It is pure.
package calendar

import "time"

// lengths gives the length of a date written to that precision.
var lengths = map[string]int{"day": len("2006-01-02"), "month": len("2006-01"), "year": len("2006")}

// Length gives the length of a date written to a precision: "day", "month" or
// "year"; of an unknown one, that of a day.
func Length(precision string) int {
	if n := lengths[precision]; n > 0 {
		return n
	}
	return lengths["day"]
}

// Precision reports whether a precision is known.
func Precision(p string) bool { return lengths[p] > 0 }

// Parse takes a year, a month or a day that exists, of the years 1 to 9999.
func Parse(s string) (string, bool) {
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if len(s) != len(layout) {
			continue
		}
		t, err := time.Parse(layout, s)
		return s, err == nil && t.Year() >= 1
	}
	return "", false
}

// First gives the first day that a date means.
func First(date string) string {
	return date + "0001-01-01"[len(date):]
}

// Last gives the last day that a date means.
func Last(date string) string {
	switch len(date) {
	case 4:
		return date + "-12-31"
	case 7:
		t, err := time.Parse("2006-01", date)
		if err != nil {
			return date
		}
		return t.AddDate(0, 1, -1).Format(time.DateOnly)
	}
	return date
}

// ParseInstant takes RFC 3339 of the years 1 to 9999 to its kept form.
func ParseInstant(s string) (string, bool) {
	if len(s) > 64 {
		return "", false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", false
	}
	return Instant(t)
}

// Instant gives the kept form of a time, and whether it is of those years.
func Instant(t time.Time) (string, bool) {
	t = t.UTC()
	return t.Format("2006-01-02T15:04:05Z"), t.Year() >= 1 && t.Year() <= 9999
}

// Stamp writes a time of a system field, such as updated_at, for comparing:
// UTC to the millisecond, of fixed width. The operands of filters on system
// fields have this form, and so must the columns of the view.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
