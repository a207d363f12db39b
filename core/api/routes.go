package api

import (
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// route is one operation: how it is reached, and how it is described.
type route struct {
	method, path string // path in Fiber's form, without Prefix
	op           string // "entries.list"; its words are the texts "op.<op>"
	handle       func(*call) error
	// open routes are answered without asking who the caller is, so that
	// somebody with a session that is over can sign in again.
	open bool

	body         any // a value of the type that is decoded; nil: no body
	bodyOptional bool
	upload       bool // the body is a file
	query        []string
	headers      headerSet
	status       int // of success
	answer       any // a value of the type under "data", or one of the answers below

	// verb and on say whose document shows the operation: those with the verb
	// on the "@" collection, or, when on is empty, on the entry collection
	// that it is shown for. Neither: everybody's.
	verb access.Verb
	on   string
	// typed routes are described once per collection, with its fields.
	typed bool
}

// Answers that are described by hand.
type answerKind string

const (
	answersEntry   answerKind = "entry"
	answersEntries answerKind = "entries"
	answersNothing answerKind = "nothing"
	answersFile    answerKind = "file"
	answersEvents  answerKind = "events"
	answersObject  answerKind = "object"
	answersPage    answerKind = "page"
)

// headerSet are the request headers that an operation knows.
type headerSet uint16

const (
	matchHeader  headerSet = 1 << iota // If-Match
	noneHeader                         // If-None-Match
	keyHeader                          // Idempotency-Key
	rangeHeader                        // Range, If-Range
	lastHeader                         // Last-Event-ID
	tusHeader                          // Tus-Resumable
	lengthHeader                       // Upload-Length, Upload-Metadata
	offsetHeader                       // Upload-Offset
)

// Parameters of reads, and the places of a list.
var (
	listParams = []string{"filter", "fields", "sort", "page[size]", "page[number]", "page[after]", "page[before]",
		"count", "locale", "fallback", "version", "trashed"}
	oneParams    = []string{"fields", "locale", "fallback", "version", "trashed"}
	cursorParams = []string{"page[size]", "page[after]"}
)

// table lists every route of the API. Nothing is registered anywhere else.
func (a *API) table() []route {
	return slices.Concat(a.entryRoutes(), a.actRoutes(), a.historyRoutes(), a.collectionRoutes(), a.assetRoutes(),
		a.uploadRoutes(), a.editionRoutes(),
		a.peopleRoutes(), a.sessionRoutes(), a.signInRoutes(), a.oidcRoutes(), a.searchRoutes(), a.deskRoutes(), a.pluginRoutes(), a.otherRoutes())
}

func (a *API) entryRoutes() []route {
	const list, one = "/entries/:collection", "/entries/:collection/:entry"
	return []route{
		{method: "GET", path: "/entries", op: "entries.across", handle: listAcross, query: acrossParams, status: 200, answer: []acrossInfo{}},
		{method: "GET", path: list, op: "entries.list", handle: listEntries, typed: true, verb: access.Read,
			query: listParams, headers: noneHeader, status: 200, answer: answersEntries},
		{method: "POST", path: list, op: "entries.create", handle: createEntry, typed: true, verb: access.Create,
			body: map[string]any{}, headers: keyHeader, status: 201, answer: answersEntry},
		{method: "POST", path: list + "/query", op: "entries.query", handle: queryEntries, verb: access.Read,
			body: queryBody{}, bodyOptional: true, status: 200, answer: answersEntries},
		{method: "GET", path: one, op: "entries.get", handle: getEntry, typed: true, verb: access.Read,
			query: oneParams, headers: noneHeader, status: 200, answer: answersEntry},
		{method: "PATCH", path: one, op: "entries.save", handle: saveEntry, typed: true, verb: access.Update,
			body: map[string]any{}, headers: matchHeader, status: 200, answer: answersEntry},
		{method: "DELETE", path: one, op: "entries.trash", handle: trashEntry, typed: true, verb: access.Delete,
			query: []string{"children", "force"}, headers: matchHeader, status: 204, answer: answersNothing},
	}
}

func (a *API) historyRoutes() []route {
	const one = "/entries/:collection/:entry"
	return []route{
		{method: "GET", path: one + "/revisions", op: "entries.revisions", handle: listRevisions, verb: access.ReadDraft,
			query: cursorParams, status: 200, answer: []revisionInfo{}},
		{method: "GET", path: one + "/revisions/:revision", op: "entries.revision", handle: getRevision, verb: access.ReadDraft,
			query: []string{"fields", "locale", "fallback"}, headers: noneHeader, status: 200, answer: answersEntry},
		{method: "GET", path: one + "/citation", op: "entries.citation", handle: getCitation, verb: access.Read,
			query: []string{"format", "locale", "fallback", "version"}, status: 200, answer: answersFile},
		{method: "POST", path: one + "/preview", op: "entries.preview", handle: makePreview, verb: access.ReadDraft,
			body: previewBody{}, bodyOptional: true, status: 201, answer: previewLink{}},
		{method: "GET", path: one + "/backlinks", op: "entries.backlinks", handle: listBacklinks, verb: access.Read,
			query: []string{"locale", "version"}, status: 200, answer: []backlinkShape{}},
		{method: "POST", path: one + "/presence", op: "entries.presence", handle: signPresence, verb: access.ReadDraft,
			body: presenceBody{}, status: 200, answer: []presentInfo{}},
	}
}

// backlinkShape describes a backlink: its entry shows id and title.
type backlinkShape struct {
	Field string         `json:"field"`
	Entry map[string]any `json:"entry"`
}

func (a *API) collectionRoutes() []route {
	const all, one = "/collections", "/collections/:collection"
	force := []string{"dry_run", "force", "locale"}
	return []route{
		{method: "GET", path: all, op: "collections.list", handle: listCollections, query: []string{"texts"}, headers: noneHeader,
			status: 200, answer: []schema.Collection{}},
		{method: "POST", path: all, op: "collections.create", handle: createCollection, body: schema.Collection{},
			query: force, headers: keyHeader, status: 201, answer: schema.Collection{}, verb: access.Manage, on: access.Collections},
		{method: "GET", path: one, op: "collections.get", handle: getCollection, headers: noneHeader,
			status: 200, answer: schema.Collection{}},
		{method: "PATCH", path: one, op: "collections.change", handle: changeCollection, body: schema.Collection{},
			query: force, headers: matchHeader, status: 200, answer: schema.Collection{}, verb: access.Manage, on: access.Collections},
		{method: "POST", path: one + "/rows", op: "collections.import_rows", handle: importRows, body: rowsBody{},
			status: 200, answer: []rowOutcome{}},
		{method: "DELETE", path: one, op: "collections.remove", handle: removeCollection, query: []string{"force"},
			headers: matchHeader, status: 204, answer: answersNothing, verb: access.Manage, on: access.Collections},
	}
}

func (a *API) assetRoutes() []route {
	const all, one = "/assets", "/assets/:asset"
	return []route{
		{method: "GET", path: all, op: "assets.list", handle: listAssets, query: append([]string{"folder", "tag"}, cursorParams...),
			status: 200, answer: []assetInfo{}, verb: access.Read, on: access.Assets},
		{method: "POST", path: all, op: "assets.add", handle: addAsset, upload: true, query: []string{"name", "folder"},
			status: 201, answer: assetInfo{}, verb: access.Create, on: access.Assets},
		{method: "GET", path: one, op: "assets.get", handle: getAsset, headers: noneHeader,
			status: 200, answer: assetInfo{}, verb: access.Read, on: access.Assets},
		{method: "PATCH", path: one, op: "assets.save", handle: saveAsset, body: assetBody{}, headers: matchHeader,
			status: 200, answer: assetInfo{}, verb: access.Update, on: access.Assets},
		{method: "DELETE", path: one, op: "assets.remove", handle: removeAsset, query: []string{"force"}, headers: matchHeader,
			status: 204, answer: answersNothing, verb: access.Delete, on: access.Assets},
		{method: "GET", path: one + "/file", op: "assets.file", handle: getFile, headers: noneHeader | rangeHeader,
			status: 200, answer: answersFile, verb: access.Read, on: access.Assets},
		{method: "GET", path: one + "/text", op: "assets.text", handle: getAssetText, query: []string{"number"},
			status: 200, answer: assetText{}, verb: access.Read, on: access.Assets},
		{method: "GET", path: one + "/renditions/:preset", op: "assets.rendition", handle: getRendition, headers: noneHeader, query: []string{"v"},
			status: 200, answer: answersFile, verb: access.Read, on: access.Assets},
		{method: "GET", path: one + "/backlinks", op: "assets.backlinks", handle: listAssetBacklinks,
			query: []string{"locale", "version"}, status: 200, answer: []backlinkShape{}, verb: access.Read, on: access.Assets},
	}
}

func (a *API) peopleRoutes() []route {
	users := func(r route) route { r.verb, r.on = access.Manage, access.Users; return r }
	roles := func(r route) route { r.verb, r.on = access.Manage, access.Roles; return r }
	erase := route{method: "DELETE", path: "/users/:user", op: "users.erase", handle: eraseUser, status: 204,
		answer: answersNothing, verb: access.Erase, on: access.Users}
	return []route{
		users(route{method: "GET", path: "/users", op: "users.list", handle: listUsers, query: cursorParams, status: 200, answer: []userInfo{}}),
		users(route{method: "POST", path: "/users", op: "users.create", handle: createUser, body: userBody{}, headers: keyHeader, status: 201, answer: userInfo{}}),
		users(route{method: "GET", path: "/users/:user", op: "users.get", handle: getUser, status: 200, answer: userInfo{}}),
		users(route{method: "PATCH", path: "/users/:user", op: "users.save", handle: saveUser, body: userBody{}, status: 200, answer: userInfo{}}),
		erase,
		users(route{method: "POST", path: "/users/:user/password", op: "users.set_password", handle: setPassword, body: passwordBody{}, status: 204, answer: answersNothing}),
		users(route{method: "GET", path: "/users/:user/permissions", op: "users.permissions", handle: getUserPermissions,
			query: []string{"explain", "collection", "entry"}, status: 200, answer: answersObject}),
		roles(route{method: "GET", path: "/roles", op: "roles.list", handle: listRoles, status: 200, answer: []access.Role{}}),
		roles(route{method: "POST", path: "/roles", op: "roles.create", handle: createRole, body: access.Role{}, headers: keyHeader, status: 201, answer: access.Role{}}),
		roles(route{method: "GET", path: "/roles/:role", op: "roles.get", handle: getRole, headers: noneHeader, status: 200, answer: access.Role{}}),
		roles(route{method: "PATCH", path: "/roles/:role", op: "roles.save", handle: saveRole, body: access.Role{}, headers: matchHeader, status: 200, answer: access.Role{}}),
		roles(route{method: "DELETE", path: "/roles/:role", op: "roles.remove", handle: removeRole, query: []string{"force"}, status: 204, answer: answersNothing}),
		{method: "GET", path: "/tokens", op: "tokens.list", handle: listTokens, query: cursorParams, status: 200, answer: []content.Token{}},
		{method: "POST", path: "/tokens", op: "tokens.create", handle: createToken, body: tokenBody{}, headers: keyHeader, status: 201, answer: newToken{}},
		{method: "DELETE", path: "/tokens/:token", op: "tokens.revoke", handle: revokeToken, status: 204, answer: answersNothing},
		{method: "GET", path: "/audit", op: "audit.list", handle: listAudit, query: append([]string{"actor", "action", "subject"}, cursorParams...),
			status: 200, answer: []auditInfo{}, verb: access.Read, on: access.Audit},
	}
}

func (a *API) sessionRoutes() []route {
	return []route{
		{method: "POST", path: "/session", op: "session.sign_in", handle: signIn, open: true, body: signInBody{}, status: 201, answer: sessionInfo{}},
		{method: "GET", path: "/session", op: "session.get", handle: getSession, open: true, status: 200, answer: sessionInfo{}},
		{method: "DELETE", path: "/session", op: "session.sign_out", handle: signOut, open: true, status: 204, answer: answersNothing},
		{method: "GET", path: "/me", op: "me.get", handle: getMe, status: 200, answer: meInfo{}},
		{method: "PATCH", path: "/me", op: "me.save", handle: saveMe, body: meBody{}, status: 200, answer: meInfo{}},
		{method: "GET", path: "/me/broken-links", op: "me.broken_links", handle: listBroken, status: 200, answer: []brokenInfo{}},
		{method: "GET", path: "/me/reviews", op: "me.reviews", handle: listReviews, status: 200, answer: []reviewInfo{}},
		{method: "GET", path: "/me/preferences", op: "me.preferences", handle: getPreferences, status: 200, answer: answersObject},
		{method: "PUT", path: "/me/preferences/:key", op: "me.save_preference", handle: savePreference, body: preferenceBody{}, status: 200, answer: answersObject},
		{method: "POST", path: "/me/password", op: "me.set_password", handle: changePassword, body: changePasswordBody{}, status: 204, answer: answersNothing},
		{method: "DELETE", path: "/me/sessions", op: "me.sign_out_everywhere", handle: signOutEverywhere, status: 204, answer: answersNothing},
		{method: "GET", path: "/me/permissions", op: "me.permissions", handle: getPermissions, query: []string{"explain", "collection", "entry"},
			status: 200, answer: answersObject},
	}
}

func (a *API) otherRoutes() []route {
	return []route{
		{method: "GET", path: "/events", op: "events.stream", handle: streamEvents, headers: lastHeader, status: 200, answer: answersEvents},
		{method: "GET", path: "/openapi.json", op: "openapi.get", handle: getOpenAPI, query: []string{"collections"}, headers: noneHeader,
			status: 200, answer: answersObject},
		{method: "GET", path: "/docs", op: "docs.get", handle: getDocs, query: []string{"collections", "locale"}, status: 200, answer: answersPage},
	}
}
