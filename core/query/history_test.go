package query

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// logged is a test site whose commits are in a log too.
func logged(t *testing.T) *site {
	t.Helper()
	log, err := commitlog.Open(t.Context(), storagetest.NewMemory(), commitlog.JSONCodec[content.Commit]{},
		commitlog.Options{Node: "n", Now: func() time.Time { return today }, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.Engine.log = log
	// The site itself was made without the log: its records stand for nothing.
	for range s.db.Seq() {
		if _, err := log.Append(t.Context(), log.Head(), content.Commit{Action: "filler"}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// save puts a new revision of association 13 into the log and the view, in a
// record with another commit before it.
func (s *site) save(rev int, name string) {
	s.t.Helper()
	e := entry("associations", 13, "author").draft("", v{"members": float64(rev)}).draft("fr", v{"name": name, "slug": "projet"}).Entry
	e.Revision = rev
	c := content.Commit{Action: "entry.save", Actor: userActor("author"), At: today.Add(time.Duration(rev) * time.Hour), Reason: fmt.Sprint("raison ", rev),
		Subject: string(e.ID), Changes: []content.Change{{Entry: e}}}
	other := content.Commit{Action: "entry.save", Actor: admin, At: today,
		Changes: []content.Change{{Entry: entry("files", 50, "x").draft("", v{"label": "x"}).Entry}}}
	stage, err := s.log.Append(s.t.Context(), s.log.Head(), other, c)
	if err != nil || stage != s.db.Seq()+1 {
		s.t.Fatalf("append: %d, %v", stage, err)
	}
	s.commit(other, c)
}

func TestRevisions(t *testing.T) {
	s := logged(t)
	for rev := 2; rev <= 6; rev++ {
		s.save(rev, fmt.Sprint("Projet ", rev))
	}
	by := userActor("author")
	var got []string
	p := Params{Page: Page{Size: 2}}
	for {
		items, next, basis, err := s.Revisions(t.Context(), by, "associations", string(id(13)), p)
		if err != nil || basis.Seq != s.db.Seq() {
			t.Fatalf("%v, %v", basis, err)
		}
		for _, it := range items {
			got = append(got, fmt.Sprintf("%d %s %s %s", it.Revision, it.Action, it.Actor.ID, it.Reason))
		}
		if p.Page.After = next; next == "" {
			break
		}
	}
	if len(got) != 6 || got[0] != "6 entry.save author raison 6" || got[5] != "1 entry.create author " {
		t.Errorf("history: %q", got)
	}
	for query, want := range map[string]string{
		"version=rev:4": `"name":"Projet 4"`, "version=rev:6": `"name":"Projet 6"`, "version=rev:4&fields=members_count": `"members_count":4`,
		"version=rev:9": "404 revision_not_found", "version=rev:4&locale=ar": "404 entry_not_in_locale", "version=rev:4&sort=x": "400 parameter_not_here sort",
		"version=rev:4&fields=rank": "403 field_not_readable fields",
	} {
		if got := s.get(by, "associations", string(id(13)), query); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if got := s.get(by, "associations", "projet", "version=rev:3&fields=name,revision,status"); got !=
		`{"id":"`+string(id(13))+`","revision":3,"status":"draft","name":"Projet 3"}` {
		t.Errorf("by slug: %s", got)
	}
}

// TestHistoryTakesTheRightToDrafts: history tells of drafts.
func TestHistoryTakesTheRightToDrafts(t *testing.T) {
	s := logged(t)
	s.save(2, "Projet 2")
	for _, c := range []struct {
		who  string
		n    int
		want string
	}{
		{"", 10, "401 sign_in_first"}, {"", 13, "401 sign_in_first"}, {"reader", 10, "403 not_allowed"}, {"author", 14, "404 entry_not_found"},
		{"author", 10, "404 entry_not_found"}, {"author", 13, ""}, {"editor", 16, ""}, {"reviewer", 16, "404 entry_not_found"}, {"editor", 99, "404 entry_not_found"},
	} {
		by := userActor(c.who)
		if c.who == "" {
			by = visitor
		}
		_, _, _, err := s.Revisions(t.Context(), by, "associations", string(id(c.n)), Params{})
		if got := refusal(err); got != c.want {
			t.Errorf("%q reads the history of %d: %s, want %s", c.who, c.n, got, c.want)
		}
		if c.n == 13 || c.want != "" {
			_, err = s.Revision(t.Context(), by, "associations", string(id(c.n)), 2, Params{})
			if got := refusal(err); got != c.want {
				t.Errorf("%q reads revision 2 of %d: %s, want %s", c.who, c.n, got, c.want)
			}
		}
	}
	if _, _, _, err := s.Revisions(t.Context(), admin, "associations", string(id(13)), Params{Sort: "name"}); refusal(err) != "400 parameter_not_here sort" {
		t.Errorf("a parameter without use: %v", err)
	}
}

func refusal(err error) string {
	if err == nil {
		return ""
	}
	return wrong(err)
}

func TestAudit(t *testing.T) {
	s := newSite(t)
	var all []string
	page := Page{Size: 4}
	for range 20 {
		items, next, err := s.Audit(t.Context(), admin, AuditFilter{}, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range items {
			all = append(all, it.Action)
		}
		if page.After = next; next == "" {
			break
		}
	}
	if len(all) != len(entries())+1 || all[len(all)-1] != "site.init" {
		t.Errorf("trail: %v", all)
	}
	items, _, err := s.Audit(t.Context(), admin, AuditFilter{Actor: "author", Action: "entry."}, Page{})
	if err != nil || len(items) != 4 {
		t.Errorf("of the author: %v, %v", items, err)
	}
	for who, want := range map[string]problem.Kind{"": problem.Unauthenticated, "reader": problem.Forbidden, "editor": problem.Forbidden} {
		by := userActor(who)
		if who == "" {
			by = visitor
		}
		if _, _, err := s.Audit(t.Context(), by, AuditFilter{}, Page{}); problem.KindOf(err) != want {
			t.Errorf("%q reads the audit trail: %v", who, err)
		}
	}
	if _, _, err := s.Audit(t.Context(), admin, AuditFilter{}, Page{After: "bm8"}); refusal(err) != "400 cursor_invalid page[after]" {
		t.Errorf("a made-up place: %v", err)
	}
}
