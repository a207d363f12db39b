package api_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
)

// provider is a small OpenID Connect provider: discovery, keys, codes that are
// bound to a client, an address and a PKCE challenge and good once, and signed
// ID tokens.
type provider struct {
	t   testing.TB
	url string
	key *rsa.PrivateKey

	mu      sync.Mutex
	subject string // who is signed in there
	codes   map[string]url.Values
	claims  map[string]any // in the place of the right ones
	alg     string         // "": RS256
	away    bool
}

const oidcClient, oidcSecret = "recueil", "the secret of the client"

func newProvider(t testing.TB) *provider {
	p := &provider{t: t, key: must(rsa.GenerateKey(rand.Reader, 2048))(t), subject: "alice", codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discover)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p.url = server.URL
	return p
}

// client is the configuration of a site at the provider; nil when there is
// none.
func (p *provider) client(site string) *auth.OIDC {
	if p == nil {
		return nil
	}
	return &auth.OIDC{Issuer: p.url, ClientID: oidcClient, ClientSecret: oidcSecret, Label: "Chez nous",
		Callback: func() string { return site + api.Prefix + api.CallbackPath }}
}

func (p *provider) set(f func()) { p.mu.Lock(); defer p.mu.Unlock(); f() }

func (p *provider) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *provider) discover(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		http.Error(w, "away", http.StatusBadGateway)
		return
	}
	p.json(w, fields{"issuer": p.url, "authorization_endpoint": p.url + "/authorize", "token_endpoint": p.url + "/token",
		"jwks_uri": p.url + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	enc := base64.RawURLEncoding
	p.json(w, fields{"keys": []fields{{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig",
		"n": enc.EncodeToString(p.key.N.Bytes()), "e": enc.EncodeToString(big.NewInt(int64(p.key.E)).Bytes())}}})
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != oidcClient || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" ||
		q.Get("code_challenge") == "" || q.Get("state") == "" || q.Get("nonce") == "" || q.Get("scope") != "openid" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.set(func() { p.codes[code] = q })
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.url}}.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	asked, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || id != oidcClient || secret != oidcSecret || r.FormValue("redirect_uri") != asked.Get("redirect_uri") ||
		asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		w.WriteHeader(http.StatusBadRequest)
		p.json(w, fields{"error": "invalid_grant"})
		return
	}
	claims := fields{"iss": p.url, "sub": p.subject, "aud": oidcClient, "nonce": asked.Get("nonce"), "email": "editor@example.org",
		"email_verified": true, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, p.claims)
	p.json(w, fields{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 3600, "id_token": p.sign(claims)})
}

func (p *provider) sign(claims fields) string {
	part := func(v any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(v))(p.t)) }
	if p.alg == "none" {
		return part(fields{"alg": "none"}) + "." + part(claims) + "."
	}
	text := part(fields{"alg": "RS256", "kid": "1"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature := must(rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:]))(p.t)
	if p.alg == "broken" {
		signature[0] ^= 1
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// provided asks the provider for the page to which a browser was sent, and gives
// the path of the site to which it is sent back.
func (s *site) provided(address string) string {
	s.t.Helper()
	res, err := s.client.Get(address)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	back := res.Header.Get("Location")
	if res.StatusCode != http.StatusFound || !strings.HasPrefix(back, s.url+"/api/v1/session/oidc/callback?") {
		s.t.Fatalf("the provider answers %d %s", res.StatusCode, back)
	}
	return strings.TrimPrefix(back, s.url+"/api/v1")
}

// begin starts a sign-in elsewhere, and gives the browser's cookie and the
// path that it comes back to.
func (s *site) begin() (cookie, back string) {
	s.t.Helper()
	a := s.visit("GET", "/session/oidc", nil)
	if a.status != 302 {
		s.t.Fatalf("%d %s", a.status, a.body)
	}
	if set := a.header.Get("Set-Cookie"); !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "path=/api/v1/session/oidc") {
		s.t.Errorf("cookie: %s", set)
	}
	return cookieOf(a), s.provided(a.header.Get("Location"))
}

// connect connects the account of the provider with the user of a session.
func (s *site) connect(session string) answer {
	s.t.Helper()
	a := s.with(session, "POST", "/me/identities", nil)
	d := a.data(s.t, 201)
	return s.visit("GET", s.provided(fmt.Sprint(d["url"])), nil, "Cookie", session+"; "+cookieOf(a), "Sec-Fetch-Site", "cross-site")
}

// sent checks where a browser is sent.
func (a answer) sent(t testing.TB, to string) {
	t.Helper()
	if a.status != 302 || !strings.HasSuffix(a.header.Get("Location"), to) {
		t.Fatalf("sent to %s with %d, want %s: %s", a.header.Get("Location"), a.status, to, a.body)
	}
}

// sessionOf is the session that an answer gives, or empty.
func sessionOf(a answer) string {
	for _, c := range a.header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "recueil_session=rcs_") {
			cookie, _, _ := strings.Cut(c, ";")
			return cookie
		}
	}
	return ""
}

func TestSignInElsewhere(t *testing.T) {
	p := newProvider(t)
	s := newSite(t, siteOptions{oidc: p})
	if w := s.visit("GET", "/session/ways", nil).data(t, 200); w["elsewhere"] != "Chez nous" {
		t.Errorf("ways: %v", w)
	}
	// The e-mail that the provider vouches for is an editor's, and counts for
	// nothing.
	cookie, back := s.begin()
	a := s.visit("GET", back, nil, "Cookie", cookie)
	a.sent(t, "#identity_unknown")
	if sessionOf(a) != "" {
		t.Fatal("an e-mail alone opens a session")
	}
	session := s.cookie("editor")
	s.connect(session).sent(t, "/admin/")
	s.connect(session).sent(t, "/admin/") // again changes nothing
	list := s.with(session, "GET", "/me/identities", nil).list(t)
	if len(list) != 1 || list[0].(fields)["issuer"] != p.url || strings.Contains(fmt.Sprint(list), "alice") {
		t.Fatalf("identities: %v", list)
	}
	cookie, back = s.begin()
	a = s.visit("GET", back, nil, "Cookie", cookie)
	a.sent(t, "/admin/")
	if me := s.with(sessionOf(a), "GET", "/me", nil).data(t, 200); me["user"].(fields)["email"] != "editor@example.org" {
		t.Errorf("me: %v", me)
	}
	s.visit("GET", back, nil, "Cookie", cookie).sent(t, "#oidc_failed") // the code is used up
	s.connect(s.cookie("author")).sent(t, "#identity_taken")
	path := "/me/identities/" + fmt.Sprint(list[0].(fields)["id"])
	s.person("reviewer", "DELETE", path, nil).problem(t, 404, "identity_missing")
	if a := s.with(session, "DELETE", path, nil); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	cookie, back = s.begin()
	s.visit("GET", back, nil, "Cookie", cookie).sent(t, "#identity_unknown")
	for _, secret := range []string{"alice", "code=ey", oidcSecret} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

func TestSignInElsewhereAsksForTheSecondFactor(t *testing.T) {
	s := newSite(t, siteOptions{oidc: newProvider(t)})
	session := s.cookie("editor")
	s.connect(session).sent(t, "/admin/")
	app, _ := s.factor(session)
	cookie, back := s.begin()
	a := s.visit("GET", back, nil, "Cookie", cookie)
	_, ticket, ok := strings.Cut(a.header.Get("Location"), "/session/link#ticket=")
	if !ok || sessionOf(a) != "" {
		t.Fatalf("sent to %s", a.header.Get("Location"))
	}
	s.enter(ticket, app.code(0)).data(t, 201)
}

// Whatever a browser or a provider gets wrong, nobody gets in.
func TestSignInElsewhereIsChecked(t *testing.T) {
	p := newProvider(t)
	s := newSite(t, siteOptions{oidc: p})
	session := s.cookie("editor")
	s.connect(session).sent(t, "/admin/")
	refused := func(name string, a answer) {
		t.Helper()
		a.sent(t, "#oidc_failed")
		if sessionOf(a) != "" {
			t.Errorf("%s: a session", name)
		}
	}
	for name, wrong := range map[string]fields{
		"another nonce": {"nonce": "other"}, "no nonce": {"nonce": ""}, "another audience": {"aud": "other"},
		"another issuer": {"iss": "https://evil.example"}, "over": {"exp": time.Now().Add(-time.Hour).Unix()},
	} {
		p.set(func() { p.claims = wrong })
		cookie, back := s.begin()
		refused(name, s.visit("GET", back, nil, "Cookie", cookie))
	}
	p.set(func() { p.claims = nil })
	for _, alg := range []string{"none", "broken"} {
		p.set(func() { p.alg = alg })
		cookie, back := s.begin()
		refused(alg, s.visit("GET", back, nil, "Cookie", cookie))
	}
	p.set(func() { p.alg = "" })
	cookie, back := s.begin()
	refused("no cookie", s.visit("GET", back, nil))
	other, _ := s.begin()
	refused("another browser's answer", s.visit("GET", back, nil, "Cookie", other))
	refused("no state", s.visit("GET", "/session/oidc/callback?code=x", nil, "Cookie", cookie))
	refused("an empty flow", s.visit("GET", "/session/oidc/callback?code=x", nil, "Cookie", "recueil_oidc=e30"))
	refused("no flow", s.visit("GET", "/session/oidc/callback?code=x", nil, "Cookie", "recueil_oidc=!"))
	// A flow that connects is bound to the session that began it.
	begun := s.with(session, "POST", "/me/identities", nil)
	back = s.provided(fmt.Sprint(begun.data(t, 201)["url"]))
	p.set(func() { p.subject = "mallory" })
	refused("another's session", s.visit("GET", back, nil, "Cookie", s.cookie("author")+"; "+cookieOf(begun)))
	s.visit("POST", "/me/identities", nil, "Cookie", session, "Sec-Fetch-Site", "cross-site").problem(t, 403, "cross_site_request")
	s.do(system, account.DisableUser{ID: s.users["editor"], Disabled: true})
	p.set(func() { p.subject = "alice" })
	cookie, back = s.begin()
	refused("a closed account", s.visit("GET", back, nil, "Cookie", cookie))
	s.do(system, account.DisableUser{ID: s.users["editor"]})
	s.do(system, account.EraseUser{ID: s.users["editor"]})
	if n := s.count(content.NounIdentity); n != 0 {
		t.Errorf("%d identities outlive their user", n)
	}
}

// A provider that is away is no reason not to start, and is asked again.
func TestProviderIsAway(t *testing.T) {
	p := newProvider(t)
	s := newSite(t, siteOptions{oidc: p})
	p.set(func() { p.away = true })
	s.visit("GET", "/session/oidc", nil).problem(t, 503, "oidc_unreachable")
	p.set(func() { p.away = false })
	cookie, back := s.begin()
	s.visit("GET", back, nil, "Cookie", cookie).sent(t, "#identity_unknown")
}
