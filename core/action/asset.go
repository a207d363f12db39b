package action

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of the facts of an asset, in characters.
const (
	MaxAssetText = 500
	MaxTags      = 30
)

// SaveAsset records an uploaded file, or changes the facts of one. core/media
// stores the bytes and finds out what they are before.
type SaveAsset struct {
	// Asset has no ID when it is new. When it has one and Blob is empty, the
	// file stays as it is, and only what people say of it changes.
	Asset   content.Asset
	IfMatch *int
}

// Name is "asset.save".
func (SaveAsset) Name() string { return "asset.save" }

// Needs the right to create or update assets.
func (a SaveAsset) Needs(*view.Tx) ([]access.Need, error) {
	verb := access.Create
	if a.Asset.ID != "" {
		verb = access.Update
	}
	return []access.Need{{Verb: verb, Collection: access.Assets}}, nil
}

// Plan saves.
func (a SaveAsset) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	next := a.Asset
	old := content.Asset{ID: content.AssetID(env.NewID()), CreatedAt: env.Now, CreatedBy: env.By}
	if next.ID != "" {
		var err error
		if old, err = noun.Find[content.Asset](tx, content.NounAsset, string(next.ID)); err != nil {
			return nil, err
		}
		if a.IfMatch != nil && *a.IfMatch != old.Revision {
			return nil, problem.New(problem.Stale, "asset_changed", problem.Args{"revision": old.Revision}).
				With("current_revision", old.Revision)
		}
	}
	if old.Frozen && next.Blob != "" && next.Blob != old.Blob {
		return nil, problem.New(problem.Conflict, "asset_frozen", nil)
	}
	next.Frozen = old.Frozen
	next.ID, next.CreatedAt, next.CreatedBy, next.Revision = old.ID, old.CreatedAt, old.CreatedBy, old.Revision
	next.Text = nil // found out again, from the new file
	if next.Blob == "" || next.Blob == old.Blob {
		next.Text = old.Text
	}
	if next.Blob == "" {
		next.Blob, next.Size, next.MediaType = old.Blob, old.Size, old.MediaType
		next.Width, next.Height = old.Width, old.Height
	}
	if err := tidyAsset(&next); err != nil {
		return nil, err
	}
	if same, err := noun.Same(old, next); a.Asset.ID != "" && (same || err != nil) {
		env.About(string(next.ID))
		return nil, err
	}
	next.Revision++
	return noun.Change(content.NounAsset, string(next.ID), "", next)
}

// tidyAsset cleans what people say of an asset and holds it to its limits.
func tidyAsset(a *content.Asset) error {
	var faults []problem.Field
	fault := func(pointer, code string, args problem.Args) {
		faults = append(faults, problem.Field{Pointer: pointer, Code: code, Args: args})
	}
	texts := map[string]*string{"/name": &a.Name, "/credit": &a.Credit, "/folder": &a.Folder}
	for _, at := range slices.Sorted(maps.Keys(texts)) {
		if *texts[at] = strings.TrimSpace(*texts[at]); tooLong(*texts[at]) {
			fault(at, "asset_text_too_long", problem.Args{"limit": MaxAssetText})
		}
	}
	if a.Name == "" {
		fault("/name", "asset_name_needed", nil)
	}
	if a.Blob == "" {
		fault("/blob", "asset_file_needed", nil)
	}
	for _, l := range slices.Sorted(maps.Keys(a.Alt)) {
		if !content.ValidLocale(string(l)) || len(a.Alt) > MaxLocales {
			fault("/alt"+problem.Pointer(string(l)), "locale_unknown", problem.Args{"locale": problem.Short(string(l))})
		} else if tooLong(a.Alt[l]) {
			fault("/alt"+problem.Pointer(string(l)), "asset_text_too_long", problem.Args{"limit": MaxAssetText})
		}
	}
	if len(a.Tags) > MaxTags {
		fault("/tags", "asset_tags_too_many", problem.Args{"limit": MaxTags})
	}
	for i, tag := range a.Tags[:min(len(a.Tags), MaxTags)] {
		if tooLong(tag) || strings.TrimSpace(tag) == "" {
			fault("/tags/"+strconv.Itoa(i), "asset_text_too_long", problem.Args{"limit": MaxAssetText})
		}
	}
	if f := a.Focus; f != nil && !(f.X >= 0 && f.X <= 1 && f.Y >= 0 && f.Y <= 1) { // nor NaN
		fault("/focus", "asset_focus", nil)
	}
	if schema.Visibility(a.Visibility).Level() > schema.Coordinators.Level() {
		fault("/visibility", "visibility_unknown", nil)
	}
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

func tooLong(text string) bool {
	return !utf8.ValidString(text) || utf8.RuneCountInString(text) > MaxAssetText
}

// RemoveAsset removes an asset. While entries use it that is refused with a
// list, unless the caller says that they know. core/media removes the bytes
// once nothing needs them.
type RemoveAsset struct {
	ID      content.AssetID
	IfMatch *int
	Force   bool
}

// Name is "asset.remove".
func (RemoveAsset) Name() string { return "asset.remove" }

// Needs the right to delete assets.
func (RemoveAsset) Needs(*view.Tx) ([]access.Need, error) {
	return []access.Need{{Verb: access.Delete, Collection: access.Assets}}, nil
}

// Plan removes.
func (a RemoveAsset) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	old, err := noun.Find[content.Asset](tx, content.NounAsset, string(a.ID))
	if err != nil {
		return nil, err
	}
	if a.IfMatch != nil && *a.IfMatch != old.Revision {
		return nil, problem.New(problem.Stale, "asset_changed", problem.Args{"revision": old.Revision}).
			With("current_revision", old.Revision)
	}
	if old.Frozen {
		return nil, problem.New(problem.Conflict, "asset_frozen", nil)
	}
	if !a.Force {
		if err := unused(tx, env, a.ID); err != nil {
			return nil, err
		}
	}
	return []content.Change{noun.Gone(content.NounAsset, string(a.ID))}, nil
}

// unused refuses to take an asset from the entries that show it, live or in a
// draft.
func unused(tx *view.Tx, env Env, id content.AssetID) error {
	var named []map[string]any
	holders := map[content.EntryID]bool{}
	for _, live := range []bool{false, true} {
		links, err := tx.Backlinks(content.Ref{Kind: content.RefAsset, ID: string(id)}, live, MaxTree)
		if err != nil {
			return err
		}
		if err := collect(tx, env, links, nil, holders, &named); err != nil {
			return err
		}
	}
	if len(holders) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, "asset_used", problem.Args{"n": len(holders)}).
		With("count", len(holders)).With("backlinks", named)
}
