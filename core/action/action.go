package action

import (
	"context"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Action is one change that someone asks for.
type Action interface {
	// Name is stable: it is kept in the log, as in "entry.publish".
	Name() string
	// Needs says which rights the change takes. It is asked before anything
	// else, so that a caller without rights learns nothing, not even whether
	// a condition holds.
	Needs(tx *view.Tx) ([]access.Need, error)
	// Plan gives the changes; the first one is what the action is about. No
	// changes means that everything is as asked for already: nothing is
	// committed. Errors for the caller are *problem.Error.
	Plan(tx *view.Tx, env Env) ([]content.Change, error)
}

// Env is the world as a Plan may see it.
type Env struct {
	Now    time.Time // UTC, whole microseconds
	By     content.Actor
	Policy *access.Policy // what By may do
	Kinds  schema.Kinds
	NewID  func() string // a new ULID, greater than those before

	out   *outcome
	batch *batch // nil unless the plan brings several entries
	// begun are the entries that acts before this one changed in the same
	// commit, with their revisions from before it; nil: the act is alone.
	begun map[content.EntryID]int
	// quiet reports whether nothing of a collection has changed since a
	// record; nil outside of a draft.
	quiet func(content.CollectionID, commitlog.Seq) bool
}

// preparer is an action that has to read more than a plan should wait for. It
// runs once, after the rights were found to be there, outside the writer.
type preparer interface {
	prepare(ctx context.Context, r *Runner, by content.Actor) (Action, error)
}

// Past gives earlier states from the log.
type Past interface {
	// Revision gives the entry as it was after one of its revisions, or a
	// NotFound problem. What was erased since reads as absent.
	Revision(ctx context.Context, id content.EntryID, revision int) (*content.Entry, error)
	// Commit gives what an actor committed in a record, under a key.
	Commit(ctx context.Context, seq commitlog.Seq, by content.Actor, key string) (*content.Commit, error)
}

// Options of one change.
type Options struct {
	Key     string // idempotency key of the caller, unique per actor for 24 hours
	Request string // fingerprint of the request that came with Key
	Reason  string // kept in the history; must not hold personal data
	Depth   int    // see content.Commit
}

// Receipt says what became of a change.
type Receipt struct {
	Seq     commitlog.Seq // the record that holds it, or the newest one when nothing had to change
	Subject string        // id of the entry or noun that it was about
	// Entry is the entry after the change when it was about one that still
	// exists. It is shared with others and must not be changed.
	Entry *content.Entry
	// Dropped names the fields of an earlier revision whose values could not
	// be taken over: they do not exist any more, or have other rules.
	Dropped []string
	// Replayed says that the change was made earlier, under the same key.
	Replayed bool
}

// Limits of one change. Those of values are set by their fields.
const (
	MaxChanges    = 2000    // facts in one commit
	MaxEntryBytes = 1 << 20 // values of one version, as JSON
	MaxActs       = 100     // acts in one DoAll
	MaxImport     = 500     // entries in one ImportEntries
	MaxTree       = 500     // entries moved along with their parent to the trash and back
	MaxReason     = 1000    // bytes
	MaxKey        = 200     // bytes of an idempotency key
	MaxLocales    = 20      // of one entry
	MaxRefs       = 1000    // references checked in one version
	MaxRewrite    = 1000    // entries rewritten when a definition changes
)
