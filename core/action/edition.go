package action

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Editions is the name of the collection of the frozen editions of the
// compendium. A site that has removed it has no editions.
const Editions = "editions"

// MaxEditionFiles bounds the books of one edition.
const MaxEditionFiles = 20

// FreezeEdition publishes an edition of the compendium: an entry with its
// permanent address, and an asset for each of its books, whose bytes are stored
// already and are never replaced. Asked again with the same ID it changes
// nothing.
type FreezeEdition struct {
	ID       content.EntryID
	Title    map[content.Locale]string // at least one
	Note     map[content.Locale]string
	Slug     string // empty: from the title
	Made     time.Time
	Profiles int
	Files    []EditionFile
}

// EditionFile is one book of an edition.
type EditionFile struct {
	Name    string // of the file
	Paper   string
	Locales []content.Locale
	Blob    string
	Size    int64
	Pages   int
}

// Name is "edition.freeze".
func (FreezeEdition) Name() string { return "edition.freeze" }

// Needs the rights to create and publish editions, and to create assets.
func (a FreezeEdition) Needs(tx *view.Tx) ([]access.Need, error) {
	c, err := editions(tx)
	if err != nil {
		return nil, err
	}
	return []access.Need{
		{Verb: access.Create, Collection: string(c.ID), Of: c},
		{Verb: access.Publish, Collection: string(c.ID), Of: c},
		{Verb: access.Create, Collection: access.Assets},
	}, nil
}

func editions(tx *view.Tx) (*schema.Collection, error) {
	c := tx.Collection(Editions)
	if c == nil {
		return nil, problem.New(problem.NotFound, "editions_missing", problem.Args{"collection": Editions})
	}
	return c, nil
}

// Plan publishes.
func (a FreezeEdition) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	c, err := editions(tx)
	if err != nil {
		return nil, err
	}
	if old, err := tx.Entry(a.ID); err == nil && old.Collection == c.ID {
		env.out.subject, env.out.entry = string(a.ID), old
		return nil, nil
	}
	if !validID(a.ID) || len(a.Files) == 0 || len(a.Files) > MaxEditionFiles {
		return nil, problem.New(problem.Invalid, "edition_files", problem.Args{"limit": MaxEditionFiles})
	}
	if err := CheckEditionTitles(a.Title); err != nil {
		return nil, err
	}
	assets, files, err := a.assets(env)
	if err != nil {
		return nil, err
	}
	env.batch = &batch{ids: map[content.EntryID]content.CollectionID{}, taken: map[place]content.EntryID{}, assets: map[content.AssetID]string{}}
	for i := range assets {
		env.batch.assets[content.AssetID(assets[i].Noun.ID)] = pdfType
	}
	e := create(env, c, a.ID)
	if err := e.place(tx, "", "", ""); err != nil {
		return nil, err
	}
	if err := e.take(tx, a.inputs(files), schema.Input{}); err != nil {
		return nil, err
	}
	if err := e.publish(tx, faces(e.Entry), env); err != nil {
		return nil, err
	}
	return append(e.changes(), assets...), nil
}

const pdfType = "application/pdf"

// CheckEditionTitles holds the titles of an edition to the form that they must
// have, before a book is made for nothing.
func CheckEditionTitles(titles map[content.Locale]string) error {
	var faults []problem.Field
	if len(titles) == 0 || len(titles) > MaxLocales {
		faults = append(faults, problem.Field{Pointer: "/title", Code: "edition_title"})
	}
	for _, l := range slices.Sorted(maps.Keys(titles)) {
		if text := strings.TrimSpace(titles[l]); text == "" || len([]rune(text)) > 150 || !content.ValidLocale(string(l)) {
			faults = append(faults, problem.Field{Pointer: "/title" + problem.Pointer(string(l)), Code: "edition_title"})
		}
	}
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

// assets makes the asset of each book, and what the entry says of it.
func (a FreezeEdition) assets(env Env) ([]content.Change, []any, error) {
	var changes []content.Change
	var files []any
	for _, f := range a.Files {
		asset := content.Asset{ID: content.AssetID(env.NewID()), Name: f.Name, MediaType: pdfType, Size: f.Size, Blob: f.Blob,
			Folder: Editions, Decorative: true, Frozen: true, CreatedAt: env.Now, CreatedBy: env.By, Revision: 1}
		change, err := noun.Change(content.NounAsset, string(asset.ID), "", asset)
		if err != nil {
			return nil, nil, err
		}
		changes = append(changes, change...)
		spoken := make([]string, len(f.Locales))
		for i, l := range f.Locales {
			spoken[i] = string(l)
		}
		files = append(files, map[string]any{"file": string(asset.ID), "paper": f.Paper, "languages": strings.Join(spoken, ", "),
			"pages": float64(f.Pages), "sha256": strings.TrimPrefix(f.Blob, "sha256:")})
	}
	return changes, files, nil
}

func (a FreezeEdition) inputs(files []any) Inputs {
	in := Inputs{}
	for l, title := range a.Title {
		in[l] = map[string]any{"title": strings.TrimSpace(title), "made_on": a.Made.UTC().Format(time.DateOnly),
			"profiles": float64(a.Profiles), "files": files}
		if a.Note[l] != "" {
			in[l]["summary"] = a.Note[l]
		}
		if a.Slug != "" {
			in[l]["slug"] = a.Slug
		}
	}
	return in
}

// WithdrawEdition destroys the books of an edition. Its page stays, and says
// when and why. core/media destroys the bytes afterwards.
type WithdrawEdition struct {
	ID  content.EntryID
	Why string // shown to visitors; no personal data
}

// Name is "edition.withdraw".
func (WithdrawEdition) Name() string { return "edition.withdraw" }

// Needs the rights to publish the edition and to delete assets.
func (a WithdrawEdition) Needs(tx *view.Tx) ([]access.Need, error) {
	needs, err := need(tx, access.Publish, a.ID)
	return append(needs, access.Need{Verb: access.Delete, Collection: access.Assets}), err
}

// Plan withdraws.
func (a WithdrawEdition) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, nil)
	if err != nil {
		return nil, err
	}
	if e.col.Name != Editions {
		return nil, problem.New(problem.NotFound, "edition_missing", problem.Args{"id": problem.Short(string(a.ID))})
	}
	books := EditionAssets(e.Entry, e.col)
	if len(books) == 0 {
		env.out.subject, env.out.entry = string(e.ID), e.was
		return nil, nil
	}
	in := Inputs{}
	for _, l := range faces(e.Entry) {
		in[l] = map[string]any{"files": nil, "withdrawn_on": env.Now.Format(time.DateOnly)}
		if why := strings.TrimSpace(a.Why); why != "" {
			in[l]["withdrawn_why"] = why
		}
	}
	if err := e.take(tx, in, schema.Input{}); err != nil {
		return nil, err
	}
	if err := e.publish(tx, faces(e.Entry), env); err != nil {
		return nil, err
	}
	changes := e.changes()
	for _, id := range books {
		if _, err := noun.Find[content.Asset](tx, content.NounAsset, string(id)); problem.KindOf(err) == problem.NotFound {
			continue
		} else if err != nil {
			return nil, err
		}
		changes = append(changes, noun.Gone(content.NounAsset, string(id)))
	}
	return changes, nil
}

// EditionAssets lists the assets of an edition's books.
func EditionAssets(e *content.Entry, c *schema.Collection) []content.AssetID {
	f := c.FieldNamed("files")
	side := e.Sides[content.Shared]
	if f == nil || side == nil || side.Newest() == nil {
		return nil
	}
	list, _ := side.Newest().Values[f.ID].([]any)
	var out []content.AssetID
	for _, one := range list {
		m, _ := one.(map[string]any)
		if id, _ := m["file"].(string); id != "" {
			out = append(out, content.AssetID(id))
		}
	}
	return out
}
