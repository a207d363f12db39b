package content

import "time"

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

	UserPersonal `json:"-"`
}

// UserPersonal is the part of a user that is sealed in the log.
type UserPersonal struct {
	Name         string `json:"name"`
	Email        string `json:"email"`
	PasswordHash string `json:"password_hash,omitempty"` // PHC string, argon2id; empty: no password sign-in
	TOTPSecret   string `json:"totp_secret,omitempty"`
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
