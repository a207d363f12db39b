package show

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Labels are what the manifest calls the fields of a training, and their
// choices ("level=beginner"), by language.
type Labels map[string]map[string]string

// LabelsOf reads them out of the manifest.
func LabelsOf(manifest []byte) (Labels, error) {
	var m struct {
		Collections []struct {
			ID     string
			Fields []struct {
				Name     string
				Label    map[string]string
				Settings struct {
					Options []struct {
						Value string
						Label map[string]string
					}
				}
			}
		}
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		return nil, err
	}
	out := Labels{}
	for _, c := range m.Collections {
		if c.ID != record.Trainings {
			continue
		}
		for _, f := range c.Fields {
			out[f.Name] = f.Label
			for _, o := range f.Settings.Options {
				out[f.Name+"="+o.Value] = o.Label
			}
		}
	}
	return out, nil
}

// Factsheet is a training on paper: what is public of it, from the same source
// as its page, with the day of its last change and the way back to the page.
func (site *Site) Factsheet(ctx context.Context, h *sdk.Host, id, l string) (*File, error) {
	t, err := record.Get[record.Training](ctx, h, record.Trainings, id, l)
	if err != nil {
		return nil, err
	}
	label := func(name string) string { return site.Labels[name][l] }
	parts := append(lined(t.Summary), sdk.Facts(site.facts(t, l)...))
	section := func(name string, nodes ...sdk.Node) {
		if len(nodes) > 0 {
			parts = append(parts, sdk.Section(label(name), nodes...))
		}
	}
	listed := func(name string, items []sdk.ListItem) {
		if len(items) > 0 {
			section(name, sdk.List(items...))
		}
	}
	var objectives []sdk.ListItem
	for _, o := range t.Objectives {
		objectives = append(objectives, sdk.ListItem{Text: words.Or(o.Text)})
	}
	listed("objectives", objectives)
	section("results", lined(t.Results)...)
	var contents struct {
		Contents struct{ HTML string }
	}
	if err := h.Get(ctx, record.Trainings, id, url.Values{"locale": {l}, "fallback": {"*"}, "fields": {"contents.html"}}.Encode(), &contents); err != nil {
		return nil, err
	}
	section("contents", plain(contents.Contents.HTML)...)
	modules, err := record.PartsOf(ctx, h, t, l)
	if err != nil {
		return nil, err
	}
	var parted []sdk.ListItem
	for _, m := range modules {
		parted = append(parted, sdk.ListItem{Text: words.Joined(m.Title, m.Length(l)), Help: strings.Join(strings.Fields(m.Objectives), " ")})
	}
	listed("modules", parted)
	for _, f := range []struct{ name, text string }{{"audience", t.Audience}, {"prerequisites", t.Prerequisites}, {"methods", t.Methods}, {"evaluation", t.Evaluation},
		{"funding", t.Funding}, {"access_how", t.AccessHow}, {"accessibility", t.Accessibility}} {
		section(f.name, lined(f.text)...)
	}
	all, err := record.Coming(ctx, h, site.Work.Now(), l, url.Values{"filter[training][_eq]": {t.ID}})
	if err != nil {
		return nil, err
	}
	list, err := site.shownOf(ctx, h, l, all[:min(len(all), 20)])
	if err != nil {
		return nil, err
	}
	var ahead []sdk.ListItem
	for _, s := range list {
		ahead = append(ahead, sdk.ListItem{Text: words.Joined(words.Span(l, s.Starts, s.Ends), s.title), Help: s.place})
	}
	if len(ahead) > 0 {
		parts = append(parts, sdk.Section(words.Say(l, "agenda.next"), sdk.List(ahead...)))
	}
	footer := ""
	if t.UpdatedOn != "" {
		footer = words.Joined(label("updated_on")+" "+words.Day(l, t.UpdatedOn), t.Ref)
	}
	paper := sdk.Print{Locale: l, Title: words.Or(t.Title), Tree: sdk.Stack(parts...), Paper: "a4", Footer: footer, Made: site.Work.Now()}
	if base := site.Work.Settings().URL; base != "" {
		paper.CodeURL = base + "/" + l + "/formations/" + t.Slug
	}
	body, err := h.Print(ctx, paper)
	return &File{Kind: "application/pdf", Name: t.Slug + ".pdf", Body: body, Public: 300}, err
}

// facts are what is short of a training.
func (site *Site) facts(t *record.Training, l string) []sdk.Fact {
	var out []sdk.Fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, sdk.Fact{Label: site.Labels[name][l], Value: value})
		}
	}
	add("ref", t.Ref)
	add("level", site.Labels["level="+t.Level][l])
	if t.Hours != nil {
		add("hours", strconv.FormatFloat(*t.Hours, 'f', -1, 64))
	}
	var languages []string
	for _, code := range t.Languages {
		languages = append(languages, words.Say(l, "language."+code))
	}
	add("languages", strings.Join(languages, words.Say(l, "comma")))
	switch {
	case t.Price == nil:
	case *t.Price == 0:
		add("price", words.Say(l, "price.none"))
	default:
		add("price", strings.TrimSpace(strconv.FormatFloat(*t.Price, 'f', -1, 64)+" "+site.Labels["currency="+t.Currency][l]))
	}
	if t.AccessDelay != nil {
		add("access_delay", strconv.Itoa(*t.AccessDelay))
	}
	add("contact", t.Contact)
	add("disability_contact", t.DisabilityContact)
	if t.ValidUntil != "" {
		add("valid_until", words.Day(l, t.ValidUntil))
	}
	return out
}

// lined are the paragraphs of a plain text.
func lined(text string) []sdk.Node {
	var out []sdk.Node
	for part := range strings.SplitSeq(text, "\n") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, sdk.Text(part))
		}
	}
	return out
}

// plain are the paragraphs and the lists of a text, without marks and links; it
// is what the host makes of Markdown.
func plain(markup string) []sdk.Node {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	parsed, err := html.ParseFragment(strings.NewReader(markup), body)
	if err != nil {
		return nil // reading from memory does not fail
	}
	var out []sdk.Node
	var items []sdk.ListItem
	flush := func() {
		if len(items) > 0 {
			out = append(out, sdk.List(items...))
		}
		items = nil
	}
	var walk func(n *html.Node, listed bool)
	walk = func(n *html.Node, listed bool) {
		said := ""
		if n.DataAtom == atom.Li || n.DataAtom == atom.P || n.DataAtom == atom.H1 || n.DataAtom == atom.H2 || n.DataAtom == atom.H3 || n.DataAtom == atom.H4 {
			said = strings.Join(strings.Fields(own(n)), " ")
		}
		listed = listed || n.DataAtom == atom.Li
		switch {
		case said == "":
		case listed:
			items = append(items, sdk.ListItem{Text: said})
		default:
			flush()
			out = append(out, sdk.Text(said))
		}
		for c := range n.ChildNodes() {
			walk(c, listed)
		}
	}
	for _, n := range parsed {
		walk(n, false)
	}
	flush()
	return out
}

// own is the text of an element, but for that of lists and paragraphs in it.
func own(n *html.Node) string {
	var out strings.Builder
	for c := range n.ChildNodes() {
		switch {
		case c.Type == html.TextNode:
			out.WriteString(c.Data)
		case c.DataAtom == atom.Ul || c.DataAtom == atom.Ol || c.DataAtom == atom.P:
		case c.DataAtom == atom.Br:
			out.WriteByte(' ')
		default:
			out.WriteString(own(c))
		}
	}
	return out.String()
}
