package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

func (p *program) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sessions/{id}/register", p.handle(p.register))
	mux.HandleFunc("POST /confirm", p.handle(p.confirm))
	mux.HandleFunc("POST /mine", p.handle(p.mine))
	mux.HandleFunc("POST /evaluate", p.handle(p.evaluate))
	mux.HandleFunc("GET /calendar.ics", p.feed)
	mux.HandleFunc("GET /sessions/{id}/calendar.ics", p.sessionFeed)
	mux.HandleFunc("GET /trainings/{id}/course.jsonld", p.course)
	mux.HandleFunc("GET /lheo.xml", p.lheoExport)
	mux.HandleFunc("POST /lheo.xml", p.lheoImport)
	mux.HandleFunc("GET /sessions.csv", p.sessionsCSV)
	mux.HandleFunc("GET /sessions/{id}/registrations.csv", p.registrationsCSV)
	mux.HandleFunc("GET /sessions/{id}/attendance/{half}", p.attendance)
	mux.HandleFunc("GET /papers/certificate.pdf", p.certificate)
	return mux
}

// maxForm bounds what somebody sends.
const maxForm = 64 << 10

// form is what somebody sent: fields of a form, or the same names in JSON.
type form struct {
	url.Values
	json   bool
	locale string
}

func (f form) text(name string, most int) string {
	v := strings.TrimSpace(f.Get(name))
	for len(v) > most {
		v = strings.ToValidUTF8(v[:most], "")
	}
	return v
}

func read(r *http.Request) (form, error) {
	f := form{Values: url.Values{}}
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
	f.locale = f.Get("locale")
	if !slices.Contains([]string{"fr", "ar", "en"}, f.locale) {
		f.locale = "fr"
	}
	return f, nil
}

// outcome is what becomes of a form: where the person is led, and what a
// program is told. A fault is a key of words without "fault.".
type outcome struct {
	page   string // below the module's pages: "confirm"
	query  url.Values
	fault  string
	status int
}

// faulty turns an error into the fault that people are shown; an error that is
// ours stays one.
func faulty(err error) (fault string, status int, ours error) {
	switch {
	case errors.Is(err, errBusy):
		return "busy", http.StatusServiceUnavailable, nil
	case errors.Is(err, seats.ErrClosed), errors.Is(err, seats.ErrFull):
		return "closed", http.StatusConflict, nil
	case errors.Is(err, seats.ErrMissing), errors.Is(err, seats.ErrState):
		return "state", http.StatusConflict, nil
	case errors.Is(err, seats.ErrOther):
		return "other", http.StatusConflict, nil
	case errors.Is(err, seats.ErrThere):
		return "there", http.StatusConflict, nil
	case sdk.IsNotFound(err):
		return "link", http.StatusNotFound, nil
	}
	return "", http.StatusInternalServerError, err
}

// handle answers a form: a browser is led to a page, so that going back or
// reloading sends nothing twice; a program gets JSON.
func (p *program) handle(do func(r *http.Request, f form) (outcome, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, err := read(r)
		if err != nil {
			refuse(w, http.StatusBadRequest, "form", "The form cannot be read.")
			return
		}
		o, err := do(r, f)
		if err != nil {
			fault, status, ours := faulty(err)
			if ours != nil {
				fault, status = "busy", http.StatusServiceUnavailable
				p.note("answering a form", ours)
			}
			o.fault, o.status = fault, status
		}
		if o.query == nil {
			o.query = url.Values{}
		}
		if f.json {
			if o.fault != "" {
				refuse(w, max(o.status, http.StatusBadRequest), "training_"+o.fault, say("en", "fault."+o.fault))
				return
			}
			flat := map[string]string{"page": o.page}
			for name := range o.query {
				flat[name] = o.query.Get(name)
			}
			answer(w, http.StatusOK, map[string]any{"data": flat})
			return
		}
		if o.fault != "" {
			o.query.Set("fault", o.fault)
		}
		to := "/" + f.locale + "/training/" + o.page
		if len(o.query) > 0 {
			to += "?" + o.query.Encode()
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusSeeOther)
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
