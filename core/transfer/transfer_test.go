package transfer

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// hashes are the content sums of an archive's members.
func hashes(a *Archive) map[string]string {
	out := map[string]string{}
	for _, m := range a.Manifest.Members {
		switch {
		case m.Content != "":
			out[m.Name] = m.Content
		case strings.HasPrefix(m.Name, blobsFolder):
			out[m.Name] = m.SHA256
		}
	}
	return out
}

func TestRoundTripGivesEqualContent(t *testing.T) {
	from, _ := filled(t)
	_, first := archive(t, from, ExportOptions{Personal: true, Secrets: true})
	to := newSite(t)
	report, err := Import(t.Context(), to, first, ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Refused() > 0 {
		t.Fatalf("refused: %+v", report.First)
	}
	_, second := archive(t, to, ExportOptions{Personal: true, Secrets: true})
	if a, b := hashes(first), hashes(second); !maps.Equal(a, b) {
		t.Errorf("content differs after a round trip:\n%v\n%v", a, b)
	}
	if len(hashes(first)) < 6 {
		t.Fatalf("the archive holds too little to prove anything: %v", hashes(first))
	}
	for _, name := range []string{usersName, assetsName} {
		if a, b := member(first, name).Lines, member(second, name).Lines; a != b || a == 0 {
			t.Errorf("%s has %d lines after a round trip, had %d", name, b, a)
		}
	}
}

func member(a *Archive, name string) Member {
	i := slices.IndexFunc(a.Manifest.Members, func(m Member) bool { return m.Name == name })
	return a.Manifest.Members[i]
}

func TestStatesComeAlong(t *testing.T) {
	from, ids := filled(t)
	_, a := archive(t, from, ExportOptions{Personal: true})
	to := newSite(t)
	if _, err := Import(t.Context(), to, a, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	want := map[string]content.Status{"news": "published", "changed": "changed", "planned": "scheduled", "trashed": "trashed", "leaf": "published"}
	err := to.View.Read(t.Context(), func(tx *view.Tx) error {
		for name, status := range want {
			e, err := tx.Entry(ids[name])
			if err != nil {
				return err
			}
			if got := e.Status("fr"); got != status {
				t.Errorf("%s is %s, was %s", name, got, status)
			}
		}
		leaf, err := tx.Entry(ids["leaf"])
		if err == nil && leaf.Parent != ids["root"] {
			t.Errorf("the leaf is under %q", leaf.Parent)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportingAgainMakesNothingTwice(t *testing.T) {
	from, ids := filled(t)
	_, a := archive(t, from, ExportOptions{Personal: true})
	to := newSite(t)
	if _, err := Import(t.Context(), to, a, ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	seq := to.View.Seq()
	report, err := Import(t.Context(), to, a, ImportOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	if to.View.Seq() != seq {
		t.Errorf("importing the same again changed the site: %+v", report)
	}
	if report.Entries.Created+report.Entries.Updated > 0 || report.Entries.Unchanged == 0 {
		t.Errorf("importing the same again: %+v", report.Entries)
	}

	do(t, to, action.SaveDraft{ID: ids["news"], Inputs: action.Inputs{"fr": {"title": "Autre"}}})
	report, err = Import(t.Context(), to, a, ImportOptions{})
	if err != nil || report.Entries.Kept != 1 || report.Entries.Updated != 0 {
		t.Errorf("without Update: %+v, %v; want the changed entry kept", report.Entries, err)
	}
	report, err = Import(t.Context(), to, a, ImportOptions{Update: true})
	if err != nil || report.Entries.Updated != 1 {
		t.Errorf("with Update: %+v, %v; want one entry replaced", report.Entries, err)
	}
}

func TestDryRunChangesNothing(t *testing.T) {
	from, _ := filled(t)
	_, a := archive(t, from, ExportOptions{Personal: true})
	to := newSite(t)
	seq := to.View.Seq()
	report, err := Import(t.Context(), to, a, ImportOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if to.View.Seq() != seq {
		t.Error("a dry run changed the site")
	}
	if report.Entries.Created == 0 || report.Users.Created != 1 || report.Assets.Created != 1 || report.Collections.Created != 1 {
		t.Errorf("the dry run reports %+v", report)
	}
}

func TestErasedValuesDoNotComeBack(t *testing.T) {
	site, ids := filled(t)
	_, a := archive(t, site, ExportOptions{Personal: true})
	do(t, site, action.EraseEntry{ID: ids["person"]})
	do(t, site, action.PurgeEntry{ID: ids["trashed"]})
	report, err := Import(t.Context(), site, a, ImportOptions{Update: true})
	if err != nil {
		t.Fatal(err)
	}
	if report.Erased != 1 {
		t.Errorf("%d erased entries counted, want 1", report.Erased)
	}
	raw, _ := archive(t, site, ExportOptions{Personal: true})
	if leaks(t, raw, "Canari Jaune") {
		t.Error("an erased name came back")
	}
	err = site.View.Read(t.Context(), func(tx *view.Tx) error {
		if _, err := tx.Entry(ids["trashed"]); !errors.Is(err, view.ErrNotFound) {
			t.Errorf("a purged entry came back (%v)", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// leaks reports whether a text is anywhere in an archive.
func leaks(t *testing.T, raw []byte, text string) bool {
	t.Helper()
	a := open(t, raw)
	found := false
	for _, m := range a.Manifest.Members {
		if err := a.lines(t.Context(), m.Name, func(_ int, line []byte) error {
			found = found || bytes.Contains(line, []byte(text))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestWhatIsPersonalIsLeftOut(t *testing.T) {
	site, _ := filled(t)
	without, _ := archive(t, site, ExportOptions{})
	with, _ := archive(t, site, ExportOptions{Personal: true})
	for _, canary := range []string{"Canari Jaune", "Canari Vert", "canari@example.org"} {
		if leaks(t, without, canary) {
			t.Errorf("%q is in an archive without personal data", canary)
		}
		if !leaks(t, with, canary) {
			t.Errorf("%q is not in an archive with personal data", canary)
		}
	}
	if leaks(t, with, "argon2id") {
		t.Error("a password hash is in an archive without secrets")
	}
}

func TestUnknownNamesAreNotLost(t *testing.T) {
	if err := decode([]byte(`{"id":"x","colour":"red"}`), new(entryLine)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a name that the format does not have gave %v", err)
	}
}
