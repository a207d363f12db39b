package exports

import (
	"bytes"
	"encoding/csv"
	"strings"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
)

// CSV writes what a list shows, a row an entry. It begins with the mark by
// which spreadsheets know UTF-8.
func (w Writer) CSV(entries []*entry.Entry) ([]byte, error) {
	out := bytes.NewBufferString("\ufeff")
	if len(entries) == 0 {
		return out.Bytes(), nil
	}
	var fields []*schema.Field
	wanted := "," + w.Columns(entries[0].Collection) + ","
	head := []string{"id", "url"}
	for i := range entries[0].Collection.Fields {
		f := &entries[0].Collection.Fields[i]
		if strings.Contains(wanted, ","+f.Name+",") && f.Kind != "asset" {
			fields = append(fields, f)
			head = append(head, f.Name)
		}
	}
	rows := [][]string{head}
	for _, e := range entries {
		row := []string{string(e.ID), w.Base + e.URL}
		for _, f := range fields {
			row = append(row, harmless(cell(e, f.Name)))
		}
		rows = append(rows, row)
	}
	if err := csv.NewWriter(out).WriteAll(rows); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func cell(e *entry.Entry, name string) string {
	value := e.Field(name)
	if value == nil {
		return ""
	}
	if place := entry.Place(value.Raw); place != nil {
		return coordinate(place.Lat) + " " + coordinate(place.Lon)
	}
	if len(value.Items) == 0 {
		return value.Text
	}
	var parts []string
	for _, in := range value.Items {
		for _, f := range in.All() {
			parts = append(parts, f.Label+": "+f.Text)
		}
	}
	return strings.Join(parts, "; ")
}

// harmless keeps spreadsheets from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
