package api

import (
	"log/slog"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/presence"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/search/statistics"
	"github.com/recueil-cms/recueil/storage/view"
)

// Prefix is where the API begins.
const Prefix = "/api/v1"

// Options are the parts that the API stands on; all are needed.
type Options struct {
	Server *server.Server
	View   *view.DB
	Query  *query.Engine
	Search *search.Index
	// Statistics counts what people search for.
	Statistics *statistics.Book
	Runner     *action.Runner
	Auth       *auth.Authenticator
	Media      *media.Library
	// Uploads are the resumable ones of Media.
	Uploads *media.Uploads
	// Books takes the orders of editions.
	Books *desk.Desk
	Kinds schema.Kinds
	Texts *texts.Catalogue
	Now   func() time.Time
	Log   *slog.Logger
	// Plugins runs the plugins, and Installer changes which are installed.
	Plugins   *host.Host
	Installer *host.Installer
	// Previews makes the addresses at which drafts are shown.
	Previews *preview.Links
	// Locales of the site, first choice first: an entry that is written
	// without a locale gets the first.
	Locales []content.Locale
	// Version of the program, shown in the OpenAPI document.
	Version string
	// Events tells the subscribers of /events what was committed. Zero: Mount
	// makes one. Either way somebody must let it follow the log.
	Events *Events
	// Presence knows who has an entry open.
	Presence *presence.Board
}

// API serves the routes.
type API struct {
	o       Options
	routes  []route
	openapi *documents
	limits  routeLimits
}

// Mount adds the routes to the server.
func Mount(o Options) *API {
	if o.Events == nil {
		o.Events = NewEvents(o.View, EventsOptions{})
	}
	a := &API{o: o}
	a.routes = a.table()
	a.openapi = newDocuments()
	o.Server.Metrics().Gauge("recueil_event_streams", "Subscribers of /events.", func() float64 { return float64(o.Events.Open()) })
	for _, r := range a.routes {
		if r.method == fiber.MethodGet {
			o.Server.App().Get(Prefix+r.path, a.handler(r)) // and HEAD
			continue
		}
		o.Server.App().Add(r.method, Prefix+r.path, a.handler(r))
	}
	return a
}

// Events is the follower that tells the subscribers of /events what happened.
func (a *API) Events() *Events { return a.o.Events }

// Route is a method and a path with parameters such as ":collection".
type Route struct {
	Method, Path string
	// Op is the operation's name: "entries.list".
	Op string
}

// Routes lists what Mount registered. Tests walk it: a route that they do not
// know fails them.
func (a *API) Routes() []Route {
	out := make([]Route, len(a.routes))
	for i, r := range a.routes {
		out[i] = Route{r.method, Prefix + r.path, r.op}
	}
	return out
}

func (a *API) handler(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		k := &call{Ctx: c, api: a, ctx: server.Context(c)}
		if !r.open {
			by, err := server.Actor(c)
			if err != nil {
				return err
			}
			k.by = by
			if err := k.viewAs(); err != nil {
				return err
			}
		}
		return r.handle(k)
	}
}

// ViewAs names, in a request of a user, the role as which they want to look at
// the site. Only reads may have it: see access.Load for who may.
const ViewAs = "Recueil-View-As"

func (k *call) viewAs() error {
	role := strings.Clone(k.Get(ViewAs))
	switch {
	case role == "":
		return nil
	case k.by.Kind != content.ActorUser:
		return problem.New(problem.Forbidden, "people_only", nil)
	case k.Method() != fiber.MethodGet && k.Method() != fiber.MethodHead:
		return problem.New(problem.Forbidden, "view_as_reads", nil)
	}
	k.by.As = content.RoleID(role)
	return nil
}

// Changes lets the server's response cache know when the view changed.
func Changes(db *view.DB) server.Changes { return changes{db} }

type changes struct{ db *view.DB }

func (c changes) Seq() uint64                               { return uint64(c.db.Seq()) }
func (c changes) Changed(id content.CollectionID) uint64    { return uint64(c.db.Changed(id)) }
func (c changes) ChangedNouns(kind content.NounKind) uint64 { return uint64(c.db.ChangedNouns(kind)) }

// policy is what the caller may do, for the reads that are answered here:
// everything but entries.
func (a *API) policy(tx *view.Tx, by content.Actor) (*access.Policy, error) {
	return access.Load(tx, by, a.o.Now())
}
