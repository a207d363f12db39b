package content

import (
	"encoding/json"
	"time"
)

// ActorKind says what sort of actor did something.
type ActorKind string

// The kinds of actor.
const (
	ActorVisitor ActorKind = "visitor" // nobody signed in
	ActorUser    ActorKind = "user"
	ActorToken   ActorKind = "token"
	ActorPlugin  ActorKind = "plugin"
	ActorSystem  ActorKind = "system" // the program itself: scheduler, loader
)

// Actor is who did or asks for something. Only ids are kept: a name would
// outlive the erasure of the person. The zero Actor is a visitor.
type Actor struct {
	Kind ActorKind `json:"kind,omitempty"`
	ID   string    `json:"id,omitempty"`
	// For names the user on whose behalf a token or plugin acts; empty
	// otherwise.
	For UserID `json:"for,omitempty"`
	// As is the role as which a user looks at the site instead of with their
	// own; empty otherwise. Nothing is ever done under it, so no commit has it.
	As RoleID `json:"-"`
}

// Commit is the all-or-nothing unit of the log: one action of one actor and
// everything it changed.
type Commit struct {
	Action  string    `json:"action"` // "entry.publish"
	Actor   Actor     `json:"actor"`
	At      time.Time `json:"at"`
	Changes []Change  `json:"changes"`

	// Reason is what the actor gave as one; never personal data.
	Reason string `json:"reason,omitempty"`
	// Key is the caller's idempotency key, unique per actor for 24 hours.
	Key string `json:"key,omitempty"`
	// Request is the fingerprint of the body that came with Key, so that the
	// same key with another body can be refused.
	Request string `json:"request,omitempty"`
	// Subject is the id of the entry or noun that the action was about.
	Subject string `json:"subject,omitempty"`
	// Depth counts the answers of plugins to changes that led here; 0 for what
	// no plugin was moved to do.
	Depth int `json:"depth,omitempty"`
}

// Change is one fact inside a commit: the whole state of one thing after it.
// Exactly one field is set.
type Change struct {
	Entry  *Entry  `json:"entry,omitempty"`  // saved, published, moved, trashed …
	Noun   *Noun   `json:"noun,omitempty"`   // anything else that has an id
	Gone   *Gone   `json:"gone,omitempty"`   // an entry purged, a noun removed
	Erased *Erased `json:"erased,omitempty"` // personal values of a thing that stays
}

// Gone is a thing that no longer exists; its id is never used again. Every
// follower removes what it derived from it, and its data key is destroyed.
type Gone struct {
	Kind NounKind `json:"kind"` // NounEntry or the kind of the noun
	ID   string   `json:"id"`
	// Collection of a purged entry.
	Collection CollectionID `json:"collection,omitempty"`
}

// Erased says that the personal values of a thing, in all its revisions, are
// destroyed: its data key goes, and every follower rewrites what it derived
// from them. The same commit carries the state of the thing without them.
type Erased struct {
	Kind NounKind `json:"kind"`
	ID   string   `json:"id"`
}

// NounKind is the kind of a thing other than an entry.
type NounKind string

// The kinds of noun, and the type that Noun.Body decodes to.
const (
	NounEntry      NounKind = "entry"      // only in Gone
	NounCollection NounKind = "collection" // schema.Collection
	NounRole       NounKind = "role"       // access.Role
	NounUser       NounKind = "user"       // content.User
	NounToken      NounKind = "token"      // content.Token
	NounSession    NounKind = "session"    // content.Session
	NounAsset      NounKind = "asset"      // content.Asset
	NounFactor     NounKind = "factor"     // content.Factor
	NounLink       NounKind = "link"       // content.Link
	NounTicket     NounKind = "ticket"     // content.Ticket
	NounIdentity   NounKind = "identity"   // content.Identity
	NounPlugin     NounKind = "plugin"     // content.Plugin
	NounPreference NounKind = "preference" // content.Preferences
	NounIndex      NounKind = "index"      // content.Index

	NounAnnouncement   NounKind = "announcement"    // content.Announcement
	NounSearchDocument NounKind = "search_document" // content.SearchDocument
)

// Noun is the whole state of a thing other than an entry. The log and the view
// carry its body without understanding it.
type Noun struct {
	Kind NounKind        `json:"kind"`
	ID   string          `json:"id"`
	Body json.RawMessage `json:"body"`

	// Lookup is a second name by which the noun is found, unique per kind: the
	// name of a collection, the digest of a token or of a user's e-mail.
	Lookup string `json:"lookup,omitempty"`

	// Personal holds what the body must not: it is sealed in the log under the
	// key of ID and merged into the body by the codec on reading.
	Personal json.RawMessage `json:"-"`
	Sealed   []byte          `json:"sealed,omitempty"`
}
