package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/storage/view"
)

// pluginInfo is a plugin as administrators see it: what is installed, and how
// it does on the node that answers.
type pluginInfo struct {
	Name     string          `json:"name"`
	Label    schema.Texts    `json:"label,omitempty"`
	Help     schema.Texts    `json:"help,omitempty"`
	Revision int             `json:"revision"`
	Enabled  bool            `json:"enabled"`
	Version  string          `json:"version,omitempty"`  // that is to run
	Signer   string          `json:"signer,omitempty"`   // id of the key that signed it, if that was checked
	Previous string          `json:"previous,omitempty"` // to roll back to
	Pending  *pendingInfo    `json:"pending,omitempty"`  // waits for an approval
	Scopes   []scopeInfo     `json:"scopes"`             // of the version that is to run
	Schema   json.RawMessage `json:"settings_schema,omitempty"`
	Settings json.RawMessage `json:"settings,omitempty"`
	Secrets  []secretInfo    `json:"secrets"`
	Jobs     []jobInfo       `json:"jobs"` // of the version that is to run
	Status   *host.Status    `json:"status,omitempty"`
}

type pendingInfo struct {
	Version string      `json:"version"`
	Signer  string      `json:"signer,omitempty"`
	Scopes  []scopeInfo `json:"scopes"`
}

// scopeInfo is what a plugin asks for, in the caller's language.
type scopeInfo struct {
	ID       string `json:"id"`
	Text     string `json:"text"`
	Why      string `json:"why,omitempty"`
	Elevated bool   `json:"elevated,omitempty"` // goes beyond the rights of the person who asks
	New      bool   `json:"new,omitempty"`      // was not agreed to before
}

// secretInfo says whether a secret is set; nobody reads it again.
type secretInfo struct {
	Name     string       `json:"name"`
	Label    schema.Texts `json:"label,omitempty"`
	Required bool         `json:"required,omitempty"`
	Set      bool         `json:"set"`
}

type (
	approveBody struct {
		Version string `json:"version"`
	}
	settingsBody struct {
		Settings map[string]any     `json:"settings,omitempty"`
		Secrets  map[string]*string `json:"secrets,omitempty"` // null forgets one
	}
)

func (a *API) pluginRoutes() []route {
	const all, one = "/plugins", "/plugins/:plugin"
	managed := func(r route) route {
		r.verb, r.on, r.status = access.Manage, access.Plugins, max(r.status, 200)
		if r.answer == nil {
			r.answer = pluginInfo{}
		}
		return r
	}
	act := func(name string, body any, do func(*call) (*host.Installed, error)) route {
		return managed(route{method: "POST", path: one + "/actions/" + name, op: "plugins." + name, body: body, bodyOptional: body == nil,
			handle: func(k *call) error { return k.plugin(fiber.StatusOK, do) }})
	}
	out := []route{
		managed(route{method: "GET", path: all, op: "plugins.list", handle: listPlugins, answer: []pluginInfo{}}),
		managed(route{method: "POST", path: all, op: "plugins.install", handle: installPlugin, upload: true, query: []string{"bundled"}, status: 201}),
		managed(route{method: "GET", path: one, op: "plugins.get", handle: func(k *call) error {
			return k.plugin(fiber.StatusOK, func(k *call) (*host.Installed, error) { return k.installer().Find(k.ctx, k.param("plugin")) })
		}}),
		managed(route{method: "DELETE", path: one, op: "plugins.remove", handle: removePlugin, status: 204, answer: answersNothing}),
		managed(route{method: "PATCH", path: one + "/settings", op: "plugins.configure", handle: configurePlugin, body: settingsBody{}, headers: matchHeader}),
		act("approve", approveBody{}, func(k *call) (*host.Installed, error) {
			var b approveBody
			if _, err := readInto(k.Ctx, &b, false); err != nil {
				return nil, err
			}
			return k.installer().Approve(k.ctx, k.by, k.param("plugin"), b.Version)
		}),
		act("enable", nil, func(k *call) (*host.Installed, error) {
			return k.installer().Enable(k.ctx, k.by, k.param("plugin"), true)
		}),
		act("disable", nil, func(k *call) (*host.Installed, error) {
			return k.installer().Enable(k.ctx, k.by, k.param("plugin"), false)
		}),
		act("rollback", nil, func(k *call) (*host.Installed, error) {
			return k.installer().RollBack(k.ctx, k.by, k.param("plugin"))
		}),
		act("restart", nil, func(k *call) (*host.Installed, error) {
			if err := k.api.o.Plugins.Restart(k.param("plugin")); err != nil {
				return nil, err
			}
			return k.installer().Find(k.ctx, k.param("plugin"))
		}),
	}
	out = append(out, a.pluginJobRoutes()...)
	out = append(out, a.pluginConsoleRoutes()...)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		out = append(out, route{method: method, path: one + "/*", op: "plugins.route_" + strings.ToLower(method),
			handle: forwardToPlugin, status: 200, answer: answersFile, upload: method != "GET" && method != "DELETE"})
	}
	return out
}

func (k *call) installer() *host.Installer { return k.api.o.Installer }

// managesPlugins refuses whoever may not.
func (k *call) managesPlugins() error {
	return k.read(func(_ *view.Tx, p *access.Policy) error { return mayManage(p, access.Plugins) })
}

// plugin does something with a plugin, and answers how it is then.
func (k *call) plugin(status int, do func(*call) (*host.Installed, error)) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.managesPlugins(); err != nil {
		return err
	}
	p, err := do(k)
	if err != nil {
		return err
	}
	k.api.o.Plugins.Wake()
	return k.written(status, p.Revision, envelope{Data: k.pluginInfo(p)})
}

func (k *call) pluginInfo(p *host.Installed) pluginInfo {
	out := pluginInfo{Name: p.Name, Revision: p.Revision, Enabled: p.Enabled, Settings: p.Settings, Scopes: []scopeInfo{}, Secrets: []secretInfo{}}
	m := p.Manifest
	if p.Current != nil {
		out.Version, out.Signer = p.Current.Version, p.Current.Signer
		for _, s := range m.Scopes() {
			out.Scopes = append(out.Scopes, k.scopeInfo(s, false))
		}
	}
	if p.Previous != nil {
		out.Previous = p.Previous.Version
	}
	if p.Pending != nil {
		out.Pending = &pendingInfo{Version: p.Plugin.Pending.Version, Signer: p.Plugin.Pending.Signer, Scopes: []scopeInfo{}}
		for _, a := range p.Asks() {
			out.Pending.Scopes = append(out.Pending.Scopes, k.scopeInfo(a.Scope, a.New))
		}
		if m == nil {
			m = p.Pending
		}
	}
	out.Label, out.Help, out.Schema = m.Label, m.Help, m.Settings
	for _, s := range m.Secrets {
		out.Secrets = append(out.Secrets, secretInfo{Name: s.Name, Label: s.Label, Required: s.Required, Set: p.Secrets[s.Name] != ""})
	}
	out.Jobs = k.jobsOf(p.Manifest)
	if status, known := k.api.o.Plugins.Status(p.Name); known {
		if status.Cause != nil {
			cause := *status.Cause
			cause.Text = k.api.o.Texts.Text(string(server.Locale(k.Ctx)), "plugin_cause."+cause.Code, nil)
			status.Cause = &cause
		}
		out.Status = &status
	}
	return out
}

func (k *call) scopeInfo(s manifest.Scope, fresh bool) scopeInfo {
	l := server.Locale(k.Ctx)
	return scopeInfo{ID: s.ID, Text: k.api.o.Texts.Text(string(l), s.Code, s.Args), Why: s.Why.In(l), Elevated: s.Elevated, New: fresh}
}

func listPlugins(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.managesPlugins(); err != nil {
		return err
	}
	all, err := k.installer().List(k.ctx)
	if err != nil {
		return err
	}
	out := make([]pluginInfo, len(all))
	for i, p := range all {
		out[i] = k.pluginInfo(p)
	}
	return k.answer(-1, envelope{Data: out, Meta: map[string]any{"bundled": k.bundled()}})
}

// bundledInfo is a plugin that comes with the program.
type bundledInfo struct {
	Name  string       `json:"name"`
	Label schema.Texts `json:"label,omitempty"`
}

// bundled are the plugins that may be installed by their name alone.
func (k *call) bundled() []bundledInfo {
	out := []bundledInfo{}
	for _, b := range k.installer().Bundled {
		if m, err := manifest.Parse(b.Manifest, k.api.o.Kinds); err == nil {
			out = append(out, bundledInfo{Name: m.Name, Label: m.Label})
		}
	}
	return out
}

// installPlugin takes a bundle, or with "bundled" the name of a plugin that is
// part of the program.
func installPlugin(k *call) error {
	also, err := k.only("bundled")
	if err != nil {
		return err
	}
	if err := k.managesPlugins(); err != nil {
		return err
	}
	var p *host.Installed
	if name := also["bundled"]; name != "" {
		p, err = k.installer().InstallBundled(k.ctx, k.by, name)
	} else {
		var bundle []byte
		if bundle, err = k.bundle(); err != nil {
			return err
		}
		p, err = k.installer().Install(k.ctx, k.by, bundle)
	}
	if err != nil {
		return err
	}
	k.api.o.Plugins.Wake()
	return k.created(Prefix+"/plugins/"+p.Name, p.Revision, envelope{Data: k.pluginInfo(p)})
}

func (k *call) bundle() ([]byte, error) {
	r, err := server.Stream(k.Ctx, host.MaxBundle)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func removePlugin(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.managesPlugins(); err != nil {
		return err
	}
	if err := k.installer().Remove(k.ctx, k.by, k.param("plugin")); err != nil {
		return err
	}
	k.api.o.Plugins.Wake()
	return k.absent()
}

func configurePlugin(k *call) error {
	return k.plugin(fiber.StatusOK, func(k *call) (*host.Installed, error) {
		var b settingsBody
		if _, err := readInto(k.Ctx, &b, false); err != nil {
			return nil, err
		}
		var settings json.RawMessage
		if b.Settings != nil {
			raw, err := json.Marshal(b.Settings)
			if err != nil {
				return nil, err
			}
			settings = raw
		}
		name := k.param("plugin")
		if err := k.api.o.Plugins.Check(k.ctx, name, settings, b.Secrets); err != nil {
			return nil, err
		}
		return k.installer().Configure(k.ctx, k.by, name, settings, b.Secrets, server.IfMatch(k.Ctx))
	})
}

// forwardToPlugin passes a request on to a route of a plugin, and its answer
// back, both as they come.
func forwardToPlugin(k *call) error {
	path, err := url.PathUnescape("/" + strings.Clone(k.Params("*")))
	if err != nil || len(path) > 1000 {
		return problem.New(problem.NotFound, "plugin_route_missing", problem.Args{"plugin": k.param("plugin")})
	}
	route, err := k.api.o.Plugins.Route(k.ctx, k.param("plugin"), strings.Clone(k.Method()), path, k.by)
	if err != nil {
		return k.gently(err)
	}
	if limiter := k.api.limits.of(route, k.api.o.Now); limiter != nil {
		if err := limiter.Limit(k.Ctx, k.by); err != nil {
			return k.gently(err)
		}
	}
	r := host.Request{Method: strings.Clone(k.Method()), Path: path, Query: k.queryString(), Header: http.Header{}, By: k.by}
	for _, name := range host.PassedOn {
		for _, value := range k.Context().Request.Header.PeekAll(name) {
			r.Header[name] = append(r.Header[name], string(value))
		}
	}
	if body, err := server.Stream(k.Ctx, route.MaxBody); err != nil {
		return err
	} else if size := k.Context().Request.Header.ContentLength(); size != 0 && k.Method() != fiber.MethodGet {
		r.Body, r.Size = io.NopCloser(body), int64(max(size, -1))
	}
	ctx, cancel := k.api.o.Server.StreamContext()
	answer, err := k.api.o.Plugins.Forward(ctx, route, r)
	if err != nil {
		cancel()
		return k.gently(err)
	}
	server.Private(k.Ctx)
	for name, values := range answer.Header {
		k.Context().Response.Header.Del(name)
		for _, v := range values {
			k.Context().Response.Header.Add(name, v)
		}
	}
	k.Status(answer.Status)
	k.api.o.Server.File(k.Ctx, &bodyOfPlugin{answer.Body, cancel}, answer.Size)
	return nil
}

// gently says to somebody whose form found no plugin, or too many before it, that
// they can send it again later: in words, not as a problem document, which
// browsers show as it is.
func (k *call) gently(err error) error {
	p, ok := errors.AsType[*problem.Error](err)
	form := strings.HasPrefix(k.Get(fiber.HeaderContentType), "application/x-www-form-urlencoded")
	if !ok || p.Kind != problem.Unavailable && p.Kind != problem.Limited || !form || !strings.Contains(k.Get(fiber.HeaderAccept), "text/html") {
		return err
	}
	l := server.Locale(k.Ctx)
	say := func(code string) string { return html.EscapeString(k.api.o.Texts.Text(string(l), code, p.Args)) }
	title, text, status := "plugin_moment", "plugin_moment.again", fiber.StatusServiceUnavailable
	if p.Kind == problem.Limited {
		text, status = p.Code, fiber.StatusTooManyRequests
	} else {
		k.Set(fiber.HeaderRetryAfter, "2")
	}
	dir := "ltr"
	if l == "ar" {
		dir = "rtl"
	}
	k.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return k.Status(status).SendString(fmt.Sprintf(`<!doctype html><html lang="%s" dir="%s"><meta charset="utf-8">`+
		`<meta name="viewport" content="width=device-width"><title>%s</title><h1>%s</h1><p>%s</p></html>`, l, dir, say(title), say(title), say(text)))
}

// bodyOfPlugin ends what was begun for an answer when it is sent, or given up.
type bodyOfPlugin struct {
	io.ReadCloser
	cancel func()
}

func (b *bodyOfPlugin) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
