package query

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage/view"
)

// divide takes the choices of facets out of the filter.
func (f *finder) divide() error {
	f.choice, f.rest = map[string][]string{}, map[string]any{}
	raw, _ := f.p.Filter.(map[string]any)
	for name, cond := range raw {
		values, ok := chosenValues(cond)
		if !ok || !slices.Contains(f.p.Facets, name) {
			f.rest[name] = cond
			continue
		}
		if len(values) > search.MaxChosen {
			return problem.Parameter("filter["+name+"]", "parameter_too_many", problem.Args{"limit": search.MaxChosen})
		}
		f.choice[name] = values
	}
	return nil
}

// chosenValues reads {"_in": …} or {"_eq": …}.
func chosenValues(cond any) ([]string, bool) {
	m, ok := cond.(map[string]any)
	if !ok || len(m) != 1 {
		return nil, false
	}
	for op, v := range m {
		switch v := v.(type) {
		case string:
			if op == string(ask.In) {
				return strings.Split(v, ","), true
			}
			return []string{v}, op == string(ask.Eq)
		case bool, float64:
			return []string{fmt.Sprint(v)}, op == string(ask.Eq)
		case []any:
			var out []string
			for _, one := range v {
				out = append(out, fmt.Sprint(one))
			}
			return out, op == string(ask.In)
		}
	}
	return nil, false
}

// reach works out what counts, collection by collection.
func (f *finder) reach() error {
	var refused error
	for _, col := range f.tx.Collections() {
		if len(f.p.Collections) > 0 && !slices.Contains(f.p.Collections, col.Name) {
			continue
		}
		if !f.session.p.Reads(string(col.ID)) {
			continue
		}
		b := f.boundsOf(col, f.live, false)
		if b.err != nil {
			continue
		}
		f.depend(Dependency{Collection: col.ID})
		g := &guard{s: f.session, root: b}
		var filter ask.Filter
		if len(f.rest) > 0 {
			var err error
			if filter, err = g.ask(f.rest); err != nil {
				if refused == nil || problem.KindOf(err) != problem.BadRequest {
					refused = err // a right that is missing says more than a field that is
				}
				continue
			}
		}
		if err := f.group(b, g, filter); err != nil {
			return err
		}
		f.cols = append(f.cols, b)
	}
	switch {
	case len(f.cols) > 0:
		return nil
	case refused != nil:
		return refused
	case len(f.p.Collections) > 0:
		return access.Hidden(access.Need{Collection: shown(f.p.Collections[0])})
	}
	return nil
}

// group adds a collection to the groups of what may be read of it: once for
// what the caller may read of all entries in reach, and once for each grant
// that adds fields on some of them.
func (f *finder) group(b *bounds, g *guard, filter ask.Filter) error {
	rows, err := f.rows(b, g.used)
	if err != nil {
		return err
	}
	scope := b.visible()
	all := join([]ask.Filter{rows, filter})
	if err := f.reachable(b, scope.Fields, all); err != nil {
		return err
	}
	for _, part := range scope.Parts() {
		some, err := scope.FilterOf(part, b.col, f.tx.Collection, f.e.kinds)
		if err != nil {
			return err
		}
		if err := f.reachable(b, scope.Fields.Union(part.Fields), join([]ask.Filter{all, some})); err != nil {
			return err
		}
	}
	return nil
}

// reachable puts the entries that meet a condition into the group of those
// classes that the fields amount to.
func (f *finder) reachable(b *bounds, fields access.FieldSet, cond ask.Filter) error {
	set, err := f.set(b, cond)
	if err != nil {
		return err
	}
	have := f.classes(b.col, fields)
	for i := range f.groups {
		if _, taken := f.groups[i].In[b.col.ID]; f.groups[i].Classes == have && !taken {
			f.groups[i].In[b.col.ID] = set
			return nil
		}
	}
	f.groups = append(f.groups, search.Group{Classes: have, In: map[content.CollectionID]*search.Set{b.col.ID: set}})
	return nil
}

// classes are those of whose fields, as the index has them, the caller may
// read every one as it is defined now.
func (f *finder) classes(col *schema.Collection, fields access.FieldSet) search.Classes {
	var out search.Classes
	all := f.e.o.Search.Shape().Fields[col.ID]
	for _, class := range slices.Sorted(maps.Keys(all)) { // in order, so that what it depends on is, too
		ids := all[class]
		if len(ids) == 0 {
			continue
		}
		may := true
		for _, id := range ids {
			may = may && fields.Has(col.Field(id))
		}
		if class.OfFiles() {
			scope, err := f.session.p.Allow(access.Need{Verb: access.Read, Collection: access.Assets})
			may = may && err == nil && scope.Level() >= class.Level()
		}
		if may && class.OfTitles() {
			may = f.titlesReadable(col, ids)
		}
		if may {
			out = out.With(class)
		}
	}
	return out
}

// titlesReadable reports whether the caller may read the titles of all entries
// that the fields may point at.
func (f *finder) titlesReadable(col *schema.Collection, ids []content.FieldID) bool {
	for _, id := range ids {
		r, ok := f.e.kinds.Relation(*col.Field(id))
		if !ok {
			return false
		}
		for _, to := range r.To {
			target := f.tx.Collection(string(to))
			if target == nil {
				continue // nothing of it is left to be found by
			}
			f.depend(Dependency{Collection: to})
			b := f.boundsOf(target, true, false)
			title := target.Field(target.Title)
			if b.err != nil || title == nil || !b.visible().Fields.Has(title) || b.visible().On(title).Rows != nil {
				return false
			}
		}
	}
	return true
}

// set gives the entries that meet a condition; nil for all.
func (f *finder) set(b *bounds, cond ask.Filter) (*search.Set, error) {
	if cond.Always() {
		return nil, nil
	}
	set := f.e.o.Search.NewSet()
	err := f.tx.EachMatch(b.col.ID, b.live, f.locales, cond, func(id content.EntryID, l content.Locale) error {
		set.Add(id, l)
		return nil
	})
	if err != nil {
		return nil, badFilterOr(err, b.col)
	}
	return set, nil
}

func badFilterOr(err error, col *schema.Collection) error {
	if errors.Is(err, view.ErrBadFilter) {
		return problem.Wrap(err, problem.BadRequest, "filter_not_possible", nil)
	}
	return fmt.Errorf("search %s: %w", col.Name, err)
}

// count finds the fields of the facets. A field that the caller may read on
// some entries only is not counted.
func (f *finder) count() error {
	if len(f.p.Facets) > search.MaxFacets {
		return problem.Parameter("facets", "parameter_too_many", problem.Args{"limit": search.MaxFacets})
	}
	for _, name := range f.p.Facets {
		one := facet{Facet: search.Facet{Name: name, Fields: map[content.CollectionID]content.FieldID{}, Chosen: f.choice[name]}}
		for _, b := range f.cols {
			switch name {
			case FacetCollection:
				one.Fields[b.col.ID] = search.FacetCollection
				continue
			case FacetLocale:
				one.Fields[b.col.ID] = search.FacetLocale
				continue
			}
			if d := b.col.FieldNamed(name); d != nil && d.Facet && !d.Personal && b.visible().Fields.Has(d) {
				one.Fields[b.col.ID], one.field = d.ID, d
			}
		}
		if len(one.Fields) == 0 && len(f.cols) > 0 {
			return problem.Parameter("facets", "facet_unknown", problem.Args{"name": shown(name)})
		}
		if name == FacetCollection {
			one.Chosen = f.collectionIDs(one.Chosen)
		}
		f.facets = append(f.facets, one)
	}
	return nil
}

func (f *finder) collectionIDs(names []string) []string {
	var out []string
	for _, name := range names {
		for _, b := range f.cols {
			if b.col.Name == name {
				out = append(out, string(b.col.ID))
			}
		}
	}
	if len(names) > 0 && out == nil {
		return []string{""} // none of them is there: nothing fits
	}
	return out
}

// place finds the fields that say where entries are.
func (f *finder) place(req *search.Request) error {
	if f.p.Near == nil {
		if f.p.Sort == search.ByDistance {
			return problem.Parameter("near", "near_needed", nil)
		}
		return nil
	}
	near := &search.Near{Lat: f.p.Near.Lat, Lon: f.p.Near.Lon, Radius: f.p.Near.Radius,
		Fields: map[content.CollectionID]content.FieldID{}}
	for _, b := range f.cols {
		for i := range b.col.Fields {
			d := &b.col.Fields[i]
			if d.Kind == "geopoint" && !d.Personal && b.visible().Fields.Has(d) {
				near.Fields[b.col.ID] = d.ID
				break
			}
		}
	}
	req.Near = near
	return nil
}
