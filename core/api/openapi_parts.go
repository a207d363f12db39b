package api

import (
	"maps"
	"reflect"
	"strconv"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

func ref(section, name string) object { return object{"$ref": "#/components/" + section + "/" + name} }

// parameters are those of the path, the query and the headers.
func (w *describer) parameters(r route, names []string, col *schema.Collection) []any {
	out := []any{}
	for _, name := range names {
		if name == "collection" && col != nil {
			continue
		}
		out = append(out, ref("parameters", "path_"+name))
	}
	for _, name := range r.query {
		out = append(out, ref("parameters", componentName("query_", name)))
	}
	for flag, name := range headerNames {
		if r.headers&flag != 0 {
			out = append(out, ref("parameters", componentName("header_", name)))
		}
	}
	if r.headers&rangeHeader != 0 {
		out = append(out, ref("parameters", "header_If-Range"))
	}
	sortRefs(out)
	return out
}

var headerNames = map[headerSet]string{
	matchHeader: "If-Match", noneHeader: "If-None-Match", keyHeader: "Idempotency-Key",
	rangeHeader: "Range", lastHeader: "Last-Event-ID", tusHeader: "Tus-Resumable", lengthHeader: "Upload-Length", offsetHeader: "Upload-Offset",
}

// body describes what an operation takes.
func (w *describer) body(r route, col *schema.Collection) object {
	if r.upload {
		file := object{"type": "object", "required": []any{"file"}, "properties": object{"file": object{"type": "string", "format": "binary"}}}
		return object{"required": true, "content": object{
			"application/octet-stream": object{"schema": object{"type": "string", "format": "binary"}},
			"multipart/form-data":      object{"schema": file},
		}}
	}
	if r.body == nil {
		return nil
	}
	var s object
	switch {
	case col != nil && r.op == "entries.create":
		s = ref("schemas", "create_"+col.Name)
	case col != nil:
		s = ref("schemas", "patch_"+col.Name)
	case r.method == "PATCH":
		s = w.types.of(reflect.TypeOf(r.body), forChange)
	default:
		s = w.types.of(reflect.TypeOf(r.body), forNew)
	}
	return object{"required": !r.bodyOptional, "content": object{"application/json": object{"schema": s}}}
}

// responses describes success, and the problems that an operation may meet.
func (w *describer) responses(r route, col *schema.Collection) object {
	out := object{"default": ref("responses", "problem")}
	for _, status := range problemStatuses(r) {
		out[strconv.Itoa(status)] = ref("responses", "problem")
	}
	success := object{"description": w.text("op."+r.op, nil)}
	if headers := w.answerHeaders(r); len(headers) > 0 {
		success["headers"] = headers
	}
	if c := w.answerContent(r, col); c != nil {
		success["content"] = c
	}
	out[strconv.Itoa(r.status)] = success
	if r.headers&noneHeader != 0 {
		out["304"] = object{"description": w.text("openapi.not_modified", nil)}
	}
	if r.headers&rangeHeader != 0 {
		out["206"] = success
		out["416"] = ref("responses", "problem")
	}
	if contains(r.query, "dry_run") {
		w.dryRun(r, out)
	}
	return out
}

// dryRun adds the report that stands in the place of what would be made.
func (w *describer) dryRun(r route, out object) {
	answer := w.types.of(reflect.TypeFor[action.Report](), forAnswer)
	if r.status == 200 {
		answer = object{"anyOf": []any{w.types.of(reflect.TypeOf(r.answer), forAnswer), answer}}
	}
	out["200"] = object{"description": w.text("openapi.dry_run", nil),
		"content": object{"application/json": object{"schema": enveloped(answer)}}}
}

func contains(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}

func problemStatuses(r route) []int {
	out := []int{400, 429, 500, 503}
	if !r.open {
		out = append(out, 401)
	}
	if r.verb != "" || r.method != "GET" {
		out = append(out, 403)
	}
	if _, names := openPath(r.path); len(names) > 0 {
		out = append(out, 404)
	}
	if r.body != nil || r.upload {
		out = append(out, 413, 415, 422)
	}
	if r.method != "GET" {
		out = append(out, 409)
	}
	if r.headers&matchHeader != 0 {
		out = append(out, 412, 428)
	}
	return out
}

func (w *describer) answerHeaders(r route) object {
	out := object{}
	text := func(s string) object {
		return object{"schema": object{"type": "string"}, "description": w.text(s, nil)}
	}
	if r.status == 201 {
		out["Location"] = text("openapi.location")
	}
	if r.headers&(matchHeader|noneHeader) != 0 || r.answer == answersEntry {
		out["ETag"] = text("openapi.etag")
	}
	if contains(r.query, "page[after]") {
		out["Link"] = text("openapi.link")
	}
	return out
}

func (w *describer) answerContent(r route, col *schema.Collection) object {
	json := func(s object) object { return object{"application/json": object{"schema": s}} }
	entry := ref("schemas", "entry")
	if col != nil {
		entry = ref("schemas", "read_"+col.Name)
	}
	switch r.answer {
	case answersNothing:
		return nil
	case answersFile:
		return object{"*/*": object{"schema": object{"type": "string", "format": "binary"}}}
	case answersEvents:
		return object{"text/event-stream": object{"schema": object{"type": "string"}}}
	case answersPage:
		return object{"text/html": object{"schema": object{"type": "string"}}}
	case answersObject:
		return json(object{"type": "object"})
	case answersEntry:
		return json(enveloped(entry))
	case answersEntries:
		return json(enveloped(object{"type": "array", "items": entry}))
	}
	return json(enveloped(w.types.of(reflect.TypeOf(r.answer), forAnswer)))
}

func enveloped(data object) object {
	return object{"type": "object", "required": []any{"data"}, "properties": object{
		"data": data, "meta": object{"type": "object"},
		"links": object{"type": "object", "properties": object{"next": object{"type": "string"}, "prev": object{"type": "string"}}},
	}}
}

// components are what the paths refer to.
func (w *describer) components() object {
	schemas := object{"problem": w.problemSchema(), "entry": w.entrySchema()}
	for _, col := range w.cols {
		w.collectionSchemas(schemas, col)
	}
	maps.Copy(schemas, w.types.named)
	return object{
		"schemas":    schemas,
		"parameters": w.allParameters(),
		"responses": object{"problem": object{
			"description": w.text("openapi.problem", nil),
			"content":     object{"application/problem+json": object{"schema": ref("schemas", "problem")}},
		}},
		"securitySchemes": object{
			"token":   object{"type": "http", "scheme": "bearer", "description": w.text("openapi.token", nil)},
			"session": object{"type": "apiKey", "in": "cookie", "name": "recueil_session", "description": w.text("openapi.session", nil)},
		},
	}
}

// collectionSchemas describes the entries of a collection as the caller may
// read, create and change them. They come from the definition alone.
func (w *describer) collectionSchemas(schemas object, col *schema.Collection) {
	reads := w.policy.Fields(col, access.Read).Union(w.policy.Fields(col, access.ReadDraft))
	schemas["read_"+col.Name] = w.schema(col, reads, schema.Read)
	if w.policy.May(access.Create, string(col.ID)) {
		s := w.schema(col, w.policy.Fields(col, access.Create), schema.Create)
		w.reserved(s, col, true)
		schemas["create_"+col.Name] = s
	}
	if w.policy.May(access.Update, string(col.ID)) {
		s := w.schema(col, w.policy.Fields(col, access.Update), schema.Patch)
		w.reserved(s, col, false)
		schemas["patch_"+col.Name] = s
	}
}

func (w *describer) schema(col *schema.Collection, set access.FieldSet, d schema.Direction) object {
	seen := *col
	seen.Fields = []schema.Field{}
	for _, f := range set.Of(col) {
		seen.Fields = append(seen.Fields, *f)
	}
	s := w.api.o.Kinds.JSONSchema(&seen, d, content.Locale(w.locale))
	delete(s, "$schema")
	if d == schema.Read {
		properties, _ := s["properties"].(object)
		properties["collection"] = object{"type": "string", "readOnly": true}
		properties["locales"] = object{"type": "array", "readOnly": true, "items": object{"type": "string"}}
		w.authors(properties, col)
		relaxed(properties, seen.Fields)
	}
	return s
}

// authors describes who made and changed an entry, for readers of drafts.
func (w *describer) authors(properties object, col *schema.Collection) {
	for _, name := range []string{schema.SysCreatedBy, schema.SysUpdatedBy} {
		if !w.policy.May(access.ReadDraft, string(col.ID)) {
			delete(properties, name)
			continue
		}
		properties[name] = w.types.of(reflect.TypeFor[content.Actor](), forAnswer)
	}
}

// relaxed lets a relation be an id or, when fields of it are selected, an
// object; and any text that a dotted selection turns into an object.
func relaxed(properties object, fields []schema.Field) {
	for _, f := range fields {
		switch f.Kind {
		case "relation", "terms", "asset", "gallery", "markdown":
			was, _ := properties[f.Name].(object)
			populated := object{"type": []any{"object", "array", "null"}}
			out := object{"anyOf": []any{was, populated}}
			for _, name := range []string{"title", "description"} {
				if text, ok := was[name]; ok {
					out[name] = text
				}
			}
			properties[f.Name] = out
		}
	}
}

// reserved adds the members of a body that are not fields.
func (w *describer) reserved(s object, col *schema.Collection, create bool) {
	properties, _ := s["properties"].(object)
	if properties == nil {
		return
	}
	fields := maps.Clone(properties)
	properties["locale"] = object{"type": "string", "description": w.text("openapi.body_locale", nil)}
	properties["locales"] = object{"type": "object", "description": w.text("openapi.body_locales", nil),
		"maxProperties":        action.MaxLocales,
		"additionalProperties": object{"type": "object", "properties": fields, "additionalProperties": false}}
	if !create {
		return
	}
	properties["status"] = object{"enum": []any{"draft", "published"}, "description": w.text("openapi.body_status", nil)}
	if col.Tree {
		for _, name := range []string{"parent", "after", "before"} {
			properties[name] = object{"type": []any{"string", "null"}, "description": w.text("openapi.body_"+name, nil)}
		}
	}
}

func (w *describer) entrySchema() object {
	properties := object{"collection": object{"type": "string"}, "locales": object{"type": "array", "items": object{"type": "string"}}}
	for _, name := range []string{schema.SysID, schema.SysStatus, schema.SysLocale, schema.SysRevision, schema.SysCreatedAt,
		schema.SysUpdatedAt, schema.SysPublishedAt} {
		properties[name] = schema.SystemSchema(name)
	}
	return object{"type": "object", "required": []any{"id"}, "properties": properties, "description": w.text("openapi.entry", nil)}
}

func (w *describer) problemSchema() object {
	text := object{"type": "string"}
	return object{"type": "object", "description": w.text("openapi.problem", nil),
		"required": []any{"type", "title", "status", "code", "detail"},
		"properties": object{
			"type": object{"type": "string", "format": "uri-reference"}, "title": text,
			"status": object{"type": "integer"}, "code": text, "detail": text, "instance": text, "trace_id": text,
			"errors": object{"type": "array", "items": object{"type": "object", "required": []any{"pointer", "code", "detail"},
				"properties": object{"pointer": text, "code": text, "detail": text}}},
		},
		"examples": []any{object{"type": "/problems/route_not_found", "title": w.text("title.not_found", nil), "status": 404,
			"code": "route_not_found", "detail": w.text("route_not_found", nil), "instance": Prefix + "/nothing", "trace_id": "3f2a9c01d4-0000a3f1"}},
	}
}

// allParameters describes every parameter by one name.
func (w *describer) allParameters() object {
	out := object{}
	used := func(name string, p object) { out[name] = p }
	names := make([]any, len(w.cols))
	for i, col := range w.cols {
		names[i] = col.Name
	}
	for _, r := range w.api.routes {
		if !r.typed && !w.shows(r, nil) {
			continue
		}
		_, in := openPath(r.path)
		for _, name := range in {
			s := object{"type": "string"}
			if name == "collection" && len(names) > 0 {
				s["examples"] = names[:1]
			}
			if name == "revision" {
				s = object{"type": "integer", "minimum": 1}
			}
			used("path_"+name, object{"name": name, "in": "path", "required": true, "schema": s, "description": w.text("param.path_"+name, nil)})
		}
		for _, name := range r.query {
			used(componentName("query_", name), w.queryParameter(name))
		}
	}
	for _, name := range append(sortedValues(headerNames), "If-Range") {
		used(componentName("header_", name), object{"name": name, "in": "header", "schema": object{"type": "string"},
			"description": w.text("param."+componentName("header_", name), nil)})
	}
	return out
}

func (w *describer) queryParameter(name string) object {
	p := object{"name": name, "in": "query", "schema": object{"type": "string"},
		"description": w.text("param."+componentName("query_", name), problemArgs)}
	switch name {
	case "filter":
		p["style"], p["explode"] = "deepObject", true
		p["schema"] = object{"type": "object", "additionalProperties": true}
		p["example"] = object{"status": object{"_eq": "published"}}
	case "page[size]":
		p["schema"] = object{"type": "integer", "minimum": 1, "maximum": query.MaxPage, "default": query.DefaultPage}
	case "page[number]":
		p["schema"] = object{"type": "integer", "minimum": 1}
	case "count":
		p["schema"] = object{"enum": []any{"exact", "none"}}
	case "children", "dry_run", "force", "trashed":
		p["schema"] = object{"type": "boolean"}
	case "version":
		p["schema"] = object{"type": "string", "pattern": "^(published|draft|rev:[0-9]+)$"}
	case "fields":
		p["example"] = "title,slug"
	case "sort":
		p["example"] = "-published_at"
	}
	return p
}

var problemArgs = map[string]any{"max": query.MaxPage}
