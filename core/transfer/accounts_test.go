package transfer

import (
	"bytes"
	"encoding/base64"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/auth/totp"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// A second factor and the accounts elsewhere stay with the site where they were
// set up, whatever an archive holds; whoever comes along signs in without, and
// whoever is changed by an archive keeps theirs.
func TestWhatSignsInStaysHere(t *testing.T) {
	from := newSite(t)
	name, email := "Ann", "ann@example.org"
	id := do(t, from, account.SaveUser{Set: account.UserFields{Name: &name, Email: &email}}).Subject
	secret := []byte("canary-of-the-factor")
	ann := content.Actor{Kind: content.ActorUser, ID: id}
	for _, a := range []action.Action{account.BeginFactor{Secret: secret},
		account.ConfirmFactor{Code: totp.Code(secret, totp.StepAt(time.Now()))},
		account.ConnectIdentity{Issuer: "https://id.example.org", Subject: "canary-of-the-subject"}} {
		if _, err := from.Runner.Do(t.Context(), ann, a); err != nil {
			t.Fatalf("%s: %v", a.Name(), err)
		}
	}
	raw, a := archive(t, from, ExportOptions{Personal: true, Secrets: true})
	var users bytes.Buffer
	if err := a.lines(t.Context(), usersName, func(_ int, line []byte) error { users.Write(line); return nil }); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(users.Bytes(), []byte(email)) {
		t.Fatalf("the archive lacks the user: %s", users.Bytes())
	}
	for _, canary := range []string{"second_factor", string(secret), base64.StdEncoding.EncodeToString(secret), "canary-of-the-subject"} {
		if bytes.Contains(users.Bytes(), []byte(canary)) || bytes.Contains(raw, []byte(canary)) {
			t.Errorf("the archive holds %s", canary)
		}
	}
	has := func(s Site) (factor bool) {
		t.Helper()
		err := s.View.Read(t.Context(), func(tx *view.Tx) error {
			n, err := tx.Noun(content.NounUser, id)
			if err != nil {
				return err
			}
			u, err := noun.DecodeUser(n)
			factor = u.SecondFactor
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return factor
	}
	to := newSite(t)
	if _, err := Import(t.Context(), to, a, ImportOptions{}); err != nil || has(to) {
		t.Errorf("after an import elsewhere: %v, second factor %v", err, has(to))
	}
	if _, err := Import(t.Context(), from, a, ImportOptions{Update: true}); err != nil || !has(from) {
		t.Errorf("after an import at home: %v, second factor %v", err, has(from))
	}
}
