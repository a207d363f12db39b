package act

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// consentVersion names the words that people agree to (form.consent).
const consentVersion = "2026-1"

// Form is what somebody sent, and the language in which they are answered.
type Form struct {
	url.Values
	Locale string
	// Told is a form that an editor fills in for somebody, on the telephone: no
	// code shows that an address is theirs, and they may have none.
	Told bool
}

// Text reads a line of at most some bytes.
func (f Form) Text(name string, most int) string {
	v := strings.TrimSpace(f.Get(name))
	for len(v) > most {
		v = strings.ToValidUTF8(v[:most], "")
	}
	return v
}

// Register takes a form of somebody without an account. It counts when the
// code that is sent to the address comes back. The same form sent again makes
// one registration and sends one letter.
func (w *Work) Register(ctx context.Context, s *record.Session, f Form) (id string, err error) {
	if !s.Takes(w.Now()) {
		return "", seats.ErrClosed
	}
	values, apart, err := fill(s, f)
	if err != nil {
		return "", err
	}
	if id, err = w.enter(ctx, s, values, apart); err != nil {
		return "", err
	}
	return id, w.sendCode(ctx, "code", id, s, f.Locale)
}

// RegisterFor registers somebody whom an editor speaks with. They have a seat, or
// a place in the queue, at once, and may be let in when visitors no longer may.
// Whoever is there already is a fault.
func (w *Work) RegisterFor(ctx context.Context, s *record.Session, f Form) (id string, err error) {
	f.Told = true
	values, apart, err := fill(s, f)
	if err != nil {
		return "", err
	}
	if id, err = w.enter(ctx, s, values, apart); err != nil {
		return "", err
	}
	reg, err := w.Registration(ctx, id)
	if err != nil {
		return "", err
	}
	held, err := w.seat(ctx, reg, func(r *seats.Rules) { r.Open, r.Approval = true, false })
	if err != nil {
		return "", err
	}
	if held != id {
		return "", cmp.Or[error](w.forget(ctx, w.Host(), id), seats.ErrThere)
	}
	return id, nil
}

// number is what tells a telephone number: its digits.
func number(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// fill reads a form into the values of a registration, and into those that are
// kept apart to be destroyed earlier.
func fill(s *record.Session, f Form) (values map[string]any, apart map[record.Question]string, err error) {
	values = map[string]any{"session": s.ID, "name": f.Text("name", 150), "phone": f.Text("phone", 40), "function": f.Text("function", 150),
		"organisation": f.Text("organisation", 200), "language": f.Locale, "visible": "nobody", "source": "web", "state": "new"}
	if values["name"] == "" {
		return nil, nil, FaultError("name")
	}
	if email := strings.ToLower(f.Text("email", 254)); email != "" || number(f.Get("phone")) == "" || !f.Told {
		if a, err := mail.ParseAddress(email); err != nil || a.Address != email || !strings.Contains(email, ".") {
			return nil, nil, FaultError("email")
		}
		values["email"] = email
	}
	if f.Told {
		values["source"] = "editor"
	}
	if v := f.Get("visible"); v == "participants" || v == "all" {
		values["visible"] = v
	}
	for _, name := range []string{"association", "wilaya"} {
		if v := f.Text(name, 26); v != "" {
			values[name] = v
		}
	}
	if f.Get("consent") == "" || f.Get("consent") == "false" {
		return nil, nil, FaultError("consent")
	}
	values["consents"] = map[string]any{"organise": consentVersion, "visible": values["visible"]}
	answers := map[string]string{}
	apart = map[record.Question]string{}
	for _, q := range s.Questions {
		v, ok := answered(q, f)
		if !ok {
			return nil, nil, FaultError("question")
		}
		if v == "" {
			continue
		}
		if q.KeepDays != nil {
			apart[q] = v
			continue
		}
		answers[q.Key] = v
	}
	if len(answers) > 0 {
		values["answers"] = answers
	}
	return values, apart, nil
}

// answered reads the answer to a question; false: it is missing, or none of the
// choices. One whose condition is not met is not asked.
func answered(q record.Question, f Form) (string, bool) {
	if q.OnlyIf != "" && f.Get("q_"+q.OnlyIf) != "yes" {
		return "", true
	}
	v := f.Text("q_"+q.Key, 1000)
	switch {
	case v == "":
		return "", !q.Required
	case q.Kind == "yesno":
		return v, v == "yes" || v == "no"
	case q.Kind == "choice":
		return v, slices.Contains(q.Choices(), v)
	}
	return v, true
}

// enter makes the registration once, however often the same form comes.
func (w *Work) enter(ctx context.Context, s *record.Session, values map[string]any, apart map[record.Question]string) (string, error) {
	h := w.Host()
	words := []string{"form", s.ID}
	for _, name := range []string{"email", "name", "phone", "function", "organisation", "association", "wilaya", "visible", "language", "answers", "replaces"} {
		words = append(words, name, fmt.Sprint(values[name]))
	}
	for _, q := range s.Questions {
		words = append(words, apart[q])
	}
	sum, err := w.digest(ctx, words...)
	if err != nil {
		return "", err
	}
	key := hex.EncodeToString(sum[:16])
	for _, name := range []string{"association", "wilaya"} { // what is no entry is left out, not believed
		if id, _ := values[name].(string); id != "" && !w.exists(ctx, map[string]string{"association": "associations", "wilaya": "territories"}[name], id) {
			delete(values, name)
		}
	}
	for again := range maxAgain {
		id, spent, err := w.enterOnce(ctx, s, values, fmt.Sprintf("registration %s %d", key, again))
		if err != nil {
			return "", err
		}
		if spent {
			continue
		}
		for q, v := range apart {
			_, err := h.Create(ctx, record.Needs, sdk.Locales{"fr": {"registration": id, "session": s.ID, "key": q.Key, "answer": v, "keep_days": *q.KeepDays}},
				sdk.Options{Key: fmt.Sprintf("need %s %d %s", key, again, q.Key)})
			if err != nil {
				return "", err
			}
		}
		return id, nil
	}
	return "", errBusy
}

// maxAgain is how often the same form counts anew within a day, because what it
// made was cancelled or erased.
const maxAgain = 20

// enterOnce makes a registration, or finds the one that was made under the same
// key; spent: that one is over, and whoever sends the form wants another.
func (w *Work) enterOnce(ctx context.Context, s *record.Session, values map[string]any, key string) (id string, spent bool, err error) {
	done, err := w.Host().Create(ctx, record.Registrations, sdk.Locales{"fr": values}, sdk.Options{Key: key})
	if err != nil || !done.Replayed {
		return idOf(done), false, err
	}
	reg, err := w.Registration(ctx, done.ID)
	if sdk.IsNotFound(err) {
		return "", true, nil
	}
	if err != nil || reg.Name == "" || reg.State == "replaced" {
		return "", err == nil, err
	}
	r, err := w.Seen(ctx, s.ID)
	if err != nil {
		return "", false, err
	}
	l := r.Board.Find(done.ID)
	return done.ID, l != nil && l.State.Over(), nil
}

func idOf(d *sdk.Done) string {
	if d == nil {
		return ""
	}
	return d.ID
}

func (w *Work) exists(ctx context.Context, collection, id string) bool {
	var e record.Head
	return w.Host().Get(ctx, collection, id, "fallback=*&fields=id", &e) == nil && e.ID == id
}

// sendCode sends the code of this hour, once.
func (w *Work) sendCode(ctx context.Context, template, id string, s *record.Session, locale string) error {
	code, err := w.code(ctx, id, w.Now())
	if err != nil {
		return err
	}
	values, err := w.about(ctx, s, locale)
	if err != nil {
		return err
	}
	values["code"], values["r"] = code, id
	return w.send(ctx, w.Host(), sdk.Letter{Template: template, ID: id, Locale: locale, Values: values, Key: template + " " + id + " " + code})
}

// send sends a letter to the address of a registration. Whose address is gone
// gets none; a site that sends no mail goes on without.
func (w *Work) send(ctx context.Context, h *sdk.Host, l sdk.Letter) error {
	l.Collection, l.Field = record.Registrations, "email"
	_, err := h.Send(ctx, l)
	if sdk.IsNotFound(err) || isCode(err, "mail_off") {
		return nil
	}
	return err
}

// Confirm takes a code back: the registration counts from then on, and a seat
// or a place in the queue is given. It gives the registration that holds the
// person's place, and the token for it.
func (w *Work) Confirm(ctx context.Context, id, code string) (held, token string, err error) {
	reg, err := w.Registration(ctx, id)
	if err != nil {
		return "", "", err
	}
	right, err := w.guess(ctx, id, code)
	if err != nil {
		return "", "", err
	}
	if !right {
		return "", "", FaultError("code")
	}
	if held, err = w.seat(ctx, reg, func(*seats.Rules) {}); err != nil {
		return "", "", err
	}
	if held != id { // the address was registered before: that one stays
		if err := w.forget(ctx, w.Host(), id); err != nil {
			Note("forgetting a second registration", err)
		}
	}
	token, err = w.token(ctx, held)
	return held, token, err
}

// Registration reads the newest values of one.
func (w *Work) Registration(ctx context.Context, id string) (*record.Registration, error) {
	r := &record.Registration{}
	return r, w.Host().Get(ctx, record.Registrations, id, record.Newest, r)
}

// seat puts a registration into the roster, and gives the id of the one that
// holds the person's place. The rules of the session may be bent.
func (w *Work) seat(ctx context.Context, reg *record.Registration, bend func(*seats.Rules)) (string, error) {
	reach := reg.Email
	if reach == "" {
		reach = "tel:" + number(reg.Phone)
	}
	who, err := w.who(ctx, reach)
	if err != nil {
		return "", err
	}
	s, err := record.Get[record.Session](ctx, w.Host(), record.Sessions, reg.Session, "fr")
	if err != nil {
		return "", err
	}
	l := seats.Line{ID: reg.ID, Who: who, Association: reg.Side(), Wilaya: reg.Wilaya, Groups: s.Groups(reg.Answers)}
	held := reg.ID
	err = w.Change(ctx, reg.Session, func(r *seats.Roster, rules seats.Rules, _ time.Time) error {
		if reg.Replaces != "" {
			return r.Replace(reg.Replaces, l)
		}
		bend(&rules)
		line, err := r.Register(l, rules)
		if err == nil {
			held = line.ID
		}
		return err
	})
	return held, err
}
