package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// writeRows writes a file with one row a line, its columns parted by tabs.
func writeRows(path string, n int, row func(i int) []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for i := range n {
		columns := row(i)
		for j, c := range columns {
			columns[j] = strings.Join(strings.Fields(c), " ")
		}
		fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return f.Close()
}

// readAnswers reads rows of a query's name and the texts that answer it, the
// best first, and gives them in the order of the queries.
func readAnswers(path string, queries []query) ([][]string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	byQuery := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		columns := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		byQuery[columns[0]] = columns[1:]
	}
	out := make([][]string, len(queries))
	for i, q := range queries {
		answers, ok := byQuery[q.ID]
		if !ok {
			return nil, fmt.Errorf("%s has no answer to query %s", path, q.ID)
		}
		out[i] = answers
	}
	return out, nil
}
