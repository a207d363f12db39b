package show

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

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
		for _, f := range c.Fields {
			if c.ID != record.Trainings {
				continue
			}
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
	var objectives []sdk.ListItem
	for _, o := range t.Objectives {
		objectives = append(objectives, sdk.ListItem{Text: words.Or(o.Text)})
	}
	if len(objectives) > 0 {
		section("objectives", sdk.List(objectives...))
	}
	section("results", lined(t.Results)...)
	section("contents", plain(t.Contents)...)
	modules, err := site.modulesList(ctx, h, t, l)
	if err != nil {
		return nil, err
	}
	section("modules", modules...)
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
	print := sdk.Print{Locale: l, Title: words.Or(t.Title), Tree: sdk.Stack(parts...), Paper: "a4", Footer: footer, Made: site.Work.Now()}
	if base := site.Work.Settings().URL; base != "" {
		print.CodeURL = base + "/" + l + "/formations/" + t.Slug
	}
	paper, err := h.Print(ctx, print)
	return &File{Kind: "application/pdf", Name: t.Slug + ".pdf", Body: paper, Public: 300}, err
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

// modulesList are the modules of a training, in their order.
func (site *Site) modulesList(ctx context.Context, h *sdk.Host, t *record.Training, l string) ([]sdk.Node, error) {
	var out []sdk.ListItem
	for _, id := range t.Modules[:min(len(t.Modules), 50)] {
		m, err := record.Get[record.Part](ctx, h, record.Modules, id, l)
		if sdk.IsNotFound(err) {
			continue // it is not published
		}
		if err != nil {
			return nil, err
		}
		hours := ""
		if m.Hours != nil {
			hours = words.Say(l, "modules.hours", strconv.FormatFloat(*m.Hours, 'f', -1, 64))
		}
		out = append(out, sdk.ListItem{Text: words.Joined(m.Title, hours), Help: strings.Join(strings.Fields(m.Objectives), " ")})
	}
	if len(out) == 0 {
		return nil, nil
	}
	return []sdk.Node{sdk.List(out...)}, nil
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

// plain are the paragraphs of a text in Markdown, and its lists, without marks
// and links.
func plain(markdown string) []sdk.Node {
	src := []byte(markdown)
	var out []sdk.Node
	var items []sdk.ListItem
	flush := func() {
		if len(items) > 0 {
			out = append(out, sdk.List(items...))
		}
		items = nil
	}
	_ = ast.Walk(goldmark.DefaultParser().Parse(text.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Type() != ast.TypeBlock {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindParagraph, ast.KindTextBlock, ast.KindHeading:
		default:
			return ast.WalkContinue, nil
		}
		said := strings.Join(strings.Fields(inline(n, src)), " ")
		switch {
		case said == "":
		case n.Parent().Kind() == ast.KindListItem:
			items = append(items, sdk.ListItem{Text: said})
		default:
			flush()
			out = append(out, sdk.Text(said))
		}
		return ast.WalkSkipChildren, nil
	}) // no step fails
	flush()
	return out
}

// inline is the text of a block.
func inline(n ast.Node, src []byte) string {
	var out strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			out.Write(t.Segment.Value(src))
			if t.SoftLineBreak() || t.HardLineBreak() {
				out.WriteByte(' ')
			}
		}
		if s, ok := n.(*ast.String); ok && entering {
			out.Write(s.Value)
		}
		return ast.WalkContinue, nil
	}) // no step fails
	return out.String()
}
