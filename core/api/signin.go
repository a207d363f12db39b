package api

import (
	"bytes"
	"context"
	"fmt"
	"image/color"
	"time"

	"github.com/boombuler/barcode/qr"
	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

func (a *API) signInRoutes() []route {
	return []route{
		{method: "GET", path: "/session/ways", op: "session.ways", handle: getWays, open: true, status: 200, answer: waysInfo{}},
		{method: "POST", path: "/session/code", op: "session.enter_code", handle: enterCode, open: true, body: codeBody{},
			status: 201, answer: sessionInfo{}},
		{method: "POST", path: "/session/links", op: "session.ask_link", handle: askLink, open: true, body: askBody{},
			status: 202, answer: askedInfo{}},
		{method: "GET", path: "/session/link", op: "session.link_page", handle: getLinkPage, open: true, query: []string{"locale"},
			status: 200, answer: answersPage},
		{method: "POST", path: "/session/link", op: "session.use_link", handle: useLink, open: true, body: linkBody{},
			status: 201, answer: sessionInfo{}},
		{method: "GET", path: "/me/sessions", op: "me.sessions", handle: listSessions, status: 200, answer: []ownSession{}},
		{method: "DELETE", path: "/me/sessions/:session", op: "me.sign_out_one", handle: signOutOne, status: 204, answer: answersNothing},
		{method: "POST", path: "/me/second-factor", op: "me.begin_factor", handle: beginFactor, body: beginBody{},
			status: 201, answer: factorInfo{}},
		{method: "POST", path: "/me/second-factor/confirm", op: "me.confirm_factor", handle: confirmFactor, body: confirmBody{},
			status: 200, answer: recoveryInfo{}},
		{method: "POST", path: "/me/second-factor/recovery-codes", op: "me.renew_recovery", handle: renewRecovery, body: confirmBody{},
			status: 200, answer: recoveryInfo{}},
		{method: "POST", path: "/me/second-factor/remove", op: "me.remove_factor", handle: removeFactor, body: proofBody{},
			status: 204, answer: answersNothing},
		{method: "POST", path: "/users/:user/invite", op: "users.invite", handle: inviteUser, status: 202, answer: askedInfo{},
			verb: access.Manage, on: access.Users},
		{method: "DELETE", path: "/users/:user/second-factor", op: "users.remove_factor", handle: removeUsersFactor, status: 204,
			answer: answersNothing, verb: access.Manage, on: access.Users},
	}
}

// entered answers a sign-in: with a session, or with the ticket for a code.
func (k *call) entered(e auth.Entry, err error) error {
	if err != nil {
		return err
	}
	server.Private(k.Ctx)
	if e.Ticket != "" {
		return problem.New(problem.Unauthenticated, "second_factor_needed", nil).
			With("ticket", e.Ticket).With("expires_at", e.Ends.UTC().Format(time.RFC3339))
	}
	server.SetSession(k.Ctx, e.Secret, e.Ends)
	return k.created(Prefix+"/session", 0, envelope{Data: sessionInfo{e.Session.User, e.Ends}})
}

func (k *call) agent() string { return auth.Agent(k.Get(fiber.HeaderUserAgent)) }

// waysInfo says how one may sign in here.
type waysInfo struct {
	Password bool `json:"password"`
	Link     bool `json:"link"` // one can be asked for by e-mail
	// Elsewhere is the name of the provider at which one may sign in, at
	// /session/oidc; empty: there is none.
	Elsewhere string `json:"elsewhere,omitempty"`
}

func getWays(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: waysInfo{Password: true, Link: k.api.o.Auth.MailsLinks(), Elsewhere: k.api.o.Auth.Elsewhere()}})
}

type codeBody struct {
	Ticket string `json:"ticket"`
	Code   string `json:"code"` // of the app, or a recovery code
}

func enterCode(k *call) error {
	var b codeBody
	if err := k.readSignIn(&b); err != nil {
		return err
	}
	return k.entered(k.api.o.Auth.EnterCode(k.ctx, b.Ticket, b.Code, k.agent()))
}

type askBody struct {
	Email   string `json:"email"`
	Purpose string `json:"purpose,omitempty"` // "sign_in", when absent, or "reset"
}

// askedInfo says that a letter may be on its way.
type askedInfo struct {
	Asked bool `json:"asked"`
}

// askLink answers before anybody looks whether there is such an account.
func askLink(k *call) error {
	var b askBody
	if err := k.readSignIn(&b); err != nil {
		return err
	}
	purpose := content.LinkPurpose(b.Purpose)
	switch purpose {
	case "":
		purpose = content.LinkSignIn
	case content.LinkSignIn, content.LinkReset:
	default:
		return problem.OfFields(problem.Invalid, "body_invalid", []problem.Field{{Pointer: "/purpose", Code: "link_purpose_unknown"}})
	}
	if len(b.Email) > 320 {
		return problem.OfFields(problem.Invalid, "body_invalid", []problem.Field{{Pointer: "/email", Code: "email_needed"}})
	}
	if err := k.api.o.Auth.AskLink(b.Email, purpose); err != nil {
		return err
	}
	return k.written(fiber.StatusAccepted, 0, envelope{Data: askedInfo{true}})
}

type linkBody struct {
	Link     string         `json:"link"`
	Password string         `json:"password,omitempty"` // a new one, where the link is to choose one
	Email    string         `json:"email,omitempty"`    // of the first administrator
	Name     string         `json:"name,omitempty"`
	Locale   content.Locale `json:"locale,omitempty"`
}

func useLink(k *call) error {
	var b linkBody
	if err := k.readSignIn(&b); err != nil {
		return err
	}
	return k.entered(k.api.o.Auth.UseLink(k.ctx, auth.LinkUse{Secret: b.Link, Password: b.Password,
		Name: b.Name, Email: b.Email, Locale: b.Locale}, k.agent()))
}

// session gives the session of a person's request. A token has none: what
// concerns how one signs in is for people.
func (k *call) session() (content.Session, error) {
	if err := k.personOnly(); err != nil {
		return content.Session{}, err
	}
	return k.api.o.Auth.Session(k.ctx, server.SessionSecret(k.Ctx))
}

// ownSession is a browser in which the caller is signed in.
type ownSession struct {
	ID        content.SessionID `json:"id"`
	Agent     string            `json:"agent"`
	CreatedAt time.Time         `json:"created_at"`
	ExpiresAt time.Time         `json:"expires_at"`
	Current   bool              `json:"current"`
}

func listSessions(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	current, err := k.session()
	if err != nil {
		return err
	}
	out := []ownSession{}
	err = k.read(func(tx *view.Tx, _ *access.Policy) error {
		all, err := account.SessionsOf(tx, current)
		for _, s := range all {
			out = append(out, ownSession{s.ID, s.Agent, s.CreatedAt, s.ExpiresAt, s.ID == current.ID})
		}
		return err
	})
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: out})
}

// signOutOne ends one of the caller's own sessions; one that is over, or never
// was, is over.
func signOutOne(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.personOnly(); err != nil {
		return err
	}
	if _, err := k.do(account.CloseSession{ID: content.SessionID(k.param("session"))}, "", nil); err != nil {
		return err
	}
	return k.absent()
}

type beginBody struct {
	Password string `json:"password,omitempty"` // the present one, of those who have one
}

// factorInfo is a second factor that is being set up.
type factorInfo struct {
	Secret string `json:"secret"`
	URI    string `json:"uri"` // otpauth://…
	QR     string `json:"qr"`  // the same as an SVG picture
}

func beginFactor(k *call) error {
	s, err := k.session()
	if err != nil {
		return err
	}
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	var b beginBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	f, err := k.api.o.Auth.BeginFactor(k.ctx, s, b.Password)
	if err != nil {
		return err
	}
	picture, err := qrPicture(f.URI)
	if err != nil {
		return err
	}
	return k.created(Prefix+"/me", 0, envelope{Data: factorInfo{f.Secret, f.URI, picture}})
}

// qrPicture draws a QR code as SVG: sharp at every size, with the quiet zone
// of four modules that readers need.
func qrPicture(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	const quiet = 4
	size := code.Bounds().Dx()
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %[1]d" shape-rendering="crispEdges">`, size+2*quiet)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%[1]dH0z"/><path d="`, size+2*quiet)
	for y := range size {
		for x := range size {
			if code.At(x, y) == color.Black {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+quiet, y+quiet)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

type confirmBody struct {
	Code string `json:"code"`
}

// recoveryInfo are recovery codes, which are told this once.
type recoveryInfo struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

func confirmFactor(k *call) error { return k.recovery(k.api.o.Auth.ConfirmFactor) }

func renewRecovery(k *call) error { return k.recovery(k.api.o.Auth.RenewRecovery) }

type giveRecovery = func(ctx context.Context, s content.Session, code string) ([]string, error)

func (k *call) recovery(give giveRecovery) error {
	s, err := k.session()
	if err != nil {
		return err
	}
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	var b confirmBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	codes, err := give(k.ctx, s, b.Code)
	if err != nil {
		return err
	}
	return k.written(fiber.StatusOK, 0, envelope{Data: recoveryInfo{codes}})
}

// proofBody is the password or a code.
type proofBody struct {
	Password string `json:"password,omitempty"`
	Code     string `json:"code,omitempty"`
}

func removeFactor(k *call) error {
	s, err := k.session()
	if err != nil {
		return err
	}
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	var b proofBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	if err := k.api.o.Auth.RemoveFactor(k.ctx, s, b.Password, b.Code); err != nil {
		return err
	}
	return k.absent()
}

// removeUsersFactor is for those who manage users, when somebody has lost
// their app and their recovery codes.
func removeUsersFactor(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if _, err := k.do(account.RemoveFactor{User: content.UserID(k.param("user"))}, "", nil); err != nil {
		return err
	}
	return k.absent()
}

// inviteUser mails somebody a link. It is not in the answer: who manages users
// must not be able to act as them unnoticed.
func inviteUser(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if !k.api.o.Auth.MailsLinks() {
		return problem.New(problem.Unavailable, "no_mail", nil)
	}
	if _, err := k.api.o.Auth.Invite(k.ctx, k.by, content.UserID(k.param("user"))); err != nil {
		return err
	}
	return k.written(fiber.StatusAccepted, 0, envelope{Data: askedInfo{true}})
}
