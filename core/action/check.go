package action

import (
	"errors"

	"github.com/recueil-cms/recueil/core/action/noun"
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
		return []problem.Field{{Pointer: problem.Pointer(f.Name), Code: code, Args: problem.Args{"field": label(f)}}}, nil
	}
	other, taken, err := tx.Taken(e.col.ID, f.ID, sideOf(f, l), value, e.ID)
	if err != nil || !taken {
		return nil, err
	}
	if holder, err := tx.Entry(other); err == nil && holder.TrashedAt != nil {
		code = "value_taken_in_trash"
	}
	return []problem.Field{{Pointer: problem.Pointer(f.Name), Code: code, Args: problem.Args{"field": label(f)}}}, nil
}

// sideOf is where an entry keeps the values of a field.
func sideOf(f *schema.Field, l content.Locale) content.Locale {
	if f.Localized {
		return l
	}
	return content.Shared
}

// dangling tells which references lead nowhere: to an entry or asset that does
// not exist or is in the trash, or to an entry of a collection, or a file of a
// type, that the field does not allow, be it inside a group, a list or a block.
func (e *edit) dangling(tx *view.Tx, values content.Values, which func(content.FieldID) bool) ([]problem.Field, error) {
	picked := content.Values{}
	for id, v := range values {
		if which(id) {
			picked[id] = v
		}
	}
	if refs := e.env.Kinds.Refs(e.col, picked); len(refs) > MaxRefs {
		return nil, problem.New(problem.TooLarge, "too_many_references", problem.Args{"limit": MaxRefs, "n": len(refs)})
	}
	found := targets{tx: tx, env: e.env, self: e.ID, known: map[content.Ref]target{}}
	var faults []problem.Field
	for _, r := range e.env.Kinds.Placed(e.col, picked) {
		fault, err := found.fault(r)
		if err != nil {
			return nil, err
		}
		if fault != nil && len(faults) < maxFaults {
			faults = append(faults, *fault)
		}
	}
	return faults, nil
}

// maxFaults bounds what is told of one entry.
const maxFaults = 100

// target is what a reference leads to.
type target struct {
	fault string               // code of what is wrong with it, or ""
	media string               // of an asset
	in    content.CollectionID // of an entry; "" is the one that refers
}

// targets looks each of them up once.
type targets struct {
	tx    *view.Tx
	env   Env
	self  content.EntryID
	known map[content.Ref]target
}

// fault says what is wrong with a reference where it stands.
func (t *targets) fault(r schema.Placed) (*problem.Field, error) {
	to, ok := t.known[r.Ref]
	if !ok {
		var err error
		if to, err = t.find(r.Ref); err != nil {
			return nil, err
		}
		t.known[r.Ref] = to
	}
	args := problem.Args{"field": label(r.Field), "id": r.Ref.ID}
	code := to.fault
	switch {
	case code != "":
	case r.Ref.Kind == content.RefAsset && !schema.AllowsMedia(*r.Field, to.media):
		code = "asset_type"
		args["type"], args["allowed"] = to.media, schema.MediaTypes(*r.Field)
	case to.in != "" && t.elsewhere(*r.Field, to.in):
		code = "target_elsewhere"
	default:
		return nil, nil
	}
	return &problem.Field{Pointer: r.Pointer, Code: code, Args: args}, nil
}

func (t *targets) find(r content.Ref) (target, error) {
	if r.Kind == content.RefAsset {
		if t.env.batch != nil && t.env.batch.assets[content.AssetID(r.ID)] != "" {
			return target{media: t.env.batch.assets[content.AssetID(r.ID)]}, nil
		}
		asset, err := noun.Find[content.Asset](t.tx, content.NounAsset, r.ID)
		if problem.KindOf(err) == problem.NotFound {
			return target{fault: "asset_missing"}, nil
		}
		return target{media: asset.MediaType}, err
	}
	if r.ID == string(t.self) {
		return target{}, nil
	}
	if in, expected := t.env.expects(content.EntryID(r.ID)); expected {
		return target{in: in}, nil
	}
	other, err := t.tx.Entry(content.EntryID(r.ID))
	switch {
	case errors.Is(err, view.ErrNotFound):
		return target{fault: "target_missing"}, nil
	case err != nil:
		return target{}, err
	case other.TrashedAt != nil:
		return target{fault: "target_in_trash"}, nil
	}
	return target{in: other.Collection}, nil
}

// elsewhere reports whether a field does not lead to a collection.
func (t *targets) elsewhere(f schema.Field, in content.CollectionID) bool {
	relation, ok := t.env.Kinds.Relation(f)
	return ok && len(relation.To) > 0 && !leads(t.tx, relation.To, in)
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
