package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
)

// Where a sign-in elsewhere begins and comes back to; a path of the API.
const (
	oidcPath     = "/session/oidc"
	CallbackPath = oidcPath + "/callback"
)

// console is where people go on after a sign-in.
const console = "/admin/"

// flowCookie holds the auth.Flow of a browser that is at the provider.
const flowCookie = "recueil_oidc"

func (a *API) oidcRoutes() []route {
	return []route{
		{method: "GET", path: oidcPath, op: "session.begin_oidc", handle: beginOIDC, open: true, status: 302, answer: answersNothing},
		{method: "GET", path: CallbackPath, op: "session.finish_oidc", handle: finishOIDC, open: true,
			query: []string{"code", "state", "error"}, status: 302, answer: answersNothing},
		{method: "GET", path: "/me/identities", op: "me.identities", handle: listIdentities, status: 200, answer: []content.Identity{}},
		{method: "POST", path: "/me/identities", op: "me.connect_identity", handle: connectIdentity, status: 201, answer: connectInfo{}},
		{method: "DELETE", path: "/me/identities/:identity", op: "me.disconnect_identity", handle: disconnectIdentity, status: 204, answer: answersNothing},
	}
}

// beginOIDC sends the browser to the provider.
func beginOIDC(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	address, err := k.leave("")
	if err != nil {
		return err
	}
	return k.Redirect(address, fiber.StatusFound)
}

// leave begins a sign-in elsewhere, and has the browser remember it.
func (k *call) leave(connect content.SessionID) (string, error) {
	address, flow, err := k.api.o.Auth.BeginOIDC(k.ctx, connect)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(flow)
	if err != nil {
		return "", fmt.Errorf("write the state of a sign-in: %w", err)
	}
	server.Private(k.Ctx)
	k.setFlow(base64.RawURLEncoding.EncodeToString(raw), k.api.o.Now().Add(auth.FlowAge))
	return address, nil
}

func (k *call) setFlow(value string, ends time.Time) {
	server.SetSecret(k.Ctx, flowCookie, value, Prefix+oidcPath, ends)
}

// flow reads what the browser remembers. Whatever is wrong with it, it fits no
// answer.
func (k *call) flow() auth.Flow {
	var f auth.Flow
	raw, err := base64.RawURLEncoding.DecodeString(utils.CopyString(k.Cookies(flowCookie)))
	if err != nil || json.Unmarshal(raw, &f) != nil {
		return auth.Flow{}
	}
	return f
}

// finishOIDC is where the provider sends the browser back to. It answers with
// pages, not problems: a person is looking.
func finishOIDC(k *call) error {
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	server.Private(k.Ctx)
	flow := k.flow()
	k.setFlow("", time.Unix(0, 0)) // good for one answer
	state, code := utils.CopyString(k.Query("state")), utils.CopyString(k.Query("code"))
	if flow.Connect != "" {
		s, err := k.api.o.Auth.Session(k.ctx, server.SessionSecret(k.Ctx))
		if err == nil {
			err = k.api.o.Auth.ConnectOIDC(k.ctx, flow, state, code, s)
		}
		return k.back(err, console)
	}
	e, err := k.api.o.Auth.FinishOIDC(k.ctx, flow, state, code, k.agent())
	if err != nil {
		return k.back(err, "")
	}
	if e.Ticket != "" {
		return k.back(nil, Prefix+"/session/link#ticket="+e.Ticket)
	}
	server.SetSession(k.Ctx, e.Secret, e.Ends)
	return k.back(nil, console)
}

// back sends the browser on, or to the page that says what was wrong.
func (k *call) back(err error, to string) error {
	if err != nil {
		if problem.KindOf(err) == problem.Internal {
			return err
		}
		k.api.o.Log.LogAttrs(k.ctx, slog.LevelWarn, "a sign-in elsewhere was refused",
			slog.String("id", server.RequestID(k.Ctx)), slog.Any("error", err))
		to = Prefix + "/session/link#" + shownProblem(problem.CodeOf(err))
	}
	return k.Redirect(to, fiber.StatusFound)
}

// shownProblem is the part of the page of links that tells of a problem.
func shownProblem(code string) string {
	switch code {
	case "identity_unknown", "identity_taken", "oidc_unreachable":
		return code
	}
	return "oidc_failed"
}

func listIdentities(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.personOnly(); err != nil {
		return err
	}
	all, err := k.api.o.Auth.Identities(k.ctx, content.UserID(k.by.ID))
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: all})
}

// connectInfo is where the browser goes to connect an account.
type connectInfo struct {
	URL string `json:"url"`
}

// connectIdentity is a POST, so that no other site can begin it.
func connectIdentity(k *call) error {
	s, err := k.session()
	if err != nil {
		return err
	}
	address, err := k.leave(s.ID)
	if err != nil {
		return err
	}
	return k.created(Prefix+"/me/identities", 0, envelope{Data: connectInfo{address}})
}

func disconnectIdentity(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.personOnly(); err != nil {
		return err
	}
	if _, err := k.do(account.DisconnectIdentity{ID: content.IdentityID(k.param("identity"))}, "", nil); err != nil {
		return err
	}
	return k.absent()
}
