package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestAPanicEndsTheNodeInOrder(t *testing.T) {
	failed := make(chan error, 1)
	g := newGroup(slog.New(slog.DiscardHandler), func(err error) { failed <- err })
	ended := make(chan struct{})
	g.run("good", func(ctx context.Context) error {
		<-ctx.Done()
		close(ended)
		return nil
	})
	g.run("bad", func(context.Context) error { panic("no way on") })
	if err := <-failed; !errors.Is(err, errPanic) || !strings.Contains(err.Error(), "bad") {
		t.Errorf("the node was told %v", err)
	}
	select {
	case <-ended:
		t.Error("another part was ended by the panic itself")
	default:
	}
	if err := g.stop(t.Context()); err != nil {
		t.Error(err)
	}
	<-ended
}

func TestStopGivesUpOnAPartThatHangs(t *testing.T) {
	g := newGroup(slog.New(slog.DiscardHandler), func(error) {})
	release := make(chan struct{})
	g.run("stuck", func(context.Context) error { <-release; return nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.stop(ctx); err == nil {
		t.Error("stopping did not say that a part hangs")
	}
	close(release)
	if err := g.stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// A view of another bucket is thrown away, not served.
func TestAViewOfAnotherLogIsMadeAnew(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := open(t, storagetest.NewMemory(), data)
	for range 3 {
		if _, err := first.runner.Do(t.Context(), system("test"), action.CreateEntry{Collection: "pages",
			Inputs: action.Inputs{"fr": {"title": "Ailleurs"}}}); err != nil {
			t.Fatal(err)
		}
	}
	closeNode(t, first)
	second := open(t, storagetest.NewMemory(), data)
	defer closeNode(t, second)
	if empty, err := second.empty(t.Context()); err != nil || !empty {
		t.Errorf("entries of another bucket are shown (%v)", err)
	}
}

// ticking gives a node a clock and ticks of the test's own.
type ticking struct {
	now   time.Time
	ticks map[time.Duration]chan time.Time
}

func (k *ticking) parts(bucket *storagetest.Memory) Parts {
	return Parts{Bucket: bucket, Now: func() time.Time { return k.now },
		Ticks: func(d time.Duration) (<-chan time.Time, func()) { return k.ticks[d], func() {} }}
}

// A snapshot is stored when enough is new, and a fresh node starts from it.
func TestSnapshotsAreStored(t *testing.T) {
	bucket := storagetest.NewMemory()
	k := &ticking{now: time.Now(), ticks: map[time.Duration]chan time.Time{snapshotCheck: make(chan time.Time)}}
	n, err := openNode(t.Context(), Config{Data: t.TempDir(), SnapshotRecords: 3}, k.parts(bucket))
	if err != nil {
		t.Fatal(err)
	}
	defer closeNode(t, n)
	snapshots := func() int {
		count := 0
		for _, err := range bucket.List(t.Context(), "snapshots/", "") {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		return count
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.snapshot(ctx, n.view) }()
	tick := func() { // twice: the second is taken when the first is dealt with
		k.ticks[snapshotCheck] <- k.now
		k.ticks[snapshotCheck] <- k.now
	}
	tick()
	if snapshots() != 0 {
		t.Error("a snapshot was stored although nothing is new")
	}
	for range 4 {
		if _, err := n.runner.Do(t.Context(), system("test"), action.CreateEntry{Collection: "pages",
			Inputs: action.Inputs{"fr": {"title": "Page"}}}); err != nil {
			t.Fatal(err)
		}
	}
	tick()
	if snapshots() == 0 {
		t.Error("no snapshot was stored after enough records")
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if at, err := n.log.RestoreSnapshot(t.Context(), n.view); err != nil || at != n.log.Head() {
		t.Errorf("the snapshot restores %d, %v; want %d", at, err, n.log.Head())
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "en"},
		{map[string]string{"LANG": "fr_FR.UTF-8"}, "fr"},
		{map[string]string{"LANG": "fr_FR.UTF-8", "LC_ALL": "ar_DZ"}, "ar"},
		{map[string]string{"LANG": "C.UTF-8"}, "en"},
		{map[string]string{"LANG": "de_DE"}, "en"},
		{map[string]string{"LC_ALL": "en_US", "RECUEIL_LANG": "ar"}, "ar"},
	} {
		if got := language(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v speaks %s, want %s", c.env, got, c.want)
		}
	}
}

func TestParseAge(t *testing.T) {
	for text, want := range map[string]time.Duration{"90d": 90 * 24 * time.Hour, "12h": 12 * time.Hour, "never": 0} {
		if got, err := parseAge(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "d", "-1d", "0h", "-3h", "soon", "99999999d"} {
		if _, err := parseAge(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestEveryFlagHasAVariable(t *testing.T) {
	var out, errs strings.Builder
	env := map[string]string{"RECUEIL_DATA": t.TempDir(), "RECUEIL_EXISTING": "nonsense"}
	code := run(t.Context(), []string{"import", "nowhere.zip"}, Terminal{In: strings.NewReader(""), Out: &out, Err: &errs,
		Env: func(name string) string { return env[name] }}, Parts{Bucket: storagetest.NewMemory()})
	if code != ExitUsage || !strings.Contains(errs.String(), "nonsense") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
	env = map[string]string{"RECUEIL_DRY_RUN": "perhaps"}
	errs.Reset()
	code = run(t.Context(), []string{"import", "nowhere.zip"}, Terminal{In: strings.NewReader(""), Out: &out, Err: &errs,
		Env: func(name string) string { return env[name] }}, Parts{Bucket: storagetest.NewMemory()})
	if code != ExitUsage || !strings.Contains(errs.String(), "RECUEIL_DRY_RUN") {
		t.Errorf("exit code %d: %s", code, errs.String())
	}
}
