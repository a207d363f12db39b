// Package presence knows who looks at an entry right now, and who writes in
// it. It keeps a small object for each open editor in the bucket, so that all
// nodes see the same people; nothing of it is a change of the site, nothing
// depends on it, and all of it may be deleted at any time.
package presence

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
)

const (
	// Span is how long somebody counts as present after the last sign.
	// Editors give one every ten seconds. It is longer than clocks of nodes
	// are apart.
	Span = 30 * time.Second
	// forgotten is how old a sign is that whoever meets it removes.
	forgotten = 10 * time.Minute
	// MaxPeople bounds those who are told of for one entry.
	MaxPeople = 50

	maxObject = 4 << 10 // bytes
	prefix    = "presence/"
)

// tabForm is what names an open editor: drawn by the console.
var tabForm = regexp.MustCompile(`^[0-9A-Za-z-]{8,64}$`)

// ErrTab says that the name of an open editor is not one.
var ErrTab = errors.New("the name of an open editor has 8 to 64 letters, digits and hyphens")

// Person is somebody who has an entry open.
type Person struct {
	Tab    string         `json:"tab"` // of the browser: the same person may have several
	User   content.UserID `json:"user"`
	Locale content.Locale `json:"locale,omitempty"`
	Since  time.Time      `json:"since"`          // opened then
	Seen   time.Time      `json:"seen"`           // gave the last sign then
	Typed  time.Time      `json:"typed,omitzero"` // wrote something then
	Took   time.Time      `json:"took,omitzero"`  // took over from the others then
}

// Board shows who is at which entry.
type Board struct {
	bucket storage.Bucket
	now    func() time.Time
}

// NewBoard makes a board on a bucket.
func NewBoard(b storage.Bucket, now func() time.Time) *Board { return &Board{bucket: b, now: now} }

// Sign is what an open editor says of itself.
type Sign struct {
	Entry  content.EntryID
	Tab    string
	User   content.UserID
	Locale content.Locale
	Typed  bool // since the last sign
	Take   bool // asks the others to stop
}

// Give notes a sign and gives everybody who is present now, whoever came first
// leading, and whether that is another company than before the sign.
func (b *Board) Give(ctx context.Context, s Sign) ([]Person, bool, error) {
	if !tabForm.MatchString(s.Tab) {
		return nil, false, ErrTab
	}
	now := b.now().UTC()
	people, err := b.Present(ctx, s.Entry)
	if err != nil {
		return nil, false, err
	}
	me := Person{Tab: s.Tab, User: s.User, Since: now}
	at := slices.IndexFunc(people, func(p Person) bool { return p.Tab == s.Tab && p.User == s.User })
	if at >= 0 {
		me = people[at]
		people = slices.Delete(people, at, at+1)
	}
	was := me
	me.Locale, me.Seen = s.Locale, now
	if s.Typed {
		me.Typed = now
	}
	if s.Take {
		me.Took = now
	}
	raw, err := json.Marshal(me)
	if err != nil {
		return nil, false, fmt.Errorf("write presence: %w", err)
	}
	if _, err := b.bucket.Put(ctx, key(s.Entry, s.User, s.Tab), bytes.NewReader(raw), int64(len(raw)), storage.Cond{}); err != nil {
		return nil, false, fmt.Errorf("keep presence: %w", err)
	}
	people = append(people, me)
	inOrder(people)
	news := at < 0 || s.Take || was.Locale != me.Locale || was.Typed.IsZero() != me.Typed.IsZero()
	return people, news, nil
}

// Leave forgets an open editor. That it was not there is no error.
func (b *Board) Leave(ctx context.Context, entry content.EntryID, tab string, user content.UserID) error {
	if !tabForm.MatchString(tab) {
		return ErrTab
	}
	if err := b.bucket.Delete(ctx, key(entry, user, tab)); err != nil {
		return fmt.Errorf("forget presence: %w", err)
	}
	return nil
}

// Present gives who is at an entry, whoever came first leading.
func (b *Board) Present(ctx context.Context, entry content.EntryID) ([]Person, error) {
	now := b.now()
	var out []Person
	for o, err := range b.bucket.List(ctx, prefix+string(entry)+"/", "") {
		if err != nil {
			return nil, fmt.Errorf("list who is present: %w", err)
		}
		p, err := b.read(ctx, o.Key)
		if errors.Is(err, storage.ErrNotExist) {
			continue // left just now
		}
		if err != nil {
			return nil, err
		}
		switch age := now.Sub(p.Seen); {
		case age > forgotten:
			if err := b.bucket.Delete(ctx, o.Key); err != nil {
				return nil, fmt.Errorf("forget presence: %w", err)
			}
		case age <= Span && len(out) < MaxPeople:
			out = append(out, p)
		}
	}
	inOrder(out)
	return out, nil
}

func inOrder(people []Person) {
	slices.SortFunc(people, func(a, b Person) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.User, b.User), cmp.Compare(a.Tab, b.Tab))
	})
}

// key has the user in it: the names of open editors are told to everybody, and
// nobody may speak for another.
func key(entry content.EntryID, user content.UserID, tab string) string {
	return prefix + string(entry) + "/" + string(user) + "/" + tab
}

// read gives what stands under a key; what cannot be read is nobody, long ago.
func (b *Board) read(ctx context.Context, key string) (Person, error) {
	body, _, err := b.bucket.Get(ctx, key, storage.Range{})
	if err != nil {
		return Person{}, fmt.Errorf("read presence: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxObject))
	if err != nil {
		return Person{}, fmt.Errorf("read presence: %w", err)
	}
	var p Person
	if json.Unmarshal(raw, &p) != nil {
		return Person{}, nil
	}
	return p, nil
}
