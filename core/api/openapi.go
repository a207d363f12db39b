package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/view"
)

// object is a JSON object of the OpenAPI document.
type object = map[string]any

// documents keeps the OpenAPI documents that were asked for last. What a
// document says follows from the definitions, the roles and the language, so
// it holds until one of them changes.
type documents struct {
	mu   sync.Mutex
	made map[documentKey]*document
}

type documentKey struct {
	definitions, roles uint64
	held               string // the caller's roles
	locale             string
	only               string // collections
}

type document struct {
	body []byte
	root object
}

const maxDocuments = 32

func newDocuments() *documents { return &documents{made: map[documentKey]*document{}} }

func (d *documents) get(key documentKey) *document {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.made[key]
}

func (d *documents) put(key documentKey, doc *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k := range d.made {
		if len(d.made) < maxDocuments && k.definitions == key.definitions && k.roles == key.roles {
			continue
		}
		delete(d.made, k)
	}
	d.made[key] = doc
}

func getOpenAPI(k *call) error {
	also, err := k.only("collections")
	if err != nil {
		return err
	}
	locale := k.speech()
	doc, seq, err := k.document(locale, also["collections"])
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderContentLanguage, locale)
	k.keepNouns(seq)
	return server.Send(k.Ctx, "application/json", -1, doc.body)
}

// speech is the language in which the program speaks to the caller.
func (k *call) speech() string {
	return texts.Negotiate(k.Get(fiber.HeaderAcceptLanguage), texts.Locales[:])
}

// speechOf is speech, unless the caller asks for one of the languages.
func (k *call) speechOf(asked string) (string, error) {
	switch {
	case asked == "":
		return k.speech(), nil
	case slices.Contains(texts.Locales[:], asked):
		return asked, nil
	}
	return "", problem.Parameter("locale", "docs_locale", nil)
}

// document gives the description of what the caller may do.
func (k *call) document(locale, only string) (*document, uint64, error) {
	var cols []*schema.Collection
	var policy *access.Policy
	key := documentKey{locale: locale, only: only}
	var seq uint64
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		policy, seq = p, uint64(tx.Seq())
		key.held = fmt.Sprint(p.Roles())
		key.definitions = uint64(k.api.o.View.ChangedNouns(content.NounCollection))
		key.roles = uint64(k.api.o.View.ChangedNouns(content.NounRole))
		for _, col := range tx.Collections() {
			if p.Reads(string(col.ID)) || p.May(access.Create, string(col.ID)) {
				cols = append(cols, col)
			}
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if only != "" {
		if cols, err = chosen(cols, only); err != nil {
			return nil, 0, err
		}
	}
	if doc := k.api.openapi.get(key); doc != nil && k.by.Kind != content.ActorSystem {
		return doc, seq, nil
	}
	w := describer{api: k.api, policy: policy, locale: locale, cols: cols}
	doc := &document{root: w.document()}
	if doc.body, err = json.Marshal(doc.root); err != nil {
		return nil, 0, fmt.Errorf("write OpenAPI document: %w", err)
	}
	k.api.openapi.put(key, doc)
	return doc, seq, nil
}

func chosen(cols []*schema.Collection, only string) ([]*schema.Collection, error) {
	var out []*schema.Collection
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(cols, func(c *schema.Collection) bool { return c.Name == name })
		if i < 0 {
			return nil, problem.Parameter("collections", "collection_not_found", problem.Args{"collection": shorten(name)})
		}
		out = append(out, cols[i])
	}
	return out, nil
}

// describer writes one document.
type describer struct {
	api    *API
	policy *access.Policy
	locale string
	cols   []*schema.Collection
	types  *typeSchemas
}

func (w *describer) text(key string, args problem.Args) string {
	return w.api.o.Texts.Text(w.locale, key, args)
}

func (w *describer) document() object {
	w.types = newTypeSchemas()
	paths := object{}
	for _, r := range w.api.routes {
		if !r.typed {
			w.add(paths, r, nil)
			continue
		}
		for _, col := range w.cols {
			w.add(paths, r, col)
		}
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": w.text("openapi.title", nil), "version": w.version(),
			"description": w.text("openapi.description", nil),
			"license":     object{"name": "Apache 2.0", "identifier": "Apache-2.0"},
		},
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"servers":           []any{object{"url": Prefix}},
		"tags":              w.tags(),
		"security":          []any{object{}, object{"token": []any{}}, object{"session": []any{}}},
		"paths":             paths,
		"components":        w.components(),
	}
}

func (w *describer) version() string {
	if w.api.o.Version == "" {
		return "0"
	}
	return w.api.o.Version
}

// shows reports whether the caller's document has the operation.
func (w *describer) shows(r route, col *schema.Collection) bool {
	switch {
	case r.verb == "":
		return true
	case r.on != "":
		return w.policy.May(r.verb, r.on)
	case col != nil && r.verb == access.Read:
		return w.policy.Reads(string(col.ID))
	case col != nil:
		return w.policy.May(r.verb, string(col.ID))
	}
	return slices.ContainsFunc(w.cols, func(c *schema.Collection) bool { return w.policy.May(r.verb, string(c.ID)) })
}

func (w *describer) add(paths object, r route, col *schema.Collection) {
	if !w.shows(r, col) {
		return
	}
	path, names := openPath(r.path)
	op := object{
		"operationId": operationID(r, col),
		"summary":     w.text("op."+r.op, nil),
		"tags":        []any{w.tag(r, col)},
		"parameters":  w.parameters(r, names, col),
		"responses":   w.responses(r, col),
	}
	if col != nil {
		path = strings.Replace(path, "{collection}", col.Name, 1)
	}
	if r.open {
		op["security"] = []any{object{}}
	}
	if body := w.body(r, col); body != nil {
		op["requestBody"] = body
	}
	item, _ := paths[path].(object)
	if item == nil {
		item = object{}
		paths[path] = item
	}
	item[strings.ToLower(r.method)] = op
}

// openPath turns "/entries/:collection" into "/entries/{collection}".
func openPath(path string) (string, []string) {
	var names []string
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			names = append(names, name)
			parts[i] = "{" + name + "}"
		}
		if part == "*" { // the rest, whatever it holds
			names = append(names, "path")
			parts[i] = "{path}"
		}
	}
	return strings.Join(parts, "/"), names
}

func operationID(r route, col *schema.Collection) string {
	if col == nil {
		return r.op
	}
	return r.op + "." + col.Name
}

func (w *describer) tag(r route, col *schema.Collection) string {
	if col != nil {
		return col.Name
	}
	name, _, _ := strings.Cut(r.op, ".")
	return name
}

// tags gives the groups of operations: the collections, then the rest.
func (w *describer) tags() []any {
	out := []any{}
	for _, col := range w.cols {
		tag := object{"name": col.Name}
		if label := col.Label.In(content.Locale(w.locale)); label != "" {
			tag["description"] = label
		}
		out = append(out, tag)
	}
	seen := map[string]bool{}
	for _, r := range w.api.routes {
		if r.typed || !w.shows(r, nil) {
			continue
		}
		if name := w.tag(r, nil); !seen[name] {
			seen[name] = true
			out = append(out, object{"name": name, "description": w.text("tag."+name, nil)})
		}
	}
	return out
}
