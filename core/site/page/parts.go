package page

import (
	"html/template"
	"time"

	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/site/entry"
)

// Form is a form as it is shown: what was typed, and what is wrong with it.
type Form struct {
	Action, Token        string
	To                   string
	Name, Email, Message string
	Faults               []Fault
	Sent                 bool
	// Corrects says that the letter tells the programme what is wrong on a page.
	Corrects bool

	// Of a profile that its association keeps: the controls, and what became of
	// the form, "confirmed", "live", "waiting" or "asked".
	Fields  []FormField
	Outcome string
	Profile *profile.Profile
	Ticket  string
}

// FormField is one control of the form of a profile.
type FormField struct {
	Name, Kind, Label, Help, Value, Fault string
	Sensitive, Required                   bool
}

// Fault is what is wrong with one field.
type Fault struct{ Field, Text string }

// Fault gives what is wrong with a field, or "".
func (f *Form) Fault(field string) string {
	for _, one := range f.Faults {
		if one.Field == field {
			return one.Text
		}
	}
	return ""
}

// Book is what the page of the recueil shows: the editions, and the books of
// today.
type Book struct {
	Action   string // of the form that orders one
	Editions []*entry.Entry
	// EditionsURL leads to all of them.
	EditionsURL string
	Copies      []Copy
}

// Copy is a book of today in one form.
type Copy struct {
	Form, Title string
	URL         string // once it is made
	Size        string
	Pages       int
	Percent     int
	// Making says that it has been ordered; Fault why it could not be made.
	Making bool
	Fault  string
}

// Running says that something is being made.
func (b *Book) Running() bool {
	for _, c := range b.Copies {
		if c.Making {
			return true
		}
	}
	return false
}

// Reading is one page of a document as HTML, for those to whom a file is much
// or of no use. Paragraphs have what was searched for in <mark>.
type Reading struct {
	Number, Total int
	Paragraphs    []template.HTML
	// Locale and Dir are those of the text.
	Locale, Dir string
	// Prev and Next lead to the pages beside, File to this page of the file.
	Prev, Next, File string
	Query            string
}

// PreviewNote is what a page says of being one.
type PreviewNote struct {
	Until time.Time
	// Live is where the live version is; empty when there is none.
	Live string
}
