package access

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// Verb is what someone does with the entries of a collection.
type Verb string

// The verbs. None includes another: a role that may publish but not read
// drafts publishes blindly, and that is for the role to say.
const (
	Read      Verb = "read"       // what is live
	ReadDraft Verb = "read_draft" // newest values, history, who made them
	Create    Verb = "create"
	Update    Verb = "update"  // saves drafts, moves, copies into
	Publish   Verb = "publish" // also unpublishes and schedules
	Submit    Verb = "submit"  // for review
	Review    Verb = "review"  // approves, rejects
	Delete    Verb = "delete"  // to the trash and back
	Purge     Verb = "purge"   // for ever
	Erase     Verb = "erase"   // personal values, in all revisions
	Manage    Verb = "manage"  // things that are not entries; see the "@" collections
)

// Verbs lists every verb, in the order in which people are shown them.
var Verbs = [...]Verb{Read, ReadDraft, Create, Update, Submit, Review, Publish, Delete, Purge, Erase, Manage}

// The collections of things that are not entries. The wild card of content
// does not include them; AnyAdmin stands for them all.
const (
	AnyContent  = "*"
	AnyAdmin    = "@*"
	Collections = "@collections"
	Users       = "@users"
	Roles       = "@roles"
	Tokens      = "@tokens" // of other people: everyone manages their own
	Assets      = "@assets" // read, create, update, delete
	Audit       = "@audit"
	Webhooks    = "@webhooks"
	Plugins     = "@plugins"
	Search      = "@search" // read: what people search for; manage: the index
)

// Admin lists the collections of things that are not entries.
var Admin = [...]string{Collections, Users, Roles, Tokens, Assets, Audit, Webhooks, Plugins, Search}

// Grant lets its holder do some verbs with a collection.
type Grant struct {
	// Collection is the id of a collection, AnyContent, AnyAdmin or one of
	// Admin. Ids and never names: renaming a collection hands out no right.
	Collection string `json:"collection"`
	Verbs      []Verb `json:"verbs"`
	// Rows is a filter that the entry must match; absent, every entry does. It
	// may use "$user", "$association" (of the user) and "$now" as operands. A
	// grant whose variable has no value for the caller grants nothing.
	Rows json.RawMessage `json:"rows,omitempty"`
	// Fields that may be read or written: nil is all of them, and an empty
	// list is none.
	Fields []content.FieldID `json:"fields,omitzero"`
}

// Role is a named set of grants that users hold.
type Role struct {
	ID     content.RoleID `json:"id"`
	Name   string         `json:"name"` // in the API; may change
	Label  schema.Texts   `json:"label,omitempty"`
	Help   schema.Texts   `json:"help,omitempty"`
	Grants []Grant        `json:"grants"`
	// Sees bounds the fields of this role's own grants by their visibility. It
	// opens nothing in a collection that another role grants.
	Sees schema.Visibility `json:"sees,omitempty"`
	// SecondFactor makes the role count only for users who sign in with a
	// second factor, too; until they have one, they hold it in vain.
	SecondFactor bool `json:"second_factor,omitempty"`

	Builtin  bool `json:"builtin,omitempty"` // cannot be removed
	Revision int  `json:"revision"`
}

// The built-in roles. Visitor is what everybody has, signed in or not.
const (
	Administrator content.RoleID = "administrator"
	Editor        content.RoleID = "editor"
	Author        content.RoleID = "author"
	Reviewer      content.RoleID = "reviewer"
	Member        content.RoleID = "member"
	Reader        content.RoleID = "reader"
	Visitor       content.RoleID = "visitor"
)

// PluginRole is the role under which a plugin acts when it acts for nobody:
// its capabilities, as they were granted when it was installed.
func PluginRole(plugin string) content.RoleID {
	return content.RoleID("plugin:" + plugin)
}

// level of a role. A word that is no visibility must not open anything here,
// whereas on a field it must hide: so it counts as public.
func (r *Role) level() int8 {
	if l := r.Sees.Level(); l <= schema.Coordinators.Level() {
		return int8(l)
	}
	return 0
}

func (g *Grant) covers(collection string) bool {
	switch g.Collection {
	case AnyContent:
		return collection != "" && !strings.HasPrefix(collection, "@")
	case AnyAdmin:
		return strings.HasPrefix(collection, "@")
	}
	return g.Collection == collection
}

func (g *Grant) has(v Verb) bool { return slices.Contains(g.Verbs, v) }
