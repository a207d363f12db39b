package ranking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/highlight"
	"github.com/recueil-cms/recueil/search/phrase"
	"github.com/recueil-cms/recueil/search/ranking"
)

type shelf struct {
	t      *testing.T
	reader *scorch.IndexSnapshot
	docs   uint64
	ids    map[uint64]string
	ranker *ranking.Ranker
}

type page struct{ id, locale, title, body string }

// newShelf indexes pages as package search does: title and text apart, in the
// field of their language, the words of both for spelling.
func newShelf(t *testing.T, pages []page) *shelf {
	t.Helper()
	queue := index.NewAnalysisQueue(1)
	made, err := scorch.NewScorch(scorch.Name, map[string]any{"path": t.TempDir()}, queue)
	if err != nil {
		t.Fatal(err)
	}
	x := made.(*scorch.Scorch)
	if err := x.Open(); err != nil {
		t.Fatal(err)
	}
	languages := analysis.New()
	b := index.NewBatch()
	for _, p := range pages {
		l := languages.Of(p.locale)
		d := document.NewDocument(p.id)
		const text = index.IndexField | index.IncludeTermVectors
		d.AddField(document.NewTextFieldCustom("title."+l.Tag, nil, []byte(p.title), text, l.Text))
		d.AddField(document.NewTextFieldCustom("body."+l.Tag, nil, []byte(p.body), text, l.Text))
		d.AddField(document.NewTextFieldCustom("words."+l.Tag, nil, []byte(p.title+"\n"+p.body), index.IndexField|index.SkipFreqNorm, l.Words))
		d.AddIDField()
		b.Update(d)
	}
	if err := x.Batch(b); err != nil {
		t.Fatal(err)
	}
	r, err := x.Reader()
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{t: t, reader: r.(*scorch.IndexSnapshot), ids: map[uint64]string{}, ranker: ranking.New(languages)}
	for _, seg := range s.reader.Segments() {
		s.docs += uint64(seg.FullSize())
	}
	for n := range s.docs {
		if s.ids[n], err = r.ExternalID(index.NewIndexInternalID(nil, n)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		r.Close()
		x.Close()
		queue.Close()
	})
	return s
}

func (s *shelf) request(text string) *ranking.Request {
	return &ranking.Request{Query: phrase.Parse(text), Locale: "fr", Fields: []ranking.Field{
		{Name: "title.", Words: "words.", Weight: 1.5, Short: true},
		{Name: "body.", Words: "words."},
	}}
}

// find gives the ids of what answers, the best first.
func (s *shelf) find(q *ranking.Request) (string, *ranking.Outcome) {
	s.t.Helper()
	out, err := s.ranker.Search(context.Background(), s.reader, s.docs, q)
	if err != nil {
		s.t.Fatal(err)
	}
	defer out.Close()
	var ids []string
	for _, h := range out.Top(100, nil) {
		ids = append(ids, s.ids[h.Doc])
	}
	return strings.Join(ids, " "), out
}

var pages = []page{
	{"charte", "fr", "Charte des associations", "Elle lie les associations et les pouvoirs publics de la wilaya."},
	{"gcp", "fr", "Gestion du cycle de projet", "Un manuel pour monter des projets, du diagnostic au bilan."},
	{"sigle", "fr", "Atelier GCP à Oran", "Deux journées sur le montage."},
	{"jeunes", "fr", "Accueil des jeunes à M'Sila", "L'association reçoit les jeunes chaque été, le public est nombreux."},
	{"sport", "fr", "Sport pour tous", "Un terrain, des pouvoirs et un public : les jeunes de Béjaïa jouent."},
	{"bejaia", "ar", "جمعية شباب بجاية", "تعمل الجمعية مع السلطات العمومية في الولاية"},
	{"nous", "fr", "Qui sommes-nous ?", "Une équipe de huit personnes."},
	{"charter", "en", "Charter of associations", "It binds associations and public authorities."},
}

func TestFinds(t *testing.T) {
	s := newShelf(t, pages)
	languages := analysis.New()
	synonyms := ranking.NewSynonyms(languages, [][]string{{"GCP", "gestion du cycle de projet"}, {"Béjaïa", "بجاية", "Bougie"}})
	for _, c := range []struct{ query, want string }{
		{"", ""},
		{"charte", "charte"},
		{"CHARTES", "charte"},
		{"msila", "jeunes"},
		{"M’Sila", "jeunes"},
		{"été", "jeunes"},
		{"«pouvoirs publics»", "charte"},
		{"pouvoirs publics", "charte sport jeunes charter"}, // other languages last,
		{"jeunes -association", "sport"},
		{`jeunes -"chaque été"`, "sport"},
		{"gcp", "sigle gcp"},
		{"gestion de cycle du projet", "gcp sigle"},
		{"bejaia", "sport bejaia"},
		{"بجاية", "sport bejaia"},
		{"الولاية", "bejaia"},
		{"charte lieu:Oran", "charte sigle"}, // no such filter: text
		{"qui sommes nous", "nous"},
		{"pour avec", ""},
		{"(((", ""},
		{"zzzzzzzz", ""},
	} {
		q := s.request(c.query)
		q.Synonyms = synonyms
		if got, _ := s.find(q); got != c.want {
			t.Errorf("%q: %q, want %q", c.query, got, c.want)
		}
	}
}

func TestAppliedFilterIsNoText(t *testing.T) {
	s := newShelf(t, pages)
	q := s.request("charte lieu:Oran")
	q.Applied = func(c phrase.Clause) bool { return c.Field == "lieu" }
	if got, _ := s.find(q); got != "charte" {
		t.Errorf("%q", got)
	}
}

func TestCorrects(t *testing.T) {
	s := newShelf(t, pages)
	for _, c := range []struct{ query, want, corrections string }{
		{"asociation charte", "charte jeunes", "[]"}, // the stem is the same
		{"chrate", "charte", "[{chrate charte}]"},
		{"Acceuil des jeunes", "jeunes sport", "[{Acceuil accueil}]"},
		{"orna", "sigle", "[{orna oran}]"},
		{"xyz", "", "[]"},
		{"charte", "charte", "[]"},
	} {
		got, out := s.find(s.request(c.query))
		if corrections := fmt.Sprint(out.Corrections); got != c.want || corrections != c.corrections {
			t.Errorf("%q: %q %s, want %q %s", c.query, got, corrections, c.want, c.corrections)
		}
	}
	q := s.request("chrate")
	q.Verbatim = true
	if got, out := s.find(q); got != "" || out.Corrections != nil {
		t.Errorf("verbatim: %q %v", got, out.Corrections)
	}
}

// TestOnlyWhatCounts holds back documents: neither hits nor corrections may
// tell of them.
func TestOnlyWhatCounts(t *testing.T) {
	s := newShelf(t, pages)
	without := func(hidden ...string) ranking.Set {
		set := ranking.NewSet(s.docs)
		for n := range s.docs {
			if !slices.Contains(hidden, s.ids[n]) {
				set.Add(n)
			}
		}
		return set
	}
	for _, c := range []struct {
		query, hidden, want, corrections string
	}{
		{"charte", "charte", "charter", "[{charte charter}]"},
		{"accueil", "jeunes", "", "[]"},
		{"acceuil", "jeunes", "", "[]"}, // the word is only in what is hidden
		{"«pouvoirs publics»", "charte", "", "[]"},
		{"jeunes -association", "sport", "", "[]"},
	} {
		q := s.request(c.query)
		for i := range q.Fields {
			q.Fields[i].Docs = without(c.hidden)
		}
		got, out := s.find(q)
		if corrections := fmt.Sprint(out.Corrections); got != c.want || corrections != c.corrections {
			t.Errorf("%q without %s: %q %s, want %q %s", c.query, c.hidden, got, corrections, c.want, c.corrections)
		}
	}
}

// TestHiddenHasNoWeight compares weights with and without hidden documents
// that hold the words of the query.
func TestHiddenHasNoWeight(t *testing.T) {
	weights := func(more []page) map[string]float64 {
		s := newShelf(t, slices.Concat(pages, more))
		q := s.request("jeunes association")
		set := ranking.NewSet(s.docs)
		for n := range s.docs {
			if !strings.HasPrefix(s.ids[n], "hidden") {
				set.Add(n)
			}
		}
		for i := range q.Fields {
			q.Fields[i].Docs = set
		}
		out, err := s.ranker.Search(context.Background(), s.reader, s.docs, q)
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		all := map[string]float64{}
		for doc, weight := range out.All() {
			all[s.ids[doc]] = weight
		}
		return all
	}
	other := page{"hidden", "fr", "Accueil des jeunes", "Les jeunes et les jeunes."}
	same := page{"hidden", "fr", "Autre des choses", "Les mots et les mots."}
	if a, b := weights([]page{other}), weights([]page{same}); fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("weights tell of what is hidden: %v, %v", a, b)
	}
}

// TestOrder has pages of the same length that differ in one thing each, the
// best first.
func TestOrder(t *testing.T) {
	for _, c := range []struct {
		name, query string
		pages       []page
	}{
		{"as typed, of the same stem, of the same family", "bénévole", []page{
			{"typed", "fr", "Page une", "un bénévole parle"},
			{"stem", "fr", "Page une", "des bénévoles parlent"},
			{"family", "fr", "Page une", "le bénévolat parle"},
		}},
		{"title, text", "charte", []page{
			{"title", "fr", "La charte", "un mot ici"},
			{"text", "fr", "Un mot", "la charte ici"},
		}},
		{"all words, one of them often", "charte jeunesse", []page{
			{"all", "fr", "Page une", "la charte et la jeunesse ici"},
			{"one", "fr", "Page une", "charte charte charte charte"},
		}},
		{"together, apart", "fonds appui", []page{
			{"together", "fr", "Page une", "le fonds appui un mot et un autre mot encore"},
			{"apart", "fr", "Page une", "le fonds un mot et un autre mot encore appui"},
		}},
		{"the reader's language, another", "Bouira", []page{
			{"own", "fr", "Page une", "ici Bouira"},
			{"other", "en", "Page one", "here Bouira"},
		}},
	} {
		var want []string
		for _, p := range c.pages {
			want = append(want, p.id)
		}
		for range 2 { // whichever was indexed first
			slices.Reverse(c.pages)
			s := newShelf(t, c.pages)
			out, err := s.ranker.Search(context.Background(), s.reader, s.docs, s.request(c.query))
			if err != nil {
				t.Fatal(err)
			}
			hits := out.Top(10, nil)
			if err := out.Refine(context.Background(), s.reader, hits); err != nil {
				t.Fatal(err)
			}
			out.Close()
			var got []string
			for _, h := range hits {
				got = append(got, s.ids[h.Doc])
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", c.name, got, want)
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	s := newShelf(t, pages)
	out, err := s.ranker.Search(context.Background(), s.reader, s.docs, s.request(`jeunes "pouvoirs publics" chrate`))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	var docs []uint64
	for _, id := range []string{"sport", "charte"} {
		for n := range s.docs {
			if s.ids[n] == id {
				docs = append(docs, n)
			}
		}
	}
	found, err := out.Places(context.Background(), s.reader, "body.", docs)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"Un terrain, des <mark>pouvoirs</mark> et un <mark>public</mark> : les <mark>jeunes</mark> de Béjaïa jouent.",
		"Elle lie les associations et les <mark>pouvoirs</mark> <mark>publics</mark> de la wilaya.",
	} {
		n := slices.IndexFunc(pages, func(p page) bool { return p.id == s.ids[docs[i]] })
		if got := highlight.Whole(pages[n].body, found[i]); got != want {
			t.Errorf("%s: %s, want %s", pages[n].id, got, want)
		}
	}
}

func TestStopsWhenNobodyWaits(t *testing.T) {
	var many []page
	for i := range 5000 {
		many = append(many, page{fmt.Sprint(i), "fr", "jeunes", "jeunes"})
	}
	s := newShelf(t, many)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.ranker.Search(ctx, s.reader, s.docs, s.request("jeunes")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestWidens searches for the far more frequent neighbour of a rare word, too,
// and keeps what has the word itself first.
func TestWidens(t *testing.T) {
	var pages []page
	for i := range 40 {
		pages = append(pages, page{fmt.Sprintf("education%02d", i), "fr", "Éducation", "L'éducation, toujours l'éducation, encore l'éducation."})
	}
	pages = append(pages, page{"slip", "fr", "Rapport", strings.Repeat("autre chose ", 300) + "une fois éducatoin"},
		page{"rare", "fr", "Rapport", "Le mot forage."})
	s := newShelf(t, pages)
	got, out := s.find(s.request("educatoin"))
	if !strings.HasPrefix(got, "slip education") || strings.Count(got, " ") != 40 || strings.Contains(got, "rare") || fmt.Sprint(out.Also) != "[{educatoin education}]" || out.Corrections != nil {
		t.Errorf("found %q, also %v, corrected %v", got, out.Also, out.Corrections)
	}
	q := s.request("educatoin")
	q.Verbatim = true
	if got, out := s.find(q); got != "slip" || out.Also != nil {
		t.Errorf("verbatim: %q %v", got, out.Also)
	}
	for _, word := range []string{"forage", "education", "autre"} {
		if _, out := s.find(s.request(word)); out.Also != nil {
			t.Errorf("%q is taken for a slip: %v", word, out.Also)
		}
	}
	// What does not count must not be a neighbour either.
	q = s.request("educatoin")
	few := ranking.NewSet(s.docs)
	for n := range s.docs {
		if id := s.ids[n]; id == "slip" || id < "education10" {
			few.Add(n)
		}
	}
	for i := range q.Fields {
		q.Fields[i].Docs = few
	}
	if got, out := s.find(q); got != "slip" || out.Also != nil {
		t.Errorf("of a few: %q %v", got, out.Also)
	}
}
