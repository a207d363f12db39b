package consultation

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

// clock is the module's time, which a test may move on by days.
type clock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *clock) days(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += time.Duration(n) * 24 * time.Hour
}

func (c *clock) day(n int) string { return rules.Day(c.now().AddDate(0, 0, n)) }

// kit is a site with the module, and how a test speaks to it.
type kit struct {
	*sdktest.Site
	t *testing.T
	*clock
	wilaya string
	asked  int // consultations
}

func begin(t *testing.T, settings any) *kit {
	t.Helper()
	c := &clock{}
	return &kit{Site: sdktest.Run(t, At(c.now), settings), t: t, clock: c}
}

// make makes an entry as an administrator would.
func (k *kit) make(collection string, values map[string]any) string {
	k.t.Helper()
	id, err := k.Create(collection, values)
	if err != nil {
		k.t.Fatalf("create in %s: %v", collection, err)
	}
	return id
}

// association makes a profile.
func (k *kit) association(name string) string {
	k.t.Helper()
	if k.wilaya == "" {
		k.wilaya = k.make("territories", map[string]any{"name": "Béjaïa", "kind": "wilaya", "code": "06"})
	}
	return k.make("associations", map[string]any{"name": name, "wilaya": k.wilaya, "mission": "Ouvrir des lieux."})
}

// consultation makes one whose every phase allows what is named, from yesterday
// to a month on.
func (k *kit) consultation(moderation string, allows ...any) string {
	k.t.Helper()
	ref := "MJ"
	if k.asked++; k.asked > 1 {
		ref = fmt.Sprint("MJ", k.asked)
	}
	return k.make("consultation", map[string]any{"title": "Les maisons de jeunes", "ref": ref, "question": "Comment les ouvrir le soir ?", "moderation": moderation,
		"sections": []any{"youth", "means"},
		"phases":   []any{map[string]any{"key": "contributions", "starts": k.day(-1), "ends": k.day(30), "allows": allows}}})
}

// send sends a form; the answer has to lead on.
func (k *kit) send(path string, pairs ...string) string {
	k.t.Helper()
	status, to, body := k.Form(sdktest.Visitor, path, form2(pairs))
	if status != 303 {
		k.t.Fatalf("%s: %d %s", path, status, body)
	}
	return to
}

// refused sends a form that has to be refused with a status and a text.
func (k *kit) refused(want int, text, path string, pairs ...string) {
	k.t.Helper()
	status, to, body := k.Form(sdktest.Visitor, path, form2(pairs))
	if status != want || !strings.Contains(body, text) {
		k.t.Errorf("%s: %d %s %s", path, status, to, body)
	}
}

func form2(pairs []string) url.Values {
	v := url.Values{"locale": {"fr"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// personal are the parts of the address of a personal page.
type personal struct{ kind, id, token string }

func ownOf(t *testing.T, to string) personal {
	t.Helper()
	path, _, _ := strings.Cut(to, "?")
	parts := strings.Split(path, "/")
	if len(parts) != 7 || parts[3] != "suivre" {
		t.Fatalf("%s is no personal page", to)
	}
	return personal{parts[4], parts[5], parts[6]}
}

func (o personal) with(pairs ...string) []string {
	return append([]string{"kind", o.kind, "id", o.id, "token", o.token}, pairs...)
}

// contribute sends a contribution, and does not confirm it.
func (k *kit) contribute(consultation, email, title, body string) personal {
	k.t.Helper()
	return ownOf(k.t, k.send("/contribute", "consultation", consultation, "email", email, "title", title, "body", body, "consent", "yes", "section", "youth"))
}

var six = regexp.MustCompile(`\b[0-9]{6}\b`)

// letter waits for one to an address whose subject has a text.
func (k *kit) letter(email, subject string) mail.Message {
	k.t.Helper()
	var found mail.Message
	k.Until("a letter to "+email+": "+subject, func() bool {
		for _, m := range k.Letters() {
			if m.To.Email == email && strings.Contains(m.Subject, subject) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// confirm takes the newest code out of the letters, and sends it.
func (k *kit) confirm(o personal, email string) string {
	k.t.Helper()
	code := ""
	for _, m := range k.Letters() {
		if m.To.Email == email && strings.HasSuffix(m.Kind, "code") && strings.Contains(m.Button.URL, o.id) {
			code = six.FindString(m.Subject)
		}
	}
	if code == "" {
		k.t.Fatalf("no code came to %s", email)
	}
	return k.send("/confirm", o.with("code", code)...)
}

// shows gives the HTML of a page, which has to be there.
func (k *kit) shows(path string, query map[string]string, want ...string) string {
	k.t.Helper()
	got := k.Page("fr", "/consultation/"+path, query)
	if got.Missing {
		k.t.Fatalf("there is no page %s", path)
	}
	page := got.Title + "\n" + string(got.HTML)
	for _, w := range want {
		if !strings.Contains(page, w) {
			k.t.Errorf("the page %s does not have %q:\n%s", path, w, page)
		}
	}
	return page
}

// missing says that there is no page.
func (k *kit) missing(path string) {
	k.t.Helper()
	if got := k.Page("fr", "/consultation/"+path, nil); !got.Missing {
		k.t.Errorf("there is a page %s: %s", path, got.HTML)
	}
}

// press presses something at a screen of the console.
func (k *kit) press(by content.Actor, place, action, params, values string) *console.Shown {
	k.t.Helper()
	i := console.Interaction{Place: place, Action: action}
	if values != "" {
		i.Values = []byte(values)
	}
	if params != "" {
		i.Params = map[string]string{}
		v, err := url.ParseQuery(params)
		if err != nil {
			k.t.Fatal(err)
		}
		for name := range v {
			i.Params[name] = v.Get(name)
		}
	}
	shown, err := k.Interact(by, i)
	if err != nil {
		k.t.Fatalf("%s/%s: %v", place, action, err)
	}
	return shown
}
