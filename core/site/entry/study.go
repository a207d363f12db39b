package entry

import (
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/chart"
)

// Withdrawal says that an entry was withdrawn: its address stays, and tells
// what stood there and why it went.
type Withdrawal struct{ On, Reason string }

// Withdrawn gives the withdrawal of an entry, or nil.
func (e *Entry) Withdrawn() *Withdrawal {
	f := e.Field("withdrawn")
	if f == nil || len(f.Items) == 0 || f.Items[0].Text("on") == "" {
		return nil
	}
	return &Withdrawal{f.Items[0].Text("on"), f.Items[0].Text("reason")}
}

// Reference is how a study is cited.
func (e *Entry) Reference() string {
	var parts []string
	if f := e.Field("authors"); f != nil {
		var names []string
		for _, a := range f.Items {
			names = append(names, a.Text("author"))
		}
		parts = append(parts, strings.Join(names, ", "))
	}
	title := e.Title
	if sub := e.Text("subtitle"); sub != "" {
		title += " : " + sub
	}
	for _, part := range []string{title, e.Text("edition"), e.Text("publisher"), e.Text("published_on"), e.DOI()} {
		if part != "" {
			parts = append(parts, strings.TrimSuffix(part, "."))
		}
	}
	return strings.Join(parts, ". ") + "."
}

// Embargoed reports whether a study's file is not to be had yet.
func (e *Entry) Embargoed(now time.Time) bool {
	f := e.Field("embargo")
	if f == nil || len(f.Items) == 0 {
		return false
	}
	until, _ := f.Items[0].Raw("until").(string)
	return until > now.UTC().Format(time.DateOnly)
}

// Standing leaves out what was withdrawn: lists do not show it.
func Standing(entries []*Entry) []*Entry {
	return slices.DeleteFunc(entries, func(e *Entry) bool { return e.Withdrawn() != nil })
}

// Withdrawable names the field by which entries of a collection are withdrawn.
func Withdrawable(col *schema.Collection) bool { return col.FieldNamed("withdrawn") != nil }

// LinkTitles are what a relation leads to, by name.
func (e *Entry) LinkTitles(name string) []string {
	var out []string
	for _, l := range e.Links(name) {
		out = append(out, l.Title)
	}
	return out
}

// Languages are those that an organisation or a work speaks, as codes.
func (e *Entry) Languages() []string {
	list, _ := e.Raw("languages").([]any)
	var out []string
	for _, one := range list {
		if l, ok := one.(string); ok && l != "dsf" {
			out = append(out, l)
		}
	}
	return out
}

// Code gives a value that is a text for programs, or "".
func (f *Values) Code(name string) string { s, _ := f.Raw(name).(string); return s }

// DOI is the address of a work by its DOI, or "".
func (e *Entry) DOI() string {
	if doi := e.Text("doi"); doi != "" {
		return "https://doi.org/" + doi
	}
	return ""
}

// Place is where a value of the kind geopoint is, or nil.
func Place(raw any) *chart.Place {
	m, _ := raw.(map[string]any)
	lat, ok1 := m["lat"].(float64)
	lon, ok2 := m["lon"].(float64)
	if !ok1 || !ok2 {
		return nil
	}
	return &chart.Place{Lon: lon, Lat: lat}
}
