package demo

import (
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// words are what generated profiles are made of.
type words struct {
	Heads, Tails   []string
	HeadsAr        []string `json:"heads_ar"`
	TailsAr        []string `json:"tails_ar"`
	Who, What, Why []string
	WhoAr          []string `json:"who_ar"`
	WhatAr         []string `json:"what_ar"`
	Mission        string
	MissionAr      string `json:"mission_ar"`
	Description    string
}

// generator draws profiles.
type generator struct {
	words
	r      *rand.Rand
	places []map[string]any             // shared values of the written profiles
	terms  map[string][]content.EntryID // by scheme
}

// Generate draws n plausible associations; the same seed gives the same ones,
// whatever n is. They refer to territories and terms of Entries, which have to
// be there. Each is about 2 KB; every third one has Arabic as well.
func Generate(seed uint64, n int) (iter.Seq[Entry], error) {
	raw, err := files.ReadFile("words.json")
	if err != nil {
		return nil, err
	}
	g := &generator{terms: map[string][]content.EntryID{}}
	if err := json.Unmarshal(raw, &g.words); err != nil {
		return nil, fmt.Errorf("read the words: %w", err)
	}
	entries, err := Entries()
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		switch e.Collection {
		case "associations":
			g.places = append(g.places, e.Inputs[content.Shared])
		case "terms":
			scheme, _ := e.Inputs[content.Shared]["scheme"].(string)
			g.terms[scheme] = append(g.terms[scheme], e.ID)
		}
	}
	return func(yield func(Entry) bool) {
		for i := range n {
			g.r = rand.New(rand.NewPCG(seed, uint64(i)))
			if !yield(g.draw(seed, i)) {
				return
			}
		}
	}, nil
}

func (g *generator) draw(seed uint64, i int) Entry {
	key := fmt.Sprintf("associations/generated-%d-%d", seed, i)
	place := g.places[g.r.IntN(len(g.places))]
	head, tail := g.r.IntN(len(g.Heads)), g.r.IntN(len(g.Tails))
	commune, _ := place["commune"].(string)
	name := fmt.Sprintf("%s %s, %s (%d)", g.Heads[head], g.Tails[tail], commune, i)
	year := 1990 + g.r.IntN(36)
	shared := map[string]any{
		"name": name, "name_ar": fmt.Sprintf("%s %s (%d)", g.HeadsAr[head], g.TailsAr[tail], i),
		"slug":       fmt.Sprintf("generee-%d-%d", seed, i),
		"kind":       "association",
		"founded_on": fmt.Sprintf("%d-%02d-%02d", year, 1+g.r.IntN(12), 1+g.r.IntN(28)),
		"legal":      place["legal"], "commune": commune, "wilaya": place["wilaya"],
		"location":        g.near(place["location"]),
		"areas_of_action": place["areas_of_action"], "languages": place["languages"],
		"themes": g.some("themes", 3), "activities": g.some("activities", 3),
		"target_groups": g.some("target_groups", 2), "skills_offered": g.some("skills", 2), "needs": g.some("skills", 2),
		"members_count": float64(10 + g.r.IntN(300)), "volunteers": float64(g.r.IntN(80)), "employees": float64(g.r.IntN(9)),
		"public_email": "generee-" + strconv.Itoa(i) + "@associations.example.org",
		"website":      "https://generee-" + strconv.Itoa(i) + ".example.org/",
		"contact_form": true, "member_since": strconv.Itoa(2020 + g.r.IntN(7)), "membership_status": "member",
		"last_confirmed_on": fmt.Sprintf("2026-%02d-%02d", 1+g.r.IntN(11), 1+g.r.IntN(28)),
	}
	what := g.r.Perm(len(g.What))
	who, why := g.r.IntN(len(g.Who)), g.r.IntN(len(g.Why))
	fill := strings.NewReplacer("{who}", g.Who[who], "{what}", g.What[what[0]], "{what2}", g.What[what[1]], "{what3}", g.What[what[2]],
		"{why}", g.Why[why], "{commune}", commune, "{n}", strconv.Itoa(i))
	e := Entry{Key: key, ID: ID(key), Collection: "associations", Inputs: map[content.Locale]map[string]any{
		content.Shared: shared,
		"fr":           {"mission": fill.Replace(g.Mission), "description": fill.Replace(g.Description)},
	}}
	if g.r.IntN(3) == 0 {
		fill := strings.NewReplacer("{who}", g.WhoAr[who], "{what}", g.WhatAr[what[0]], "{what2}", g.WhatAr[what[1]], "{n}", strconv.Itoa(i))
		e.Inputs["ar"] = map[string]any{"mission": fill.Replace(g.MissionAr)}
	}
	return e
}

// some draws up to n different terms of a scheme.
func (g *generator) some(scheme string, n int) []any {
	all := g.terms[scheme]
	var out []any
	for _, i := range g.r.Perm(len(all))[:1+g.r.IntN(n)] {
		out = append(out, string(all[i]))
	}
	return out
}

// near moves a place by up to a fifth of a degree.
func (g *generator) near(place any) any {
	p, ok := place.(map[string]any)
	if !ok {
		return nil
	}
	lat, _ := p["lat"].(float64)
	lon, _ := p["lon"].(float64)
	return map[string]any{"lat": lat + (g.r.Float64()-0.5)*0.4, "lon": lon + (g.r.Float64()-0.5)*0.4, "precision": "commune"}
}
