package demo

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// shared are the front-matter names whose values all locales share; they may
// stand in any of an entry's files.
var shared = map[string]bool{
	"parent": true, "order": true, "date": true, "themes": true, "target_groups": true,
	"territories": true, "associations": true, "period": true, "actors": true, "kind": true,
}

// page reads content/<collection>/<name>.<locale>.md: front matter between
// lines of three hyphens, then Markdown. A heading of the first level is the
// name of the field that follows it; without any, all of it is the body.
func (l *loader) page(name string) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	stem := strings.TrimSuffix(path.Base(name), ".md")
	base, locale, ok := strings.Cut(stem, ".")
	if !ok || !content.ValidLocale(locale) {
		return fmt.Errorf("demonstration file %s: no locale in its name", name)
	}
	values, err := parsePage(string(raw))
	if err != nil {
		return fmt.Errorf("demonstration file %s: %w", name, err)
	}
	e := l.entry(path.Base(path.Dir(name)) + "/" + base)
	if e.Inputs[content.Locale(locale)] != nil {
		return fmt.Errorf("demonstration file %s: the entry is there twice", name)
	}
	if e.Collection == "pages" {
		toBlocks(values)
	}
	common := map[string]any{}
	for k, v := range values {
		if shared[k] {
			common[k] = v
			delete(values, k)
		}
	}
	e.Inputs[content.Locale(locale)] = values
	if len(common) > 0 {
		return e.share(common)
	}
	return nil
}

func parsePage(text string) (map[string]any, error) {
	rest, ok := strings.CutPrefix(text, "---\n")
	if !ok {
		return nil, fmt.Errorf("front matter is missing")
	}
	head, body, ok := strings.Cut(rest, "\n---\n")
	if !ok {
		return nil, fmt.Errorf("front matter does not end")
	}
	values := map[string]any{}
	for line := range strings.Lines(head) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			return nil, fmt.Errorf("front matter %q is not a name and a value", line)
		}
		var v any = value
		if c := value[0]; c == '[' || c == '{' || c >= '0' && c <= '9' {
			// A date is no JSON and stays a text.
			_ = json.Unmarshal([]byte(value), &v)
		}
		values[name] = v
	}
	sections(body, values)
	return values, nil
}

// sections splits a body at its headings of the first level.
func sections(body string, values map[string]any) {
	field, text := "body", &strings.Builder{}
	flush := func() {
		if s := strings.TrimSpace(text.String()); s != "" {
			values[field] = s
		}
		text.Reset()
	}
	for line := range strings.Lines(body) {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			flush()
			field = strings.TrimSpace(name)
			continue
		}
		text.WriteString(line)
	}
	flush()
}

// toBlocks makes the blocks of a page: its text, what "latest" asks for, and a
// notice of the quotation that it ends with.
func toBlocks(values map[string]any) {
	body, _ := values["body"].(string)
	delete(values, "body")
	var blocks []any
	text, notice, _ := strings.Cut(body, "\n\n> ")
	if strings.Contains(notice, "\n\n") { // not at the end
		text, notice = body, ""
	}
	blocks = append(blocks, map[string]any{"type": "text", "body": text})
	if latest := values["latest"]; latest != nil {
		blocks = append(blocks, latest)
		delete(values, "latest")
	}
	if notice != "" {
		notice = strings.ReplaceAll(notice, "\n> ", "\n")
		blocks = append(blocks, map[string]any{"type": "notice", "tone": "info", "body": notice})
	}
	values["blocks"] = blocks
}
