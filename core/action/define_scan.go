package action

import (
	"errors"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxRewriteBytes bounds what one commit rewrites, so that its record fits
// even when nothing in it can be compressed.
const maxRewriteBytes = 3 << 20

// maxHolders bounds the values that are compared for a field that becomes
// unique.
const maxHolders = 1_000_000

// scan looks at the existing entries as far as the change needs it.
func (d *definition) scan(tx *view.Tx) error {
	w := d.work()
	if !w.any() {
		return nil
	}
	d.targets = &targets{tx: tx, env: d.env, known: map[content.Ref]target{}}
	err := tx.EachEntry(d.new.ID, func(e *content.Entry) error {
		d.report.Checked++
		return d.entry(e, w)
	})
	if err != nil {
		return err
	}
	for _, what := range w.order {
		if n := d.tally[what]; n > 0 {
			what.Entries = n
			d.report.Confirm = append(d.report.Confirm, what)
		}
	}
	return nil
}

// work is what a change asks of the existing entries.
type work struct {
	convert  map[content.FieldID]bool // kind or settings changed: values may need another form
	move     bool                     // some field is kept elsewhere than before
	required []content.FieldID
	unique   []content.FieldID
	removed  []content.FieldID
	unsealed []content.FieldID // no longer personal
	order    []Confirmation    // in which confirmations are told, without counts
}

func (w *work) any() bool {
	return len(w.convert)+len(w.required)+len(w.unique)+len(w.removed)+len(w.unsealed) > 0 || w.move
}

func (d *definition) work() *work {
	w := &work{convert: map[content.FieldID]bool{}}
	for _, c := range d.diff {
		top := d.new.Field(c.Field)
		nested := top != nil && strings.Count(c.Path, "/") > 1
		switch c.What {
		case schema.FieldKind, schema.FieldSettings:
			w.convert[c.Field] = true
		case schema.FieldLocalized, schema.FieldPersonal:
			w.move = true
			if c.What == schema.FieldPersonal && !top.Personal {
				w.unsealed = append(w.unsealed, c.Field)
				w.order = append(w.order, Confirmation{Code: "personal_unsealed", Field: top.Name})
			}
		case schema.FieldAdded, schema.FieldRequired:
			if c.NeedsCheck {
				w.required = append(w.required, c.Field)
				w.order = append(w.order, Confirmation{Code: "live_incomplete", Field: top.Name})
			}
		case schema.FieldUnique:
			if c.NeedsCheck && !nested {
				w.unique = append(w.unique, c.Field)
			}
		case schema.FieldRemoved:
			w.removed = append(w.removed, c.Field)
			w.order = append(w.order, Confirmation{Code: "values_lost", Field: d.nameOf(c.Field)})
			if nested {
				w.convert[c.Field] = true
			}
		}
	}
	slices.SortFunc(w.order, func(a, b Confirmation) int {
		return strings.Compare(a.Code+"\x00"+a.Field, b.Code+"\x00"+b.Field)
	})
	w.order = slices.Compact(w.order)
	w.required = slices.Compact(w.required)
	return w
}

// nameOf is the name of a field of the new definition, or of the old one.
func (d *definition) nameOf(id content.FieldID) string {
	if f := d.new.Field(id); f != nil {
		return f.Name
	}
	if f := d.old.Field(id); f != nil {
		return f.Name
	}
	return string(id)
}

// entry does the work on one entry.
func (d *definition) entry(e *content.Entry, w *work) error {
	found := &findings{d: d, entry: e, confirm: map[Confirmation]bool{}}
	for _, l := range faces(e) {
		found.face(l, w)
	}
	if found.failed != nil {
		return found.failed
	}
	if len(found.offences) > 0 {
		d.report.Offending++
		for _, o := range found.offences {
			if len(d.report.First) < shownOffences {
				d.report.First = append(d.report.First, o)
			}
		}
		return nil
	}
	for what := range found.confirm {
		d.tally[what]++
	}
	if !w.move && len(w.convert) == 0 {
		return nil
	}
	return d.rewrite(e)
}

// findings are what is found out about one entry.
type findings struct {
	d        *definition
	entry    *content.Entry
	offences []Offence
	confirm  map[Confirmation]bool
	failed   error // to look something up
}

func (f *findings) face(l content.Locale, w *work) {
	for _, values := range []content.Values{f.entry.Live(l), f.entry.Working(l)} {
		if values == nil {
			continue
		}
		for id := range w.convert {
			now, err := f.d.convert(id, values[id])
			if err != nil {
				f.offend(l, id, err)
			} else if faults := f.leads(id, values[id], now); len(faults) > 0 {
				f.offend(l, id, problem.OfFields(problem.Invalid, "", faults))
			}
		}
		for _, id := range w.unique {
			f.unique(l, id, values[id])
		}
		for _, id := range w.removed {
			if values[id] != nil {
				f.confirm[Confirmation{Code: "values_lost", Field: f.d.nameOf(id)}] = true
			}
		}
		for _, id := range w.unsealed {
			if values[id] != nil {
				f.confirm[Confirmation{Code: "personal_unsealed", Field: f.d.nameOf(id)}] = true
			}
		}
	}
	if live := f.entry.Live(l); live != nil {
		for _, fault := range f.d.env.Kinds.RecheckComplete(f.d.new, w.required, f.d.converted(live)) {
			name, _, _ := strings.Cut(strings.TrimPrefix(fault.Pointer, "/"), "/")
			f.confirm[Confirmation{Code: "live_incomplete", Field: name}] = true
		}
	}
}

// leads says which references of a value the new field allows no more: files of
// another type, entries of another collection. What was wrong before stays so.
func (f *findings) leads(id content.FieldID, was, now any) (faults []problem.Field) {
	from, to := f.d.old.Field(id), f.d.new.Field(id)
	if from == nil || to == nil || now == nil {
		return nil
	}
	type wrong struct {
		ref  content.Ref
		code string
	}
	known := map[wrong]bool{}
	for _, r := range f.d.env.Kinds.PlacedIn(from, was) {
		fault, err := f.d.targets.fault(r)
		f.failed = errors.Join(f.failed, err)
		if fault != nil {
			known[wrong{r.Ref, fault.Code}] = true
		}
	}
	for _, r := range f.d.env.Kinds.PlacedIn(to, now) {
		fault, err := f.d.targets.fault(r)
		f.failed = errors.Join(f.failed, err)
		if fault != nil && !known[wrong{r.Ref, fault.Code}] {
			fault.Pointer = strings.TrimPrefix(fault.Pointer, problem.Pointer(to.Name))
			faults = append(faults, *fault)
		}
	}
	return faults
}

// unique compares a value with those of the entries before. The same fault is
// told once for an entry.
func (f *findings) unique(l content.Locale, id content.FieldID, v any) {
	field := f.d.new.Field(id)
	if v == nil || !comparable(v) || len(f.d.holders) >= maxHolders {
		return
	}
	p := place{f.d.new.ID, id, sideOf(field, l), v}
	if holder, taken := f.d.holders[p]; taken && holder != f.entry.ID {
		f.offend(l, id, problem.OfFields(problem.Invalid, "", []problem.Field{{Code: "value_taken"}}))
		return
	}
	f.d.holders[p] = f.entry.ID
}

func (f *findings) offend(l content.Locale, id content.FieldID, err error) {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || len(p.Fields) == 0 {
		p = &problem.Error{Fields: []problem.Field{{Code: "convert_failed"}}}
	}
	name := f.d.nameOf(id)
	for _, fault := range p.Fields {
		o := Offence{Entry: f.entry.ID, Title: f.title(), Locale: l, Field: name,
			Pointer: problem.Pointer(name) + fault.Pointer, Code: fault.Code}
		if !slices.Contains(f.offences, o) {
			f.offences = append(f.offences, o)
		}
	}
}

// title names the entry in the report.
func (f *findings) title() string {
	for _, l := range faces(f.entry) {
		if text, ok := f.entry.Working(l)[f.d.old.Title].(string); ok {
			return noun.Cut(text, 100)
		}
	}
	return ""
}

// convert gives a value of the old field as one of the new.
func (d *definition) convert(id content.FieldID, v any) (any, error) {
	from, to := d.old.Field(id), d.new.Field(id)
	if v == nil || from == nil || to == nil {
		return v, nil
	}
	return d.env.Kinds.Convert(*from, *to, v)
}

// converted gives all values under the new definition; what does not fit was
// told before, and counts as absent.
func (d *definition) converted(values content.Values) content.Values {
	out := make(content.Values, len(values))
	for id, v := range values {
		if kept, err := d.convert(id, v); err == nil && kept != nil && d.new.Field(id) != nil {
			out[id] = kept
		}
	}
	return out
}
