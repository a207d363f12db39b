package content

import (
	"encoding/json"
	"time"
)

// User is a person who may sign in. Name, Email and the secrets are personal:
// NewUserNoun in core/action keeps them out of the noun's body.
type User struct {
	ID        UserID    `json:"id"`
	Roles     []RoleID  `json:"roles"`
	Locale    Locale    `json:"locale,omitempty"` // of the console and mails; empty is the site's first
	CreatedAt time.Time `json:"created_at"`
	Disabled  bool      `json:"disabled,omitempty"`
	// Association is the profile that a member acts for.
	Association EntryID `json:"association,omitempty"`
	// Epoch counts changes of credentials or state; a session of an earlier
	// epoch is over.
	Epoch int `json:"epoch"`
	// SecondFactor says that signing in takes a code, too: there is a Factor
	// with the user's id.
	SecondFactor bool `json:"second_factor,omitempty"`

	UserPersonal `json:"-"`
}

// UserPersonal is the part of a user that is sealed in the log.
type UserPersonal struct {
	Name         string `json:"name"`
	Email        string `json:"email"`
	PasswordHash string `json:"password_hash,omitempty"` // PHC string, argon2id; empty: no password sign-in
}

// Token is a secret for a program. Only its digest is kept.
type Token struct {
	ID        TokenID    `json:"id"`
	Name      string     `json:"name"`
	User      UserID     `json:"user"`            // acts with at most this user's rights
	Roles     []RoleID   `json:"roles,omitempty"` // narrows to these roles of the user; empty: all of them
	Prefix    string     `json:"prefix"`          // first characters of the secret, to recognise it by
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"` // kept for the audit
}

// Session is a signed-in browser. Only the digest of its secret is kept.
type Session struct {
	ID        SessionID `json:"id"`
	User      UserID    `json:"user"`
	Epoch     int       `json:"epoch"` // of the user when it began
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Agent     string    `json:"agent,omitempty"` // "Firefox, Linux": coarse, no address
}

// Preferences are what a user keeps about how the console looks: views of
// lists, by key. The values are the console's own; nothing else reads them.
// The noun has the user's id, and the values are sealed: a filter may name
// somebody.
type Preferences struct {
	User UserID `json:"user"`

	PreferenceValues `json:"-"`
}

// PreferenceValues is the part of preferences that is sealed in the log.
type PreferenceValues struct {
	Values map[string]json.RawMessage `json:"values,omitempty"`
}

// Asset is an uploaded file with its facts. Its bytes are a blob.
type Asset struct {
	ID         AssetID           `json:"id"`
	Name       string            `json:"name"`            // file name as uploaded, cleaned
	MediaType  string            `json:"media_type"`      // sniffed, never the caller's word
	Size       int64             `json:"size"`            // bytes
	Blob       string            `json:"blob"`            // "sha256:…"
	Width      int               `json:"width,omitempty"` // pixels, pictures only
	Height     int               `json:"height,omitempty"`
	Alt        map[Locale]string `json:"alt,omitempty"`
	Decorative bool              `json:"decorative,omitempty"` // needs no alternative text
	Credit     string            `json:"credit,omitempty"`
	Folder     string            `json:"folder,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
	Visibility string            `json:"visibility,omitempty"` // "", "members" or "coordinators"
	CreatedAt  time.Time         `json:"created_at"`
	CreatedBy  Actor             `json:"created_by"`
	Revision   int               `json:"revision"`
	// Text is what was found in the file to read. It is made from the file
	// after the fact and does not count as a revision; nil when nobody has
	// looked yet, or when there is nothing to look for.
	Text *AssetText `json:"text,omitempty"`
	// Focus is what has to be seen of a picture that is cropped; nil: its middle.
	Focus *Focus `json:"focus,omitempty"`
	// Frozen says that the file is never replaced, and goes only with what it
	// belongs to: a book of an edition.
	Frozen bool `json:"frozen,omitempty"`
}

// Focus is a point of a picture, as parts of its width and height from the
// upper left corner, 0 to 1.
type Focus struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// AssetText says what was found in a file to read. The text itself is derived
// from the blob and kept with it.
type AssetText struct {
	State    string `json:"state"`              // of core/media/extract: "found", "partial", "none", "encrypted" …
	Pages    int    `json:"pages,omitempty"`    // of the file
	Blank    int    `json:"blank,omitempty"`    // pages that were read and have no text: scanned, or empty
	Paged    bool   `json:"paged,omitempty"`    // pages are what a reader sees, not parts of our own
	Language Locale `json:"language,omitempty"` // as far as can be told
	Version  int    `json:"version"`            // of what read it
}

// RefKind says what a reference points at.
type RefKind string

// The kinds of reference.
const (
	RefEntry RefKind = "entry"
	RefAsset RefKind = "asset"
)

// Ref is a pointer from a value to an entry or an asset.
type Ref struct {
	Kind RefKind `json:"kind"`
	ID   string  `json:"id"`
}
