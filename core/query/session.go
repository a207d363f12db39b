package query

import (
	"context"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query/markdown"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// session is one read under way: one moment of the view as one actor sees it.
type session struct {
	e       *Engine
	tx      *view.Tx
	p       *access.Policy
	locales []content.Locale // in order of preference
	basis   Basis

	bounds map[boundsKey]*bounds
	lens   map[content.CollectionID]*schema.Collection // as a visitor sees them
	assets map[content.AssetID]*content.Asset
	links  map[content.Ref]*markdown.Link
	named  map[content.EntryID]*Link // nil for what may not be seen
	// present is Params.Present.
	present bool
	parents map[parentKey][]*view.Row // of rows in trees
	// populated counts the rows that relations brought in.
	populated int
}

// read runs f on one moment of the view.
func (e *Engine) read(ctx context.Context, by content.Actor, p *Params, f func(s *session) error) (Basis, error) {
	var basis Basis
	err := e.db.Read(ctx, func(tx *view.Tx) error {
		policy, err := e.policy(tx, by)
		if err != nil {
			return err
		}
		s := &session{e: e, tx: tx, p: policy, locales: e.chain(p), present: p.Present, bounds: map[boundsKey]*bounds{}}
		s.depend(Dependency{Noun: content.NounRole})
		s.depend(Dependency{Noun: content.NounCollection})
		if policy.SignedIn() {
			s.depend(Dependency{Noun: content.NounUser})
			s.depend(Dependency{Noun: content.NounToken})
		}
		err = f(s)
		s.basis.Seq = tx.Seq()
		basis = s.basis
		return err
	})
	return basis, err
}

func (s *session) depend(d Dependency) {
	if !slices.Contains(s.basis.Depends, d) {
		s.basis.Depends = append(s.basis.Depends, d)
	}
}

// chain gives the locales to try, the wanted one first.
func (e *Engine) chain(p *Params) []content.Locale {
	site := e.o.Locales()
	first := p.Locale
	if first == "" && len(site) > 0 {
		first = site[0]
	}
	chain := withLocales([]content.Locale{first}, p.Fallback)
	if p.AnyLocale {
		chain = withLocales(chain, site)
	}
	return chain
}

// withLocales is a chain that goes on with more locales, each once.
func withLocales(chain, more []content.Locale) []content.Locale {
	chain = slices.Clone(chain)
	for _, l := range more {
		if !slices.Contains(chain, l) {
			chain = append(chain, l)
		}
	}
	return chain
}

// collection finds a collection that the caller may know of.
func (s *session) collection(name string) (*schema.Collection, error) {
	col := s.tx.Collection(name)
	if col == nil || !s.p.Reads(string(col.ID)) {
		return nil, access.Hidden(access.Need{Collection: name})
	}
	return col, nil
}

// lookup finds a collection as the caller's questions may speak of it. To
// visitors, what they may not read does not exist, down to the suggestion of a
// nearest name; whoever is signed in is told that the right is missing, by the
// guard.
func (s *session) lookup(idOrName string) *schema.Collection {
	col := s.tx.Collection(idOrName)
	if col == nil || s.p.SignedIn() {
		return col
	}
	if seen, ok := s.lens[col.ID]; ok {
		return seen
	}
	var seen *schema.Collection
	if s.p.May(access.Read, string(col.ID)) {
		seen = narrowed(col, s.p.Fields(col, access.Read))
	}
	if s.lens == nil {
		s.lens = map[content.CollectionID]*schema.Collection{}
	}
	s.lens[col.ID] = seen
	return seen
}

// narrowed is a collection with only the fields of a set.
func narrowed(col *schema.Collection, set access.FieldSet) *schema.Collection {
	c := *col
	c.Fields = make([]schema.Field, 0, len(col.Fields))
	for _, f := range set.Of(col) {
		c.Fields = append(c.Fields, *f)
	}
	return &c
}

type boundsKey struct {
	collection content.CollectionID
	live       bool
	// trashed asks for the rights of whoever looks into the trash.
	trashed bool
}

// bounds is what the caller may see of one side of a collection.
type bounds struct {
	col     *schema.Collection
	live    bool
	trashed bool
	scopes  []access.Scope // all of them bind
	// system opens the system fields that tell of drafts.
	system bool
	// preview shows the draft of one entry to who reads no drafts: only that
	// one, and nothing around it.
	preview bool
	err     error // why nothing may be seen
}

func (s *session) boundsOf(col *schema.Collection, live, trashed bool) *bounds {
	key := boundsKey{col.ID, live, trashed}
	if b := s.bounds[key]; b != nil {
		return b
	}
	verbs := []access.Verb{access.Read}
	if !live {
		verbs[0] = access.ReadDraft
	}
	if trashed {
		verbs = append(verbs, access.Delete)
	}
	b := &bounds{col: col, live: live, trashed: trashed, system: !live}
	for _, v := range verbs {
		scope, err := s.p.Allow(access.Need{Verb: v, Collection: col.Name, Of: col})
		if err != nil {
			b.err = err
			break
		}
		b.scopes = append(b.scopes, scope)
		if strings.Contains(rowsText(scope), "$now") {
			s.basis.Volatile = true
		}
	}
	if live && b.err == nil {
		drafts, err := s.p.Allow(access.Need{Verb: access.ReadDraft, Collection: col.Name, Of: col})
		b.system = err == nil && drafts.Rows == nil
	}
	s.bounds[key] = b
	return b
}

func rowsText(s access.Scope) string {
	var b strings.Builder
	for _, r := range s.Rows {
		b.Write(r)
	}
	return b.String()
}

// visible is the scope that decides on fields.
func (b *bounds) visible() access.Scope { return b.scopes[0] }

// rows gives the condition on entries under which all the fields may be read.
func (s *session) rows(b *bounds, fields []*schema.Field) (ask.Filter, error) {
	var all []ask.Filter
	for i, scope := range b.scopes {
		if i == 0 {
			scope = scope.On(fields...)
		}
		if scope.Rows == nil {
			continue
		}
		f, err := scope.Filter(b.col, s.tx.Collection, s.e.kinds)
		if err != nil {
			return ask.Filter{}, err
		}
		all = append(all, f)
	}
	return join(all), nil
}

func join(all []ask.Filter) ask.Filter {
	kept := all[:0:0]
	for _, f := range all {
		if !f.Always() {
			kept = append(kept, f)
		}
	}
	switch len(kept) {
	case 0:
		return ask.Filter{}
	case 1:
		return kept[0]
	}
	return ask.Filter{And: kept}
}

// check says whether the caller may ask about a field of the collection, or
// what is wrong, naming the parameter.
func (s *session) check(b *bounds, f *schema.Field, parameter string) error {
	if b.visible().Grants(f) {
		return nil
	}
	name := ""
	if f != nil {
		name = f.Name
	}
	return s.refused(parameter, name, b.col)
}

func (s *session) refused(parameter, field string, col *schema.Collection) error {
	kind := problem.Forbidden
	if !s.p.SignedIn() {
		kind = problem.BadRequest
	}
	args := problem.Args{"parameter": parameter, "field": field, "collection": col.Name}
	return &problem.Error{Kind: kind, Code: "field_not_readable", Args: args,
		Fields: []problem.Field{{Pointer: parameter, Code: "field_not_readable", Args: args}}}
}

// draftOnly are the system fields that tell of drafts.
func draftOnly(system string) bool {
	switch system {
	case schema.SysCreatedBy, schema.SysUpdatedBy, schema.SysUpdatedAt, schema.SysStatus, schema.SysTrashedAt:
		return true
	}
	return false
}
