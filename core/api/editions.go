package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

// An edition is ordered here and made in the background; what is frozen is an
// entry of the collection "editions", under the id that the order had.

// editionInfo is an order of an edition, and how far it is.
type editionInfo struct {
	ID       content.EntryID           `json:"id"` // of the entry, once it is frozen
	State    desk.State                `json:"state"`
	Percent  int                       `json:"percent"`
	Title    map[content.Locale]string `json:"title"`
	Forms    []book.Form               `json:"forms"`
	Files    []editionFile             `json:"files"` // finished ones
	Profiles int                       `json:"profiles,omitempty"`
	AskedAt  time.Time                 `json:"asked_at"`
	// Code and Detail say why it failed.
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail,omitempty"`
}

type editionFile struct {
	Name  string `json:"name"`
	Size  int64  `json:"size"`
	Pages int    `json:"pages"`
	Blob  string `json:"blob"`
}

// editionBody asks for an edition. Without forms it has all that the site
// offers.
type editionBody struct {
	Title map[content.Locale]string `json:"title"`
	Note  map[content.Locale]string `json:"note,omitempty"`
	Slug  string                    `json:"slug,omitempty"`
	Forms []book.Form               `json:"forms,omitempty"`
}

type withdrawBody struct {
	Reason string `json:"reason,omitempty"`
}

func (a *API) editionRoutes() []route {
	const all, one = "/editions", "/editions/:edition"
	mine := func(r route) route { r.verb, r.on = access.Publish, action.Editions; return r }
	return []route{
		mine(route{method: "GET", path: all, op: "compendium.list", handle: listEditions, status: 200, answer: []editionInfo{}}),
		mine(route{method: "POST", path: all, op: "compendium.freeze", handle: orderEdition, body: editionBody{}, status: 202, answer: editionInfo{}}),
		mine(route{method: "GET", path: one, op: "compendium.get", handle: getEdition, status: 200, answer: editionInfo{}}),
		mine(route{method: "POST", path: one + "/actions/withdraw", op: "compendium.withdraw", handle: withdrawEdition, body: withdrawBody{}, bodyOptional: true,
			status: 204, answer: answersNothing}),
	}
}

// editor refuses whoever may not freeze an edition.
func (k *call) editor() error {
	return k.api.o.Runner.Allowed(k.ctx, k.by, action.FreezeEdition{})
}

func (k *call) editionInfo(j *desk.Job) editionInfo {
	out := editionInfo{ID: content.EntryID(j.ID), State: j.State, Percent: j.Percent(), Title: j.Title, Forms: j.Forms, Files: []editionFile{},
		Profiles: j.Profiles, AskedAt: j.AskedAt}
	for _, f := range j.Files {
		out.Files = append(out.Files, editionFile{f.Name, f.Size, f.Pages, f.Blob})
	}
	if j.Problem != "" {
		out.Code, out.Detail = j.Problem, k.api.o.Texts.Text(string(server.Locale(k.Ctx)), j.Problem, j.Args)
	}
	return out
}

func listEditions(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.editor(); err != nil {
		return err
	}
	jobs, err := k.api.o.Books.Editions(k.ctx)
	if err != nil {
		return err
	}
	out := make([]editionInfo, len(jobs))
	for i, j := range jobs {
		out[i] = k.editionInfo(j)
	}
	return k.answer(-1, envelope{Data: out})
}

func orderEdition(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.editor(); err != nil {
		return err
	}
	var b editionBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	j, err := k.api.o.Books.AskEdition(k.ctx, k.by, desk.Order{Title: b.Title, Note: b.Note, Slug: b.Slug, Forms: b.Forms})
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderLocation, Prefix+"/editions/"+j.ID)
	return k.written(fiber.StatusAccepted, 0, envelope{Data: k.editionInfo(j)})
}

func getEdition(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.editor(); err != nil {
		return err
	}
	j, err := k.api.o.Books.Job(k.ctx, k.param("edition"))
	if err != nil {
		return err
	}
	if !j.Edition() {
		return problem.New(problem.NotFound, "edition_missing", problem.Args{"id": j.ID})
	}
	return k.answer(-1, envelope{Data: k.editionInfo(j)})
}

// withdrawEdition destroys the files of a frozen edition, and then their bytes.
func withdrawEdition(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	var b withdrawBody
	body, err := readInto(k.Ctx, &b, true)
	if err != nil {
		return err
	}
	id := content.EntryID(k.param("edition"))
	act := action.WithdrawEdition{ID: id, Why: b.Reason}
	if err := k.api.o.Runner.Allowed(k.ctx, k.by, act); err != nil {
		return err
	}
	books, err := k.books(id)
	if err != nil {
		return err
	}
	if _, err := k.do(act, "", body); err != nil {
		return err
	}
	for i := range books {
		k.api.o.Media.Removed(k.ctx, &books[i])
	}
	return k.absent()
}

// books are the assets of a frozen edition.
func (k *call) books(id content.EntryID) ([]content.Asset, error) {
	var out []content.Asset
	err := k.read(func(tx *view.Tx, _ *access.Policy) error {
		c := tx.Collection(action.Editions)
		e, err := tx.Entry(id)
		if err != nil || c == nil {
			return nil //nolint:nilerr // the action says that there is none
		}
		for _, asset := range action.EditionAssets(e, c) {
			n, err := tx.Noun(content.NounAsset, string(asset))
			if err != nil {
				continue // it is gone already
			}
			a, err := noun.Decode[content.Asset](n)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	return out, err
}
