package account

import (
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/auth/totp"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Proof is what is shown of a second factor: a code of an app, or one of the
// recovery codes, of which only the digest comes here.
type Proof struct {
	Code     string
	Recovery string // hexadecimal SHA-256; empty: none
}

// Wrong codes of one user in a row close the factor for a while, whatever
// tickets they come with: for a minute after the fifth, twice as long after
// each further fifth, at most an hour.
const (
	wrongRow  = 5
	maxClosed = time.Hour
)

// Use holds the proof against a factor, and gives the change that uses it up
// or counts that it was wrong.
func (p Proof) Use(f *content.Factor, now time.Time) (right bool, change content.Change, err error) {
	if f.ClosedTo != nil && now.Before(*f.ClosedTo) {
		wait := int(f.ClosedTo.Sub(now)/time.Second) + 1
		return false, content.Change{}, problem.New(problem.Limited, "codes_closed", problem.Args{"seconds": wait}).With("retry_after", wait)
	}
	if step, ok := totp.Check(f.Secret, p.Code, now, f.Step); ok {
		f.Step, right = step, true
	} else if left, ok := without(f.Recovery, p.Recovery); ok {
		f.Recovery, right = left, true
	}
	f.Wrong, f.ClosedTo = f.Wrong+1, nil
	if right {
		f.Wrong = 0
	} else if f.Wrong%wrongRow == 0 {
		closed := min(time.Minute<<min(f.Wrong/wrongRow-1, 10), maxClosed)
		f.ClosedTo = new(now.Add(closed))
	}
	change, err = factorChange(*f)
	return right, change, err
}

// factorChange makes the change that keeps a factor.
func factorChange(f content.Factor) (content.Change, error) {
	n, err := noun.OfFactor(f)
	return content.Change{Noun: n}, err
}

func findFactor(tx *view.Tx, id content.UserID) (content.Factor, error) {
	n, err := tx.Noun(content.NounFactor, string(id))
	if noun.Missing(err) {
		return content.Factor{}, problem.New(problem.NotFound, "factor_missing", nil)
	}
	if err != nil {
		return content.Factor{}, err
	}
	return noun.DecodeFactor(n)
}

// confirmed gives the factor of a user who has one, not one that was begun.
func confirmed(tx *view.Tx, u content.User) (content.Factor, error) {
	if !u.SecondFactor {
		return content.Factor{}, problem.New(problem.NotFound, "factor_missing", nil)
	}
	return findFactor(tx, u.ID)
}

// BeginFactor keeps the secret of a second factor that the caller is setting
// up. It is asked for nowhere until a code of it was shown.
type BeginFactor struct {
	Secret []byte
}

// Name is "factor.begin".
func (BeginFactor) Name() string { return "factor.begin" }

// Needs nothing but to be signed in as a person.
func (BeginFactor) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan keeps it.
func (a BeginFactor) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := me(tx, env)
	if err != nil {
		return nil, err
	}
	if u.SecondFactor {
		return nil, problem.New(problem.Conflict, "factor_on", nil)
	}
	change, err := factorChange(content.Factor{User: u.ID, CreatedAt: env.Now, FactorSecret: content.FactorSecret{Secret: a.Secret}})
	return []content.Change{change}, err
}

// me gives the user who acts, in person.
func me(tx *view.Tx, env action.Env) (content.User, error) {
	if env.By.Kind != content.ActorUser {
		return content.User{}, problem.New(problem.Unauthenticated, "person_needed", nil)
	}
	return noun.FindUser(tx, content.UserID(env.By.ID))
}

// ConfirmFactor makes the factor that was begun count. Every session of the
// user ends but the one in which they do it.
type ConfirmFactor struct {
	Code     string
	Recovery []string          // digests of the recovery codes
	Session  content.SessionID // goes on
}

// Name is "factor.confirm".
func (ConfirmFactor) Name() string { return "factor.confirm" }

// Needs nothing but to be signed in as a person.
func (ConfirmFactor) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan confirms. A wrong code is only told: whoever set the factor up knows
// its secret.
func (a ConfirmFactor) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := me(tx, env)
	if err != nil {
		return nil, err
	}
	f, err := findFactor(tx, u.ID)
	if err != nil {
		return nil, err
	}
	if f.Confirmed {
		return nil, problem.New(problem.Conflict, "factor_on", nil)
	}
	step, ok := totp.Check(f.Secret, a.Code, env.Now, f.Step)
	if !ok {
		return nil, problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Pointer: "/code", Code: "code_wrong"}})
	}
	f.Confirmed, f.Step, f.Recovery = true, step, a.Recovery
	factor, err := factorChange(f)
	if err != nil {
		return nil, err
	}
	u.SecondFactor = true
	u.Epoch++
	return newEpoch(tx, u, a.Session, factor)
}

// newEpoch ends every session of a user but one, with other changes.
func newEpoch(tx *view.Tx, u content.User, keep content.SessionID, also ...content.Change) ([]content.Change, error) {
	changes, err := noun.ChangeUser(u)
	if err != nil {
		return nil, err
	}
	session, err := keepSession(tx, keep, u)
	return append(append(changes, also...), session...), err
}

// RemoveFactor takes the second factor away. Who manages users does that for
// others; for oneself it takes a code or the password again. The user's
// sessions end. After a wrong code, which is counted, the user still has it.
type RemoveFactor struct {
	User content.UserID
	// Epoch of the caller themself, whose password was just checked; nil: the
	// proof has to do.
	Epoch *int
	Proof
	Session content.SessionID // goes on
}

// Name is "factor.remove".
func (RemoveFactor) Name() string { return "factor.remove" }

// Needs nothing here: everyone may remove their own, and Plan asks for others'.
func (RemoveFactor) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan removes it.
func (a RemoveFactor) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := credentials(tx, env, a.User)
	if err != nil {
		return nil, err
	}
	f, err := confirmed(tx, u)
	if err != nil {
		return nil, err
	}
	if env.By.Kind == content.ActorUser && env.By.ID == string(u.ID) && (a.Epoch == nil || *a.Epoch != u.Epoch) {
		if a.Proof == (Proof{}) {
			return nil, problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Code: "password_or_code"}})
		}
		right, count, err := a.Use(&f, env.Now)
		if err != nil || !right {
			return []content.Change{count}, err
		}
	}
	u.SecondFactor = false
	u.Epoch++
	return newEpoch(tx, u, a.Session, noun.Gone(content.NounFactor, string(u.ID)))
}

// RenewRecovery replaces the recovery codes of the caller, who shows a code.
// After a wrong one, which is counted, the old ones stay.
type RenewRecovery struct {
	Proof
	Recovery []string // digests
}

// Name is "factor.renew_recovery".
func (RenewRecovery) Name() string { return "factor.renew_recovery" }

// Needs nothing but to be signed in as a person.
func (RenewRecovery) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan replaces them.
func (a RenewRecovery) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := me(tx, env)
	if err != nil {
		return nil, err
	}
	f, err := confirmed(tx, u)
	if err != nil {
		return nil, err
	}
	right, change, err := a.Use(&f, env.Now)
	if err != nil || !right {
		return []content.Change{change}, err
	}
	f.Recovery = a.Recovery
	change, err = factorChange(f)
	return []content.Change{change}, err
}
