package query

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
)

// searched gives the test site with a text index.
func searched(t testing.TB, entries []*content.Entry) *site {
	t.Helper()
	s := siteOf(t, entries)
	x, err := search.Open(t.Context(), t.TempDir(), search.Options{View: s.db, Kinds: schema.Builtin(), Apart: Apart,
		Locales: []content.Locale{"fr", "ar", "en"}, Now: func() time.Time { return today }})
	if err == nil {
		err = x.Rebuild(t.Context(), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	s.o.Search = x
	return s
}

// ask reads a search as "q=…&facets=…&" and the parameters of reads.
func (s *site) ask(query string) SearchParams {
	s.t.Helper()
	p, err := ParseParams(query, "q", "facets", "collections")
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	list := func(text string) []string { return strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) }
	return SearchParams{Params: p, Text: p.Also["q"], Facets: list(p.Also["facets"]), Collections: list(p.Also["collections"]),
		Sort: search.Sort(p.Sort)}
}

func actor(who string) content.Actor {
	if who == "" {
		return visitor
	}
	return userActor(who)
}

// told is all that a search tells, in one text.
func (s *site) told(who, query string) string {
	s.t.Helper()
	r, err := s.Search(s.t.Context(), actor(who), s.ask(query))
	if err != nil {
		return wrong(err)
	}
	return telling(s.t, r.Hits, r.Total, r.Facets, r.Corrections, r.Also, r.Cut, r.Depends)
}

func telling(t testing.TB, hits []SearchHit, more ...any) string {
	t.Helper()
	var b strings.Builder
	for _, h := range hits {
		raw, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", h.Item.AppendJSON(nil), raw)
	}
	fmt.Fprintf(&b, "%+v", more)
	return b.String()
}

func (s *site) finds(who, query string) string {
	s.t.Helper()
	r, err := s.Search(s.t.Context(), actor(who), s.ask(query))
	if err != nil {
		return wrong(err)
	}
	items := make([]*Item, len(r.Hits))
	for i := range r.Hits {
		items[i] = r.Hits[i].Item
	}
	out := numbers(items)
	if r.Total != len(items) {
		out += fmt.Sprintf(" of %d", r.Total)
	}
	return out
}

func TestSearchByRole(t *testing.T) {
	s := searched(t, entries())
	for _, c := range []struct{ query, who, want string }{
		{"q=oran", "", "2 11 10 12"}, // 12 by the title of its wilaya
		{"q=oran&collections=associations", "", "11 10 12"},

		{"q=dossier", "", ""},                  // files are the team's
		{"q=dossier", "reader", "20 21 10 11"}, // and what points at them
		{"q=dossier", "walker", ""},
		{"q=dossier", "clerk", "21"},
		{"q=dossier&collections=files", "", "404 collection_not_found"},
		{"q=clos", "clerk", ""},
		{"q=021", "", ""}, // phones are for members
		{"q=021", "reader", ""},
		{"q=021", "member", "10 15"},
		{"q=021", "local", "10 15"}, // of Algiers only
		{"q=041", "member", "11 12"},
		{"q=041", "local", ""},
		{"q=high", "", ""},
		{"q=high", "member", ""},
		{"q=high", "editor", "2"},
		{"q=brouillon", "", ""},
		{"q=brouillon", "editor", ""},
		{"q=brouillon&version=draft", "", ""},
		{"q=brouillon&version=draft", "drafter", "12"},
		{"q=projet&version=draft", "author", "13"}, // of their own
		{"q=projet&version=draft", "editor", "13 14"},
		{"q=jetee", "editor", ""}, // in the trash
		{"q=jetee&version=draft", "editor", ""},
		{"q=dossier", "labeller", "20 21 10 11"}, // reads labels alone
		{"q=annexe", "labeller", ""},
		{"q=annexe", "reader", "20 21"},
		{"filter[topics][_eq]=law&sort=title", "", "12 11"},
		{"filter[phone][_starts_with]=02", "", "400 invalid_filter /phone"},
		{"filter[phone][_starts_with]=02&sort=title", "local", "10 15"},
		{"filter[wilaya][risk][_eq]=high", "member", "403 field_not_readable filter"},
		{"q=droit&facets=risk", "", "400 facet_unknown facets"},
	} {
		if got := s.finds(c.who, c.query); got != c.want {
			t.Errorf("%q asks %s: %q, want %q", c.who, c.query, got, c.want)
		}
	}
}

func TestFacetsWhileSomeAreChosen(t *testing.T) {
	s := searched(t, entries())
	counts := func(who, query string) string {
		r, err := s.Search(t.Context(), actor(who), s.ask(query))
		if err != nil {
			return wrong(err)
		}
		var out []string
		for _, f := range r.Facets {
			for _, v := range f.Values {
				mark := ""
				if v.Chosen {
					mark = "!"
				}
				name := v.Label
				if name == "" {
					name = v.Value
				}
				out = append(out, fmt.Sprintf("%s%s=%d", name, mark, v.Entries))
			}
		}
		return fmt.Sprintf("%d: %s", r.Total, strings.Join(out, " "))
	}
	for _, c := range []struct{ query, who, want string }{
		{"facets=topics", "", "6: law=2 water=1 youth=1"},
		{"facets=topics,collection&filter[topics][_in]=law", "", "2: law!=2 water=1 youth=1 associations=2"},
		{"facets=topics,wilaya&filter[topics][_in]=water,youth", "", "2: water!=1 youth!=1 law=2 Alger=1 Oran=1"},
		{"facets=topics,collection&filter[topics][_eq]=none", "", "0: none!=0 law=2 water=1 youth=1"},
		{"facets=topics,wilaya&filter[topics][_eq]=law&filter[wilaya][_eq]=" + string(id(1)), "", "0: law!=0 water=1 Alger!=0 Oran=2"},
		{"facets=collection&filter[collection][_in]=wilayas,associations", "", "6: associations!=4 wilayas!=2"},
		{"facets=file", "", "6: "}, // files are the team's: their titles are not told
		{"facets=file&collections=associations", "clerk", "4: dossier ouvert=1"},
		{"facets=locale&collections=associations", "", "4: fr=3 ar=1"},
	} {
		if got := counts(c.who, c.query); got != c.want {
			t.Errorf("%q asks %s: %q, want %q", c.who, c.query, got, c.want)
		}
	}
}

// question makes up a search.
func (a asker) question() string {
	q := []string{"page[size]=" + a.pick("1", "3", "20")}
	if a.IntN(5) > 0 {
		q = append(q, "q="+a.pick("oran", "eau", "dossier", "clos", "clo", "tout autre", "dosier", "projet", "021", "0661", "high", "other",
			"Secr%C3%A8te", "secrete", "rien voir", "-eau", "%22dossier+clos%22", "label:dossier", "jeunes oran", "droit brouillon", "%D9%85%D8%A7%D8%A1"))
	}
	if a.IntN(2) > 0 {
		q = append(q, "facets="+a.pick("topics", "wilaya", "file", "collection", "locale", "topics,wilaya,file,collection"))
	}
	if a.IntN(3) == 0 {
		q = append(q, "filter"+a.condition(1))
	}
	if a.IntN(3) == 0 {
		q = append(q, "sort="+a.pick("title", "-title", "date", "-date"))
	}
	if a.IntN(4) == 0 {
		q = append(q, "fields="+a.pick("name", "name,body", "topics,wilaya", "label"))
	}
	if a.IntN(6) == 0 {
		q = append(q, "version=draft")
	}
	return strings.Join(q, "&")
}

// TestSearchTellsNothing puts the same searches to two sites that differ only
// in what the asker may not read: hits, order, counts, facets, excerpts,
// corrections, suggestions and similar entries are equal.
func TestSearchTellsNothing(t *testing.T) {
	one, other := searched(t, entries()), searched(t, secrets())
	a := asker{rand.New(rand.NewPCG(20260301, 1))}
	answered := 0
	rounds, least := 400, 250
	if testing.Short() {
		rounds, least = 80, 40
	}
	for range rounds {
		question := a.question()
		for _, who := range []string{"", "walker", "clerk"} {
			query := question
			if who == "clerk" { // who reads the phones of associations
				query += "&collections=files"
			}
			got, want := other.told(who, query), one.told(who, query)
			if got != want {
				t.Fatalf("%q learns from %s:\n%s\nagainst\n%s", who, query, want, got)
			}
			if strings.HasPrefix(got, "fault") || strings.HasPrefix(got, "5") {
				t.Fatalf("%q: %s: %s", who, query, got)
			}
			if !strings.HasPrefix(got, "4") {
				answered++
			}
		}
	}
	if answered < least {
		t.Errorf("only %d searches were answered: the others prove little", answered)
	}
	for _, typed := range []string{"d", "do", "dossier", "dossier c", "dosier", "rien", "tout", "sec", "proj", "e", "o", "hig", "021"} {
		for _, who := range []string{"", "clerk"} {
			for _, version := range []string{"", "&version=draft"} {
				tell := func(s *site) string {
					r, err := s.Suggest(t.Context(), actor(who), s.ask("q="+strings.ReplaceAll(typed, " ", "+")+version))
					if err != nil {
						return wrong(err)
					}
					return telling(t, r.Hits, r.Depends)
				}
				if got, want := tell(other), tell(one); got != want {
					t.Errorf("%q is told by typing %q: %s against %s", who, typed, got, want)
				}
			}
		}
	}
	for n := range 30 {
		tell := func(s *site) string {
			r, err := s.Similar(t.Context(), visitor, "associations", string(id(n)), SearchParams{})
			if err != nil {
				return wrong(err)
			}
			return telling(t, r.Hits)
		}
		if got, want := tell(other), tell(one); got != want {
			t.Errorf("similar to %d is %s against %s", n, got, want)
		}
	}
}
