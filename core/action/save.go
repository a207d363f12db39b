package action

import (
	"errors"
	"maps"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// SaveDraft changes the newest values of one or more locales of an entry: the
// fields that Inputs names and no others; null empties a field. A locale that
// the entry does not have yet is added. Nothing that visitors see changes unless
// it is to be published too. A save that changes nothing commits nothing.
type SaveDraft struct {
	ID      content.EntryID
	IfMatch *int // the revision that the caller has seen; nil: any
	Inputs  Inputs
	Publish bool // at once, in every locale of Inputs
}

// Name is "entry.save".
func (SaveDraft) Name() string { return "entry.save" }

// Needs the right to update these fields, and to publish if asked to.
func (a SaveDraft) Needs(tx *view.Tx) ([]access.Need, error) {
	_, c, err := entryOf(tx, a.ID)
	if err != nil {
		return nil, err
	}
	needs := make([]access.Need, 0, len(a.Inputs))
	for _, l := range a.Inputs.locales() {
		needs = append(needs, access.Need{Verb: access.Update, Collection: string(c.ID), Of: c,
			Entry: a.ID, Locale: l, Fields: Inputs{l: a.Inputs[l]}.fields(c)})
	}
	if len(needs) == 0 {
		needs = append(needs, access.Need{Verb: access.Update, Collection: string(c.ID), Of: c, Entry: a.ID})
	}
	if a.Publish {
		more, err := need(tx, access.Publish, a.ID, a.Inputs.locales()...)
		return append(needs, more...), err
	}
	return needs, nil
}

// Plan makes the next revision.
func (a SaveDraft) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if err := e.take(tx, a.Inputs, schema.Input{}); err != nil {
		return nil, err
	}
	same := sameSides(e.was, e.Entry)
	if !same {
		if err := e.mayChangePlanned(tx); err != nil {
			return nil, err
		}
	}
	if a.Publish {
		locales, err := e.facesOf(a.Inputs.locales())
		if err != nil {
			return nil, err
		}
		if same = same && !e.unpublished(locales); !same {
			if err := e.publish(tx, locales, env); err != nil {
				return nil, err
			}
		}
	}
	if same {
		return nil, nil
	}
	return e.changes(), nil
}

// sameSides reports whether no version of the entry was replaced.
func sameSides(a, b *content.Entry) bool {
	return maps.EqualFunc(a.Sides, b.Sides, func(s, t *content.Side) bool {
		return s.Draft == t.Draft && s.Published == t.Published
	})
}

// mayChangePlanned refuses to let someone who may not publish change what is
// planned to go live: otherwise the plan would publish for them what they may
// not publish themselves.
func (e *edit) mayChangePlanned(tx *view.Tx) error {
	shared := e.Side(content.Shared).Draft != e.was.Side(content.Shared).Draft
	for _, l := range faces(e.Entry) {
		s := e.Side(l)
		if s.PublishAt == nil || (!shared && s.Draft == e.was.Side(l).Draft) {
			continue
		}
		ok, err := may(tx, e.env, needOf(e.col, access.Publish, e.ID, l))
		if err != nil {
			return err
		}
		if !ok {
			return problem.New(problem.Conflict, "entry_planned", problem.Args{"locale": string(l)}).
				With("publish_at", *s.PublishAt)
		}
	}
	return nil
}

// given is what one locale's input came to.
type given struct {
	face   content.Locale
	prefix string // of pointers
	input  schema.Input
}

// take puts the inputs of all locales into the edit, over defaults: decodes,
// saves, derives slugs, and checks what must be unique and what is pointed at.
func (e *edit) take(tx *view.Tx, inputs Inputs, defaults schema.Input) error {
	if len(inputs)+len(e.Sides) > MaxLocales {
		return problem.New(problem.TooLarge, "too_many_locales", problem.Args{"limit": MaxLocales})
	}
	all, faults, err := e.decode(inputs)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return problem.OfFields(problem.Invalid, "invalid_values", faults)
	}
	for _, g := range all {
		e.put(content.Shared, defaults.Shared, defaults.SharedPersonal)
		if g.face != content.Shared {
			e.put(g.face, defaults.Localized, defaults.LocalizedPersonal)
		}
	}
	for _, g := range all {
		if e.put(content.Shared, g.input.Shared, g.input.SharedPersonal) {
			e.touched(content.Shared)
		}
		if g.face != content.Shared && e.put(g.face, g.input.Localized, g.input.LocalizedPersonal) {
			e.touched(g.face)
		}
	}
	return e.settle(tx, all)
}

func (e *edit) decode(inputs Inputs) (all []given, faults []problem.Field, err error) {
	shared := map[content.FieldID]any{}
	for _, l := range inputs.locales() {
		g := given{face: faceOf(e.Entry, e.col, l)}
		if len(inputs) > 1 {
			g.prefix = problem.Pointer(string(l))
		}
		if g.face != content.Shared && !content.ValidLocale(string(g.face)) || g.face == content.Shared && e.col.Localized() {
			faults = append(faults, problem.Field{Pointer: g.prefix, Code: "locale_unknown", Args: problem.Args{"locale": problem.Short(string(l))}})
			continue
		}
		if g.input, err = e.env.Kinds.Decode(e.col, inputs[l]); err != nil {
			if faults, err = gather(faults, g.prefix, err); err != nil {
				return nil, nil, err
			}
			continue
		}
		faults = append(faults, e.contradictions(g.prefix, shared, g.input)...)
		all = append(all, g)
	}
	return all, faults, nil
}

// gather adds the fields of an Invalid problem to faults, below a pointer; any
// other error is given back.
func gather(faults []problem.Field, prefix string, err error) ([]problem.Field, error) {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || p.Kind != problem.Invalid || len(p.Fields) == 0 {
		return faults, err
	}
	for _, f := range p.Fields {
		f.Pointer = prefix + f.Pointer
		faults = append(faults, f)
	}
	return faults, nil
}

// contradictions finds fields that the locales share and that two of them give
// different values.
func (e *edit) contradictions(prefix string, seen map[content.FieldID]any, in schema.Input) []problem.Field {
	var faults []problem.Field
	for _, values := range []content.Values{in.Shared, in.SharedPersonal} {
		for id, v := range values {
			if earlier, ok := seen[id]; ok && !equalValue(earlier, v) {
				f := e.col.Field(id)
				faults = append(faults, problem.Field{Pointer: prefix + problem.Pointer(f.Name), Code: "shared_contradiction",
					Args: problem.Args{"field": label(f)}})
			}
			seen[id] = v
		}
	}
	return faults
}

func label(f *schema.Field) schema.FieldLabel {
	return schema.FieldLabel{Name: f.Name, Label: f.Label}
}

// settle derives slugs for the locales that were given values, and checks what
// was given: uniqueness, references, personal values after an erasure, sizes.
func (e *edit) settle(tx *view.Tx, all []given) error {
	var faults []problem.Field
	for _, g := range all {
		if err := e.deriveSlug(tx, g.face); err != nil {
			return err
		}
		found, err := e.check(tx, g.face, g.names)
		if err != nil {
			return err
		}
		for _, f := range found {
			f.Pointer = g.prefix + f.Pointer
			faults = append(faults, f)
		}
	}
	if err := problem.OfFields(problem.Invalid, "invalid_values", faults); err != nil {
		return err
	}
	if err := e.checkErased(); err != nil {
		return err
	}
	return e.checkSize()
}

// names reports whether the input speaks of a field.
func (g given) names(id content.FieldID) bool {
	for _, values := range []content.Values{g.input.Shared, g.input.SharedPersonal, g.input.Localized, g.input.LocalizedPersonal} {
		if _, ok := values[id]; ok {
			return true
		}
	}
	return false
}
