package show

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
)

// beforeOnline is how long before a meeting its online address is told.
const beforeOnline = 15 * time.Minute

// pageSize is how many contributions or comments a page has.
const pageSize = 50

// Anchor is a name that leads somewhere.
type Anchor struct{ Text, URL string }

// turn is the way between the pages of a list.
type turn struct {
	Number, Pages, Total int
	Before, After        string // addresses; may be empty
}

// number reads which page is wanted, from 1.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 2000 {
		return 1
	}
	return n
}

// turning makes the way between pages. query is kept but for the page.
func turning(at string, query map[string]string, n, total, size int) turn {
	t := turn{Number: n, Pages: max((total+size-1)/size, 1), Total: total}
	to := func(n int) string {
		v := url.Values{}
		for name, value := range query {
			if value != "" && name != "page" {
				v.Set(name, value)
			}
		}
		if n > 1 {
			v.Set("page", strconv.Itoa(n))
		}
		if len(v) == 0 {
			return at
		}
		return at + "?" + v.Encode()
	}
	if n > 1 {
		t.Before = to(n - 1)
	}
	if n < t.Pages {
		t.After = to(n + 1)
	}
	return t
}

// studies are the documents of something, with their addresses.
func (s *Site) studies(ctx context.Context, b record.Book, ids []string) ([]Anchor, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var out []Anchor
	items, _, err := record.List[struct {
		ID    string `json:"id"`
		Title string `json:"title"`
		Slug  string `json:"slug"`
	}](ctx, record.Book{Host: b.Host, Locale: b.Locale}, record.Studies, record.Q{"id _in": strings.Join(ids[:min(len(ids), 100)], ","), "fields": "id,title,slug", "size": "100"})
	for _, it := range items {
		a := Anchor{Text: it.Title}
		if it.Slug != "" {
			a.URL = "/" + b.Locale + "/etudes/" + url.PathEscape(it.Slug)
		}
		out = append(out, a)
	}
	return out, err
}

// spoken is a contribution or comment as it is shown.
type spoken struct {
	record.Said
	ID, Kind, Title, Who, Side string
	On                         string // contribution or topic
	Section, Place             string
	Comments, Cited            int
	Pros, Cons                 int
	About                      string // a text under discussion
	Paragraph                  int
	Gone                       bool // nothing of it may be shown
	MergedInto, SplitFrom      string
	Parent                     string
}

func ofContribution(c *record.Contribution, names record.Names) spoken {
	return spoken{Said: c.Said, ID: c.ID, Kind: "contribution", Title: c.Title, Who: names[c.Association], Section: c.Section, Place: c.Place, Comments: c.Comments, Pros: c.Pros, Cons: c.Cons, About: c.About, Paragraph: c.Paragraph,
		Cited: c.Cited, Gone: c.State == record.Erased, MergedInto: c.MergedInto, SplitFrom: c.SplitFrom}
}

func ofComment(c *record.Comment, names record.Names) spoken {
	return spoken{Said: c.Said, ID: c.ID, Kind: "comment", Who: names[c.Association], Side: c.Side, On: c.Contribution + c.Topic, Parent: c.Parent, Gone: c.State == record.Erased}
}

// commentFields are those of comments that pages show.
const commentFields = "id,ref,contribution,topic,answers,side,body,sources,association,channel,lang,state,sent"

// comments reads a page of what was said about something.
func (s *Site) comments(ctx context.Context, b record.Book, field, id, order string, n int) ([]spoken, int, error) {
	sort := "sent"
	if order == "recent" {
		sort = "-sent"
	}
	all, page, err := record.List[record.Comment](ctx, b, record.Comments, record.Q{field: id, "state _in": "published,erased", "sort": sort, "fields": commentFields,
		"size": strconv.Itoa(pageSize), "number": strconv.Itoa(n), "count": "exact"})
	if err != nil {
		return nil, 0, err
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].Association
	}
	names, err := b.Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, 0, err
	}
	out := make([]spoken, len(all))
	for i := range all {
		out[i] = ofComment(&all[i], names)
	}
	return out, page.Total, nil
}

// phased is a phase as it is shown.
type phased struct {
	rules.Phase
	Now, Past bool
}

func phasesOf(c *record.Consultation, today string) []phased {
	now := rules.Now(c.Phases, today)
	out := make([]phased, len(c.Phases))
	for i, p := range c.Phases {
		out[i] = phased{Phase: p, Past: p.Ends < today, Now: now != nil && p.Key == now.Key && p.Starts == now.Starts}
	}
	return out
}

// open says what a consultation is open for today.
func open(c *record.Consultation, today string) map[string]bool {
	out := map[string]bool{}
	for _, what := range []string{rules.Contribute, rules.Comment, rules.Argue, rules.HideCounts} {
		out[what] = rules.Open(c.Phases, today, what)
	}
	return out
}
