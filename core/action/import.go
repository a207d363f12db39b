package action

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/action/position"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// ImportEntries brings entries in as they are elsewhere, with their ids, times
// and states, all or none. Pointers in problems begin with /entries/ and the
// place in Entries. Defaults are not filled in; slugs that are missing are
// made.
type ImportEntries struct {
	Entries []Imported // at most MaxImport
	// Replace gives entries that exist a new revision; otherwise an id that is
	// in use is refused.
	Replace bool
	// Loose lets references lead to what is not there yet: to entries of a
	// later batch.
	Loose bool
}

// Imported is one entry to bring in.
type Imported struct {
	ID         content.EntryID // empty: a new one
	Collection string          // id or name
	Parent     content.EntryID
	Position   string    // empty: last
	CreatedAt  time.Time // zero: now
	// Sides holds values in outer form. What the locales share may be given
	// under Shared or within a locale.
	Sides map[content.Locale]ImportedSide
}

// ImportedSide is one locale of an imported entry. A nil map is a side that
// the entry does not have.
type ImportedSide struct {
	Published   map[string]any
	Draft       map[string]any // the whole draft, not what it changes
	PublishedAt *time.Time     // when Published: nil is now
}

// Name is "entry.import".
func (ImportEntries) Name() string { return "entry.import" }

// Needs the rights to create and publish, and, to set ids, times or replace,
// those of an administrator of collections.
func (a ImportEntries) Needs(tx *view.Tx) ([]access.Need, error) {
	if len(a.Entries) > MaxImport {
		return nil, problem.New(problem.TooLarge, "import_too_large", problem.Args{"limit": MaxImport, "n": len(a.Entries)})
	}
	fields := map[content.CollectionID][]content.FieldID{}
	publish := map[content.CollectionID]bool{}
	forged := a.Replace
	for i := range a.Entries {
		in := &a.Entries[i]
		c, err := collectionOf(tx, in.Collection)
		if err != nil {
			return nil, err
		}
		forged = forged || in.ID != "" || !in.CreatedAt.IsZero()
		for _, side := range in.Sides {
			for _, values := range []map[string]any{side.Published, side.Draft} {
				fields[c.ID] = append(fields[c.ID], Inputs{"": values}.fields(c)...)
			}
			publish[c.ID] = publish[c.ID] || side.Published != nil
			forged = forged || side.PublishedAt != nil
		}
		if fields[c.ID] == nil {
			fields[c.ID] = []content.FieldID{}
		}
	}
	var needs []access.Need
	for _, id := range slices.Sorted(maps.Keys(fields)) {
		c := tx.Collection(string(id))
		slices.Sort(fields[id])
		needs = append(needs, access.Need{Verb: access.Create, Collection: string(id), Of: c, Fields: slices.Compact(fields[id])})
		if publish[id] {
			needs = append(needs, access.Need{Verb: access.Publish, Collection: string(id), Of: c})
		}
	}
	if forged {
		needs = append(needs, access.Need{Verb: access.Manage, Collection: access.Collections})
	}
	return needs, nil
}

// Plan makes all the entries, or lists what is wrong with any of them.
func (a ImportEntries) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	im := &importer{a: a, tx: tx, env: env, last: map[siblings]string{}, parents: map[content.EntryID]content.EntryID{}}
	im.env.batch = &batch{ids: map[content.EntryID]content.CollectionID{}, taken: map[place]content.EntryID{}}
	edits := make([]*edit, len(a.Entries))
	for i := range a.Entries {
		e, err := im.start(&a.Entries[i])
		if err == nil {
			err = im.fill(e, &a.Entries[i])
		}
		if err = im.gather(i, err); err != nil {
			return nil, err
		}
		edits[i] = e
	}
	changes := make([]content.Change, 0, len(edits))
	for i, e := range edits {
		if e == nil || len(im.faults) >= shownFaults {
			continue
		}
		if err := im.gather(i, im.finish(e, &a.Entries[i])); err != nil {
			return nil, err
		}
		changes = append(changes, content.Change{Entry: e.Entry})
	}
	return changes, problem.OfFields(problem.Invalid, "import_invalid", im.faults)
}

// shownFaults bounds what is told of a batch.
const shownFaults = 100

// siblings are the children of one parent.
type siblings struct {
	collection content.CollectionID
	parent     content.EntryID
}

type importer struct {
	a      ImportEntries
	tx     *view.Tx
	env    Env
	last   map[siblings]string // position
	faults []problem.Field

	parents map[content.EntryID]content.EntryID // of the entries of the batch
}

// gather keeps the faults of one entry; an error that is not about its input
// is given back.
func (im *importer) gather(i int, err error) error {
	if err == nil {
		return nil
	}
	at := "/entries/" + strconv.Itoa(i)
	before := len(im.faults)
	var other error
	if im.faults, other = gather(im.faults, at, err); other == nil || len(im.faults) > before {
		return nil
	}
	if kind := problem.KindOf(err); kind == problem.Internal {
		return err
	}
	p := asProblem(err)
	im.faults = append(im.faults, problem.Field{Pointer: at, Code: p.Code, Args: p.Args})
	return nil
}

// start makes the entry and takes its id.
func (im *importer) start(in *Imported) (*edit, error) {
	c, err := collectionOf(im.tx, in.Collection)
	if err != nil {
		return nil, err
	}
	e, err := im.open(in, c)
	if err != nil {
		return nil, err
	}
	if _, twice := im.env.batch.ids[e.ID]; twice {
		return nil, problem.New(problem.Conflict, "id_used", problem.Args{"id": string(e.ID)})
	}
	if _, seen := im.anyOf(c.ID); c.Singleton && e.was == nil {
		if seen {
			return nil, problem.New(problem.Conflict, "singleton_exists", problem.Args{"collection": c.Name})
		}
		if err := onlyOne(im.tx, c); err != nil {
			return nil, err
		}
	}
	im.env.batch.ids[e.ID] = c.ID
	im.parents[e.ID] = in.Parent
	return e, nil
}

func (im *importer) anyOf(c content.CollectionID) (content.EntryID, bool) {
	for id, of := range im.env.batch.ids {
		if of == c {
			return id, true
		}
	}
	return "", false
}

func (im *importer) open(in *Imported, c *schema.Collection) (*edit, error) {
	id := in.ID
	if id == "" {
		id = content.EntryID(im.env.NewID())
	} else if !validID(id) {
		return nil, problem.New(problem.Invalid, "id_malformed", problem.Args{"id": problem.Short(string(id))})
	}
	old, err := im.tx.Entry(id)
	switch {
	case err == nil && (!im.a.Replace || old.Collection != c.ID):
		return nil, problem.New(problem.Conflict, "id_used", problem.Args{"id": string(id)})
	case err == nil:
		e := next(im.env, old, c)
		e.Sides, e.TrashedAt = map[content.Locale]*content.Side{}, nil
		return e, nil
	case !noun.Missing(err):
		return nil, err
	}
	if in.ID != "" {
		if err := neverUsed(im.tx, id); err != nil {
			return nil, err
		}
	}
	e := create(im.env, c, id)
	if !in.CreatedAt.IsZero() {
		e.CreatedAt = in.CreatedAt.UTC().Truncate(time.Microsecond)
	}
	return e, nil
}

// validID reports whether an id is a ULID as we write them.
func validID(id content.EntryID) bool {
	if len(id) != 26 || id[0] > '7' {
		return false
	}
	for _, c := range []byte(id) {
		digit := c >= '0' && c <= '9'
		letter := c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U'
		if !digit && !letter {
			return false
		}
	}
	return true
}

// fill decodes the values of all sides and derives slugs.
func (im *importer) fill(e *edit, in *Imported) error {
	var faults []problem.Field
	if len(in.Sides) == 0 || len(in.Sides) > MaxLocales {
		return problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Pointer: "/sides", Code: "locale_needed"}})
	}
	for _, live := range []bool{true, false} {
		more, err := im.pass(e, in, live)
		if err != nil {
			return err
		}
		if faults = append(faults, more...); len(faults) > 0 {
			continue
		}
		if err := im.slugs(e, live); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return problem.OfFields(problem.Invalid, "invalid_values", faults)
	}
	for l, side := range in.Sides {
		if s := e.Sides[faceOf(e.Entry, e.col, l)]; s != nil && s.PublishedAt != nil && side.PublishedAt != nil {
			s.PublishedAt = new(side.PublishedAt.UTC().Truncate(time.Microsecond))
			s.FirstPublishedAt = s.PublishedAt
		}
	}
	e.reserve()
	return nil
}

// pass takes the live values of all locales, or all drafts.
func (im *importer) pass(e *edit, in *Imported, live bool) ([]problem.Field, error) {
	var faults []problem.Field
	for _, l := range slices.Sorted(maps.Keys(in.Sides)) {
		values, name := in.Sides[l].Published, "/published"
		if !live {
			values, name = in.Sides[l].Draft, "/draft"
		}
		if values == nil {
			continue
		}
		at := "/sides" + problem.Pointer(string(l)) + name
		face := faceOf(e.Entry, e.col, l)
		if face != content.Shared && !content.ValidLocale(string(face)) {
			faults = append(faults, problem.Field{Pointer: at, Code: "locale_unknown", Args: problem.Args{"locale": problem.Short(string(l))}})
			continue
		}
		input, err := im.env.Kinds.Decode(e.col, values)
		if err != nil {
			if faults, err = gather(faults, at, err); err != nil {
				return nil, err
			}
			continue
		}
		im.set(e, face, live, input)
	}
	return faults, nil
}

// slugs makes the slugs that are missing: of what is live first, and a draft
// keeps the slug of what is live.
func (im *importer) slugs(e *edit, live bool) error {
	for _, l := range faces(e.Entry) {
		s := e.Side(l)
		if s.Newest() == nil || live != (s.Published != nil && s.Draft == nil) {
			continue
		}
		f := e.col.Field(e.col.Slug)
		if f != nil && f.Localized && s.Draft != nil && s.Draft.Values[f.ID] == nil && s.Published != nil && s.Published.Values[f.ID] != nil {
			e.put(l, content.Values{f.ID: s.Published.Values[f.ID]}, nil)
		}
		if err := e.deriveSlug(im.tx, l); err != nil {
			return err
		}
		if live {
			e.goLive(l)
		}
	}
	return nil
}

// set puts the values of one side where they belong. A draft replaces, for
// its locale, what is live; of what the locales share only what it names.
func (im *importer) set(e *edit, l content.Locale, live bool, in schema.Input) {
	if l != content.Shared {
		e.replace(l, in.Localized, in.LocalizedPersonal)
		if live {
			e.goLive(l)
		}
	}
	if len(in.Shared)+len(in.SharedPersonal) > 0 || l == content.Shared {
		e.put(content.Shared, in.Shared, in.SharedPersonal)
		if live {
			e.goLive(content.Shared)
		}
	}
}

// replace sets all the values of one side.
func (e *edit) replace(l content.Locale, values, personal content.Values) {
	s := e.side(l)
	next := &content.Version{Revision: e.Revision, At: e.env.Now, By: e.env.By,
		Values: schema.Apply(nil, values), Personal: orNone(schema.Apply(nil, personal))}
	if s.Published != nil && sameValues(s.Published, next) {
		next = nil
	}
	s.Draft = next
}

// finish checks an entry beside the others, once all ids of the batch are
// known, and places it.
func (im *importer) finish(e *edit, in *Imported) error {
	if err := im.place(e, in); err != nil {
		return err
	}
	for _, l := range faces(e.Entry) {
		found, err := e.checkUnique(im.tx, l, everyField)
		if err != nil {
			return err
		}
		if !im.a.Loose {
			dangling, err := e.dangling(im.tx, e.Working(l), everyField)
			if err != nil {
				return err
			}
			found = append(found, dangling...)
		}
		if live := e.Live(l); live != nil {
			found = append(found, im.env.Kinds.CheckComplete(e.col, live)...)
		}
		if len(found) > 0 {
			for i := range found {
				found[i].Pointer = "/sides" + problem.Pointer(string(l)) + found[i].Pointer
			}
			return problem.OfFields(problem.Invalid, "invalid_values", found)
		}
	}
	if err := e.checkErased(); err != nil {
		return err
	}
	return e.checkSize()
}

// place sets parent and position: those given, or after the siblings.
func (im *importer) place(e *edit, in *Imported) error {
	if !e.col.Tree {
		return nil
	}
	for id, depth := in.Parent, 0; id != ""; depth++ {
		if id == e.ID || depth > maxDepth {
			return problem.New(problem.Conflict, "parent_below", nil)
		}
		id = im.parents[id]
	}
	if in.Parent != "" {
		if c, comes := im.env.expects(in.Parent); comes && c != e.col.ID {
			return problem.New(problem.Invalid, "parent_missing", problem.Args{"id": string(in.Parent)})
		} else if !comes && !im.a.Loose {
			if err := e.underneath(im.tx, in.Parent); err != nil {
				return err
			}
		}
	}
	e.Parent = in.Parent
	if position.Valid(in.Position) {
		e.Position = in.Position
		return nil
	}
	group := siblings{e.col.ID, e.Parent}
	last, known := im.last[group]
	if !known {
		var err error
		if last, err = im.tx.LastPosition(e.col.ID, e.Parent); err != nil {
			return err
		}
	}
	e.Position = position.Between(last, "")
	im.last[group] = e.Position
	return nil
}
