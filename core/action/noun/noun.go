// Package noun reads the nouns of the log (users, roles, tokens, assets …) from
// the view and makes them for a plan. It is what the acts on them share.
package noun

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Of makes the noun of a value.
func Of(kind content.NounKind, id, lookup string, body any) (*content.Noun, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("write %s %s: %w", kind, id, err)
	}
	return &content.Noun{Kind: kind, ID: id, Lookup: lookup, Body: data}, nil
}

// Change makes the noun of a value, as the only change of a plan.
func Change(kind content.NounKind, id, lookup string, body any) ([]content.Change, error) {
	n, err := Of(kind, id, lookup, body)
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

// Find reads a noun that must exist.
func Find[T any](tx *view.Tx, kind content.NounKind, id string) (T, error) {
	var none T
	n, err := tx.Noun(kind, id)
	if Missing(err) {
		return none, Absent(kind, id)
	}
	if err != nil {
		return none, err
	}
	return Decode[T](n)
}

// Absent is what the caller is told of a noun that is not there.
func Absent(kind content.NounKind, id string) error {
	return problem.New(problem.NotFound, string(kind)+"_missing", problem.Args{"id": problem.Short(id)})
}

// Each reads all the nouns of a kind, a page at a time; f says whether to
// go on.
func Each[T any](tx *view.Tx, kind content.NounKind, f func(T) (bool, error)) error {
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

// Gone removes a noun.
func Gone(kind content.NounKind, id string) content.Change {
	return content.Change{Gone: &content.Gone{Kind: kind, ID: id}}
}

// Manage is the need of most changes of things that are not entries.
func Manage(what string) ([]access.Need, error) {
	return []access.Need{{Verb: access.Manage, Collection: what}}, nil
}

// Missing reports whether the view has no such thing.
func Missing(err error) bool { return errors.Is(err, view.ErrNotFound) }

// Cut cleans a text and cuts it to some bytes.
func Cut(s string, limit int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	for len(s) > limit {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// Same reports whether two values have the same JSON.
func Same(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}
