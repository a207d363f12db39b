package storagetest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/storage"
	. "github.com/recueil-cms/recueil/storage/storagetest"
)

func create(b storage.Bucket, key, text string) error {
	_, err := b.Put(context.Background(), key, strings.NewReader(text), int64(len(text)), storage.Cond{IfAbsent: true})
	return err
}

func holds(t *testing.T, b storage.Bucket, key, want string) {
	t.Helper()
	body, _, err := b.Get(t.Context(), key, storage.Range{})
	if want == "" {
		if !errors.Is(err, storage.ErrNotExist) {
			t.Fatalf("%s: error %v, want ErrNotExist", key, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err != nil || string(got) != want {
		t.Fatalf("%s holds %q, %v; want %q", key, got, err, want)
	}
}

func TestFailBeforeHasNoEffect(t *testing.T) {
	m := NewMemory()
	if err := create(m, "old", "text"); err != nil {
		t.Fatal(err)
	}
	f := NewFaulty(m, 1, FailBefore)
	if err := create(f, "k", "text"); !errors.Is(err, ErrInjected) {
		t.Errorf("error %v", err)
	}
	for _, err := range []error{f.Delete(t.Context(), "old"), f.Purge(t.Context(), "old")} {
		if !errors.Is(err, ErrInjected) {
			t.Errorf("error %v", err)
		}
	}
	holds(t, m, "k", "")
	holds(t, m, "old", "text")
	if f.Injected() != 3 {
		t.Errorf("%d faults are counted, want 3", f.Injected())
	}
	f.Switch(false)
	if err := create(f, "k", "text"); err != nil {
		t.Errorf("switched off: %v", err)
	}
}

func TestLostAnswersTakeEffect(t *testing.T) {
	m := NewMemory()
	f := NewFaulty(m, 1, LostAnswer)
	for range 2 { // the second one has lost the race, and cannot know
		err := create(f, "k", "text")
		if !errors.Is(err, ErrInjected) || errors.Is(err, storage.ErrCondition) {
			t.Errorf("error %v", err)
		}
		holds(t, m, "k", "text")
	}
	if _, _, err := f.Get(t.Context(), "missing", storage.Range{}); !errors.Is(err, ErrInjected) || errors.Is(err, storage.ErrNotExist) {
		t.Errorf("get: error %v", err)
	}
	if err := f.Delete(t.Context(), "k"); !errors.Is(err, ErrInjected) {
		t.Errorf("delete: error %v", err)
	}
	holds(t, m, "k", "")
}

func TestLateEffects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		f := NewFaulty(m, 1, LateEffect(time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		text := []byte("text")
		if _, err := f.Put(ctx, "k", bytes.NewReader(text), 4, storage.Cond{IfAbsent: true}); !errors.Is(err, ErrInjected) {
			t.Errorf("error %v", err)
		}
		copy(text, "XXXX") // the caller's memory and context are its own again
		cancel()
		holds(t, m, "k", "")
		start := time.Now()
		f.Settle()
		if took := time.Since(start); took <= 0 || took > time.Hour {
			t.Errorf("it took effect after %v", took)
		}
		holds(t, m, "k", "text")
		if err := f.Delete(t.Context(), "k"); !errors.Is(err, ErrInjected) {
			t.Errorf("error %v", err)
		}
		holds(t, m, "k", "text")
		f.Settle()
		holds(t, m, "k", "")
	})
}

// TestALateCreateLoses: the condition is looked at when the effect comes.
func TestALateCreateLoses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory()
		f := NewFaulty(m, 1, LateEffect(time.Second))
		if err := create(f, "k", "late"); !errors.Is(err, ErrInjected) {
			t.Errorf("error %v", err)
		}
		if err := create(m, "k", "early"); err != nil {
			t.Error(err)
		}
		f.Settle()
		holds(t, m, "k", "early")
	})
}

func TestDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewFaulty(NewMemory(), 1, Delay(time.Second, 3*time.Second))
		start := time.Now()
		if err := create(f, "k", "text"); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < time.Second || took > 3*time.Second {
			t.Errorf("took %v", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, _, err := f.Get(ctx, "k", storage.Range{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}

func TestBodiesAndListsAreCut(t *testing.T) {
	m := NewMemory()
	for i := range 20 {
		if err := create(m, fmt.Sprintf("k%02d", i), "0123456789"); err != nil {
			t.Fatal(err)
		}
	}
	f := NewFaulty(m, 7, CutShort)
	lengths := map[int]bool{}
	for i := range 20 {
		body, o, err := f.Get(t.Context(), fmt.Sprintf("k%02d", i), storage.Range{Offset: 2, Length: 5})
		if err != nil || o.Size != 10 {
			t.Fatalf("%+v, %v", o, err)
		}
		got, err := io.ReadAll(body)
		if !errors.Is(err, ErrInjected) || !strings.HasPrefix("23456", string(got)) {
			t.Fatalf("%q, %v", got, err)
		}
		lengths[len(got)] = true
	}
	if len(lengths) < 3 {
		t.Errorf("bodies are always cut at the same place: %v", lengths)
	}
	for i := range 20 {
		var last error
		n := 0
		for _, err := range f.List(t.Context(), fmt.Sprintf("k%.*s", i%2, "0"), "") {
			if last = err; err == nil {
				n++
			}
		}
		if !errors.Is(last, ErrInjected) || n >= 20 {
			t.Errorf("%d objects, then %v", n, last)
		}
	}
}

// TestASeedRepeatsARun: the same calls meet the same faults, in whatever order
// the keys take turns.
func TestASeedRepeatsARun(t *testing.T) {
	run := func(seed uint64, order []int) []string {
		f := NewFaulty(NewMemory(), seed, Chance(0.5, FailBefore, LostAnswer))
		out := make([]string, 30)
		for n := range 3 {
			for _, k := range order {
				err := create(f, fmt.Sprintf("k%d", k), "x")
				out[n*10+k] = fmt.Sprint(err)
			}
		}
		return out
	}
	order := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	first := run(1, order)
	slices.Reverse(order)
	if again := run(1, order); !slices.Equal(first, again) {
		t.Errorf("another order:\n%q\n%q", first, again)
	}
	if other := run(2, order); slices.Equal(first, other) {
		t.Error("another seed makes no difference")
	}
}

func TestFaultsCombine(t *testing.T) {
	b := NewFaulty(NewMemory(), 1,
		On(Put, Under("log/", Nth(2, FailBefore))),
		When(func(c Call) bool { return c.Cond.IfMatch != "" }, FailBefore),
		OneOf(On(List, FailBefore)),
	)
	for i, want := range []bool{false, true, false} {
		_, err := b.Put(t.Context(), "log/1", strings.NewReader("x"), 1, storage.Cond{})
		if errors.Is(err, ErrInjected) != want {
			t.Errorf("put number %d: error %v", i+1, err)
		}
	}
	for range 3 {
		if _, err := b.Put(t.Context(), "other", strings.NewReader("x"), 1, storage.Cond{}); err != nil {
			t.Errorf("another key: %v", err)
		}
	}
	if _, err := b.Put(t.Context(), "other", strings.NewReader("x"), 1, storage.Cond{IfMatch: "e"}); !errors.Is(err, ErrInjected) {
		t.Errorf("by condition: error %v", err)
	}
	for _, err := range b.List(t.Context(), "", "") {
		if !errors.Is(err, ErrInjected) {
			t.Errorf("list: error %v", err)
		}
	}
	holds(t, b, "log/1", "x")
}

func TestMemoryRefusesNestedKeys(t *testing.T) {
	m := NewMemory()
	for _, key := range []string{"a/b", "x"} {
		if err := create(m, key, "text"); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"a", "a/b/c", "a/b/c/d", "x/y"} {
		if err := create(m, key, "text"); !errors.Is(err, storage.ErrKey) {
			t.Errorf("%s: error %v, want ErrKey", key, err)
		}
	}
	for _, key := range []string{"a-", "a/c", "a/bc", "x-y", "xy/z"} {
		if err := create(m, key, "text"); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}
