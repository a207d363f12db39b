package sdk

// Node is a component of a page, a block or a console screen: a JSON object
// whose "type" says which. plugins/host/tree/tree.schema.json describes each;
// the functions here make the common ones.
type Node map[string]any

// Stack puts nodes below each other.
func Stack(children ...Node) Node { return Node{"type": "stack", "children": nodes(children)} }

// Section is a part with a title.
func Section(title string, children ...Node) Node {
	return Node{"type": "section", "title": title, "children": nodes(children)}
}

// Heading is a heading of level 2 to 4.
func Heading(level int, text string) Node {
	return Node{"type": "heading", "level": level, "text": text}
}

// Text is a paragraph.
func Text(text string) Node { return Node{"type": "text", "text": text} }

// Notice stands out; the tone is info, success, warning or danger.
func Notice(tone, text string) Node { return Node{"type": "notice", "tone": tone, "text": text} }

// Link leads to a path of the site or the console, to a file that the API gives
// ("/api/…"), to an entry ("entry:<collection>/<id>"), or to an address with
// https.
func Link(label, to string) Node { return Node{"type": "link", "label": label, "to": to} }

// Stat is a figure.
func Stat(label, value string) Node { return Node{"type": "stat", "label": label, "value": value} }

// Fact is one line of Facts.
type Fact struct{ Label, Value string }

// Facts lists labels with their values.
func Facts(facts ...Fact) Node {
	items := make([]any, len(facts))
	for i, f := range facts {
		items[i] = map[string]any{"label": f.Label, "value": f.Value}
	}
	return Node{"type": "facts", "items": items}
}

// ListItem is one line of List; only Text is needed.
type ListItem struct{ Text, Help, To string }

// List lists lines, each perhaps with a link.
func List(lines ...ListItem) Node {
	items := make([]any, len(lines))
	for i, l := range lines {
		item := map[string]any{"text": l.Text}
		if l.Help != "" {
			item["help"] = l.Help
		}
		if l.To != "" {
			item["link"] = map[string]any{"to": l.To}
		}
		items[i] = item
	}
	return Node{"type": "list", "items": items}
}

// Column is a column of a table.
type Column struct{ Key, Label string }

// Table has rows of cells by the keys of the columns: texts, numbers, booleans
// or nodes.
func Table(columns []Column, rows []map[string]any) Node {
	heads, lines := make([]any, len(columns)), make([]any, len(rows))
	for i, c := range columns {
		heads[i] = map[string]any{"key": c.Key, "label": c.Label}
	}
	for i, r := range rows {
		lines[i] = map[string]any{"cells": r}
	}
	return Node{"type": "table", "columns": heads, "rows": lines}
}

// Empty says that there is nothing yet.
func Empty(title, text string) Node { return Node{"type": "empty", "title": title, "text": text} }

// Button has the plugin do something, with some values of its own.
func Button(label, action string, values map[string]any) Node {
	n := Node{"type": "button", "label": label, "action": action}
	if values != nil {
		n["values"] = values
	}
	return n
}

// Confirmed asks before the button is pressed.
func (n Node) Confirmed(title, button string) Node {
	return n.With("confirm", map[string]any{"title": title, "button": button})
}

// Form sends the values of the controls in it.
func Form(action, submit string, children ...Node) Node {
	return Node{"type": "form", "action": action, "submit": submit, "children": nodes(children)}
}

// Input is a line to fill in; kind is text, number, date, datetime, email, url
// or search.
func Input(name, label, kind string, value any) Node {
	n := Node{"type": "input", "name": name, "label": label, "kind": kind}
	if value != nil {
		n["value"] = value
	}
	return n
}

// With sets a member.
func (n Node) With(name string, value any) Node {
	n[name] = value
	return n
}

func nodes(children []Node) []Node {
	if children == nil {
		return []Node{}
	}
	return children
}
