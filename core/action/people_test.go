package action_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

func (s *site) userOf(by content.Actor) content.User {
	s.t.Helper()
	var u content.User
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) (err error) {
		u, err = noun.FindUser(tx, content.UserID(by.ID))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return u
}

func TestUsers(t *testing.T) {
	s := newSite(t)
	s.do(robot, action.Init{})
	ann := s.person("ann", access.Editor)
	u := s.userOf(ann)
	same(t, "user", []any{u.Name, u.Email, u.Roles, u.Epoch, u.Disabled}, []any{"ann", "ann@example.org", []content.RoleID{access.Editor}, 0, false})

	s.refuse(robot, account.SaveUser{Set: account.UserFields{Name: new("sans adresse")}}, "invalid_values")
	s.refuse(robot, account.SaveUser{Set: account.UserFields{Email: new("pas une adresse")}}, "invalid_values")
	s.refuse(robot, account.SaveUser{Set: account.UserFields{Email: new("ANN@example.org")}}, "email_taken")
	s.refuse(robot, account.SaveUser{ID: content.UserID(ann.ID), Set: account.UserFields{Roles: &[]content.RoleID{"roi"}}}, "invalid_values")
	s.refuse(robot, account.SaveUser{ID: "nobody"}, "user_missing")
	s.do(robot, account.SaveUser{ID: content.UserID(ann.ID), Set: account.UserFields{Email: new("ann.b@example.org")}})
	s.person("ann") // the old address is free
	head := s.log.Head()
	s.do(ann, account.SaveMe{})
	same(t, "commits for no change", s.log.Head()-head, 0)
	s.do(ann, account.SaveMe{Called: new("Ann B."), Locale: new(content.Locale("ar"))})
	u = s.userOf(ann)
	same(t, "user", []any{u.Name, u.Email, u.Locale}, []any{"Ann B.", "ann.b@example.org", "ar"})
	s.refuse(content.Actor{}, account.SaveMe{Called: new("x")}, "person_needed")

	s.do(ann, account.SetPassword{User: content.UserID(ann.ID), Hash: "$argon2id$1"})
	u = s.userOf(ann)
	same(t, "password, and one epoch each for it and the new e-mail", []any{u.PasswordHash, u.Epoch}, []any{"$argon2id$1", 2})
	bob := s.person("bob", access.Editor)
	s.refuse(bob, account.SetPassword{User: content.UserID(ann.ID), Hash: "mine"}, "not_allowed")
	token := content.Actor{Kind: content.ActorToken, ID: s.do(ann, account.CreateToken{Label: "t", Digest: strings.Repeat("a", 64)}).Subject, For: content.UserID(ann.ID)}
	s.refuse(token, account.SetPassword{User: content.UserID(ann.ID), Hash: "mine"}, "not_allowed")
}

func TestLastAdministrator(t *testing.T) {
	s := newSite(t)
	s.do(robot, action.Init{})
	root, second := s.person("root", access.Administrator), s.person("second", access.Administrator, access.Editor)
	id := content.UserID(root.ID)
	s.do(root, account.DisableUser{ID: content.UserID(second.ID), Disabled: true})
	for _, a := range []action.Action{
		account.DisableUser{ID: id, Disabled: true}, account.EraseUser{ID: id},
		account.SaveUser{ID: id, Set: account.UserFields{Roles: &[]content.RoleID{access.Editor}}},
	} {
		s.refuse(root, a, "last_administrator")
	}
	s.do(root, account.DisableUser{ID: content.UserID(second.ID)})
	s.do(root, account.SaveUser{ID: id, Set: account.UserFields{Roles: &[]content.RoleID{access.Editor}}})
	s.refuse(second, account.EraseUser{ID: content.UserID(second.ID)}, "last_administrator")
	s.do(second, account.EraseUser{ID: id})
	s.refuse(root, account.SaveMe{Called: new("x")}, "account_closed")
}

func TestRoles(t *testing.T) {
	s := withNotes(t, nil)
	role := access.Role{ID: "helper", Name: "helper", Grants: []access.Grant{grants("notes", access.Read)}}
	s.do(robot, account.SaveRole{Role: role, IfMatch: at(0)})
	s.refuse(robot, account.SaveRole{Role: role, IfMatch: at(0)}, "role_changed")
	head := s.log.Head()
	s.do(robot, account.SaveRole{Role: role, IfMatch: at(1)})
	same(t, "commits for no change", s.log.Head()-head, 0)
	other := role
	other.ID = "other"
	s.refuse(robot, account.SaveRole{Role: other}, "role_name_taken")
	role.Grants[0].Verbs = []access.Verb{"fly"}
	p := s.refuse(robot, account.SaveRole{Role: role}, "role_invalid")
	same(t, "fault", pointers(p), []string{"/grants/0/verbs/0 grant_verb_unknown"})
	role.Grants[0] = rows(grants("notes", access.Read), `{"nothing":{"_eq":1}}`)
	s.refuse(robot, account.SaveRole{Role: role}, "role_invalid")

	ann := s.person("ann", "helper")
	q := s.refuse(robot, account.RemoveRole{ID: "helper"}, "role_held")
	same(t, "holders", q.Meta["users"], 1)
	s.do(robot, account.RemoveRole{ID: "helper", Force: true})
	u := s.userOf(ann)
	same(t, "roles", u.Roles, []content.RoleID{})
	same(t, "the rest", u.Email, "ann@example.org")
	s.refuse(robot, account.RemoveRole{ID: "helper"}, "role_missing")
}

func TestInit(t *testing.T) {
	s := newSite(t)
	head := s.log.Head()
	s.do(robot, action.Init{})
	s.do(robot, action.Init{})
	same(t, "commits", s.log.Head()-head, 1)
	s.refuse(robot, account.RemoveRole{ID: access.Editor}, "role_builtin")
	admin := access.Role{ID: access.Administrator, Name: "administrator", Grants: []access.Grant{grants("*", access.Read)}}
	s.refuse(robot, account.SaveRole{Role: admin}, "administrator_locked_out")
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
	s.do(robot, action.Init{})
	ann, bob := s.person("ann"), s.person("bob")
	open := func(who content.Actor, digest string) content.SessionID {
		return content.SessionID(s.do(robot, s.signIn(who, digest)).Subject)
	}
	one := open(ann, "a")
	s.refuse(bob, account.CloseSession{ID: one}, "not_allowed")
	s.do(ann, account.CloseSession{ID: one})
	head := s.log.Head()
	s.do(ann, account.CloseSession{ID: one})
	same(t, "commits for a closed one", s.log.Head()-head, 0)
	open(ann, "b")
	open(bob, "c")
	s.do(ann, account.CloseSessions{User: content.UserID(ann.ID)})
	same(t, "epoch", s.userOf(ann).Epoch, 1)
	open(ann, "d")
	s.do(robot, account.SweepSessions{})
	same(t, "left", s.count(content.NounSession), 2)
	s.clock.pass(2 * time.Hour)
	s.do(robot, account.SweepSessions{})
	same(t, "left", s.count(content.NounSession), 0)
	s.do(robot, account.DisableUser{ID: content.UserID(bob.ID), Disabled: true})
	s.refuse(robot, s.signIn(bob, "e"), "user_disabled")
	late := s.signIn(ann, "e")
	s.do(ann, account.SetPassword{User: content.UserID(ann.ID), Hash: "$argon2id$1"})
	s.refuse(robot, late, "sign_in_overtaken")
}

// signIn is a sign-in that has just shown the first factor. letter makes the
// secrets of it.
func (s *site) signIn(who content.Actor, letter string) account.SignIn {
	return account.SignIn{User: content.UserID(who.ID), Epoch: s.userOf(who).Epoch, Opening: s.opening(letter)}
}

func (s *site) opening(letter string) account.Opening {
	return account.Opening{Session: strings.Repeat(letter, 64), Expires: s.clock.now().Add(time.Hour), Ticket: strings.Repeat(strings.ToUpper(letter), 64)}
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
	s.do(robot, action.Init{})
	ann, bob := s.person("ann", access.Editor, access.Reader), s.person("bob", access.Editor)
	past := s.clock.now().Add(-time.Hour)
	r := s.do(ann, account.CreateToken{Label: " robot ", Roles: []content.RoleID{access.Reader}, Prefix: "rct_abc", Digest: strings.Repeat("a", 64)})
	p := s.refuse(ann, account.CreateToken{Roles: []content.RoleID{access.Administrator}, Expires: &past, Digest: strings.Repeat("b", 64)}, "invalid_values")
	same(t, "faults", pointers(p), []string{"/name token_name_needed", "/roles/0 role_not_held", "/expires_at time_past"})
	s.refuse(bob, account.CreateToken{Label: "x", User: content.UserID(ann.ID), Digest: strings.Repeat("b", 64)}, "not_allowed")
	token := content.Actor{Kind: content.ActorToken, ID: r.Subject, For: content.UserID(ann.ID)}
	s.refuse(token, account.CreateToken{Label: "wide", Digest: strings.Repeat("b", 64)}, "person_needed")
	s.refuse(bob, account.RevokeToken{ID: content.TokenID(r.Subject)}, "not_allowed")
	s.do(ann, account.RevokeToken{ID: content.TokenID(r.Subject)})
	head := s.log.Head()
	s.do(ann, account.RevokeToken{ID: content.TokenID(r.Subject)})
	same(t, "commits for a revoked one", s.log.Head()-head, 0)
	s.refuse(token, account.SaveMe{}, "token_over")
	same(t, "kept", s.count(content.NounToken), 1)
}

func TestAssets(t *testing.T) {
	s := withNotes(t, nil)
	asset := content.Asset{Name: "photo.jpg", MediaType: "image/jpeg", Size: 10, Blob: "sha256:00", Width: 4, Height: 3,
		Alt: map[content.Locale]string{"fr": "Une photo"}}
	id := content.AssetID(s.do(robot, action.SaveAsset{Asset: asset}).Subject)
	s.refuse(robot, action.SaveAsset{Asset: content.Asset{Name: " "}}, "invalid_values")
	note := s.note("title", "Un", "picture", string(id))
	paper := s.do(robot, action.SaveAsset{Asset: content.Asset{Name: "a.pdf", MediaType: "application/pdf", Size: 9, Blob: "sha256:01"}}).Subject
	same(t, "a file of another type", pointers(s.refuse(robot, action.SaveDraft{ID: note, Inputs: in("picture", paper)}, "invalid_values")), []string{"/picture asset_type"})
	s.do(robot, action.SaveAsset{Asset: content.Asset{ID: id, Name: "photo.jpg", Credit: "Ann"}, IfMatch: at(1)})
	s.refuse(robot, action.SaveAsset{Asset: content.Asset{ID: id, Name: "x"}, IfMatch: at(1)}, "asset_changed")
	var kept content.Asset
	if err := s.db.Read(t.Context(), func(tx *view.Tx) (err error) {
		kept, err = noun.Find[content.Asset](tx, content.NounAsset, string(id))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	same(t, "asset", []any{kept.Blob, kept.Width, kept.Credit, kept.Revision, kept.CreatedBy}, []any{"sha256:00", 4, "Ann", 2, robot})
	p := s.refuse(robot, action.RemoveAsset{ID: id}, "asset_used")
	same(t, "by", p.Meta["backlinks"], []map[string]any{{"collection": "notes", "entry": string(note), "field": "picture"}})
	s.do(robot, action.RemoveAsset{ID: id, Force: true})
	q := s.refuse(robot, action.PublishEntry{ID: note}, "entry_incomplete")
	same(t, "fault", pointers(q), []string{"/picture asset_missing"})
	s.refuse(robot, action.RemoveAsset{ID: id}, "asset_missing")
}
