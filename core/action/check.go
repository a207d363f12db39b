package action

import (
	"errors"
	"strconv"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// check says what is wrong with the newest values of a locale, and what it
// shares, beside the other entries: values that must be unique and are taken,
// references to what does not exist. Only the fields that which picks count.
func (e *edit) check(tx *view.Tx, l content.Locale, which func(content.FieldID) bool) ([]problem.Field, error) {
	faults, err := e.checkUnique(tx, l, which)
	if err != nil {
		return nil, err
	}
	dangling, err := e.dangling(tx, e.Working(l), which)
	return append(faults, dangling...), err
}

// checkUnique tells which values must be unique and are taken.
func (e *edit) checkUnique(tx *view.Tx, l content.Locale, which func(content.FieldID) bool) ([]problem.Field, error) {
	values := e.Working(l)
	var faults []problem.Field
	for i := range e.col.Fields {
		f := &e.col.Fields[i]
		unique := f.Unique || f.ID == e.col.Slug
		if !unique || !which(f.ID) || values[f.ID] == nil {
			continue
		}
		fault, err := e.clash(tx, l, f, values[f.ID])
		if err != nil {
			return nil, err
		}
		faults = append(faults, fault...)
	}
	return faults, nil
}

// clash tells whether a value that must be unique is taken by another entry,
// also one in the trash: it could not come back otherwise.
func (e *edit) clash(tx *view.Tx, l content.Locale, f *schema.Field, value any) ([]problem.Field, error) {
	code := "value_taken"
	if e.env.reserved(place{e.col.ID, f.ID, sideOf(f, l), value}, e.ID) {
		return []problem.Field{{Pointer: pointer(f.Name), Code: code, Args: problem.Args{"field": label(f)}}}, nil
	}
	other, taken, err := tx.Taken(e.col.ID, f.ID, sideOf(f, l), value, e.ID)
	if err != nil || !taken {
		return nil, err
	}
	if holder, err := tx.Entry(other); err == nil && holder.TrashedAt != nil {
		code = "value_taken_in_trash"
	}
	return []problem.Field{{Pointer: pointer(f.Name), Code: code, Args: problem.Args{"field": label(f)}}}, nil
}

// sideOf is where an entry keeps the values of a field.
func sideOf(f *schema.Field, l content.Locale) content.Locale {
	if f.Localized {
		return l
	}
	return content.Shared
}

// dangling tells which references lead nowhere: to an entry or asset that does
// not exist or is in the trash, or to an entry of a collection that the field
// does not allow.
func (e *edit) dangling(tx *view.Tx, values content.Values, which func(content.FieldID) bool) ([]problem.Field, error) {
	picked := content.Values{}
	for id, v := range values {
		if which(id) {
			picked[id] = v
		}
	}
	refs := e.env.Kinds.Refs(e.col, picked)
	if len(refs) > MaxRefs {
		return nil, problem.New(problem.TooLarge, "too_many_references", problem.Args{"limit": MaxRefs, "n": len(refs)})
	}
	var faults []problem.Field
	nth := map[content.FieldID]int{}
	for _, r := range refs {
		f := e.col.Field(r.Field)
		at := pointer(f.Name)
		if keys(picked[r.Field]) {
			at += "/" + strconv.Itoa(nth[r.Field])
		}
		nth[r.Field]++
		code, err := e.target(tx, f, r.Ref)
		if err != nil {
			return nil, err
		}
		if code != "" {
			faults = append(faults, problem.Field{Pointer: at, Code: code,
				Args: problem.Args{"field": label(f), "id": r.Ref.ID}})
		}
	}
	return faults, nil
}

// keys reports whether a value is a list of ids, so that the nth reference is
// its nth item.
func keys(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	_, ok = list[0].(string)
	return ok
}

// target gives the code of what is wrong with a reference, or "".
func (e *edit) target(tx *view.Tx, f *schema.Field, r content.Ref) (string, error) {
	if r.Kind == content.RefAsset {
		_, err := tx.Noun(content.NounAsset, r.ID)
		if errors.Is(err, view.ErrNotFound) {
			return "asset_missing", nil
		}
		return "", err
	}
	if r.ID == string(e.ID) {
		return "", nil
	}
	in, expected := e.env.expects(content.EntryID(r.ID))
	if !expected {
		other, err := tx.Entry(content.EntryID(r.ID))
		switch {
		case errors.Is(err, view.ErrNotFound):
			return "target_missing", nil
		case err != nil:
			return "", err
		case other.TrashedAt != nil:
			return "target_in_trash", nil
		}
		in = other.Collection
	}
	relation, ok := e.env.Kinds.Relation(*f)
	if ok && len(relation.To) > 0 && !leads(tx, relation.To, in) {
		return "target_elsewhere", nil
	}
	return "", nil
}

// leads reports whether a relation allows a collection; a definition may name
// its targets by id or by name.
func leads(tx *view.Tx, to []content.CollectionID, id content.CollectionID) bool {
	for _, t := range to {
		if t == id {
			return true
		}
		if c := tx.Collection(string(t)); c != nil && c.ID == id {
			return true
		}
	}
	return false
}

// checkErased refuses new personal values once those of the entry were erased:
// its key is gone for good, so that nothing can bring the old ones back.
func (e *edit) checkErased() error {
	if e.ErasedAt == nil {
		return nil
	}
	for _, v := range e.Versions {
		if len(v.Personal) > 0 {
			return problem.New(problem.Conflict, "entry_erased", nil).With("erased_at", *e.ErasedAt)
		}
	}
	return nil
}

// checkSize refuses a version of more than MaxEntryBytes.
func (e *edit) checkSize() error {
	for _, v := range e.Versions {
		if v.Revision != e.Revision {
			continue
		}
		if n := weigh(v.Values) + weigh(v.Personal); n > MaxEntryBytes {
			return problem.New(problem.TooLarge, "entry_too_large", problem.Args{"limit": MaxEntryBytes, "n": n})
		}
	}
	return nil
}

func weigh(values content.Values) int {
	n := 2
	for id, v := range values {
		n += len(id) + 4 + weight(v)
	}
	return n
}

// weight is about the length of a value as JSON, in bytes.
func weight(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 2
	case []any:
		n := 2
		for _, item := range v {
			n += weight(item) + 1
		}
		return n
	case map[string]any:
		n := 2
		for key, item := range v {
			n += len(key) + 4 + weight(item)
		}
		return n
	}
	return 8
}
