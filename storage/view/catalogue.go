package view

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// catalogue is what must be known to read or write any row: the definitions,
// and the numbers that this file gives to things. It never changes once made;
// the version tells one from another and is kept in the file.
type catalogue struct {
	version     int64
	collections map[content.CollectionID]*collection // also those that are only mentioned
	byName      map[string]*collection               // those that are defined
	defined     []*schema.Collection                 // by name
	locales     map[content.Locale]int
	shelves     map[int]shelf
	shelfOf     map[shelf]int
}

// collection is one collection as the file has it.
type collection struct {
	n     int
	id    content.CollectionID
	def   *schema.Collection // nil when it is only mentioned
	shape *shape             // nil when there is no table
	used  []int              // shelves that ever had rows here, sorted
}

// shelf is what rows share; see the table.
type shelf struct {
	trashed bool
	locale  content.Locale
	// live and newest are the locales that the entry has on the side, sorted
	// and joined by commas, or sharedOnly; "" when the row is not of that side.
	live, newest string
}

// sharedOnly stands for the locales of an entry that has none.
const sharedOnly = "-"

func (s shelf) side(live bool) string {
	if live {
		return s.live
	}
	return s.newest
}

// list gives the locales that the entry has on a side.
func (s shelf) list(live bool) []content.Locale {
	side := s.side(live)
	if side == "" || side == sharedOnly {
		return nil
	}
	var out []content.Locale
	for _, l := range strings.Split(side, ",") {
		out = append(out, content.Locale(l))
	}
	return out
}

func joinLocales(ls []content.Locale) string {
	if len(ls) == 1 && ls[0] == content.Shared {
		return sharedOnly
	}
	words := make([]string, len(ls))
	for i, l := range ls {
		words[i] = string(l)
	}
	return strings.Join(words, ",")
}

// chosen reports whether rows of the shelf stand for their entries on a side
// under an order of preference. Shared comes last in every order. With all set, locales
// that the order does not name come after it, in alphabetical order.
func (s shelf) chosen(live bool, order []content.Locale, all bool) bool {
	if s.side(live) == "" || s.locale == content.Shared {
		return s.side(live) != ""
	}
	has := s.list(live)
	for _, l := range order {
		if slices.Contains(has, l) {
			return l == s.locale
		}
	}
	return all && len(has) > 0 && has[0] == s.locale
}

// picks gives the shelves of a collection whose rows stand for their entries.
func (c *catalogue) picks(col *collection, live, trashed bool, order []content.Locale, all bool) []int {
	var out []int
	for _, n := range col.used {
		s := c.shelves[n]
		if s.trashed == trashed && s.chosen(live, order, all) {
			out = append(out, n)
		}
	}
	return out
}

// find gives a defined collection by id or name, or nil.
func (c *catalogue) find(idOrName string) *collection {
	if col := c.collections[content.CollectionID(idOrName)]; col != nil && col.def != nil {
		return col
	}
	return c.byName[idOrName]
}

func (c *catalogue) lookup(idOrName string) *schema.Collection {
	if col := c.find(idOrName); col != nil {
		return col.def
	}
	return nil
}

// table gives the collection with its table, or an error of kind ErrNotFound.
func (c *catalogue) table(id content.CollectionID) (*collection, error) {
	if col := c.collections[id]; col != nil && col.shape != nil {
		return col, nil
	}
	return nil, fmt.Errorf("collection %q: %w", id, ErrNotFound)
}

// clone copies what a change to the catalogue replaces. Collections are shared
// and must be copied before they change.
func (c *catalogue) clone(version int64) *catalogue {
	return &catalogue{
		version:     version,
		collections: maps.Clone(c.collections),
		byName:      maps.Clone(c.byName),
		defined:     c.defined,
		locales:     maps.Clone(c.locales),
		shelves:     maps.Clone(c.shelves),
		shelfOf:     maps.Clone(c.shelfOf),
	}
}

// index makes byName and defined anew.
func (c *catalogue) index() {
	c.byName, c.defined = map[string]*collection{}, nil
	for _, id := range slices.Sorted(maps.Keys(c.collections)) {
		if col := c.collections[id]; col.def != nil {
			c.byName[col.def.Name] = col
			c.defined = append(c.defined, col.def)
		}
	}
	slices.SortFunc(c.defined, func(a, b *schema.Collection) int { return strings.Compare(a.Name, b.Name) })
}

// loadCatalogue reads the catalogue that a connection sees.
func loadCatalogue(c *conn, kinds schema.Kinds, version int64) (*catalogue, error) {
	out := &catalogue{
		version:     version,
		collections: map[content.CollectionID]*collection{},
		locales:     map[content.Locale]int{},
		shelves:     map[int]shelf{},
		shelfOf:     map[shelf]int{},
	}
	byNumber := map[int]*collection{}
	steps := []struct {
		text string
		each func(row []driver.Value) error
	}{
		{`SELECT n, id FROM collections`, func(row []driver.Value) error {
			col := &collection{n: int(asInt(row[0])), id: content.CollectionID(asText(row[1]))}
			out.collections[col.id], byNumber[col.n] = col, col
			return nil
		}},
		{`SELECT n, tag FROM locales`, func(row []driver.Value) error {
			out.locales[content.Locale(asText(row[1]))] = int(asInt(row[0]))
			return nil
		}},
		{`SELECT n, trashed, locale, live, newest FROM shelves`, func(row []driver.Value) error {
			s := shelf{asInt(row[1]) == 1, content.Locale(asText(row[2])), asText(row[3]), asText(row[4])}
			out.shelves[int(asInt(row[0]))], out.shelfOf[s] = s, int(asInt(row[0]))
			return nil
		}},
		{`SELECT DISTINCT collection, shelf FROM counts ORDER BY collection, shelf`, func(row []driver.Value) error {
			if col := byNumber[int(asInt(row[0]))]; col != nil {
				col.used = append(col.used, int(asInt(row[1])))
			}
			return nil
		}},
		{`SELECT id, body FROM nouns WHERE kind = 'collection'`, func(row []driver.Value) error {
			return out.define(asText(row[0]), asBytes(row[1]), kinds)
		}},
	}
	for _, step := range steps {
		if err := c.query(context.Background(), step.text, nil, step.each); err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
	}
	out.index()
	if err := out.shapes(c, kinds); err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return out, nil
}

// define sets the definition of a collection that has a number.
func (c *catalogue) define(id string, body []byte, kinds schema.Kinds) error {
	def, err := decodeDefinition(body, kinds)
	if err != nil {
		return fmt.Errorf("collection %q: %w", id, err)
	}
	if col := c.collections[content.CollectionID(id)]; col != nil {
		col.def = def
	}
	return nil
}

func decodeDefinition(body []byte, kinds schema.Kinds) (*schema.Collection, error) {
	var def schema.Collection
	if err := json.Unmarshal(body, &def); err != nil {
		return nil, fmt.Errorf("read definition: %w", err)
	}
	kinds.Prepare(&def)
	return &def, nil
}

// shapes derives the shape of every defined collection.
func (c *catalogue) shapes(from *conn, kinds schema.Kinds) error {
	for _, col := range c.collections {
		if col.def == nil {
			continue
		}
		numbers := map[content.FieldID]int{}
		err := from.query(context.Background(), `SELECT id, n FROM fields WHERE collection = ?`, []any{col.n},
			func(row []driver.Value) error {
				numbers[content.FieldID(asText(row[0]))] = int(asInt(row[1]))
				return nil
			})
		if err != nil {
			return err
		}
		col.shape, err = shapeOf(table(col.n), col.def, kinds, c.sortOf(col.def, kinds), func(id content.FieldID) (int, error) {
			if n := numbers[id]; n != 0 {
				return n, nil
			}
			return 0, fmt.Errorf("%w: field %q has no number", ErrDamaged, id)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sortOf reads the default order of a definition; one that cannot be read
// counts as none, because it only decides about an index.
func (c *catalogue) sortOf(def *schema.Collection, kinds schema.Kinds) []ask.Order {
	if def.Sort == "" {
		return nil
	}
	orders, err := ask.ParseSort(def.Sort, def, c.lookup, kinds)
	if err != nil {
		return nil
	}
	return orders
}

// errTooManyLocales is an error of the plan, never of a record in the log.
var errTooManyLocales = errors.New("too many locales")
