package presence_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/presence"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

const entry = content.EntryID("01ARZ3NDEKTSV4RRFFQ69G5FAA")

type clock struct{ at time.Time }

func (c *clock) now() time.Time           { return c.at }
func (c *clock) forward(by time.Duration) { c.at = c.at.Add(by) }

// Two nodes on one bucket see the same people.
func TestPresenceOnTwoNodes(t *testing.T) {
	bucket, time0 := storagetest.NewMemory(), &clock{time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)}
	one, two := presence.NewBoard(bucket, time0.now), presence.NewBoard(bucket, time0.now)
	amina := presence.Sign{Entry: entry, Tab: "tab-of-amina", User: "amina", Locale: "fr"}
	souad := presence.Sign{Entry: entry, Tab: "tab-of-souad", User: "souad", Locale: "ar"}
	give := func(b *presence.Board, s presence.Sign, news bool, who string) []presence.Person {
		t.Helper()
		people, got, err := b.Give(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, p := range people {
			names = append(names, string(p.User))
		}
		if got != news || strings.Join(names, " ") != who {
			t.Fatalf("news %v, present %v; want %v, %s", got, names, news, who)
		}
		return people
	}

	give(one, amina, true, "amina")
	time0.forward(time.Second)
	give(two, souad, true, "amina souad")
	give(one, amina, false, "amina souad")
	amina.Typed = true
	if p := give(one, amina, true, "amina souad"); !p[0].Typed.Equal(time0.at) || !p[1].Typed.IsZero() {
		t.Errorf("%+v", p)
	}
	souad.Take = true
	if p := give(two, souad, true, "amina souad"); !p[1].Took.Equal(time0.at) {
		t.Errorf("%+v", p)
	}
	souad.Take = false

	time0.forward(presence.Span + time.Second)
	give(one, amina, true, "amina") // both were silent for long: she comes anew
	give(two, souad, true, "amina souad")
	if err := one.Leave(t.Context(), entry, "tab-of-souad", "amina"); err != nil { // not hers
		t.Fatal(err)
	}
	give(one, amina, false, "amina souad")
	souad.Tab = amina.Tab // tells it as hers
	give(two, souad, true, "amina souad souad")
	give(one, amina, false, "amina souad souad")
	if err := one.Leave(t.Context(), entry, souad.Tab, "souad"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := two.Leave(t.Context(), entry, "tab-of-souad", "souad"); err != nil {
			t.Fatal(err)
		}
	}
	give(one, amina, false, "amina")
}

func TestPresenceForgetsAndBounds(t *testing.T) {
	bucket, time0 := storagetest.NewMemory(), &clock{time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)}
	b := presence.NewBoard(bucket, time0.now)
	if _, _, err := b.Give(t.Context(), presence.Sign{Entry: entry, Tab: "../../log"}); err == nil {
		t.Error("a tab that leads elsewhere was taken")
	}
	if _, _, err := b.Give(t.Context(), presence.Sign{Entry: entry, Tab: "tab-of-amina", User: "amina"}); err != nil {
		t.Fatal(err)
	}
	if _, err := bucket.Put(t.Context(), "presence/"+string(entry)+"/amina/broken-1", strings.NewReader("{"), 1, storage.Cond{}); err != nil {
		t.Fatal(err)
	}
	time0.forward(time.Hour)
	if people, err := b.Present(t.Context(), entry); err != nil || len(people) != 0 {
		t.Errorf("%v %v", people, err)
	}
	for o, err := range bucket.List(t.Context(), "presence/", "") {
		t.Errorf("left behind: %v %v", o, err)
	}
}
