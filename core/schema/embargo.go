package schema

import "github.com/recueil-cms/recueil/core/content"

// The field that holds files back: a group named "embargo" with a date
// "until", as studies have one. The entry may be read before that date, its
// files and what stands in them may not.
const (
	embargoField = "embargo"
	embargoUntil = "until"
)

// The field that withdraws an entry from the site: a group named "withdrawn"
// with a date "on". Its address then says what stood there and why it went;
// its files are held back for ever.
const (
	withdrawnField = "withdrawn"
	withdrawnOn    = "on"
)

// Forever is the end of an embargo that has none.
const Forever = "9999-12-31"

// Embargo gives the date (YYYY-MM-DD) before which values hold the files of
// their entry back, or "". A cover is shown with its entry all the same.
func (c *Collection) Embargo(values content.Values) string {
	if c.dated(withdrawnField, withdrawnOn, values) != "" {
		return Forever
	}
	return c.dated(embargoField, embargoUntil, values)
}

// dated gives a date in a group.
func (c *Collection) dated(group, date string, values content.Values) string {
	f := c.FieldNamed(group)
	if f == nil || f.Kind != "group" {
		return ""
	}
	in, _ := values[f.ID].(map[string]any)
	text, _ := in[date].(string)
	return text
}

// HeldBack reports whether a field's files wait for the end of an embargo.
func (f *Field) HeldBack() bool { return f.Name != "cover" }
