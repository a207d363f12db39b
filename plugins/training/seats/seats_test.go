package seats

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

var now = time.Date(2027, 5, 1, 9, 0, 0, 0, time.UTC)

func register(t *testing.T, r *Roster, rules Rules, n int, with func(i int, l *Line)) {
	t.Helper()
	for i := range n {
		l := Line{ID: fmt.Sprint("r", len(r.Lines)), Who: fmt.Sprint("w", len(r.Lines))}
		if with != nil {
			with(i, &l)
		}
		if _, err := r.Register(l, rules); err != nil {
			t.Fatal(err)
		}
	}
}

// The story of a session of 20 seats and 200 people.
func TestStory(t *testing.T) {
	rules := Rules{Capacity: 20, Open: true, Offer: 48 * time.Hour}
	r := &Roster{}
	register(t, r, rules, 200, nil)
	if r.Count(Accepted) != 20 || r.Count(Waiting) != 180 || r.Position("r20") != 1 || r.Position("r199") != 180 {
		t.Fatalf("%d accepted, %d wait", r.Count(Accepted), r.Count(Waiting))
	}
	for _, id := range []string{"r3", "r7", "r11", "r11"} { // twice is once
		if err := r.Cancel(id, CancelledByPerson); err != nil {
			t.Fatal(err)
		}
	}
	r.Settle(rules, now)
	r.Settle(rules, now)
	if r.Count(Offered) != 3 || r.Taken() != 20 || r.Find("r20").State != Offered || r.Find("r22").State != Offered {
		t.Fatalf("%d offers, %d taken", r.Count(Offered), r.Taken())
	}
	if err := errors.Join(r.Accept("r20", now), r.Accept("r20", now), r.Accept("r21", now.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	late := now.Add(48 * time.Hour)
	if err := r.Accept("r22", late); !errors.Is(err, ErrState) {
		t.Errorf("an offer was taken after its end: %v", err)
	}
	r.Settle(rules, late)
	if r.Find("r22").State != Waiting || r.Position("r22") != 177 || r.Find("r23").State != Offered || r.Taken() != 20 {
		t.Errorf("%+v, position %d; %+v", r.Find("r22"), r.Position("r22"), r.Find("r23"))
	}
}

// Whoever comes while others wait does not go before them.
func TestNobodyGoesBefore(t *testing.T) {
	rules := Rules{Capacity: 2, Open: true, Offer: time.Hour}
	r := &Roster{}
	register(t, r, rules, 3, nil)
	if err := r.Cancel("r0", CancelledByOrg); err != nil {
		t.Fatal(err)
	}
	register(t, r, rules, 1, nil)
	if r.Find("r3").State != Waiting || r.Position("r3") != 2 {
		t.Errorf("%+v", r.Find("r3"))
	}
}

// Trainers sign each half-day once; a copy of a roster is its own.
func TestTrainersSign(t *testing.T) {
	r := &Roster{}
	r.SignTrainer("safia", "am", Mark{At: 1}, true)
	r.SignTrainer("safia", "am", Mark{At: 2}, true)
	c := r.Clone()
	c.SignTrainer("safia", "am", Mark{}, false)
	if r.Signs["am"]["safia"].At != 1 || len(c.Signs["am"]) != 0 || r.N != 1 || c.N != 2 {
		t.Errorf("%+v %+v", r, c)
	}
}

func most(n int) *int { return &n }

// Seats that are kept for a group are for nobody else, until those of the group
// have them, or the organiser keeps them no longer.
func TestKept(t *testing.T) {
	rules := Rules{Capacity: 3, Open: true, Offer: time.Hour, Quotas: []Quota{{By: "group", Key: "women", Kept: 2}, {By: "group", Key: "youth", Max: most(1)}}}
	r := &Roster{}
	register(t, r, rules, 2, nil)
	register(t, r, rules, 1, func(_ int, l *Line) { l.Groups = []string{"women", "youth"} })
	register(t, r, rules, 1, func(_ int, l *Line) { l.Groups = []string{"women", "youth"} })
	register(t, r, rules, 2, func(_ int, l *Line) { l.Groups = []string{"women"} })
	for id, want := range map[string]State{"r0": Accepted, "r1": Waiting, "r2": Accepted, "r3": Waiting, "r4": Accepted, "r5": Waiting} {
		if got := r.Find(id).State; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	// The seat of a woman that comes free is kept: r1 waits on, r3 is one young
	// person too many, r5 has it.
	if err := r.Cancel("r4", CancelledByPerson); err != nil {
		t.Fatal(err)
	}
	r.Settle(rules, now)
	if r.Find("r1").State != Waiting || r.Find("r3").State != Waiting || r.Find("r5").State != Offered {
		t.Errorf("%s %s %s", r.Find("r1").State, r.Find("r3").State, r.Find("r5").State)
	}
	if err := r.Decline("r5"); err != nil {
		t.Fatal(err)
	}
	rules.Quotas = nil
	r.Settle(rules, now)
	if r.Find("r1").State != Offered {
		t.Errorf("nothing is kept any more: %s", r.Find("r1").State)
	}
	if err := r.Erase("r2"); err != nil || r.Find("r2").Groups != nil {
		t.Errorf("erased: %v %+v", err, r.Find("r2"))
	}
}

func TestQuotas(t *testing.T) {
	rules := Rules{Capacity: 5, Open: true, Offer: time.Hour, Quotas: []Quota{{By: "association", Max: most(2)}, {By: "wilaya", Key: "06", Max: most(3)}}}
	r := &Roster{}
	register(t, r, rules, 3, func(_ int, l *Line) { l.Association, l.Wilaya = "a", "06" })
	register(t, r, rules, 2, func(_ int, l *Line) { l.Association, l.Wilaya = "b", "06" })
	register(t, r, rules, 1, func(_ int, l *Line) { l.Association, l.Wilaya = "c", "15" })
	for id, want := range map[string]State{"r0": Accepted, "r1": Accepted, "r2": Waiting, "r3": Accepted, "r4": Waiting, "r5": Accepted} {
		if got := r.Find(id).State; got != want {
			t.Errorf("%s: %s, want %s", id, got, want)
		}
	}
	// A seat of the wilaya is free: the one of b may have it, the third of a not.
	if err := r.Cancel("r3", CancelledByPerson); err != nil {
		t.Fatal(err)
	}
	r.Settle(rules, now)
	if r.Find("r2").State != Waiting || r.Find("r4").State != Offered {
		t.Errorf("%s %s", r.Find("r2").State, r.Find("r4").State)
	}
}

func TestSubstitution(t *testing.T) {
	rules := Rules{Capacity: 1, Open: true}
	r := &Roster{}
	register(t, r, rules, 1, func(_ int, l *Line) { l.Association = "a" })
	for _, c := range []struct {
		by   Line
		want error
	}{
		{Line{ID: "x", Who: "wx", Association: "b"}, ErrOther},
		{Line{ID: "x", Who: "wx"}, ErrOther},
		{Line{ID: "x", Who: "w0", Association: "a"}, ErrThere},
		{Line{ID: "x", Who: "wx", Association: "a"}, nil},
		{Line{ID: "x", Who: "wx", Association: "a"}, nil}, // again
	} {
		if err := r.Replace("r0", c.by); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c.by, err)
		}
	}
	if l := r.Find("x"); l == nil || l.State != Accepted || r.Taken() != 1 || l.Was[0] != "r0" {
		t.Errorf("%+v", l)
	}
}

func TestAttendance(t *testing.T) {
	rules := Rules{Open: true}
	r := &Roster{}
	register(t, r, rules, 3, nil)
	days := []string{"2027-05-12-am", "2027-05-12-pm"}
	m := Mark{At: now.Unix(), Source: "desk"}
	err := errors.Join(r.Sign("r0", days[0], m, true), r.Sign("r0", days[1], m, true), r.Sign("r1", days[0], m, true),
		r.Sign("r2", days[0], m, true), r.Sign("r2", days[0], m, false))
	if err != nil {
		t.Fatal(err)
	}
	n := r.N
	if err := r.Sign("r0", days[0], Mark{At: 1}, true); err != nil || r.N != n || r.Find("r0").Marks[days[0]].At != now.Unix() {
		t.Errorf("a second mark counts: %v", err)
	}
	r.Close(days)
	if r.Find("r0").State != Attended || r.Find("r1").State != Partial || r.Find("r2").State != Absent {
		t.Errorf("%+v", r.Lines)
	}
	if err := r.Erase("r0"); err != nil || r.Count(Attended) != 1 || r.Find("r0").Who != "" {
		t.Errorf("erased: %v %+v", err, r.Find("r0"))
	}
}

// Whoever answers otherwise than when they were let in keeps the seat until that
// is decided anew; a seat of a group is not taken along to another.
func TestAmend(t *testing.T) {
	rules := Rules{Capacity: 2, Open: true, Approval: true, Offer: time.Hour, Quotas: []Quota{{By: "group", Key: "youth", Max: most(1)}}}
	r := &Roster{}
	register(t, r, rules, 3, func(i int, l *Line) { l.Groups = []string{"youth"}[:min(1, 2-i)] })
	if err := r.Amend("r0", nil, rules); err != nil || r.Find("r0").State != Submitted || r.Find("r0").Held {
		t.Fatalf("who was not let in: %v %+v", err, r.Find("r0"))
	}
	for _, id := range []string{"r0", "r1", "r2"} {
		if err := r.Approve(id, rules); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Clone().Amend("r0", []string{"youth"}, rules); !errors.Is(err, ErrQuota) {
		t.Errorf("more of a group than it has seats: %v", err)
	}
	for range 2 {
		if err := r.Amend("r1", nil, rules); err != nil || r.Find("r1").State != Submitted || !r.Find("r1").Held || r.Taken() != 2 {
			t.Fatalf("%v %+v", err, r.Find("r1"))
		}
		r.Settle(rules, now)
	}
	if r.Find("r2").State != Waiting {
		t.Errorf("the seat of who waits for approval was given away: %+v", r.Find("r2"))
	}
	if err := r.Approve("r1", rules); err != nil || r.Find("r1").State != Accepted || r.Find("r1").Held {
		t.Errorf("%v %+v", err, r.Find("r1"))
	}
	if err := r.Amend("r0", nil, rules); err != nil {
		t.Fatal(err)
	}
	if err := r.Reject("r0"); err != nil {
		t.Fatal(err)
	}
	if r.Settle(rules, now); r.Find("r2").State != Offered || r.Taken() != 2 {
		t.Errorf("a seat that was given up is not offered: %+v", r.Find("r2"))
	}
	rules.Approval = false
	if err := r.Amend("r1", nil, rules); err != nil || r.Find("r1").State != Accepted {
		t.Errorf("nobody approves, and somebody has to: %v %+v", err, r.Find("r1"))
	}
}

// Whatever happens in whatever order, the invariants hold.
func TestInvariants(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 7)) //nolint:gosec // repeatable
		rules := Rules{Capacity: 1 + rng.IntN(6), Open: true, Offer: time.Duration(1+rng.IntN(5)) * time.Hour, Approval: rng.IntN(4) == 0}
		if rng.IntN(2) == 0 {
			rules.Quotas = []Quota{{By: "association", Max: most(1 + rng.IntN(3))}, {By: "group", Key: "women", Kept: rng.IntN(3)}}
		}
		r, at := &Roster{}, now
		for step := range 120 {
			id := fmt.Sprint("r", rng.IntN(25))
			offered := map[string]int{}
			for _, l := range r.Lines {
				offered[l.ID] = l.Offers
			}
			taken := r.Taken()
			switch rng.IntN(10) {
			case 0, 1, 2:
				_, _ = r.Register(Line{ID: id, Who: "w" + id, Association: fmt.Sprint(rng.IntN(3)), Groups: []string{"women"}[:rng.IntN(2)]}, rules)
			case 3:
				_ = r.Cancel(id, CancelledByPerson)
			case 4:
				_ = r.Accept(id, at)
			case 5:
				_ = r.Approve(id, rules)
			case 6:
				_ = r.Confirm(id)
			case 7:
				at = at.Add(time.Duration(rng.IntN(4)) * time.Hour)
			case 9:
				_ = r.Amend(id, []string{"women"}[:rng.IntN(2)], rules)
			case 8:
				rules.Capacity = max(1, rules.Capacity-rng.IntN(2)) // evicts nobody
			}
			r.Settle(rules, at)
			if got := r.Taken(); got > rules.Capacity && got > taken {
				t.Fatalf("seed %d step %d: %d of %d seats taken", seed, step, got, rules.Capacity)
			}
			who := map[string]bool{}
			for _, l := range r.Lines {
				if !l.State.Over() && who[l.Who] {
					t.Fatalf("seed %d step %d: %s twice", seed, step, l.Who)
				}
				who[l.Who] = who[l.Who] || !l.State.Over()
				if l.Offers > offered[l.ID]+1 {
					t.Fatalf("seed %d step %d: two offers at once", seed, step)
				}
			}
		}
	}
}
