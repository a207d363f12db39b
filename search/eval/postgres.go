package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed postgres.sql
var postgresScript string

// postgres is PostgreSQL of a Debian package with its own configuration for
// the language, title before text, ts_rank_cd, and any of the words. It runs a
// server of its own in a folder, without a port.
type postgres struct{ dir, locale string }

func openPostgres(ctx context.Context, dir string, s *set) (engine, error) {
	p := &postgres{dir, s.locale}
	bin, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bin) == 0 {
		return nil, fmt.Errorf("%w: postgresql", errAbsent)
	}
	if err := os.Chmod(dir, 0o777); err != nil { // the server refuses to be root
		return nil, err
	}
	err = writeRows(filepath.Join(dir, "texts"), len(s.texts), func(i int) []string {
		return []string{s.texts[i].ID, s.texts[i].Title, strings.ReplaceAll(s.texts[i].Body, `\`, " ")}
	})
	if err != nil {
		return nil, err
	}
	for _, words := range [][]string{
		{bin[0] + "/initdb", "-D", p.data(), "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-U", "postgres"},
		{bin[0] + "/pg_ctl", "-D", p.data(), "-w", "-l", filepath.Join(dir, "log"), "-o", "-c listen_addresses='' -k " + dir, "start"},
	} {
		if err := p.run(ctx, words...); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *postgres) data() string { return filepath.Join(p.dir, "data") }

// run runs a program as the user of the database.
func (p *postgres) run(ctx context.Context, words ...string) error {
	if os.Getuid() == 0 {
		words = append([]string{"runuser", "-u", "postgres", "--"}, words...)
	}
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = p.dir
	said, err := os.CreateTemp("", "postgres-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(said.Name())
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said // a file: the server keeps it open
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%s: %w: %s", words[len(words)-1], err, text)
	}
	return nil
}

func (p *postgres) answers(ctx context.Context, queries []query) ([][]string, error) {
	err := writeRows(filepath.Join(p.dir, "queries"), len(queries), func(i int) []string {
		return []string{queries[i].ID, strings.ReplaceAll(queries[i].Text, `\`, " ")}
	})
	if err != nil {
		return nil, err
	}
	language := map[string]string{"fr": "french", "ar": "arabic", "en": "english"}[p.locale]
	script := filepath.Join(p.dir, "script.sql")
	if err := os.WriteFile(script, []byte(postgresScript), 0o644); err != nil { //nolint:gosec // read by another user
		return nil, err
	}
	if err := p.run(ctx, "psql", "-q", "-v", "ON_ERROR_STOP=1", "-v", "language="+language, "-h", p.dir, "-U", "postgres", "-f", script, "postgres"); err != nil {
		return nil, err
	}
	return readAnswers(filepath.Join(p.dir, "answers"), queries)
}

func (p *postgres) close() error {
	bin, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bin) == 0 {
		return err
	}
	return p.run(context.Background(), bin[0]+"/pg_ctl", "-D", p.data(), "-m", "immediate", "-w", "stop")
}
