//go:build linux

package app_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/auth/totp"
)

var printedLink = regexp.MustCompile(`/api/v1/session/link#([a-z_]+)=(rcl_[A-Za-z0-9_-]+)`)

// TestAccounts has two nodes on one bucket: whatever lets somebody in is good
// on both, once, and what shuts them out does so on both.
func TestAccounts(t *testing.T) {
	t.Parallel()
	p := folderPlace(t)
	data := [2]string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	nodes := [2]*process{serve(t, p, data[0]), serve(t, p, data[1])}
	a, b := newClient(t, nodes[0], ""), newClient(t, nodes[1], "")

	// The printed link makes the first administrator, at whichever node, once.
	var secret string
	eventually(t, func() error {
		found := printedLink.FindStringSubmatch(nodes[1].stdout.String())
		if found == nil || found[1] != "first" {
			return fmt.Errorf("no link is printed: %s", nodes[1].stdout)
		}
		secret = found[2]
		return nil
	})
	first := map[string]string{"link": secret, "email": "root@example.org", "name": "Root", "password": "a long enough sentence"}
	root := cookieFrom(t, a.want(t, http.StatusCreated, "POST", "/api/v1/session/link", first))
	b.want(t, http.StatusUnauthorized, "POST", "/api/v1/session/link", first)
	eventually(t, b.meWith(t, root, http.StatusOK))
	out, code := run(t, p, "", "serve", "--bucket", p.address, "--data", data[0], "--listen", "127.0.0.1:0")
	if code == 0 || strings.Contains(out, "#first=") {
		t.Errorf("a site with users prints a link: %s", out)
	}

	t.Run("letter", func(t *testing.T) { linkByLetter(t, a, b, filepath.Join(data[0], "mail")) })
	t.Run("invitation", func(t *testing.T) {
		must(t, p, "a sentence to be replaced\n", "user", "add", "--role", "editor", "--password-stdin", "ed@example.org", "--bucket", p.address, "--data", data[0])
		out := must(t, p, "", "user", "invite", "ed@example.org", "--url", "https://pact.example.org", "--bucket", p.address, "--data", data[0])
		found := printedLink.FindStringSubmatch(out)
		if found == nil || found[1] != "invite" || !strings.Contains(out, "https://pact.example.org/api/") {
			t.Fatalf("no link: %s", out)
		}
		use := map[string]string{"link": found[2], "password": "the sentence of the editor"}
		cookieFrom(t, b.want(t, http.StatusCreated, "POST", "/api/v1/session/link", use))
		a.want(t, http.StatusUnauthorized, "POST", "/api/v1/session/link", use)
	})
	t.Run("sessions die", func(t *testing.T) { sessionsDie(t, a, b, root) })
	t.Run("second factor", func(t *testing.T) { secondFactor(t, a, b) })
	must(t, p, "", "user", "reset-second-factor", "ed@example.org", "--bucket", p.address, "--data", data[0])
	eventually(t, func() error {
		r, err := a.call(t.Context(), "POST", "/api/v1/session", map[string]string{"email": "ed@example.org", "password": "the last sentence of all"})
		if err == nil && r.status != http.StatusCreated {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	for _, n := range nodes {
		n.stop()
	}
	sound(t, p, data[0], viewEqual)
}

// linkByLetter asks one node for a link, and confirms it at the other one.
func linkByLetter(t *testing.T, a, b *client, folder string) {
	a.want(t, http.StatusAccepted, "POST", "/api/v1/session/links", map[string]string{"email": "root@example.org"})
	var secret string
	eventually(t, func() error {
		letters, err := filepath.Glob(filepath.Join(folder, "*.eml"))
		if err != nil || len(letters) == 0 {
			return fmt.Errorf("no letter: %w", err)
		}
		raw, err := os.ReadFile(letters[0])
		if err != nil {
			return err
		}
		text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
		found := printedLink.FindSubmatch(text)
		if err != nil || found == nil || string(found[1]) != "sign_in" {
			return fmt.Errorf("no link in the letter (%w): %s", err, raw)
		}
		secret = string(found[2])
		return nil
	})
	use := map[string]string{"link": secret}
	cookieFrom(t, b.want(t, http.StatusCreated, "POST", "/api/v1/session/link", use))
	a.want(t, http.StatusUnauthorized, "POST", "/api/v1/session/link", use)
}

func cookieFrom(t *testing.T, r *reply) string {
	t.Helper()
	cookie, _, _ := strings.Cut(r.header.Get("Set-Cookie"), ";")
	if !strings.HasPrefix(cookie, "recueil_session=rcs_") {
		t.Fatalf("no session: %d %s", r.status, r.body)
	}
	return cookie
}

// meWith checks which status a session has at a node.
func (c *client) meWith(t *testing.T, cookie string, want int) func() error {
	return func() error {
		r, err := c.call(t.Context(), "GET", "/api/v1/me", nil, "Cookie", cookie)
		if err == nil && r.status != want {
			err = fmt.Errorf("%d instead of %d: %s", r.status, want, r.body)
		}
		return err
	}
}

func (c *client) signIn(t *testing.T, email, password string) string {
	t.Helper()
	return cookieFrom(t, c.want(t, http.StatusCreated, "POST", "/api/v1/session", map[string]string{"email": email, "password": password}))
}

// sessionsDie ends sessions of one node at the other one.
func sessionsDie(t *testing.T, a, b *client, root string) {
	password := "the sentence of the editor"
	ended := func(cookie, how string, at *client) {
		t.Helper()
		if err := at.meWith(t, cookie, http.StatusUnauthorized)(); err != nil {
			t.Errorf("%s: lives on where it was ended: %v", how, err)
		}
		eventually(t, a.meWith(t, cookie, http.StatusUnauthorized))
		eventually(t, b.meWith(t, cookie, http.StatusUnauthorized))
	}
	eventually(t, func() error { // the other node has the account by now
		r, err := a.call(t.Context(), "POST", "/api/v1/session", map[string]string{"email": "ed@example.org", "password": password})
		if err == nil && r.status != http.StatusCreated {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	cookie, other := a.signIn(t, "ed@example.org", password), a.signIn(t, "ed@example.org", password)
	eventually(t, b.meWith(t, cookie, http.StatusOK))
	next := "the last sentence of all"
	b.want(t, http.StatusNoContent, "POST", "/api/v1/me/password", map[string]string{"current": password, "password": next},
		"Cookie", cookie, "Origin", b.url)
	ended(cookie, "a new password", b)
	ended(other, "a new password", b)

	cookie = b.signIn(t, "ed@example.org", next)
	eventually(t, a.meWith(t, cookie, http.StatusOK))
	var me struct {
		Data struct{ Actor struct{ ID string } }
	}
	if err := json.Unmarshal(a.want(t, http.StatusOK, "GET", "/api/v1/me", nil, "Cookie", cookie).body, &me); err != nil {
		t.Fatal(err)
	}
	suspend := func(disabled bool) {
		a.want(t, http.StatusOK, "PATCH", "/api/v1/users/"+me.Data.Actor.ID, map[string]bool{"disabled": disabled}, "Cookie", root, "Origin", a.url)
	}
	suspend(true)
	ended(cookie, "suspension", a)
	b.want(t, http.StatusUnauthorized, "POST", "/api/v1/session", map[string]string{"email": "ed@example.org", "password": next})
	suspend(false)
	ended(cookie, "suspension that is over", a)

	cookie = a.signIn(t, "ed@example.org", next)
	eventually(t, b.meWith(t, cookie, http.StatusOK))
	b.want(t, http.StatusNoContent, "DELETE", "/api/v1/session", nil, "Cookie", cookie, "Origin", b.url)
	ended(cookie, "signing out", b)
}

// secondFactor shows one code to both nodes at once.
func secondFactor(t *testing.T, a, b *client) {
	password := "the last sentence of all"
	cookie := a.signIn(t, "ed@example.org", password)
	var begun struct{ Data struct{ Secret string } }
	r := a.want(t, http.StatusCreated, "POST", "/api/v1/me/second-factor", map[string]string{"password": password}, "Cookie", cookie, "Origin", a.url)
	if err := json.Unmarshal(r.body, &begun); err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(begun.Data.Secret)
	if err != nil {
		t.Fatal(err)
	}
	step := totp.StepAt(time.Now())
	a.want(t, http.StatusOK, "POST", "/api/v1/me/second-factor/confirm", map[string]string{"code": totp.Code(secret, step)}, "Cookie", cookie, "Origin", a.url)
	eventually(t, b.meWith(t, cookie, http.StatusOK)) // in its new epoch
	both := [2]*client{a, b}
	var tickets [2]string
	for i, c := range both {
		eventually(t, func() error {
			r, err := c.call(t.Context(), "POST", "/api/v1/session", map[string]string{"email": "ed@example.org", "password": password})
			if err != nil {
				return err
			}
			var p struct{ Code, Ticket string }
			if err := json.Unmarshal(r.body, &p); err != nil || p.Code != "second_factor_needed" {
				return fmt.Errorf("%d %s %v", r.status, r.body, err)
			}
			tickets[i] = p.Ticket
			return nil
		})
	}
	// A code that was not shown yet: the present one, or the next, which the
	// drift of clocks allows.
	code := totp.Code(secret, max(step+1, totp.StepAt(time.Now())))
	var statuses [2]int
	var racing sync.WaitGroup
	for i, c := range both {
		racing.Go(func() {
			r, err := c.call(t.Context(), "POST", "/api/v1/session/code", map[string]string{"ticket": tickets[1-i], "code": code})
			if err != nil {
				t.Error(err)
				return
			}
			statuses[i] = r.status
		})
	}
	racing.Wait()
	if statuses[0]+statuses[1] != http.StatusCreated+http.StatusUnauthorized {
		t.Errorf("one code shown to two nodes: %v", statuses)
	}
}
