package api_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
)

// newDesk takes orders that nobody carries out.
func newDesk(t testing.TB, s *site, bucket storage.Bucket, engine *query.Engine, catalogue *texts.Catalogue) *desk.Desk {
	return desk.New(desk.Options{
		Source: book.Source{Query: engine, Kinds: schema.Builtin(), Texts: catalogue, BaseURL: func() string { return s.url }},
		Bucket: bucket, Blobs: blob.New(bucket, t.TempDir()), Runner: s.runner, Refresh: func(context.Context) error { return nil },
		Locales: []content.Locale{"fr", "ar", "en"}, NewID: action.NewIDs(time.Now, rand.Reader), Now: s.now, Log: slog.New(slog.DiscardHandler)})
}

// What is wrong with an order is said before a book is made for nothing, by
// field; an order that is good says where it can be followed.
func TestOrderOfAnEdition(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for _, c := range []struct {
		body fields
		code string
	}{
		{fields{}, "edition_title"},
		{fields{"title": fields{"fr": " "}}, "edition_title"},
		{fields{"title": fields{"fr": "R"}, "forms": []fields{{"paper": "a3", "locales": []string{"fr"}}}}, "book_paper"},
		{fields{"title": fields{"fr": "R"}, "forms": []fields{{"paper": "a4", "locales": []string{"de"}}}}, "book_locales"},
		{fields{"title": fields{"fr": "R"}, "forms": []fields{{"paper": "a4", "locales": []string{}}}}, "book_locales"},
		{fields{"title": fields{"fr": "R"}, "colour": "red"}, "member_unknown"},
	} {
		a := s.as("editor", "POST", "/editions", c.body)
		p := a.json(t)
		faults, _ := p["errors"].([]any)
		found := false
		for _, f := range faults {
			found = found || f.(map[string]any)["code"] == c.code && f.(map[string]any)["detail"] != ""
		}
		if a.status < 400 || a.status > 422 || !found {
			t.Errorf("%v: %d %s, want %s", c.body, a.status, a.body, c.code)
		}
	}
	a := s.as("editor", "POST", "/editions", fields{"title": fields{"fr": "Recueil du 15 mars"}})
	d := a.data(t, 202)
	if a.header.Get("Location") != "/api/v1/editions/"+d["id"].(string) || d["state"] != "waiting" || len(d["forms"].([]any)) != 7 {
		t.Errorf("ordered: %v %v", a.header, d)
	}
	if got := s.as("editor", "GET", "/editions/"+d["id"].(string), nil).data(t, 200); got["percent"] != 0.0 {
		t.Errorf("followed: %v", got)
	}
	s.as("editor", "GET", "/editions/none", nil).problem(t, 404, "edition_missing")
	if a := s.as("visitor", "GET", "/editions/"+d["id"].(string), nil); a.status != 401 {
		t.Errorf("a visitor follows an order: %d", a.status)
	}
}
