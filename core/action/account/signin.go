package account

import (
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Opening is what a sign-in leads to: a session or, when the user has a second
// factor, a ticket that stands for the first one until a code is shown. Which
// of the two it was, the receipt's subject tells: it is that noun's id.
type Opening struct {
	Session string // digest of the secret: hexadecimal SHA-256, the lookup of the session
	Expires time.Time
	Agent   string // coarse: "Firefox, Linux"
	Ticket  string // digest
}

// TicketAge is how long a code may take.
const TicketAge = 10 * time.Minute

// SignIn lets in a user whose first factor core/auth has just checked. Only
// the program itself does that.
type SignIn struct {
	User  content.UserID
	Epoch int // of the user when the first factor was checked: it may have changed since
	// Identity is the lookup of the account elsewhere that was the first
	// factor; empty: another one was.
	Identity string
	Opening
}

// Name is "session.open".
func (SignIn) Name() string { return "session.open" }

// Needs nothing: only the program itself may.
func (SignIn) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan opens the session or gives the ticket.
func (a SignIn) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	u, err := noun.FindUser(tx, a.User)
	if err != nil {
		return nil, err
	}
	if u.Disabled {
		return nil, problem.New(problem.Forbidden, "user_disabled", nil)
	}
	if u.Epoch != a.Epoch {
		return nil, problem.New(problem.Unauthenticated, "sign_in_overtaken", nil)
	}
	if err := a.identity(tx, u); err != nil {
		return nil, err
	}
	return a.enter(tx, env, u)
}

// identity makes sure that the account elsewhere is still the user's.
func (a SignIn) identity(tx *view.Tx, u content.User) error {
	if a.Identity == "" {
		return nil
	}
	unknown := problem.New(problem.Unauthenticated, "identity_unknown", nil)
	n, err := tx.NounByLookup(content.NounIdentity, a.Identity)
	if noun.Missing(err) {
		return unknown
	}
	if err != nil {
		return err
	}
	i, err := noun.Decode[content.Identity](n)
	if err == nil && i.User != u.ID {
		err = unknown
	}
	return err
}

// enter gives the session or the ticket, in the user's present epoch.
func (o Opening) enter(tx *view.Tx, env action.Env, u content.User) ([]content.Change, error) {
	if !u.SecondFactor {
		return o.open(tx, env, u)
	}
	if err := secretFree(tx, content.NounTicket, o.Ticket); err != nil {
		return nil, err
	}
	t := content.Ticket{ID: content.TicketID(env.NewID()), User: u.ID, Epoch: u.Epoch,
		CreatedAt: env.Now, ExpiresAt: env.Now.Add(TicketAge)}
	return noun.Change(content.NounTicket, string(t.ID), o.Ticket, t)
}

func (o Opening) open(tx *view.Tx, env action.Env, u content.User) ([]content.Change, error) {
	if err := secretFree(tx, content.NounSession, o.Session); err != nil {
		return nil, err
	}
	s := content.Session{ID: content.SessionID(env.NewID()), User: u.ID, Epoch: u.Epoch,
		CreatedAt: env.Now, ExpiresAt: o.Expires.UTC(), Agent: noun.Cut(o.Agent, 100)}
	return noun.Change(content.NounSession, string(s.ID), o.Session, s)
}

// EnterCode is the second step of a sign-in. A right code is used up in the
// commit that opens the session; a wrong one is counted, in a commit, too, so
// that many tries at once on many nodes are no more than as many one after the
// other. The receipt's subject is the session, or the ticket when the code was
// wrong.
type EnterCode struct {
	Ticket string // digest
	Proof
	Opening
}

// Name is "session.enter_code".
func (EnterCode) Name() string { return "session.enter_code" }

// Needs nothing: only the program itself may.
func (EnterCode) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// maxWrong is how many wrong codes end a ticket.
const maxWrong = 5

// Plan opens the session, or counts.
func (a EnterCode) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	t, u, err := ticket(tx, env, a.Ticket)
	if err != nil {
		return nil, err
	}
	f, err := confirmed(tx, u)
	if err != nil {
		return nil, err
	}
	right, factor, err := a.Use(&f, env.Now)
	if err != nil {
		return nil, err
	}
	if right {
		changes, err := a.open(tx, env, u)
		return append(changes, factor, noun.Gone(content.NounTicket, string(t.ID))), err
	}
	t.Wrong++
	changes, err := noun.Change(content.NounTicket, string(t.ID), a.Ticket, t)
	if t.Wrong >= maxWrong {
		changes = []content.Change{noun.Gone(content.NounTicket, string(t.ID))}
	}
	return append(changes, factor), err
}

// ticket gives the ticket of a digest and its user, while it is good.
func ticket(tx *view.Tx, env action.Env, digest string) (content.Ticket, content.User, error) {
	over := problem.New(problem.Unauthenticated, "ticket_over", nil)
	n, err := tx.NounByLookup(content.NounTicket, digest)
	if noun.Missing(err) {
		return content.Ticket{}, content.User{}, over
	}
	if err != nil {
		return content.Ticket{}, content.User{}, err
	}
	t, err := noun.Decode[content.Ticket](n)
	if err != nil {
		return t, content.User{}, err
	}
	u, err := noun.FindUser(tx, t.User)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return t, u, err
	}
	if err != nil || u.Disabled || !u.SecondFactor || u.Epoch != t.Epoch || !env.Now.Before(t.ExpiresAt) {
		return t, u, over
	}
	return t, u, nil
}

// SweepSessions removes sessions, tickets and links that are over, at most 500
// at a time.
type SweepSessions struct{}

// Name is "session.sweep".
func (SweepSessions) Name() string { return "session.sweep" }

// Needs nothing: only the program itself may.
func (SweepSessions) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan removes them.
func (SweepSessions) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	s := sweep{tx: tx, env: env, epochs: map[content.UserID]int{}}
	err := noun.Each(tx, content.NounSession, func(v content.Session) (bool, error) {
		return s.look(content.NounSession, string(v.ID), v.User, v.Epoch, v.ExpiresAt)
	})
	if err == nil {
		err = noun.Each(tx, content.NounTicket, func(v content.Ticket) (bool, error) {
			return s.look(content.NounTicket, string(v.ID), v.User, v.Epoch, v.ExpiresAt)
		})
	}
	if err == nil {
		err = noun.Each(tx, content.NounLink, func(v content.Link) (bool, error) {
			return s.look(content.NounLink, string(v.ID), v.User, v.Epoch, v.ExpiresAt)
		})
	}
	return s.changes, err
}

type sweep struct {
	tx      *view.Tx
	env     action.Env
	epochs  map[content.UserID]int
	changes []content.Change
}

// look takes away what has expired or is of an earlier epoch of its user, and
// says whether to go on.
func (s *sweep) look(kind content.NounKind, id string, user content.UserID, epoch int, ends time.Time) (bool, error) {
	now, known := s.epochs[user]
	if !known && user != "" {
		u, err := noun.FindUser(s.tx, user)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return false, err
		}
		now = u.Epoch
		s.epochs[user] = now
	}
	if !s.env.Now.Before(ends) || epoch != now {
		s.changes = append(s.changes, noun.Gone(kind, id))
	}
	return len(s.changes) < 500, nil
}

// keepSession lets one session of a user outlive the epoch that ends: that of
// the browser in which the user changes what they sign in with.
func keepSession(tx *view.Tx, id content.SessionID, u content.User) ([]content.Change, error) {
	if id == "" {
		return nil, nil
	}
	n, err := tx.Noun(content.NounSession, string(id))
	if noun.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := noun.Decode[content.Session](n)
	if err != nil || s.User != u.ID || s.Epoch != u.Epoch-1 {
		return nil, err
	}
	s.Epoch = u.Epoch
	return noun.Change(content.NounSession, n.ID, n.Lookup, s)
}

// within a list of digests, without its one use.
func without(digests []string, used string) ([]string, bool) {
	i := slices.Index(digests, used)
	if used == "" || i < 0 {
		return digests, false
	}
	return slices.Delete(slices.Clone(digests), i, i+1), true
}
