package manifest

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// MaxBytes bounds a manifest.
const MaxBytes = 1 << 20

// maxFaults bounds what is told at once.
const maxFaults = 50

// Schema is the JSON Schema of plugin.json, for editors.
//
//go:embed manifest.schema.json
var Schema []byte

// compiled is the schema, read once.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) { return compile(Schema) })

func compile(raw []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nothing{})
	const at = "recueil:schema"
	if err := c.AddResource(at, doc); err != nil {
		return nil, err
	}
	return c.Compile(at)
}

// nothing loads no schema from anywhere.
type nothing struct{}

func (nothing) Load(url string) (any, error) {
	return nil, fmt.Errorf("%s: a schema may refer only to itself", url)
}

// Parse reads a manifest and checks all that can be checked without a site.
// What is wrong comes as one Invalid problem with pointers into the manifest.
func Parse(raw []byte, kinds schema.Kinds) (*Manifest, error) {
	if len(raw) > MaxBytes {
		return nil, problem.New(problem.TooLarge, "manifest_too_large", problem.Args{"limit": MaxBytes})
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "manifest_not_json", problem.Args{"reason": err.Error()})
	}
	s, err := compiled()
	if err != nil {
		return nil, fmt.Errorf("read the schema of manifests: %w", err)
	}
	if faults := validate(s, doc); len(faults) > 0 {
		return nil, invalid(faults)
	}
	m := &Manifest{}
	if err := json.Unmarshal(raw, m); err != nil {
		return nil, problem.Wrap(err, problem.Invalid, "manifest_not_json", problem.Args{"reason": err.Error()})
	}
	c := checker{m: m, kinds: kinds}
	c.check()
	if len(c.faults) > 0 {
		return nil, invalid(c.faults)
	}
	return m, nil
}

func invalid(faults []problem.Field) error {
	if len(faults) > maxFaults {
		faults = faults[:maxFaults]
	}
	return problem.OfFields(problem.Invalid, "manifest_invalid", faults)
}

// validate holds a document against a schema.
func validate(s *jsonschema.Schema, doc any) []problem.Field {
	err := s.Validate(doc)
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return nil
	}
	var out []problem.Field
	leaves(v, func(e *jsonschema.ValidationError) { out = append(out, faultOf(e)) })
	return out
}

func leaves(e *jsonschema.ValidationError, see func(*jsonschema.ValidationError)) {
	if len(e.Causes) == 0 {
		see(e)
		return
	}
	for _, cause := range e.Causes {
		leaves(cause, see)
	}
}

// faultOf puts what the validator says into codes of ours.
func faultOf(e *jsonschema.ValidationError) problem.Field {
	f := problem.Field{Pointer: problem.Pointer(e.InstanceLocation...), Code: "value_unfit", Args: problem.Args{}}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		f.Code, f.Args["names"] = "member_missing", k.Missing
	case *kind.AdditionalProperties:
		f.Code, f.Args["names"] = "members_unknown", k.Properties
	case *kind.Type:
		f.Code, f.Args["wanted"], f.Args["got"] = "value_type", k.Want, k.Got
	case *kind.Enum:
		f.Code, f.Args["choices"] = "value_choice", shown(k.Want)
	case *kind.Const:
		f.Code, f.Args["choices"] = "value_choice", shown([]any{k.Want})
	case *kind.Pattern:
		f.Code, f.Args["pattern"] = "value_pattern", k.Want
	case *kind.MaxLength:
		f.Code, f.Args["limit"] = "value_too_long", k.Want
	case *kind.MaxItems:
		f.Code, f.Args["limit"] = "value_too_many", k.Want
	case *kind.MinItems:
		f.Code, f.Args["limit"] = "value_too_few", k.Want
	case *kind.Minimum:
		f.Code, f.Args["limit"] = "value_too_small", k.Want.RatString()
	case *kind.Maximum:
		f.Code, f.Args["limit"] = "value_too_large", k.Want.RatString()
	}
	return f
}

func shown(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// CheckSettings holds settings against the manifest's schema for them; empty
// settings are an empty object.
func (m *Manifest) CheckSettings(settings json.RawMessage) error {
	if len(settings) == 0 {
		settings = json.RawMessage(`{}`)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(settings))
	if err != nil {
		return problem.Wrap(err, problem.BadRequest, "manifest_not_json", problem.Args{"reason": err.Error()})
	}
	raw := m.Settings
	if len(raw) == 0 {
		raw = json.RawMessage(`{"type":"object","additionalProperties":false}`)
	}
	s, err := compile(raw)
	if err != nil {
		return fmt.Errorf("read the schema of the settings of %s: %w", m.Name, err)
	}
	return problem.OfFields(problem.Invalid, "settings_invalid", validate(s, doc))
}

// checker gathers what the schema cannot say.
type checker struct {
	m      *Manifest
	kinds  schema.Kinds
	faults []problem.Field
}

func (c *checker) fault(code string, args problem.Args, steps ...any) {
	path := make([]string, len(steps))
	for i, s := range steps {
		path[i] = fmt.Sprint(s)
	}
	c.faults = append(c.faults, problem.Field{Pointer: problem.Pointer(path...), Code: code, Args: args})
}

func (c *checker) check() {
	for i, f := range c.m.Requires {
		if !slices.Contains(Features, f) {
			c.fault("feature_unknown", problem.Args{"name": f}, "requires", i)
		}
	}
	if _, ok := c.m.Label["fr"]; !ok {
		if _, ok := c.m.Label["en"]; !ok {
			c.fault("label_languages", nil, "label")
		}
	}
	c.collections()
	c.public()
	c.rights()
	c.hook()
	c.events()
	c.routes()
	c.surfaces()
	if len(c.m.Settings) > 0 {
		if _, err := compile(c.m.Settings); err != nil {
			c.fault("schema_broken", problem.Args{"reason": err.Error()}, "settings")
		}
	}
	names := map[string]bool{}
	for i, s := range c.m.Secrets {
		if names[s.Name] {
			c.fault("given_twice", problem.Args{"name": s.Name}, "secrets", i, "name")
		}
		names[s.Name] = true
	}
}

// collections: a plugin defines only what bears its name, so that none can
// take over what another brought.
func (c *checker) collections() {
	seen := map[content.CollectionID]bool{}
	for i := range c.m.Collections {
		col := &c.m.Collections[i]
		if id := string(col.ID); id != c.m.Name && !strings.HasPrefix(id, c.m.Name+"-") {
			c.fault("collection_foreign", problem.Args{"id": id, "name": c.m.Name}, "collections", i, "id")
		}
		if seen[col.ID] {
			c.fault("given_twice", problem.Args{"name": string(col.ID)}, "collections", i, "id")
		}
		seen[col.ID] = true
		var p *problem.Error
		if err := c.kinds.CheckCollection(col); errors.As(err, &p) {
			for _, f := range p.Fields {
				f.Pointer = problem.Pointer("collections", fmt.Sprint(i)) + f.Pointer
				c.faults = append(c.faults, f)
			}
		}
	}
}

// public: only what the plugin brings is its to open.
func (c *checker) public() {
	for i, id := range c.m.Public {
		if !c.m.Owns(id) {
			c.fault("collection_foreign", problem.Args{"id": string(id), "name": c.m.Name}, "public", i)
		}
	}
}

func (c *checker) rights() {
	if len(c.m.Rights) == 0 {
		return
	}
	own := func(id string) *schema.Collection {
		for i := range c.m.Collections {
			if string(c.m.Collections[i].ID) == id {
				return &c.m.Collections[i]
			}
		}
		return nil
	}
	for i, r := range c.m.Rights { // what others hold is not a plugin's to destroy
		if slices.Contains(r.Verbs, access.Erase) && own(r.Collection) == nil {
			c.fault("collection_foreign", problem.Args{"id": r.Collection, "name": c.m.Name}, "rights", i, "collection")
		}
	}
	role := c.m.Role()
	var p *problem.Error
	if err := access.CheckRole(&role, own, c.kinds); errors.As(err, &p) {
		for _, f := range p.Fields {
			f.Pointer = strings.Replace(f.Pointer, "/grants/", "/rights/", 1)
			c.faults = append(c.faults, f)
		}
	}
}

// covered reports whether the plugin asks to read a collection.
func (c *checker) covered(id content.CollectionID, verbs ...access.Verb) bool {
	return slices.ContainsFunc(c.m.Rights, func(r Right) bool {
		return r.Collection == string(id) && slices.ContainsFunc(verbs, func(v access.Verb) bool { return slices.Contains(r.Verbs, v) })
	})
}

func (c *checker) hook() {
	h := c.m.Hook
	if h == nil {
		return
	}
	for i, id := range h.Collections {
		if !c.covered(id, access.ReadDraft) {
			c.fault("right_missing", problem.Args{"verb": "read_draft", "collection": string(id)}, "hook", "collections", i)
		}
	}
	for id := range h.Patch {
		if !slices.Contains(h.Collections, id) {
			c.fault("hook_elsewhere", problem.Args{"collection": string(id)}, "hook", "patch", id)
		}
	}
}

func (c *checker) events() {
	var announced []string
	for _, a := range c.m.Announces {
		announced = append(announced, a.ID)
	}
	c.twice(announced, "announces")
	if c.m.Events == nil {
		return
	}
	for i, id := range c.m.Events.Collections {
		if !c.covered(id, access.Read, access.ReadDraft) {
			c.fault("right_missing", problem.Args{"verb": "read", "collection": string(id)}, "events", "collections", i)
		}
	}
}

// reservedPaths are the addresses below a plugin that are the program's own.
var reservedPaths = []string{"actions", "settings", "logs", "jobs", "console", "frames"}

func (c *checker) routes() {
	seen := map[string]bool{}
	for i, r := range c.m.Routes {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/"), "/")
		if slices.Contains(reservedPaths, first) || strings.HasPrefix(first, "{") {
			c.fault("route_reserved", problem.Args{"path": r.Path, "reserved": reservedPaths}, "routes", i, "path")
		}
		if key := r.Method + " " + shape(r.Path); seen[key] {
			c.fault("given_twice", problem.Args{"name": r.Method + " " + r.Path}, "routes", i, "path")
		} else {
			seen[key] = true
		}
		if verb, _, ok := strings.Cut(r.Access, ":"); ok && !slices.Contains(access.Verbs[:], access.Verb(verb)) {
			c.fault("grant_verb_unknown", problem.Args{"verb": verb}, "routes", i, "access")
		}
	}
}

// shape is a path without the names of its places.
func shape(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}
