// Package show writes the pages of the consultation module for visitors: HTML
// that works without scripts, in French, Arabic and English. What it writes is
// shown to everybody but for the personal pages, whose addresses hold a token.
package show

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"sync"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

//go:embed pages
var files embed.FS

// pages reads the templates once; the tests show each of them.
var pages = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"dict": dict, "lines": lines, "words": strings.Fields}).ParseFS(files, "pages/*.html"))
})

// Site shows the pages.
type Site struct{ Work *act.Work }

// view is what every template gets: the language, and what the page is about.
type view struct {
	L     string
	Today string
	D     any
}

// T says something.
func (v view) T(key string, args ...any) string { return words.Say(v.L, key, args...) }

// Has reports whether something can be said.
func (v view) Has(key string) bool { return words.Find(v.L, key) != "" }

// When writes a day or a moment.
func (v view) When(moment string) string { return act.When(moment, v.L) }

// To is the address of a page of the module.
func (v view) To(parts ...string) string { return At(v.L, parts...) }

// Post is the address that a form leads to.
func (v view) Post(route string) string { return "/api/v1/plugins/consultation/" + route }

// Late is by how many days a deadline has passed.
func (v view) Late(deadline string) int { return rules.Late(deadline, v.Today) }

// With is the view of a part of the page.
func (v view) With(d any) view { v.D = d; return v }

// At is the address of a page of the module in a language.
func At(l string, parts ...string) string {
	out := "/" + l + "/consultation"
	for _, p := range parts {
		out += "/" + url.PathEscape(p)
	}
	return out
}

// dict passes several things to a template.
func dict(pairs ...any) (map[string]any, error) {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("%v is no name", pairs[i])
		}
		out[key] = pairs[i+1]
	}
	return out, nil
}

// lines are the paragraphs of a plain text.
func lines(text string) []string {
	var out []string
	for _, p := range strings.Split(text, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func (s *Site) view(item *sdk.Item, d any) view {
	return view{L: item.Locale, Today: s.Work.Today(), D: d}
}

// write fills a template in.
func (s *Site) write(item *sdk.Item, name, title string, d any) (*sdk.Content, error) {
	var out bytes.Buffer
	if err := pages().ExecuteTemplate(&out, name+".html", s.view(item, d)); err != nil {
		return nil, fmt.Errorf("write the page %s: %w", name, err)
	}
	// What is shown depends on the day: phases, delays.
	return &sdk.Content{Title: title, HTML: out.String(), MaxAge: 600}, nil
}

// book reads what is public, in the reader's language.
func (s *Site) book(item *sdk.Item) record.Book {
	return record.Book{Host: item.Host.Alone(), Locale: item.Locale}
}

// Render writes a page or a block; nil says that there is none.
func (s *Site) Render(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	switch item.Block {
	case "now":
		return s.now(ctx, item)
	case "voice":
		return s.voice(ctx, item)
	}
	page, ok := map[string]func(context.Context, *sdk.Item) (*sdk.Content, error){
		"home": s.home, "group": s.group, "meeting": s.meeting, "topic": s.topic, "consultation": s.consultation, "list": s.list, "form": s.form, "survey": s.survey, "text": s.text, "paragraph": s.paragraph, "differences": s.differences,
		"synthesis": s.synthesis, "contribution": s.contribution, "comment": s.comment, "recommendation": s.recommendation, "ballot": s.ballot,
		"follow": s.follow, "data": s.data, "report": s.report, "mine": s.mine, "space": s.space, "thanks": s.thanks,
	}[item.Page]
	if !ok {
		return nil, nil
	}
	return page(ctx, item)
}
