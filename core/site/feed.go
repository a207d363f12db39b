package site

import (
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/feeds"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// feedSize is how many entries a feed has.
const feedSize = 30

// feed gives what answers with the newest of a collection in a format, or nil.
func feed(ext string) func(*visit, *schema.Collection) error {
	switch ext {
	case "atom":
		return (*visit).atom
	case "feed.json":
		return (*visit).jsonFeed
	case "ics":
		return (*visit).calendar
	}
	return nil
}

// feedsOf lists the feeds of a collection.
func (v *visit) feedsOf(col *schema.Collection) []page.Format {
	if col.Group == "vocabulary" {
		return nil
	}
	list := v.ListAddress(col)
	out := []page.Format{
		{Title: "Atom", Type: "application/atom+xml", URL: list + ".atom"},
		{Title: "JSON Feed", Type: "application/feed+json", URL: list + ".feed.json"},
	}
	if periodOf(col) != nil {
		out = append(out, page.Format{Title: "iCalendar", Type: "text/calendar", URL: list + ".ics"})
	}
	return out
}

// newest reads what a feed has, the last published first.
func (v *visit) newest(col *schema.Collection) ([]*entry.Entry, error) {
	v.params()
	r, err := v.Find(col.Name, query.Params{Fields: reader.ListFields(col), Sort: "-" + schema.SysPublishedAt, Page: query.Page{Size: feedSize}})
	if err != nil {
		return nil, err
	}
	return entry.Standing(v.ShownAll(r.Items)), nil
}

// feedHead is what the feeds of a collection say of themselves.
func (v *visit) feedHead(col *schema.Collection, ext string) feeds.Head {
	list := v.ListAddress(col)
	return feeds.Head{Title: entry.Label(col.Label, v.Locale, col.Name) + " – " + v.frame.Name, Subtitle: v.About(col), Author: v.frame.Name,
		Locale: string(v.Locale), Base: v.Base(), Page: list, Self: list + "." + ext}
}

// atom answers with a feed of RFC 4287.
func (v *visit) atom(col *schema.Collection) error {
	entries, err := v.newest(col)
	if err != nil {
		return err
	}
	body, err := feeds.Atom(v.feedHead(col, "atom"), entries)
	return v.document("application/atom+xml; charset=utf-8", body, err)
}

// document answers with what was written, unless it could not be.
func (v *visit) document(contentType string, body []byte, err error) error {
	if err != nil {
		return problem.Wrap(err, problem.Internal, "internal", nil)
	}
	return v.body(contentType, body)
}

// jsonFeed answers with a JSON Feed 1.1.
func (v *visit) jsonFeed(col *schema.Collection) error {
	entries, err := v.newest(col)
	if err != nil {
		return err
	}
	return v.body("application/feed+json", feeds.JSON(v.feedHead(col, "feed.json"), entries))
}

// periodOf is the field that says when an entry takes place, or nil.
func periodOf(col *schema.Collection) *schema.Field {
	for i := range col.Fields {
		if col.Fields[i].Kind == "period" {
			return &col.Fields[i]
		}
	}
	return nil
}

// calendar answers with the periods of a collection as iCalendar.
func (v *visit) calendar(col *schema.Collection) error {
	f := periodOf(col)
	if f == nil {
		return reader.Missing()
	}
	v.params()
	r, err := v.Find(col.Name, query.Params{Fields: reader.ListFields(col) + "," + f.Name, Sort: "-" + f.Name, Page: query.Page{Size: query.MaxPage}})
	if err != nil {
		return err
	}
	return v.body("text/calendar; charset=utf-8", feeds.Calendar(v.feedHead(col, "ics"), v.ShownAll(r.Items), f.Name))
}
