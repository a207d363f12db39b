package site_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/app"
)

func TestDirectory(t *testing.T) {
	w := serve(t, demo(t), app.Config{})
	t.Run("filters", func(t *testing.T) { filters(t, w) })
	t.Run("around a place", func(t *testing.T) { aroundAPlace(t, w) })
	t.Run("map", func(t *testing.T) { theMap(t, w) })
	t.Run("files", func(t *testing.T) { files(t, w) })
	t.Run("citations", func(t *testing.T) { citations(t, w) })
	t.Run("feeds", func(t *testing.T) { feeds(t, w) })
	t.Run("harvest", func(t *testing.T) { harvest(t, w) })
	t.Run("signposts", func(t *testing.T) { signposts(t, w) })
	t.Run("hsds", func(t *testing.T) { hsds(t, w) })
	t.Run("scrutari", func(t *testing.T) { scrutari(t, w) })
}

var counted = regexp.MustCompile(`<a href="([^"]+)"[^>]*><bdi>[^<]*</bdi></a> <small>(\d+)</small>`)

// total reads how many entries a list says that it has.
func total(t *testing.T, w *world, path string) int {
	t.Helper()
	a := w.get(t, path)
	if _, faults := check(a.body); a.status != http.StatusOK || len(faults) > 0 {
		t.Fatalf("%s: %d %v", path, a.status, faults)
	}
	m := regexp.MustCompile(`data-total="(\d+)"`).FindSubmatch(a.body)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What a choice promises is what it gives, also on top of another choice, and
// in every language.
func filters(t *testing.T, w *world) {
	for _, path := range []string{"/fr/associations", "/fr/associations?themes=jeunesse", "/ar/associations?wilaya=16", "/fr/etudes", "/en/actualites"} {
		a := w.get(t, path)
		choices := counted.FindAllSubmatch(a.body, -1)
		if len(choices) < 5 {
			t.Errorf("%s offers %d choices", path, len(choices))
		}
		for i, c := range choices {
			if i%7 != 0 {
				continue
			}
			to := strings.ReplaceAll(string(c[1]), "&amp;", "&")
			if got := total(t, w, to); strconv.Itoa(got) != string(c[2]) {
				t.Errorf("%s promises %s entries at %s, there are %d", path, c[2], to, got)
			}
		}
	}
	if n := total(t, w, "/fr/associations?q=BIBLIOBUS"); n != 1 {
		t.Errorf("%d associations by name", n)
	}
	if all, scale := total(t, w, "/fr/associations"), total(t, w, "/fr/associations?scale=communal"); all != 60 || scale == 0 || scale == all {
		t.Errorf("%d of %d are communal", scale, all)
	}
	narrowed := w.get(t, "/fr/associations?themes=jeunesse")
	if !bytes.Contains(narrowed.body, []byte(`content="noindex"`)) || bytes.Contains(narrowed.body, []byte(`rel="canonical"`)) {
		t.Error("a narrowed list is offered to search engines")
	}
	if n := total(t, w, "/fr/associations?utm_source=x&needs=logistique"); n != 60 {
		t.Errorf("%d entries by what is no choice of visitors", n) // needs are for members
	}
}

func aroundAPlace(t *testing.T, w *world) {
	near, far := total(t, w, "/fr/associations?autour=06&rayon=25"), total(t, w, "/fr/associations?autour=06&rayon=200")
	if near == 0 || far <= near || far >= 60 {
		t.Errorf("%d associations within 25 km of Béjaïa, %d within 200", near, far)
	}
}

func theMap(t *testing.T, w *world) {
	a := w.get(t, "/fr/associations")
	areas := regexp.MustCompile(`<path d="M[^"]+z"`).FindAll(a.body, -1)
	linked := regexp.MustCompile(`<a href="/fr/associations\?wilaya=\d\d" tabindex="-1"><path`).FindAll(a.body, -1)
	if len(areas) != 69 || len(linked) < 40 {
		t.Errorf("the map has %d areas, %d with links", len(areas), len(linked))
	}
	svg := a.body[bytes.Index(a.body, []byte("<svg")):bytes.Index(a.body, []byte("</svg>"))]
	page := compressed(t, a.body)
	t.Logf("the map has %d bytes compressed, the page %d", compressed(t, svg), page)
	if compressed(t, svg) > 6<<10 || page > 18<<10 {
		t.Errorf("the map has %d bytes compressed, the page %d", compressed(t, svg), page)
	}
}

func files(t *testing.T, w *world) {
	sheet := w.get(t, "/fr/associations.csv?wilaya=16")
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(sheet.body, []byte("\ufeff")))).ReadAll()
	if err != nil || len(rows) != 1+total(t, w, "/fr/associations?wilaya=16") || rows[0][0] != "id" {
		t.Errorf("csv: %d rows, %v", len(rows), err)
	}
	var geo struct {
		Type     string
		Features []struct {
			Geometry struct{ Coordinates []float64 }
		}
	}
	unmarshal(t, w, "/fr/associations.geojson", &geo)
	if geo.Type != "FeatureCollection" || len(geo.Features) < 50 || geo.Features[0].Geometry.Coordinates[1] < 18 {
		t.Errorf("geojson: %s, %d features", geo.Type, len(geo.Features))
	}
	cards := w.get(t, "/fr/associations.vcf").body
	if n := bytes.Count(cards, []byte("BEGIN:VCARD\r\nVERSION:4.0\r\n")); n != 60 {
		t.Errorf("%d cards", n)
	}
	for line := range strings.SplitSeq(string(cards), "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d bytes: %s", len(line), line)
		}
	}
	var hsds struct {
		Contents []struct {
			ID, Name, Description string
			Services              []struct{ Name, Status string }
		}
	}
	unmarshal(t, w, "/fr/associations.hsds.json", &hsds)
	if len(hsds.Contents) != 60 || hsds.Contents[0].Description == "" || len(hsds.Contents[0].Services) == 0 {
		t.Errorf("hsds: %d organisations", len(hsds.Contents))
	}
	var about map[string]any
	unmarshal(t, w, "/fr/associations/femmes-du-djurdjura.jsonld", &about)
	if about["@type"] != "NGO" || about["name"] != "Femmes du Djurdjura" || about["@context"] != "https://schema.org" {
		t.Errorf("json-ld: %v", about)
	}
	// Nothing that visitors may not see is in a file.
	for _, path := range []string{"/fr/associations.csv", "/fr/associations.vcf", "/fr/associations.hsds.json", "/fr/associations.geojson"} {
		for _, hidden := range []string{"32, rue", "Kerdoun", "+332", "500k"} {
			if bytes.Contains(w.get(t, path).body, []byte(hidden)) {
				t.Errorf("%s has %q", path, hidden)
			}
		}
	}
	for _, path := range []string{"/fr/associations.exe", "/fr/actualites.vcf", "/fr/associations/rien.vcf", "/fr/associations/.vcf"} {
		if a := w.get(t, path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func unmarshal(t *testing.T, w *world, path string, v any) {
	t.Helper()
	a := w.get(t, path)
	if err := json.Unmarshal(a.body, v); err != nil || a.status != http.StatusOK {
		t.Errorf("%s: %d %v", path, a.status, err)
	}
}

func citations(t *testing.T, w *world) {
	const study = "/fr/etudes/huit-parcours-d-insertion-compares"
	for ext, want := range map[string]string{"bib": "title = {{Huit parcours", "ris": "TI  - Huit parcours", "csl.json": `"title": "Huit parcours`} {
		if a := w.get(t, study+"."+ext); a.status != http.StatusOK || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", ext, a.status, a.body)
		}
		if all := w.get(t, "/fr/etudes."+ext); all.status != http.StatusOK || len(all.body) < 1000 || !strings.Contains(string(all.body), want) {
			t.Errorf("all studies as %s: %d %s", ext, all.status, all.body)
		}
	}
}

func feeds(t *testing.T, w *world) {
	var atom struct {
		Updated string `xml:"updated"`
		Entry   []struct {
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Link    struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	a := w.get(t, "/fr/actualites.atom")
	if err := xml.Unmarshal(a.body, &atom); err != nil || len(atom.Entry) < 10 || atom.Updated == "" {
		t.Fatalf("atom: %v, %d entries, updated %s", err, len(atom.Entry), atom.Updated)
	}
	for i, e := range atom.Entry {
		if i > 0 && e.Updated > atom.Entry[i-1].Updated {
			t.Errorf("%s is newer than what stands before it", e.Title)
		}
		if w.get(t, e.Link.Href).status != http.StatusOK {
			t.Errorf("%s leads nowhere", e.Link.Href)
		}
	}
	var feed struct {
		Version string
		Items   []map[string]any
	}
	unmarshal(t, w, "/ar/actualites.feed.json", &feed)
	if feed.Version != "https://jsonfeed.org/version/1.1" || len(feed.Items) < 10 {
		t.Errorf("json feed: %s, %d items", feed.Version, len(feed.Items))
	}
	calendar := string(w.get(t, "/fr/projets.ics").body)
	if n := strings.Count(calendar, "BEGIN:VEVENT\r\n"); n < 10 || !strings.HasPrefix(calendar, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") ||
		!strings.Contains(calendar, "DTSTART;VALUE=DATE:20250201\r\nDTEND;VALUE=DATE:20250801\r\n") {
		t.Errorf("calendar with %d events: %.300s", n, calendar)
	}
}

type oai struct {
	Error struct {
		Code string `xml:"code,attr"`
	} `xml:"error"`
	Records []struct {
		Header struct {
			Identifier string `xml:"identifier"`
			Datestamp  string `xml:"datestamp"`
		} `xml:"header"`
		Titles []string `xml:"metadata>dc>title"`
	} `xml:"ListRecords>record"`
	Headers []struct{} `xml:"ListIdentifiers>header"`
	Token   string     `xml:"ListRecords>resumptionToken"`
}

func (w *world) oai(t *testing.T, query string) oai {
	t.Helper()
	a := w.get(t, "/oai?"+query)
	var doc oai
	if err := xml.Unmarshal(a.body, &doc); err != nil || a.status != http.StatusOK || !strings.HasPrefix(a.header.Get("Content-Type"), "text/xml") {
		t.Fatalf("%s: %d %v %.300s", query, a.status, err, a.body)
	}
	return doc
}

// A harvester gets every record once, page by page.
func harvest(t *testing.T, w *world) {
	seen := map[string]bool{}
	query := "verb=ListRecords&metadataPrefix=oai_dc"
	last := ""
	for range 10 {
		doc := w.oai(t, query)
		for _, r := range doc.Records {
			if seen[r.Header.Identifier] || len(r.Titles) == 0 {
				t.Errorf("%s came twice, or has no title", r.Header.Identifier)
			}
			seen[r.Header.Identifier], last = true, r.Header.Identifier
		}
		if doc.Token == "" {
			break
		}
		query = "verb=ListRecords&resumptionToken=" + url.QueryEscape(doc.Token)
	}
	if want := total(t, w, "/fr/etudes") + total(t, w, "/fr/experiences"); len(seen) != want {
		t.Errorf("%d records, want %d", len(seen), want)
	}
	if one := w.get(t, "/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier="+url.QueryEscape(last)); !bytes.Contains(one.body, []byte(last)) {
		t.Errorf("the last record alone: %s", one.body)
	}
	if n := len(w.oai(t, "verb=ListIdentifiers&metadataPrefix=oai_dc&set=studies").Headers); n != total(t, w, "/fr/etudes") {
		t.Errorf("%d studies", n)
	}
	for query, code := range map[string]string{
		"": "badVerb", "verb=Nothing": "badVerb", "verb=Identify&verb=Identify": "badVerb", "verb=Identify&x=1": "badArgument", "verb=ListRecords": "badArgument",
		"verb=ListRecords&metadataPrefix=marc": "cannotDisseminateFormat", "verb=ListRecords&resumptionToken=%00": "badResumptionToken",
		"verb=ListRecords&resumptionToken=YWZ0ZXI9eA": "badResumptionToken", "verb=ListRecords&metadataPrefix=oai_dc&from=2020-01-01&until=2020-01-02": "noRecordsMatch",
		"verb=ListRecords&metadataPrefix=oai_dc&from=soon": "badArgument", "verb=ListRecords&metadataPrefix=oai_dc&set=people": "noRecordsMatch",
		"verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:x:people/1": "idDoesNotExist", "%zz": "badVerb",
	} {
		if got := w.oai(t, query).Error.Code; got != code {
			t.Errorf("%q: %q, want %q", query, got, code)
		}
	}
}

func signposts(t *testing.T, w *world) {
	a := w.get(t, "/ar/etudes/huit-parcours-d-insertion-compares")
	links := a.header.Get("Link")
	for _, want := range []string{`/etudes/huit-parcours-d-insertion-compares>; rel="cite-as"`, `.bib>; rel="describedby"; type="application/x-bibtex"`,
		`<https://creativecommons.org/licenses/by/4.0/>; rel="license"`, `<https://schema.org/ScholarlyArticle>; rel="type"`} {
		if !strings.Contains(links, want) {
			t.Errorf("no %s in %s", want, links)
		}
	}
}
