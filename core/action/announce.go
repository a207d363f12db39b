package action

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// MaxAnnouncement bounds what an announcement says, in bytes of JSON.
const MaxAnnouncement = 16 << 10

// Announce makes an event of a plugin's own known to the plugins that asked to
// be told of it. Whoever asks holds the name against the manifest before.
type Announce struct {
	Plugin string // that announces it: the caller
	Event  string // its name
	Body   json.RawMessage
}

// Name is "plugin.announce".
func (Announce) Name() string { return "plugin.announce" }

// Needs nothing but to be the plugin.
func (Announce) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan announces it.
func (a Announce) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := onlyPlugin(env, a.Plugin); err != nil {
		return nil, err
	}
	if len(a.Body) > MaxAnnouncement {
		return nil, problem.New(problem.TooLarge, "announcement_too_large", problem.Args{"limit": MaxAnnouncement})
	}
	next := content.Announcement{Plugin: a.Plugin, Name: a.Event, Body: a.Body}
	last, err := noun.Find[content.Announcement](tx, content.NounAnnouncement, next.ID())
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	next.Number = last.Number + 1
	env.out.subject = next.ID()
	return noun.Change(content.NounAnnouncement, next.ID(), "", next)
}

// onlyPlugin refuses whoever is not a plugin, for itself or for a person.
func onlyPlugin(env Env, name string) error {
	if env.By.Kind != content.ActorPlugin || env.By.ID != name {
		return problem.New(problem.Forbidden, "plugin_only", problem.Args{"plugin": problem.Short(name)})
	}
	return nil
}
