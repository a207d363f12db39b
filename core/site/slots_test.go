package site_test

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/slot"
)

// agenda is a programme module in the process of the test.
type agenda struct {
	calls atomic.Int64
	down  atomic.Bool
	until atomic.Int64 // how many seconds from now an answer holds; 0: not at all
}

func (a *agenda) Slots() slot.Slots {
	return slot.Slots{
		Pages: []slot.Page{
			{ID: "agenda/list", Path: "/agenda", Title: schema.Texts{"fr": "Agenda", "ar": "جدول المواعيد"}, Listed: true},
			{ID: "agenda/lots", Path: "/agenda/lots", Query: []string{"lieu"}, Draws: map[string]int{"lieu": 9}, Title: schema.Texts{"fr": "Lots"}},
			{ID: "agenda/mine", Path: "/agenda/mien", Query: []string{"cle"}, Title: schema.Texts{"fr": "Mien"}, Private: true},
			{ID: "agenda/month", Path: "/agenda/{month}", Query: []string{"lieu"}, Title: schema.Texts{"fr": "Mois"}},
		},
		Blocks: []slot.Block{{ID: "agenda/next", On: []string{"associations", "home"}}, {ID: "agenda/all"}},
	}
}

func (a *agenda) Render(_ context.Context, l content.Locale, items []slot.Item) ([]slot.Rendered, error) {
	a.calls.Add(1)
	if a.down.Load() {
		return nil, errors.New("not there")
	}
	var out []slot.Rendered
	for _, it := range items {
		r := slot.Rendered{Key: it.Key}
		if s := a.until.Load(); s > 0 {
			r.Depends, r.Until = []content.CollectionID{"funds"}, time.Now().Add(time.Duration(s)*time.Second)
		}
		switch {
		case it.Places["month"] == "jamais":
			r.Missing = true
		case it.Page != "":
			r.Title, r.Description = "Agenda "+it.Places["month"], "Les dates"
			r.Tree = &slot.Node{Type: "stack", Children: []*slot.Node{
				{Type: "text", Values: map[string]any{"text": "À " + it.Query["lieu"] + " <b>en " + string(l)}},
				{Type: "unknown"},
				{Type: "link", Values: map[string]any{"label": "Suivant", "to": "/agenda/2027-01"}},
				{Type: "table", Values: map[string]any{"label": "Dates", "columns": []any{map[string]any{"key": "day", "label": "Jour"}},
					"rows": []any{map[string]any{"cells": map[string]any{"day": "12 mai"}}}}},
				{Type: "list", Values: map[string]any{"items": []any{map[string]any{"text": "Profil",
					"link": map[string]any{"to": "entry:associations/femmes-du-djurdjura"}}}}},
			}}
		default:
			r.Structured = []byte(`{"@context":"https://schema.org","@type":"Event"}`)
			r.HTML, r.Stale = template.HTML("<p>Bloc pour "+it.Collection+"</p>"), it.Block == "agenda/all"
		}
		out = append(out, r)
	}
	return out, nil
}

func TestModulesContributePagesAndBlocks(t *testing.T) {
	dir := demo(t)
	token := administrator(t, dir)
	module := &agenda{}
	w := serveWith(t, dir, app.Config{}, app.Parts{Slots: module})
	w.token = token

	d := w.page(t, "/fr/agenda/2026-12?lieu=B%C3%A9ja%C3%AFa&autre=x", http.StatusOK)
	if !strings.HasPrefix(d.title, "Agenda 2026-12 – ") || !strings.Contains(d.text, "À Béjaïa <b>en fr") {
		t.Errorf("a page of a module: %q, %.300s", d.title, d.text)
	}
	for _, href := range []string{"/fr/agenda/2027-01", "/fr/associations/femmes-du-djurdjura", "/fr/agenda"} {
		if !strings.Contains(strings.Join(d.links, " "), href) {
			t.Errorf("the page of the module does not lead to %s: %q", href, d.links)
		}
	}
	if !strings.Contains(strings.Join(d.links, " ")+" ", "/ar/agenda/2026-12?lieu=B%C3%A9ja%C3%AFa ") {
		t.Errorf("another language is another page: %q", d.links)
	}
	if d := w.page(t, "/ar/agenda", http.StatusOK); d.dir != "rtl" || d.alternates["fr"] == "" {
		t.Errorf("in Arabic: %+v", d.alternates)
	}
	if a := w.get(t, "/fr/agenda/2026-12"); !bytes.Contains(a.body, []byte(`<a href="/fr/agenda">Agenda</a>`)) {
		t.Error("the way back has another page's name")
	}
	w.page(t, "/fr/agenda/jamais", http.StatusNotFound)
	w.page(t, "/fr/agenda/a/b", http.StatusNotFound)
	if !bytes.Contains(w.get(t, "/sitemap.xml").body, []byte("/ar/agenda</loc>")) {
		t.Error("the sitemap leaves out the module's page")
	}

	// A number is drawn where the page asks for one and the address has none.
	drawn := map[string]bool{}
	for range 60 {
		drawn[w.page(t, "/fr/agenda/lots", http.StatusOK).text] = true
	}
	if len(drawn) < 2 {
		t.Error("every visitor is drawn the same number")
	}
	if d := w.page(t, "/fr/agenda/lots?lieu=7", http.StatusOK); !strings.Contains(d.text, "À 7 ") {
		t.Errorf("a number that the address has is not the page's: %.300s", d.text)
	}

	// Blocks, all of a page in one call, on the pages that they ask for and where editors put them.
	before := module.calls.Load()
	if a := w.get(t, "/fr/associations/femmes-du-djurdjura"); !bytes.Contains(a.body, []byte("<p>Bloc pour associations</p>")) ||
		!bytes.Contains(a.body, []byte(`<script type="application/ld+json">{"@context":"https://schema.org","@type":"Event"}</script>`)) || module.calls.Load() != before+1 {
		t.Errorf("the block is not on the profile, or took %d calls", module.calls.Load()-before)
	}
	if a := w.get(t, "/fr/actualites"); bytes.Contains(a.body, []byte("Bloc pour")) {
		t.Error("the block is where it does not belong")
	}
	id, _ := w.api(t, http.MethodPost, "/entries/pages", map[string]any{"locale": "fr", "title": "Dates",
		"blocks": []any{map[string]any{"type": "module", "block": "agenda/all"}, map[string]any{"type": "module", "block": "no/such"}}})["id"].(string)
	w.api(t, http.MethodPost, "/entries/pages/"+id+"/actions/publish", map[string]any{"locale": "fr"})
	if d := w.page(t, "/fr/dates", http.StatusOK); strings.Count(d.text, "Bloc pour pages") != 1 || !strings.Contains(d.text, "tel qu’il était") {
		t.Errorf("the block that an editor placed: %.300s", d.text)
	}

	// Nobody keeps a page whose address is somebody's key, or learns it.
	mine := w.get(t, "/fr/agenda/mien?cle=x")
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer", "Link": ""} {
		if got := mine.header.Get(name); mine.status != http.StatusOK || got != want {
			t.Errorf("a private page: %d, %s %q; want %q", mine.status, name, got, want)
		}
	}

	// Pages with something of modules are kept while all of it holds.
	module.until.Store(600)
	for _, path := range []string{"/fr/associations/femmes-du-djurdjura", "/fr/agenda", "/fr/agenda/lots?lieu=7"} {
		w.get(t, path)
		before := module.calls.Load()
		if a := w.get(t, path); a.status != http.StatusOK || module.calls.Load() != before {
			t.Errorf("%s: %d, asked %d times more", path, a.status, module.calls.Load()-before)
		}
		w.api(t, http.MethodPost, "/entries/news", map[string]any{"locale": "fr", "title": "Ailleurs"})
		if w.get(t, path); module.calls.Load() != before && strings.Contains(path, "agenda") {
			t.Errorf("%s: asked again for what it does not show", path)
		}
		before = module.calls.Load()
		w.api(t, http.MethodPost, "/entries/funds", map[string]any{"locale": "fr", "name": "Fonds"})
		if w.get(t, path); module.calls.Load() != before+1 {
			t.Errorf("%s: asked %d times after a change", path, module.calls.Load()-before)
		}
		if w.get(t, path); module.calls.Load() != before+1 {
			t.Errorf("%s: not kept again after a change", path)
		}
	}
	for _, path := range []string{"/fr/agenda/lots", "/fr/agenda/mien?cle=x"} {
		before := module.calls.Load()
		w.get(t, path)
		if w.get(t, path); module.calls.Load() != before+2 {
			t.Errorf("%s is kept", path)
		}
	}
	module.until.Store(0)
	w.api(t, http.MethodPost, "/entries/funds", map[string]any{"locale": "fr", "name": "Fonds"})

	// A module that is down takes nothing else with it.
	module.down.Store(true)
	if d := w.page(t, "/fr/associations/femmes-du-djurdjura", http.StatusOK); strings.Contains(d.text, "Bloc pour") {
		t.Error("a block from a module that is down")
	}
	if a := w.get(t, "/fr/agenda"); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" ||
		!bytes.Contains(a.body, []byte("momentanément indisponible")) || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		t.Errorf("the page of a module that is down: %d %.300s", a.status, a.body)
	}
	if a := w.get(t, "/ar/agenda"); !bytes.Contains(a.body, []byte("غير متاح مؤقتًا")) {
		t.Error("the fault is not told in Arabic")
	}
}
