package book_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app/apptest"
	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/view"
)

var shared apptest.Demo

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// demo gives the folder with the demonstration.
func demo(t *testing.T) string {
	t.Helper()
	return shared.Folder(t)
}

var made = time.Date(2026, 3, 15, 10, 0, 0, 0, time.UTC)

// source reads the view of a folder.
func source(t *testing.T, dir string) book.Source {
	t.Helper()
	kinds := schema.Builtin()
	db, err := view.Open(t.Context(), filepath.Join(dir, "view"), kinds, view.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	engine := query.New(db, nil, kinds, query.Options{Now: func() time.Time { return made }, EntryURL: site.Address,
		Locales: func() []content.Locale { return []content.Locale{"fr", "ar", "en"} }})
	return book.Source{Query: engine, Kinds: kinds, Texts: catalogue, BaseURL: func() string { return "https://pact.example.org" }}
}

func form(t *testing.T, name string) book.Form {
	t.Helper()
	f, err := book.FormNamed(name, []content.Locale{"fr", "ar", "en"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
