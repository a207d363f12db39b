package transfer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// entryLine is one entry in an archive. Values are in outer form: by the names
// of fields, which collections.jsonl ties to their ids. What describes where
// the entry comes from, and is not taken over by another site, comes last.
type entryLine struct {
	ID         content.EntryID              `json:"id"`
	Collection string                       `json:"collection"`
	Parent     content.EntryID              `json:"parent,omitempty"`
	Position   string                       `json:"position,omitempty"`
	CreatedAt  time.Time                    `json:"created_at"`
	TrashedAt  *time.Time                   `json:"trashed_at,omitempty"`
	ErasedAt   *time.Time                   `json:"erased_at,omitempty"`
	Sides      map[content.Locale]*sideLine `json:"sides"`

	CollectionID content.CollectionID `json:"collection_id,omitempty"`
	Revision     int                  `json:"revision,omitempty"`
	CreatedBy    *content.Actor       `json:"created_by,omitempty"`
	UpdatedAt    *time.Time           `json:"updated_at,omitempty"`
	UpdatedBy    *content.Actor       `json:"updated_by,omitempty"`
}

// sideLine is one locale of an entry. In a draft of what the locales share,
// null takes away what is published.
type sideLine struct {
	Published   map[string]any `json:"published,omitempty"`
	Draft       map[string]any `json:"draft,omitempty"`
	PublishedAt *time.Time     `json:"published_at,omitempty"`
	PublishAt   *time.Time     `json:"publish_at,omitempty"`
	UnpublishAt *time.Time     `json:"unpublish_at,omitempty"`
}

// encodeEntry makes the line of an entry, without its personal values unless
// asked for.
func encodeEntry(e *content.Entry, c *schema.Collection, kinds schema.Kinds, personal bool) *entryLine {
	line := &entryLine{
		ID: e.ID, Collection: c.Name, Parent: e.Parent, Position: e.Position, CreatedAt: e.CreatedAt,
		TrashedAt: e.TrashedAt, ErasedAt: e.ErasedAt, Sides: make(map[content.Locale]*sideLine, len(e.Sides)),
		CollectionID: c.ID, Revision: e.Revision, CreatedBy: &e.CreatedBy, UpdatedAt: &e.UpdatedAt, UpdatedBy: &e.UpdatedBy,
	}
	values := func(v *content.Version) map[string]any {
		if v == nil {
			return nil
		}
		all := maps.Clone(v.Values)
		if all == nil {
			all = content.Values{}
		}
		if personal {
			maps.Copy(all, v.Personal)
		}
		return kinds.Encode(c, all)
	}
	for l, s := range e.Sides {
		side := &sideLine{Published: values(s.Published), Draft: values(s.Draft), PublishAt: s.PublishAt, UnpublishAt: s.UnpublishAt}
		if s.Published != nil && (l != content.Shared || len(e.Locales()) == 0) {
			side.PublishedAt = s.PublishedAt
		}
		if l == content.Shared && side.Draft != nil {
			for name := range side.Published {
				if _, kept := side.Draft[name]; !kept {
					side.Draft[name] = nil
				}
			}
		}
		if side.Published != nil || side.Draft != nil {
			line.Sides[l] = side
		}
	}
	return line
}

// contentHash is the SHA-256 of what an import takes over: two sites hold the
// same content when the hashes of their entries are equal.
func (e *entryLine) contentHash() ([sha256.Size]byte, error) {
	same := entryLine{ID: e.ID, Collection: e.Collection, Parent: e.Parent, Position: e.Position,
		CreatedAt: e.CreatedAt.UTC(), Sides: e.Sides}
	if e.TrashedAt != nil {
		same.TrashedAt = &time.Time{} // when is not taken over, that is
	}
	if e.ErasedAt != nil {
		same.ErasedAt = &time.Time{}
	}
	raw, err := json.Marshal(same)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("encode entry %s: %w", e.ID, err)
	}
	return sha256.Sum256(raw), nil
}

// tally adds content hashes up, modulo 2^256, so that their order does not
// count.
type tally struct {
	sum [sha256.Size]byte
	any bool
}

func (t *tally) add(e *entryLine) error {
	hash, err := e.contentHash()
	if err != nil {
		return err
	}
	carry := 0
	for i := len(hash) - 1; i >= 0; i-- {
		carry += int(t.sum[i]) + int(hash[i])
		t.sum[i] = byte(carry)
		carry >>= 8
	}
	t.any = true
	return nil
}

// String is the sum in hexadecimal, empty when nothing was added.
func (t *tally) String() string {
	if !t.any {
		return ""
	}
	return hex.EncodeToString(t.sum[:])
}

// userLine is one user in an archive.
type userLine struct {
	content.User
	Name         string `json:"name,omitempty"`
	Email        string `json:"email,omitempty"`
	PasswordHash string `json:"password_hash,omitempty"` // PHC string
}

// decode reads one line and refuses names that the format does not have, so
// that nothing of an archive is lost unnoticed.
func decode(line []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// decodeEntry reads the line of an entry, whose sides are all there.
func decodeEntry(raw []byte) (*entryLine, error) {
	line := new(entryLine)
	if err := decode(raw, line); err != nil {
		return nil, err
	}
	for _, side := range line.Sides {
		if side == nil {
			return nil, fmt.Errorf("%w: entry %s has an empty side", ErrDamaged, clip(string(line.ID)))
		}
	}
	if line.Sides == nil {
		return nil, fmt.Errorf("%w: entry %s has no sides", ErrDamaged, clip(string(line.ID)))
	}
	return line, nil
}
