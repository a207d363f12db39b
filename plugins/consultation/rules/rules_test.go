package rules_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/plugins/consultation/rules"
)

func TestPhases(t *testing.T) {
	phases := []rules.Phase{{Key: "a", Starts: "2007-07-01", Ends: "2007-07-31", Allows: []string{"contribute"}}, {Key: "b", Starts: "2007-07-20", Ends: "2007-08-10"}}
	for day, want := range map[string]string{"2007-06-30": "", "2007-07-01": "a", "2007-07-19": "a", "2007-07-20": "b", "2007-08-10": "b", "2007-08-11": ""} {
		got := ""
		if p := rules.Now(phases, day); p != nil {
			got = p.Key
		}
		if got != want || rules.Open(phases, day, "contribute") != (want == "a") {
			t.Errorf("%s: %q, not %q", day, got, want)
		}
	}
	if n := rules.Next(phases, "2007-07-05"); n == nil || n.Key != "b" || rules.Next(phases, "2007-07-20") != nil {
		t.Errorf("next: %+v", n)
	}
	if rules.Disordered(phases) != -1 || rules.Disordered([]rules.Phase{{Starts: "2007-02-01", Ends: "2007-01-01"}}) != 0 {
		t.Error("the order of days")
	}
}

func TestMandates(t *testing.T) {
	m := rules.Mandate{Association: "a", Role: "titular", From: "2007-01-10", To: "2007-12-31", Revoked: "2007-06-01"}
	for day, want := range map[string]bool{"2007-01-09": false, "2007-01-10": true, "2007-05-31": true, "2007-06-01": false} {
		if m.Holds(day) != want || m.Speaks(day) != want {
			t.Errorf("%s: %v", day, m.Holds(day))
		}
	}
	if (rules.Mandate{Association: "a", Role: "expert", From: "2007-01-01"}).Speaks("2007-02-01") {
		t.Error("an expert takes positions")
	}
	all := []rules.Mandate{{ID: "1", Association: "a", Role: "titular", From: "2007-01-01", To: "2007-06-30"}}
	for from, want := range map[string]bool{"2007-06-30": true, "2007-07-01": false} {
		if got := rules.Clash(all, rules.Mandate{Association: "a", Role: "titular", From: from}); (got != nil) != want {
			t.Errorf("two titulars from %s: %v", from, got)
		}
	}
	if rules.Clash(all, rules.Mandate{Association: "b", Role: "titular", From: "2007-02-01"}) != nil {
		t.Error("another association")
	}
}

// Whatever is replied in whatever order, seats are not oversold, nobody has two
// replies, nobody waits while a seat is free, and those who wait come in order.
func TestRegister(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a test
		capacity := 1 + r.IntN(5)
		var replies []rules.Reply
		for step := range 60 {
			one := rules.Reply{Association: fmt.Sprint(r.IntN(9)), Answer: []string{"yes", "yes", "no"}[r.IntN(3)], At: fmt.Sprint(step)}
			before := slices.Clone(replies)
			var full bool
			replies, full = rules.Register(replies, one, capacity, true)
			seated, waiting, seen := 0, 0, map[string]bool{}
			for _, x := range replies {
				if seen[x.Association] {
					t.Fatalf("seed %d: %s has two replies", seed, x.Association)
				}
				seen[x.Association] = true
				switch x.State {
				case rules.Seated:
					seated++
				case rules.Waiting:
					waiting++
				}
			}
			if full || seated > capacity || waiting > 0 && seated < capacity {
				t.Fatalf("seed %d, step %d: %d of %d seats, %d wait, after %+v", seed, step, seated, capacity, waiting, before)
			}
		}
	}
	if _, full := rules.Register([]rules.Reply{{Association: "a", Answer: "yes", State: rules.Seated}}, rules.Reply{Association: "b", Answer: "yes"}, 1, false); !full {
		t.Error("oversold")
	}
}

func TestCount(t *testing.T) {
	got := rules.Count([]rules.Position{{Association: "a", Value: "agree"}, {Association: "b", Value: "disagree"}, {Association: "x", Value: "agree"}, {Association: "a", Value: "agree"}},
		[]string{"a", "b", "c", "d"}, 50)
	if got.Heard != 2 || !got.Quorum || got.Against != 1 || got.Counts["agree"] != 1 || !slices.Equal(got.Silent, []string{"c", "d"}) {
		t.Errorf("%+v", got)
	}
	if rules.Count(nil, nil, 0).Quorum {
		t.Error("nobody is a quorum")
	}
}

func TestDelays(t *testing.T) {
	if got := rules.Late("2007-10-01", "2007-10-13"); got != 12 {
		t.Error(got)
	}
	for _, c := range [][2]string{{"2007-10-01", "2007-10-01"}, {"", "2007-10-01"}, {"2007-10-02", "2007-10-01"}} {
		if got := rules.Late(c[0], c[1]); got != 0 {
			t.Errorf("%v: %d", c, got)
		}
	}
	if rules.After("2007-12-31", 60) != "2008-02-29" {
		t.Error(rules.After("2007-12-31", 60))
	}
	for today, want := range map[string]bool{"2007-09-23": false, "2007-09-24": true, "2007-10-01": true, "2007-10-02": false} {
		if rules.Remind("2007-10-01", today, 7) != want {
			t.Errorf("%s: %v", today, !want)
		}
	}
}

func TestMinutes(t *testing.T) {
	steps := map[string]string{"draft": "circulated", "circulated": "corrected approved", "corrected": "corrected circulated approved", "approved": "published", "published": ""}
	all := []string{"draft", "circulated", "corrected", "approved", "published"}
	for from, to := range steps {
		for _, x := range all {
			want := slices.Contains(strings.Fields(to), x)
			if rules.Step(from, x) != want {
				t.Errorf("%s to %s: %v", from, x, !want)
			}
		}
	}
}

func TestAlike(t *testing.T) {
	texts := []string{"Ouvrir la bibliothèque du quartier le samedi", "Les maisons de jeunes devraient ouvrir le soir jusqu’à vingt heures", "فتح دور الشباب مساء إلى الثامنة"}
	if got := rules.Alike("Ouvrir les maisons des jeunes en soirée, jusqu'à vingt heures", texts, 3); len(got) == 0 || got[0] != 1 {
		t.Errorf("%v", got)
	}
	if got := rules.Alike("Planter des arbres dans les écoles primaires", texts, 3); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if rules.Fold("  Éducation à   Béjaïa ") != "education a bejaia" {
		t.Error(rules.Fold("  Éducation à   Béjaïa "))
	}
}

// Seeds are spread over the circle, both ways round.
func TestOrder(t *testing.T) {
	parts, back := map[int]int{}, 0
	for i := range 1000 {
		o := rules.OrderOf(fmt.Sprint(i))
		if o.Start < 0 || o.Start >= 1 {
			t.Fatal(o)
		}
		parts[int(o.Start*10)]++
		if o.Backward {
			back++
		}
	}
	for i := range 10 {
		if parts[i] < 50 || parts[i] > 150 {
			t.Errorf("part %d has %d of 1000", i, parts[i])
		}
	}
	if back < 400 || back > 600 {
		t.Errorf("%d go backward", back)
	}
}

func TestSeal(t *testing.T) {
	a, b := rules.Seal("a"), rules.Seal("b")
	if a.Mark("x", "1", "2") == a.Mark("x", "12") || a.Mark("x", "1") == b.Mark("x", "1") || !a.Fits(a.Mark("x", "1"), "x", "1") || a.Fits(a.Mark("y", "1"), "x", "1") {
		t.Error("marks of different things are the same")
	}
}

// What became of a text is told in the order in which it is read: a paragraph
// that was taken out stands where it stood.
func TestDifferences(t *testing.T) {
	told := func(before, after string) string {
		var out []string
		for _, c := range rules.Differences(before, after) {
			var words []string
			for _, p := range c.Pieces {
				words = append(words, map[string]string{rules.Unchanged: "", rules.Removed: "-", rules.Added: "+"}[p.Kind]+p.Text)
			}
			out = append(out, fmt.Sprintf("%s %d: %s", c.Kind, c.Number, strings.Join(words, " ")))
		}
		return strings.Join(out, "\n")
	}
	const first = "Nous parlons d’égal à égal.\n\nUne rencontre est annoncée deux semaines avant le jour dit.\n\nLe compte rendu est envoyé dans le mois qui suit.\n\nLes frais sont remboursés."
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", first, first, "same 1: Nous parlons d’égal à égal.\nsame 2: Une rencontre est annoncée deux semaines avant le jour dit.\nsame 3: Le compte rendu est envoyé dans le mois qui suit.\nsame 4: Les frais sont remboursés."},
		{"changed, taken out and added", first,
			"Nous parlons d’égal à égal.\n\nUne rencontre est annoncée trois semaines avant le jour dit.\n\nLe compte rendu est envoyé dans la semaine qui suit.\n\nQuelqu’un traduit.",
			"same 1: Nous parlons d’égal à égal.\nchanged 2: Une rencontre est annoncée -deux +trois semaines avant le jour dit.\nchanged 3: Le compte rendu est envoyé dans -le mois +la semaine qui suit.\nremoved 4: -Les frais sont remboursés.\nadded 4: +Quelqu’un traduit."},
		{"taken out before what changed", "Les frais sont remboursés.\n\nUne rencontre est annoncée deux semaines avant le jour dit.",
			"Une rencontre est annoncée trois semaines avant le jour dit.\n\nQuelqu’un traduit.",
			"removed 1: -Les frais sont remboursés.\nchanged 1: Une rencontre est annoncée -deux +trois semaines avant le jour dit.\nadded 2: +Quelqu’un traduit."},
		{"all new", "Un.", "Deux trois.", "removed 1: -Un.\nadded 1: +Deux trois."},
		{"emptied", "Un.", "", "removed 1: -Un."},
	} {
		if got := told(c.before, c.after); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
	}
}
