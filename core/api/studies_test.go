package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// study publishes a study with a file, and gives both ids.
func (s *site) study(body fields) (entry, asset string) {
	s.t.Helper()
	asset = fmt.Sprint(s.upload("editor", "/assets?name=etude.pdf", []byte("%PDF-1.7\nLe texte de l’étude\n%%EOF"), "application/pdf").data(s.t, 201)["id"])
	all := fields{"title": "Ce que disent neuf cents jeunes", "kind": "study", "authors": []fields{{"author": "Boudraâ, Yacine"}, {"author": "جمعية النور"}},
		"published_on": "2026-09-15", "languages": []string{"fr"}, "rights": "cc-by-4.0", "summary": "Résumé & méthode.", "document": asset, "status": "published"}
	for k, v := range body {
		all[k] = v
	}
	a := s.as("editor", "POST", "/entries/studies", all)
	return fmt.Sprint(a.data(s.t, 201)["id"]), asset
}

func TestCitation(t *testing.T) {
	s := newSite(t, siteOptions{})
	id, _ := s.study(nil)
	path := "/entries/studies/" + id + "/citation"
	bib := s.as("visitor", "GET", path, nil)
	for _, want := range []string{"@techreport{" + id, "{Boudraâ}, {Yacine} and {جمعية النور}", "date = {2026-09-15}", `Résumé \& méthode.`, "/entries/studies/" + id + "}"} {
		if !strings.Contains(string(bib.body), want) {
			t.Errorf("no %q in\n%s", want, bib.body)
		}
	}
	if got := bib.header.Get("Content-Type"); bib.status != 200 || !strings.HasPrefix(got, "application/x-bibtex") {
		t.Errorf("%d %s", bib.status, got)
	}
	ris := s.as("visitor", "GET", path+"?format=ris", nil)
	if !strings.Contains(string(ris.body), "AU  - Boudraâ, Yacine\r\n") {
		t.Errorf("%s", ris.body)
	}
	csl := s.as("visitor", "GET", path, nil, "Accept", "application/vnd.citationstyles.csl+json")
	if !json.Valid(csl.body) || !strings.Contains(string(csl.body), `"family": "Boudraâ"`) {
		t.Errorf("%s", csl.body)
	}
	s.as("visitor", "GET", path+"?format=word", nil).problem(t, 400, "citation_format")
	s.as("visitor", "GET", "/entries/studies/01ARZ3NDEKTSV4RRFFQ69G5FAV/citation", nil).problem(t, 404, "")
}

// What is said of a study under embargo is public, its file is not, neither as
// it is nor in part nor as a picture, until the day comes.
func TestEmbargo(t *testing.T) {
	s := newSite(t, siteOptions{})
	day := time.Now().UTC().Add(48 * time.Hour).Format(time.DateOnly)
	id, asset := s.study(fields{"embargo": fields{"until": day, "reason": "Restitution aux familles"}})
	if d := s.as("visitor", "GET", "/entries/studies/"+id+"?locale=fr", nil).data(t, 200); d["title"] == nil || d["embargo"] == nil {
		t.Errorf("the study: %v", d)
	}
	file := "/assets/" + asset + "/file"
	for _, role := range []string{"visitor", "reader", "member"} {
		if p := s.as(role, "GET", file, nil, "Range", "bytes=0-3"); p.status != 401 && p.status != 403 {
			t.Errorf("%s: %d %s", role, p.status, p.body)
		}
	}
	if p := s.as("reader", "GET", file, nil).problem(t, 403, "file_embargo"); p["until"] != day {
		t.Errorf("%v", p)
	}
	s.as("reader", "GET", "/assets/"+asset+"/renditions/w160", nil).problem(t, 403, "file_embargo")
	if a := s.as("editor", "GET", file, nil); a.status != 200 {
		t.Errorf("an editor: %d %s", a.status, a.body)
	}
	_, gone := s.study(fields{"title": "Retirée", "withdrawn": fields{"on": "2026-01-01", "reason": "Chiffres erronés"}})
	s.as("visitor", "GET", "/assets/"+gone+"/file", nil).problem(t, 410, "file_withdrawn")
	_, free := s.study(fields{"title": "Libre", "embargo": fields{"until": "2020-01-01"}})
	if a := s.as("visitor", "GET", "/assets/"+free+"/file", nil); a.status != 200 {
		t.Errorf("when the day has come: %d %s", a.status, a.body)
	}
}
