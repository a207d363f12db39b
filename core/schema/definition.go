package schema

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Lengths of texts in a definition, in characters.
const (
	maxLabel = 200
	maxHelp  = 2000
)

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	idPattern   = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	pathPattern = regexp.MustCompile(`^/[A-Za-z0-9._~/{}-]*$`)
)

// reserved are the names, besides those of system fields, that the outer form
// of an entry has or may come to have.
var reserved = []string{"collection", "locales", "type", "version", "meta", "omitted", "links", "data", "children"}

// ParseCollection reads a definition from JSON, strictly: an unknown or
// repeated name is an Invalid problem with its pointer. It does not check the
// definition further; see Kinds.CheckCollection.
func ParseCollection(raw []byte) (*Collection, error) {
	c := new(Collection)
	if !json.Valid(raw) {
		return nil, problem.New(problem.BadRequest, "definition_not_json", nil)
	}
	if faults := strict(raw, c); len(faults) > 0 {
		return nil, invalidDefinition(bounded(faults))
	}
	return c, nil
}

// CheckCollection checks a definition by itself and lists all that is wrong,
// with pointers into its JSON, in an Invalid problem. Whether the collections
// that it points at exist is asked of CheckTargets.
//
// What is decided here: a slug, what it is made from and a facet are never
// personal, for they stay in addresses and counts; title and slug are public,
// for lists and relations show them; a name is never another field's id, so
// that a filter may use either; the fields inside groups, lists and blocks
// take localization, visibility, weight and the like from the field they are
// in.
func (k Kinds) CheckCollection(c *Collection) error {
	faults := checkID("/id", string(c.ID))
	faults = append(faults, checkName("/name", c.Name)...)
	faults = append(faults, checkTexts("/label", c.Label, maxLabel)...)
	faults = append(faults, checkTexts("/label_one", c.One, maxLabel)...)
	faults = append(faults, checkTexts("/help", c.Help, maxHelp)...)
	faults = append(faults, checkShort("/group", c.Group)...)
	faults = append(faults, checkShort("/icon", c.Icon)...)
	faults = append(faults, problem.Under("/fields", k.checkFields(c.Fields, 0, false))...)
	if len(faults) == 0 {
		faults = k.checkRoles(c)
	}
	return invalidDefinition(bounded(faults))
}

// CheckTargets lists the relations that lead to collections which are not
// there, as an Invalid problem.
func (k Kinds) CheckTargets(c *Collection, exists func(content.CollectionID) bool) error {
	var faults []problem.Field
	for i := range c.Fields {
		k.eachDefinition(&c.Fields[i], "/fields"+problem.At(i), func(f *Field, pointer string) {
			r, ok := k.Relation(*f)
			for j, to := range r.To {
				if ok && to != c.ID && !exists(to) {
					where := pointer + "/settings/to" + problem.At(j)
					if f.Kind == (termsKind{}).Name() {
						where = pointer + "/settings/collection"
					}
					faults = append(faults, problem.Field{Pointer: where, Code: "definition_target", Args: problem.Args{"name": string(to)}})
				}
			}
		})
	}
	return invalidDefinition(bounded(faults))
}

// eachDefinition visits a field and those inside it, with pointers into the
// definition.
func (k Kinds) eachDefinition(f *Field, pointer string, see func(f *Field, pointer string)) {
	see(f, pointer)
	var groups [][]Field
	var heads []string
	switch f.Kind {
	case groupKind{}.Name():
		groups, heads = [][]Field{settingsOf[groupSettings](*f).Fields}, []string{"/settings"}
	case listKind{}.Name():
		groups, heads = [][]Field{settingsOf[listSettings](*f).Fields}, []string{"/settings"}
	case blocksKind{}.Name():
		for i, bt := range settingsOf[blocksSettings](*f).Types {
			groups, heads = append(groups, bt.Fields), append(heads, "/settings/types"+problem.At(i))
		}
	}
	for i, fields := range groups {
		for j := range fields {
			k.eachDefinition(&fields[j], pointer+heads[i]+"/fields"+problem.At(j), see)
		}
	}
}

// checkFields checks one set of fields; depth counts the fields it is inside.
func (k Kinds) checkFields(fields []Field, depth int, inBlocks bool) []problem.Field {
	if len(fields) > MaxFields {
		return []problem.Field{{Code: "definition_count", Args: problem.Args{"min": 0, "max": MaxFields, "got": len(fields)}}}
	}
	var faults []problem.Field
	ids, names := map[string]bool{}, map[string]bool{}
	for i := range fields {
		f := &fields[i]
		faults = append(faults, checkIdentity(problem.At(i), string(f.ID), f.Name, ids, names)...)
		faults = append(faults, problem.Under(problem.At(i), k.checkField(f, depth, inBlocks))...)
		if depth == 0 && (slices.Contains(reserved, f.Name) || slices.Contains(SystemFields(), f.Name)) {
			faults = append(faults, problem.Field{Pointer: problem.At(i) + "/name", Code: "definition_reserved", Args: problem.Args{"name": f.Name}})
		}
	}
	return faults
}

func (k Kinds) checkField(f *Field, depth int, inBlocks bool) []problem.Field {
	faults := checkTexts("/label", f.Label, maxLabel)
	faults = append(faults, checkTexts("/help", f.Help, maxHelp)...)
	faults = append(faults, checkShort("/tab", f.Tab)...)
	kind, ok := k[f.Kind]
	if !ok {
		return append(faults, problem.Unknown("definition_kind", "/kind", f.Kind, k.Names()))
	}
	var bad []problem.Field
	if n, nests := kind.(nested); nests {
		bad = n.checkNested(f.Settings, depth+1, inBlocks)
	} else {
		bad = below("", kind.CheckSettings(f.Settings))
	}
	faults = append(faults, problem.Under("/settings", bad)...)
	if depth > 0 {
		faults = append(faults, checkInner(f)...)
	} else {
		faults = append(faults, k.checkMarks(f)...)
	}
	if len(faults) == 0 && !blank(f.Default) {
		_, err := k.defaultOf(*f)
		faults = append(faults, below("/default", err)...)
	}
	return faults
}

// checkInner refuses what only a top-level field may be.
func checkInner(f *Field) []problem.Field {
	var faults []problem.Field
	for name, set := range map[string]bool{
		"localized": f.Localized, "unique": f.Unique, "weight": f.Weight != 0, "facet": f.Facet,
		"sortable": f.Sortable, "visibility": f.Sees != Public, "personal": f.Personal,
		"kind": f.Kind == slugKind{}.Name(),
	} {
		if set {
			faults = append(faults, problem.Field{Pointer: problem.Pointer(name), Code: "definition_top_only", Args: problem.Args{"name": name}})
		}
	}
	return faults
}

// checkMarks checks that the marks of a top-level field fit its kind.
func (k Kinds) checkMarks(f *Field) []problem.Field {
	var faults []problem.Field
	refuse := func(pointer, code string) {
		faults = append(faults, problem.Field{Pointer: pointer, Code: code, Args: problem.Args{"name": f.Kind}})
	}
	column := NoColumn
	if c, ok := k[f.Kind].(Columner); ok {
		column = c.Column(*f)
	}
	if f.Sortable && (column == NoColumn || column == KeysColumn || column == PointColumn) {
		refuse("/sortable", "definition_not_sortable")
	}
	if f.Unique && column != TextColumn && column != NumberColumn && column != TimeColumn {
		refuse("/unique", "definition_not_unique")
	}
	if f.Facet && (column == NoColumn || column == PointColumn) {
		refuse("/facet", "definition_not_facet")
	}
	if f.Facet && f.Personal {
		refuse("/facet", "definition_personal_facet")
	}
	_, texts := k[f.Kind].(Texter)
	if _, points := k.Relation(*f); f.Weight > 0 && !texts && !points {
		refuse("/weight", "definition_not_searched")
	}
	if f.Weight < 0 || f.Weight > 100 || math.IsNaN(f.Weight) {
		faults = append(faults, problem.Field{Pointer: "/weight", Code: "definition_range", Args: problem.Args{"name": "weight", "min": 0, "max": 100}})
	}
	if f.Sees.Level() > Coordinators.Level() {
		faults = append(faults, problem.Field{Pointer: "/visibility", Code: "definition_choice",
			Args: problem.Args{"allowed": []string{"public", string(Members), string(Coordinators)}}})
	}
	return faults
}

// checkRoles checks the parts that single fields play in their collection.
func (k Kinds) checkRoles(c *Collection) []problem.Field {
	faults := append(k.checkTitle(c), k.checkSlug(c)...)
	if c.Date != "" {
		f := c.Field(c.Date)
		if f == nil || k.Column(f) != TimeColumn || f.Personal {
			faults = append(faults, problem.Field{Pointer: "/date", Code: "definition_date_field"})
		}
	}
	if c.Recency < 0 || c.Recency > 100_000 || math.IsNaN(c.Recency) {
		faults = append(faults, problem.Field{Pointer: "/recency", Code: "definition_range", Args: problem.Args{"name": "recency", "min": 0, "max": 100_000}})
	}
	if c.Singleton && c.Tree {
		faults = append(faults, problem.Field{Pointer: "/tree", Code: "definition_either", Args: problem.Args{"name": "singleton", "other": "tree"}})
	}
	if c.Sort != "" {
		if !c.sorts(c.Sort) {
			faults = append(faults, problem.Field{Pointer: "/sort", Code: "definition_sort"})
		}
	}
	return append(faults, checkPath(c)...)
}

// Column says how the view keeps the values of a field.
func (k Kinds) Column(f *Field) ColumnType {
	if c, ok := k[f.Kind].(Columner); ok {
		return c.Column(*f)
	}
	return NoColumn
}

func (k Kinds) checkTitle(c *Collection) []problem.Field {
	if c.Title == "" {
		return nil
	}
	f := c.Field(c.Title)
	if f == nil || k.Column(f) != TextColumn || f.Sees.Level() > 0 {
		return []problem.Field{{Pointer: "/title", Code: "definition_title"}}
	}
	return nil
}

func (k Kinds) checkSlug(c *Collection) []problem.Field {
	if c.Slug == "" {
		return nil
	}
	f := c.Field(c.Slug)
	if f == nil || f.Kind != (slugKind{}).Name() || f.Personal || f.Sees.Level() > 0 {
		return []problem.Field{{Pointer: "/slug", Code: "definition_slug"}}
	}
	source := settingsOf[slugSettings](*f).Source
	if source == "" {
		return nil
	}
	from := c.Field(source)
	if from == nil || k.Column(from) != TextColumn || from.Personal || from.Sees.Level() > 0 || (from.Localized && !f.Localized) {
		return []problem.Field{{Pointer: "/slug", Code: "definition_slug_source"}}
	}
	return nil
}

// checkPath checks the address on the site: its only places are {slug}, {id}
// and {path}, the slugs of the entry and those above it in a tree.
func checkPath(c *Collection) []problem.Field {
	if c.Path == "" {
		return nil
	}
	rest := strings.NewReplacer("{slug}", "", "{id}", "", "{path}", "").Replace(c.Path)
	named := strings.Contains(c.Path, "{slug}") || strings.Contains(c.Path, "{path}")
	place := named || strings.Contains(c.Path, "{id}")
	switch {
	case len(c.Path) > 200 || !pathPattern.MatchString(c.Path) || strings.ContainsAny(rest, "{}") || strings.Contains(rest, ".."),
		!place && !c.Singleton, named && c.Slug == "", strings.Contains(c.Path, "{path}") && !c.Tree:
		return []problem.Field{{Pointer: "/path", Code: "definition_path"}}
	}
	return nil
}

// checkIdentity checks the id and name of one member of a set, and notes them.
func checkIdentity(here, id, name string, ids, names map[string]bool) []problem.Field {
	faults := checkID(here+"/id", id)
	faults = append(faults, checkName(here+"/name", name)...)
	for pointer, word := range map[string]string{"/id": id, "/name": name} {
		if word == "type" || word == SysID {
			faults = append(faults, problem.Field{Pointer: here + pointer, Code: "definition_reserved", Args: problem.Args{"name": word}})
		}
	}
	if ids[id] || names[id] {
		faults = append(faults, problem.Field{Pointer: here + "/id", Code: "definition_twice", Args: problem.Args{"name": id}})
	}
	if names[name] || ids[name] {
		faults = append(faults, problem.Field{Pointer: here + "/name", Code: "definition_twice", Args: problem.Args{"name": name}})
	}
	ids[id], names[name] = true, true
	return faults
}

func checkID(pointer, id string) []problem.Field {
	if len(id) > MaxNameBytes || !idPattern.MatchString(id) {
		return []problem.Field{{Pointer: pointer, Code: "definition_id"}}
	}
	return nil
}

func checkName(pointer, name string) []problem.Field {
	if len(name) > MaxNameBytes || !namePattern.MatchString(name) {
		return []problem.Field{{Pointer: pointer, Code: "definition_name", Args: problem.Args{"limit": MaxNameBytes}}}
	}
	return nil
}

func checkTexts(pointer string, t Texts, limit int) []problem.Field {
	var faults []problem.Field
	for _, l := range sortedKeys(t) {
		if !content.ValidLocale(string(l)) {
			faults = append(faults, problem.Field{Pointer: pointer + problem.Pointer(string(l)), Code: "definition_locale"})
		} else if n := utf8.RuneCountInString(t[l]); n > limit || noControl(Field{}, t[l]) != nil {
			faults = append(faults, problem.Field{Pointer: pointer + problem.Pointer(string(l)), Code: "definition_too_long", Args: problem.Args{"limit": limit}})
		}
	}
	return faults
}

func checkShort(pointer, text string) []problem.Field {
	if utf8.RuneCountInString(text) > maxLabel || noControl(Field{}, text) != nil {
		return []problem.Field{{Pointer: pointer, Code: "definition_too_long", Args: problem.Args{"limit": maxLabel}}}
	}
	return nil
}

// Names lists the kinds by name, sorted.
func (k Kinds) Names() []string { return sortedKeys(k) }

// Prepare reads the settings of every field once, which makes the later use of
// the collection much cheaper. Call it before the collection is shared between
// goroutines, and again when a definition was changed in place.
func (k Kinds) Prepare(c *Collection) {
	for i := range c.Fields {
		c.Fields[i].parsed = nil
	}
	k.prepareAll(c.Fields)
}
