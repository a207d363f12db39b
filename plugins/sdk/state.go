package sdk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Absent is the version of a value that is not there.
const Absent = "absent"

// State keeps values for the plugin, on all nodes. Keys have at most 90 bytes,
// values 256 KiB, and all of them together what the manifest asks for.
type State struct{ h *Host }

// State gives the plugin's own values.
func (h *Host) State() State { return State{h} }

// Get reads a value. version is Absent when there is none.
func (s State) Get(ctx context.Context, key string, into any) (version string, err error) {
	v, err := pluginpb.NewStateClient(s.h.conn).Get(s.h.call(ctx), &pluginpb.StateKey{Key: key})
	if err != nil {
		return "", told(err)
	}
	if !v.Found {
		return Absent, nil
	}
	if err := json.Unmarshal(v.Value, into); err != nil {
		return "", fmt.Errorf("read the value of %q: %w", key, err)
	}
	return v.Version, nil
}

// Put keeps a value, as long as it is still at a version that Get gave; ""
// keeps it in any case. IsStale tells that somebody else was first.
func (s State) Put(ctx context.Context, key string, value any, version string) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write the value of %q: %w", key, err)
	}
	_, err = pluginpb.NewStateClient(s.h.conn).Put(s.h.call(ctx), &pluginpb.StatePut{Key: key, Value: raw, IfVersion: version})
	return told(err)
}

// Delete forgets a value.
func (s State) Delete(ctx context.Context, key string) error {
	_, err := pluginpb.NewStateClient(s.h.conn).Delete(s.h.call(ctx), &pluginpb.StateKey{Key: key})
	return told(err)
}

// Keys lists keys with a prefix, in order, after one of them.
func (s State) Keys(ctx context.Context, prefix, after string) (keys []string, more bool, err error) {
	r, err := pluginpb.NewStateClient(s.h.conn).List(s.h.call(ctx), &pluginpb.StateList{Prefix: prefix, After: after, Limit: 500})
	if err != nil {
		return nil, false, told(err)
	}
	return r.Keys, r.More, nil
}
