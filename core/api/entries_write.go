package api

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

// The members of a body that are not fields.
var reservedMembers = []string{"locale", "locales", "parent", "after", "before", "status"}

// entryInput is a body of a new or changed entry, taken apart.
type entryInput struct {
	inputs  action.Inputs
	members map[string]any // the reserved ones
	flat    map[string]any
	first   content.Locale // gets the flat fields
	nested  bool           // fields came under "locales"
}

// takeApart separates fields from reserved members. Flat fields belong to the
// locale that "locale" names, or to the first of "locales": there they are
// those that the locales share.
func (k *call) takeApart(body map[string]any) (*entryInput, error) {
	in := &entryInput{inputs: action.Inputs{}, members: map[string]any{}, flat: map[string]any{}}
	for name, v := range body {
		if slices.Contains(reservedMembers, name) {
			in.members[name] = v
		} else {
			in.flat[name] = v
		}
	}
	if err := in.takeLocales(); err != nil {
		return nil, err
	}
	locale, err := in.text("locale")
	if err != nil {
		return nil, err
	}
	in.first = content.Locale(locale)
	switch {
	case locale != "" && in.nested:
		return nil, bodyProblem("/locale", "locale_and_locales", nil)
	case in.nested:
		in.first = slices.Min(slices.Collect(maps.Keys(in.inputs)))
	case locale == "":
		in.first = k.api.o.Locales[0]
	}
	if !content.ValidLocale(string(in.first)) {
		return nil, bodyProblem("/locale", "locale_malformed", problem.Args{"locale": shorten(locale)})
	}
	return in, in.addFlat()
}

func (in *entryInput) takeLocales() error {
	v, ok := in.members["locales"]
	if !ok {
		return nil
	}
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		return bodyProblem("/locales", "locales_object_expected", nil)
	}
	in.nested = true
	for locale, fields := range object {
		at := problem.Pointer("locales", shorten(locale))
		if !content.ValidLocale(locale) {
			return bodyProblem(at, "locale_malformed", problem.Args{"locale": shorten(locale)})
		}
		values, ok := fields.(map[string]any)
		if !ok {
			return bodyProblem(at, "json_object_expected", nil)
		}
		in.inputs[content.Locale(locale)] = values
	}
	return nil
}

func (in *entryInput) addFlat() error {
	values := in.inputs[in.first]
	if values == nil {
		values = map[string]any{}
		in.inputs[in.first] = values
	}
	for name, v := range in.flat {
		if _, twice := values[name]; twice {
			return bodyProblem(problem.Pointer(shorten(name)), "field_twice", problem.Args{"name": shorten(name)})
		}
		values[name] = v
	}
	return nil
}

// text gives a reserved member that must be a string; "" when absent or null.
func (in *entryInput) text(name string) (string, error) {
	v, ok := in.members[name]
	if !ok || v == nil {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", bodyProblem("/"+name, "text_expected", nil)
	}
	return s, nil
}

// noneOf refuses reserved members that mean nothing here.
func (in *entryInput) noneOf(names ...string) error {
	for _, name := range names {
		if _, given := in.members[name]; given {
			return bodyProblem("/"+name, "member_not_here", problem.Args{"name": name})
		}
	}
	return nil
}

// locate turns the pointers of a problem, which are into the inputs, into
// pointers into the body as it was sent.
func (in *entryInput) locate(err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || len(p.Fields) == 0 || (p.Kind != problem.Invalid && p.Kind != problem.BadRequest && p.Kind != problem.Conflict) {
		return err
	}
	moved := *p
	moved.Fields = slices.Clone(p.Fields)
	for i := range moved.Fields {
		moved.Fields[i].Pointer = in.pointer(moved.Fields[i].Pointer)
	}
	return &moved
}

func (in *entryInput) pointer(pointer string) string {
	locale, rest := string(in.first), pointer
	if len(in.inputs) > 1 {
		locale, rest, _ = strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
		rest = "/" + rest
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if _, flat := in.flat[name]; !in.nested || flat && locale == string(in.first) {
		return rest
	}
	return problem.Pointer("locales", locale) + rest
}

func shorten(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

func createEntry(k *call) error {
	body, raw, err := readJSON(k.Ctx, false)
	if err != nil {
		return err
	}
	if _, err := k.only(); err != nil {
		return err
	}
	in, err := k.takeApart(body)
	if err != nil {
		return err
	}
	a, err := in.creation(k.param("collection"))
	if err != nil {
		return err
	}
	r, err := k.do(a, "", raw)
	if err != nil {
		return in.locate(err)
	}
	address := Prefix + "/entries/" + k.Params("collection") + "/" + r.Subject
	k.Set(fiber.HeaderLocation, address)
	return k.entryNow(fiber.StatusCreated, r, in.first, nil)
}

func (in *entryInput) creation(collection string) (action.CreateEntry, error) {
	a := action.CreateEntry{Collection: collection, Inputs: in.inputs}
	for name, dst := range map[string]*content.EntryID{"parent": &a.Parent, "after": &a.After, "before": &a.Before} {
		id, err := in.text(name)
		if err != nil {
			return a, err
		}
		*dst = content.EntryID(id)
	}
	status, err := in.text("status")
	if err != nil {
		return a, err
	}
	switch content.Status(status) {
	case "", content.StatusDraft:
	case content.StatusPublished:
		a.Publish = true
	default:
		return a, bodyProblem("/status", "status_on_create", nil)
	}
	return a, nil
}

func saveEntry(k *call) error {
	body, raw, err := readJSON(k.Ctx, false)
	if err != nil {
		return err
	}
	if _, err := k.only(); err != nil {
		return err
	}
	in, err := k.takeApart(body)
	if err != nil {
		return err
	}
	if err := in.noneOf("parent", "after", "before", "status"); err != nil {
		return err
	}
	id, err := k.entryID(access.Update)
	if err != nil {
		return err
	}
	r, err := k.do(action.SaveDraft{ID: id, IfMatch: server.IfMatch(k.Ctx), Inputs: in.inputs}, "", raw)
	if err != nil {
		return in.locate(err)
	}
	return k.entryNow(fiber.StatusOK, r, in.first, nil)
}

// trashEntry takes the confirmations that a refusal asks for as parameters: a
// DELETE has no body.
func trashEntry(k *call) error {
	also, err := k.only("children", "force")
	if err != nil {
		return err
	}
	a := action.TrashEntry{IfMatch: server.IfMatch(k.Ctx)}
	if a.Children, err = flag("children", also); err != nil {
		return err
	}
	if a.Force, err = flag("force", also); err != nil {
		return err
	}
	if a.ID, err = k.entryID(access.Delete); err != nil {
		return err
	}
	r, err := k.do(a, "", nil)
	if err != nil {
		return err
	}
	if r.Entry != nil {
		k.Set(fiber.HeaderETag, server.RevisionTag(r.Entry.Revision))
	}
	return k.absent()
}

// entryID finds the entry that the path names by id or by a slug of its
// newest values, in the collection that it names. Whoever has the right on no
// entry at all is told so before anything is looked up, so that nobody learns
// by trying which slugs exist.
func (k *call) entryID(v access.Verb) (content.EntryID, error) {
	var id content.EntryID
	err := k.read(func(tx *view.Tx, p *access.Policy) (err error) {
		col := tx.Collection(k.param("collection"))
		if col == nil {
			return access.Hidden(access.Need{Collection: k.param("collection")})
		}
		if _, err := p.Allow(access.Need{Verb: v, Collection: string(col.ID), Of: col}); err != nil {
			return err
		}
		id, err = findEntry(tx, col, k.param("entry"), k.api.o.Locales)
		return err
	})
	return id, err
}

// entryNow answers a change with the entry as it is now, for those who may
// read it so; others are told its id and revision.
func (k *call) entryNow(status int, r action.Receipt, locale content.Locale, meta map[string]any) error {
	if r.Entry == nil {
		return k.written(status, 0, envelope{Data: map[string]any{"id": r.Subject}, Meta: meta})
	}
	p := query.Params{Locale: locale, AnyLocale: true, Version: query.Version{Draft: true}, Trashed: r.Entry.TrashedAt != nil}
	got, err := k.api.o.Query.Get(k.ctx, k.by, string(r.Entry.Collection), r.Subject, p)
	switch problem.KindOf(err) {
	case problem.Forbidden, problem.NotFound, problem.Unauthenticated:
		data := map[string]any{"id": r.Entry.ID, "revision": r.Entry.Revision}
		return k.written(status, r.Entry.Revision, envelope{Data: data, Meta: meta})
	}
	if err != nil {
		return err
	}
	k.speaks(got.Item.Locale)
	return k.written(status, got.Item.Revision, envelope{Data: got.Item, Meta: entryMeta(got, meta)})
}
