package account

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of the preferences of one user.
const (
	MaxPreferences     = 200   // keys
	MaxPreferenceKey   = 100   // characters
	MaxPreferenceBytes = 16384 // of one value
)

// SavePreference keeps a value under a key for the caller, or forgets it.
type SavePreference struct {
	Key   string
	Value json.RawMessage // empty or null: forget
}

// Name is "user.save_preference".
func (SavePreference) Name() string { return "user.save_preference" }

// Needs nothing but to be signed in as a person.
func (SavePreference) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan keeps it.
func (a SavePreference) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := me(tx, env)
	if err != nil {
		return nil, err
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	env.About(string(u.ID))
	p, err := PreferencesOf(tx, u.ID)
	if err != nil {
		return nil, err
	}
	values := maps.Clone(p.Values)
	if values == nil {
		values = map[string]json.RawMessage{}
	}
	old, known := values[a.Key]
	if len(a.Value) == 0 || string(a.Value) == "null" {
		if !known {
			return nil, nil
		}
		delete(values, a.Key)
	} else {
		if string(old) == string(a.Value) {
			return nil, nil
		}
		values[a.Key] = a.Value
	}
	if len(values) > MaxPreferences {
		return nil, problem.New(problem.TooLarge, "too_many_preferences", problem.Args{"limit": MaxPreferences})
	}
	p.Values = values
	n, err := noun.Of(content.NounPreference, string(u.ID), "", p)
	if err != nil {
		return nil, err
	}
	n.Personal, err = json.Marshal(p.PreferenceValues)
	return []content.Change{{Noun: n}}, err
}

func (a SavePreference) check() error {
	allowed := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
	switch {
	case a.Key == "" || len(a.Key) > MaxPreferenceKey || strings.Trim(a.Key, allowed) != "":
		return problem.New(problem.Invalid, "preference_key", problem.Args{"limit": MaxPreferenceKey})
	case len(a.Value) > MaxPreferenceBytes:
		return problem.New(problem.TooLarge, "preference_too_large", problem.Args{"limit": MaxPreferenceBytes})
	}
	return nil
}

// PreferencesOf gives what a user keeps: nothing, for one who kept nothing yet.
func PreferencesOf(tx *view.Tx, id content.UserID) (content.Preferences, error) {
	none := content.Preferences{User: id}
	n, err := tx.Noun(content.NounPreference, string(id))
	if noun.Missing(err) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	p, err := noun.Decode[content.Preferences](n)
	for _, part := range []json.RawMessage{n.Body, n.Personal} {
		if err == nil && len(part) > 0 {
			err = json.Unmarshal(part, &p.PreferenceValues)
		}
	}
	return p, err
}
