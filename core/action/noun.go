package action

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// nounOf makes the noun of a value.
func nounOf(kind content.NounKind, id, lookup string, body any) (*content.Noun, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write %s %s: %w", kind, id, err)
	}
	return &content.Noun{Kind: kind, ID: id, Lookup: lookup, Body: data}, nil
}

func changeNoun(kind content.NounKind, id, lookup string, body any) ([]content.Change, error) {
	n, err := nounOf(kind, id, lookup, body)
	if err != nil {
		return nil, err
	}
	return []content.Change{{Noun: n}}, nil
}

// Decode reads the body of a noun that holds a T.
func Decode[T any](n *content.Noun) (T, error) {
	var v T
	if err := json.Unmarshal(n.Body, &v); err != nil {
		return v, fmt.Errorf("read %s %s: %w", n.Kind, n.ID, err)
	}
	return v, nil
}

// find reads a noun that must exist.
func find[T any](tx *view.Tx, kind content.NounKind, id string) (T, error) {
	var none T
	n, err := tx.Noun(kind, id)
	if missing(err) {
		return none, noNoun(kind, id)
	}
	if err != nil {
		return none, err
	}
	return Decode[T](n)
}

func noNoun(kind content.NounKind, id string) error {
	return problem.New(problem.NotFound, string(kind)+"_missing", problem.Args{"id": short(id)})
}

// eachNoun reads all the nouns of a kind, a page at a time; f says whether to
// go on.
func eachNoun[T any](tx *view.Tx, kind content.NounKind, f func(T) (bool, error)) error {
	const page = 500
	for after := ""; ; {
		nouns, err := tx.Nouns(kind, after, page)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			v, err := Decode[T](n)
			if err != nil {
				return err
			}
			if on, err := f(v); err != nil || !on {
				return err
			}
			after = n.ID
		}
		if len(nouns) < page {
			return nil
		}
	}
}

func gone(kind content.NounKind, id string) content.Change {
	return content.Change{Gone: &content.Gone{Kind: kind, ID: id}}
}

// manage is the need of most changes of things that are not entries.
func manage(what string) ([]access.Need, error) {
	return []access.Need{{Verb: access.Manage, Collection: what}}, nil
}

// NewUserNoun makes the noun of a user. What is personal is sealed in the log,
// and so is the lookup, so that an erased e-mail cannot be found again by
// trying e-mails, not even by someone who holds the whole bucket.
func NewUserNoun(u content.User) (*content.Noun, error) {
	n, err := nounOf(content.NounUser, string(u.ID), "", u)
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

func findUser(tx *view.Tx, id content.UserID) (content.User, error) {
	n, err := tx.Noun(content.NounUser, string(id))
	if missing(err) {
		return content.User{}, noNoun(content.NounUser, string(id))
	}
	if err != nil {
		return content.User{}, err
	}
	return DecodeUser(n)
}

func changeUser(u content.User) ([]content.Change, error) {
	n, err := NewUserNoun(u)
	if err != nil {
		return nil, err
	}
	return []content.Change{{Noun: n}}, nil
}
