package record

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// The collections.
const (
	Consultations   = "consultation"
	Groups          = "consultation-group"
	Mandates        = "consultation-mandate"
	Meetings        = "consultation-meeting"
	Registers       = "consultation-register"
	Minutes         = "consultation-minutes"
	Decisions       = "consultation-decision"
	Actions         = "consultation-action"
	Topics          = "consultation-topic"
	Contributions   = "consultation-contribution"
	Comments        = "consultation-comment"
	Reports         = "consultation-report"
	Rulings         = "consultation-ruling"
	Ballots         = "consultation-ballot"
	Positions       = "consultation-position"
	Statements      = "consultation-statement"
	Recommendations = "consultation-recommendation"
	Answers         = "consultation-answer"
	Commitments     = "consultation-commitment"
	Followers       = "consultation-follower"
	Responses       = "consultation-response"
	Texts           = "consultation-text"
	Associations    = "associations"
	Authorities     = "authorities"
	Studies         = "studies"
)

// pageSize is that of lists that are read to their end.
const pageSize = 100

// Book reads and writes for whoever its host acts for.
type Book struct {
	Host   *sdk.Host
	Locale string // of what is read; other languages where it has none
	// Draft reads what is newest; otherwise what is public.
	Draft bool
}

// Newest reads also what is not public.
func (b Book) Newest() Book { b.Draft = true; return b }

// Q is a query: a filter by field and operator, as in Q{"group": id} or
// Q{"starts _gte": day}, or by a field of what it leads to, "ballot.group"; "sort", "size", "number", "after", "count" and "fields"
// are what they are called.
type Q map[string]string

func (b Book) query(q Q) string {
	v := url.Values{"fallback": {"*"}}
	if b.Locale != "" {
		v.Set("locale", b.Locale)
	}
	if b.Draft {
		v.Set("version", "draft")
	}
	for key, value := range q {
		switch key {
		case "sort", "count", "fields":
			v.Set(key, value)
		case "size", "number", "after":
			v.Set("page["+key+"]", value)
		default:
			field, op, ok := strings.Cut(key, " ")
			if !ok {
				op = "_eq"
			}
			v.Set("filter["+strings.ReplaceAll(field, ".", "][")+"]["+op+"]", value)
		}
	}
	return v.Encode()
}

// List reads a page of entries.
func List[T any](ctx context.Context, b Book, collection string, q Q) (items []T, page *sdk.Page, err error) {
	page, err = b.Host.Find(ctx, collection, b.query(q))
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", collection, err)
	}
	if err := page.Into(&items); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", collection, err)
	}
	return items, page, nil
}

// All reads entries to the end, or to a limit.
func All[T any](ctx context.Context, b Book, collection string, q Q, limit int) ([]T, error) {
	var out []T
	err := Each(ctx, b, collection, q, func(items []T) (bool, error) {
		out = append(out, items...)
		return len(out) < limit, nil
	})
	return out[:min(len(out), limit)], err
}

// Each hands over entries page by page until see says that it is enough.
func Each[T any](ctx context.Context, b Book, collection string, q Q, see func([]T) (more bool, err error)) error {
	ask := Q{"size": strconv.Itoa(pageSize)}
	for key, value := range q {
		ask[key] = value
	}
	for {
		items, page, err := List[T](ctx, b, collection, ask)
		if err != nil {
			return err
		}
		more, err := see(items)
		if err != nil || !more || page.Next == "" {
			return err
		}
		ask["after"] = page.Next
	}
}

// One reads the first entry of a query, or nil.
func One[T any](ctx context.Context, b Book, collection string, q Q) (*T, error) {
	ask := Q{"size": "1"}
	for key, value := range q {
		ask[key] = value
	}
	items, _, err := List[T](ctx, b, collection, ask)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	return &items[0], nil
}

// Get reads an entry; nil says that there is none, or none that may be seen.
func Get[T any](ctx context.Context, b Book, collection, id string) (*T, error) {
	if !IsID(id) {
		return nil, nil
	}
	var one T
	err := b.Host.Get(ctx, collection, id, b.query(nil), &one)
	if sdk.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s/%s: %w", collection, id, err)
	}
	return &one, nil
}

// Total counts entries.
func Total(ctx context.Context, b Book, collection string, q Q) (int, error) {
	ask := Q{"size": "1", "count": "exact", "fields": "id"}
	for key, value := range q {
		ask[key] = value
	}
	_, page, err := List[Head](ctx, b, collection, ask)
	if err != nil {
		return 0, err
	}
	return page.Total, nil
}

// IsID reports whether a text has the form of an entry's id.
func IsID(id string) bool {
	if len(id) != 26 {
		return false
	}
	for _, c := range []byte(id) {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z') {
			return false
		}
	}
	return true
}

// Values are those of an entry by the names of fields.
type Values map[string]any

// language is that under which the module writes what it writes itself.
const language = "fr"

// Create makes an entry, and publishes it when it is to be seen. key makes it
// once.
func (b Book) Create(ctx context.Context, collection string, v Values, publish bool, key string) (*sdk.Done, error) {
	done, err := b.Host.Create(ctx, collection, sdk.Locales{language: v}, sdk.Options{Publish: publish, Key: key})
	if err != nil {
		return nil, fmt.Errorf("create in %s: %w", collection, err)
	}
	return done, nil
}

// Save changes an entry that has a revision; 0 takes any.
func (b Book) Save(ctx context.Context, id string, revision int, v Values) (*sdk.Done, error) {
	done, err := b.Host.Save(ctx, id, sdk.Locales{language: v}, sdk.Options{Revision: revision})
	if err != nil {
		return nil, fmt.Errorf("save %s: %w", id, err)
	}
	return done, nil
}

// Show saves and publishes, in one.
func (b Book) Show(ctx context.Context, id string, revision int, v Values) error {
	if _, err := b.Host.Save(ctx, id, sdk.Locales{language: v}, sdk.Options{Revision: revision, Publish: true}); err != nil {
		return fmt.Errorf("show %s: %w", id, err)
	}
	return nil
}

// Saved are values as a batch takes them.
func Saved(v Values) sdk.Locales { return sdk.Locales{language: v} }

// Commit makes changes together.
func (b Book) Commit(ctx context.Context, changes *sdk.Batch, reason string) error {
	if _, err := b.Host.Commit(ctx, changes, sdk.Options{Reason: reason}); err != nil {
		return fmt.Errorf("commit %d changes: %w", changes.Len(), err)
	}
	return nil
}

// Publish makes the newest values public.
func (b Book) Publish(ctx context.Context, id string, revision int) error {
	if _, err := b.Host.Publish(ctx, id, nil, sdk.Options{Revision: revision}); err != nil {
		return fmt.Errorf("publish %s: %w", id, err)
	}
	return nil
}

// Hide saves and takes out of public sight, in one commit.
func (b Book) Hide(ctx context.Context, id string, v Values) error {
	var both sdk.Batch
	both.Save(id, 0, Saved(v))
	both.Unpublish(id, 0)
	return b.Commit(ctx, &both, "")
}

// Taken reports whether a change was refused because a value that must be
// unique is another's.
func Taken(err error, field string) bool {
	var p *sdk.ProblemError
	if !errors.As(err, &p) {
		return false
	}
	for _, f := range p.Faults {
		if f.Pointer == "/"+field {
			return true
		}
	}
	return false
}

// Head is what every entry has.
type Head struct {
	ID        string    `json:"id"`
	Revision  int       `json:"revision"`
	Status    string    `json:"status"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Public reports whether it is there for everybody.
func (h Head) Public() bool { return h.Status == "published" || h.Status == "changed" }
