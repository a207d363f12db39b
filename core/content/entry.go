package content

import "time"

// Values holds the values of one locale of an entry, or of what its locales
// share, by stable field id. A value is what its field kind's Normalize gave:
// only nil, bool, string, float64, json-like maps and slices of those.
type Values map[FieldID]any

// Version is one saved, unchangeable set of values: what a revision of an
// entry holds for one locale.
type Version struct {
	Revision int       `json:"revision"` // the entry's revision that saved it
	At       time.Time `json:"at"`
	By       Actor     `json:"by"`
	Values   Values    `json:"values"`

	// Personal holds the values of personal fields. It never reaches the log:
	// the codec keeps it as Sealed under the entry's own key, and opens it
	// again on reading. After an erasure it stays empty for ever.
	Personal Values `json:"-"`
	Sealed   []byte `json:"sealed,omitempty"`
}

// Side is the state of one locale of an entry: what is live, what is being
// prepared, and what is planned. The zero Side is a locale without anything.
type Side struct {
	Draft     *Version `json:"draft,omitempty"`     // newest values, when they differ from what is live
	Published *Version `json:"published,omitempty"` // what visitors see

	PublishAt   *time.Time `json:"publish_at,omitempty"`   // the draft goes live then
	UnpublishAt *time.Time `json:"unpublish_at,omitempty"` // what is live is withdrawn then
	Planner     *Actor     `json:"planner,omitempty"`      // who planned it; their rights count when it is due

	Review   *Review        `json:"review,omitempty"`
	Comments []FieldComment `json:"comments,omitempty"` // open ones, oldest first

	FirstPublishedAt *time.Time `json:"first_published_at,omitempty"`
	PublishedAt      *time.Time `json:"published_at,omitempty"`
}

// Newest is the draft, or what is live when there is no draft, or nil.
func (s *Side) Newest() *Version {
	if s == nil {
		return nil
	}
	if s.Draft != nil {
		return s.Draft
	}
	return s.Published
}

// ReviewState is where a submitted draft stands.
type ReviewState string

// The states of a review. An edit after Submitted or Approved sets the review
// back to nothing: an approval binds to one revision.
const (
	Submitted ReviewState = "submitted"
	Approved  ReviewState = "approved"
	Rejected  ReviewState = "rejected"
)

// Review is the state of a submission for review of one locale's draft.
type Review struct {
	State       ReviewState `json:"state"`
	Revision    int         `json:"revision"` // of the draft that it speaks of
	SubmittedAt time.Time   `json:"submitted_at"`
	SubmittedBy Actor       `json:"submitted_by"`
	DecidedAt   *time.Time  `json:"decided_at,omitempty"`
	DecidedBy   *Actor      `json:"decided_by,omitempty"`
	Comment     string      `json:"comment,omitempty"` // the submitter's message, or the reason of a rejection
}

// FieldComment is what somebody says to those who write an entry about one of
// its fields. It must not hold personal data: the history keeps it.
type FieldComment struct {
	ID    string    `json:"id"`
	Field FieldID   `json:"field"`
	Text  string    `json:"text"`
	At    time.Time `json:"at"`
	By    Actor     `json:"by"`
}

// Entry is one item of a collection in its whole state: every locale, live and
// prepared. Each (entry, locale) has its own draft, publication and schedule;
// fields that are not localized live once, in the Shared side, and go live
// with whichever locale is published.
type Entry struct {
	ID         EntryID      `json:"id"`
	Collection CollectionID `json:"collection"`
	Revision   int          `json:"revision"` // counts the commits that changed it, from 1: the ETag
	CreatedAt  time.Time    `json:"created_at"`
	CreatedBy  Actor        `json:"created_by"`
	UpdatedAt  time.Time    `json:"updated_at"`
	UpdatedBy  Actor        `json:"updated_by"`

	// Parent and Position place the entry in the tree of its collection.
	// Position orders siblings by byte order; see core/action/position.
	Parent   EntryID `json:"parent,omitempty"`
	Position string  `json:"position,omitempty"`

	TrashedAt *time.Time `json:"trashed_at,omitempty"` // in the trash since
	ErasedAt  *time.Time `json:"erased_at,omitempty"`  // personal values destroyed then

	Sides map[Locale]*Side `json:"sides"` // Shared and the locales
}

// Side gives the side of a locale, never nil; changing what it gives for a
// locale the entry does not have changes nothing.
func (e *Entry) Side(l Locale) *Side {
	if s := e.Sides[l]; s != nil {
		return s
	}
	return &Side{}
}

// Locales lists the locales that the entry has, without Shared, sorted.
func (e *Entry) Locales() []Locale {
	return sortedLocales(e.Sides)
}

// Status is what a person calls the state of one locale of an entry.
type Status string

// The statuses. Changed is live with a newer draft beside it.
const (
	StatusDraft     Status = "draft"
	StatusScheduled Status = "scheduled"
	StatusPublished Status = "published"
	StatusChanged   Status = "changed"
	StatusTrashed   Status = "trashed"
)

// Status of one locale. A draft of shared values counts for every locale.
func (e *Entry) Status(l Locale) Status {
	s, shared := e.Side(l), e.Side(Shared)
	switch {
	case e.TrashedAt != nil:
		return StatusTrashed
	case s.Published != nil && (s.Draft != nil || shared.Draft != nil):
		return StatusChanged
	case s.Published != nil:
		return StatusPublished
	case s.PublishAt != nil:
		return StatusScheduled
	}
	return StatusDraft
}

// HasPersonal reports whether any version of the entry has personal values,
// sealed or not.
func (e *Entry) HasPersonal() bool {
	for _, s := range e.Sides {
		for _, v := range []*Version{s.Draft, s.Published} {
			if v != nil && (len(v.Personal) > 0 || v.Sealed != nil) {
				return true
			}
		}
	}
	return false
}
