package api

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// preferenceBody is a value to keep; null or none forgets it.
type preferenceBody struct {
	Value json.RawMessage `json:"value,omitempty"`
}

// getPreferences gives what the caller keeps about how the console looks, by
// key.
func getPreferences(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	values, err := k.preferences()
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: values})
}

func (k *call) preferences() (map[string]json.RawMessage, error) {
	if err := k.personOnly(); err != nil {
		return nil, err
	}
	values := map[string]json.RawMessage{}
	err := k.read(func(tx *view.Tx, _ *access.Policy) error {
		p, err := account.PreferencesOf(tx, content.UserID(k.by.ID))
		if p.Values != nil {
			values = p.Values
		}
		return err
	})
	return values, err
}

func savePreference(k *call) error {
	if err := k.personOnly(); err != nil {
		return err
	}
	var b preferenceBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	if _, err := k.do(account.SavePreference{Key: k.param("key"), Value: b.Value}, "", raw); err != nil {
		return err
	}
	values, err := k.preferences()
	if err != nil {
		return err
	}
	return k.written(fiber.StatusOK, 0, envelope{Data: values})
}
