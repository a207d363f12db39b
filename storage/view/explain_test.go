package view

import (
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
)

// TestImportantListsUseAnIndex fails when a list that a page of the site or the
// console opens with reads a whole table or sorts.
func TestImportantListsUseAnIndex(t *testing.T) {
	d, _ := large(t, t.TempDir(), 300)
	defer d.Close()
	for _, c := range []struct {
		name, filter, sort string
		live               bool
		sorts              bool // a few rows, so many at most as probed
	}{
		{name: "newest", filter: `{}`, sort: "-date", live: true},
		{name: "default order", filter: `{}`, sort: "-date,title", live: true},
		{name: "by title", filter: `{}`, sort: "title", live: true},
		{name: "by id", filter: `{}`, sort: "", live: true},
		{name: "last updated", filter: `{}`, sort: "-updated_at"},
		{name: "last published", filter: `{}`, sort: "-published_at", live: true},
		{name: "created", filter: `{}`, sort: "created_at"},
		{name: "topic, newest", filter: `{"topics":{"_eq":"water"}}`, sort: "-date", live: true},
		{name: "topic, oldest", filter: `{"topics":{"_eq":"water"}}`, sort: "date", live: true},
		{name: "wilaya, newest", filter: `{"wilaya":{"number":{"_eq":"06"}}}`, sort: "-date", live: true},
		{name: "facet of one value", filter: `{"open":{"_eq":true}}`, sort: "-date", live: true},
		{name: "a unique value", filter: `{"title":{"_eq":"x"}}`, sort: "title", sorts: true},
		{name: "one day", filter: `{"date":{"_eq":"2011-05-04"}}`, sort: "title", sorts: true},
		{name: "drafts", filter: `{"status":{"_eq":"draft"}}`, sort: "title", sorts: true},
	} {
		read(t, d, func(tx *Tx) {
			l := List{Collection: "studies", Live: c.live, Locales: []content.Locale{"fr", "ar"}, Limit: 3,
				Filter: filter(t, tx, "studies", c.filter), Order: sort(t, tx, "studies", c.sort)}
			for _, after := range []bool{false, true} {
				if after {
					page, err := tx.List(l)
					if err != nil {
						t.Fatal(err)
					}
					if l.After = page.Next; l.After == nil {
						return
					}
				}
				plan := explain(t, tx, l)
				if strings.Contains(plan, "SCAN c_") || strings.Contains(plan, "SCAN links") || strings.Contains(plan, "SCAN r") ||
					(!c.sorts && strings.Contains(plan, "TEMP B-TREE")) {
					t.Errorf("%s, after %v:\n%s", c.name, after, plan)
				}
				if c.sorts && !strings.Contains(plan, "LIST SUBQUERY") {
					t.Errorf("%s is not driven by its condition:\n%s", c.name, plan)
				}
			}
		})
	}
}

func explain(t *testing.T, tx *Tx, l List) string {
	t.Helper()
	p, err := tx.plan(&l)
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.inner(p.terms, l.After)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = tx.c.query(t.Context(), "EXPLAIN QUERY PLAN "+text, p.q.args, func(v []driver.Value) error {
		out.WriteString(asText(v[3]) + "\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestSlugsAreFoundByTheirIndex: with one shelf, as in a collection of one
// locale, SQLite once walked the whole shelf for the sake of the order.
func TestSlugsAreFoundByTheirIndex(t *testing.T) {
	d, _ := large(t, t.TempDir(), 10)
	defer d.Close()
	read(t, d, func(tx *Tx) {
		c, field, err := tx.slugColumn("studies")
		if err != nil {
			t.Fatal(err)
		}
		for _, shelves := range [][]int{{1}, {1, 2}, {1, 2, 3}} {
			var plan strings.Builder
			err := tx.c.query(t.Context(), "EXPLAIN QUERY PLAN "+bySlug("SELECT r.entry FROM "+table(c.n)+" r", field, shelves), []any{"x"},
				func(v []driver.Value) error {
					plan.WriteString(asText(v[3]) + "\n")
					return nil
				})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(plan.String(), field.value()+"=? AND shelf=?") {
				t.Errorf("with %d shelves:\n%s", len(shelves), plan.String())
			}
		}
	})
}
