package api

import (
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// tokenBody is a new token. Without a user it is the caller's own.
type tokenBody struct {
	Name      string           `json:"name"`
	User      content.UserID   `json:"user,omitempty"`
	Roles     []content.RoleID `json:"roles,omitempty"` // narrows to these of the user's
	ExpiresAt *time.Time       `json:"expires_at,omitempty"`
}

// newToken is a token with its secret, which is told this once.
type newToken struct {
	content.Token
	Secret string `json:"secret"`
}

// listTokens gives the caller's own tokens; those who manage tokens get
// everybody's. Revoked ones are there, too.
func listTokens(k *call) error {
	after, limit, err := k.nounPage()
	if err != nil {
		return err
	}
	out := []content.Token{}
	next := ""
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		all := p.May(access.Manage, access.Tokens)
		if !all && p.User() == "" {
			return mayManage(p, access.Tokens)
		}
		for len(out) <= limit {
			nouns, err := tx.Nouns(content.NounToken, after, maxNouns)
			if err != nil {
				return err
			}
			for _, n := range nouns {
				t, err := noun.Decode[content.Token](n)
				if err != nil {
					return err
				}
				if all || t.User == p.User() {
					out = append(out, t)
				}
				if after = n.ID; len(out) > limit {
					break
				}
			}
			if len(nouns) < maxNouns {
				break
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(out) > limit {
		out = out[:limit]
		next = string(out[limit-1].ID)
	}
	return k.page(out, next)
}

func createToken(k *call) error {
	var b tokenBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	secret, err := k.api.o.Auth.NewToken()
	if err != nil {
		return err
	}
	a := account.CreateToken{Label: b.Name, User: b.User, Roles: b.Roles, Prefix: secret.Shown, Digest: secret.Digest, Expires: b.ExpiresAt}
	r, err := k.do(a, "", raw)
	if err != nil {
		return err
	}
	var t content.Token
	err = k.read(func(tx *view.Tx, _ *access.Policy) error {
		n, err := findNoun(tx, content.NounToken, r.Subject)
		if err != nil {
			return err
		}
		t, err = noun.Decode[content.Token](n)
		return err
	})
	if err != nil {
		return err
	}
	out := newToken{Token: t, Secret: secret.Text}
	if r.Replayed {
		out.Secret = "" // it was told when the token was made, and is not known any more
	}
	return k.created(Prefix+"/tokens/"+r.Subject, 0, envelope{Data: out})
}

func revokeToken(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if _, err := k.do(account.RevokeToken{ID: content.TokenID(k.param("token"))}, "", nil); err != nil {
		return err
	}
	return k.absent()
}
