package sheet

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

// value reads a cell as the kind of a field has it. The kind itself says what
// else is wrong, when the row is saved.
func (im *importer) value(ctx context.Context, f *schema.Field, text string) (any, *Fault, error) {
	if text == "" {
		return nil, nil, nil
	}
	if r, ok := im.Kinds.Relation(*f); ok {
		return im.relation(ctx, r, text)
	}
	switch f.Kind {
	case "number":
		return number(text)
	case "boolean":
		return truth(text)
	case "date":
		return day(text), nil, nil
	case "select":
		return choice(f, text)
	case "gallery", "group", "list", "blocks", "json", "address", "period", "geopoint":
		return structured(f, text)
	}
	return text, nil, nil
}

func fault(code string, args problem.Args) *Fault { return &Fault{Code: code, Args: args} }

// spaces that people write between thousands.
var spaces = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "")

func number(text string) (any, *Fault, error) {
	plain := spaces.Replace(text)
	if strings.Count(plain, ",") == 1 && !strings.Contains(plain, ".") {
		plain = strings.Replace(plain, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(plain, 64)
	if err != nil {
		return nil, fault("sheet_number", problem.Args{"value": clip(text)}), nil //nolint:nilerr // told as a fault
	}
	return n, nil, nil
}

// How people write yes and no, in the languages of the site.
var truths = map[string]bool{
	"oui": true, "vrai": true, "yes": true, "true": true, "1": true, "x": true, "نعم": true,
	"non": false, "faux": false, "no": false, "false": false, "0": false, "لا": false,
}

func truth(text string) (any, *Fault, error) {
	v, known := truths[strings.ToLower(text)]
	if !known {
		return nil, fault("sheet_boolean", problem.Args{"value": clip(text)}), nil
	}
	return v, nil, nil
}

// Dates as spreadsheets write them in French and Arabic.
var dayFirst = regexp.MustCompile(`^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$`)

func day(text string) string {
	m := dayFirst.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	pad := func(s string) string { return strings.Repeat("0", 2-len(s)) + s }
	return m[3] + "-" + pad(m[2]) + "-" + pad(m[1])
}

// choice finds options by their values or by their labels in any language.
func choice(f *schema.Field, text string) (any, *Fault, error) {
	var s struct {
		Multiple bool `json:"multiple"`
	}
	_ = json.Unmarshal(f.Settings, &s) // the definition was checked
	if !s.Multiple {
		return option(f, text)
	}
	var all []any
	for _, part := range split(text) {
		v, wrong, err := option(f, part)
		if wrong != nil || err != nil {
			return nil, wrong, err
		}
		all = append(all, v)
	}
	return all, nil, nil
}

func option(f *schema.Field, text string) (any, *Fault, error) {
	for _, o := range schema.Options(*f) {
		if o.Value == text {
			return o.Value, nil, nil
		}
		for _, label := range o.Label {
			if strings.EqualFold(label, text) {
				return o.Value, nil, nil
			}
		}
	}
	return nil, fault("sheet_choice", problem.Args{"value": clip(text)}), nil
}

// split takes a cell with several values apart.
func split(text string) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '|' || r == '\n' || r == '،' })
	out := parts[:0]
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// structured reads the kinds that a cell can only hold as JSON; periods and
// places also as "start – end" and "latitude, longitude".
func structured(f *schema.Field, text string) (any, *Fault, error) {
	if f.Kind == "period" && !strings.HasPrefix(text, "{") {
		start, end, _ := strings.Cut(text, " – ")
		v := map[string]any{}
		for name, part := range map[string]string{"start": start, "end": end} {
			if part = strings.TrimSpace(part); part != "" {
				v[name] = day(part)
			}
		}
		return v, nil, nil
	}
	if lat, lon, ok := strings.Cut(text, ","); ok && f.Kind == "geopoint" && !strings.HasPrefix(text, "{") {
		a, errA := strconv.ParseFloat(strings.TrimSpace(lat), 64)
		b, errB := strconv.ParseFloat(strings.TrimSpace(lon), 64)
		if errA == nil && errB == nil {
			return map[string]any{"lat": a, "lon": b}, nil, nil
		}
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, fault("sheet_json", problem.Args{"value": clip(text)}), nil //nolint:nilerr // told as a fault
	}
	return v, nil, nil
}

// relation finds the entries that a cell names by id, slug or title. A title
// may have commas in it, so the whole cell is tried first.
func (im *importer) relation(ctx context.Context, r schema.Relation, text string) (any, *Fault, error) {
	names := []string{text}
	if found, err := im.target(ctx, r, text); err != nil {
		return nil, nil, err
	} else if len(found) == 0 && r.Many {
		names = split(text)
	}
	var all []any
	for _, name := range names {
		found, err := im.target(ctx, r, name)
		switch {
		case err != nil:
			return nil, nil, err
		case len(found) == 0:
			return nil, fault("sheet_target_none", problem.Args{"value": clip(name)}), nil
		case len(found) > 1:
			return nil, fault("sheet_target_several", problem.Args{"value": clip(name)}), nil
		}
		all = append(all, string(found[0]))
	}
	if r.Many {
		return all, nil, nil
	}
	return all[0], nil, nil
}

var entryID = regexp.MustCompile(`^[0-9A-Z]{26}$`)

// target gives the entries that a name can mean, at most two of a collection.
func (im *importer) target(ctx context.Context, r schema.Relation, name string) ([]content.EntryID, error) {
	key := name
	for _, to := range r.To {
		key = string(to) + " " + key
	}
	if found, known := im.targets[key]; known {
		return found, nil
	}
	var found []content.EntryID
	for _, to := range r.To {
		col := im.Collection(string(to))
		if col == nil {
			continue
		}
		var by []any
		if entryID.MatchString(name) { // a filter refuses what cannot be an id
			by = append(by, map[string]any{"id": map[string]any{"_eq": name}})
		}
		for _, id := range []content.FieldID{col.Slug, col.Title} {
			if f := col.Field(id); f != nil {
				by = append(by, map[string]any{f.Name: map[string]any{"_eq": name}})
			}
		}
		if len(by) == 0 {
			continue
		}
		filter := map[string]any{"_or": by}
		if r.Scheme != "" {
			filter = map[string]any{"_and": []any{filter, map[string]any{"scheme": map[string]any{"_eq": r.Scheme}}}}
		}
		answer, err := im.Query.Find(ctx, im.by, col.Name, query.Params{
			Filter: filter, Fields: "id", Locale: im.plan.Locale, AnyLocale: true,
			Version: query.Version{Draft: true}, Page: query.Page{Size: 2},
		})
		if err != nil {
			return nil, err
		}
		for _, item := range answer.Items {
			found = append(found, item.ID)
		}
	}
	im.targets[key] = found
	return found, nil
}

func clip(text string) string {
	if len(text) <= 80 {
		return text
	}
	return strings.ToValidUTF8(text[:80], "") + "…"
}
