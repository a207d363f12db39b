package api

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
)

// reading reads the parameters of a read. Without a locale the caller gets
// the language that their browser asks for, or the nearest that an entry has.
func (k *call) reading(also ...string) (query.Params, error) {
	p, err := k.params(also...)
	if err == nil {
		k.speak(&p)
	}
	return p, err
}

// speak puts in the language of the caller where none was asked for.
func (k *call) speak(p *query.Params) {
	if p.Locale == "" {
		p.Locale = server.Locale(k.Ctx)
		p.AnyLocale = p.AnyLocale || len(p.Fallback) == 0
	}
}

// keep lets the response be kept for visitors for as long as it is right.
func (k *call) keep(b query.Basis) {
	if b.Volatile {
		return
	}
	sources := make([]server.Source, len(b.Depends))
	for i, d := range b.Depends {
		sources[i] = server.Source{Collection: d.Collection, Noun: d.Noun}
	}
	server.Keep(k.Ctx, uint64(b.Seq), sources)
}

func listEntries(k *call) error {
	p, err := k.reading()
	if err != nil {
		return err
	}
	r, err := k.api.o.Query.Find(k.ctx, k.by, k.param("collection"), p)
	if err != nil {
		return err
	}
	body := appendItems(make([]byte, 0, 512+1024*len(r.Items)), r.Items)
	body = append(body, `,"meta":`...)
	body = appendJSON(body, listMeta(r))
	links := k.pageLinks(r)
	body = append(append(body, `,"links":`...), linksJSON(links)...)
	body = append(body, '}')
	if header := linkHeader(links); header != "" {
		k.Set(fiber.HeaderLink, header)
	}
	if !p.Version.Draft && !p.Trashed {
		k.keep(r.Basis)
	}
	return server.Send(k.Ctx, fiber.MIMEApplicationJSON, -1, body)
}

// appendItems begins the answer with a list.
func appendItems(body []byte, items []*query.Item) []byte {
	body = append(body, `{"data":[`...)
	for i, item := range items {
		if i > 0 {
			body = append(body, ',')
		}
		body = item.AppendJSON(body)
	}
	return append(body, ']')
}

func listMeta(r *query.Result) map[string]any {
	page := map[string]any{"size": r.Size}
	if r.Number > 0 {
		page["number"] = r.Number
	}
	if r.Total != nil {
		page["total"] = *r.Total
	}
	meta := map[string]any{"page": page}
	if len(r.Omitted) > 0 {
		meta["omitted"] = r.Omitted
	}
	return meta
}

// pageLinks gives the addresses of the neighbouring pages: the same question
// with another place. They are relative to the host.
func (k *call) pageLinks(r *query.Result) map[string]string {
	links := map[string]string{}
	for rel, cursor := range map[string][2]string{"next": {"page[after]", r.Next}, "prev": {"page[before]", r.Prev}} {
		if cursor[1] == "" {
			continue
		}
		links[rel] = k.pathAsSent() + "?" + withPlace(k.queryString(), cursor[0], cursor[1])
	}
	return links
}

func (k *call) pathAsSent() string { return string(k.Context().URI().PathOriginal()) }

// withPlace replaces the place in a list that a query string names.
func withPlace(raw, name, cursor string) string {
	var kept []string
	for pair := range strings.SplitSeq(raw, "&") {
		key, _, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(key)
		if pair == "" || err != nil || plain == "page[number]" || plain == "page[after]" || plain == "page[before]" {
			continue
		}
		kept = append(kept, pair)
	}
	return strings.Join(append(kept, url.QueryEscape(name)+"="+url.QueryEscape(cursor)), "&")
}

// linkHeader writes RFC 8288.
func linkHeader(links map[string]string) string {
	var parts []string
	for _, rel := range []string{"next", "prev"} {
		if target := links[rel]; target != "" {
			parts = append(parts, fmt.Sprintf("<%s>; rel=%q", strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", `"`, "%22").Replace(target), rel))
		}
	}
	return strings.Join(parts, ", ")
}

func linksJSON(links map[string]string) []byte { return bytes.TrimSpace(appendJSON(nil, links)) }

func getEntry(k *call) error {
	p, err := k.reading()
	if err != nil {
		return err
	}
	r, err := k.api.o.Query.Get(k.ctx, k.by, k.param("collection"), k.param("entry"), p)
	if err != nil {
		return err
	}
	if p.Version == (query.Version{}) && !p.Trashed {
		k.keep(r.Basis)
	}
	k.speaks(r.Item.Locale)
	return server.Send(k.Ctx, fiber.MIMEApplicationJSON, r.Item.Revision, entryBody(r))
}

// speaks names the language of what the answer holds.
func (k *call) speaks(l content.Locale) {
	if l != content.Shared {
		k.Set(fiber.HeaderContentLanguage, string(l))
	}
}

// state is where one locale of an entry stands.
type state struct {
	Status      content.Status  `json:"status"`
	PublishedAt *time.Time      `json:"published_at,omitempty"`
	PublishAt   *time.Time      `json:"publish_at,omitempty"`
	UnpublishAt *time.Time      `json:"unpublish_at,omitempty"`
	Review      *content.Review `json:"review,omitempty"`
	Comments    []query.Comment `json:"comments,omitempty"`
}

func entryBody(r *query.ItemResult) []byte {
	body := r.Item.AppendJSON([]byte(`{"data":`))
	if meta := entryMeta(r, nil); len(meta) > 0 {
		body = append(body, `,"meta":`...)
		body = appendJSON(body, meta)
	}
	return append(body, '}')
}

// entryMeta says what was left out for want of a right and, to readers of
// drafts, where each locale stands.
func entryMeta(r *query.ItemResult, meta map[string]any) map[string]any {
	if meta == nil {
		meta = map[string]any{}
	}
	if len(r.Item.Omitted) > 0 {
		meta["omitted"] = r.Item.Omitted
	}
	if len(r.States) > 0 {
		states := map[content.Locale]state{}
		for _, s := range r.States {
			states[s.Locale] = state{s.Status, s.PublishedAt, s.PublishAt, s.UnpublishAt, s.Review, s.Comments}
		}
		meta["states"] = states
	}
	return meta
}

// revisionInfo is one line of an entry's history.
type revisionInfo struct {
	Revision int           `json:"revision"`
	At       time.Time     `json:"at"`
	Actor    content.Actor `json:"actor"`
	Action   string        `json:"action"`
	Reason   string        `json:"reason,omitempty"`
}

func listRevisions(k *call) error {
	p, err := k.params()
	if err != nil {
		return err
	}
	items, next, _, err := k.api.o.Query.Revisions(k.ctx, k.by, k.param("collection"), k.param("entry"), p)
	if err != nil {
		return err
	}
	out := make([]revisionInfo, len(items))
	for i, r := range items {
		out[i] = revisionInfo(r)
	}
	return k.page(out, next)
}

// page answers one page of a list that is read by cursor.
func (k *call) page(data any, next string) error {
	e := envelope{Data: data, Links: map[string]any{}}
	if next != "" {
		target := k.pathAsSent() + "?" + withPlace(k.queryString(), "page[after]", next)
		e.Links["next"] = target
		k.Set(fiber.HeaderLink, linkHeader(map[string]string{"next": target}))
	}
	return k.answer(-1, e)
}

// backlink is one entry that points at another, or at an asset.
type backlink struct {
	Field string      `json:"field"`
	Entry *query.Item `json:"entry"`
}

func listBacklinks(k *call) error {
	p, err := k.reading()
	if err != nil {
		return err
	}
	draft := query.Params{Locale: p.Locale, AnyLocale: true, Version: p.Version, Fields: "id"}
	r, err := k.api.o.Query.Get(k.ctx, k.by, k.param("collection"), k.param("entry"), draft)
	if err != nil {
		return err
	}
	return k.backlinks(content.Ref{Kind: content.RefEntry, ID: string(r.Item.ID)}, p)
}

func (k *call) backlinks(ref content.Ref, p query.Params) error {
	found, _, err := k.api.o.Query.Backlinks(k.ctx, k.by, ref, p)
	if err != nil {
		return err
	}
	out := make([]backlink, len(found))
	for i, b := range found {
		out[i] = backlink{b.Field, b.Item}
	}
	return k.answer(-1, envelope{Data: out})
}

func getRevision(k *call) error {
	p, err := k.reading()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(k.param("revision"))
	if err != nil || n < 1 {
		return problem.New(problem.NotFound, "revision_not_found", problem.Args{"revision": shorten(k.param("revision"))})
	}
	r, err := k.api.o.Query.Revision(k.ctx, k.by, k.param("collection"), k.param("entry"), n, p)
	if err != nil {
		return err
	}
	k.speaks(r.Item.Locale)
	return server.Send(k.Ctx, fiber.MIMEApplicationJSON, r.Item.Revision, entryBody(r))
}
