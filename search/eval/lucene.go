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

//go:embed lucene.java
var luceneSource string

// lucene is Lucene of a Debian package, run once per file of queries.
type lucene struct{ dir, locale string }

const jars = "/usr/share/java"

func openLucene(_ context.Context, dir string, s *set) (engine, error) {
	if err := os.WriteFile(filepath.Join(dir, "Ranker.java"), []byte(luceneSource), 0o600); err != nil {
		return nil, err
	}
	return &lucene{dir, s.locale}, writeRows(filepath.Join(dir, "texts"), len(s.texts), func(i int) []string {
		return []string{s.texts[i].ID, s.texts[i].Title, s.texts[i].Body}
	})
}

func (l *lucene) answers(ctx context.Context, queries []query) ([][]string, error) {
	in, out := filepath.Join(l.dir, "queries"), filepath.Join(l.dir, "answers")
	err := writeRows(in, len(queries), func(i int) []string { return []string{queries[i].ID, queries[i].Text} })
	if err != nil {
		return nil, err
	}
	var path []string
	for _, part := range []string{"core", "analyzers-common", "queryparser", "queries", "sandbox"} {
		found, err := filepath.Glob(filepath.Join(jars, "lucene-"+part+"-8*.jar"))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("%w: lucene-%s", errAbsent, part)
		}
		path = append(path, found[0])
	}
	cmd := exec.CommandContext(ctx, "java", "-Xmx2g", "-cp", strings.Join(path, ":"),
		filepath.Join(l.dir, "Ranker.java"), l.locale, filepath.Join(l.dir, "texts"), in, out)
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("lucene: %w: %s", err, said)
	}
	return readAnswers(out, queries)
}

func (l *lucene) close() error { return nil }
