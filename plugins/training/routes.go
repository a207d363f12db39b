package training

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
	"github.com/recueil-cms/recueil/plugins/training/exchange"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/show"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

func (m *module) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sessions/{id}/register", m.takes(m.register))
	mux.HandleFunc("POST /confirm", m.takes(m.confirm))
	mux.HandleFunc("POST /mine", m.takes(m.mine))
	mux.HandleFunc("POST /evaluate", m.takes(m.evaluate))
	for path, give := range map[string]func(*http.Request, *sdk.Host, string) (*show.File, error){
		"/calendar.ics": func(r *http.Request, h *sdk.Host, l string) (*show.File, error) {
			return m.site.Feed(r.Context(), h, r.URL.Query(), l)
		},
		"/sessions/{id}/calendar.ics": func(r *http.Request, h *sdk.Host, l string) (*show.File, error) {
			return m.site.SessionFeed(r.Context(), h, r.PathValue("id"), l)
		},
		"/trainings/{id}/course.jsonld": func(r *http.Request, h *sdk.Host, l string) (*show.File, error) {
			return m.site.Course(r.Context(), h, r.PathValue("id"), l)
		},
		"/trainings/{id}/sheet.pdf": func(r *http.Request, h *sdk.Host, l string) (*show.File, error) {
			return m.site.Factsheet(r.Context(), h, r.PathValue("id"), l)
		},
		"/sessions.csv": func(r *http.Request, h *sdk.Host, l string) (*show.File, error) {
			return m.site.Sessions(r.Context(), h, l)
		},
		"/sessions/{id}/registrations.csv": func(r *http.Request, h *sdk.Host, _ string) (*show.File, error) {
			return m.site.Registrations(r.Context(), h, r.PathValue("id"))
		},
		"/sessions/{id}/attendance/{half}": func(r *http.Request, h *sdk.Host, l string) (*show.File, error) {
			return m.site.Attendance(r.Context(), h, r.PathValue("id"), r.PathValue("half"), l)
		},
		"/papers/certificate.pdf": m.certificate,
	} {
		mux.HandleFunc("GET "+path, gives(give))
	}
	mux.HandleFunc("GET /lheo.xml", m.exports)
	mux.HandleFunc("POST /lheo.xml", m.imports)
	return mux
}

// maxForm bounds what somebody sends.
const maxForm = 64 << 10

// form is what somebody sent: fields of a form, or the same names in JSON.
type form struct {
	act.Form
	json bool
}

func read(r *http.Request) (form, error) {
	f := form{Form: act.Form{Values: url.Values{}}}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm))
	if err != nil {
		return f, fmt.Errorf("read a form: %w", err)
	}
	if f.json = strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"); f.json {
		var values map[string]any
		if err := json.Unmarshal(body, &values); err != nil {
			return f, fmt.Errorf("read a form: %w", err)
		}
		for name, v := range values {
			f.Set(name, fmt.Sprint(v))
		}
	} else if f.Values, err = url.ParseQuery(string(body)); err != nil {
		return f, fmt.Errorf("read a form: %w", err)
	}
	f.Locale = locale(f.Get("locale"))
	return f, nil
}

// locale is the language that somebody asks for.
func locale(asked string) string {
	if asked == "ar" || asked == "en" {
		return asked
	}
	return "fr"
}

// outcome is where the person who sent a form is led, and what a program is
// told.
type outcome struct {
	page  string // below the module's pages: "confirm"
	query url.Values
}

// errForeign says that a token is not that of the registration.
const errForeign = act.FaultError("link")

// register takes a registration.
func (m *module) register(r *http.Request, f form) (outcome, error) {
	s, err := record.Get[record.Session](r.Context(), sdk.From(r).Host, record.Sessions, r.PathValue("id"), f.Locale)
	if err != nil {
		return outcome{}, err
	}
	if f.Get("website") != "" { // nobody sees this field: a program filled it in
		return outcome{page: "confirm"}, nil
	}
	id, err := m.work.Register(r.Context(), s, f.Form)
	if err != nil {
		return outcome{page: "sessions/" + s.Code}, err
	}
	return outcome{page: "confirm", query: url.Values{"r": {id}}}, nil
}

func (m *module) confirm(r *http.Request, f form) (outcome, error) {
	id := f.Text("r", 26)
	held, token, err := m.work.Confirm(r.Context(), id, f.Text("c", 12))
	if err != nil {
		return outcome{page: "confirm", query: url.Values{"r": {id}}}, err
	}
	return outcome{page: "mine", query: url.Values{"r": {held}, "t": {token}, "done": {"confirmed"}}}, nil
}

// opened gives the registration of a form, whose token shows that it is its
// sender's.
func (m *module) opened(r *http.Request, f form, page string) (*record.Registration, outcome, error) {
	id, token := f.Text("r", 26), f.Text("t", 40)
	o := outcome{page: page, query: url.Values{"r": {id}, "t": {token}}}
	if ok, err := m.work.Holds(r.Context(), id, token); err != nil || !ok {
		return nil, o, cmp.Or[error](err, errForeign)
	}
	reg, err := m.work.Registration(r.Context(), id)
	return reg, o, err
}

// mine does what somebody asks for their own registration.
func (m *module) mine(r *http.Request, f form) (outcome, error) {
	reg, o, err := m.opened(r, f, "mine")
	if err != nil {
		return o, err
	}
	do := f.Get("do")
	if do == "edit" {
		o.page = "edit"
	}
	if err := m.work.Own(r.Context(), reg, do, f.Form); err != nil {
		return o, err
	}
	o.page = "mine"
	o.query.Set("done", do)
	return o, nil
}

// evaluate takes an opinion.
func (m *module) evaluate(r *http.Request, f form) (outcome, error) {
	reg, o, err := m.opened(r, f, "evaluate")
	if err != nil {
		return o, err
	}
	if err := m.work.Opine(r.Context(), reg, f.Form); err != nil {
		return o, err
	}
	o.page = "mine"
	o.query.Set("done", "evaluate")
	return o, nil
}

// status is that of a fault.
func status(err error) int {
	switch fault := act.FaultOf(err); {
	case errors.Is(err, errForeign):
		return http.StatusForbidden
	case fault == "link":
		return http.StatusNotFound
	case fault == "closed", fault == "late", fault == "quota", fault == "state", fault == "other", fault == "there":
		return http.StatusConflict
	case fault == "busy":
		return http.StatusServiceUnavailable
	}
	return http.StatusUnprocessableEntity
}

// takes answers a form: a browser is led to a page, so that going back or
// reloading sends nothing twice; a program gets JSON.
func (m *module) takes(do func(r *http.Request, f form) (outcome, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := read(r)
		if err != nil {
			refuse(w, http.StatusBadRequest, "form", "The form cannot be read.")
			return
		}
		o, err := do(r, f)
		if err != nil && act.FaultOf(err) == "" {
			act.Note("answering a form", err)
			err = act.FaultError("busy")
		}
		fault := string(act.FaultOf(err))
		if f.json {
			if fault != "" {
				refuse(w, status(err), "training_"+fault, words.Say("en", "fault."+fault))
				return
			}
			flat := map[string]string{"page": o.page}
			for name := range o.query {
				flat[name] = o.query.Get(name)
			}
			answer(w, http.StatusOK, map[string]any{"data": flat})
			return
		}
		if o.query == nil {
			o.query = url.Values{}
		}
		if fault != "" {
			o.query.Set("fault", fault)
		}
		to := "/" + f.Locale + "/training/" + o.page
		if len(o.query) > 0 {
			to += "?" + o.query.Encode()
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
	}
}

// certificate is for whoever has the token of their letters.
func (m *module) certificate(r *http.Request, _ *sdk.Host, l string) (*show.File, error) {
	q := r.URL.Query()
	if ok, err := m.work.Holds(r.Context(), q.Get("r"), q.Get("t")); err != nil || !ok {
		return nil, errForeign
	}
	return m.site.Certificate(r.Context(), q.Get("r"), l)
}

// gives answers with a file; nil: there is none.
func gives(give func(r *http.Request, h *sdk.Host, l string) (*show.File, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := give(r, sdk.From(r).Host, locale(r.URL.Query().Get("locale")))
		if err != nil {
			broken(w, "a file", err)
			return
		}
		if f == nil {
			refuse(w, http.StatusNotFound, "training_missing", "There is no such thing.")
			return
		}
		send(w, f)
	}
}

func send(w http.ResponseWriter, f *show.File) {
	w.Header().Set("Content-Type", f.Kind)
	if f.Name != "" {
		w.Header().Set("Content-Disposition", `attachment; filename="`+f.Name+`"`)
	}
	if f.Public > 0 {
		w.Header().Set("Cache-Control", fmt.Sprint("public, max-age=", f.Public))
	}
	_, _ = w.Write(f.Body) // the caller may have gone
}

// exports gives the catalogue; how many trainings a catalogue elsewhere would
// refuse is told in a header.
func (m *module) exports(w http.ResponseWriter, r *http.Request) {
	file, left, err := m.catalogue.Export(r.Context(), sdk.From(r).Host)
	if err != nil {
		broken(w, "an export", err)
		return
	}
	w.Header().Set("Recueil-Left-Out", strconv.Itoa(left))
	send(w, &show.File{Kind: "application/xml; charset=utf-8", Name: "lheo.xml", Body: file})
}

// imports takes a catalogue in, as the person who sends it.
func (m *module) imports(w http.ResponseWriter, r *http.Request) {
	report, err := m.catalogue.Import(r.Context(), sdk.From(r).Host, r.Body)
	switch {
	case errors.Is(err, exchange.ErrFile):
		refuse(w, http.StatusBadRequest, "training_lheo", "The file is no LHEO that can be read.")
	case err != nil:
		broken(w, "an import", err)
	default:
		answer(w, http.StatusOK, map[string]any{"data": report})
	}
}

// broken answers a request that cannot be answered.
func broken(w http.ResponseWriter, what string, err error) {
	fault := string(act.FaultOf(err))
	switch {
	case sdk.IsNotFound(err):
		refuse(w, http.StatusNotFound, "training_missing", "There is no such thing.")
	case sdk.IsForbidden(err):
		refuse(w, http.StatusForbidden, "training_forbidden", "The right is missing.")
	case fault != "":
		refuse(w, status(err), "training_"+fault, words.Say("en", "fault."+fault))
	default:
		act.Note(what, err)
		refuse(w, http.StatusServiceUnavailable, "training_busy", words.Say("en", "fault.busy"))
	}
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may have gone
}

func refuse(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"status": status, "code": code, "detail": detail}) // the caller may have gone
}
