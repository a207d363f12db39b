package api_test

import (
	"encoding/base32"
	"fmt"
	"io"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/auth/totp"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
)

// letter waits for the n-th letter that was sent, and gives its text.
func (s *site) letter(n int) string {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		names, _ := filepath.Glob(filepath.Join(s.letters, "*.eml"))
		if len(names) < n {
			continue
		}
		slices.Sort(names)
		raw := must(os.ReadFile(names[n-1]))(s.t)
		return string(must(io.ReadAll(quotedprintable.NewReader(strings.NewReader(string(raw)))))(s.t))
	}
	s.t.Fatalf("letter %d did not come", n)
	return ""
}

var inLetter = regexp.MustCompile(`https://site\.example\.org/l#([a-z_]+)=(rcl_[A-Za-z0-9_-]+)`)

// link takes the secret out of the n-th letter.
func (s *site) link(n int, purpose string) string {
	s.t.Helper()
	found := inLetter.FindStringSubmatch(s.letter(n))
	if found == nil || found[1] != purpose {
		s.t.Fatalf("no link to %s in letter %d: %s", purpose, n, s.letter(n))
	}
	return found[2]
}

func (s *site) visit(method, path string, body any, headers ...string) answer {
	s.t.Helper()
	return s.as("visitor", method, path, body, headers...)
}

func cookieOf(a answer) string {
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// with sends a request as the browser that has a cookie.
func (s *site) with(cookie, method, path string, body any) answer {
	s.t.Helper()
	return s.visit(method, path, body, "Cookie", cookie, "Sec-Fetch-Site", "same-origin")
}

// A password that is guessed from many addresses is not looked at any more,
// and nobody is told.
func TestGuessesOfOneAccountAreCounted(t *testing.T) {
	limit := server.NewLimiter("account", server.Rate{Count: 3, Per: time.Hour}, time.Now)
	s := newSite(t, siteOptions{attempt: func(id content.UserID) bool { return limit.Take(string(id)).OK }})
	s.cookie("editor") // the first of three
	try := func(email, password string) answer {
		return s.visit("POST", "/session", fields{"email": email, "password": password})
	}
	for range 2 {
		try("editor@example.org", "une phrase quelconque").problem(t, 401, "sign_in_failed")
	}
	right := try("editor@example.org", password).problem(t, 401, "sign_in_failed")
	none := try("nobody@example.org", password).problem(t, 401, "sign_in_failed")
	if right["detail"] != none["detail"] {
		t.Errorf("%v\n%v", right, none)
	}
	s.visit("POST", "/session/links", fields{"email": "editor@example.org"}).data(t, 202)
	s.visit("POST", "/session/link", fields{"link": s.link(1, "sign_in")}).data(t, 201)
}

func TestSignInLink(t *testing.T) {
	s := newSite(t, siteOptions{})
	known := s.visit("POST", "/session/links", fields{"email": " EDITOR@example.org"})
	unknown := s.visit("POST", "/session/links", fields{"email": "nobody@example.org"})
	if known.status != 202 || unknown.status != 202 || string(known.body) != string(unknown.body) {
		t.Fatalf("%d %s\n%d %s", known.status, known.body, unknown.status, unknown.body)
	}
	secret := s.link(1, "sign_in")
	s.visit("POST", "/session/link", fields{"link": secret, "password": "une phrase assez longue"}).problem(t, 422, "invalid_values")
	// What only looks at the link does not use it up.
	if page := s.visit("GET", "/session/link", nil); page.status != 200 || !strings.Contains(page.header.Get("Content-Security-Policy"), "script-src 'sha256-") {
		t.Fatalf("page: %d %v", page.status, page.header)
	}
	s.visit("POST", "/session/link", fields{"link": secret}, "Sec-Fetch-Site", "cross-site").problem(t, 403, "cross_site_request")
	a := s.visit("POST", "/session/link", fields{"link": secret})
	if d := a.data(t, 201); d["user"] != string(s.users["editor"]) {
		t.Fatalf("session: %v", d)
	}
	s.with(cookieOf(a), "GET", "/me", nil).data(t, 200)
	s.visit("POST", "/session/link", fields{"link": secret}).problem(t, 401, "link_over")
	if strings.Contains(s.log.String(), secret) || strings.Contains(s.log.String(), "editor@example.org") {
		t.Error("the log holds a secret or an address")
	}
	if letter := s.letter(1); strings.Contains(letter, "nobody@example.org") {
		t.Errorf("a letter to nobody: %s", letter)
	}
}

func TestLinksEnd(t *testing.T) {
	s := newSite(t, siteOptions{})
	ask := func(purpose string) {
		s.visit("POST", "/session/links", fields{"email": "editor@example.org", "purpose": purpose}).data(t, 202)
	}
	ask("sign_in")
	late := s.link(1, "sign_in")
	s.pass(15 * time.Minute)
	s.visit("POST", "/session/link", fields{"link": late}).problem(t, 401, "link_over")
	ask("sign_in")
	void := s.link(2, "sign_in")
	s.do(system, account.SetPassword{User: s.users["editor"], Hash: must(s.auth.HashPassword(t.Context(), password))(t)})
	s.visit("POST", "/session/link", fields{"link": void}).problem(t, 401, "link_over")
	ask("sign_in")
	closed := s.link(3, "sign_in")
	s.do(system, account.DisableUser{ID: s.users["editor"], Disabled: true})
	s.visit("POST", "/session/link", fields{"link": closed}).problem(t, 401, "link_over")
	s.visit("POST", "/session/links", fields{"email": "editor@example.org", "purpose": "invite"}).problem(t, 422, "body_invalid")
	for _, bad := range []string{"", "rcl_", "rcs_" + closed[4:], closed[:20], closed + "A", strings.Repeat("x", 5000)} {
		s.visit("POST", "/session/link", fields{"link": bad}).problem(t, 401, "link_over")
	}
}

// Whoever asks for links for somebody else neither fills their mailbox nor
// voids the link that waits there.
func TestLinksArePerAccountLimited(t *testing.T) {
	s := newSite(t, siteOptions{})
	for range 6 {
		s.visit("POST", "/session/links", fields{"email": "author@example.org"}).data(t, 202)
	}
	s.visit("POST", "/session/links", fields{"email": "editor@example.org"}).data(t, 202)
	if !strings.Contains(s.letter(4), "editor@example.org") {
		t.Errorf("the fourth letter is not to the editor: %s", s.letter(4))
	}
	s.visit("POST", "/session/link", fields{"link": s.link(1, "sign_in")}).data(t, 201)
}

// atOnce sends n requests together and counts the answers with 201.
func atOnce(n int, send func(i int) answer) (won int, all []answer) {
	all = make([]answer, n)
	var together sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		together.Go(func() { <-begin; all[i] = send(i) })
	}
	close(begin)
	together.Wait()
	for _, a := range all {
		if a.status == 201 {
			won++
		}
	}
	return won, all
}

func TestLinkIsUsedOnce(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.visit("POST", "/session/links", fields{"email": "editor@example.org"}).data(t, 202)
	secret := s.link(1, "sign_in")
	if won, all := atOnce(8, func(int) answer { return s.visit("POST", "/session/link", fields{"link": secret}) }); won != 1 {
		t.Errorf("%d of 8 got in: %s", won, all[0].body)
	}
}

func TestResetPassword(t *testing.T) {
	s := newSite(t, siteOptions{})
	before := s.cookie("editor")
	s.visit("POST", "/session/links", fields{"email": "editor@example.org", "purpose": "reset"}).data(t, 202)
	secret := s.link(1, "reset")
	s.visit("POST", "/session/link", fields{"link": secret}).problem(t, 422, "invalid_values")
	s.visit("POST", "/session/link", fields{"link": secret, "password": "court"}).problem(t, 422, "invalid_values")
	a := s.visit("POST", "/session/link", fields{"link": secret, "password": "une nouvelle phrase"})
	a.data(t, 201)
	s.with(cookieOf(a), "GET", "/me", nil).data(t, 200)
	s.with(before, "GET", "/me", nil).problem(t, 401, "session_over")
	s.visit("POST", "/session", fields{"email": "editor@example.org", "password": password}).problem(t, 401, "sign_in_failed")
	s.visit("POST", "/session", fields{"email": "editor@example.org", "password": "une nouvelle phrase"}).data(t, 201)
}

func TestInvitation(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.as("administrator", "POST", "/users", fields{"name": "لينا", "email": "lina@example.org", "roles": []string{"author"}, "locale": "ar"}).data(t, 201)
	path := fmt.Sprint("/users/", d["id"], "/invite")
	s.as("editor", "POST", path, nil).problem(t, 403, "")
	if a := s.as("administrator", "POST", path, nil); a.status != 202 || strings.Contains(string(a.body), "rcl_") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	first := s.link(1, "invite")
	if letter := s.letter(1); !strings.Contains(letter, `dir="rtl"`) || !strings.Contains(letter, "دعوة") {
		t.Errorf("not an Arabic letter: %s", letter)
	}
	s.as("administrator", "POST", path, nil)
	second := s.link(2, "invite")
	s.visit("POST", "/session/link", fields{"link": first}).problem(t, 401, "link_over")
	a := s.visit("POST", "/session/link", fields{"link": second, "password": "une phrase bien à moi"})
	a.data(t, 201)
	if me := s.with(cookieOf(a), "GET", "/me", nil).data(t, 200); me["user"].(fields)["email"] != "lina@example.org" {
		t.Errorf("me: %v", me)
	}
	s.visit("POST", "/session", fields{"email": "lina@example.org", "password": "une phrase bien à moi"}).data(t, 201)
}

// The first administrator's link is for a site without users; how it is used
// is tested with real nodes in core/app.
func TestNoFirstLinkWhenThereAreUsers(t *testing.T) {
	s := newSite(t, siteOptions{})
	if _, err := s.auth.FirstLink(t.Context()); problem.CodeOf(err) != "first_user_exists" {
		t.Errorf("a site with users: %v", err)
	}
}

// app is an authenticator app.
type app struct {
	secret []byte
	site   *site
}

// code is the code of a step from now.
func (a app) code(step int64) string { return totp.Code(a.secret, totp.StepAt(a.site.now())+step) }

// factor sets up a second factor for a role that is signed in with a cookie.
func (s *site) factor(cookie string) (app, []string) {
	s.t.Helper()
	d := s.with(cookie, "POST", "/me/second-factor", fields{"password": password}).data(s.t, 201)
	a := app{must(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(fmt.Sprint(d["secret"])))(s.t), s}
	if !strings.HasPrefix(fmt.Sprint(d["uri"]), "otpauth://totp/site.example.org:") || !strings.HasPrefix(fmt.Sprint(d["qr"]), "<svg ") {
		s.t.Errorf("factor: %v", d)
	}
	answer := s.with(cookie, "POST", "/me/second-factor/confirm", fields{"code": a.code(0)}).data(s.t, 200)
	var codes []string
	for _, c := range answer["recovery_codes"].([]any) {
		codes = append(codes, fmt.Sprint(c))
	}
	s.pass(time.Minute) // on to codes that were not used
	return a, codes
}

// ticket signs in with the password, and gives the ticket for the code.
func (s *site) ticket(role string) string {
	s.t.Helper()
	p := s.visit("POST", "/session", fields{"email": role + "@example.org", "password": password}).problem(s.t, 401, "second_factor_needed")
	if p["expires_at"] == nil {
		s.t.Errorf("no end: %v", p)
	}
	return fmt.Sprint(p["ticket"])
}

func (s *site) enter(ticket, code string) answer {
	s.t.Helper()
	return s.visit("POST", "/session/code", fields{"ticket": ticket, "code": code})
}

func TestSecondFactor(t *testing.T) {
	s := newSite(t, siteOptions{})
	cookie := s.cookie("editor")
	again := s.visit("POST", "/session", fields{"email": "editor@example.org", "password": password})
	again.data(t, 201)
	other := cookieOf(again)
	s.with(cookie, "POST", "/me/second-factor", fields{"password": "pas la bonne phrase"}).problem(t, 422, "invalid_values")
	s.as("editor", "POST", "/me/second-factor", fields{"password": password}).problem(t, 403, "people_only")
	app, codes := s.factor(cookie)
	s.with(cookie, "GET", "/me", nil).data(t, 200) // goes on
	s.with(other, "GET", "/me", nil).problem(t, 401, "session_over")
	s.with(cookie, "POST", "/me/second-factor", fields{"password": password}).problem(t, 409, "factor_on")

	ticket := s.ticket("editor")
	if me := s.visit("GET", "/me", nil, "Cookie", "recueil_session="+ticket); me.status != 401 {
		t.Errorf("a ticket is taken for a session: %d", me.status)
	}
	s.enter(ticket, "000000").problem(t, 401, "code_wrong")
	code := app.code(0)
	s.enter(ticket, code[:3]+" "+code[3:]).data(t, 201)
	s.enter(ticket, app.code(1)).problem(t, 401, "ticket_over")
	// The code is used up, for other tickets too, and so is the one before.
	ticket = s.ticket("editor")
	s.enter(ticket, code).problem(t, 401, "code_wrong")
	s.enter(ticket, app.code(-1)).problem(t, 401, "code_wrong")
	s.enter(ticket, strings.ToUpper(codes[3])).data(t, 201)
	s.enter(s.ticket("editor"), codes[3]).problem(t, 401, "code_wrong")
	// Other ways in ask for it, too.
	s.visit("POST", "/session/links", fields{"email": "editor@example.org"}).data(t, 202)
	p := s.visit("POST", "/session/link", fields{"link": s.link(1, "sign_in")}).problem(t, 401, "second_factor_needed")
	s.pass(time.Minute)
	s.enter(fmt.Sprint(p["ticket"]), app.code(0)).data(t, 201)
	s.pass(time.Minute)
	ticket = s.ticket("editor")
	s.pass(account.TicketAge)
	s.enter(ticket, app.code(0)).problem(t, 401, "ticket_over")
}

func TestSecondFactorIsRemoved(t *testing.T) {
	s := newSite(t, siteOptions{})
	cookie := s.cookie("editor")
	app, codes := s.factor(cookie)
	remove := func(body fields) answer { return s.with(cookie, "POST", "/me/second-factor/remove", body) }
	remove(fields{}).problem(t, 422, "invalid_values")
	remove(fields{"code": "123456"}).problem(t, 422, "invalid_values")
	remove(fields{"password": "pas la bonne phrase"}).problem(t, 422, "invalid_values")
	renewed := s.with(cookie, "POST", "/me/second-factor/recovery-codes", fields{"code": app.code(0)}).data(t, 200)["recovery_codes"].([]any)
	s.enter(s.ticket("editor"), codes[0]).problem(t, 401, "code_wrong")
	s.enter(s.ticket("editor"), fmt.Sprint(renewed[0])).data(t, 201)
	if a := remove(fields{"code": renewed[1]}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.visit("POST", "/session", fields{"email": "editor@example.org", "password": password}).data(t, 201)
	s.factor(cookie)
	if a := remove(fields{"password": password}); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.factor(cookie)
	path := "/users/" + string(s.users["editor"]) + "/second-factor"
	s.as("author", "DELETE", path, nil).problem(t, 403, "")
	if a := s.as("administrator", "DELETE", path, nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.visit("POST", "/session", fields{"email": "editor@example.org", "password": password}).data(t, 201)
	// Nobody takes their own away without showing anything.
	admin := s.cookie("administrator")
	s.factor(admin)
	s.with(admin, "DELETE", "/users/"+string(s.users["administrator"])+"/second-factor", nil).problem(t, 422, "invalid_values")
}

func TestCodesAreUsedOnceAndCounted(t *testing.T) {
	s := newSite(t, siteOptions{})
	app, codes := s.factor(s.cookie("editor"))
	tickets := make([]string, 8)
	for i := range tickets {
		tickets[i] = s.ticket("editor")
	}
	code := app.code(0)
	if won, all := atOnce(4, func(i int) answer { return s.enter(tickets[i], code) }); won != 1 {
		t.Errorf("%d of 4 got in with one code: %s", won, all[0].body)
	}
	s.enter(s.ticket("editor"), codes[0]).data(t, 201) // begins the count anew
	// Many guesses at once, with many tickets, are no more than five.
	_, all := atOnce(8, func(i int) answer { return s.enter(s.ticket("editor"), fmt.Sprintf("%06d", i)) })
	wrong, closed := 0, 0
	for _, a := range all {
		switch a.status {
		case 401:
			wrong++
		case 429:
			closed++
		}
	}
	if wrong != 5 || closed != 3 {
		t.Errorf("%d wrong and %d closed of 8", wrong, closed)
	}
	last := s.ticket("editor")
	s.enter(last, codes[1]).problem(t, 429, "codes_closed")
	s.pass(time.Minute)
	s.enter(last, codes[1]).data(t, 201)
	one := s.ticket("editor")
	for i := range 5 {
		s.enter(one, fmt.Sprintf("%06d", i)).problem(t, 401, "code_wrong")
	}
	s.pass(time.Minute)
	s.enter(one, codes[2]).problem(t, 401, "ticket_over")
}

// A role may demand a second factor: until its holder has one it gives them
// nothing, by session or by token.
func TestRoleDemandsSecondFactor(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.as("administrator", "PATCH", "/roles/visitor", fields{"second_factor": true}).problem(t, 422, "role_invalid")
	s.as("administrator", "PATCH", "/roles/editor", fields{"second_factor": true}).data(t, 200)
	cookie := s.cookie("editor")
	s.with(cookie, "POST", "/entries/notes", fields{"title": "x"}).problem(t, 403, "")
	s.as("editor", "POST", "/entries/notes", fields{"title": "x"}).problem(t, 403, "")
	me := s.with(cookie, "GET", "/me", nil).data(t, 200)
	if fmt.Sprint(me["waiting_roles"]) != "[editor]" || strings.Contains(fmt.Sprint(me["roles"]), "editor") {
		t.Errorf("me: %v", me)
	}
	why := s.with(cookie, "GET", "/me/permissions?explain=create&collection=notes", nil).data(t, 200)
	if why["allowed"] != false || fmt.Sprint(why["waiting"]) != "[editor]" {
		t.Errorf("explanation: %v", why)
	}
	s.factor(cookie)
	s.with(cookie, "POST", "/entries/notes", fields{"title": "x"}).data(t, 201)
	s.as("editor", "POST", "/entries/notes", fields{"title": "x"}).data(t, 201)
}

// One sees one's own sessions, and ends one of them, not others'.
func TestOwnSessions(t *testing.T) {
	s := newSite(t, siteOptions{})
	one := s.cookie("author")
	again := s.visit("POST", "/session", fields{"email": "author@example.org", "password": password}, "User-Agent", "X Firefox/140.0 Linux")
	again.data(t, 201)
	list := s.with(one, "GET", "/me/sessions", nil).list(t)
	if len(list) != 2 {
		t.Fatalf("sessions: %v", list)
	}
	first, second := list[0].(fields), list[1].(fields)
	if first["current"] != true || second["current"] != false || second["agent"] != "Firefox, Linux" {
		t.Errorf("sessions: %v", list)
	}
	path := "/me/sessions/" + fmt.Sprint(second["id"])
	s.person("reviewer", "DELETE", path, nil).problem(t, 403, "not_allowed")
	s.with(cookieOf(again), "GET", "/me", nil).data(t, 200)
	if a := s.with(one, "DELETE", path, nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	s.with(cookieOf(again), "GET", "/me", nil).problem(t, 401, "session_unknown")
	s.with(one, "GET", "/me", nil).data(t, 200)
}

// What a browser brings along never becomes its session.
func TestSessionIsNotFixed(t *testing.T) {
	s := newSite(t, siteOptions{})
	planted := s.cookie("author")
	a := s.with(planted, "POST", "/session", fields{"email": "author@example.org", "password": password})
	a.data(t, 201)
	if got := cookieOf(a); got == planted || !strings.HasPrefix(got, "recueil_session=rcs_") {
		t.Errorf("the session is %q, planted was %q", got, planted)
	}
	s.with("recueil_session=rcs_"+strings.Repeat("A", 48), "GET", "/me", nil).problem(t, 401, "session_unknown")
}

// Nothing that lets somebody in is told by any read, or written to the log.
func TestSignInSecretsStayInside(t *testing.T) {
	s := newSite(t, siteOptions{})
	app, codes := s.factor(s.cookie("administrator"))
	ticket := s.ticket("administrator")
	code := app.code(0)
	s.enter(ticket, code).data(t, 201)
	secret := totp.Text(app.secret)
	for _, path := range []string{"/users", "/me", "/audit?page[size]=100", "/users/" + string(s.users["administrator"])} {
		body := string(s.as("administrator", "GET", path, nil).body)
		for _, found := range append(codes, secret, ticket, `"recovery"`, `"step"`) {
			if strings.Contains(body, found) {
				t.Errorf("%s tells %s", path, found)
			}
		}
	}
	for _, found := range append(codes, secret, ticket) {
		if strings.Contains(s.log.String(), found) {
			t.Errorf("the log holds %s", found)
		}
	}
}

// A user who is erased takes along what they signed in with.
func TestErasedUserHasNoFactor(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.factor(s.cookie("author"))
	s.do(system, account.EraseUser{ID: s.users["author"]})
	if n := s.count(content.NounFactor); n != 0 {
		t.Errorf("%d factors left", n)
	}
}

// Whoever manages users and roles learns why somebody may or may not do a
// thing: which role, which grant, and what it says.
func TestPermissionsOfOthers(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.as("administrator", "POST", "/roles", fields{"id": "stars", "name": "stars", "grants": []fields{
		{"collection": "notes", "verbs": []string{"read"}},
		{"collection": "notes", "verbs": []string{"update"}, "rows": fields{"stars": fields{"_gte": 3}}}}}).data(t, 201)
	s.as("administrator", "PATCH", "/users/"+string(s.users["reader"]), fields{"roles": []string{"stars"}}).data(t, 200)
	good, bad := s.note("editor", fields{"title": "Bonne", "stars": 4}), s.note("editor", fields{"title": "Autre", "stars": 1})
	path := "/users/" + string(s.users["reader"]) + "/permissions"
	why := func(query string) map[string]any {
		t.Helper()
		return s.as("administrator", "GET", path+query, nil).data(t, 200)
	}
	for query, want := range map[string]bool{
		"?explain=update&collection=notes&entry=" + good: true, "?explain=update&collection=notes&entry=" + bad: false,
		"?explain=publish&collection=notes": false, "?explain=read&collection=notes": true, "?explain=manage&collection=@users": false,
	} {
		if got := why(query); got["allowed"] != want {
			t.Errorf("%s: %v", query, got)
		}
	}
	reasons := fmt.Sprint(why("?explain=update&collection=notes&entry=" + bad)["reasons"])
	for _, part := range []string{"role:stars", "grant:1", "verdict:rows", "_gte"} {
		if !strings.Contains(reasons, part) {
			t.Errorf("the reasons do not tell %s: %s", part, reasons)
		}
	}
	// The person themself is told nothing of an entry that they cannot read.
	own := s.as("reader", "GET", "/me/permissions?explain=update&collection=notes&entry="+good, nil).data(t, 200)
	if own["allowed"] != false {
		t.Errorf("about a draft that they do not see: %v", own)
	}
	if n := len(s.as("administrator", "GET", path, nil).list(t)); n == 0 {
		t.Error("no permissions are listed")
	}
	s.as("administrator", "GET", path+"?collection=notes", nil).problem(t, 400, "parameter_with_explain")
	s.as("administrator", "PATCH", "/users/"+string(s.users["reader"]), fields{"disabled": true}).data(t, 200)
	s.as("administrator", "GET", path, nil).problem(t, 409, "user_disabled")
}
