package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// Scope is one thing that a manifest asks an administrator to agree to.
type Scope struct {
	// ID says all of it in one line, the same each time: a version that asks for
	// nothing but lines that were agreed to needs no new approval.
	ID string
	// Code names its text in the catalogues, and Args fill it.
	Code string
	Args problem.Args
	Why  schema.Texts
	// Elevated is what goes beyond the rights of the person who asks.
	Elevated bool
}

// Scopes lists what the manifest asks for, in a fixed order. A right is one
// scope per verb, so that another version can ask for one more.
func (m *Manifest) Scopes() []Scope {
	var out []Scope
	for _, r := range m.Rights {
		out = append(out, r.scopes()...)
	}
	if m.Sees != schema.Public && m.Sees != "public" {
		out = append(out, Scope{ID: "sees:" + string(m.Sees), Code: "scope.sees", Args: problem.Args{"level": string(m.Sees)}})
	}
	if m.Alone != nil {
		out = append(out, Scope{ID: "alone", Code: "scope.alone", Why: m.Alone.Why, Elevated: true})
	}
	if m.People != nil {
		out = append(out, Scope{ID: "people", Code: "scope.people", Why: m.People.Why})
	}
	for _, c := range m.Public {
		out = append(out, Scope{ID: "read:" + string(c), Code: "scope.read", Args: problem.Args{"collection": string(c)}})
	}
	if m.Hook != nil {
		out = append(out, m.Hook.scopes()...)
	}
	if m.Events != nil {
		for _, c := range m.Events.Collections {
			out = append(out, Scope{ID: "events:" + string(c), Code: "scope.events", Args: problem.Args{"collection": string(c)}})
		}
		for _, name := range m.Events.Announced {
			plugin, event, _ := strings.Cut(name, ".")
			out = append(out, Scope{ID: "announced:" + name, Code: "scope.announced", Args: problem.Args{"plugin": plugin, "event": event}})
		}
	}
	if m.Search != nil {
		out = append(out, Scope{ID: "search", Code: "scope.search", Why: m.Search.Why})
	}
	if m.State != nil {
		out = append(out, Scope{ID: fmt.Sprintf("state:%d", m.State.KB), Code: "scope.state", Args: problem.Args{"kb": m.State.KB}})
	}
	for _, r := range m.Routes {
		if r.Access == "anyone" {
			out = append(out, Scope{ID: "public:" + r.Method + " " + r.Path, Code: "scope.public",
				Args: problem.Args{"method": r.Method, "path": r.Path}})
		}
	}
	return append(out, m.surfaceScopes()...)
}

// saidTexts is a text of a manifest as an argument of another.
type saidTexts schema.Texts

// In gives it in a locale; core/texts calls it.
func (t saidTexts) In(locale string) string { return schema.Texts(t).In(content.Locale(locale)) }

func (r *Right) scopes() []Scope {
	limits, args := "", problem.Args{"collection": r.Collection}
	code := "scope.right"
	if r.Fields != nil {
		fields := slices.Sorted(slices.Values(ids(r.Fields)))
		limits, code, args["fields"] = "["+strings.Join(fields, ",")+"]", "scope.right_fields", fields
	}
	if rows := compact(r.Rows); rows != "" {
		limits += rows
		code, args["rows"] = code+"_rows", rows
	}
	out := make([]Scope, 0, len(r.Verbs))
	for _, v := range r.Verbs {
		filled := problem.Args{"verb": string(v)}
		for name, value := range args {
			filled[name] = value
		}
		out = append(out, Scope{ID: "right:" + string(v) + ":" + r.Collection + limits, Code: code, Args: filled, Why: r.Why})
	}
	return out
}

func (h *Hook) scopes() []Scope {
	var out []Scope
	for _, c := range h.Collections {
		args := problem.Args{"collection": string(c)}
		id, code := "hook:"+string(c), "scope.hook"
		if h.OnFailure == "reject" {
			id += "!"
		}
		if fields := slices.Sorted(slices.Values(ids(h.Patch[c]))); len(fields) > 0 {
			id, code, args["fields"] = id+"["+strings.Join(fields, ",")+"]", "scope.hook_patch", fields
		}
		out = append(out, Scope{ID: id, Code: code, Args: args, Why: h.Why})
	}
	return out
}

func ids[T ~string](fields []T) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = string(f)
	}
	return out
}

// compact writes a JSON value in one way only; "" for none.
func compact(raw json.RawMessage) string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil || v == nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

// IDs are the lines of the scopes.
func IDs(scopes []Scope) []string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = s.ID
	}
	return out
}
