package consultation

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"fmt"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/open"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/show"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// maxForm bounds what a form sends, in bytes.
const maxForm = 64 << 10

// routes take forms in and lead back to pages, so that going back or loading
// again sends nothing twice; and give files.
func (m *module) routes() http.Handler {
	mux := http.NewServeMux()
	for path, do := range map[string]func(context.Context, *sdk.Host, *form) (string, error){
		"contribute": m.contribute, "survey": m.survey, "comment": m.comment, "confirm": m.confirm, "report": m.report, "appeal": m.appeal, "withdraw": m.withdraw,
		"erase": m.erase, "follow": m.follow, "stop": m.stop, "rsvp": m.rsvp, "position": m.position, "correct": m.correct, "digest": m.digest,
	} {
		mux.HandleFunc("POST /"+path, m.takes(do))
	}
	files := open.Desk{Work: m.work}
	mux.HandleFunc("GET /data/{file}", func(w http.ResponseWriter, r *http.Request) {
		files.Data(w, r, sdk.From(r).Host.Alone())
	})
	mux.HandleFunc("GET /calendar/{file}", func(w http.ResponseWriter, r *http.Request) {
		files.Calendar(w, r, sdk.From(r).Host.Alone())
	})
	mux.HandleFunc("GET /groups/{id}/archive", func(w http.ResponseWriter, r *http.Request) { files.Archive(w, r, sdk.From(r).Host) })
	return mux
}

// form is what somebody sent.
type form struct{ url.Values }

func (f *form) locale() string {
	if l := f.Get("locale"); l == "ar" || l == "en" {
		return l
	}
	return "fr"
}

// number reads a number; 0 for none.
func (f *form) number(name string) int {
	n, err := strconv.Atoi(f.Get(name))
	if err != nil {
		return 0
	}
	return n
}

// sources reads the source that a form has room for.
func (f *form) sources() []record.Link {
	return []record.Link{{Title: f.Get("source_title"), URL: f.Get("source_url")}}
}

// voice reads who speaks.
func (f *form) voice() act.Voice {
	return act.Voice{Author: f.Get("author"), Email: f.Get("email"), Locale: f.locale(), Lang: f.Get("lang"), Consent: f.Get("consent") == "yes", Trap: f.Get("trap")}
}

// takes reads a form, does what it asks, and leads on. What somebody can mend is
// said in their language.
func (m *module) takes(do func(context.Context, *sdk.Host, *form) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			sorry(w, "fr", http.StatusBadRequest, "down")
			return
		}
		f := &form{r.PostForm}
		to, err := do(r.Context(), sdk.From(r).Host.Alone(), f)
		if code := act.FaultOf(err); code != "" {
			status := http.StatusUnprocessableEntity
			if code == "missing" || code == "token" {
				status = http.StatusNotFound
			}
			sorry(w, f.locale(), status, code)
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "a form was not taken in:", err)
			w.Header().Set("Retry-After", "2")
			sorry(w, f.locale(), http.StatusServiceUnavailable, "down")
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// sorry is a page of few words: going back leads to the form as it was.
func sorry(w http.ResponseWriter, l string, status int, code string) {
	dir := "ltr"
	if l == "ar" {
		dir = "rtl"
	}
	text := words.Find(l, "fault."+code)
	if text == "" {
		text = words.Find(l, "fault.down")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<!doctype html><html lang="%s" dir="%s"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>%s</title>`+
		`<body style="font:1.1rem/1.6 system-ui,sans-serif;max-inline-size:36rem;margin:4rem auto;padding:0 1rem"><h1>%s</h1><p><strong>%s</strong></p><p>%s</p></body></html>`,
		l, dir, html.EscapeString(words.Say(l, "error.title")), html.EscapeString(words.Say(l, "error.title")), html.EscapeString(text), html.EscapeString(words.Say(l, "error.back")))
}

// own is the personal page of something, with what became of a form.
func own(l string, r *act.Receipt, done string) string {
	if r.ID == "" {
		return show.At(l, "merci", "sent") // a machine learns nothing
	}
	to := show.At(l, "suivre", r.Kind, r.ID, r.Token)
	if done != "" {
		to += "?fait=" + done
	}
	return to
}

func space(l string, id, token, done string) string {
	return show.At(l, "espace", id, token) + "?fait=" + done
}

// opened holds the token of a form against what it names.
func (m *module) opened(ctx context.Context, h *sdk.Host, f *form) (*act.Receipt, error) {
	r := &act.Receipt{Kind: f.Get("kind"), ID: f.Get("id"), Token: f.Get("token")}
	ok, err := m.work.Opens(ctx, h, r.Token, r.Kind, r.ID)
	if err == nil && !ok {
		err = &act.FaultError{Code: "token"}
	}
	return r, err
}

// member gives the mandate behind a form, if it has one in force.
func (m *module) member(ctx context.Context, h *sdk.Host, f *form) (*record.Mandate, error) {
	id := f.Get("mandate")
	if id == "" {
		return nil, nil
	}
	ok, err := m.work.Opens(ctx, h, f.Get("token"), act.KindMandate, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &act.FaultError{Code: "token"}
	}
	return m.work.Mandate(ctx, h, id)
}

// mustMember gives the mandate behind a form that only members send.
func (m *module) mustMember(ctx context.Context, h *sdk.Host, f *form) (*record.Mandate, error) {
	who, err := m.member(ctx, h, f)
	if err == nil && who == nil {
		err = &act.FaultError{Code: "token"}
	}
	return who, err
}

func (m *module) contribute(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	v := f.voice()
	who, err := m.member(ctx, h, f)
	if err != nil {
		return "", err
	}
	if v.Mandate = who; who != nil {
		v.Consent = true
	}
	r, err := m.work.Contribute(ctx, h, act.Contribution{Voice: v, Consultation: f.Get("consultation"), Section: f.Get("section"), Title: f.Get("title"),
		Body: f.Get("body"), Place: f.Get("place"), Sources: f.sources(), About: f.Get("about"), Paragraph: f.number("paragraph")})
	if err != nil {
		return "", err
	}
	return own(f.locale(), r, ""), nil
}

func (m *module) survey(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.work.Fill(ctx, h, f.Get("consultation"), f.voice(), func(key string) []string { return f.Values["q_"+key] })
	if err != nil {
		return "", err
	}
	return own(f.locale(), r, ""), nil
}

func (m *module) comment(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	v := f.voice()
	who, err := m.member(ctx, h, f)
	if err != nil {
		return "", err
	}
	if v.Mandate = who; who != nil {
		v.Consent = true
	}
	r, err := m.work.Say(ctx, h, act.Comment{Voice: v, Contribution: f.Get("contribution"), Topic: f.Get("topic"), Parent: f.Get("parent"), Side: f.Get("side"),
		Body: f.Get("body"), Sources: f.sources()})
	if err != nil {
		return "", err
	}
	if who != nil {
		return space(f.locale(), who.ID, f.Get("token"), "said"), nil
	}
	return own(f.locale(), r, ""), nil
}

func (m *module) confirm(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.opened(ctx, h, f)
	if err != nil {
		return "", err
	}
	if f.Get("again") != "" {
		return own(f.locale(), r, "again"), m.work.Resend(ctx, h, r.Kind, r.ID)
	}
	if _, err := m.work.Confirm(ctx, h, r.Kind, r.ID, f.Get("code")); err != nil {
		if code := act.FaultOf(err); code == "code" || code == "code_over" {
			return show.At(f.locale(), "suivre", r.Kind, r.ID, r.Token) + "?faute=" + code, nil
		}
		return "", err
	}
	return own(f.locale(), r, "confirmed"), nil
}

func (m *module) report(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	return show.At(f.locale(), "merci", "report"), m.work.Report(ctx, h, f.Get("kind"), f.Get("id"), f.Get("reason"), f.Get("text"), f.Get("trap"))
}

func (m *module) appeal(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.opened(ctx, h, f)
	if err != nil {
		return "", err
	}
	return own(f.locale(), r, "appealed"), m.work.Appeal(ctx, h, r.Kind, r.ID, f.Get("text"))
}

func (m *module) withdraw(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.opened(ctx, h, f)
	if err != nil {
		return "", err
	}
	return own(f.locale(), r, "withdrawn"), m.work.Withdraw(ctx, h, r.Kind, r.ID)
}

func (m *module) erase(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.opened(ctx, h, f)
	if err != nil {
		return "", err
	}
	to := show.At(f.locale(), "merci", "erased")
	if f.Get("what") == "all" {
		_, err := m.work.EraseAll(ctx, h, r.Kind, r.ID)
		return to, err
	}
	return to, m.work.Erase(ctx, h, r.Kind, r.ID)
}

func (m *module) follow(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.work.Follow(ctx, h, f.Get("kind"), f.Get("object"), f.Get("email"), f.locale(), f.Get("digest"), f.Get("trap"))
	if err != nil {
		return "", err
	}
	return own(f.locale(), r, ""), nil
}

func (m *module) stop(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	r, err := m.opened(ctx, h, f)
	if err != nil {
		return "", err
	}
	if r.Kind != act.KindFollower {
		return "", &act.FaultError{Code: "token"}
	}
	return show.At(f.locale(), "merci", "stopped"), m.work.Stop(ctx, h, r.ID)
}

func (m *module) rsvp(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	who, err := m.mustMember(ctx, h, f)
	if err != nil {
		return "", err
	}
	if err := m.work.Reply(ctx, h, who, f.Get("meeting"), f.Get("answer") == "yes"); err != nil {
		return "", err
	}
	return space(f.locale(), who.ID, f.Get("token"), "replied"), nil
}

func (m *module) position(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	who, err := m.mustMember(ctx, h, f)
	if err != nil {
		return "", err
	}
	if err := m.work.TakePosition(ctx, h, who, f.Get("ballot"), f.Get("value"), f.Get("reason"), f.Get("reservation")); err != nil {
		return "", err
	}
	return space(f.locale(), who.ID, f.Get("token"), "position"), nil
}

func (m *module) correct(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	who, err := m.mustMember(ctx, h, f)
	if err != nil {
		return "", err
	}
	if err := m.work.Correct(ctx, h, who, f.Get("minutes"), f.Get("text")); err != nil {
		return "", err
	}
	return space(f.locale(), who.ID, f.Get("token"), "corrected"), nil
}

func (m *module) digest(ctx context.Context, h *sdk.Host, f *form) (string, error) {
	who, err := m.mustMember(ctx, h, f)
	if err != nil {
		return "", err
	}
	if err := m.work.Pace(ctx, h, who, f.Get("digest")); err != nil {
		return "", err
	}
	return space(f.locale(), who.ID, f.Get("token"), "digest"), nil
}
