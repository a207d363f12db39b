package query

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
)

// secrets gives the test site with other values in all that a visitor, reader
// or clerk may not read.
func secrets() []*content.Entry {
	out := entries()
	for _, e := range out {
		shared := e.Side(content.Shared)
		set := func(ver *content.Version, field content.FieldID, value any) {
			if ver != nil {
				if _, ok := ver.Values[field]; ok {
					ver.Values[field] = value
				}
			}
		}
		set(shared.Published, "rank", float64(len(e.ID))-9)
		set(shared.Published, "risk", "other")
		if shared.Published != nil && shared.Published.Personal != nil {
			shared.Published.Personal = v{"phone": "0661 " + string(e.ID[20:])}
		}
		for _, l := range append(e.Locales(), content.Shared) {
			if d := e.Side(l).Draft; d != nil {
				d.Values = v{"name": "tout autre", "members": 1000.0, "code": "77", "title": "autre"}
			}
		}
		if e.ID == id(20) { // the file that clerks may not read
			shared.Published.Values = v{"label": "rien à voir", "open": false}
		}
		if e.ID != id(20) && e.ID != id(21) {
			e.CreatedBy, e.UpdatedBy, e.UpdatedAt = userActor("someone"), userActor("else"), e.UpdatedAt.AddDate(1, 0, 0)
		}
	}
	return out
}

// asker makes up questions, most of which make sense.
type asker struct{ *rand.Rand }

func (a asker) pick(words ...string) string { return words[a.IntN(len(words))] }

func (a asker) leaf() string {
	return a.pick("[name][_contains]=o", "[name][_gt]=e", "[phone][_starts_with]=02", "[phone][_null]=false", "[rank][_gt]=1", "[rank][_null]=true",
		"[members_count][_gte]=8", "[wilaya][risk][_eq]=high", "[wilaya][code][_eq]=99", "[wilaya][code][_neq]=16", "[file][open][_eq]=false",
		"[file][label][_contains]=dossier", "[file][label][_null]=true", "[file][about][name][_contains]=eau", "[file][_null]=true",
		"[partners][name][_contains]=projet", "[partners][_none][name][_contains]=autre", "[partners][rank][_lt]=3", "[partners][_none][phone][_contains]=1",
		"[partners][file][open][_eq]=true", "[partners][_none][file][label][_contains]=dossier", "[status][_eq]=changed", "[created_by][_eq]=author",
		"[updated_at][_gt]=2026-06-01", "[partners][created_by][_eq]=author",
		"[_back.associations.partners][name][_contains]=o", "[_back.associations.partners][phone][_null]=false", "[_back.associations.partners][_none][rank][_gt]=1",
		"[_back.files.about][open][_eq]=false", "[_back.files.about][_null]=true", "[_back.files.about][_none][label][_contains]=clos", "[file][_back.associations.file][rank][_gt]=0",
		"[topics][_in]=law,water", "[active][_eq]=true", "[id][_gt]="+string(id(11)))
}

func (a asker) condition(depth int) string {
	switch a.IntN(4) {
	case 0:
		if depth > 0 {
			return "[_not]" + a.condition(depth-1)
		}
	case 1:
		if depth > 0 {
			return a.pick("[_or][0]", "[_and][0]") + a.condition(depth-1)
		}
	}
	return a.leaf()
}

func (a asker) query() string {
	q := []string{"page[size]=" + a.pick("1", "2", "20")}
	if a.IntN(4) > 0 {
		c := a.condition(2)
		q = append(q, "filter"+c)
		if head, ok := strings.CutPrefix(c, "[_or][0]"); ok && !strings.HasPrefix(head, "[_") {
			q = append(q, "filter[_or][1]"+a.condition(1))
		}
	}
	if a.IntN(2) > 0 {
		q = append(q, "sort="+a.pick("name", "-name", "phone", "-rank", "members_count", "wilaya.code", "wilaya.risk", "-file.label", "_back.files.about.label", "-_back.associations.partners.rank", "_back.associations.partners.name", "-updated_at", "created_by", "id", "wilaya.title,-name"))
	}
	if a.IntN(2) > 0 {
		q = append(q, "fields="+a.pick("name", "name,phone", "*", "partners.*", "partners.name,file.label", "wilaya.risk", "file.*", "partners.file.label",
			"partners.wilaya.*", "created_by,name", "status,updated_at", "body.html,logo.*"))
	}
	if a.IntN(3) == 0 {
		q = append(q, "count=exact")
	}
	if a.IntN(4) == 0 {
		q = append(q, "locale="+a.pick("ar", "en", "fr")+"&fallback="+a.pick("*", "fr", "none"))
	}
	if a.IntN(8) == 0 {
		q = append(q, a.pick("version=draft", "trashed=true"))
	}
	return strings.Join(q, "&")
}

func (s *site) answer(by content.Actor, col, query string) string {
	r, err := s.Find(s.t.Context(), by, col, s.params(query))
	if err != nil {
		return wrong(err)
	}
	var b []byte
	for _, it := range r.Items {
		b = append(it.AppendJSON(b), '\n')
	}
	total := -1
	if r.Total != nil {
		total = *r.Total
	}
	return fmt.Sprintf("%s%d %s %s %v", b, total, r.Next, r.Prev, r.Omitted)
}

// TestNoInterference puts the same questions to two sites that differ only in
// what the asker may not read. Whatever the questions, the answers are equal.
func TestNoInterference(t *testing.T) {
	one, other := newSite(t), siteOf(t, secrets())
	seed := uint64(20260301)
	a := asker{rand.New(rand.NewPCG(seed, seed))}
	answered := 0
	for range 1500 {
		query := a.query()
		for _, who := range []string{"", "clerk"} {
			by := userActor(who)
			if who == "" {
				by = visitor
			} else if strings.Contains(query, "phone") || strings.Contains(query, "*") || !strings.Contains(query, "fields") {
				continue // a clerk sees phones
			}
			got, want := other.answer(by, "associations", query), one.answer(by, "associations", query)
			if got != want {
				t.Errorf("%q learns from %s:\n%s\nagainst\n%s", who, query, want, got)
			}
			if !strings.HasPrefix(got, "4") && !strings.HasPrefix(got, "fault") {
				answered++
			}
			if strings.HasPrefix(got, "fault") {
				t.Errorf("%q: %s: %s", who, query, got)
			}
		}
		if t.Failed() {
			return
		}
	}
	if answered < 200 {
		t.Errorf("only %d questions were answered: the others prove little", answered)
	}
}
