package api

import (
	"errors"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/presence"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

type presenceBody struct {
	Tab    string         `json:"tab"` // drawn by the editor, and the same as long as it is open
	Locale content.Locale `json:"locale,omitempty"`
	Typed  bool           `json:"typed,omitempty"` // since the last sign
	Take   bool           `json:"take,omitempty"`  // asks the others to stop writing
	Leave  bool           `json:"leave,omitempty"` // the editor is closed
}

// presentInfo is somebody who has the entry open.
type presentInfo struct {
	Tab    string         `json:"tab"`
	User   content.UserID `json:"user"`
	Name   string         `json:"name"`
	Locale content.Locale `json:"locale,omitempty"`
	Since  time.Time      `json:"since"`
	Typed  *time.Time     `json:"typed,omitempty"` // wrote last then
	Took   *time.Time     `json:"took,omitempty"`  // took over then
}

// signPresence notes that the caller has an entry open, and tells who else
// has. It changes nothing of the site.
func signPresence(k *call) error {
	var b presenceBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	if _, err := k.only(); err != nil {
		return err
	}
	id, col, err := k.visibleDraft()
	if err != nil {
		return err
	}
	if k.by.Kind != content.ActorUser {
		return problem.New(problem.Forbidden, "presence_people_only", nil)
	}
	user := content.UserID(k.by.ID)
	if b.Leave {
		err := k.api.o.Presence.Leave(k.ctx, id, b.Tab, user)
		if err != nil {
			return presenceProblem(err)
		}
		k.api.o.Events.nudge(col, id)
		return k.answer(-1, envelope{Data: []presentInfo{}})
	}
	people, news, err := k.api.o.Presence.Give(k.ctx, presence.Sign{
		Entry: id, Tab: b.Tab, User: user, Locale: b.Locale, Typed: b.Typed, Take: b.Take})
	if err != nil {
		return presenceProblem(err)
	}
	if news {
		k.api.o.Events.nudge(col, id)
	}
	out, err := k.present(people)
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderCacheControl, "no-store")
	return k.answer(-1, envelope{Data: out})
}

func presenceProblem(err error) error {
	if errors.Is(err, presence.ErrTab) {
		return bodyProblem("/tab", "presence_tab", nil)
	}
	return err
}

// visibleDraft finds an entry whose draft the caller may read.
func (k *call) visibleDraft() (id content.EntryID, col content.CollectionID, err error) {
	if id, err = k.entryID(access.ReadDraft); err != nil {
		return "", "", err
	}
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		c := tx.Collection(k.param("collection"))
		if c == nil {
			return access.Hidden(access.Need{Collection: k.param("collection")})
		}
		col = c.ID
		ok, err := k.api.entryVisible(tx, p, c, fact{id: string(id)})
		if err == nil && !ok {
			err = access.Hidden(access.Need{Collection: c.Name, Entry: id})
		}
		return err
	})
	return id, col, err
}

// present gives those who are there by their names.
func (k *call) present(people []presence.Person) ([]presentInfo, error) {
	out := make([]presentInfo, len(people))
	err := k.read(func(tx *view.Tx, _ *access.Policy) error {
		for i, p := range people {
			out[i] = presentInfo{Tab: p.Tab, User: p.User, Locale: p.Locale, Since: p.Since, Typed: setTime(p.Typed), Took: setTime(p.Took)}
			n, err := tx.Noun(content.NounUser, string(p.User))
			if errors.Is(err, view.ErrNotFound) {
				continue // erased meanwhile
			}
			if err != nil {
				return err
			}
			u, err := noun.DecodeUser(n)
			if err != nil {
				return err
			}
			out[i].Name = u.Name
		}
		return nil
	})
	return out, err
}

func setTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
