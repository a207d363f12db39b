package action

import (
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

func (s *site) userOf(by content.Actor) content.User {
	s.t.Helper()
	var u content.User
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) (err error) {
		u, err = findUser(tx, content.UserID(by.ID))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

func TestUsers(t *testing.T) {
	s := newSite(t)
	s.do(robot, Init{})
	ann := s.person("ann", access.Editor)
	u := s.userOf(ann)
	same(t, "user", []any{u.Name, u.Email, u.Roles, u.Epoch, u.Disabled}, []any{"ann", "ann@example.org", []content.RoleID{access.Editor}, 0, false})

	s.refuse(robot, SaveUser{Set: UserFields{Name: new("sans adresse")}}, "invalid_values")
	s.refuse(robot, SaveUser{Set: UserFields{Email: new("pas une adresse")}}, "invalid_values")
	s.refuse(robot, SaveUser{Set: UserFields{Email: new("ANN@example.org")}}, "email_taken")
	s.refuse(robot, SaveUser{ID: content.UserID(ann.ID), Set: UserFields{Roles: &[]content.RoleID{"roi"}}}, "invalid_values")
	s.refuse(robot, SaveUser{ID: "nobody"}, "user_missing")
	s.do(robot, SaveUser{ID: content.UserID(ann.ID), Set: UserFields{Email: new("ann.b@example.org")}})
	s.person("ann") // the old address is free
	head := s.log.Head()
	s.do(ann, SaveMe{})
	same(t, "commits for no change", s.log.Head()-head, 0)
	s.do(ann, SaveMe{Called: new("Ann B."), Locale: new(content.Locale("ar"))})
	u = s.userOf(ann)
	same(t, "user", []any{u.Name, u.Email, u.Locale}, []any{"Ann B.", "ann.b@example.org", "ar"})
	s.refuse(content.Actor{}, SaveMe{Called: new("x")}, "person_needed")

	s.do(ann, SetPassword{User: content.UserID(ann.ID), Hash: "$argon2id$1"})
	same(t, "epoch", s.userOf(ann).Epoch, 1)
	s.do(ann, SetTOTP{User: content.UserID(ann.ID), Secret: "SECRET"})
	u = s.userOf(ann)
	same(t, "secrets", []any{u.PasswordHash, u.TOTPSecret, u.Epoch}, []any{"$argon2id$1", "SECRET", 2})
	bob := s.person("bob", access.Editor)
	s.refuse(bob, SetPassword{User: content.UserID(ann.ID), Hash: "mine"}, "not_allowed")
	token := content.Actor{Kind: content.ActorToken, ID: s.do(ann, CreateToken{Label: "t", Digest: strings.Repeat("a", 64)}).Subject, For: content.UserID(ann.ID)}
	s.refuse(token, SetPassword{User: content.UserID(ann.ID), Hash: "mine"}, "not_allowed")
}

func TestLastAdministrator(t *testing.T) {
	s := newSite(t)
	s.do(robot, Init{})
	root, second := s.person("root", access.Administrator), s.person("second", access.Administrator, access.Editor)
	id := content.UserID(root.ID)
	s.do(root, DisableUser{ID: content.UserID(second.ID), Disabled: true})
	for _, a := range []Action{
		DisableUser{ID: id, Disabled: true}, EraseUser{ID: id},
		SaveUser{ID: id, Set: UserFields{Roles: &[]content.RoleID{access.Editor}}},
	} {
		s.refuse(root, a, "last_administrator")
	}
	s.do(root, DisableUser{ID: content.UserID(second.ID)})
	s.do(root, SaveUser{ID: id, Set: UserFields{Roles: &[]content.RoleID{access.Editor}}})
	s.refuse(second, EraseUser{ID: content.UserID(second.ID)}, "last_administrator")
	s.do(second, EraseUser{ID: id})
	s.refuse(root, SaveMe{Called: new("x")}, "account_closed")
}

func TestRoles(t *testing.T) {
	s := withNotes(t, nil)
	role := access.Role{ID: "helper", Name: "helper", Grants: []access.Grant{grants("notes", access.Read)}}
	s.do(robot, SaveRole{Role: role, IfMatch: at(0)})
	s.refuse(robot, SaveRole{Role: role, IfMatch: at(0)}, "role_changed")
	head := s.log.Head()
	s.do(robot, SaveRole{Role: role, IfMatch: at(1)})
	same(t, "commits for no change", s.log.Head()-head, 0)
	other := role
	other.ID = "other"
	s.refuse(robot, SaveRole{Role: other}, "role_name_taken")
	role.Grants[0].Verbs = []access.Verb{"fly"}
	p := s.refuse(robot, SaveRole{Role: role}, "role_invalid")
	same(t, "fault", pointers(p), []string{"/grants/0/verbs/0 grant_verb_unknown"})
	role.Grants[0] = rows(grants("notes", access.Read), `{"nothing":{"_eq":1}}`)
	s.refuse(robot, SaveRole{Role: role}, "role_invalid")

	ann := s.person("ann", "helper")
	q := s.refuse(robot, RemoveRole{ID: "helper"}, "role_held")
	same(t, "holders", q.Meta["users"], 1)
	s.do(robot, RemoveRole{ID: "helper", Force: true})
	u := s.userOf(ann)
	same(t, "roles", u.Roles, []content.RoleID{})
	same(t, "the rest", u.Email, "ann@example.org")
	s.refuse(robot, RemoveRole{ID: "helper"}, "role_missing")
}

func TestInit(t *testing.T) {
	s := newSite(t)
	head := s.log.Head()
	s.do(robot, Init{})
	s.do(robot, Init{})
	same(t, "commits", s.log.Head()-head, 1)
	s.refuse(robot, RemoveRole{ID: access.Editor}, "role_builtin")
	admin := access.Role{ID: access.Administrator, Name: "administrator", Grants: []access.Grant{grants("*", access.Read)}}
	s.refuse(robot, SaveRole{Role: admin}, "administrator_locked_out")
	n := 0
	if err := s.db.Read(t.Context(), func(tx *view.Tx) error { n = len(tx.Collections()); return nil }); err != nil {
		t.Fatal(err)
	}
	if n < 10 {
		t.Errorf("only %d collections", n)
	}
}

func TestSessions(t *testing.T) {
	s := newSite(t)
	s.do(robot, Init{})
	ann, bob := s.person("ann"), s.person("bob")
	open := func(who content.Actor, digest string) content.SessionID {
		return content.SessionID(s.do(robot, OpenSession{User: content.UserID(who.ID), Digest: strings.Repeat(digest, 64),
			Expires: s.clock.now().Add(time.Hour)}).Subject)
	}
	one := open(ann, "a")
	s.refuse(bob, CloseSession{ID: one}, "not_allowed")
	s.do(ann, CloseSession{ID: one})
	head := s.log.Head()
	s.do(ann, CloseSession{ID: one})
	same(t, "commits for a closed one", s.log.Head()-head, 0)
	open(ann, "b")
	open(bob, "c")
	s.do(ann, CloseSessions{User: content.UserID(ann.ID)})
	same(t, "epoch", s.userOf(ann).Epoch, 1)
	open(ann, "d")
	s.do(robot, SweepSessions{})
	same(t, "left", s.count(content.NounSession), 2)
	s.clock.pass(2 * time.Hour)
	s.do(robot, SweepSessions{})
	same(t, "left", s.count(content.NounSession), 0)
	s.do(robot, DisableUser{ID: content.UserID(bob.ID), Disabled: true})
	s.refuse(robot, OpenSession{User: content.UserID(bob.ID), Digest: strings.Repeat("e", 64)}, "user_disabled")
}

func (s *site) count(kind content.NounKind) int {
	s.t.Helper()
	n := 0
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) error {
		all, err := tx.Nouns(kind, "", 1000)
		n = len(all)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestTokens(t *testing.T) {
	s := newSite(t)
	s.do(robot, Init{})
	ann, bob := s.person("ann", access.Editor, access.Reader), s.person("bob", access.Editor)
	past := s.clock.now().Add(-time.Hour)
	r := s.do(ann, CreateToken{Label: " robot ", Roles: []content.RoleID{access.Reader}, Prefix: "rct_abc", Digest: strings.Repeat("a", 64)})
	p := s.refuse(ann, CreateToken{Roles: []content.RoleID{access.Administrator}, Expires: &past, Digest: strings.Repeat("b", 64)}, "invalid_values")
	same(t, "faults", pointers(p), []string{"/name token_name_needed", "/roles/0 role_not_held", "/expires_at time_past"})
	s.refuse(bob, CreateToken{Label: "x", User: content.UserID(ann.ID), Digest: strings.Repeat("b", 64)}, "not_allowed")
	token := content.Actor{Kind: content.ActorToken, ID: r.Subject, For: content.UserID(ann.ID)}
	s.refuse(token, CreateToken{Label: "wide", Digest: strings.Repeat("b", 64)}, "person_needed")
	s.refuse(bob, RevokeToken{ID: content.TokenID(r.Subject)}, "not_allowed")
	s.do(ann, RevokeToken{ID: content.TokenID(r.Subject)})
	head := s.log.Head()
	s.do(ann, RevokeToken{ID: content.TokenID(r.Subject)})
	same(t, "commits for a revoked one", s.log.Head()-head, 0)
	s.refuse(token, SaveMe{}, "token_over")
	same(t, "kept", s.count(content.NounToken), 1)
}

func TestAssets(t *testing.T) {
	s := withNotes(t, nil)
	asset := content.Asset{Name: "photo.jpg", MediaType: "image/jpeg", Size: 10, Blob: "sha256:00", Width: 4, Height: 3,
		Alt: map[content.Locale]string{"fr": "Une photo"}}
	id := content.AssetID(s.do(robot, SaveAsset{Asset: asset}).Subject)
	s.refuse(robot, SaveAsset{Asset: content.Asset{Name: " "}}, "invalid_values")
	note := s.note("title", "Un", "picture", string(id))
	s.do(robot, SaveAsset{Asset: content.Asset{ID: id, Name: "photo.jpg", Credit: "Ann"}, IfMatch: at(1)})
	s.refuse(robot, SaveAsset{Asset: content.Asset{ID: id, Name: "x"}, IfMatch: at(1)}, "asset_changed")
	var kept content.Asset
	if err := s.db.Read(t.Context(), func(tx *view.Tx) (err error) {
		kept, err = find[content.Asset](tx, content.NounAsset, string(id))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	same(t, "asset", []any{kept.Blob, kept.Width, kept.Credit, kept.Revision, kept.CreatedBy}, []any{"sha256:00", 4, "Ann", 2, robot})
	p := s.refuse(robot, RemoveAsset{ID: id}, "asset_used")
	same(t, "by", p.Meta["backlinks"], []map[string]any{{"collection": "notes", "entry": string(note), "field": "picture"}})
	s.do(robot, RemoveAsset{ID: id, Force: true})
	q := s.refuse(robot, PublishEntry{ID: note}, "entry_incomplete")
	same(t, "fault", pointers(q), []string{"/picture asset_missing"})
	s.refuse(robot, RemoveAsset{ID: id}, "asset_missing")
}
