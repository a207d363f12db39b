// Package sheet brings rows of a table into a collection: each row makes an
// entry or changes the one that it names, through an action of its own, so that
// a row has the rights, rules and history of a change made by hand. Texts of
// cells become values by the kinds of their fields.
package sheet

import (
	"context"
	"errors"
	"strings"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

// Limits of what is brought in at a time.
const (
	MaxRows    = 200
	MaxColumns = 200
)

// Column says what a column of the table holds.
type Column struct {
	Field string `json:"field"` // by name, or "id"; empty: the column is left out
	// Locale of a field that has a value for each; empty: the plan's.
	Locale content.Locale `json:"locale,omitempty"`
}

// Plan says how rows become entries.
type Plan struct {
	Columns []Column
	// Key is the field by which a row names an entry that is there: "id", the
	// slug or a unique field. Empty: every row is a new entry.
	Key    string
	Locale content.Locale // of the columns that name none
	Clear  bool           // empty cells take values away; otherwise they leave them
	// Publish makes each row live at once. Otherwise new entries are drafts,
	// and what is live stays as it is.
	Publish bool
	Dry     bool
}

// Parts are what an import stands on.
type Parts struct {
	Runner *action.Runner
	Query  *query.Engine
	Kinds  schema.Kinds
	// Collection gives a collection that the caller may know of, or nil.
	Collection func(idOrName string) *schema.Collection
}

// Outcome is what became of one row.
type Outcome struct {
	Did    string          `json:"did"` // "created", "updated", "same" or "refused"
	ID     content.EntryID `json:"id,omitempty"`
	Faults []Fault         `json:"faults,omitempty"`
}

// Fault is one thing wrong with a row. Column is its place in the plan, -1 for
// the row as a whole.
type Fault struct {
	Column int
	Code   string
	Args   problem.Args
}

// Import brings rows in, one after the other. A row that is refused leaves the
// others alone; the error is of the plan, or that the server cannot go on.
func Import(ctx context.Context, p Parts, by content.Actor, collection string, plan Plan, rows [][]string) ([]Outcome, error) {
	im, err := begin(p, by, collection, plan)
	if err != nil {
		return nil, err
	}
	if len(rows) > MaxRows {
		return nil, problem.New(problem.TooLarge, "sheet_too_many_rows", problem.Args{"limit": MaxRows})
	}
	out := make([]Outcome, len(rows))
	for i, row := range rows {
		if out[i], err = im.row(ctx, row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// importer knows what each column is.
type importer struct {
	Parts
	by      content.Actor
	plan    Plan
	col     *schema.Collection
	fields  []*schema.Field // of the columns; nil: left out, or the id
	key     int             // column of the key; -1: none
	targets map[string][]content.EntryID
}

func begin(p Parts, by content.Actor, collection string, plan Plan) (*importer, error) {
	col := p.Collection(collection)
	if col == nil {
		return nil, problem.New(problem.NotFound, "collection_not_found", problem.Args{"collection": clip(collection)})
	}
	if len(plan.Columns) > MaxColumns {
		return nil, problem.New(problem.TooLarge, "sheet_too_many_columns", problem.Args{"limit": MaxColumns})
	}
	im := &importer{Parts: p, by: by, plan: plan, col: col, key: -1, targets: map[string][]content.EntryID{}}
	for i, c := range plan.Columns {
		f := col.FieldNamed(c.Field)
		if f == nil && c.Field != "" && c.Field != "id" {
			return nil, problem.New(problem.Invalid, "sheet_field_unknown", problem.Args{"field": c.Field, "collection": col.Name})
		}
		im.fields = append(im.fields, f)
		if c.Field == plan.Key && c.Field != "" {
			im.key = i
		}
	}
	if plan.Key == "" {
		return im, nil
	}
	f := col.FieldNamed(plan.Key)
	if im.key < 0 || plan.Key != "id" && !(f != nil && (f.Unique || f.ID == col.Slug)) {
		return nil, problem.New(problem.Invalid, "sheet_key", problem.Args{"field": plan.Key})
	}
	return im, nil
}

func (im *importer) row(ctx context.Context, row []string) (Outcome, error) {
	inputs, faults, err := im.inputs(ctx, row)
	if err != nil {
		return Outcome{}, err
	}
	if len(faults) > 0 {
		return Outcome{Did: "refused", Faults: faults}, nil
	}
	id, revision, err := im.find(ctx, row)
	var out Outcome
	if err == nil {
		out, err = im.act(ctx, id, revision, inputs)
	}
	if err == nil {
		return out, nil
	}
	return im.refuse(err)
}

// refuse turns a problem of one row into what is told of it. What would refuse
// every row, because the server cannot go on, is an error.
func (im *importer) refuse(err error) (Outcome, error) {
	var p *problem.Error
	if !errors.As(err, &p) {
		return Outcome{}, err
	}
	switch p.Kind {
	case problem.Unavailable, problem.Unclear, problem.Limited, problem.Internal, problem.Unauthenticated:
		return Outcome{}, err
	}
	out := Outcome{Did: "refused"}
	for _, f := range p.Fields {
		out.Faults = append(out.Faults, Fault{im.columnAt(f.Pointer), f.Code, f.Args})
	}
	if len(p.Fields) == 0 {
		out.Faults = []Fault{{-1, p.Code, p.Args}}
	}
	return out, nil
}

// columnAt gives the column whose value a pointer leads to, as "/fr/title" or
// "/title".
func (im *importer) columnAt(pointer string) int {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, f := range im.fields {
		if f == nil {
			continue
		}
		if f.Name == steps[0] || len(steps) > 1 && f.Name == steps[1] && steps[0] == string(im.localeOf(i)) {
			return i
		}
	}
	return -1
}

func (im *importer) localeOf(column int) content.Locale {
	if l := im.plan.Columns[column].Locale; l != "" {
		return l
	}
	return im.plan.Locale
}

// inputs reads the cells of a row. What the locales share goes in with the
// plan's own.
func (im *importer) inputs(ctx context.Context, row []string) (action.Inputs, []Fault, error) {
	inputs := action.Inputs{}
	var faults []Fault
	for i, f := range im.fields {
		if f == nil || i >= len(row) {
			continue
		}
		text := unguard(strings.TrimSpace(row[i]))
		if text == "" && !im.plan.Clear {
			continue
		}
		v, fault, err := im.value(ctx, f, text)
		if err != nil {
			return nil, nil, err
		}
		if fault != nil {
			fault.Column = i
			faults = append(faults, *fault)
			continue
		}
		l := im.localeOf(i)
		if !f.Localized {
			l = im.plan.Locale
		}
		if inputs[l] == nil {
			inputs[l] = map[string]any{}
		}
		inputs[l][f.Name] = v
	}
	return inputs, faults, nil
}

// unguard takes off the apostrophe that an export puts before what a
// spreadsheet would take for a formula.
func unguard(text string) string {
	if len(text) > 1 && text[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(text[1])) {
		return text[1:]
	}
	return text
}

// find gives the entry that a row names, or "".
func (im *importer) find(ctx context.Context, row []string) (content.EntryID, int, error) {
	if im.key < 0 || im.key >= len(row) {
		return "", 0, nil
	}
	text := unguard(strings.TrimSpace(row[im.key]))
	if text == "" {
		return "", 0, nil
	}
	r, err := im.Query.Find(ctx, im.by, im.col.Name, query.Params{
		Filter: map[string]any{im.plan.Key: map[string]any{"_eq": text}}, Fields: "id", Locale: im.localeOf(im.key), AnyLocale: true,
		Version: query.Version{Draft: true}, Page: query.Page{Size: 2},
	})
	switch {
	case err != nil:
		return "", 0, err
	case len(r.Items) > 1:
		return "", 0, problem.New(problem.Invalid, "sheet_key_several", problem.Args{"value": text})
	case len(r.Items) == 1:
		return r.Items[0].ID, r.Items[0].Revision, nil
	case im.plan.Key == "id":
		return "", 0, problem.New(problem.NotFound, "sheet_id_missing", problem.Args{"id": text})
	}
	return "", 0, nil
}

// act carries a row out, or tries.
func (im *importer) act(ctx context.Context, id content.EntryID, revision int, inputs action.Inputs) (Outcome, error) {
	if id == "" {
		if len(inputs) == 0 {
			return Outcome{}, problem.New(problem.Invalid, "sheet_row_empty", nil)
		}
		return im.do(ctx, action.CreateEntry{Collection: im.col.Name, Inputs: inputs, Publish: im.plan.Publish}, Outcome{Did: "created"}, 0)
	}
	out := Outcome{Did: "same", ID: id}
	if len(inputs) > 0 {
		saved, err := im.do(ctx, action.SaveDraft{ID: id, IfMatch: &revision, Inputs: inputs}, Outcome{Did: "updated", ID: id}, revision)
		if err != nil {
			return Outcome{}, err
		}
		out = saved
	}
	if im.plan.Publish && !im.plan.Dry && out.Did == "updated" {
		if _, err := im.Runner.Do(ctx, im.by, action.PublishEntry{ID: id}); err != nil {
			return Outcome{}, err
		}
	}
	return out, nil
}

func (im *importer) do(ctx context.Context, a action.Action, out Outcome, revision int) (Outcome, error) {
	if im.plan.Dry {
		e, err := im.Runner.Try(ctx, im.by, a)
		if err == nil && e == nil {
			out.Did = "same"
		}
		return out, err
	}
	r, err := im.Runner.Do(ctx, im.by, a)
	if err != nil {
		return Outcome{}, err
	}
	if r.Entry == nil || r.Entry.Revision == revision {
		out.Did = "same"
	} else {
		out.ID = r.Entry.ID
	}
	return out, nil
}
