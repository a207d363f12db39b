package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host/bundle"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/view"
)

// MaxBundle bounds what a plugin is installed from, in bytes.
const MaxBundle = bundle.Max

// Installer changes what is installed. It needs no running host: the command
// line uses it beside a server.
type Installer struct {
	Bucket  storage.Bucket
	Blobs   *blob.Store
	View    *view.DB
	Runner  *action.Runner
	Kinds   schema.Kinds
	Bundled []Bundled
	// Keys are those of which one must have signed whatever is installed; none:
	// anything may be.
	Keys []pack.Key
}

// Installed is a plugin with its manifests read.
type Installed struct {
	content.Plugin
	Manifest *manifest.Manifest // of the version that runs; nil when none was approved
	Pending  *manifest.Manifest // of the version that waits
}

// Asks lists what a version that waits asks for, and says of each scope whether
// it is new.
func (p *Installed) Asks() []Asked {
	if p.Pending == nil {
		return nil
	}
	var out []Asked
	for _, s := range p.Pending.Scopes() {
		out = append(out, Asked{Scope: s, New: !slices.Contains(p.Approved, s.ID)})
	}
	return out
}

// Asked is a scope that a version asks for.
type Asked struct {
	manifest.Scope
	New bool
}

// Install brings a bundle in: a tar file compressed by gzip. A version that
// asks for nothing new runs at once; others wait for Approve.
func (i *Installer) Install(ctx context.Context, by content.Actor, packed []byte) (*Installed, error) {
	m, raw, err := checkBundle(packed, i.Kinds)
	if err != nil {
		return nil, err
	}
	if err := i.notBundled(m.Name); err != nil {
		return nil, err
	}
	signature, err := pack.Admit(packed, i.Keys)
	if err != nil {
		return nil, err
	}
	signer := ""
	if signature.Known {
		signer = signature.Key
	}
	if err := i.Runner.Allowed(ctx, by, action.InstallPlugin{Plugin: m.Name}); err != nil {
		return nil, err
	}
	ref, err := i.Blobs.Put(ctx, bytes.NewReader(packed), bundle.Max)
	if err != nil {
		return nil, fmt.Errorf("keep the bundle: %w", err)
	}
	return i.add(ctx, by, m, content.PluginVersion{Manifest: raw, Bundle: string(ref), Signer: signer}, "")
}

// CheckBundle checks a bundle without installing it.
func CheckBundle(packed []byte, kinds schema.Kinds) (*manifest.Manifest, error) {
	m, _, err := checkBundle(packed, kinds)
	return m, err
}

func checkBundle(packed []byte, kinds schema.Kinds) (*manifest.Manifest, []byte, error) {
	if len(packed) > bundle.Max {
		return nil, nil, problem.New(problem.TooLarge, "bundle_too_large", problem.Args{"files": bundle.MaxFiles, "mib": bundle.Max >> 20})
	}
	raw, names, err := bundle.ReadManifest(packed)
	if err != nil {
		return nil, nil, err
	}
	m, err := manifest.Parse(raw, kinds)
	if err != nil {
		return nil, nil, err
	}
	return m, raw, runnable(m, names)
}

// notBundled refuses the names of the program's own plugins.
func (i *Installer) notBundled(name string) error {
	if m, _, err := bundledNamed(i.Bundled, name, i.Kinds); err != nil || m == nil {
		return err
	}
	return problem.New(problem.Conflict, "plugin_bundled", problem.Args{"plugin": name})
}

// runnable holds what a manifest runs against the files that are there.
func runnable(m *manifest.Manifest, names map[string]bool) error {
	var faults []problem.Field
	if len(m.Run) == 0 {
		faults = append(faults, problem.Field{Pointer: "/run", Code: "member_missing", Args: problem.Args{"names": []string{"run"}}})
	}
	for system, r := range m.Run {
		if !names[r.File] {
			faults = append(faults, problem.Field{Pointer: "/run/" + system + "/file", Code: "bundle_file_missing", Args: problem.Args{"file": r.File}})
		}
	}
	return problem.OfFields(problem.Invalid, "manifest_invalid", faults)
}

// InstallBundled brings a plugin in that is part of the program.
func (i *Installer) InstallBundled(ctx context.Context, by content.Actor, name string) (*Installed, error) {
	m, raw, err := bundledNamed(i.Bundled, name, i.Kinds)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, problem.New(problem.NotFound, "plugin_missing", problem.Args{"id": wire.Clip(name, 60)})
	}
	return i.add(ctx, by, m, content.PluginVersion{Manifest: raw, Bundle: content.BuiltinBundle}, "")
}

func digest(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

func (i *Installer) add(ctx context.Context, by content.Actor, m *manifest.Manifest, v content.PluginVersion, over string) (*Installed, error) {
	v.Version, v.Digest, v.Scopes = m.Version, digest(v.Manifest), manifest.IDs(m.Scopes())
	if old, err := i.Find(ctx, m.Name); err == nil && old.Current != nil && len(action.Unapproved(old.Plugin, v)) == 0 {
		if err := i.define(ctx, by, m); err != nil {
			return nil, err
		}
	}
	if _, err := i.Runner.Do(ctx, by, action.InstallPlugin{Plugin: m.Name, Version: v, Role: m.Role(), Over: over}); err != nil {
		return nil, err
	}
	return i.Find(ctx, m.Name)
}

// define brings the collections of a manifest in, as they are there.
func (i *Installer) define(ctx context.Context, by content.Actor, m *manifest.Manifest) error {
	for _, c := range m.Collections {
		if _, err := i.Runner.Do(ctx, by, action.DefineCollection{Definition: c, Locale: "fr"}); err != nil {
			return fmt.Errorf("define the collection %s of %s: %w", c.ID, m.Name, err)
		}
	}
	return nil
}

// open lets everybody read what a manifest makes public. An administrator may
// take it back by changing the role of visitors.
func (i *Installer) open(ctx context.Context, by content.Actor, m *manifest.Manifest) error {
	if len(m.Public) == 0 {
		return nil
	}
	var role access.Role
	err := i.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounRole, string(access.Visitor))
		if err == nil {
			role, err = noun.Decode[access.Role](n)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("read the role of visitors: %w", err)
	}
	for _, c := range m.Public {
		if !access.OfRoles(time.Time{}, role).May(access.Read, string(c)) {
			role.Grants = append(role.Grants, access.Grant{Collection: string(c), Verbs: []access.Verb{access.Read}})
		}
	}
	match := role.Revision
	if _, err := i.Runner.Do(ctx, by, account.SaveRole{Role: role, IfMatch: &match}); err != nil {
		return fmt.Errorf("let visitors read: %w", err)
	}
	return nil
}

// Approve agrees to all that the waiting version asks for. It runs from then
// on.
func (i *Installer) Approve(ctx context.Context, by content.Actor, name, version string) (*Installed, error) {
	p, err := i.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	if p.Pending == nil || p.Pending.Version != version {
		return nil, problem.New(problem.Conflict, "plugin_not_pending", problem.Args{"version": wire.Clip(version, 60)})
	}
	approve := action.ApprovePlugin{Plugin: name, Version: version, Scopes: manifest.IDs(p.Pending.Scopes()), Role: p.Pending.Role()}
	if err := i.Runner.Allowed(ctx, by, approve); err != nil {
		return nil, err
	}
	if err := errors.Join(i.define(ctx, by, p.Pending), i.open(ctx, by, p.Pending)); err != nil {
		return nil, err
	}
	if _, err := i.Runner.Do(ctx, by, approve); err != nil {
		return nil, err
	}
	return i.Find(ctx, name)
}

// RollBack goes back to the version before.
func (i *Installer) RollBack(ctx context.Context, by content.Actor, name string) (*Installed, error) {
	p, err := i.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	act := action.RollBackPlugin{Plugin: name}
	if p.Previous != nil && i.lost(*p.Previous, name) {
		return nil, problem.New(problem.Conflict, "plugin_no_previous", nil)
	}
	if p.Previous != nil {
		m, err := manifest.Parse(p.Previous.Manifest, i.Kinds)
		if err != nil {
			return nil, err
		}
		act.Role = m.Role()
	}
	if _, err := i.Runner.Do(ctx, by, act); err != nil {
		return nil, err
	}
	return i.Find(ctx, name)
}

// Enable lets a plugin run, or stops it.
func (i *Installer) Enable(ctx context.Context, by content.Actor, name string, enabled bool) (*Installed, error) {
	if _, err := i.Runner.Do(ctx, by, action.EnablePlugin{Plugin: name, Enabled: enabled}); err != nil {
		return nil, err
	}
	return i.Find(ctx, name)
}

// Configure changes settings and secrets, which must fit the manifest.
func (i *Installer) Configure(ctx context.Context, by content.Actor, name string, settings json.RawMessage,
	secrets map[string]*string, match *int) (*Installed, error) {
	if err := i.Runner.Allowed(ctx, by, action.ConfigurePlugin{Plugin: name}); err != nil {
		return nil, err
	}
	p, err := i.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := p.check(settings, secrets); err != nil {
		return nil, err
	}
	_, err = i.Runner.Do(ctx, by, action.ConfigurePlugin{Plugin: name, Settings: settings, Secrets: secrets, IfMatch: match})
	if err != nil {
		return nil, err
	}
	return i.Find(ctx, name)
}

func (p *Installed) check(settings json.RawMessage, secrets map[string]*string) error {
	m := p.Manifest
	if m == nil {
		m = p.Pending
	}
	if settings != nil {
		if err := m.CheckSettings(settings); err != nil {
			return err
		}
	}
	for name := range secrets {
		if !slices.ContainsFunc(m.Secrets, func(s manifest.Secret) bool { return s.Name == name }) {
			return problem.OfFields(problem.Invalid, "settings_invalid", []problem.Field{{Pointer: "/secrets/" + wire.Clip(name, 60),
				Code: "members_unknown", Args: problem.Args{"names": []string{wire.Clip(name, 60)}}}})
		}
	}
	return nil
}

// Remove removes a plugin, its rights, what it added to the search and what it
// kept for itself. Entries that
// it made stay, and so do its collections.
func (i *Installer) Remove(ctx context.Context, by content.Actor, name string) error {
	p, err := i.Find(ctx, name)
	if err != nil {
		return err
	}
	// Whatever breaks off here is done by doing it again: the plugin goes last.
	if _, err := i.Runner.Do(ctx, by, action.EnablePlugin{Plugin: name}); err != nil {
		return err
	}
	for cleared := false; !cleared; {
		r, err := i.Runner.Do(ctx, by, action.ClearSearchDocuments{Plugin: name})
		if err != nil {
			return err
		}
		cleared = r.Subject == ""
	}
	if _, err := i.Runner.Do(ctx, by, action.RemovePlugin{Plugin: name}); err != nil {
		return err
	}
	for o, err := range i.Bucket.List(ctx, wire.Folder(p.ID), "") {
		if err == nil {
			err = storage.Purge(ctx, i.Bucket, o.Key)
		}
		if err != nil {
			return fmt.Errorf("remove what %s kept: %w", name, err)
		}
	}
	return nil
}

// Find reads an installed plugin.
func (i *Installer) Find(ctx context.Context, name string) (*Installed, error) {
	var p content.Plugin
	err := i.View.Read(ctx, func(tx *view.Tx) (err error) {
		p, err = action.PluginNamed(tx, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	return i.read(p)
}

func (i *Installer) read(p content.Plugin) (*Installed, error) {
	out := &Installed{Plugin: p}
	var err error
	if p.Current != nil {
		if out.Manifest, err = manifest.Parse(p.Current.Manifest, i.Kinds); err != nil {
			return nil, fmt.Errorf("read the manifest of %s: %w", p.Name, err)
		}
	}
	if p.Pending != nil {
		if out.Pending, err = manifest.Parse(p.Pending.Manifest, i.Kinds); err != nil {
			return nil, fmt.Errorf("read the waiting manifest of %s: %w", p.Name, err)
		}
	}
	return out, nil
}

// List reads all installed plugins, by name.
func (i *Installer) List(ctx context.Context) ([]*Installed, error) {
	var out []*Installed
	err := i.View.Read(ctx, func(tx *view.Tx) error {
		nouns, err := tx.Nouns(content.NounPlugin, "", maxPlugins)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			p, err := action.DecodePlugin(n)
			if err != nil {
				return err
			}
			in, err := i.read(p)
			if err != nil {
				return err
			}
			out = append(out, in)
		}
		return nil
	})
	slices.SortFunc(out, func(a, b *Installed) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return out, err
}

// errNotHere says that a plugin is installed, and this node does not know it
// yet.
var errNotHere = errors.New("the plugin is not known on this node yet")
