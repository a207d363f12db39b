package content

import (
	"encoding/json"
	"strings"
	"time"
)

// Plugin is an installed plugin. Its ID is drawn at the installation, so that
// one that was removed can be installed again; its Name is that of the
// manifest.
type Plugin struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Revision int    `json:"revision"`
	Enabled  bool   `json:"enabled"`

	Current  *PluginVersion `json:"current,omitempty"`  // runs when enabled; nil until approved
	Pending  *PluginVersion `json:"pending,omitempty"`  // waits for the approval of what it asks for
	Previous *PluginVersion `json:"previous,omitempty"` // to roll back to

	// Approved lists the scopes that were agreed to, in the form in which the
	// manifest asks for them.
	Approved   []string   `json:"approved,omitempty"`
	ApprovedBy *Actor     `json:"approved_by,omitempty"`
	ApprovedAt *time.Time `json:"approved_at,omitempty"`

	Settings json.RawMessage `json:"settings,omitempty"`

	PluginPersonal `json:"-"`
}

// PluginVersion is one version of a plugin. It never changes.
type PluginVersion struct {
	Version string `json:"version"`
	// Bundle is the blob with the plugin's files, or BuiltinBundle for one that
	// the program itself brings.
	Bundle      string          `json:"bundle"`
	Manifest    json.RawMessage `json:"manifest"`
	Digest      string          `json:"digest"`           // SHA-256 of the manifest's file, hexadecimal
	Scopes      []string        `json:"scopes,omitempty"` // that the manifest asks for
	Signer      string          `json:"signer,omitempty"` // id of the key whose signature was checked
	InstalledAt time.Time       `json:"installed_at"`
	InstalledBy Actor           `json:"installed_by"`
}

// BuiltinBundle stands for the files of a plugin that is part of the program.
const BuiltinBundle = "builtin"

// PluginPersonal is the part of a plugin that is sealed in the log.
type PluginPersonal struct {
	Secrets map[string]string `json:"secrets,omitempty"`
}

// Announcement is the last event of one name that a plugin made known to other
// plugins; the log has all of them. It holds nothing personal.
type Announcement struct {
	Plugin string          `json:"plugin"` // its name
	Name   string          `json:"name"`
	Number int             `json:"number"` // counts them
	Body   json.RawMessage `json:"body,omitempty"`
}

// ID names the noun of an announcement.
func (a *Announcement) ID() string { return a.Plugin + "." + a.Name }

// SearchDocument is text that a plugin adds to the search: more of an entry, or
// a page of the plugin that is no entry. It is found by whoever may read Field
// of Collection: of that entry, or of all entries.
type SearchDocument struct {
	// ID begins with Place; its end is drawn, so that a key that was destroyed
	// with a document is never that of another one.
	ID         string       `json:"id"`
	Plugin     string       `json:"plugin"` // its name
	Key        string       `json:"key"`    // which of the plugin's, of one entry
	Collection CollectionID `json:"collection"`
	Entry      EntryID      `json:"entry,omitempty"` // empty: it stands for itself
	Field      FieldID      `json:"field"`
	// Path of the page of one that stands for itself, below the plugin's own.
	Path      string    `json:"path,omitempty"`
	UpdatedAt time.Time `json:"updated_at"`

	SearchDocumentPersonal
}

// SearchDocumentPersonal is the part that is sealed in the log: what a plugin
// writes may name people, and goes with the document.
type SearchDocumentPersonal struct {
	Texts map[Locale]SearchText `json:"texts,omitempty"`
}

// SearchText is a document in one language.
type SearchText struct {
	Title string `json:"title,omitempty"` // of one that stands for itself
	Text  string `json:"text,omitempty"`
}

// standing begins the ids of documents that stand for themselves.
const standing = "-"

// Place is how the id of the document begins: those of one entry lie together.
func (d *SearchDocument) Place() string { return SearchDocuments(d.Entry, d.Plugin) + d.Key + "." }

// SearchDocuments is how the ids begin of the documents of an entry by a
// plugin; an empty plugin stands for all, an empty entry for none.
func SearchDocuments(e EntryID, plugin string) string {
	if e == "" {
		e = standing
	}
	if plugin != "" {
		plugin += "."
	}
	return string(e) + "." + plugin
}

// FoundAs is what the index knows a document as, by the id of its noun: the
// entry that it is of, or the document itself.
func FoundAs(id string) EntryID {
	if e, _, _ := strings.Cut(id, "."); e != standing {
		return EntryID(e)
	}
	return EntryID(id)
}

// IsSearchDocument reports whether what the index found is a document that
// stands for itself.
func IsSearchDocument(id EntryID) bool { return strings.HasPrefix(string(id), standing+".") }
