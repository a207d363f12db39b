package api_test

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// catchUp waits until the text index has everything that was committed.
func (s *site) catchUp() {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); !s.searched(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("the text index does not catch up")
		}
	}
}

type found struct {
	titles []string
	total  int
	facets map[string]map[string]int
	meta   map[string]any
}

// search asks as a role. pairs are parameters and their values.
func (s *site) search(role string, pairs ...string) found {
	s.t.Helper()
	s.catchUp()
	a := s.as(role, "GET", "/search?"+asked(pairs...), nil)
	if a.status != 200 {
		s.t.Fatalf("search %v as %s: %d %s", pairs, role, a.status, a.body)
	}
	body := a.json(s.t)
	out := found{facets: map[string]map[string]int{}, titles: []string{}}
	for _, hit := range body["data"].([]any) {
		out.titles = append(out.titles, fmt.Sprint(hit.(map[string]any)["title"]))
	}
	out.meta = body["meta"].(map[string]any)
	out.total = int(out.meta["total"].(float64))
	for _, f := range out.meta["facets"].([]any) {
		f := f.(map[string]any)
		counts := map[string]int{}
		for _, v := range f["values"].([]any) {
			v := v.(map[string]any)
			counts[v["value"].(string)] = int(v["count"].(float64))
		}
		out.facets[f["name"].(string)] = counts
	}
	slices.Sort(out.titles)
	return out
}

func asked(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q.Encode()
}

func (f found) want(t *testing.T, titles ...string) {
	t.Helper()
	slices.Sort(titles)
	if !slices.Equal(f.titles, titles) || f.total != len(titles) {
		t.Errorf("found %d %q, want %q", f.total, f.titles, titles)
	}
}

func TestSearchFollowsWhatIsPublished(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.search("visitor", "q", "éducation").want(t)
	id := s.note("editor", fields{"title": "Éducation des filles", "status": "published"})
	s.search("visitor", "q", "education").want(t, "Éducation des filles")
	s.as("editor", "PATCH", "/entries/notes/"+id, fields{"title": "Alphabétisation"}).data(t, 200)
	s.search("visitor", "q", "education").want(t, "Éducation des filles")
	s.search("visitor", "q", "alphabétisation").want(t)
	s.search("visitor", "q", "alphabétisation", "version", "draft").want(t)
	s.search("editor", "q", "alphabétisation", "version", "draft").want(t, "Alphabétisation")
	s.as("editor", "POST", "/entries/notes/"+id+"/actions/publish", nil).data(t, 200)
	s.search("visitor", "q", "alphabétisation").want(t, "Alphabétisation")
	s.search("visitor", "q", "education").want(t)
	s.as("editor", "DELETE", "/entries/notes/"+id, nil)
	s.search("visitor", "q", "alphabétisation").want(t)
	s.search("editor", "q", "alphabétisation", "version", "draft").want(t)
}

func (s *site) titles(role, path string) []string {
	s.t.Helper()
	s.catchUp()
	a := s.as(role, "GET", path, nil)
	if a.status != 200 {
		s.t.Fatalf("%s as %s: %d %s", path, role, a.status, a.body)
	}
	out := []string{}
	for _, hit := range a.json(s.t)["data"].([]any) {
		out = append(out, fmt.Sprint(hit.(map[string]any)["title"]))
	}
	return out
}

func TestSuggestWhileTyping(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for _, title := range []string{"Éducation des filles", "Éducateurs de rue", "Rue de l'Éducation", "L’eau à Béjaïa"} {
		s.note("editor", fields{"title": title, "status": "published"})
	}
	s.note("editor", fields{"title": "Éducation secrète"})
	for typed, want := range map[string][]string{
		"edu":         {"Éducation des filles", "Éducateurs de rue", "Rue de l'Éducation"},
		"éducation d": {"Éducation des filles", "Rue de l'Éducation"},
		"rue educ":    {"Éducateurs de rue", "Rue de l'Éducation"},
		"edukation":   {"Éducation des filles", "Rue de l'Éducation"}, // one slip
		"beja":        {"L’eau à Béjaïa"},
		"bejia":       {"L’eau à Béjaïa"},
		"eau":         {"L’eau à Béjaïa"},
		"secr":        {},
		"":            {},
		"xyzxyz":      {},
		"\"*:(~ -":    {},
	} {
		got := s.titles("visitor", "/suggest?"+asked("q", typed))
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
	if got := s.titles("editor", "/suggest?version=draft&q=secr"); len(got) != 1 {
		t.Errorf("an editor is offered %q", got)
	}
}

func TestSimilarEntries(t *testing.T) {
	s := withNotes(t, siteOptions{})
	ids := map[string]string{}
	for title, body := range map[string]string{
		"Jardins d'enfants":  "Ouvrir un jardin d'enfants demande des éducatrices formées et un local sûr.",
		"Former éducatrices": "Une formation d'éducatrices pour les jardins d'enfants de la commune.",
		"Eau potable":        "Des forages et des châteaux d'eau pour les villages.",
		"Forages":            "Le forage donne de l'eau potable aux villages du sud.",
	} {
		ids[title] = s.note("editor", fields{"title": title, "body": body, "status": "published"})
	}
	if got := s.titles("visitor", "/similar/notes/"+ids["Eau potable"]+"?page%5Bsize%5D=1"); !slices.Equal(got, []string{"Forages"}) {
		t.Errorf("similar to water is %q", got)
	}
	if got := s.titles("visitor", "/similar/notes/"+ids["Jardins d'enfants"]+"?page%5Bsize%5D=1"); !slices.Equal(got, []string{"Former éducatrices"}) {
		t.Errorf("similar to kindergartens is %q", got)
	}
	draft := s.note("editor", fields{"title": "Forages cachés"})
	s.as("visitor", "GET", "/similar/notes/"+draft, nil).problem(t, 404, "")
}

func TestSearchMarksWhatItFound(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.note("editor", fields{"title": "Les <b>droits</b> de l'enfant", "status": "published",
		"body": "Un texte & des mots. Les droits des enfants sont écrits ici, <script>alert(1)</script> et nulle part ailleurs."})
	s.catchUp()
	hit := s.as("visitor", "GET", "/search?q=droit+enfants", nil).json(t)["data"].([]any)[0].(map[string]any)
	if got := fmt.Sprint(hit["title_html"]); got != "Les &lt;b&gt;<mark>droits</mark>&lt;/b&gt; de l&#39;<mark>enfant</mark>" {
		t.Errorf("title %s", got)
	}
	if got := fmt.Sprint(hit["snippet"]); !strings.Contains(got, "<mark>droits</mark> des <mark>enfants</mark>") || strings.Contains(got, "<script") {
		t.Errorf("snippet %s", got)
	}
}

func TestSearchRefusesWhatItDoesNotKnow(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.catchUp()
	for request, parameter := range map[string]string{
		"q=x&facets=nothing":            "facets",
		"q=x&near=1":                    "near",
		"q=x&near=91,0":                 "near",
		"q=x&near=1,2&radius=-1":        "radius",
		"q=x&near=NaN,2":                "near",
		"q=x&radius=5":                  "near",
		"q=x&sort=price":                "sort",
		"q=x&sort=distance":             "near",
		"q=x&page[after]=x":             "page[after]",
		"q=x&page[number]=4000":         "page[number]",
		"q=x&filter[nothing][_eq]=1":    "",
		"q=x&count=exact":               "count",
		"q=x&version=rev:2":             "version",
		"q=x&locales=!":                 "locales",
		"q=" + strings.Repeat("x", 501): "q",
		"q=x&whatever=1":                "whatever",
		"q=x&facets=" + strings.Repeat("collection,", 21): "facets",
	} {
		p := s.as("visitor", "GET", "/search?"+strings.NewReplacer("[", "%5B", "]", "%5D").Replace(request), nil).problem(t, 400, "")
		if parameter != "" && !strings.Contains(fmt.Sprint(p), parameter) {
			t.Errorf("%s: %v does not name %s", request, p, parameter)
		}
	}
	s.as("visitor", "GET", "/search?q=x&collections=nothing", nil).problem(t, 404, "")
}

// TestSearchFlood asks hundreds of distinct, expensive questions at once while
// an editor saves: every save goes well, and whoever is not answered is told to
// come again.
func TestSearchFlood(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for i := range 30 {
		s.note("editor", fields{"title": fmt.Sprint("Forage ", i), "status": "published", "body": strings.Repeat("des mots en nombre ", 200)})
	}
	s.catchUp()
	var asking sync.WaitGroup
	var answered, busy atomic.Int64
	askers, questions := 40, 5
	if testing.Short() {
		askers, questions = 12, 2
	}
	for who := range askers {
		asking.Go(func() {
			for i := range questions {
				q := asked("q", fmt.Sprintf("mots nombre forrage %d%d", who, i), "facets", "collection,locale", "page[size]", "100")
				res, err := s.client.Get(s.url + "/api/v1/search?" + q)
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				switch {
				case res.StatusCode == 200:
					answered.Add(1)
				case res.StatusCode == 503 && res.Header.Get("Retry-After") != "":
					busy.Add(1)
				default:
					t.Errorf("a search gets %d", res.StatusCode)
				}
			}
		})
	}
	for i := range 20 {
		s.note("editor", fields{"title": fmt.Sprint("Pendant ", i)})
	}
	asking.Wait()
	t.Logf("%d searches answered, %d told to come again", answered.Load(), busy.Load())
	if answered.Load() == 0 {
		t.Error("nobody was answered")
	}
	s.catchUp()
	s.search("editor", "q", "pendant", "version", "draft", "page[size]", "1")
}
