package show

import (
	"html"
	"strings"

	"github.com/recueil-cms/recueil/plugins/training/words"
)

// page gathers the HTML of a page. Whatever is not a constant goes through
// esc; the host takes out what is not harmless besides.
type page struct {
	strings.Builder
	typed map[string]string // what stands in the fields of forms, by their names
}

func esc(s string) string { return html.EscapeString(s) }

// add writes constants with {} for values, which are escaped.
func (p *page) add(form string, values ...string) {
	for _, v := range values {
		before, after, ok := strings.Cut(form, "{}")
		if !ok {
			break
		}
		p.WriteString(before + esc(v))
		form = after
	}
	p.WriteString(form)
}

// paragraphs writes a text of several paragraphs.
func (p *page) paragraphs(text string) {
	for part := range strings.SplitSeq(text, "\n") {
		if part = strings.TrimSpace(part); part != "" {
			p.add(`<p dir="auto">{}</p>`, part)
		}
	}
}

// fact writes a line of a list of facts; nothing for an empty value.
func (p *page) fact(label, value string) {
	if value != "" {
		p.add(`<dt>{}</dt><dd><span dir="auto">{}</span></dd>`, label, value)
	}
}

// mail writes a fact that is an address to write to.
func (p *page) mail(label, address string) {
	if address != "" {
		p.add(`<dt>{}</dt><dd><a href="mailto:{}">{}</a></dd>`, label, address, address)
	}
}

func (p *page) hidden(name, value string) {
	p.add(`<input type="hidden" name="{}" value="{}">`, name, value)
}

// input writes a line to fill in, with what the browser may fill in by itself.
func (p *page) input(name, label, kind, complete string, required bool, most string) {
	must := ""
	if required {
		must = " required"
	}
	if p.typed[name] != "" {
		must += ` value="` + esc(p.typed[name]) + `"`
	}
	p.add(`<p><label>{} <input name="{}" type="{}" autocomplete="{}" maxlength="{}"`, label, name, kind, complete, most)
	p.WriteString(must + `></label></p>`)
}

// choice is one of a select.
type choice struct{ value, label string }

func (p *page) choose(name, label string, required bool, choices []choice) {
	must := ""
	if required {
		must = " required"
	}
	p.add(`<p><label>{} <select name="{}"`+must+`>`, label, name)
	for _, c := range choices {
		chosen := ""
		if c.value != "" && p.typed[name] == c.value {
			chosen = " selected"
		}
		p.add(`<option value="{}"`+chosen+`>{}</option>`, c.value, c.label)
	}
	p.add(`</select></label></p>`)
}

// button writes what sends a form; name and value may be empty.
func (p *page) button(label, name, value string) {
	if name == "" {
		p.add(`<p><button class="go" type="submit">{}</button></p>`, label)
		return
	}
	p.add(`<button class="go" type="submit" name="{}" value="{}">{}</button> `, name, value, label)
}

// fault tells what went wrong, when the address says so and it is a word of
// ours.
func (p *page) fault(locale, fault string) {
	if text := words.Find(locale, "fault."+fault); text != "" {
		p.add(`<p class="notice warning">{}</p>`, text)
	}
}
