package profile

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/signed"
	"github.com/recueil-cms/recueil/core/texts"
)

// Collection is the one whose profiles are kept.
const Collection = "associations"

// How long links are good: one that was asked for, the form behind it, and one
// of a reminder.
const (
	askedLife  = 15 * time.Minute
	ticketLife = 2 * time.Hour
	remindLife = 60 * 24 * time.Hour
)

// Options are the parts that a keeper stands on; all are needed.
type Options struct {
	Query  *query.Engine
	Do     func(ctx context.Context, by content.Actor, a action.Action, o action.Options) (action.Receipt, error)
	Signer *signed.Signer
	Mail   func(mail.Message) error
	Texts  *texts.Catalogue
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
	// Locales of the site, first choice first.
	Locales []content.Locale
	// BaseURL gives how people reach the site, without a slash at the end.
	BaseURL func() string
}

// Keeper keeps profiles. It is safe for concurrent use.
type Keeper struct{ o Options }

// New makes a keeper.
func New(o Options) *Keeper { return &Keeper{o} }

// by is who acts in the history.
var by = content.Actor{Kind: content.ActorSystem, ID: "profile"}

// Claim is what a link stands for: that somebody reads one of the mailboxes of
// an association.
type Claim struct {
	Entry content.EntryID `json:"e"`
	Mark  string          `json:"m"` // of the link: each is good once
}

// Purposes of signed texts.
const (
	purposeLink   = "profile"
	purposeTicket = "profile-ticket"
)

// Profile is an association as its own people see it.
type Profile struct {
	ID     content.EntryID
	Name   string
	URL    string
	item   *query.Item // its newest values
	live   *query.Item // what is published of it
	locale content.Locale
}

// get reads a profile as the program.
func (k *Keeper) get(ctx context.Context, id content.EntryID, l content.Locale) (*Profile, error) {
	r, err := k.o.Query.Get(ctx, by, Collection, string(id), query.Params{Locale: l, AnyLocale: true, Version: query.Version{Draft: true}})
	if err != nil {
		return nil, err
	}
	live, err := k.o.Query.Get(ctx, by, Collection, string(id), query.Params{Locale: l, AnyLocale: true, Present: true})
	if err != nil {
		return nil, err // a profile that is not live is not claimed
	}
	p := &Profile{ID: id, URL: live.Item.URL, item: r.Item, live: live.Item, locale: l}
	p.Name, _ = live.Item.Value("name").(string)
	return p, nil
}

// Text gives the value of a field as it is typed, or "".
func (p *Profile) Text(name string) string {
	switch v := p.item.Value(name).(type) {
	case string:
		return v
	case float64:
		return fmt.Sprintf("%g", v)
	}
	return ""
}

// Pending reports whether changes wait for a review already.
func (p *Profile) Pending() bool { return p.item.Status == content.StatusChanged }

// mailboxes are the addresses of an association that the programme has
// published or keeps beside that. One that waits for its review is none: by it
// somebody who saw one letter could keep the profile.
func (p *Profile) mailboxes() []string {
	var out []string
	add := func(v any) {
		if s, _ := v.(string); s != "" && matching(out, s) < 0 {
			out = append(out, s)
		}
	}
	add(p.live.Value("public_email"))
	if m, ok := p.live.Value("contact_person").(map[string]any); ok {
		add(m["email"])
	}
	return out
}

// matching finds an address among some, however its letters are written.
func matching(boxes []string, address string) int {
	return slices.IndexFunc(boxes, func(s string) bool { return strings.EqualFold(s, address) })
}

// Ask sends a link to an address, if it is one of the association's. Whether it
// is nobody is told. The letter goes to the address as it is known here: letters
// that only look alike may be another mailbox.
func (k *Keeper) Ask(ctx context.Context, id content.EntryID, address string, l content.Locale) error {
	p, err := k.get(ctx, id, l)
	if err != nil {
		return err
	}
	boxes := p.mailboxes()
	box := matching(boxes, strings.TrimSpace(address))
	if box < 0 {
		return nil
	}
	to, _, err := k.link(ctx, p, l, askedLife)
	if err != nil {
		return err
	}
	t := k.words(l, map[string]any{"name": p.Name})
	err = k.o.Mail(mail.Message{Kind: "profile.link", To: mail.Person{Name: p.Name, Email: boxes[box]}, Locale: l,
		Subject: t("ask.subject"), Lines: []string{t("ask.text")}, Button: mail.Button{Label: t("ask.button"), URL: to},
		Note: t("ask.note"), Until: k.o.Now().Add(askedLife)})
	if errors.Is(err, mail.ErrFull) {
		return problem.New(problem.Limited, "profile_busy", nil)
	}
	return err
}

// link makes an address at which a profile is kept.
func (k *Keeper) link(ctx context.Context, p *Profile, l content.Locale, life time.Duration) (string, time.Time, error) {
	nonce := make([]byte, 12)
	if _, err := io.ReadFull(k.o.Random, nonce); err != nil {
		return "", time.Time{}, fmt.Errorf("draw the mark of a link: %w", err)
	}
	text, until, err := k.o.Signer.Sign(ctx, purposeLink, Claim{p.ID, base64.RawURLEncoding.EncodeToString(nonce)}, life)
	return k.o.BaseURL() + Path(l, text), until, err
}

// Parts of the address at which a profile is kept.
const (
	Segment   = "tenir-a-jour"
	Parameter = "lien"
)

// Path is the address behind a link.
func Path(l content.Locale, text string) string {
	return "/" + string(l) + "/" + Segment + "?" + Parameter + "=" + text
}

// Open gives what a link stands for, and a ticket for the form behind it. To
// open a link uses nothing up: programs that look into letters do it, too.
func (k *Keeper) Open(ctx context.Context, link string, l content.Locale) (*Profile, string, error) {
	var c Claim
	if _, err := k.o.Signer.Open(ctx, purposeLink, link, &c); err != nil {
		return nil, "", unsigned(err)
	}
	p, err := k.standing(ctx, c, l)
	if err != nil {
		return nil, "", err
	}
	ticket, _, err := k.o.Signer.Sign(ctx, purposeTicket, c, ticketLife)
	return p, ticket, err
}

// Ticket gives what a form that was sent stands for.
func (k *Keeper) Ticket(ctx context.Context, ticket string, l content.Locale) (*Profile, Claim, error) {
	var c Claim
	if _, err := k.o.Signer.Open(ctx, purposeTicket, ticket, &c); err != nil {
		return nil, c, unsigned(err)
	}
	p, err := k.standing(ctx, c, l)
	return p, c, err
}

func (k *Keeper) standing(ctx context.Context, c Claim, l content.Locale) (*Profile, error) {
	p, err := k.get(ctx, c.Entry, l)
	if err != nil {
		return nil, err
	}
	if p.Text("confirmed_by") == c.sign() {
		return nil, problem.New(problem.Gone, "profile_link_over", nil)
	}
	return p, nil
}

// sign is how the history of a profile names a link: not so that it could be
// used.
func (c Claim) sign() string {
	sum := sha256.Sum256([]byte(c.Mark))
	return "link:" + base64.RawURLEncoding.EncodeToString(sum[:9])
}

func unsigned(err error) error {
	switch {
	case errors.Is(err, signed.ErrOver):
		return problem.Wrap(err, problem.Gone, "profile_link_over", nil)
	case errors.Is(err, signed.ErrInvalid):
		return problem.Wrap(err, problem.NotFound, "route_not_found", nil)
	}
	return err
}

// words gives texts of this package in a language.
func (k *Keeper) words(l content.Locale, args map[string]any) func(key string) string {
	return func(key string) string { return k.o.Texts.Text(string(l), "profile."+key, args) }
}
