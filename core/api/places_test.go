package api_test

import (
	"slices"
	"strings"
	"testing"
)

// TestPlacesAreFiltered asks on the map, with and without the right to see
// where something is.
func TestPlacesAreFiltered(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.as("administrator", "POST", "/collections", fields{"id": "spots", "name": "spots", "label": fields{"fr": "Lieux"}, "title": "title",
		"fields": []fields{
			{"id": "title", "name": "title", "kind": "text", "localized": true, "label": fields{"fr": "Titre"}},
			{"id": "place", "name": "place", "kind": "geopoint", "label": fields{"fr": "Lieu"}},
			{"id": "home", "name": "home", "kind": "geopoint", "label": fields{"fr": "Domicile"}, "visibility": "members"},
			{"id": "text", "name": "text", "kind": "longtext", "label": fields{"fr": "Texte"}},
		}}).data(t, 201)
	role := s.as("administrator", "GET", "/roles/visitor", nil).data(t, 200)
	s.as("administrator", "PATCH", "/roles/visitor", fields{"grants": append(role["grants"].([]any), fields{"collection": "spots", "verbs": []string{"read"}})}).data(t, 200)
	for name, at := range map[string][2]float64{"Alger": {36.75, 3.06}, "Béjaïa": {36.75, 5.06}, "Tamanrasset": {22.79, 5.53}} {
		place := fields{"lat": at[0], "lon": at[1]}
		s.as("administrator", "POST", "/entries/spots", fields{"locale": "fr", "title": name, "place": place, "home": place, "status": "published"}).data(t, 201)
	}
	titles := func(role, query string) string {
		var all []string
		for _, it := range s.as(role, "GET", "/entries/spots?locale=fr&"+query, nil).list(t) {
			all = append(all, it.(map[string]any)["title"].(string))
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for query, want := range map[string]string{
		"filter[place][_near]=3.06,36.75,25":   "Alger",
		"filter[place][_near]=4,36.7,120":      "Alger Béjaïa",
		"filter[place][_bbox]=4,20,6,40":       "Béjaïa Tamanrasset",
		"filter[_not][place][_bbox]=4,20,6,40": "Alger",
		"filter[place][_bbox][0]=4&filter[place][_bbox][1]=20&filter[place][_bbox][2]=6&filter[place][_bbox][3]=30": "Tamanrasset",
	} {
		if got := titles("visitor", query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	s.as("visitor", "GET", "/entries/spots?filter[home][_near]=3.06,36.75,25", nil).problem(t, 400, "invalid_filter")
	if got := titles("administrator", "filter[home][_near]=3.06,36.75,25"); got != "Alger" {
		t.Errorf("with the right: %q", got)
	}
	for query, hint := range map[string]string{
		"filter[place][_near]=3.06,36.75": "kilomètres", "filter[place][_bbox]=1,2,3,4,5": "ouest,sud,est,nord", "filter[text][_contains]=eau": "/api/v1/search",
	} {
		a := s.as("visitor", "GET", "/entries/spots?"+query, nil, "Accept-Language", "fr")
		a.problem(t, 400, "invalid_filter")
		if !strings.Contains(string(a.body), hint) {
			t.Errorf("%s: no %q in %s", query, hint, a.body)
		}
	}
}
