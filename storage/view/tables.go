package view

import (
	"fmt"
	"strconv"
	"strings"
)

// Format numbers the layout of the file and everything that goes into it: the
// tables, the packing of values, the folding of texts. A file with another
// number is deleted and made anew, so a change here needs no migration.
const Format = 2

const (
	pageBytes = 8192
	// perEntry is the number of row keys that each entry owns: a row's key is
	// the number of its entry, its locale and whether it is live in one integer,
	// so that all rows of an entry lie beside one another and lead back to it.
	perEntry = 1 << 17
	// maxLocales bounds the locales of a whole site, wrong ones included.
	maxLocales = perEntry / 2
)

// tables is the part of the layout that is the same on every site. Numbers in
// it are of this file only and differ between two views of the same log.
var tables = []string{
	`CREATE TABLE state(
		one INTEGER PRIMARY KEY CHECK(one = 1),
		seq INTEGER NOT NULL,
		nonce TEXT NOT NULL,        -- of the record at seq, to tell its log from another
		catalogue INTEGER NOT NULL, -- changes whenever a catalogue must be read again
		scrub INTEGER NOT NULL      -- erased bytes may still be in free pages
	)`,
	`INSERT INTO state VALUES(1, 0, '', 1, 0)`,
	`CREATE TABLE collections(
		n INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		shape TEXT NOT NULL -- of the table c_<n>, "" when there is none
	)`,
	`CREATE TABLE fields(
		n INTEGER PRIMARY KEY,
		collection INTEGER NOT NULL,
		id TEXT NOT NULL,
		UNIQUE(collection, id)
	)`,
	`CREATE TABLE locales(n INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE)`,
	// A shelf is what rows have in common that decides whether they stand for
	// their entry in a list: the trash, their locale, and which locales the
	// entry has on each side. An order of preference picks exactly one locale
	// for each set, so it picks shelves, and an index that begins with the
	// shelf gives an ordered list without a look at other rows. A row whose
	// values are the same on both sides is there once, for both.
	`CREATE TABLE shelves(
		n INTEGER PRIMARY KEY,
		trashed INTEGER NOT NULL,
		locale TEXT NOT NULL,
		live TEXT NOT NULL,   -- locales of the entry there, "" for rows not of this side
		newest TEXT NOT NULL,
		UNIQUE(trashed, locale, live, newest)
	)`,
	`CREATE TABLE counts(
		collection INTEGER NOT NULL,
		shelf INTEGER NOT NULL,
		status TEXT NOT NULL,
		rows INTEGER NOT NULL,
		PRIMARY KEY(collection, shelf, status)
	) WITHOUT ROWID`,
	`CREATE TABLE entries(
		n INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		collection INTEGER NOT NULL,
		revision INTEGER NOT NULL,
		trashed INTEGER NOT NULL,
		parent TEXT NOT NULL,
		position TEXT NOT NULL,
		personal INTEGER NOT NULL,
		body BLOB NOT NULL
	)`,
	`CREATE INDEX entries_tree ON entries(collection, parent, position, id)`,
	// Values of rows, apart from the columns, so that walking over rows that do
	// not match touches little.
	`CREATE TABLE bodies(k INTEGER PRIMARY KEY, body BLOB NOT NULL)`,
	`CREATE TABLE links(
		k INTEGER NOT NULL,     -- of the row
		f INTEGER NOT NULL,     -- number of the top-level field
		key TEXT NOT NULL,      -- option, term, id of an entry or asset
		use INTEGER NOT NULL,   -- bits: linkCell, linkEntry, linkAsset
		shelf INTEGER NOT NULL, -- of the row
		rank,                   -- of the row: the cell of the collection's date
		entry TEXT NOT NULL,
		PRIMARY KEY(k, f, key)
	) WITHOUT ROWID`,
	`CREATE INDEX links_key ON links(key, f, shelf, rank, entry, use)`,
	`CREATE TABLE due(
		entry INTEGER NOT NULL, -- its number
		locale TEXT NOT NULL,
		publish INTEGER NOT NULL,
		at INTEGER NOT NULL,    -- nanoseconds
		PRIMARY KEY(entry, locale, publish)
	) WITHOUT ROWID`,
	`CREATE INDEX due_at ON due(at)`,
	`CREATE TABLE history(
		entry TEXT NOT NULL,
		revision INTEGER NOT NULL,
		seq INTEGER NOT NULL,
		place INTEGER NOT NULL,
		PRIMARY KEY(entry, revision)
	) WITHOUT ROWID`,
	// Slugs under which entries were ever live, the last entry that was.
	`CREATE TABLE slugs(
		collection INTEGER NOT NULL,
		locale TEXT NOT NULL, -- "" for slugs that are not localized
		slug TEXT NOT NULL,
		entry TEXT NOT NULL,
		PRIMARY KEY(collection, slug, locale)
	) WITHOUT ROWID`,
	`CREATE INDEX slugs_entry ON slugs(entry)`,
	`CREATE TABLE audit(
		seq INTEGER NOT NULL,
		place INTEGER NOT NULL,
		at INTEGER NOT NULL,
		kind TEXT NOT NULL,
		actor TEXT NOT NULL,
		behalf TEXT NOT NULL,
		action TEXT NOT NULL,
		subject TEXT NOT NULL,
		reason TEXT NOT NULL,
		PRIMARY KEY(seq, place)
	) WITHOUT ROWID`,
	`CREATE INDEX audit_actor ON audit(actor, seq, place)`,
	`CREATE INDEX audit_subject ON audit(subject, seq, place)`,
	`CREATE INDEX audit_action ON audit(action, seq, place)`,
	`CREATE TABLE nouns(
		kind TEXT NOT NULL,
		id TEXT NOT NULL,
		lookup TEXT NOT NULL,
		body BLOB NOT NULL,
		PRIMARY KEY(kind, id)
	) WITHOUT ROWID`,
	`CREATE INDEX nouns_lookup ON nouns(kind, lookup) WHERE lookup <> ''`,
	`CREATE TABLE past(
		actor TEXT NOT NULL,
		key TEXT NOT NULL,
		seq INTEGER NOT NULL,
		subject TEXT NOT NULL,
		revision INTEGER NOT NULL,
		request TEXT NOT NULL,
		at INTEGER NOT NULL,
		PRIMARY KEY(actor, key)
	) WITHOUT ROWID`,
	`CREATE INDEX past_at ON past(at)`,
}

// The bits of links.use.
const (
	linkCell  = 1 // a key of a column of keys, for filters
	linkEntry = 2 // a reference to an entry, nested or in a text ones too
	linkAsset = 4
)

// rowColumns are the columns of every table of rows ahead of those of fields.
// The first four change with every commit on the entry.
var rowColumns = []string{
	"revision", "updated", "updater", "actors",
	"shelf", "entry", "locale", "status", "created", "published", "trashed", "creator", "parent", "position",
	"bodysum", "sum",
}

const rowTable = `CREATE TABLE %s(
	k INTEGER PRIMARY KEY,
	revision INTEGER NOT NULL,
	updated INTEGER NOT NULL,   -- nanoseconds, as are the other times
	updater TEXT NOT NULL,      -- the user, or on whose behalf
	actors TEXT NOT NULL,       -- creator and updater in full
	shelf INTEGER NOT NULL,
	entry TEXT NOT NULL,
	locale TEXT NOT NULL,
	status TEXT NOT NULL,
	created INTEGER NOT NULL,
	published INTEGER NOT NULL, -- never when it is not
	trashed INTEGER NOT NULL,
	creator TEXT NOT NULL,
	parent TEXT NOT NULL,
	position TEXT NOT NULL,
	bodysum INTEGER NOT NULL,   -- of the values
	sum INTEGER NOT NULL        -- of everything from shelf on, and the links
	%s)`

// table names the table of rows of a collection by its number.
func table(n int) string { return "c_" + strconv.Itoa(n) }

// index is one index of a table of rows.
type index struct {
	Columns []string `json:"columns"` // "s7", or "s7 DESC"
	Where   string   `json:"where,omitempty"`
}

func (x index) name(table string) string {
	words := strings.ReplaceAll(strings.Join(x.Columns, "_"), " DESC", "d")
	if x.Where != "" {
		words += "_part"
	}
	return table + "_" + words
}

func (x index) create(table string) string {
	text := fmt.Sprintf("CREATE INDEX %s ON %s(%s)", x.name(table), table, strings.Join(x.Columns, ", "))
	if x.Where != "" {
		text += " WHERE " + x.Where
	}
	return text
}
