package api

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

// collectionVerbs are the rights that let someone see a field's definition.
var collectionVerbs = []access.Verb{access.Read, access.ReadDraft, access.Create, access.Update}

// definition is a collection as the policy lets it be seen: whole for those
// who manage collections, and otherwise with the fields that the caller may
// use in some way; nil when there are none of it for them.
func definition(p *access.Policy, col *schema.Collection) *schema.Collection {
	if p.May(access.Manage, access.Collections) {
		return col
	}
	if !p.Reads(string(col.ID)) {
		return nil
	}
	var set access.FieldSet
	for _, v := range collectionVerbs {
		set = set.Union(p.Fields(col, v))
	}
	seen := *col
	seen.Fields = []schema.Field{}
	for _, f := range set.Of(col) {
		seen.Fields = append(seen.Fields, *f)
	}
	return &seen
}

func listCollections(k *call) error {
	also, err := k.only("texts")
	if err != nil {
		return err
	}
	locale := content.Locale(also["texts"])
	if locale != "" && !content.ValidLocale(string(locale)) {
		return problem.Parameter("texts", "parameter_locale", problem.Args{"value": shorten(string(locale))})
	}
	out := []*schema.Collection{}
	var seq uint64
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		seq = uint64(tx.Seq())
		for _, col := range tx.Collections() {
			seen := definition(p, col)
			if seen != nil && locale != "" {
				seen = seen.Speaking(locale)
			}
			if seen != nil {
				out = append(out, seen)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.keepNouns(seq)
	return k.answer(-1, envelope{Data: out})
}

// keepNouns keeps a response that came from definitions and roles only.
func (k *call) keepNouns(seq uint64) {
	server.Keep(k.Ctx, seq, []server.Source{{Noun: content.NounCollection}, {Noun: content.NounRole}})
}

func getCollection(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	var seen *schema.Collection
	var seq uint64
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		seq = uint64(tx.Seq())
		if col := tx.Collection(k.param("collection")); col != nil {
			seen = definition(p, col)
		}
		if seen == nil {
			return access.Hidden(access.Need{Collection: k.param("collection")})
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.keepNouns(seq)
	return k.answer(seen.Revision, envelope{Data: seen})
}

func createCollection(k *call) error {
	_, raw, err := readJSON(k.Ctx, false)
	if err != nil {
		return err
	}
	def, err := schema.ParseCollection(raw)
	if err != nil {
		return err
	}
	none := 0
	return k.define(action.DefineCollection{Definition: *def, IfMatch: &none}, raw)
}

// changeCollection lays the members of the body over the present definition:
// a member that is not named stays as it is. Fields are one member, and named
// as a whole.
func changeCollection(k *call) error {
	body, raw, err := readJSON(k.Ctx, false)
	if err != nil {
		return err
	}
	a := action.DefineCollection{IfMatch: server.IfMatch(k.Ctx)}
	var merged []byte
	err = k.read(func(tx *view.Tx, p *access.Policy) (err error) {
		if _, err := p.Allow(access.Need{Verb: access.Manage, Collection: access.Collections}); err != nil {
			return err
		}
		col := tx.Collection(k.param("collection"))
		if col == nil {
			return access.Hidden(access.Need{Collection: k.param("collection")})
		}
		if id, given := body["id"]; given && id != string(col.ID) {
			return bodyProblem("/id", "collection_id_fixed", nil)
		}
		if a.IfMatch == nil {
			a.IfMatch = &col.Revision
		}
		merged, err = overlay(col, body)
		return err
	})
	if err != nil {
		return err
	}
	def, err := schema.ParseCollection(merged)
	if err != nil {
		return err
	}
	a.Definition = *def
	return k.define(a, raw)
}

func overlay(col *schema.Collection, body map[string]any) ([]byte, error) {
	raw, err := json.Marshal(col)
	if err != nil {
		return nil, fmt.Errorf("write definition: %w", err)
	}
	present := map[string]any{}
	if err := json.Unmarshal(raw, &present); err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	maps.Copy(present, body)
	for name, v := range body {
		if v == nil {
			delete(present, name)
		}
	}
	return json.Marshal(present)
}

// define carries a definition out or, with dry_run, says what it would do.
func (k *call) define(a action.DefineCollection, raw []byte) error {
	also, err := k.only("dry_run", "force", "locale")
	if err != nil {
		return err
	}
	dry, err := flag("dry_run", also)
	if err != nil {
		return err
	}
	if a.Force, err = flag("force", also); err != nil {
		return err
	}
	a.Locale = content.Locale(also["locale"])
	if a.Locale == "" {
		a.Locale = k.api.o.Locales[0]
	}
	if dry {
		report, err := k.api.o.Runner.CheckDefinition(k.ctx, k.by, a)
		if err != nil {
			return err
		}
		return k.written(fiber.StatusOK, 0, envelope{Data: report})
	}
	r, err := k.do(a, "", raw)
	if err != nil && *a.IfMatch == 0 {
		return exists(err)
	}
	if err != nil {
		return err
	}
	return k.defined(r, *a.IfMatch == 0)
}

func (k *call) defined(r action.Receipt, isNew bool) error {
	var col *schema.Collection
	err := k.read(func(tx *view.Tx, _ *access.Policy) error {
		if col = tx.Collection(r.Subject); col == nil {
			return problem.New(problem.NotFound, "collection_not_found", problem.Args{"collection": r.Subject})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if isNew {
		return k.created(Prefix+"/collections/"+col.Name, col.Revision, envelope{Data: col})
	}
	return k.written(fiber.StatusOK, col.Revision, envelope{Data: col})
}

func removeCollection(k *call) error {
	force, err := k.forced()
	if err != nil {
		return err
	}
	a := action.RemoveCollection{Collection: k.param("collection"), IfMatch: server.IfMatch(k.Ctx), Force: force}
	if _, err := k.do(a, "", nil); err != nil {
		return err
	}
	return k.absent()
}

// forced reads the query string of a removal: "force" alone.
func (k *call) forced() (bool, error) {
	also, err := k.only("force")
	if err != nil {
		return false, err
	}
	return flag("force", also)
}

// flag reads a parameter that is "true", "false" or absent.
func flag(name string, also map[string]string) (bool, error) {
	switch v, given := also[name]; {
	case !given || v == "false":
		return false, nil
	case v == "true":
		return true, nil
	}
	return false, problem.Parameter(name, "parameter_not_boolean", nil)
}
