package view

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/core/schema/calendar"
)

// filled gives a view and the model of the same n entries.
func filled(t testing.TB, r *rand.Rand, n int) (*DB, *model) {
	t.Helper()
	d := site(t)
	m := &model{entries: map[content.EntryID]*content.Entry{}, defs: map[content.CollectionID]*schema.Collection{}, kinds: d.kinds}
	read(t, d, func(tx *Tx) {
		for _, c := range tx.Collections() {
			m.defs[c.ID] = c
		}
	})
	var batch []content.Commit
	for i := range n {
		e := someEntry(r, i, n)
		m.entries[e.ID] = e
		batch = append(batch, entryCommit(e))
	}
	apply(t, d, batch...)
	return d, m
}

// someCondition makes a condition on a study, in JSON.
func someCondition(r *rand.Rand, n, depth int) map[string]any {
	if depth > 0 {
		switch r.IntN(10) {
		case 0:
			return map[string]any{"_and": []any{someCondition(r, n, depth-1), someCondition(r, n, depth-1)}}
		case 1:
			return map[string]any{"_or": []any{someCondition(r, n, depth-1), someCondition(r, n, depth-1)}}
		case 2:
			return map[string]any{"_not": someCondition(r, n, depth-1)}
		case 3:
			return map[string]any{"wilaya": someWilayaCondition(r)}
		case 4:
			return map[string]any{"related": map[string]any{pick(r, []string{"_some", "_none"}): someLeaf(r, n)}}
		case 5:
			return map[string]any{"related": map[string]any{"wilaya": someWilayaCondition(r)}}
		case 6:
			return map[string]any{"_back.studies.related": map[string]any{pick(r, []string{"_some", "_none"}): pick(r, []map[string]any{someLeaf(r, n), {}})}}
		case 7:
			return map[string]any{"_back.studies.related": map[string]any{"wilaya": map[string]any{"_back.studies.wilaya": someLeaf(r, n)}}}
		}
	}
	return someLeaf(r, n)
}

func someWilayaCondition(r *rand.Rand) map[string]any {
	if r.IntN(2) == 0 {
		return map[string]any{"name": someText(r)}
	}
	return map[string]any{"number": map[string]any{"_eq": fmt.Sprintf("%02d", r.IntN(5))}}
}

func someText(r *rand.Rand) map[string]any {
	op := pick(r, []string{"_eq", "_neq", "_lt", "_lte", "_gt", "_gte", "_contains", "_starts_with", "_null", "_in", "_nin", "_between"})
	switch op {
	case "_null":
		return map[string]any{op: r.IntN(2) == 0}
	case "_in", "_nin", "_between":
		return map[string]any{op: []any{pick(r, someWords), pick(r, someWords)}}
	case "_contains", "_starts_with":
		word := []rune(pick(r, someWords))
		return map[string]any{op: string(word[:1+r.IntN(len(word))])}
	}
	return map[string]any{op: pick(r, someWords)}
}

func someLeaf(r *rand.Rand, n int) map[string]any {
	ordered := func(v func() any) map[string]any {
		op := pick(r, []string{"_eq", "_neq", "_lt", "_lte", "_gt", "_gte", "_null", "_in", "_nin", "_between"})
		switch op {
		case "_null":
			return map[string]any{op: r.IntN(2) == 0}
		case "_in", "_nin", "_between":
			return map[string]any{op: []any{v(), v()}}
		}
		return map[string]any{op: v()}
	}
	keys := func(v func() any) map[string]any {
		op := pick(r, []string{"_eq", "_neq", "_in", "_nin", "_null"})
		switch op {
		case "_null":
			return map[string]any{op: r.IntN(2) == 0}
		case "_in", "_nin":
			return map[string]any{op: []any{v(), v()}}
		}
		return map[string]any{op: v()}
	}
	null := map[string]any{"_null": r.IntN(2) == 0}
	moment := func() any { return calendar.Stamp(at(r.IntN(6))) }
	switch r.IntN(16) {
	case 0:
		return map[string]any{"title": someText(r)}
	case 1:
		return map[string]any{"note": someText(r)}
	case 2:
		return map[string]any{"page_count": ordered(func() any { return float64(r.IntN(4)) })}
	case 3:
		return map[string]any{"open": map[string]any{pick(r, []string{"_eq", "_neq", "_null"}): r.IntN(2) == 0}}
	case 4:
		return map[string]any{"date": ordered(func() any { return fmt.Sprintf("20%02d-01-01", 10+r.IntN(3)) })}
	case 5:
		return map[string]any{"topics": keys(func() any { return pick(r, someTopics) })}
	case 6:
		return map[string]any{"wilaya": keys(func() any { return string(id(4 * r.IntN(n/4+1))) })}
	case 7:
		return map[string]any{"related": keys(func() any { return string(id(r.IntN(n))) })}
	case 8:
		return map[string]any{"place": null}
	case 9:
		return map[string]any{"body": null}
	case 10:
		return map[string]any{"status": keys(func() any { return pick(r, []any{"draft", "published", "changed"}) })}
	case 11:
		return map[string]any{"locale": keys(func() any { return pick(r, []any{"fr", "ar"}) })}
	case 12:
		return map[string]any{pick(r, []string{"updated_at", "published_at", "created_at"}): ordered(moment)}
	case 13:
		return map[string]any{"revision": ordered(func() any { return float64(1 + r.IntN(4)) })}
	case 14:
		return map[string]any{"id": keys(func() any { return string(id(r.IntN(n))) })}
	}
	return map[string]any{"contact": someText(r)}
}

// someList makes a question; false when the filter language cannot put it.
func someList(t *testing.T, r *rand.Rand, tx *Tx, n int) (List, string, bool) {
	raw := someCondition(r, n, 3)
	if r.IntN(3) == 0 { // what drives a list stands at its top
		raw = map[string]any{"_and": []any{map[string]any{"topics": map[string]any{"_eq": "water"}}, raw}}
	}
	text, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	f, err := ask.ParseFilter(back, tx.Collection("studies"), tx.Collection, schema.Builtin(), nil)
	if err != nil {
		return List{}, "", false
	}
	if r.IntN(4) == 0 && len(f.Path) > 1 {
		where := ask.Filter{Path: []ask.Step{{Collection: f.Path[0].Target, System: schema.SysLocale}}, Op: ask.Eq, Value: "fr"}
		f.Path[0].Where, f.Path[0].Live = &where, r.IntN(2) == 0
	}
	orders := pick(r, []string{"", "-date", "date", "title", "-title", "-date,title", "page_count", "open", "wilaya.number", "-wilaya.name,title",
		"_back.studies.related.title", "-_back.studies.related.date", "wilaya._back.studies.wilaya.page_count", "-_back.studies.related.wilaya.number",
		"updated_at", "-published_at", "-revision,title", "-id", "status,-id", "contact", "locale,date"})
	if orders == "open" {
		orders = "date,-page_count"
	}
	l := List{
		Collection: "studies", Live: r.IntN(2) == 0, Filter: f, Order: sort(t, tx, "studies", orders), Limit: 1 + r.IntN(7), Count: true,
		Locales: pick(r, [][]content.Locale{{"fr"}, {"fr", "ar"}, {"ar", "fr", "en"}, {"en", "xx"}, {}, {"en", "ar", "fr"}}),
	}
	l.Trashed = !l.Live && r.IntN(6) == 0
	return l, fmt.Sprintf("%s order %q live %v locales %v trashed %v", text, orders, l.Live, l.Locales, l.Trashed), true
}

// TestListsAgreeWithTheModel asks random questions and compares every page,
// forwards and backwards, with the answer of the naive evaluator.
func TestListsAgreeWithTheModel(t *testing.T) {
	const n, questions = 80, 300
	r := rand.New(rand.NewPCG(1, 2))
	d, m := filled(t, r, n)
	asked, found := 0, 0
	for asked < questions {
		read(t, d, func(tx *Tx) {
			for range 50 {
				l, what, ok := someList(t, r, tx, n)
				if !ok {
					continue
				}
				asked++
				want := m.list(l)
				found += len(want)
				checkPages(t, tx, l, what, want)
				if t.Failed() {
					t.FailNow()
				}
			}
		})
	}
	if found < questions {
		t.Errorf("only %d rows found: the questions are too narrow", found)
	}
}

func checkPages(t *testing.T, tx *Tx, l List, what string, want []content.EntryID) {
	t.Helper()
	got := []content.EntryID{}
	var last *Page
	for l.After = nil; ; l.After = last.Next {
		page, err := tx.List(l)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if page.Total != len(want) {
			t.Fatalf("%s: total %d, want %d", what, page.Total, len(want))
		}
		got = append(got, ids(page.Rows)...)
		last = page
		if page.Next == nil {
			break
		}
		page.Next = throughJSON(t, page.Next)
		if len(got) > len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s: pages of %d\n got %v\nwant %v", what, l.Limit, got, want)
	}
	l.After = nil
	back := slices.Clone(last.Rows)
	for l.Before = last.Prev; l.Before != nil && len(back) <= len(want); {
		page, err := tx.List(l)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		back = append(page.Rows, back...)
		l.Before = page.Prev
	}
	if !slices.Equal(ids(back), want) {
		t.Fatalf("%s: backwards\n got %v\nwant %v", what, ids(back), want)
	}
	if l.Offset = len(want) / 2; l.Offset > 0 {
		l.Before = nil
		page, err := tx.List(l)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if part := want[l.Offset:min(len(want), l.Offset+l.Limit)]; !slices.Equal(ids(page.Rows), part) {
			t.Fatalf("%s: offset %d\n got %v\nwant %v", what, l.Offset, ids(page.Rows), part)
		}
	}
}

func throughJSON(t *testing.T, c *Cursor) *Cursor {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var out Cursor
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestMatchesAgreesWithTheModel(t *testing.T) {
	const n = 80
	r := rand.New(rand.NewPCG(3, 4))
	d, m := filled(t, r, n)
	hits := 0
	read(t, d, func(tx *Tx) {
		for range 600 {
			l, what, ok := someList(t, r, tx, n)
			if !ok {
				continue
			}
			e := m.entries[id(r.IntN(n))]
			if e.Collection != "studies" {
				continue
			}
			locale := pick(r, someLocales)
			want := false
			if has := m.locales(e, l.Live); slices.Contains(has, locale) || slices.Equal(has, []content.Locale{""}) {
				order := []content.Locale{locale}
				want = m.holds(m.row(e, l.Live, order, false), l.Live, order, l.Filter)
			}
			got, err := tx.Matches(e.ID, l.Live, locale, l.Filter)
			if err != nil || got != want {
				t.Fatalf("%s in %s of %s: %v, want %v, %v", what, locale, e.ID, got, want, err)
			}
			if got {
				hits++
			}
		}
	})
	if hits < 20 {
		t.Errorf("only %d hits", hits)
	}
}

func TestWrongQuestionsAreRefused(t *testing.T) {
	d := site(t)
	apply(t, d, entryCommit(entry("studies", 1).live("fr", content.Values{"title": "x"}).Entry))
	leaf := func(f content.FieldID, op ask.Op, v any) ask.Filter {
		return ask.Filter{Path: []ask.Step{{Collection: "studies", Field: f}}, Op: op, Value: v}
	}
	base := List{Collection: "studies", Live: true, Locales: []content.Locale{"fr"}, Limit: 5}
	for name, change := range map[string]func(*List){
		"field":       func(l *List) { l.Filter = leaf("nope", ask.Eq, "x") },
		"operand":     func(l *List) { l.Filter = leaf("title", ask.Eq, 1.0) },
		"list":        func(l *List) { l.Filter = leaf("title", ask.In, "x") },
		"between":     func(l *List) { l.Filter = leaf("pages", ask.Between, []any{1.0}) },
		"variable":    func(l *List) { l.Filter = leaf("title", ask.Eq, ask.Variable{Name: "user"}) },
		"box":         func(l *List) { l.Filter = leaf("place", ask.BBox, []any{1.0, 2.0, 3.0}) },
		"near":        func(l *List) { l.Filter = leaf("place", ask.Near, "1,2,3") },
		"not a place": func(l *List) { l.Filter = leaf("pages", ask.Near, []any{1.0, 2.0, 3.0}) },
		"other":       func(l *List) { l.Filter = leaf("title", ask.Eq, "x"); l.Filter.Path[0].Collection = "wilayas" },
		"no relation": func(l *List) { f := leaf("title", ask.Eq, "x"); f.Path = append(f.Path, f.Path[0]); l.Filter = f },
		"order": func(l *List) {
			l.Order = []ask.Order{{Path: []ask.Step{{Collection: "studies", Field: "topics"}}}}
		},
		"cursor":          func(l *List) { l.After = &Cursor{Cells: []any{"x"}} },
		"two cursors":     func(l *List) { l.After, l.Before = &Cursor{}, &Cursor{} },
		"limit":           func(l *List) { l.Limit = MaxPage + 1 },
		"live in trash":   func(l *List) { l.Trashed = true },
		"injected column": func(l *List) { l.Filter = leaf(`title" OR 1=1 --`, ask.Eq, "x") },
	} {
		l := base
		change(&l)
		read(t, d, func(tx *Tx) {
			if _, err := tx.List(l); err == nil {
				t.Errorf("%s: accepted", name)
			}
		})
	}
}
