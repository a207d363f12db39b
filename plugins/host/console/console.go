// Package console lets plugins show screens, cards and panels in the console:
// as trees of components that the console draws, or as files of their own in a
// frame that has an origin of its own.
package console

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host/tree"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of an interaction.
const (
	Budget    = 3 * time.Second
	maxValues = 256 << 10 // bytes
	maxDraft  = 1 << 20   // bytes
	maxParams = 20
	maxToast  = 300
	maxKey    = 60
)

// Console is that of all plugins of a node; all members are required.
type Console struct {
	Plugins wire.Plugins
	Query   *query.Engine
	View    *view.DB
	Now     func() time.Time
}

// Place is something that a plugin shows.
type Place struct {
	Plugin      string                 `json:"plugin"`
	ID          string                 `json:"id"`
	Label       schema.Texts           `json:"label"`
	Icon        string                 `json:"icon,omitempty"`
	Menu        string                 `json:"menu,omitempty"`
	Size        string                 `json:"size,omitempty"`
	Where       string                 `json:"where,omitempty"`
	Collections []content.CollectionID `json:"collections,omitempty"`
	Frame       *Frame                 `json:"frame,omitempty"`
	Offline     []string               `json:"offline,omitempty"`
}

// Frame is an address in the place of a tree.
type Frame struct {
	URL    string `json:"url"`
	Height int    `json:"height,omitempty"`
}

// Places are what the plugins bring, by where it stands.
type Places struct {
	Screens []Place  `json:"screens"`
	Cards   []Place  `json:"cards"`
	Panels  []Place  `json:"panels"`
	Actions []Place  `json:"actions"`
	Modules []Module `json:"modules"`
}

// Module is a plugin that brings collections: they stand together in the menu.
type Module struct {
	Plugin      string                 `json:"plugin"`
	Label       schema.Texts           `json:"label"`
	Collections []content.CollectionID `json:"collections"`
}

// All lists what somebody may see.
func (c *Console) All(ctx context.Context, by content.Actor) (*Places, error) {
	policy, err := c.Query.Policy(ctx, by)
	if err != nil {
		return nil, err
	}
	out := &Places{Screens: []Place{}, Cards: []Place{}, Panels: []Place{}, Actions: []Place{}, Modules: []Module{}}
	for _, x := range c.Plugins.Plugins() {
		m := &x.Manifest.Console
		for _, list := range []struct {
			from []manifest.Place
			to   *[]Place
		}{{m.Screens, &out.Screens}, {m.Cards, &out.Cards}, {m.Panels, &out.Panels}, {m.Actions, &out.Actions}} {
			for _, p := range list.from {
				if may(policy, p.Access) {
					*list.to = append(*list.to, shown(x, p))
				}
			}
		}
		if module := moduleOf(x, policy); len(module.Collections) > 0 {
			out.Modules = append(out.Modules, module)
		}
	}
	return out, nil
}

func shown(x wire.Plugin, p manifest.Place) Place {
	out := Place{Plugin: x.Name, ID: p.ID, Label: p.Label, Icon: p.Icon, Menu: p.Menu, Size: p.Size, Where: p.Where, Collections: p.Collections, Offline: p.Offline}
	if p.Frame != nil {
		out.Frame = &Frame{URL: FrameURL(x, p.Frame.File), Height: p.Frame.Height}
	}
	return out
}

// moduleOf gives the collections of a plugin that somebody may work in.
func moduleOf(x wire.Plugin, p *access.Policy) Module {
	out := Module{Plugin: x.Name, Label: x.Manifest.Label}
	for _, col := range x.Manifest.Collections {
		if id := string(col.ID); p.May(access.ReadDraft, id) || p.May(access.Update, id) {
			out.Collections = append(out.Collections, col.ID)
		}
	}
	return out
}

func may(p *access.Policy, needed string) bool {
	if !p.SignedIn() {
		return false
	}
	verb, collection, ok := strings.Cut(needed, ":")
	return !ok || p.May(access.Verb(verb), collection)
}

// Interaction is somebody's opening a place, or pressing something there.
type Interaction struct {
	Place, Action string
	Values        json.RawMessage
	Params        map[string]string
	Locale        content.Locale
	Collection    content.CollectionID // of the entry beside which a panel stands
	Entry         content.EntryID
	Revision      int
	Draft         json.RawMessage // what the editor holds now
	Pressed       time.Time       // zero: now
	Key           string          // of the press; empty: none
}

// Shown is what is shown then. What is absent stays as it was.
type Shown struct {
	Tree     json.RawMessage
	Faults   []problem.Field
	Toast    string
	Tone     string
	Navigate string
	Patch    json.RawMessage // values by field name, for the editor
	Revision int             // that the patch was made from
}

// Interact asks the plugin, for somebody who may.
func (c *Console) Interact(ctx context.Context, by content.Actor, plugin string, i Interaction) (*Shown, error) {
	missing := problem.New(problem.NotFound, "console_place_missing", problem.Args{"place": wire.Clip(plugin+"/"+i.Place, 100)})
	x, ok := c.Plugins.Plugin(plugin)
	if !ok {
		return nil, missing
	}
	place, ok := x.Manifest.Console.Place(i.Place)
	if !ok || i.Collection != "" && !slices.Contains(place.Collections, i.Collection) {
		return nil, missing
	}
	policy, err := c.Query.Policy(ctx, by)
	if err != nil {
		return nil, err
	}
	if !may(policy, place.Access) {
		verb, collection, _ := strings.Cut(place.Access, ":")
		return nil, problem.New(problem.Forbidden, "not_allowed", problem.Args{"verb": verb, "collection": collection})
	}
	if len(i.Values) > maxValues || len(i.Draft) > maxDraft || len(i.Params) > maxParams {
		return nil, problem.New(problem.TooLarge, "console_values_large", problem.Args{"limit": maxValues})
	}
	now := c.Now()
	if i.Pressed.IsZero() || i.Pressed.After(now) {
		i.Pressed = now
	}
	var answer *pluginpb.InteractResponse
	call := wire.Call{Plugin: plugin, Surface: wire.Console, What: i.Place + " " + i.Action, By: by, Lasts: Budget}
	if i.Action == "" {
		call.Waits = Budget // it is only opened
	}
	err = c.Plugins.Call(ctx, call, func(ctx context.Context, to wire.Process) (err error) {
		answer, err = pluginpb.NewConsoleClient(to.Conn).Interact(ctx, &pluginpb.InteractRequest{Place: i.Place, Action: i.Action,
			ValuesJson: i.Values, Ticket: to.Ticket, Locale: string(i.Locale), Collection: string(i.Collection), Id: string(i.Entry),
			Revision: int64(i.Revision), DraftJson: i.Draft, Params: i.Params,
			PressedUnixMs: i.Pressed.UnixMilli(), Key: wire.Clip(i.Key, maxKey)})
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.read(ctx, policy, x, i, answer)
}

// tones are those that a toast may have.
var tones = []string{"", "info", "success", "warning", "danger"}

// inConsole is the form of addresses that a plugin may lead to.
var inConsole = regexp.MustCompile(`^/(?:[^/\\\s][^\\\s]*)?$`)

// read checks what a plugin answers.
func (c *Console) read(ctx context.Context, policy *access.Policy, x wire.Plugin, i Interaction, r *pluginpb.InteractResponse) (*Shown, error) {
	wrong := func(err error) error {
		return problem.Wrap(err, problem.Unavailable, "console_answer_wrong", problem.Args{"plugin": x.Name, "reason": wire.Clip(err.Error(), 300)})
	}
	out := &Shown{Toast: wire.Clip(r.Toast, maxToast), Tone: r.Tone, Navigate: r.Navigate, Faults: wire.Faults(x.Name, r.Faults)}
	if !slices.Contains(tones, r.Tone) {
		return nil, wrong(fmt.Errorf("no tone: %q", r.Tone))
	}
	if r.Navigate != "" && !inConsole.MatchString(r.Navigate) {
		return nil, wrong(fmt.Errorf("no address of the console: %q", r.Navigate))
	}
	if len(r.TreeJson) > 0 {
		if _, err := tree.Parse(r.TreeJson, nil); err != nil {
			return nil, wrong(err)
		}
		out.Tree = r.TreeJson
	}
	if len(r.PatchJson) == 0 {
		return out, nil
	}
	if i.Entry == "" || r.PatchRevision != int64(i.Revision) {
		return nil, problem.New(problem.Conflict, "panel_patch_stale", nil)
	}
	if err := c.checkPatch(ctx, policy, x, i, r.PatchJson); err != nil {
		return nil, err
	}
	out.Patch, out.Revision = r.PatchJson, i.Revision
	return out, nil
}

// checkPatch holds a patch against what the plugin and the person may change.
// It is not saved here: the editor takes it over, and saving checks all again.
func (c *Console) checkPatch(ctx context.Context, policy *access.Policy, x wire.Plugin, i Interaction, raw []byte) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil {
		return problem.Wrap(err, problem.Unavailable, "console_answer_wrong", problem.Args{"plugin": x.Name, "reason": "the patch is no object"})
	}
	own, err := c.Query.Policy(ctx, wire.Self(x.Name))
	if err != nil {
		return err
	}
	return c.View.Read(ctx, func(tx *view.Tx) error {
		col := tx.Collection(string(i.Collection))
		if col == nil {
			return problem.New(problem.Conflict, "panel_patch_stale", nil)
		}
		allowed := map[string]bool{}
		mine := policy.Fields(col, access.Update).Of(col)
		for _, f := range own.Fields(col, access.Update).Of(col) {
			if slices.ContainsFunc(mine, func(m *schema.Field) bool { return m.ID == f.ID }) {
				allowed[f.Name] = true
			}
		}
		for name := range values {
			if !allowed[name] {
				return problem.New(problem.Forbidden, "fields_not_allowed", problem.Args{"collection": string(i.Collection), "fields": wire.Clip(name, 60)})
			}
		}
		return nil
	})
}
