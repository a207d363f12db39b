package content

import "time"

// LinkPurpose is what a one-time link is for.
type LinkPurpose string

// The purposes of links.
const (
	LinkSignIn LinkPurpose = "sign_in" // asked for by whoever knows the e-mail
	LinkReset  LinkPurpose = "reset"   // the same, to choose a new password
	LinkInvite LinkPurpose = "invite"  // to a user who was made for somebody
	LinkFirst  LinkPurpose = "first"   // to make the first administrator of a site without users
)

// Link signs its holder in once. Only the digest of its secret is kept; it
// goes in the commit that uses it up.
type Link struct {
	ID        LinkID      `json:"id"`
	Purpose   LinkPurpose `json:"purpose"`
	User      UserID      `json:"user,omitempty"` // empty for LinkFirst
	Epoch     int         `json:"epoch"`          // of the user when it was made
	CreatedAt time.Time   `json:"created_at"`
	ExpiresAt time.Time   `json:"expires_at"`
}

// Ticket stands between the two steps of a sign-in: its holder has shown the
// first factor, and owes a code. Only the digest of its secret is kept.
type Ticket struct {
	ID        TicketID  `json:"id"`
	User      UserID    `json:"user"`
	Epoch     int       `json:"epoch"`
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
	Wrong     int       `json:"wrong,omitempty"` // codes that were tried
}

// Factor is the second factor of a user, under the user's id, and sealed under
// the user's key. It is in no archive.
type Factor struct {
	User      UserID     `json:"user"`
	CreatedAt time.Time  `json:"created_at"`
	Confirmed bool       `json:"confirmed"`        // otherwise it is being set up, and asked for nowhere
	Wrong     int        `json:"wrong,omitempty"`  // codes tried since the last right one, by all tickets
	ClosedTo  *time.Time `json:"closed,omitempty"` // no code is taken until then

	FactorSecret `json:"-"`
}

// FactorSecret is the part of a factor that is sealed in the log.
type FactorSecret struct {
	Secret   []byte   `json:"secret"`   // of TOTP
	Step     int64    `json:"step"`     // of the last code that was used: it and those before are void
	Recovery []string `json:"recovery"` // digests of the recovery codes that are left
}

// Identity is an account elsewhere by which a user may sign in. It is found by
// issuer and subject together, never by an e-mail.
type Identity struct {
	ID        IdentityID `json:"id"`
	User      UserID     `json:"user"`
	Issuer    string     `json:"issuer"`
	CreatedAt time.Time  `json:"created_at"`

	IdentityPersonal `json:"-"`
}

// IdentityPersonal is the part of an identity that is sealed in the log.
type IdentityPersonal struct {
	Subject string `json:"subject"`
}
