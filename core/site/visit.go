package site

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/frame"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// visit is one request for a page. It gathers what the answer is made from.
type visit struct {
	*fiber.Ctx
	*reader.Reader
	site     *Site
	segments []string // of the path, decoded
	query    url.Values
	frame    *frame.Frame
	preview  string // what opened the draft that is seen

	placed  []*entry.Values // blocks of modules on the page
	until   time.Time       // when the first of their answers ends; zero: there are none
	private bool            // the page is for whoever has the address only
}

// identify finds out who asks. Credentials that are no longer good make a
// visitor: the site is open to everybody, so nobody is locked out of it by a
// session that has ended.
func (v *visit) identify() error {
	by, err := server.Actor(v.Ctx)
	if problem.KindOf(err) == problem.Unauthenticated {
		by, err = content.Actor{Kind: content.ActorVisitor}, nil
	}
	v.By = by
	return err
}

// params reads the query string. What the page does not know is ignored, so
// that marks which others put on links do no harm, but the answer is then not
// kept: every such address would take room for the same page.
func (v *visit) params(known ...string) url.Values {
	if v.query != nil {
		return v.query
	}
	raw := string(v.Context().URI().QueryString())
	all, err := url.ParseQuery(raw)
	if err != nil || len(raw) > query.MaxQuery {
		v.Volatile = true
		all = url.Values{}
	}
	v.query = url.Values{}
	for name, values := range all {
		if !slices.Contains(known, name) {
			v.Volatile = true
			continue
		}
		for _, text := range values {
			if text = strings.ToValidUTF8(strings.TrimSpace(text), ""); text != "" && len(v.query[name]) < maxValues {
				v.query.Add(name, text)
			}
		}
	}
	return v.query
}

// maxValues bounds how often one parameter counts.
const maxValues = 20

// keep lets the answer be given to other visitors for as long as it is right.
func (v *visit) keep() {
	if v.Volatile || len(v.Depends) == 0 || v.site.theme.Reloads() {
		return
	}
	sources := make([]server.Source, len(v.Depends))
	for i, d := range v.Depends {
		sources[i] = server.Source{Collection: d.Collection, Noun: d.Noun}
	}
	server.Keep(v.Ctx, uint64(v.Seq), sources)
	server.Until(v.Ctx, v.until)
}

// redirect leads to another address of this site, or to where an editor says.
func (v *visit) redirect(to string, status int) error {
	v.Set(fiber.HeaderLocation, to)
	v.Set(fiber.HeaderCacheControl, "no-cache")
	v.Set(fiber.HeaderVary, fiber.HeaderAcceptLanguage)
	v.Status(status)
	return nil
}
