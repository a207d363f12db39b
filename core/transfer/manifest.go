package transfer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Format and Version are what a manifest must say. A reader takes every
// version up to its own.
const (
	Format  = "recueil-archive"
	Version = 1
)

// The members of an archive. Entries and blobs come as one member each.
const (
	manifestName    = "manifest.json"
	collectionsName = "collections.jsonl"
	rolesName       = "roles.jsonl"
	usersName       = "users.jsonl"
	assetsName      = "assets.jsonl"
	entriesFolder   = "entries/"
	blobsFolder     = "blobs/"
)

// Manifest says what an archive holds. It is its last member, because it has
// the checksums of the others.
type Manifest struct {
	Format    string    `json:"format"`
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	Program   string    `json:"program,omitempty"` // what wrote it, for people
	Seq       uint64    `json:"seq"`               // of the site's log, at the moment of the export
	// Personal says that values of personal fields and people's names and
	// addresses are inside, in clear; Secrets that password hashes are.
	Personal bool     `json:"personal"`
	Secrets  bool     `json:"secrets"`
	Members  []Member `json:"members"`
}

// Member is one file inside an archive.
type Member struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`            // bytes
	SHA256 string `json:"sha256"`          // hexadecimal
	Lines  int    `json:"lines,omitempty"` // of JSON lines
	// Content, of entries, is equal in two archives when both hold the same
	// content, in whatever order: the sum of the entries' content hashes.
	Content string `json:"content,omitempty"`
}

// Limits of an archive. What exceeds them is refused, whatever it says of
// itself.
const (
	MaxMembers  = 500_000   // collections and blobs
	MaxManifest = 128 << 20 // bytes
	MaxLine     = 32 << 20  // bytes of one JSON line
	MaxBlob     = 16 << 30  // bytes of one blob
	MaxTotal    = 4 << 40   // bytes of all members, unpacked
	// maxRatio bounds how many times larger JSON lines may be than what is
	// stored of them; repetitive entries compress about fifty times.
	maxRatio = 1000
)

var (
	// ErrFormat says that a file is not an archive of ours, or of a version
	// that this program does not know.
	ErrFormat = errors.New("not an archive that can be read")
	// ErrDamaged says that the bytes of an archive are not what its manifest
	// says.
	ErrDamaged = errors.New("archive is damaged")
	// ErrHostile says that an archive has what none that we wrote can have: odd
	// names, links, too much of something.
	ErrHostile = errors.New("archive is refused")
)

var (
	entriesMember = regexp.MustCompile(`^entries/[a-z][a-z0-9_]{0,59}\.jsonl$`)
	blobMember    = regexp.MustCompile(`^blobs/[0-9a-f]{64}$`)
)

// known reports whether a member may have this name. Nothing is ever written
// to disk under a member's name; the list is closed all the same.
func known(name string) bool {
	switch name {
	case manifestName, collectionsName, rolesName, usersName, assetsName:
		return true
	}
	return entriesMember.MatchString(name) || blobMember.MatchString(name)
}

func (m *Manifest) check() error {
	if m.Format != Format {
		return fmt.Errorf("%w: format %q", ErrFormat, clip(m.Format))
	}
	if m.Version < 1 || m.Version > Version {
		return fmt.Errorf("%w: version %d, this program reads up to %d", ErrFormat, m.Version, Version)
	}
	if len(m.Members) > MaxMembers {
		return fmt.Errorf("%w: more than %d members", ErrHostile, MaxMembers)
	}
	return nil
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
