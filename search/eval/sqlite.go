package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"

	_ "modernc.org/sqlite" // the driver
)

// fts5 is SQLite's full text search with its own tokenizer without accents,
// bm25, and any of the words.
type fts5 struct{ db *sql.DB }

func openSQLite(ctx context.Context, dir string, s *set) (engine, error) {
	db, err := sql.Open("sqlite", filepath.Join(dir, "texts.db"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, `CREATE VIRTUAL TABLE texts USING fts5(id UNINDEXED, title, body, tokenize='unicode61 remove_diacritics 2')`); err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	for _, t := range s.texts {
		if _, err := tx.ExecContext(ctx, `INSERT INTO texts VALUES (?, ?, ?)`, t.ID, t.Title, t.Body); err != nil {
			return nil, fmt.Errorf("sqlite: %w", err)
		}
	}
	return &fts5{db}, tx.Commit()
}

func (f *fts5) answers(ctx context.Context, queries []query) ([][]string, error) {
	out := make([][]string, len(queries))
	for i, q := range queries {
		ids, err := f.one(ctx, q.Text)
		if err != nil {
			return nil, fmt.Errorf("sqlite: query %s: %w", q.ID, err)
		}
		out[i] = ids
	}
	return out, nil
}

func (f *fts5) one(ctx context.Context, text string) ([]string, error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return nil, nil
	}
	rows, err := f.db.QueryContext(ctx, `SELECT id FROM texts WHERE texts MATCH ? ORDER BY bm25(texts) LIMIT 100`, `"`+strings.Join(words, `" OR "`)+`"`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

func (f *fts5) close() error { return f.db.Close() }
