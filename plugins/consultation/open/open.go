// Package open gives what is public of the consultation module as files that
// other programs read: tables with a dictionary that describes each column, and
// calendars. No name, no address and nothing that was made from one is in them.
package open

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Desk gives the files.
type Desk struct{ Work *act.Work }

// column is one of a table: its name in the file, the field it comes from, and
// the key of its description.
type column struct{ Name, Field string }

// table is a kind of file.
type table struct {
	Name, Collection string
	Of               string // the field that limits it to one consultation; empty: all
	Where            record.Q
	Columns          []column
}

// tables are all that there are. Only what stands here leaves the site.
func tables() []table {
	return []table{
		{"contributions", record.Contributions, "consultation", record.Q{"state _in": "published,merged,erased"}, cols(
			"id reference=ref section about paragraph title body place language=lang channel association state sent comments citations=cited merged_into split_from sources")},
		{"comments", record.Comments, "", record.Q{"state _in": "published,erased"}, cols(
			"id reference=ref contribution topic answers side body language=lang channel association state sent sources")},
		{"statements", record.Statements, "consultation", nil, cols("id title kind text divergences why_not_retained=why cites")},
		{"recommendations", record.Recommendations, "", nil, cols("id reference=ref text group consultation cites supported_by addressed_to addressee sent_on deadline state")},
		{"answers", record.Answers, "", nil, cols("id recommendation authority signatory state reasons answered_on")},
		{"commitments", record.Commitments, "", nil, cols("id title recommendation authority indicator due state progress milestones")},
		{"decisions", record.Decisions, "", nil, cols("id reference=ref group meeting text kind state supersedes taken review")},
		{"positions", record.Positions, "", nil, cols("id question=ballot association value reason reservation cast by_substitute=substitute times_replaced=replaced")},
	}
}

func cols(names string) []column {
	var out []column
	for _, n := range strings.Fields(names) {
		name, field, ok := strings.Cut(n, "=")
		if !ok {
			field = name
		}
		out = append(out, column{name, field})
	}
	return out
}

// Data answers with a file: contributions-<consultation>.csv, decisions.json,
// dictionary.csv.
func (d Desk) Data(w http.ResponseWriter, r *http.Request, h *sdk.Host) {
	name, form, _ := strings.Cut(r.PathValue("file"), ".")
	if form != "csv" && form != "json" {
		http.NotFound(w, r)
		return
	}
	name, of, _ := strings.Cut(name, "-")
	if name == "dictionary" {
		d.dictionary(w, form)
		return
	}
	for _, t := range tables() {
		if t.Name != name || (of == "") == (t.Of != "") && t.Name != "comments" {
			continue
		}
		if of != "" && !record.IsID(of) {
			break
		}
		kind := map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json"}[form]
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", r.PathValue("file")))
		if err := d.write(r.Context(), w, record.Book{Host: h}, t, of, form); err != nil {
			panic(http.ErrAbortHandler) // a file that is cut off must not look whole
		}
		return
	}
	http.NotFound(w, r)
}

// rower writes rows as they come.
type rower interface {
	row(values []any) error
	end() error
}

func newRower(w io.Writer, form string, columns []column) (rower, error) {
	if form == "json" {
		_, err := io.WriteString(w, "[")
		return &jsonRows{w: w, columns: columns}, err
	}
	c := csv.NewWriter(w)
	head := make([]string, len(columns))
	for i, col := range columns {
		head[i] = col.Name
	}
	// Spreadsheets take the text for UTF-8 by this mark.
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return nil, err
	}
	return &csvRows{c}, c.Write(head)
}

type csvRows struct{ c *csv.Writer }

func (x *csvRows) row(values []any) error {
	line := make([]string, len(values))
	for i, v := range values {
		line[i] = cell(v)
	}
	return x.c.Write(line)
}

func (x *csvRows) end() error { x.c.Flush(); return x.c.Error() }

// cell writes a value as a table has it; a text that a spreadsheet would take
// for a formula gets an apostrophe.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
			return "'" + v
		}
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = item(x)
		}
		return strings.Join(parts, "; ")
	}
	return fmt.Sprint(v)
}

// item writes one of a list.
func item(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var parts []string
	for _, name := range []string{"date", "title", "text", "url"} {
		if t, ok := m[name].(string); ok {
			parts = append(parts, t)
		}
	}
	if done, ok := m["done"].(bool); ok {
		parts = append(parts, map[bool]string{true: "done", false: "open"}[done])
	}
	return strings.Join(parts, " ")
}

type jsonRows struct {
	w       io.Writer
	columns []column
	n       int
}

func (x *jsonRows) row(values []any) error {
	m := make(map[string]any, len(values))
	for i, c := range x.columns {
		m[c.Name] = values[i]
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	sep := "\n"
	if x.n++; x.n > 1 {
		sep = ",\n"
	}
	_, err = fmt.Fprintf(x.w, "%s%s", sep, raw)
	return err
}

func (x *jsonRows) end() error { _, err := io.WriteString(x.w, "\n]\n"); return err }

// write streams the rows of a table, a page of entries at a time.
func (d Desk) write(ctx context.Context, w io.Writer, b record.Book, t table, of, form string) error {
	rows, err := newRower(w, form, t.Columns)
	if err != nil {
		return err
	}
	fields := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		fields[i] = c.Field
	}
	q := record.Q{"fields": strings.Join(fields, ","), "sort": "id"}
	for k, v := range t.Where {
		q[k] = v
	}
	if of != "" {
		q[t.limit()] = of
	}
	err = record.Each(ctx, b, t.Collection, q, func(all []map[string]any) (bool, error) {
		for _, e := range all {
			values := make([]any, len(fields))
			for i, f := range fields {
				values[i] = e[f]
			}
			if err := rows.row(values); err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return rows.end()
}

// limit is the field by which a table is limited to one consultation.
func (t table) limit() string {
	if t.Name == "comments" {
		return "contribution.consultation"
	}
	return t.Of
}

// dictionary describes every column of every table, in three languages.
func (d Desk) dictionary(w http.ResponseWriter, form string) {
	columns := []column{{"table", ""}, {"column", ""}, {"fr", ""}, {"ar", ""}, {"en", ""}}
	w.Header().Set("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "json": "application/json"}[form])
	rows, err := newRower(w, form, columns)
	for _, t := range tables() {
		for _, c := range t.Columns {
			line := []any{t.Name, c.Name}
			for _, l := range words.Locales {
				line = append(line, Describe(l, c.Name))
			}
			if err == nil {
				err = rows.row(line)
			}
		}
	}
	if err == nil {
		err = rows.end()
	}
	if err != nil {
		panic(http.ErrAbortHandler) // a file that is cut off must not look whole
	}
}

// Describe says what a column holds; "" for one that nobody has described.
func Describe(l, column string) string { return words.Find(l, "column."+column) }

// Columns lists the columns of all tables.
func Columns() []string {
	var out []string
	for _, t := range tables() {
		for _, c := range t.Columns {
			out = append(out, c.Name)
		}
	}
	return out
}
