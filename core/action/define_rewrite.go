package action

import (
	"maps"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// tooMany reports whether more would be rewritten than one commit takes. The
// alternative, several commits, would show everyone entries that break their
// definition in between, and a crash would leave them so.
func (d *definition) tooMany() bool {
	return d.report.Rewritten > MaxRewrite || d.bytes > maxRewriteBytes
}

// rewrite puts the values of an entry where the new definition keeps them, in
// the form that it gives them. What each locale shows and prepares stays the
// same, and so do the times and authors of its versions.
func (d *definition) rewrite(e *content.Entry) error {
	next := e.Clone()
	next.Revision++
	next.UpdatedAt, next.UpdatedBy = d.env.Now, d.env.By
	if err := d.giveLocale(next); err != nil {
		return err
	}
	r := &relayout{d: d, next: next, live: content.Values{}, working: content.Values{}}
	for _, l := range faces(next) {
		r.face(l, e)
	}
	if len(r.torn) > 0 {
		d.torn(e, r.torn)
		return nil
	}
	r.shared(e)
	if !r.changed {
		return nil
	}
	d.report.Rewritten++
	for _, s := range next.Sides {
		if s.Review != nil && s.Review.State != content.Rejected {
			s.Review = nil
		}
	}
	for _, v := range next.Versions {
		d.bytes += weigh(v.Values) + weigh(v.Personal)
	}
	if !d.tooMany() {
		d.rewritten = append(d.rewritten, content.Change{Entry: next})
	} else {
		d.rewritten = nil
	}
	return nil
}

// giveLocale gives an entry that has only shared values a locale of its own,
// with the state of the whole, when the collection gets localized fields.
func (d *definition) giveLocale(e *content.Entry) error {
	shared := e.Sides[content.Shared]
	if shared == nil || len(e.Locales()) > 0 || !d.new.Localized() {
		return nil
	}
	l := d.action.Locale
	if !content.ValidLocale(string(l)) {
		return problem.New(problem.BadRequest, "locale_needed", nil)
	}
	side := *shared
	e.Sides[l] = &side
	e.Sides[content.Shared] = &content.Side{Draft: shared.Draft, Published: shared.Published}
	return nil
}

// torn reports values that become shared and differ between locales.
func (d *definition) torn(e *content.Entry, ids []content.FieldID) {
	d.report.Offending++
	f := &findings{d: d, entry: e}
	for _, id := range ids {
		f.offend(content.Shared, id, problem.OfFields(problem.Invalid, "", []problem.Field{{Code: "locales_differ"}}))
	}
	for _, o := range f.offences {
		if len(d.report.First) < shownOffences {
			d.report.First = append(d.report.First, o)
		}
	}
}

// relayout collects the versions of one entry under a new definition.
type relayout struct {
	d       *definition
	next    *content.Entry
	changed bool

	live, working                 content.Values // what the locales share from now on
	livePersonal, workingPersonal content.Values
	torn                          []content.FieldID // shared from now on, and different between locales
}

// face remakes the versions of one locale, and gathers what it shares.
func (r *relayout) face(l content.Locale, e *content.Entry) {
	old, shared := e.Side(l), e.Side(content.Shared)
	if len(e.Locales()) == 0 { // it had only shared values
		old = &content.Side{}
	}
	s := r.next.Sides[l]
	published, newest := s.Published, s.Newest()
	live := schema.Input{}
	if published != nil {
		live = r.split(shared.Published, old.Published)
		r.share(&r.live, &r.livePersonal, live)
	}
	working := r.split(shared.Newest(), old.Newest())
	r.share(&r.working, &r.workingPersonal, working)
	if l == content.Shared {
		return
	}
	s.Draft = nil
	if published != nil {
		s.Published = r.remake(published, live.Localized, live.LocalizedPersonal)
	}
	if published == nil || !sameLocalized(live, working) {
		s.Draft = r.remake(newest, working.Localized, working.LocalizedPersonal)
	}
	if published != nil && newest != published && s.Draft == nil {
		r.changed = true
	}
}

func sameLocalized(a, b schema.Input) bool {
	return equalValues(a.Localized, b.Localized) && equalValues(a.LocalizedPersonal, b.LocalizedPersonal)
}

// split merges two versions under the old definition and sorts their values
// under the new one.
func (r *relayout) split(versions ...*content.Version) schema.Input {
	merged := content.Values{}
	for _, v := range versions {
		if v != nil {
			maps.Copy(merged, v.Values)
			maps.Copy(merged, v.Personal)
		}
	}
	return schema.Split(r.d.new, r.d.converted(merged))
}

// share adds what one locale gives for all of them. Locales that give
// different values cannot be reconciled.
func (r *relayout) share(values, personal *content.Values, in schema.Input) {
	for _, part := range []struct {
		all *content.Values
		of  content.Values
	}{{values, in.Shared}, {personal, in.SharedPersonal}} {
		if *part.all == nil {
			*part.all = content.Values{}
		}
		for id, v := range part.of {
			if was, given := (*part.all)[id]; given && !equalValue(was, v) {
				r.torn = append(r.torn, id)
			}
			(*part.all)[id] = v
		}
	}
}

// shared remakes the versions of what the locales share.
func (r *relayout) shared(e *content.Entry) {
	old := e.Side(content.Shared)
	s := r.next.Sides[content.Shared]
	if s == nil {
		if len(r.live)+len(r.livePersonal)+len(r.working)+len(r.workingPersonal) == 0 {
			return
		}
		s = &content.Side{}
		r.next.Sides[content.Shared] = s
	}
	template := e.Side(faces(e)[0])
	published, newest := old.Published, old.Newest()
	if published == nil && live(e) && len(r.live)+len(r.livePersonal) > 0 {
		published = bare(template.Published)
	}
	if newest == nil {
		newest = bare(template.Newest())
	}
	s.Draft = nil
	if published != nil {
		s.Published = r.remake(published, r.live, r.livePersonal)
	}
	if published == nil || !equalValues(r.live, r.working) || !equalValues(r.livePersonal, r.workingPersonal) {
		s.Draft = r.remake(newest, r.working, r.workingPersonal)
	}
}

// bare is a version without values.
func bare(v *content.Version) *content.Version {
	if v == nil {
		return nil
	}
	return &content.Version{Revision: v.Revision, At: v.At, By: v.By}
}

// remake gives a version with other values, or the same one when they are its
// own.
func (r *relayout) remake(v *content.Version, values, personal content.Values) *content.Version {
	if v == nil {
		return nil
	}
	if equalValues(v.Values, values) && equalValues(v.Personal, personal) {
		return v
	}
	r.changed = true
	return &content.Version{Revision: r.next.Revision, At: v.At, By: v.By,
		Values: schema.Apply(nil, values), Personal: orNone(personal)}
}

func orNone(values content.Values) content.Values {
	if len(values) == 0 {
		return nil
	}
	return values
}
