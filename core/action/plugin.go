package action

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of what is kept of a plugin.
const (
	MaxSettings = 64 << 10 // bytes
	MaxSecret   = 8 << 10  // bytes of one
)

// InstallPlugin brings a version of a plugin in. A version that asks for
// nothing new takes the place of the running one at once; any other waits for
// ApprovePlugin, while the one before it goes on.
type InstallPlugin struct {
	Plugin  string // name
	Version content.PluginVersion
	Role    access.Role // that its manifest asks for
	// Over is the digest of the version that was the newest when somebody
	// decided on this one; when that is another by now, nothing changes. Empty:
	// whatever is there.
	Over string
}

// Name is "plugin.install".
func (InstallPlugin) Name() string { return "plugin.install" }

// Needs the right to manage plugins.
func (InstallPlugin) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Plugins) }

// Plan brings it in.
func (a InstallPlugin) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	p, err := PluginNamed(tx, a.Plugin)
	if problem.KindOf(err) == problem.NotFound {
		p, err = content.Plugin{ID: env.NewID(), Name: a.Plugin}, nil
	}
	if err != nil {
		return nil, err
	}
	env.About(p.ID)
	if newest := Newest(p); a.Over != "" && (newest == nil || newest.Digest != a.Over) {
		return nil, nil
	}
	for _, v := range []*content.PluginVersion{p.Current, p.Pending, p.Previous} {
		if v == nil || v.Version != a.Version.Version {
			continue
		}
		if v.Bundle != a.Version.Bundle {
			return nil, problem.New(problem.Conflict, "plugin_version_taken", problem.Args{"version": v.Version})
		}
		if v.Bundle == content.BuiltinBundle && v.Digest != a.Version.Digest {
			continue // of another build of the program, which is no more
		}
		if v != p.Previous {
			return nil, nil
		}
	}
	next := a.Version
	next.InstalledAt, next.InstalledBy = env.Now, env.By
	if p.Current == nil || len(Unapproved(p, next)) > 0 {
		p.Pending = &next
		return changePlugin(p)
	}
	p.Previous, p.Current, p.Pending = p.Current, &next, nil
	return pluginAndRole(tx, p, a.Role)
}

// Newest is the version that was installed last; nil: there is none.
func Newest(p content.Plugin) *content.PluginVersion {
	if p.Pending != nil {
		return p.Pending
	}
	return p.Current
}

// Unapproved gives the scopes of a version that were not agreed to.
func Unapproved(p content.Plugin, v content.PluginVersion) []string {
	return slices.DeleteFunc(slices.Clone(v.Scopes), func(s string) bool { return slices.Contains(p.Approved, s) })
}

// ApprovePlugin agrees to what the waiting version asks for; it then takes the
// place of the one before it, and is enabled.
type ApprovePlugin struct {
	Plugin  string
	Version string   // that was looked at
	Scopes  []string // that were agreed to: all of them
	Role    access.Role
}

// Name is "plugin.approve".
func (ApprovePlugin) Name() string { return "plugin.approve" }

// Needs the right to manage plugins, and roles: it hands out rights.
func (ApprovePlugin) Needs(*view.Tx) ([]access.Need, error) {
	return []access.Need{{Verb: access.Manage, Collection: access.Plugins}, {Verb: access.Manage, Collection: access.Roles}}, nil
}

// Plan agrees.
func (a ApprovePlugin) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	p, err := PluginNamed(tx, a.Plugin)
	if err != nil {
		return nil, err
	}
	env.About(p.ID)
	if p.Pending == nil || p.Pending.Version != a.Version || !slices.Equal(p.Pending.Scopes, a.Scopes) {
		return nil, problem.New(problem.Conflict, "plugin_not_pending", problem.Args{"version": problem.Short(a.Version)})
	}
	if p.Current != nil {
		p.Previous = p.Current
	}
	p.Current, p.Pending, p.Enabled = p.Pending, nil, true
	p.Approved, p.ApprovedBy, p.ApprovedAt = slices.Clone(a.Scopes), &env.By, new(env.Now)
	return pluginAndRole(tx, p, a.Role)
}

// RollBackPlugin goes back to the version before the present one, with the
// rights that it had.
type RollBackPlugin struct {
	Plugin string
	Role   access.Role // of the version before
}

// Name is "plugin.roll_back".
func (RollBackPlugin) Name() string { return "plugin.roll_back" }

// Needs what ApprovePlugin needs.
func (RollBackPlugin) Needs(tx *view.Tx) ([]access.Need, error) { return ApprovePlugin{}.Needs(tx) }

// Plan goes back.
func (a RollBackPlugin) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	p, err := PluginNamed(tx, a.Plugin)
	if err != nil {
		return nil, err
	}
	env.About(p.ID)
	if p.Previous == nil {
		return nil, problem.New(problem.Conflict, "plugin_no_previous", nil)
	}
	p.Current, p.Previous = p.Previous, p.Current
	p.Approved, p.ApprovedBy, p.ApprovedAt = p.Current.Scopes, &env.By, new(env.Now)
	return pluginAndRole(tx, p, a.Role)
}

// EnablePlugin lets a plugin run, or stops it.
type EnablePlugin struct {
	Plugin  string
	Enabled bool
}

// Name is "plugin.enable".
func (EnablePlugin) Name() string { return "plugin.enable" }

// Needs the right to manage plugins.
func (EnablePlugin) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Plugins) }

// Plan switches.
func (a EnablePlugin) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	p, err := PluginNamed(tx, a.Plugin)
	if err != nil {
		return nil, err
	}
	env.About(p.ID)
	if p.Current == nil && a.Enabled {
		return nil, problem.New(problem.Conflict, "plugin_not_approved", nil)
	}
	if p.Enabled == a.Enabled {
		return nil, nil
	}
	p.Enabled = a.Enabled
	return changePlugin(p)
}

// ConfigurePlugin changes the settings of a plugin. Whoever asks holds them
// against the manifest before.
type ConfigurePlugin struct {
	Plugin   string
	Settings json.RawMessage    // nil: as they are
	Secrets  map[string]*string // those to change; nil forgets one
	IfMatch  *int
}

// Name is "plugin.configure".
func (ConfigurePlugin) Name() string { return "plugin.configure" }

// Needs the right to manage plugins.
func (ConfigurePlugin) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Plugins) }

// Plan changes them.
func (a ConfigurePlugin) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	p, err := PluginNamed(tx, a.Plugin)
	if err != nil {
		return nil, err
	}
	env.About(p.ID)
	if a.IfMatch != nil && *a.IfMatch != p.Revision {
		return nil, problem.New(problem.Stale, "plugin_changed", problem.Args{"revision": p.Revision}).With("current_revision", p.Revision)
	}
	if len(a.Settings) > MaxSettings {
		return nil, problem.New(problem.TooLarge, "plugin_settings_too_large", problem.Args{"limit": MaxSettings})
	}
	if a.Settings != nil {
		p.Settings = a.Settings
	}
	p.Secrets = maps.Clone(p.Secrets)
	for name, value := range a.Secrets {
		switch {
		case value == nil:
			delete(p.Secrets, name)
			continue
		case len(*value) > MaxSecret:
			return nil, problem.New(problem.TooLarge, "plugin_secret_too_large", problem.Args{"limit": MaxSecret, "name": problem.Short(name)})
		case p.Secrets == nil:
			p.Secrets = map[string]string{}
		}
		p.Secrets[name] = *value
	}
	return changePlugin(p)
}

// RemovePlugin removes a plugin and its rights. What it wrote stays.
type RemovePlugin struct {
	Plugin string
}

// Name is "plugin.remove".
func (RemovePlugin) Name() string { return "plugin.remove" }

// Needs the right to manage plugins.
func (RemovePlugin) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Plugins) }

// Plan removes it.
func (a RemovePlugin) Plan(tx *view.Tx, _ Env) ([]content.Change, error) {
	p, err := PluginNamed(tx, a.Plugin)
	if err != nil {
		return nil, err
	}
	changes := []content.Change{noun.Gone(content.NounPlugin, p.ID)}
	role := string(access.PluginRole(p.Name))
	if _, err := tx.Noun(content.NounRole, role); err == nil {
		changes = append(changes, noun.Gone(content.NounRole, role))
	} else if !noun.Missing(err) {
		return nil, err
	}
	return changes, nil
}

// PluginNamed reads the plugin of a name, secrets included.
func PluginNamed(tx *view.Tx, name string) (content.Plugin, error) {
	n, err := tx.NounByLookup(content.NounPlugin, name)
	if noun.Missing(err) {
		return content.Plugin{}, problem.New(problem.NotFound, "plugin_missing", problem.Args{"id": problem.Short(name)})
	}
	if err != nil {
		return content.Plugin{}, err
	}
	return DecodePlugin(n)
}

// DecodePlugin reads the noun of a plugin, with its secrets unless those were
// erased.
func DecodePlugin(n *content.Noun) (content.Plugin, error) {
	p, err := noun.Decode[content.Plugin](n)
	if err != nil {
		return p, err
	}
	for _, part := range []json.RawMessage{n.Body, n.Personal} {
		if len(part) == 0 {
			continue
		}
		if err := json.Unmarshal(part, &p.PluginPersonal); err != nil {
			return p, fmt.Errorf("read the secrets of %s: %w", n.ID, err)
		}
	}
	return p, nil
}

func changePlugin(p content.Plugin) ([]content.Change, error) {
	p.Revision++
	n, err := noun.Of(content.NounPlugin, p.ID, p.Name, p)
	if err == nil && len(p.Secrets) > 0 {
		n.Personal, err = json.Marshal(p.PluginPersonal)
	}
	return []content.Change{{Noun: n}}, err
}

// pluginAndRole changes a plugin and the role that holds its rights.
func pluginAndRole(tx *view.Tx, p content.Plugin, role access.Role) ([]content.Change, error) {
	old, err := noun.Find[access.Role](tx, content.NounRole, string(role.ID))
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	role.Revision = old.Revision + 1
	changes, err := changePlugin(p)
	if err != nil {
		return nil, err
	}
	second, err := noun.Change(content.NounRole, string(role.ID), role.Name, role)
	return append(changes, second...), err
}
