package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

// userInfo is what is told of a user: everything but secrets.
type userInfo struct {
	ID          content.UserID   `json:"id"`
	Name        string           `json:"name"`
	Email       string           `json:"email"`
	Roles       []content.RoleID `json:"roles"`
	Locale      content.Locale   `json:"locale,omitempty"`
	Association content.EntryID  `json:"association,omitempty"`
	Disabled    bool             `json:"disabled"`
	HasPassword bool             `json:"has_password"`
	HasFactor   bool             `json:"has_second_factor"`
	CreatedAt   time.Time        `json:"created_at"`
}

func infoOf(u content.User) userInfo {
	roles := u.Roles
	if roles == nil {
		roles = []content.RoleID{}
	}
	return userInfo{u.ID, u.Name, u.Email, roles, u.Locale, u.Association, u.Disabled,
		u.PasswordHash != "", u.SecondFactor, u.CreatedAt}
}

// userBody is a new user, or a change of one. What is not named stays.
type userBody struct {
	Name        *string           `json:"name,omitempty"`
	Email       *string           `json:"email,omitempty"`
	Roles       *[]content.RoleID `json:"roles,omitempty"`
	Locale      *content.Locale   `json:"locale,omitempty"`
	Association *content.EntryID  `json:"association,omitempty"`
	Disabled    *bool             `json:"disabled,omitempty"`
}

func (b userBody) fields() account.UserFields {
	return account.UserFields{Name: b.Name, Email: b.Email, Roles: b.Roles, Locale: b.Locale, Association: b.Association}
}

// mayManage asks for the right to manage what is not an entry.
func mayManage(p *access.Policy, what string) error {
	_, err := p.Allow(access.Need{Verb: access.Manage, Collection: what})
	return err
}

func listUsers(k *call) error {
	after, limit, err := k.nounPage()
	if err != nil {
		return err
	}
	out := []userInfo{}
	next := ""
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		if err := mayManage(p, access.Users); err != nil {
			return err
		}
		nouns, err := tx.Nouns(content.NounUser, after, limit+1)
		if err != nil {
			return err
		}
		if len(nouns) > limit {
			nouns = nouns[:limit]
			next = nouns[limit-1].ID
		}
		for _, n := range nouns {
			u, err := noun.DecodeUser(n)
			if err != nil {
				return err
			}
			out = append(out, infoOf(u))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return k.page(out, next)
}

func (k *call) user(id content.UserID, asManager bool) (userInfo, error) {
	var out userInfo
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		if asManager {
			if err := mayManage(p, access.Users); err != nil {
				return err
			}
		}
		n, err := findNoun(tx, content.NounUser, string(id))
		if err != nil {
			return err
		}
		u, err := noun.DecodeUser(n)
		out = infoOf(u)
		return err
	})
	return out, err
}

func getUser(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	u, err := k.user(content.UserID(k.param("user")), true)
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: u})
}

func createUser(k *call) error {
	var b userBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	if b.Disabled != nil {
		return bodyProblem("/disabled", "member_not_here", problem.Args{"name": "disabled"})
	}
	r, err := k.do(account.SaveUser{Set: b.fields()}, "", raw)
	if err != nil {
		return err
	}
	u, err := k.user(content.UserID(r.Subject), true)
	if err != nil {
		return err
	}
	return k.created(Prefix+"/users/"+r.Subject, 0, envelope{Data: u})
}

// saveUser changes a user. Shutting out and letting in is an act of its own
// and comes alone.
func saveUser(k *call) error {
	var b userBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	id := content.UserID(k.param("user"))
	var a action.Action = account.SaveUser{ID: id, Set: b.fields()}
	if b.Disabled != nil {
		if b != (userBody{Disabled: b.Disabled}) {
			return bodyProblem("/disabled", "member_alone", problem.Args{"name": "disabled"})
		}
		a = account.DisableUser{ID: id, Disabled: *b.Disabled}
	}
	if id == "" {
		return noun.Absent(content.NounUser, "")
	}
	if _, err := k.do(a, "", raw); err != nil {
		return err
	}
	u, err := k.user(id, true)
	if err != nil {
		return err
	}
	return k.written(fiber.StatusOK, 0, envelope{Data: u})
}

func eraseUser(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if _, err := k.do(account.EraseUser{ID: content.UserID(k.param("user"))}, "", nil); err != nil {
		return err
	}
	return k.absent()
}

type passwordBody struct {
	Password string `json:"password"`
}

// setPassword gives a user a new password, which ends their sessions. The
// hash is made only for those who may use it: it costs a lot.
func setPassword(k *call) error {
	var b passwordBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	id := content.UserID(k.param("user"))
	err := k.read(func(_ *view.Tx, p *access.Policy) error { return mayManage(p, access.Users) })
	if err != nil {
		return err
	}
	return k.newPassword(id, b.Password)
}

func (k *call) newPassword(id content.UserID, password string) error {
	hash, err := k.api.o.Auth.HashPassword(k.ctx, password)
	if err != nil {
		return err
	}
	// Without idempotency key: a fingerprint of the body would stay in the log.
	if _, err := k.api.o.Runner.Do(k.ctx, k.by, account.SetPassword{User: id, Hash: hash}); err != nil {
		return err
	}
	return k.absent()
}

type roleBody = access.Role

func listRoles(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	out := []access.Role{}
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		if err := mayManage(p, access.Roles); err != nil {
			return err
		}
		return eachNoun(tx, content.NounRole, func(n *content.Noun) error {
			r, err := noun.Decode[access.Role](n)
			out = append(out, r)
			return err
		})
	})
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: out})
}

func (k *call) role(id string) (access.Role, error) {
	var out access.Role
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		if err := mayManage(p, access.Roles); err != nil {
			return err
		}
		n, err := findNoun(tx, content.NounRole, id)
		if err != nil {
			return err
		}
		out, err = noun.Decode[access.Role](n)
		return err
	})
	return out, err
}

func getRole(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	r, err := k.role(k.param("role"))
	if err != nil {
		return err
	}
	return k.answer(r.Revision, envelope{Data: r})
}

func createRole(k *call) error {
	var b roleBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	none := 0
	r, err := k.do(account.SaveRole{Role: b, IfMatch: &none}, "", raw)
	if err != nil {
		return exists(err)
	}
	saved, err := k.role(r.Subject)
	if err != nil {
		return err
	}
	return k.created(Prefix+"/roles/"+r.Subject, saved.Revision, envelope{Data: saved})
}

// saveRole replaces what the body names of a role.
func saveRole(k *call) error {
	body, raw, err := readJSON(k.Ctx, false)
	if err != nil {
		return err
	}
	role, err := k.role(k.param("role"))
	if err != nil {
		return err
	}
	if id, given := body["id"]; given && id != string(role.ID) {
		return bodyProblem("/id", "role_id_fixed", nil)
	}
	match := server.IfMatch(k.Ctx)
	if match == nil {
		match = &role.Revision
	}
	for member, reset := range map[string]func(){
		"grants": func() { role.Grants = nil }, "label": func() { role.Label = nil }, "help": func() { role.Help = nil },
	} {
		if _, given := body[member]; given {
			reset()
		}
	}
	if err := fit(body, &role); err != nil {
		return err
	}
	if _, err := k.do(account.SaveRole{Role: role, IfMatch: match}, "", raw); err != nil {
		return err
	}
	saved, err := k.role(string(role.ID))
	if err != nil {
		return err
	}
	return k.written(fiber.StatusOK, saved.Revision, envelope{Data: saved})
}

func removeRole(k *call) error {
	force, err := k.forced()
	if err != nil {
		return err
	}
	if _, err := k.do(account.RemoveRole{ID: content.RoleID(k.param("role")), Force: force}, "", nil); err != nil {
		return err
	}
	return k.absent()
}
