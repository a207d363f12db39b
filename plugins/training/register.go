package training

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// note writes to the plugin's log; nothing personal goes there.
func (p *program) note(what string, err error) { fmt.Fprintln(os.Stderr, what+":", err) }

// consentVersion names the words that people agree to (form.consent).
const consentVersion = "2026-1"

// register takes a form of somebody without an account. It counts when the
// code that is sent to the address comes back. The same form sent again makes
// one registration and sends one letter.
func (p *program) register(r *http.Request, f form) (outcome, error) {
	ctx, h := r.Context(), sdk.From(r).Host
	s, err := get[session](ctx, h, sessions, r.PathValue("id"), f.locale)
	if err != nil {
		return outcome{}, err
	}
	back := outcome{page: "sessions/" + s.Code, status: http.StatusUnprocessableEntity}
	if f.Get("website") != "" { // nobody sees this field: a program filled it in
		return outcome{page: "confirm"}, nil
	}
	if !s.takes(p.now()) {
		back.fault, back.status = "closed", http.StatusConflict
		return back, nil
	}
	values, apart, fault := fill(s, f)
	if fault != "" {
		back.fault = fault
		return back, nil
	}
	id, err := p.enter(ctx, s, values, apart)
	if err != nil {
		return back, err
	}
	if err := p.sendCode(ctx, "code", id, s, f.locale); err != nil {
		return back, err
	}
	return outcome{page: "confirm", query: url.Values{"r": {id}}}, nil
}

// fill reads a form into the values of a registration, and into those that are
// kept apart to be destroyed earlier.
func fill(s *session, f form) (values map[string]any, apart map[question]string, fault string) {
	values = map[string]any{"session": s.ID, "name": f.text("name", 150), "phone": f.text("phone", 40), "function": f.text("function", 150),
		"organisation": f.text("organisation", 200), "language": f.locale, "visible": "nobody", "source": "web", "state": "new"}
	if values["name"] == "" {
		return nil, nil, "name"
	}
	email := strings.ToLower(f.text("email", 254))
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email || !strings.Contains(email, ".") {
		return nil, nil, "email"
	}
	values["email"] = email
	if v := f.Get("visible"); v == "participants" || v == "all" {
		values["visible"] = v
	}
	for _, name := range []string{"association", "wilaya"} {
		if v := f.text(name, 26); v != "" {
			values[name] = v
		}
	}
	if f.Get("consent") == "" || f.Get("consent") == "false" {
		return nil, nil, "consent"
	}
	values["consents"] = map[string]any{"organise": consentVersion, "visible": values["visible"]}
	answers := map[string]string{}
	apart = map[question]string{}
	for _, q := range s.Questions {
		v, ok := q.answer(f)
		if !ok {
			return nil, nil, "question"
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
	return values, apart, ""
}

// answer reads the answer to a question; false: it is missing, or none of the
// choices. One whose condition is not met is not asked.
func (q question) answer(f form) (string, bool) {
	if q.OnlyIf != "" && f.Get("q_"+q.OnlyIf) != "yes" {
		return "", true
	}
	v := f.text("q_"+q.Key, 1000)
	switch {
	case v == "":
		return "", !q.Required
	case q.Kind == "yesno":
		return v, v == "yes" || v == "no"
	case q.Kind == "choice":
		return v, slices.Contains(q.options(), v)
	}
	return v, true
}

// enter makes the registration once, however often the same form comes.
func (p *program) enter(ctx context.Context, s *session, values map[string]any, apart map[question]string) (string, error) {
	h := p.setup.Load().host
	words := []string{"form", s.ID}
	for _, name := range []string{"email", "name", "phone", "function", "organisation", "association", "wilaya", "visible", "language", "answers", "replaces"} {
		words = append(words, name, fmt.Sprint(values[name]))
	}
	for _, q := range s.Questions {
		words = append(words, apart[q])
	}
	sum, err := p.digest(ctx, words...)
	if err != nil {
		return "", err
	}
	key := hex.EncodeToString(sum[:16])
	for _, name := range []string{"association", "wilaya"} { // what is no entry is left out, not believed
		if id, _ := values[name].(string); id != "" && !p.exists(ctx, map[string]string{"association": "associations", "wilaya": "territories"}[name], id) {
			delete(values, name)
		}
	}
	for again := range maxAgain {
		id, spent, err := p.enterOnce(ctx, s, values, fmt.Sprintf("registration %s %d", key, again))
		if err != nil {
			return "", err
		}
		if spent {
			continue
		}
		for q, v := range apart {
			_, err := h.Create(ctx, needs, sdk.Locales{"fr": {"registration": id, "session": s.ID, "key": q.Key, "answer": v, "keep_days": *q.KeepDays}},
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
func (p *program) enterOnce(ctx context.Context, s *session, values map[string]any, key string) (id string, spent bool, err error) {
	done, err := p.setup.Load().host.Create(ctx, registrations, sdk.Locales{"fr": values}, sdk.Options{Key: key})
	if err != nil || !done.Replayed {
		return idOf(done), false, err
	}
	reg, err := p.registration(ctx, done.ID)
	if sdk.IsNotFound(err) {
		return "", true, nil
	}
	if err != nil || reg.Email == "" || reg.State == "replaced" {
		return "", err == nil, err
	}
	r, err := p.seen(ctx, s.ID)
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

func (p *program) exists(ctx context.Context, collection, id string) bool {
	var e meta
	return p.setup.Load().host.Get(ctx, collection, id, "fallback=*&fields=id", &e) == nil && e.ID == id
}

// sendCode sends the code of this hour, once.
func (p *program) sendCode(ctx context.Context, template, id string, s *session, locale string) error {
	code, err := p.code(ctx, id, p.now())
	if err != nil {
		return err
	}
	values, err := p.about(ctx, s, locale)
	if err != nil {
		return err
	}
	values["code"], values["r"] = code, id
	return p.send(ctx, p.setup.Load().host, sdk.Letter{Template: template, ID: id, Locale: locale, Values: values, Key: template + " " + id + " " + code})
}

// send sends a letter to the address of a registration. Whose address is gone
// gets none; a site that sends no mail goes on without.
func (p *program) send(ctx context.Context, h *sdk.Host, l sdk.Letter) error {
	l.Collection, l.Field = registrations, "email"
	_, err := h.Send(ctx, l)
	if sdk.IsNotFound(err) || isCode(err, "mail_off") {
		return nil
	}
	return err
}

// confirm takes a code back: the registration counts from then on, and a seat
// or a place in the queue is given.
func (p *program) confirm(r *http.Request, f form) (outcome, error) {
	ctx, id := r.Context(), f.text("r", 26)
	again := outcome{page: "confirm", query: url.Values{"r": {id}}, status: http.StatusUnprocessableEntity}
	reg, err := p.registration(ctx, id)
	if err != nil {
		return again, err
	}
	right, err := p.guess(ctx, id, f.text("c", 12))
	if err != nil {
		return again, err
	}
	if !right {
		again.fault = "code"
		return again, nil
	}
	held, err := p.seat(ctx, reg)
	if err != nil {
		return again, err
	}
	if held != id { // the address was registered before: that one stays
		if err := p.forget(ctx, p.setup.Load().host, id); err != nil {
			p.note("forgetting a second registration", err)
		}
	}
	token, err := p.token(ctx, held)
	return outcome{page: "mine", query: url.Values{"r": {held}, "t": {token}, "done": {"confirmed"}}}, err
}

// registration reads the newest values of one.
func (p *program) registration(ctx context.Context, id string) (*registration, error) {
	r := &registration{}
	return r, p.setup.Load().host.Get(ctx, registrations, id, newest, r)
}

// seat puts a registration into the roster, and gives the id of the one that
// holds the person's place.
func (p *program) seat(ctx context.Context, reg *registration) (string, error) {
	who, err := p.who(ctx, reg.Email)
	if err != nil {
		return "", err
	}
	l := seats.Line{ID: reg.ID, Who: who, Association: reg.side(), Wilaya: reg.Wilaya}
	held := reg.ID
	err = p.change(ctx, reg.Session, func(r *seats.Roster, rules seats.Rules, _ time.Time) error {
		if reg.Replaces != "" {
			return r.Replace(reg.Replaces, l)
		}
		line, err := r.Register(l, rules)
		if err == nil {
			held = line.ID
		}
		return err
	})
	return held, err
}
