package book

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

// inHead are fields that the head of a profile shows; silent are those that
// say nothing in print.
var (
	inHead = []string{"name", "name_ar", "name_en", "short_name", "kind", "commune", "wilaya", "founded_on", "motto"}
	silent = []string{"contact_form", "location"}
)

// side is what is printed of an entry in the language of the reader. Nothing
// personal is looked at.
func (r reader) side(it *query.Item) *side {
	s := &side{url: r.BaseURL() + it.URL, language: it.Locale}
	text := func(name string) string {
		f := it.Collection.FieldNamed(name)
		if f == nil || f.Personal {
			return ""
		}
		return r.line(f, it.Value(name))
	}
	if f := it.Collection.Field(it.Collection.Title); f != nil && !f.Personal {
		s.name = r.line(f, it.Value(f.Name))
	}
	s.latin, s.arabic, s.short = s.name, text("name_ar"), text("short_name")
	if english := text("name_en"); r.locale == "en" && english != "" {
		s.name = english
	}
	if r.locale == "ar" && s.arabic != "" {
		s.name = s.arabic
	}
	if s.name == "" {
		s.name = string(it.ID)
	}
	byForm, _ := it.Value("contact_form").(bool)
	for i := range it.Collection.Fields {
		f := &it.Collection.Fields[i]
		v := it.Value(f.Name)
		if f.Personal || v == nil {
			continue
		}
		r.sort(s, f, v)
		if f.ID == it.Collection.Title || slices.Contains(inHead, f.Name) || slices.Contains(silent, f.Name) {
			continue
		}
		if f.Kind == "email" && byForm { // it is not shown on the site either
			s.facts = append(s.facts, fact{label(f.Label, r.locale, f.Name), r.t("book.contact_form")})
			continue
		}
		r.take(s, f, v, it.Locale)
	}
	s.line = r.head(it, text)
	return s
}

// head says in a line what an association is.
func (r reader) head(it *query.Item, text func(string) string) []string {
	var out []string
	place := text("commune")
	switch wilaya := text("wilaya"); {
	case place == "" || plain(wilaya) == place:
		place = wilaya
	case wilaya != "":
		place += r.t("site.comma") + " " + wilaya
	}
	since := ""
	if f := it.Collection.FieldNamed("founded_on"); f != nil && text("founded_on") != "" {
		year, _ := it.Value(f.Name).(string)
		since = label(f.Label, r.locale, f.Name) + " " + year[:min(4, len(year))]
	}
	for _, part := range []string{text("kind"), place, since} {
		if part != "" {
			out = append(out, part)
		}
	}
	return out
}

// sort notes what the profile is filed under.
func (r reader) sort(s *side, f *schema.Field, v any) {
	links := r.links(v)
	switch f.Name {
	case "themes":
		s.themes = links
	case "wilaya":
		if len(links) > 0 {
			s.seat = &links[0]
		}
		s.places = append(links, s.places...)
	case "areas_of_action":
		s.places = append(s.places, links...)
	}
}

// take adds a value to the facts or to the passages.
func (r reader) take(s *side, f *schema.Field, v any, of content.Locale) {
	name := label(f.Label, r.locale, f.Name)
	switch f.Kind {
	case "longtext":
		if text, _ := v.(string); strings.TrimSpace(text) != "" {
			s.texts = append(s.texts, passage{label: name, lines: []string{r.prose(text, of)}, language: of})
		}
	case "markdown":
		if html, ok := v.(query.HTML); ok && strings.TrimSpace(string(html)) != "" {
			s.texts = append(s.texts, passage{label: name, markup: string(html), language: of})
		}
	case "list":
		if lines := r.items(f, v, of); len(lines) > 0 && f.Localized {
			s.texts = append(s.texts, passage{label: name, lines: lines, language: of})
		} else if len(lines) > 0 {
			s.facts = append(s.facts, fact{name, strings.Join(lines, " · ")})
		}
	case "group":
		if lines := r.items(f, v, of); len(lines) > 0 {
			s.facts = append(s.facts, fact{name, lines[0]})
		}
	default:
		if text := r.line(f, v); text != "" {
			s.facts = append(s.facts, fact{name, text})
		}
	}
}

// items writes each item of a list, or a group, on a line.
func (r reader) items(f *schema.Field, v any, of content.Locale) []string {
	nester, ok := r.Kinds[f.Kind].(schema.Nester)
	if !ok {
		return nil
	}
	fields := nester.Nested(*f)[""]
	all, many := v.([]any)
	if !many {
		all = []any{v}
	}
	var out []string
	for _, one := range all {
		m, _ := one.(map[string]any)
		var parts []string
		for i := range fields {
			inner := &fields[i]
			if text := r.line(inner, m[inner.Name]); text != "" {
				if inner.Kind == "number" && inner.Name != "year" || inner.Kind == "date" {
					text = label(inner.Label, r.locale, inner.Name) + " " + text
				}
				parts = append(parts, apart(r.prose(text, of)))
			}
		}
		if len(parts) > 0 {
			out = append(out, strings.Join(parts, r.t("site.comma")+" "))
		}
	}
	return out
}

// line writes a value on one line; "" is a value that is not for readers.
func (r reader) line(f *schema.Field, v any) string {
	switch v := v.(type) {
	case query.Link, []query.Link:
		return titles(r.links(v), r.t("site.comma")+" ")
	case bool:
		if v {
			return r.t("site.yes")
		}
		return r.t("site.no")
	case float64:
		if f.Name == "year" {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return wording.Number(v, r.locale)
	case map[string]any:
		switch f.Kind {
		case "address":
			return wording.Postal(v)
		case "period":
			return wording.Period(v, r.locale)
		}
	case []any:
		return r.options(f, v)
	case string:
		return r.text(f, v)
	}
	return ""
}

func (r reader) text(f *schema.Field, v string) string {
	switch f.Kind {
	case "select":
		return r.options(f, []any{v})
	case "date":
		return wording.Date(v, r.locale)
	case "datetime":
		if at, err := time.Parse(time.RFC3339, v); err == nil {
			return wording.Date(at.Format(time.DateOnly), r.locale)
		}
		return ""
	case "url":
		short := strings.TrimPrefix(strings.TrimPrefix(v, "https://"), "http://")
		return ltr(strings.TrimSuffix(short, "/"))
	case "phone":
		return ltr(wording.Phone(v))
	case "email":
		return ltr(v)
	case "slug", "json", "asset":
		return ""
	}
	return strings.Join(strings.Fields(v), " ")
}

// ltr keeps what is written from left to right in one piece within Arabic.
func ltr(s string) string { return "\u2066" + s + "\u2069" }

func (r reader) options(f *schema.Field, values []any) string {
	var out []string
	for _, one := range values {
		value, _ := one.(string)
		for _, o := range schema.Options(*f) {
			if o.Value == value {
				value = label(o.Label, r.locale, value)
			}
		}
		if value != "" {
			out = append(out, value)
		}
	}
	return strings.Join(out, r.t("site.comma")+" ")
}

// links gives where a relation leads, without those that are named by
// something personal.
func (r reader) links(v any) []query.Link {
	var all []query.Link
	switch v := v.(type) {
	case query.Link:
		all = []query.Link{v}
	case []query.Link:
		all = v
	}
	var out []query.Link
	for _, l := range all {
		if _, personal := r.hidden[l.Collection]; !personal && l.Title != "" {
			out = append(out, l)
		}
	}
	return out
}

// apart keeps a text in its own direction, whatever is around it.
func apart(s string) string { return "\u2068" + s + "\u2069" }

func titles(links []query.Link, comma string) string {
	out := make([]string, len(links))
	for i, l := range links {
		out[i] = apart(l.Title)
	}
	return strings.Join(out, comma)
}

func (r reader) t(key string) string { return r.Texts.Text(string(r.locale), key, nil) }

// prose keeps the signs before which French has a space on their lines.
func (r reader) prose(text string, of content.Locale) string {
	if of != "fr" {
		return text
	}
	return strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", " ?", "\u202f?", " !", "\u202f!", "« ", "«\u00a0", " »", "\u00a0»", " %", "\u00a0%").Replace(text)
}

// label picks a text of a definition: in the language, or the nearest.
func label(t schema.Texts, l content.Locale, otherwise string) string {
	for _, try := range []content.Locale{l, "fr", "en"} {
		if t[try] != "" {
			return t[try]
		}
	}
	return otherwise
}
