// Package preview makes and opens the addresses at which an editor shows the
// draft of one entry, as the page that it will be, to somebody without an
// account. An address is good for a while, and for as long as whoever made it
// may read the draft.
package preview

import (
	"context"
	"errors"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/signed"
)

// Segment is the part of an address, after the language, where previews are;
// Parameter has what tells them apart. It is a parameter, since their values
// are not written to logs.
const (
	Segment   = "apercu"
	Parameter = "lien"
)

// How long an address is good.
const (
	DefaultLife = 24 * time.Hour
	MinLife     = time.Minute
	MaxLife     = 30 * 24 * time.Hour
)

const purpose = "preview"

// Link is what an address stands for.
type Link struct {
	Collection content.CollectionID `json:"c"`
	Entry      content.EntryID      `json:"e"`
	By         content.Actor        `json:"b"` // who made it
	Until      time.Time            `json:"-"`
}

// Links makes and opens addresses. It is safe for concurrent use.
type Links struct{ signer *signed.Signer }

// New makes them of a signer.
func New(s *signed.Signer) *Links { return &Links{s} }

// Make gives the address of a preview on this site, without the host. That the
// maker may read the draft is for the caller to see to.
func (l *Links) Make(ctx context.Context, link Link, locale content.Locale, life time.Duration) (path string, until time.Time, err error) {
	text, until, err := l.signer.Sign(ctx, purpose, link, life)
	return Path(locale, text), until, err
}

// Path is the address of a preview in a language.
func Path(locale content.Locale, text string) string {
	return "/" + string(locale) + "/" + Segment + "?" + Parameter + "=" + text
}

// Open gives what the parameter of an address stands for: NotFound when it was
// not made here, Gone when its time is over.
func (l *Links) Open(ctx context.Context, text string) (Link, error) {
	var link Link
	until, err := l.signer.Open(ctx, purpose, text, &link)
	link.Until = until
	switch {
	case errors.Is(err, signed.ErrInvalid):
		return link, problem.Wrap(err, problem.NotFound, "route_not_found", nil)
	case errors.Is(err, signed.ErrOver):
		return link, problem.Wrap(err, problem.Gone, "preview_over", nil)
	}
	return link, err
}
