//go:build unix

package host

import (
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
)

// ofProgram is a change to a host of a program that has a version of the probe.
func ofProgram(replace ...string) func(*Options) {
	m := strings.NewReplacer(replace...).Replace(string(probeManifest))
	return func(o *Options) { o.Bundled = []Bundled{{Manifest: []byte(m)}} }
}

// A plugin of the program changes with the program: by itself when it asks for
// nothing new, else when somebody agrees. Until then it rests, for the version
// before is no more.
func TestBundledFollowsTheProgram(t *testing.T) {
	const v1 = `"version": "1.0.0"`
	old := newSite(t, ofProgram(v1, `"version": "0.9.0"`))
	in, err := old.InstallBundled(t.Context(), robot, "probe")
	old.must(err)
	_, err = old.Approve(t.Context(), robot, "probe", in.Plugin.Pending.Version)
	old.must(err)
	old.stop()

	next := siteOn(t, old.bucket, old.host.o.Dir, nil) // whose program is this test
	next.until("it rests", func() bool { c := next.status().Cause; return c != nil && c.Code == "other_program" })
	if n := next.status().Restarts; next.status().State != Waiting || n > 0 {
		t.Errorf("%s, started %d times", next.status().State, n)
	}
	renewed, err := next.Renew(t.Context(), robot)
	next.must(err)
	if len(renewed) != 1 || renewed[0].Current.Version != "1.0.0" || renewed[0].Pending != nil {
		t.Fatalf("%+v", renewed)
	}
	next.until("the new version runs", func() bool { return next.status().State == Running && next.status().Version == "1.0.0" })
	if renewed, err = next.Renew(t.Context(), robot); err != nil || len(renewed) > 0 {
		t.Errorf("once more: %+v %v", renewed, err)
	}
	if _, err = next.RollBack(t.Context(), robot, "probe"); problem.CodeOf(err) != "plugin_no_previous" {
		t.Errorf("back to a version of another program: %v", err)
	}
	next.stop()

	// An older program beside it takes nothing back.
	beside := siteOn(t, old.bucket, t.TempDir(), ofProgram(v1, `"version": "0.9.0"`))
	if renewed, err = beside.Renew(t.Context(), robot); err != nil || len(renewed) > 0 {
		t.Errorf("an older program: %+v %v", renewed, err)
	}
	beside.stop()

	// One that asks for more waits.
	wider := siteOn(t, old.bucket, t.TempDir(), ofProgram(v1, `"version": "1.1.0", "people": {"why": {"fr": "x"}}`))
	for range 2 {
		_, err = wider.Renew(t.Context(), robot)
		wider.must(err)
	}
	found, err := wider.Find(t.Context(), "probe")
	wider.must(err)
	if found.Current.Version != "1.0.0" || found.Plugin.Pending == nil || found.Plugin.Pending.Version != "1.1.0" || len(found.Asks()) == 0 {
		t.Fatalf("%+v", found.Plugin)
	}
	wider.until("it rests", func() bool { return wider.status().State == Waiting })
	_, _, bell := wider.host.plug("probe").news()
	select {
	case <-bell:
		t.Error("it waits, and tells of it again and again")
	case <-time.After(200 * time.Millisecond):
	}
	_, err = wider.Approve(t.Context(), robot, "probe", "1.1.0")
	wider.must(err)
	wider.stop()

	// While it is worked on, a manifest changes without another version.
	again := siteOn(t, old.bucket, t.TempDir(), ofProgram(v1, `"version": "1.1.0", "people": {"why": {"fr": "y"}}`))
	renewed, err = again.Renew(t.Context(), robot)
	again.must(err)
	if len(renewed) != 1 || renewed[0].Current.Digest == found.Plugin.Pending.Digest || renewed[0].Pending != nil {
		t.Errorf("%+v", renewed)
	}
}
