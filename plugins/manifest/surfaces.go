package manifest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// Page is a page of the website, below /<language>/<name of the plugin>.
type Page struct {
	ID    string       `json:"id"`
	Path  string       `json:"path"` // "/", "/{month}"
	Label schema.Texts `json:"label"`
	// Query names the parameters that the page takes.
	Query []string `json:"query,omitempty"`
	// Draws names those of them for which the site draws a number, from 1 to so
	// many, when the address has none.
	Draws map[string]int `json:"draws,omitempty"`
	// Private is for a page whose address holds somebody's key: neither the host
	// nor a browser keeps it, and no other site learns the address.
	Private bool `json:"private,omitempty"`
}

// Match gives the places of a path that has the page's form.
func (p *Page) Match(path string) (map[string]string, bool) {
	want, have := strings.Split(strings.Trim(p.Path, "/"), "/"), strings.Split(strings.Trim(path, "/"), "/")
	if len(want) != len(have) {
		return nil, false
	}
	places := map[string]string{}
	for i := range want {
		if name, ok := strings.CutPrefix(want[i], "{"); ok && have[i] != "" {
			places[strings.TrimSuffix(name, "}")] = have[i]
		} else if want[i] != have[i] {
			return nil, false
		}
	}
	return places, true
}

// Block is a part of pages of the website's own. Editors may place it in their
// pages.
type Block struct {
	ID    string       `json:"id"`
	Label schema.Texts `json:"label"`
	// On are the collections on whose entries' pages it stands by itself; "home"
	// is the home page.
	On []string `json:"on,omitempty"`
}

// Job is long work.
type Job struct {
	ID    string       `json:"id"`
	Label schema.Texts `json:"label"`
	Help  schema.Texts `json:"help,omitempty"`
	// Every is its period, "15m", "6h" or "1d"; empty: it is only started by
	// somebody. At is the time of day (UTC) of periods of whole days.
	Every string `json:"every,omitempty"`
	At    string `json:"at,omitempty"`
	// TimeoutS bounds one try; 0: 1800. Attempts bounds the tries; 0: 5.
	TimeoutS int `json:"timeout_s,omitempty"`
	Attempts int `json:"attempts,omitempty"`
	// Access says who may start it in the console; empty: whoever manages plugins.
	Access string `json:"access,omitempty"`
}

// Timeout bounds one try.
func (j *Job) Timeout() time.Duration {
	if j.TimeoutS == 0 {
		return 30 * time.Minute
	}
	return time.Duration(j.TimeoutS) * time.Second
}

// Tries bounds how often it is begun.
func (j *Job) Tries() int {
	if j.Attempts == 0 {
		return 5
	}
	return j.Attempts
}

// Period gives how often it runs, and from when in the day; 0: never by itself.
func (j *Job) Period() (every, from time.Duration) {
	if j.Every == "" {
		return 0, 0
	}
	n, err := strconv.Atoi(j.Every[:len(j.Every)-1])
	if err != nil {
		return 0, 0
	}
	unit := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[j.Every[len(j.Every)-1]]
	if at, err := time.Parse("15:04", j.At); err == nil {
		from = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	return time.Duration(n) * unit, from
}

// Slot gives the last moment at which the job was to run, and the next one;
// false: it does not run by itself.
func (j *Job) Slot(now time.Time) (last, next time.Time, ok bool) {
	every, from := j.Period()
	if every <= 0 {
		return last, next, false
	}
	last = now.UTC().Add(-from).Truncate(every).Add(from)
	return last, last.Add(every), true
}

// Mail asks to send letters.
type Mail struct {
	// To says to whom: "users", or "<collection>.<field>", both ids, for the
	// addresses in a field of entries of the plugin's own.
	To        []string     `json:"to"`
	PerHour   int          `json:"per_hour,omitempty"` // 0: 100
	Templates []Template   `json:"templates"`
	Why       schema.Texts `json:"why"`
}

// Most is how many letters it may send within an hour.
func (m *Mail) Most() int {
	if m.PerHour == 0 {
		return 100
	}
	return m.PerHour
}

// Template is a letter with {places}.
type Template struct {
	ID      string         `json:"id"`
	Subject schema.Texts   `json:"subject"`
	Lines   []schema.Texts `json:"lines"`
	Button  *MailButton    `json:"button,omitempty"`
	Note    schema.Texts   `json:"note,omitempty"`
}

// MailButton leads to a page of the site.
type MailButton struct {
	Label schema.Texts `json:"label"`
	Path  string       `json:"path"`
}

// Host is another computer that the plugin speaks to; "*.example.org" stands
// for all names below.
type Host struct {
	Host string       `json:"host"`
	Why  schema.Texts `json:"why"`
}

// Covers reports whether a name is the host's.
func (h *Host) Covers(name string) bool {
	if suffix, ok := strings.CutPrefix(h.Host, "*"); ok {
		return strings.HasSuffix(name, suffix) && len(name) > len(suffix)
	}
	return name == h.Host
}

// Files asks to read and upload assets.
type Files struct {
	Upload bool         `json:"upload,omitempty"`
	Why    schema.Texts `json:"why"`
}

// Migrate says that the plugin brings what it keeps to its version.
type Migrate struct {
	Back     bool `json:"back,omitempty"`
	TimeoutS int  `json:"timeout_s,omitempty"` // 0: 1800
}

// Timeout bounds one try.
func (m *Migrate) Timeout() time.Duration {
	if m.TimeoutS == 0 {
		return 30 * time.Minute
	}
	return time.Duration(m.TimeoutS) * time.Second
}

// Console is what the plugin brings to the console.
type Console struct {
	Screens []Place `json:"screens,omitempty"`
	Cards   []Place `json:"cards,omitempty"`
	Panels  []Place `json:"panels,omitempty"`
	Actions []Place `json:"actions,omitempty"`
}

// Place is where the plugin shows something in the console.
type Place struct {
	ID     string       `json:"id"`
	Label  schema.Texts `json:"label"`
	Access string       `json:"access"`         // signed_in, or a verb and a collection id
	Icon   string       `json:"icon,omitempty"` // of a screen
	Menu   string       `json:"menu,omitempty"` // of a screen: its section; empty: it is in no menu
	Size   string       `json:"size,omitempty"` // of a card: small, wide
	Where  string       `json:"where,omitempty"`
	// Collections are those whose editors a panel or an action stands in.
	Collections []content.CollectionID `json:"collections,omitempty"`
	Frame       *Frame                 `json:"frame,omitempty"`
	// Offline are the actions of a screen that the console keeps while there is
	// no network, and sends when it is back.
	Offline []string `json:"offline,omitempty"`
}

// Frame is an HTML file of the plugin's in the place of a tree.
type Frame struct {
	File   string `json:"file"`
	Height int    `json:"height,omitempty"`
}

// Places lists all of them.
func (c *Console) Places() []Place {
	return slices.Concat(c.Screens, c.Cards, c.Panels, c.Actions)
}

// Place finds one.
func (c *Console) Place(id string) (Place, bool) {
	all := c.Places()
	i := slices.IndexFunc(all, func(p Place) bool { return p.ID == id })
	if i < 0 {
		return Place{}, false
	}
	return all[i], true
}

// Job finds a job.
func (m *Manifest) Job(id string) *Job {
	i := slices.IndexFunc(m.Jobs, func(j Job) bool { return j.ID == id })
	if i < 0 {
		return nil
	}
	return &m.Jobs[i]
}
