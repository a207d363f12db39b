package host

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/semver"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// Bundled plugins are part of the program, which has one version of each. So
// they change with the program: whichever is installed is brought to that
// version when a node starts, and one that asks for more rests until somebody
// has approved it, because the version before is no longer there.

// bundledNamed finds a plugin of the program; nil: there is none of the name.
func bundledNamed(all []Bundled, name string, kinds schema.Kinds) (*manifest.Manifest, []byte, error) {
	for _, b := range all {
		m, err := manifest.Parse(b.Manifest, kinds)
		if err != nil {
			return nil, nil, err
		}
		if m.Name == name {
			return m, b.Manifest, nil
		}
	}
	return nil, nil, nil
}

// lost reports whether a version was part of a program, and not of this one: it
// cannot run here.
func (i *Installer) lost(v content.PluginVersion, name string) bool {
	return lost(i.Bundled, v, name, i.Kinds)
}

func lost(all []Bundled, v content.PluginVersion, name string, kinds schema.Kinds) bool {
	if v.Bundle != content.BuiltinBundle {
		return false
	}
	_, raw, err := bundledNamed(all, name, kinds)
	return err != nil || raw == nil || digest(raw) != v.Digest
}

// lost is the same of what a node should run.
func (h *Host) lost(want content.Plugin) bool {
	return lost(h.o.Bundled, *want.Current, want.Name, h.o.Kinds)
}

// Renew brings the plugins of the program that are installed to the version
// that the program has, and gives those that changed. What a newer program
// brought stays: beside it this one only goes on for a while. Twice is harmless.
func (i *Installer) Renew(ctx context.Context, by content.Actor) ([]*Installed, error) {
	installed, err := i.List(ctx)
	if err != nil {
		return nil, err
	}
	var out []*Installed
	var failed error
	for _, p := range installed {
		newest := action.Newest(p.Plugin)
		m, raw, err := bundledNamed(i.Bundled, p.Name, i.Kinds)
		if err != nil {
			return out, err
		}
		if m == nil || newest == nil || newest.Bundle != content.BuiltinBundle || newest.Digest == digest(raw) ||
			semver.Compare("v"+m.Version, "v"+newest.Version) < 0 {
			continue
		}
		now, err := i.add(ctx, by, m, content.PluginVersion{Manifest: raw, Bundle: content.BuiltinBundle}, newest.Digest)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("bring %s to version %s: %w", p.Name, m.Version, err))
			continue
		}
		out = append(out, now)
	}
	return out, failed
}
