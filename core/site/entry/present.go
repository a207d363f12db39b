package entry

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
)

// Presenter turns what the engine gives into what pages show, in one language.
type Presenter struct {
	Kinds  schema.Kinds
	Texts  *texts.Catalogue
	Locale content.Locale
	// Now is when the page is made: it decides on embargoes.
	Now time.Time
	// Pictures gives smaller pictures of an asset; see site.Options. May be nil.
	Pictures func(*content.Asset) (srcset, card string)
	// Forms says that visitors can write without being told addresses.
	Forms bool

	foreign bool          // the texts are not in the language of the page
	french  bool          // the texts are, and want their punctuation kept together
	blocks  *schema.Field // the blocks field that is being read, for blocks in blocks
}

func (p Presenter) t(key string) string { return p.Texts.Text(string(p.Locale), key, nil) }

// Entry makes an entry of what the engine gave.
func (p Presenter) Entry(it *query.Item) *Entry {
	e := &Entry{ID: it.ID, Collection: it.Collection, URL: it.URL, Locale: string(it.Locale), Locales: it.Locales,
		Published: it.PublishedAt, Revision: it.Revision}
	if it.Locale == content.Shared {
		e.Locale = string(p.Locale)
	}
	e.Dir, e.Foreign = Direction(content.Locale(e.Locale)), e.Locale != string(p.Locale)
	e.one = Label(it.Collection.One, p.Locale, it.Collection.Name)
	e.language = p.Texts.Text(e.Locale, "site.language", nil)
	p.french, p.foreign = it.Locale == "fr", e.Foreign
	e.values = p.fields(it.Collection.Fields, func(name string) any { return it.Value(name) })
	e.heldBack = e.Embargoed(p.Now) || e.Withdrawn() != nil
	if p.Forms {
		e.hideAddress(it.Collection)
	}
	if f := it.Collection.Field(it.Collection.Title); f != nil {
		e.Title = e.Text(f.Name)
	}
	if p.Locale == "ar" && e.Text("name_ar") != "" {
		e.Title, e.Named = e.Text("name_ar"), true
	}
	return e
}

// fields presents the values that are not empty.
func (p Presenter) fields(defs []schema.Field, value func(name string) any) []*Value {
	var out []*Value
	for i := range defs {
		if v := p.value(&defs[i], value(defs[i].Name)); v != nil {
			out = append(out, v)
		}
	}
	return out
}

// value presents one value, or gives nil for one that shows nothing.
func (p Presenter) value(f *schema.Field, raw any) *Value {
	v := &Value{Name: f.Name, Kind: f.Kind, Label: Label(f.Label, p.Locale, f.Name), Raw: raw, Shape: "line", Foreign: p.foreign}
	switch raw := raw.(type) {
	case nil:
		return nil
	case query.HTML:
		v.Shape, v.HTML = "markup", template.HTML(raw) // sanitised by the engine
		v.Text = plain(string(raw))
	case query.Facts:
		v.Shape, v.Files = "files", []File{p.file(raw, "")}
	case query.Link, []query.Link, *query.Item, []*query.Item:
		v.Shape, v.Links = "links", p.Links(raw)
		v.Text = Titles(v.Links)
	case bool:
		v.Text = p.t("site.no")
		if raw {
			v.Text = p.t("site.yes")
		}
	case float64:
		v.Text = wording.Number(raw, p.Locale)
		if f.Name == "year" {
			v.Text = strconv.FormatFloat(raw, 'f', -1, 64)
		}
	default:
		p.compound(v, f, raw)
	}
	if v.Shape == "data" {
		return v
	}
	if v.Text == "" && v.HTML == "" && len(v.Links)+len(v.Files)+len(v.Items) == 0 {
		return nil
	}
	return v
}

// compound presents texts, lists and objects by the kind of their field.
func (p Presenter) compound(v *Value, f *schema.Field, raw any) {
	switch f.Kind {
	case "select":
		v.Text = p.options(f, raw)
	case "longtext":
		v.Shape, v.Text = "lines", p.prose(raw)
	case "date":
		text, _ := raw.(string)
		v.Text = wording.Date(text, p.Locale)
	case "datetime":
		text, _ := raw.(string)
		if at, err := time.Parse(time.RFC3339, text); err == nil {
			v.Text = wording.Date(at.Format(time.DateOnly), p.Locale) + " " + at.Format("15:04")
		}
	case "period":
		v.Text = wording.Period(raw, p.Locale)
	case "url":
		v.URL, _ = raw.(string)
		v.Text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(v.URL, "https://"), "http://"), "/")
	case "email":
		v.Text, _ = raw.(string)
		v.URL = "mailto:" + v.Text
	case "phone":
		v.Text, _ = raw.(string)
		v.URL, v.Text = "tel:"+v.Text, wording.Phone(v.Text)
	case "address":
		v.Text = wording.Postal(raw)
	case "gallery":
		v.Shape, v.Files = "files", p.gallery(raw)
	case "group", "list", "blocks":
		p.nested(v, f, raw)
	case "geopoint", "json":
		v.Shape = "data" // for maps and programs, not for readers
	default:
		v.Text = p.prose(raw)
	}
}

// prose is a text as people wrote it. French puts spaces before some signs,
// where a line must not end.
func (p Presenter) prose(raw any) string {
	text, _ := raw.(string)
	if !p.french {
		return text
	}
	return strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", " ?", "\u202f?", " !", "\u202f!", "« ", "«\u00a0", " »", "\u00a0»", " %", "\u00a0%").Replace(text)
}

func (p Presenter) options(f *schema.Field, raw any) string {
	var values, out []string
	switch raw := raw.(type) {
	case string:
		values = []string{raw}
	case []any:
		for _, one := range raw {
			if text, ok := one.(string); ok {
				values = append(values, text)
			}
		}
	}
	for _, value := range values {
		out = append(out, OptionLabel(f, value, p.Locale))
	}
	return strings.Join(out, p.t("site.comma")+" ")
}

// OptionLabel names the choice of a select field.
func OptionLabel(f *schema.Field, value string, l content.Locale) string {
	for _, o := range schema.Options(*f) {
		if o.Value == value {
			return Label(o.Label, l, value)
		}
	}
	return value
}

func (p Presenter) file(f query.Facts, caption string) File {
	out := File{URL: f.URL, Name: f.Name, Alt: f.Alt, Credit: f.Credit, Caption: caption, MediaType: f.MediaType,
		Bytes: f.Size, Width: f.Width, Height: f.Height, Size: wording.Size(f.Size, p.Locale)}
	if f.Asset != nil && p.Pictures != nil {
		out.Srcset, out.Card = p.Pictures(f.Asset)
	}
	out.asset = f.Asset
	if i := strings.LastIndexByte(f.Name, '.'); i >= 0 && len(f.Name)-i <= 6 {
		out.Format = strings.ToUpper(f.Name[i+1:])
	}
	return out
}

func (p Presenter) gallery(raw any) []File {
	var out []File
	list, _ := raw.([]any)
	for _, one := range list {
		m, _ := one.(map[string]any)
		if facts, ok := m["asset"].(query.Facts); ok {
			caption, _ := m["caption"].(string)
			out = append(out, p.file(facts, caption))
		}
	}
	return out
}

// Links makes links of what the engine gives for a relation.
func (p Presenter) Links(raw any) []Link {
	var out []Link
	add := func(id content.EntryID, collection, title, to string, l content.Locale) {
		link := Link{ID: id, Collection: collection, Title: title, URL: to}
		if l != content.Shared && l != p.Locale {
			link.Locale, link.Dir = string(l), Direction(l)
		}
		if title != "" {
			out = append(out, link)
		}
	}
	item := func(it *query.Item) {
		if it.Collection == nil {
			return // one of many, which the engine did not read
		}
		title := ""
		if f := it.Collection.Field(it.Collection.Title); f != nil {
			title, _ = it.Value(f.Name).(string)
		}
		add(it.ID, it.Collection.Name, title, it.URL, it.Locale)
	}
	switch raw := raw.(type) {
	case query.Link:
		add(raw.ID, raw.Collection, raw.Title, raw.URL, raw.Locale)
	case []query.Link:
		for _, l := range raw {
			add(l.ID, l.Collection, l.Title, l.URL, l.Locale)
		}
	case *query.Item:
		item(raw)
	case []*query.Item:
		for _, it := range raw {
			item(it)
		}
	}
	return out
}

// Titles joins where links lead.
func Titles(links []Link) string {
	out := make([]string, len(links))
	for i, l := range links {
		out[i] = l.Title
	}
	return strings.Join(out, ", ")
}

// nested presents what holds fields of its own: a group is one item.
func (p Presenter) nested(v *Value, f *schema.Field, raw any) {
	v.Shape = "items"
	nester, ok := p.Kinds[f.Kind].(schema.Nester)
	if !ok {
		return
	}
	if f.Kind == "blocks" {
		v.Shape = "blocks"
		if p.blocks == nil {
			p.blocks = f
		}
		nester, f = p.Kinds["blocks"].(schema.Nester), p.blocks
	}
	types := nester.Nested(*f)
	list, many := raw.([]any)
	if !many {
		list = []any{raw}
	}
	for _, one := range list {
		m, ok := one.(map[string]any)
		if !ok {
			continue
		}
		item := &Values{}
		item.Type, _ = m["type"].(string)
		if id, _ := m["id"].(string); id != "" {
			item.Anchor = "b-" + id
		}
		item.values = p.fields(types[p.typeID(f, item.Type)], func(name string) any { return m[name] })
		if len(item.values) > 0 {
			v.Items = append(v.Items, item)
		}
	}
}

// typeID gives the id of a block type by its name.
func (p Presenter) typeID(f *schema.Field, name string) string {
	for _, t := range schema.BlockTypes(*f) {
		if t.Name == name {
			return t.ID
		}
	}
	return name
}
