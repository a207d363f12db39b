package api

import (
	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/sheet"
	"github.com/recueil-cms/recueil/storage/view"
)

// rowsBody are some rows of a table, and how they become entries.
type rowsBody struct {
	Columns []sheet.Column `json:"columns"`
	Key     string         `json:"key,omitempty"`
	Locale  content.Locale `json:"locale,omitempty"`
	Clear   bool           `json:"clear,omitempty"`
	Publish bool           `json:"publish,omitempty"`
	Dry     bool           `json:"dry_run,omitempty"`
	Rows    [][]string     `json:"rows"`
}

// rowOutcome is what became of a row, in the order of the rows.
type rowOutcome struct {
	Did    string          `json:"did"` // "created", "updated", "same" or "refused"
	ID     content.EntryID `json:"id,omitempty"`
	Faults []rowFault      `json:"faults,omitempty"`
}

// rowFault is one thing wrong with a row; column counts from 0, -1 is the row
// as a whole.
type rowFault struct {
	Column int    `json:"column"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// importRows brings rows of a table into a collection, or says what that would
// do.
func importRows(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	var b rowsBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	if b.Locale == "" {
		b.Locale = k.api.o.Locales[0]
	}
	collections := map[string]*schema.Collection{}
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		for _, col := range tx.Collections() {
			if p.Reads(string(col.ID)) || p.May(access.Create, string(col.ID)) {
				collections[string(col.ID)], collections[col.Name] = col, col
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	plan := sheet.Plan{Columns: b.Columns, Key: b.Key, Locale: b.Locale, Clear: b.Clear, Publish: b.Publish, Dry: b.Dry}
	parts := sheet.Parts{Runner: k.api.o.Runner, Query: k.api.o.Query, Kinds: k.api.o.Kinds,
		Collection: func(name string) *schema.Collection { return collections[name] }}
	outcomes, err := sheet.Import(k.ctx, parts, k.by, k.param("collection"), plan, b.Rows)
	if err != nil {
		return err
	}
	out := make([]rowOutcome, len(outcomes))
	locale := string(server.Locale(k.Ctx))
	for i, o := range outcomes {
		out[i] = rowOutcome{Did: o.Did, ID: o.ID}
		for _, f := range o.Faults {
			out[i].Faults = append(out[i].Faults, rowFault{f.Column, f.Code, k.api.o.Texts.Text(locale, f.Code, f.Args)})
		}
	}
	return k.written(fiber.StatusOK, 0, envelope{Data: out})
}
