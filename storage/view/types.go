package view

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

var (
	// ErrNotFound says that the view has no such thing at this seq. It is an
	// fs.ErrNotExist, which core/access asks for.
	ErrNotFound = fmt.Errorf("not in the view: %w", fs.ErrNotExist)
	// ErrReadOnly says that a Tx of a draft was needed, and a reader's given.
	ErrReadOnly = errors.New("only a draft can try changes")
	// ErrClosed says that the view was closed.
	ErrClosed = errors.New("view is closed")
	// ErrDamaged says that the local file is not what was written. It is
	// deleted and made anew from the log when the view is opened next.
	ErrDamaged = errors.New("view file is damaged")
	// ErrBadFilter says that a filter, an order or a cursor does not fit the
	// collections of this Tx: it was checked against other definitions.
	ErrBadFilter = errors.New("filter does not fit the collection")
)

// List asks for one page of rows of a collection.
type List struct {
	Collection content.CollectionID
	Live       bool // what visitors see; otherwise the newest values
	// Locales is the order of preference: an entry is represented by the first
	// of these locales that it has on that side, and is absent when it has
	// none of them. An entry without any locale of its own (only shared
	// values) has Shared, which is tried last without being named.
	Locales []content.Locale
	// Filter and Order follow a relation to its targets in the first of Locales
	// that these have, else in any; live only to what is live.
	Filter ask.Filter
	// Order ends with the id, in the direction of the key before it, whether it
	// says so or not. Empty values come before all others, so after them when
	// descending.
	Order []ask.Order
	// After continues behind a row, Before gives the page that ends just ahead
	// of one; at most one of them is set, and then Offset must be 0.
	After, Before *Cursor
	Offset        int
	Limit         int  // of rows, 1 to MaxPage
	Count         bool // also count all rows that match
	Trashed       bool // those in the trash instead; never with Live
}

// MaxPage is the most rows of one page.
const MaxPage = 1000

// Cursor is a place in an ordered list: the cells that the row there was
// ordered by and its entry. Cells are nil, string, float64 or bool, and may
// travel as JSON.
type Cursor struct {
	Cells []any           `json:"c"`
	ID    content.EntryID `json:"i"`
}

// Page is one page of a list.
type Page struct {
	Rows []*Row
	Next *Cursor // of the last row; nil when no row follows
	Prev *Cursor // of the first row, for Before; nil when it is known that none precedes
	// Total is the number of rows that match, -1 when it was not asked for.
	Total int
}

// Row is one (entry, locale) on one side, with merged values, for lists. Rows
// belong to their caller.
type Row struct {
	ID          content.EntryID
	Locale      content.Locale // Shared for an entry without locales
	Collection  content.CollectionID
	Revision    int // of the entry
	Status      content.Status
	CreatedAt   time.Time
	UpdatedAt   time.Time // of the entry, whichever side or locale changed
	PublishedAt *time.Time
	CreatedBy   content.Actor
	UpdatedBy   content.Actor
	Parent      content.EntryID
	Position    string
	Locales     []content.Locale // that the entry has on this side, sorted
	Values      content.Values   // by field id, in kept form, personal ones included
}

// Backlink is an entry that points at something.
type Backlink struct {
	Entry      content.EntryID
	Collection content.CollectionID
	Field      content.FieldID // top-level field that holds the reference
	Locale     content.Locale
}

// Child is an entry under another in the tree of a collection.
type Child struct {
	ID       content.EntryID
	Position string
	Trashed  bool
}

// Due is something that was planned for a time.
type Due struct {
	At      time.Time
	Entry   content.EntryID
	Locale  content.Locale
	Publish bool // otherwise unpublish
}

// HistoryItem says which commit made a revision of an entry.
type HistoryItem struct {
	Seq      commitlog.Seq
	Index    int // place of the commit in the record
	Revision int
	At       time.Time
	Actor    content.Actor
	Action   string
	Reason   string
}

// AuditQuery asks for commits, newest first. The zero values ask for all.
type AuditQuery struct {
	// Before asks for commits of earlier records; with BeforeIndex also for
	// those of the same record that precede that place.
	Before      commitlog.Seq
	BeforeIndex int
	Limit       int // 1 to MaxPage
	Actor       string
	Action      string // the whole name, or a prefix that ends with a dot: "entry."
	Subject     string
}

// AuditItem is one commit.
type AuditItem struct {
	Seq     commitlog.Seq
	Index   int
	At      time.Time
	Actor   content.Actor
	Action  string
	Subject string
	Reason  string
}

// PastCommit is the outcome of a request that carried an idempotency key.
type PastCommit struct {
	Seq      commitlog.Seq
	Subject  string
	Revision int // of the subject, when it is an entry that the commit changed; otherwise 0
	Request  string
	At       time.Time
}

// Count is the number of entries of a collection in one locale with one
// status; every (entry, locale) is counted once.
type Count struct {
	Locale  content.Locale
	Status  content.Status
	Entries int
}
