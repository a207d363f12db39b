package commitlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestAppendLeavesNoGapAndNoFork(t *testing.T) {
	b := storagetest.NewMemory()
	here, there := openLog(t, b, "a"), openLog(t, b, "b")
	if _, err := here.Append(t.Context(), 5, set{}); err == nil || errors.Is(err, ErrConflict) {
		t.Errorf("a gap: %v", err)
	}
	if seq, err := here.Append(t.Context(), 0, set{ID: "first"}); err != nil || seq != 1 {
		t.Fatalf("first: %d, %v", seq, err)
	}
	if _, err := there.Append(t.Context(), 0, set{ID: "late"}); !errors.Is(err, ErrConflict) {
		t.Errorf("a taken place: %v", err)
	}
	if there.Head() != 1 {
		t.Errorf("the loser knows of %d records", there.Head())
	}
	if seq, err := there.Append(t.Context(), 1, set{ID: "second"}); err != nil || seq != 2 {
		t.Errorf("second: %d, %v", seq, err)
	}
	if _, err := here.Append(t.Context(), 0, set{}); !errors.Is(err, ErrConflict) {
		t.Errorf("behind the own head: %v", err)
	}
	if _, err := here.Append(t.Context(), 1); err == nil {
		t.Error("no values are accepted")
	}
	r, err := here.Read(t.Context(), 2)
	if err != nil || r.Node != "b" || len(r.Values) != 1 || r.Values[0].ID != "second" || len(r.Nonce) != 32 {
		t.Errorf("read %+v, %v", r, err)
	}
	if _, err := here.Read(t.Context(), 3); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("beyond the end: %v", err)
	}
}

func TestUnclearAnswersAreSettled(t *testing.T) {
	for name, fault := range map[string]storagetest.Fault{
		"lost answer": storagetest.LostAnswer,
		"no effect":   storagetest.FailBefore,
		"late effect": storagetest.LateEffect(time.Second),
	} {
		synctest.Test(t, func(t *testing.T) {
			memory := storagetest.NewMemory()
			faulty := storagetest.NewFaulty(memory, storagetest.Seed(t), storagetest.On(storagetest.Writes, storagetest.Nth(1, fault)))
			l := openLog(t, faulty, "a")
			for seq := range Seq(5) {
				if got, err := l.Append(t.Context(), seq, set{ID: fmt.Sprint(seq)}); err != nil || got != seq+1 {
					t.Fatalf("%s: %d, %v", name, got, err)
				}
			}
			faulty.Settle()
			count := 0
			for r, err := range openLog(t, memory, "b").Records(t.Context(), 0) {
				if err != nil || r.Values[0].ID != fmt.Sprint(r.Seq-1) {
					t.Errorf("%s: %+v, %v", name, r, err)
				}
				count++
			}
			if count != 5 || l.Stats().Unclear != 5 {
				t.Errorf("%s: %d records, figures %+v", name, count, l.Stats())
			}
		})
	}
}

func TestWhatCannotBeSettledIsSaidSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storagetest.NewMemory()
		l := openLog(t, memory, "a")
		l.bucket = storagetest.NewFaulty(memory, 1, storagetest.FailBefore)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := l.Append(ctx, 0, set{}); !errors.Is(err, ErrUnclear) || errors.Is(err, ErrConflict) {
			t.Errorf("a dead bucket: %v", err)
		}
	})
}

func TestLargeBatchesAreSplit(t *testing.T) {
	l := openLog(t, storagetest.NewMemory(), "a")
	l.limit = 4 << 10
	seed := uint64(0)
	noise := func() string { // that does not compress, one byte a letter in JSON
		seed++
		r := rand.New(rand.NewPCG(seed, 1))
		b := make([]byte, 3<<10)
		for i := range b {
			b[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[r.IntN(64)]
		}
		return string(b)
	}
	var values []set
	for i := range 5 {
		values = append(values, set{ID: fmt.Sprint(i), Text: noise()})
	}
	seq, err := l.Append(t.Context(), 0, values...)
	if err != nil || seq < 3 {
		t.Fatalf("five values of 3 KiB: %d, %v", seq, err)
	}
	var ids []string
	for r, err := range l.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Values {
			ids = append(ids, v.ID)
		}
	}
	if got := strings.Join(ids, ""); got != "01234" {
		t.Errorf("values %s", got)
	}
	huge := set{ID: "huge", Text: noise() + noise()}
	if _, err := l.Append(t.Context(), seq, huge); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a value over the limit: %v", err)
	}
	_, err = l.Append(t.Context(), seq, set{ID: "small"}, huge)
	var partial *PartialError
	if !errors.As(err, &partial) || partial.Values != 1 || partial.Seq != seq+1 || !errors.Is(err, ErrTooLarge) {
		t.Errorf("a small and a huge value: %v", err)
	}

	w, stage := startWriter(t, l, "stage", WriterOptions{})
	done := make(chan error)
	for i := range 6 {
		text := noise()
		if i == 5 {
			text += noise()
		}
		go func() {
			_, err := w.Do(context.Background(), func(b balances) (set, error) {
				v, err := add(fmt.Sprint("w", i), "x", 1)(b)
				v.Text = text
				return v, err
			})
			done <- err
		}()
	}
	tooLarge := 0
	for range 6 {
		if err := <-done; errors.Is(err, ErrTooLarge) {
			tooLarge++
		} else if err != nil {
			t.Error(err)
		}
	}
	if _, now, _ := stage.state(); tooLarge != 1 || now["x"] != 5 {
		t.Errorf("%d of 6 were too large, the balance is %d", tooLarge, now["x"])
	}
}

func TestClockNeverGoesBack(t *testing.T) {
	b := storagetest.NewMemory()
	clock := time.Date(2026, 5, 1, 12, 0, 0, 987, time.UTC)
	l := openLog(t, b, "a", func(o *Options) { o.Now = func() time.Time { return clock } })
	var last time.Time
	for i, jump := range []time.Duration{0, time.Hour, -2 * time.Hour, time.Second} {
		clock = clock.Add(jump)
		if _, err := l.Append(t.Context(), Seq(i), set{}); err != nil {
			t.Fatal(err)
		}
		r, err := l.Read(t.Context(), Seq(i)+1)
		if err != nil || r.At.Before(last) || r.At.Location() != time.UTC || r.At.Nanosecond()%1000 != 0 {
			t.Errorf("record %d is of %s after %s, %v", i+1, r.At, last, err)
		}
		last = r.At
	}
	other := openLog(t, b, "b", func(o *Options) { o.Now = func() time.Time { return clock.Add(-time.Hour) } })
	if _, err := other.Append(t.Context(), 4, set{}); err != nil {
		t.Fatal(err)
	}
	if r, err := other.Read(t.Context(), 5); err != nil || r.At.Before(last) {
		t.Errorf("another node's record is of %s after %s, %v", r.At, last, err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := Options{Node: "a", Now: time.Now, Rand: cryptoLike{rand.New(rand.NewPCG(1, 1))}}
	for name, o := range map[string]Options{
		"no node":   {Now: good.Now, Rand: good.Rand},
		"long node": {Node: strings.Repeat("n", 65), Now: good.Now, Rand: good.Rand},
		"no clock":  {Node: "a", Rand: good.Rand},
		"no rand":   {Node: "a", Now: good.Now},
	} {
		if _, err := Open(t.Context(), storagetest.NewMemory(), Codec[set](JSONCodec[set]{}), o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
