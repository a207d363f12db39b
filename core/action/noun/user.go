package noun

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// OfUser makes the noun of a user. What is personal is sealed in the log,
// and so is the lookup, so that an erased e-mail cannot be found again by
// trying e-mails, not even by someone who holds the whole bucket.
func OfUser(u content.User) (*content.Noun, error) {
	n, err := Of(content.NounUser, string(u.ID), "", u)
	if err != nil || u.UserPersonal == (content.UserPersonal{}) {
		return n, err
	}
	if u.Email != "" {
		n.Lookup = EmailLookup(u.Email)
	}
	n.Personal, err = json.Marshal(u.UserPersonal)
	return n, err
}

// DecodeUser reads the noun of a user, with what is personal unless that was
// erased. It is in the body of a noun of the view, and apart in one of the log.
func DecodeUser(n *content.Noun) (content.User, error) {
	u, err := Decode[content.User](n)
	if err != nil {
		return u, err
	}
	for _, part := range []json.RawMessage{n.Body, n.Personal} {
		if len(part) == 0 {
			continue
		}
		if err := json.Unmarshal(part, &u.UserPersonal); err != nil {
			return u, fmt.Errorf("read what is personal of %s %s: %w", n.Kind, n.ID, err)
		}
	}
	return u, nil
}

// EmailLookup is the second name of a user's noun: one e-mail, however it is
// written, has one. It only ever exists in the view.
func EmailLookup(email string) string {
	folded := strings.ToLower(norm.NFKC.String(strings.TrimSpace(email)))
	sum := sha256.Sum256([]byte("user-email\x00" + folded))
	return hex.EncodeToString(sum[:])
}

// FindUser reads a user who must exist.
func FindUser(tx *view.Tx, id content.UserID) (content.User, error) {
	n, err := tx.Noun(content.NounUser, string(id))
	if Missing(err) {
		return content.User{}, Absent(content.NounUser, string(id))
	}
	if err != nil {
		return content.User{}, err
	}
	return DecodeUser(n)
}

// ChangeUser makes the noun of a user, as the only change of a plan.
func ChangeUser(u content.User) ([]content.Change, error) {
	n, err := OfUser(u)
	if err != nil {
		return nil, err
	}
	return []content.Change{{Noun: n}}, nil
}

// Erased reports whether a user was erased: they have no e-mail, which every other user has.
func Erased(u content.User) bool { return u.Email == "" }

// SameUser reports whether nothing would change of a user.
func SameUser(a, b content.User) bool {
	return a.UserPersonal == b.UserPersonal && slices.Equal(a.Roles, b.Roles) && a.Locale == b.Locale &&
		a.Association == b.Association && a.Disabled == b.Disabled && a.Epoch == b.Epoch && a.SecondFactor == b.SecondFactor
}

// NormalEmail brings an address into the form of the email kind.
func NormalEmail(kinds schema.Kinds, email string) (string, error) {
	kind := kinds["email"]
	if kind == nil {
		return "", errors.New("there is no kind for e-mail addresses")
	}
	v, err := kind.Normalize(schema.Field{Name: "email", Kind: "email"}, email)
	text, _ := v.(string)
	return text, err
}

func administers(u content.User) bool {
	return !u.Disabled && slices.Contains(u.Roles, access.Administrator)
}

// KeepAdministrator refuses a change that leaves nobody who can administer.
func KeepAdministrator(tx *view.Tx, was, now content.User) error {
	if !administers(was) || administers(now) {
		return nil
	}
	other := false
	err := Each(tx, content.NounUser, func(u content.User) (bool, error) {
		other = u.ID != was.ID && administers(u)
		return !other, nil
	})
	if err == nil && !other {
		err = problem.New(problem.Conflict, "last_administrator", nil)
	}
	return err
}

// OfFactor makes the noun of a second factor, its secret part apart.
func OfFactor(f content.Factor) (*content.Noun, error) {
	n, err := Of(content.NounFactor, string(f.User), "", f)
	if err != nil {
		return nil, err
	}
	n.Personal, err = json.Marshal(f.FactorSecret)
	return n, err
}

// DecodeFactor reads the noun of a factor with its secret part.
func DecodeFactor(n *content.Noun) (content.Factor, error) {
	f, err := Decode[content.Factor](n)
	if err == nil {
		err = json.Unmarshal(n.Body, &f.FactorSecret)
	}
	if err == nil && len(n.Personal) > 0 {
		err = json.Unmarshal(n.Personal, &f.FactorSecret)
	}
	return f, err
}
