package sdk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Visit is somebody's opening a screen, card or panel of the plugin in the
// console, or pressing something there.
type Visit struct {
	Place  string // id in the manifest
	Action string // of the component; empty: it is opened
	Locale string
	Params map[string]string // of the screen's address
	// The entry beside which a panel stands.
	Collection, ID string
	Revision       int
	// Pressed is when it was: earlier than now when the console has kept it while
	// there was no network. The device says it; it is never ahead.
	Pressed time.Time
	// Key is the same when the same press comes again: a change under it is made
	// once. It may be empty.
	Key string
	// Host acts for the person at the console.
	Host *Host

	values, draft []byte
}

// Values reads the form around the component, and the component's own values.
func (v *Visit) Values(into any) error { return unmarshal(v.values, into) }

// Draft reads what the editor holds now, by the names of fields.
func (v *Visit) Draft(into any) error { return unmarshal(v.draft, into) }

// View is what is shown then. What is left out stays as it was.
type View struct {
	Tree     Node
	Toast    string // a short word to the person
	Tone     string // of the toast: info, success, warning, danger
	Navigate string // to an address of the console
	Faults   []Fault
	// Patch are values by field name that the open editor takes over, unsaved.
	Patch map[string]any
}

type console struct {
	pluginpb.UnimplementedConsoleServer
	s *server
}

func (c console) Interact(ctx context.Context, r *pluginpb.InteractRequest) (*pluginpb.InteractResponse, error) {
	v := &Visit{Place: r.Place, Action: r.Action, Locale: r.Locale, Params: r.Params, Collection: r.Collection, ID: r.Id,
		Revision: int(r.Revision), Pressed: time.UnixMilli(r.PressedUnixMs), Key: r.Key, Host: c.s.host.Load().on(r.Ticket), values: r.ValuesJson, draft: r.DraftJson}
	view, err := c.s.p.Console(ctx, v)
	if err != nil || view == nil {
		return &pluginpb.InteractResponse{}, err
	}
	out := &pluginpb.InteractResponse{Toast: view.Toast, Tone: view.Tone, Navigate: view.Navigate}
	for _, f := range view.Faults {
		out.Faults = append(out.Faults, &pluginpb.Fault{Pointer: f.Pointer, Message: f.Text})
	}
	if view.Tree != nil {
		if out.TreeJson, err = json.Marshal(view.Tree); err != nil {
			return nil, fmt.Errorf("write a tree: %w", err)
		}
	}
	if view.Patch != nil {
		if out.PatchJson, err = json.Marshal(view.Patch); err != nil {
			return nil, fmt.Errorf("write a patch: %w", err)
		}
		out.PatchRevision = r.Revision
	}
	return out, nil
}
