package action_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/auth/totp"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// The secret of a factor and the digests of its recovery codes are in no record
// in clear, and nor is who has which account elsewhere.
func TestWhatSignsInIsSealed(t *testing.T) {
	codec := sealed.Codec{Keys: keyring.Open(storagetest.NewMemory(), rand.Reader)}
	secret, recovery := []byte("canary-of-the-factor"), strings.Repeat("c", 64)
	factor, err := noun.OfFactor(content.Factor{User: "u1", FactorSecret: content.FactorSecret{Secret: secret, Step: 9, Recovery: []string{recovery}}})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.do(robot, action.Init{})
	ann := s.person("ann")
	s.do(ann, account.ConnectIdentity{Issuer: "https://id.example.org", Subject: "canary-of-the-subject"})
	var identity *content.Noun
	err = s.db.Read(t.Context(), func(tx *view.Tx) (err error) {
		identity, err = tx.NounByLookup(content.NounIdentity, account.IdentityLookup("https://id.example.org", "canary-of-the-subject"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := codec.Encode(t.Context(), []content.Commit{{Action: "x", Changes: []content.Change{{Noun: factor}}}})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for r, err := range s.log.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		raw, err := codec.Encode(t.Context(), r.Values)
		if err != nil {
			t.Fatal(err)
		}
		log.Write(raw)
	}
	for _, canary := range []string{string(secret), base64.StdEncoding.EncodeToString(secret), recovery} {
		if bytes.Contains(data, []byte(canary)) {
			t.Errorf("a record shows %s", canary)
		}
	}
	for _, canary := range []string{"canary-of-the-subject", identity.Lookup} {
		if bytes.Contains(log.Bytes(), []byte(canary)) {
			t.Errorf("the log shows %s", canary)
		}
	}
}

// Wrong codes close a factor for longer and longer, never for more than an
// hour, and a right one begins the count anew.
func TestWrongCodesCloseAFactor(t *testing.T) {
	now := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	f := content.Factor{User: "u", FactorSecret: content.FactorSecret{Secret: []byte("12345678901234567890"), Recovery: []string{"a", "b"}}}
	var pauses []time.Duration
	for range 60 {
		right, _, err := account.Proof{Code: "x"}.Use(&f, now)
		if err != nil || right {
			t.Fatal(right, err)
		}
		if f.ClosedTo == nil {
			continue
		}
		pauses = append(pauses, f.ClosedTo.Sub(now))
		if _, _, err := (account.Proof{Recovery: "a"}).Use(&f, f.ClosedTo.Add(-time.Second)); err == nil {
			t.Fatal("a closed factor takes a code")
		}
		now = *f.ClosedTo
	}
	want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60}
	for i := range want {
		want[i] *= time.Minute
	}
	same(t, "pauses", pauses, want)
	code := account.Proof{Code: totp.Code(f.Secret, totp.StepAt(now))}
	right, _, err := code.Use(&f, now)
	same(t, "right", []any{right, err, f.Wrong, f.ClosedTo == nil}, []any{true, nil, 0, true})
	right, _, _ = code.Use(&f, now)
	same(t, "again", right, false)
	for _, recovery := range []string{"", "c", "a", "a"} {
		_, _, err := account.Proof{Recovery: recovery}.Use(&f, now)
		if err != nil {
			t.Fatal(err)
		}
	}
	same(t, "recovery codes left", f.Recovery, []string{"b"})
}

// What was begun and not confirmed is asked for nowhere and shows nothing.
func TestFactorIsConfirmedFirst(t *testing.T) {
	s := newSite(t)
	s.do(robot, action.Init{})
	ann := s.person("ann")
	secret := []byte("12345678901234567890")
	s.refuse(robot, account.BeginFactor{Secret: secret}, "person_needed")
	s.refuse(ann, account.ConfirmFactor{Code: "000000"}, "factor_missing")
	s.do(ann, account.BeginFactor{Secret: secret})
	s.refuse(ann, account.ConfirmFactor{Code: "000000"}, "invalid_values")
	s.refuse(ann, account.RemoveFactor{User: content.UserID(ann.ID), Proof: account.Proof{Code: totp.Code(secret, totp.StepAt(s.clock.now()))}}, "factor_missing")
	s.do(robot, s.signIn(ann, "a"))
	same(t, "tickets", s.count(content.NounTicket), 0)
	s.do(ann, account.ConfirmFactor{Code: totp.Code(secret, totp.StepAt(s.clock.now()))})
	s.refuse(ann, account.BeginFactor{Secret: secret}, "factor_on")
	s.refuse(ann, account.ConfirmFactor{Code: totp.Code(secret, totp.StepAt(s.clock.now())+1)}, "factor_on")
	s.do(robot, s.signIn(ann, "b"))
	same(t, "tickets", s.count(content.NounTicket), 1)
	s.clock.pass(2 * account.TicketAge)
	s.do(robot, account.SweepSessions{})
	same(t, "tickets", s.count(content.NounTicket), 0)
}
