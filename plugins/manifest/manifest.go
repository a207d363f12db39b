// Package manifest reads plugin.json, the static description of a plugin: what
// it brings, what it wants to be told, and which rights it asks for. All of it
// is known without running the plugin.
package manifest

import (
	"encoding/json"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// FileName is that of the manifest at the root of a plugin's folder.
const FileName = "plugin.json"

// Protocol is the version of the wire format that this program speaks.
const Protocol = 1

// Features are what this program offers beyond the first protocol. A manifest
// that requires another one is refused before anything of the plugin runs.
var Features = []string{"hooks", "events", "state", "http", "pages", "jobs", "mail", "outbound", "search", "files", "migrate", "console", "attachments", "documents", "erase", "announcements", "search_documents", "batches", "mail_lists"}

// Manifest is a plugin.json. manifest.schema.json describes every member.
type Manifest struct {
	Schema   string       `json:"$schema,omitempty"`
	Name     string       `json:"name"`
	Version  string       `json:"version"`
	Protocol int          `json:"protocol"`
	Requires []string     `json:"requires,omitempty"`
	Label    schema.Texts `json:"label"`
	Help     schema.Texts `json:"help,omitempty"`
	Author   string       `json:"author,omitempty"`
	License  string       `json:"license,omitempty"`

	// Run says what is run, by "linux/amd64" and the like, or "any".
	Run    map[string]Run `json:"run,omitempty"`
	Limits Limits         `json:"limits,omitzero"`

	Rights []Right           `json:"rights,omitempty"`
	Sees   schema.Visibility `json:"sees,omitempty"`
	Alone  *Reason           `json:"alone,omitempty"`
	People *Reason           `json:"people,omitempty"`
	State  *State            `json:"state,omitempty"`

	Collections []schema.Collection `json:"collections,omitempty"`
	// Public are those of its collections of which everybody may read what is
	// published.
	Public []content.CollectionID `json:"public,omitempty"`
	Hook   *Hook                  `json:"hook,omitempty"`
	Events *Events                `json:"events,omitempty"`
	Routes []Route                `json:"routes,omitempty"`
	// Announces are events of its own.
	Announces []Announces `json:"announces,omitempty"`
	// Search says that it adds text to the search.
	Search *Reason `json:"search,omitempty"`

	Pages   []Page   `json:"pages,omitempty"`
	Blocks  []Block  `json:"blocks,omitempty"`
	Jobs    []Job    `json:"jobs,omitempty"`
	Mail    *Mail    `json:"mail,omitempty"`
	Hosts   []Host   `json:"hosts,omitempty"`
	Files   *Files   `json:"files,omitempty"`
	Migrate *Migrate `json:"migrate,omitempty"`
	Console Console  `json:"console,omitzero"`

	Settings json.RawMessage `json:"settings,omitempty"` // JSON Schema of an object
	Secrets  []Secret        `json:"secrets,omitempty"`
}

// Run is what is run on a system.
type Run struct {
	File        string   `json:"file"`                  // in the plugin's folder
	Interpreter string   `json:"interpreter,omitempty"` // absolute path; it runs File
	Args        []string `json:"args,omitempty"`
	// Transport "socket" does without certificates on the plugin's socket, for
	// languages in which they are a burden.
	Transport string `json:"transport,omitempty"`
}

// Limits of the process.
type Limits struct {
	MemoryMB int `json:"memory_mb,omitempty"` // 0: 512
	Files    int `json:"files,omitempty"`     // 0: 512
}

// Reason says to administrators why a right is asked for.
type Reason struct {
	Why schema.Texts `json:"why"`
}

// Right is a grant that the plugin asks for. With a person behind a request it
// gets no more than that person has.
type Right struct {
	Collection string            `json:"collection"` // id
	Verbs      []access.Verb     `json:"verbs"`
	Fields     []content.FieldID `json:"fields,omitempty"` // none: all
	Rows       json.RawMessage   `json:"rows,omitempty"`
	Why        schema.Texts      `json:"why,omitempty"`
}

// State asks for room to keep values.
type State struct {
	KB int `json:"kb"`
}

// Hook asks for a say in commits that save entries of some collections.
type Hook struct {
	Collections []content.CollectionID `json:"collections"`
	// Patch names the fields that it may set, by collection.
	Patch map[content.CollectionID][]content.FieldID `json:"patch,omitempty"`
	// OnFailure says what happens when it does not answer in time: "reject" or
	// "allow". Empty: reject for collections of the plugin's own, else allow.
	OnFailure string       `json:"on_failure,omitempty"`
	TimeoutMS int          `json:"timeout_ms,omitempty"` // 0: 250
	Why       schema.Texts `json:"why,omitempty"`
}

// Timeout is how long the hook may take.
func (h *Hook) Timeout() time.Duration {
	if h.TimeoutMS == 0 {
		return 250 * time.Millisecond
	}
	return time.Duration(h.TimeoutMS) * time.Millisecond
}

// Events asks to be told of commits, and of what other plugins announce.
type Events struct {
	Collections []content.CollectionID `json:"collections,omitempty"`
	// Announced names events of plugins: "<plugin>.<event>".
	Announced []string `json:"announced,omitempty"`
	Actions   []string `json:"actions,omitempty"` // none: all
	// Own: also those that the plugin made itself.
	Own bool `json:"own,omitempty"`
}

// Announces is an event of the plugin's own, of which others may be told.
type Announces struct {
	ID    string       `json:"id"`
	Label schema.Texts `json:"label"`
}

// Route is an address of the plugin's own below /api/v1/plugins/<name>.
type Route struct {
	Method string `json:"method"`
	Path   string `json:"path"` // "/months/{month}"
	// Who may call it: "anyone", "signed_in", or a verb and a collection id that
	// the caller needs, as in "update:event".
	Access string `json:"access"`
	// MaxBodyKB bounds what callers send; 0: 1024.
	MaxBodyKB int `json:"max_body_kb,omitempty"`
	// TimeoutS is how long the first byte of the answer may take; 0: 10.
	TimeoutS int `json:"timeout_s,omitempty"`
	// PerHour is how often one account, or one address of visitors, may call it
	// within an hour on each node; 0: as often as anything.
	PerHour int          `json:"per_hour,omitempty"`
	Label   schema.Texts `json:"label,omitempty"`
}

// Secret is a setting that can be set but not read.
type Secret struct {
	Name     string       `json:"name"`
	Label    schema.Texts `json:"label"`
	Required bool         `json:"required,omitempty"`
}

// Owns reports whether the plugin brings the collection.
func (m *Manifest) Owns(id content.CollectionID) bool {
	for i := range m.Collections {
		if m.Collections[i].ID == id {
			return true
		}
	}
	return false
}

// Role is the role of the plugin: the rights that it asks for.
func (m *Manifest) Role() access.Role {
	id := access.PluginRole(m.Name)
	r := access.Role{ID: id, Name: string(id), Label: m.Label, Sees: m.Sees, Grants: []access.Grant{}}
	for _, right := range m.Rights {
		r.Grants = append(r.Grants, access.Grant{Collection: right.Collection, Verbs: right.Verbs, Rows: right.Rows, Fields: right.Fields})
	}
	if m.Files != nil {
		verbs := []access.Verb{access.Read}
		if m.Files.Upload {
			verbs = append(verbs, access.Create)
		}
		r.Grants = append(r.Grants, access.Grant{Collection: access.Assets, Verbs: verbs})
	}
	return r
}
