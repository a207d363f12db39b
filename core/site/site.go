package site

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/forms"
	"github.com/recueil-cms/recueil/core/site/frame"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/reading"
	"github.com/recueil-cms/recueil/core/site/redirects"
	"github.com/recueil-cms/recueil/core/site/theme"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/core/texts"
)

// Options are the parts that the site stands on; all but Theme are needed.
type Options struct {
	Server *server.Server
	Query  *query.Engine
	Kinds  schema.Kinds
	Texts  *texts.Catalogue
	Now    func() time.Time
	Log    *slog.Logger
	// Locales of the site, first choice first.
	Locales []content.Locale
	// BaseURL gives how people reach the site, without a slash at the end; it
	// is asked once there are requests.
	BaseURL func() string
	// AssetURL gives the address of an asset's bytes.
	AssetURL func(*content.Asset) string
	// Pictures gives smaller pictures of an asset, as srcset, and one cropped to
	// 640 by 360; empty where there are none. nil: there are no smaller ones.
	Pictures func(*content.Asset) (srcset, card string)
	// PageText gives the text of an asset's blob, page by page; an error says
	// that there is none. nil: documents are not read here.
	PageText func(context.Context, string) ([]string, error)
	Theme    theme.Options
	// Searched and Clicked count what people search for, and that they opened
	// a result; nil: nobody counts.
	Searched func(text string, l content.Locale, hits int, corrected bool)
	Clicked  func(text string, l content.Locale)
	// Mail takes letters from visitors; nil: there are no forms.
	Mail func(mail.Message) error
	// Profiles lets associations keep their own; nil: they do not.
	Profiles *profile.Keeper
	// Slots are the pages and blocks of programme modules; nil: there are none.
	Slots slot.Provider
	// Books makes the recueil; nil: there is no page for it.
	Books *desk.Desk
	// Previews opens the addresses of drafts; nil: there are none.
	Previews *preview.Links
	// Random draws the marks of forms; needed with Mail.
	Random io.Reader
}

// Site answers visitors.
type Site struct {
	o     Options
	parts *reader.Parts
	theme *theme.Theme
	// marker marks what was searched for on pages of documents.
	marker *reading.Marker
	// frames hold what all pages of a locale share, as of a moment.
	frames map[content.Locale]*atomic.Pointer[frame.Frame]
	// shelves hold lists in memory by shelfKey: one a collection and locale.
	shelves sync.Map

	// redirects are the old addresses that editors know of.
	redirects atomic.Pointer[redirects.Redirects]

	sent    forms.Sent
	letters *server.Limiter // by who gets them
}

// Mount adds the site behind all other routes of the server: it answers every
// GET that is not reserved for another part.
func Mount(o Options) (*Site, error) {
	look, err := theme.Open(o.Theme, o.Texts, o.Locales)
	if err != nil {
		return nil, err
	}
	parts := &reader.Parts{Engine: o.Query, Kinds: o.Kinds, Texts: o.Texts, Now: o.Now, Locales: o.Locales, Base: o.BaseURL,
		Pictures: o.Pictures, Forms: o.Mail != nil}
	s := &Site{o: o, parts: parts, theme: look, marker: reading.New(), frames: map[content.Locale]*atomic.Pointer[frame.Frame]{},
		letters: server.NewLimiter("letters", server.Rate{Count: perReceiver, Per: time.Hour}, o.Now)}
	for _, l := range o.Locales {
		s.frames[l] = &atomic.Pointer[frame.Frame]{}
	}
	o.Server.App().Use("/*", s.handle)
	return s, nil
}

// Address is the address of an entry: the language, then the path of its
// collection. It is what query.Options.EntryURL wants.
func Address(col *schema.Collection, id content.EntryID, slug string, l content.Locale) string {
	if col.Path == "" {
		return ""
	}
	if slug == "" {
		slug = string(id)
	}
	path := strings.ReplaceAll(url.PathEscape(slug), "%2F", "/")
	return "/" + string(l) + strings.NewReplacer("{slug}", url.PathEscape(slug), "{path}", path, "{id}", string(id)).Replace(col.Path)
}

// maxPath bounds the address of a page, in bytes.
const maxPath = 2000

func (s *Site) handle(c *fiber.Ctx) error {
	raw := utils.CopyString(c.Path())
	first, _, _ := strings.Cut(strings.TrimPrefix(raw, "/"), "/")
	reads := c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead
	sends := s.o.Mail != nil && c.Method() == fiber.MethodPost && slices.Contains(formPaths, raw[strings.LastIndexByte(raw, '/')+1:])
	sends = sends || s.o.Books != nil && c.Method() == fiber.MethodPost && strings.HasSuffix(raw, "/"+bookPath)
	if !reads && !sends || slices.Contains(reader.Reserved, first) {
		return c.Next()
	}
	v := &visit{Ctx: c, site: s, Reader: &reader.Reader{Parts: s.parts, Ctx: server.Context(c), Locale: server.Locale(c), Notes: &reader.Notes{}}}
	if !slices.Contains(s.o.Locales, v.Locale) {
		v.Locale = s.o.Locales[0]
	}
	var ok bool
	if v.segments, ok = segments(raw); !ok {
		return v.fail(reader.Missing())
	}
	if err := v.identify(); err != nil {
		return err
	}
	if err := v.answer(); err != nil {
		return v.fail(err)
	}
	return nil
}

// segments splits a path and decodes its parts. Empty ones, and what cannot be
// part of a name, make it the address of nothing; one empty last part is a
// slash at the end.
func segments(raw string) ([]string, bool) {
	if len(raw) > maxPath || !strings.HasPrefix(raw, "/") {
		return nil, false
	}
	if raw == "/" {
		return nil, true
	}
	parts := strings.Split(raw[1:], "/")
	for i, p := range parts {
		text, err := url.PathUnescape(p)
		odd := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' || r == '\ufffd' })
		if err != nil || odd || text == "" && i < len(parts)-1 || text == "." || text == ".." {
			return nil, false
		}
		parts[i] = text
	}
	return parts, true
}

const pageType = "text/html; charset=utf-8"

// pagePolicy allows what the site sends and nothing else: no inline style or
// script, no third party, no frame.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (v *visit) headers() {
	v.Set(fiber.HeaderContentSecurityPolicy, pagePolicy)
	v.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()")
}

// send answers with a page.
func (v *visit) send(p *page.Page) error {
	v.modules(p)
	if p.Description == "" { // search engines show something of each page
		p.Description = v.Texts.Text(string(v.Locale), "site.describe", map[string]any{"title": p.Title, "name": p.Name})
	}
	if v.Draft != nil {
		return v.sendPreview(p)
	}
	if v.private {
		return v.sendPrivate(p)
	}
	body, err := v.site.theme.Render(v.Locale, p)
	if err != nil {
		return fmt.Errorf("render %s: %w", p.Kind, err)
	}
	v.headers()
	v.Set(fiber.HeaderContentLanguage, p.Locale)
	return v.body(pageType, body)
}

// sendPrivate answers with a page whose address is somebody's key: nobody keeps
// or lists it, and what it leads to does not learn the address.
func (v *visit) sendPrivate(p *page.Page) error {
	p.NoIndex, p.Canonical, p.Alternates, p.Formats, p.JSONLD = true, "", nil, nil, ""
	if err := v.sendNow(p); err != nil {
		return err
	}
	v.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	v.Set("X-Robots-Tag", "noindex, nofollow")
	v.Response().Header.Del(fiber.HeaderLink)
	return nil
}

// sendNow answers with a page that nobody keeps.
func (v *visit) sendNow(p *page.Page) error {
	body, err := v.site.theme.Render(v.Locale, p)
	if err != nil {
		return fmt.Errorf("render %s: %w", p.Kind, err)
	}
	v.headers()
	v.Set(fiber.HeaderContentLanguage, p.Locale)
	v.Set(fiber.HeaderCacheControl, "no-store")
	v.Set(fiber.HeaderContentType, pageType)
	v.Status(p.Status).Context().Response.SetBodyRaw(body)
	return nil
}

// body answers with what was made from what v has read.
func (v *visit) body(contentType string, body []byte) error {
	v.keep()
	return server.Send(v.Ctx, contentType, -1, body)
}
