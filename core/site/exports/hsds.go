package exports

import (
	"strconv"

	"github.com/google/uuid"

	"github.com/recueil-cms/recueil/core/site/entry"
)

// Open Referral's Human Services Data Specification 3: an organisation with
// its services and places.

// HSDSList writes organisations as one page of the API of the specification.
func (w Writer) HSDSList(entries []*entry.Entry) ([]byte, error) {
	contents := []map[string]any{}
	for _, e := range entries {
		contents = append(contents, w.hsds(e))
	}
	return []byte(entry.JSON(map[string]any{"total_items": len(entries), "total_pages": 1, "page_number": 1,
		"size": len(entries), "first_page": true, "last_page": true, "empty": len(entries) == 0, "contents": contents})), nil
}

// HSDS writes one organisation.
func (w Writer) HSDS(e *entry.Entry) ([]byte, error) { return []byte(entry.JSON(w.hsds(e))), nil }

// hsdsID is the identifier of an entry, or of a part of it: the specification
// wants UUIDs, and ours are always the same.
func hsdsID(e *entry.Entry, part ...string) string {
	name := "urn:ulid:" + string(e.ID)
	for _, p := range part {
		name += "/" + p
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)).String()
}

func (w Writer) hsds(e *entry.Entry) map[string]any {
	name := e.Text("name")
	if name == "" {
		name = e.Title
	}
	out := entry.Filled("id", hsdsID(e), "name", name, "alternate_name", e.Text("short_name"),
		"email", e.Text("public_email")+e.Text("email"), "website", e.Code("website"), "uri", w.Base+e.URL)
	if out["description"] = e.Summary(); out["description"] == "" {
		out["description"] = name // which the specification wants to be there
	}
	if founded := e.Code("founded_on"); len(founded) >= 4 {
		if year, err := strconv.Atoi(founded[:4]); err == nil {
			out["year_incorporated"] = year
		}
	}
	if legal := e.Field("legal"); legal != nil && len(legal.Items) > 0 {
		out["legal_status"] = legal.Items[0].Text("law")
		if all := hsdsIdentifiers(e, legal.Items[0]); len(all) > 0 {
			out["organization_identifiers"] = all
		}
	}
	if location := hsdsLocation(e); location != nil {
		out["locations"] = []map[string]any{location}
	}
	if phones := e.Field("phones"); phones != nil {
		var all []map[string]any
		for i, p := range phones.Items {
			if n := p.Code("number"); n != "" {
				all = append(all, entry.Filled("id", hsdsID(e, "phone", strconv.Itoa(i)), "number", n, "description", p.Text("use")))
			}
		}
		out["phones"] = all
	}
	if services := e.Field("services"); services != nil {
		out["services"] = hsdsServices(e, services)
	}
	return out
}

// hsdsIdentifiers are the numbers by which registers know an organisation.
func hsdsIdentifiers(e *entry.Entry, legal *entry.Values) []map[string]any {
	var out []map[string]any
	for _, one := range [][3]string{{"receipt_no", "", "registration receipt"}, {"rna", "FR-RNA", "association"}, {"siren", "FR-INSEE", "company"}} {
		if number := legal.Text(one[0]); number != "" {
			out = append(out, entry.Filled("id", hsdsID(e, "identifier", one[0]), "organization_id", hsdsID(e),
				"identifier_scheme", one[1], "identifier_type", one[2], "identifier", number))
		}
	}
	return out
}

func hsdsLocation(e *entry.Entry) map[string]any {
	place := entry.Place(e.Raw("location"))
	if place == nil {
		return nil
	}
	out := entry.Filled("id", hsdsID(e, "location"), "location_type", "physical", "name", e.Text("commune"))
	out["latitude"], out["longitude"] = place.Lat, place.Lon
	var spoken []map[string]any
	for _, code := range e.Languages() {
		spoken = append(spoken, map[string]any{"id": hsdsID(e, "language", code), "code": code})
	}
	if spoken != nil {
		out["languages"] = spoken
	}
	return out
}

// hsdsServices gives the services; when the profile was last confirmed is what
// the specification calls assured.
func hsdsServices(e *entry.Entry, services *entry.Value) []map[string]any {
	states := map[string]string{"active": "active", "paused": "temporarily closed", "closed": "inactive"}
	var out []map[string]any
	for i, s := range services.Items {
		state := states[s.Code("state")]
		if state == "" {
			state = "active"
		}
		name := s.Text("title")
		if name == "" {
			name = e.Title
		}
		service := entry.Filled("id", hsdsID(e, "service", strconv.Itoa(i)), "organization_id", hsdsID(e), "name", name,
			"description", s.Text("description"), "status", state, "eligibility_description", s.Text("eligibility"),
			"application_process", s.Text("access"), "fees_description", s.Text("fees"), "assured_date", e.Code("last_confirmed_on"))
		if areas := e.LinkTitles("areas_of_action"); len(areas) > 0 {
			var all []map[string]any
			for _, area := range areas {
				all = append(all, map[string]any{"id": hsdsID(e, "area", strconv.Itoa(i), area), "name": area})
			}
			service["service_areas"] = all
		}
		out = append(out, service)
	}
	return out
}
