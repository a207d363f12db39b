package action_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

const canary = "Zohra-Belkacem-0550123456"

func personalEntry(id content.EntryID) *content.Entry {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	by := content.Actor{Kind: content.ActorUser, ID: "u1"}
	version := func(revision int, note string) *content.Version {
		return &content.Version{Revision: revision, At: at, By: by,
			Values:   content.Values{"title": "Nour", "n": float64(revision)},
			Personal: content.Values{"contact": note}}
	}
	return &content.Entry{ID: id, Collection: "c", Revision: 3, CreatedAt: at, CreatedBy: by, UpdatedAt: at, UpdatedBy: by,
		Sides: map[content.Locale]*content.Side{
			content.Shared: {Published: version(2, canary+" shared")},
			"fr":           {Published: version(2, canary+" live"), Draft: version(3, canary+" draft")},
		}}
}

func TestCodecRoundTrip(t *testing.T) {
	ctx := t.Context()
	codec := sealed.Codec{Keys: keyring.Open(storagetest.NewMemory(), rand.Reader)}
	user, err := noun.OfUser(content.User{ID: "u1", Roles: []content.RoleID{"editor"},
		UserPersonal: content.UserPersonal{Name: canary, Email: "zohra@example.org", PasswordHash: "$argon2id$…"}})
	if err != nil {
		t.Fatal(err)
	}
	plain := &content.Noun{Kind: content.NounRole, ID: "editor", Lookup: "editor", Body: json.RawMessage(`{"id":"editor"}`)}
	commits := []content.Commit{
		{Action: "entry.save", Changes: []content.Change{{Entry: personalEntry("E1")}, {Noun: user}}},
		{Action: "role.save", Changes: []content.Change{{Noun: plain}, {Gone: &content.Gone{Kind: content.NounToken, ID: "t"}}}},
	}
	before, err := json.Marshal(commits)
	if err != nil {
		t.Fatal(err)
	}
	data, err := codec.Encode(ctx, commits)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{canary, "zohra@example.org", noun.EmailLookup("zohra@example.org"), "argon2id"} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the record shows %q", secret)
		}
	}
	if after, _ := json.Marshal(commits); !bytes.Equal(before, after) || commits[0].Changes[0].Entry.Side("fr").Draft.Sealed != nil || user.Sealed != nil {
		t.Error("encoding altered the values of its caller")
	}
	got, err := codec.Decode(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, commits) {
		t.Errorf("decoded\n%+v\nwant\n%+v", got, commits)
	}
	u, err := noun.DecodeUser(got[0].Changes[1].Noun)
	if err != nil || u.Name != canary || u.Email != "zohra@example.org" {
		t.Errorf("user is %+v, %v", u, err)
	}
}

func TestCodecAfterErasure(t *testing.T) {
	ctx := t.Context()
	keys := keyring.Open(storagetest.NewMemory(), rand.Reader)
	codec := sealed.Codec{Keys: keys}
	user, err := noun.OfUser(content.User{ID: "u1", UserPersonal: content.UserPersonal{Email: "zohra@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := codec.Encode(ctx, []content.Commit{{Changes: []content.Change{{Entry: personalEntry("E1")}, {Entry: personalEntry("E2")}, {Noun: user}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"E1", "u1"} {
		if err := keys.Destroy(ctx, subject); err != nil {
			t.Fatal(err)
		}
	}
	got, err := codec.Decode(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	erased, kept, noun := got[0].Changes[0].Entry, got[0].Changes[1].Entry, got[0].Changes[2].Noun
	for l, v := range erased.Versions {
		if v.Personal != nil {
			t.Errorf("%q of the erased entry reads %v", l, v.Personal)
		}
	}
	if !action.Lost(erased, "fr") || action.Lost(kept, "fr") {
		t.Error("what was erased is not told from what never was")
	}
	if kept.Side("fr").Draft.Personal["contact"] != canary+" draft" {
		t.Error("the other entry lost its personal values")
	}
	if noun.Personal != nil || noun.Lookup != "" {
		t.Errorf("the erased user reads %q, found by %q", noun.Personal, noun.Lookup)
	}
}

// A sealed value is bound to its entry, locale and revision.
func TestCodecRefusesMovedSeals(t *testing.T) {
	ctx := t.Context()
	codec := sealed.Codec{Keys: keyring.Open(storagetest.NewMemory(), rand.Reader)}
	data, err := codec.Encode(ctx, []content.Commit{{Changes: []content.Change{{Entry: personalEntry("E1")}}}})
	if err != nil {
		t.Fatal(err)
	}
	moves := map[string]func(e *content.Entry){
		"other entry":    func(e *content.Entry) { e.ID = "E2" },
		"other locale":   func(e *content.Entry) { e.Sides["ar"] = e.Sides["fr"]; delete(e.Sides, "fr") },
		"other revision": func(e *content.Entry) { e.Sides["fr"].Draft.Revision = 9 },
		"other side":     func(e *content.Entry) { e.Sides["fr"].Draft.Sealed = e.Sides["fr"].Published.Sealed },
	}
	for name, move := range moves {
		var commits []content.Commit
		if err := json.Unmarshal(data, &commits); err != nil {
			t.Fatal(err)
		}
		move(commits[0].Changes[0].Entry)
		forged, err := json.Marshal(commits)
		if err != nil {
			t.Fatal(err)
		}
		got, err := codec.Decode(ctx, forged)
		if err == nil && !action.Lost(got[0].Changes[0].Entry, "fr") {
			t.Errorf("%s: a moved value was opened", name)
		}
	}
}

func TestCodecManySubjects(t *testing.T) {
	ctx := t.Context()
	codec := sealed.Codec{Keys: keyring.Open(storagetest.NewMemory(), rand.Reader)}
	var commits []content.Commit
	for i := range 200 {
		e := personalEntry(content.EntryID(fmt.Sprintf("E%d", i)))
		commits = append(commits, content.Commit{Changes: []content.Change{{Entry: e}}})
	}
	data, err := codec.Encode(ctx, commits)
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Decode(ctx, data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, commits) {
		t.Error("not all came back")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	fresh := sealed.Codec{Keys: keyring.Open(storagetest.NewMemory(), rand.Reader)}
	if _, err := fresh.Encode(cancelled, commits); err == nil {
		t.Error("sealing went on after its context ended")
	}
}
