package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
)

//go:embed docs.html
var docsPage string

//go:embed docs.css
var docsStyle string

// getDocs shows the OpenAPI document of the caller as a page: made here, with
// nothing from elsewhere and no script.
func getDocs(k *call) error {
	also, err := k.only("collections", "locale")
	if err != nil {
		return err
	}
	locale, err := k.speechOf(also["locale"])
	if err != nil {
		return err
	}
	doc, seq, err := k.document(locale, also["collections"])
	if err != nil {
		return err
	}
	body, err := k.api.page(doc, locale)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(docsStyle))
	k.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'sha256-"+
		base64.StdEncoding.EncodeToString(sum[:])+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	k.Set(fiber.HeaderContentLanguage, locale)
	k.keepNouns(seq)
	return server.Send(k.Ctx, "text/html; charset=utf-8", -1, body)
}

type docsModel struct {
	Locale, Dir string
	Style       template.CSS
	Languages   []docsLanguage
	Groups      []*docsGroup
}

type docsLanguage struct {
	Locale, Name string
	Current      bool
}

type docsGroup struct {
	Name, Title string
	Fields      []docsField
	Operations  []docsOperation
}

type docsField struct {
	Name, Kind, Meaning, Place string
	Marks                      []string
}

type docsOperation struct {
	ID, Method, Path, Summary string
	Parameters, Body          []docsField
	Statuses                  []string
}

func (a *API) page(doc *document, locale string) ([]byte, error) {
	text := func(key string) string { return a.o.Texts.Text(locale, key, nil) }
	tmpl, err := template.New("docs").Funcs(template.FuncMap{"t": text}).Parse(docsPage)
	if err != nil {
		return nil, fmt.Errorf("read template of the reference page: %w", err)
	}
	m := docsModel{Locale: locale, Dir: "ltr", Style: template.CSS(docsStyle)}
	if content.Locale(locale).RightToLeft() {
		m.Dir = "rtl"
	}
	for _, l := range texts.Locales {
		m.Languages = append(m.Languages, docsLanguage{l, a.o.Texts.Text(l, "docs.language", nil), l == locale})
	}
	r := docsReader{root: doc.root, text: text}
	m.Groups = r.groups()
	var out bytes.Buffer
	if err := tmpl.Execute(&out, m); err != nil {
		return nil, fmt.Errorf("write reference page: %w", err)
	}
	return out.Bytes(), nil
}

// docsReader reads an OpenAPI document for the page.
type docsReader struct {
	root object
	text func(string) string
}

func at(v any, path ...string) any {
	for _, step := range path {
		o, ok := v.(object)
		if !ok {
			return nil
		}
		v = o[step]
	}
	return v
}

func str(v any) string { s, _ := v.(string); return s }

// follow gives what a reference refers to.
func (r docsReader) follow(v any) any {
	target := str(at(v, "$ref"))
	if target == "" {
		return v
	}
	return at(r.root, strings.Split(strings.TrimPrefix(target, "#/"), "/")...)
}

func (r docsReader) groups() []*docsGroup {
	byName := map[string]*docsGroup{}
	var out []*docsGroup
	tags, _ := r.root["tags"].([]any)
	for _, tag := range tags {
		g := &docsGroup{Name: str(at(tag, "name")), Title: str(at(tag, "description"))}
		if g.Title == "" {
			g.Title = g.Name
		}
		g.Fields = r.fields(at(r.root, "components", "schemas", "read_"+g.Name))
		byName[g.Name] = g
		out = append(out, g)
	}
	paths, _ := r.root["paths"].(object)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item, _ := paths[path].(object)
		for _, method := range []string{"get", "post", "patch", "delete"} {
			op, ok := item[method].(object)
			if !ok {
				continue
			}
			tag, _ := op["tags"].([]any)
			if g := byName[str(tag[0])]; g != nil {
				g.Operations = append(g.Operations, r.operation(method, path, op))
			}
		}
	}
	return out
}

func (r docsReader) operation(method, path string, op object) docsOperation {
	out := docsOperation{ID: str(op["operationId"]), Method: strings.ToUpper(method), Path: Prefix + path, Summary: str(op["summary"])}
	params, _ := op["parameters"].([]any)
	for _, p := range params {
		p = r.follow(p)
		out.Parameters = append(out.Parameters, docsField{Name: str(at(p, "name")),
			Place: r.text("docs.in_" + str(at(p, "in"))), Meaning: str(at(p, "description"))})
	}
	out.Body = r.fields(r.follow(at(op, "requestBody", "content", "application/json", "schema")))
	responses, _ := op["responses"].(object)
	for _, status := range slices.Sorted(maps.Keys(responses)) {
		if _, err := strconv.Atoi(status); err == nil {
			out.Statuses = append(out.Statuses, status)
		}
	}
	return out
}

// fields lists the properties of a schema, in the order of the form where
// there is one.
func (r docsReader) fields(s any) []docsField {
	properties, _ := at(s, "properties").(object)
	names := slices.Sorted(maps.Keys(properties))
	order, _ := at(s, "x-recueil-order").([]any)
	rank := func(name string) int {
		for i, n := range order {
			if str(n) == name {
				return i
			}
		}
		return -1
	}
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	out := make([]docsField, 0, len(names))
	for _, name := range names {
		out = append(out, r.field(name, properties[name]))
	}
	return out
}

func (r docsReader) field(name string, s any) docsField {
	if any, ok := at(s, "anyOf").([]any); ok && len(any) > 0 {
		s = any[0]
	}
	f := docsField{Name: name, Kind: str(at(s, "x-recueil-kind"))}
	if f.Kind == "" {
		f.Kind = kindOf(at(s, "type"))
	}
	words := []string{}
	for _, member := range []string{"title", "description"} {
		if text := str(at(s, member)); text != "" {
			words = append(words, text)
		}
	}
	f.Meaning = strings.Join(words, ". ")
	for _, mark := range []string{"required", "localized", "unique", "personal"} {
		if set, _ := at(s, "x-recueil-"+mark).(bool); set {
			f.Marks = append(f.Marks, r.text("docs.mark_"+mark))
		}
	}
	return f
}

func kindOf(t any) string {
	switch t := t.(type) {
	case string:
		return t
	case []any:
		if len(t) > 0 {
			return str(t[0])
		}
	}
	return ""
}
