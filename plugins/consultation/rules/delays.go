package rules

import "time"

// Day writes a moment as a day.
func Day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// After gives the day some days after another; a day that is none stays.
func After(day string, days int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return Day(t.AddDate(0, 0, days))
}

// Late is by how many days a deadline has passed; 0 when it has not, or when
// there is none.
func Late(deadline, today string) int {
	d, err := time.Parse(time.DateOnly, deadline)
	t, err2 := time.Parse(time.DateOnly, today)
	if err != nil || err2 != nil || !t.After(d) {
		return 0
	}
	return int(t.Sub(d).Hours() / 24)
}

// Remind reports whether today is the day on which to remind of something that
// is due, or a later day before that.
func Remind(due, today string, before int) bool {
	return due != "" && After(due, -before) <= today && today <= due
}
