package query

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
)

// grow puts n associations more into a site.
func (s *site) grow(n int) {
	s.t.Helper()
	body := strings.Repeat("Une association qui agit pour la jeunesse et l’enfance. ", 28)
	batch := make([]content.Commit, 0, 500)
	for i := range n {
		e := entry("associations", 1000+i, "administrator").
			live("", v{"members": float64(i % 977), "active": i%3 == 0, "topics": []any{[]string{"water", "youth", "law"}[i%3]},
				"founded": time.Date(1990, 1, 1+i%9000, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), "wilaya": string(id(1 + i%2)), "rank": float64(i)}).
			live("fr", v{"name": fmt.Sprintf("Association numéro %d", i), "slug": fmt.Sprintf("association-%d", i), "body": body}).Entry
		batch = append(batch, content.Commit{Action: "entry.create", Actor: admin, At: e.CreatedAt, Changes: []content.Change{{Entry: e}}})
		if len(batch) == cap(batch) || i == n-1 {
			s.commit(batch...)
			batch = batch[:0]
		}
	}
}

func BenchmarkReads(b *testing.B) {
	s := newSite(b)
	s.grow(100_000)
	lists := map[string]string{
		"find20/default":         "",
		"find20/filtered+sorted": "filter[active][_eq]=true&sort=-members_count,name&fields=name,slug,founded_on,members_count,topics",
		"find20/term":            "filter[topics][_eq]=law&sort=-founded_on&fields=name,slug,founded_on",
		"find20/relation":        "sort=-published_at&fields=name,slug,wilaya.title",
		"find20/all-fields":      "sort=name",
		"find20/half":            "filter[members_count][_gte]=10&sort=name",
		"find20/third":           "filter[topics][_eq]=law&sort=name",
		"find20/over-relation":   "filter[wilaya][code][_eq]=16&sort=name",
	}
	for name, query := range lists {
		p := s.params(query)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				r, err := s.Find(b.Context(), visitor, "associations", p)
				if err != nil || len(r.Items) != 20 {
					b.Fatal(err)
				}
				buf = buf[:0]
				for _, it := range r.Items {
					buf = it.AppendJSON(buf)
				}
			}
		})
	}
	for name, by := range map[string]content.Actor{"visitor": visitor, "administrator": admin} {
		b.Run("get/"+name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				r, err := s.Get(b.Context(), by, "associations", "association-777", Params{})
				if err != nil {
					b.Fatal(err)
				}
				buf = r.Item.AppendJSON(buf[:0])
			}
		})
	}
}
