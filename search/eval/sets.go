package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// set is a collection of texts with queries and judgements.
type set struct {
	name, locale string
	texts        []text
	queries      []query
	grades       map[string]map[string]int // by query and text
}

type text struct {
	ID, Title, Body string
}

type query struct {
	ID   string `json:"qid"`
	Text string `json:"text"`
}

// judged are the sets by folder and the locale of their texts.
var judged = []struct{ folder, locale string }{
	{"fr_labour", "fr"}, {"fr_piaf", "fr"}, {"fr_fquad", "fr"}, {"ar", "ar"}, {"en_cranfield", "en"}, {"en_cisi", "en"},
}

func readSet(dir, folder, locale string) (*set, error) {
	s := &set{name: folder, locale: locale, grades: map[string]map[string]int{}}
	f, err := os.Open(filepath.Join(dir, folder, "corpus.jsonl.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	if s.texts, err = readLines[text](z); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if s.queries, err = readQueries(dir, folder, "queries.jsonl"); err != nil {
		return nil, err
	}
	return s, s.readGrades(filepath.Join(dir, folder, "qrels.tsv"))
}

func readQueries(dir, folder, file string) ([]query, error) {
	f, err := os.Open(filepath.Join(dir, folder, file))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLines[query](f)
}

// only gives the set's own queries that have the name of one of others.
func (s *set) only(others []query) []query {
	named := map[string]bool{}
	for _, q := range others {
		named[q.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(s.queries), func(q query) bool { return !named[q.ID] })
}

func readLines[T any](r io.Reader) ([]T, error) {
	var all []T
	for d := json.NewDecoder(r); ; {
		var v T
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
}

func (s *set) readGrades(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		cols := strings.Split(lines.Text(), "\t")
		if len(cols) != 3 {
			return fmt.Errorf("%s: %q has not three columns", path, lines.Text())
		}
		grade, err := strconv.Atoi(cols[2])
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if s.grades[cols[0]] == nil {
			s.grades[cols[0]] = map[string]int{}
		}
		s.grades[cols[0]][cols[1]] = grade
	}
	return nil
}

// score is how good ranked answers are, on average over queries.
type score struct {
	NDCG10, MRR10, Recall100 float64
	queries                  int
}

// add takes in the answers to one query, the best first.
func (c *score) add(grades map[string]int, answers []string) {
	var ideal []int
	for _, g := range grades {
		if g > 0 {
			ideal = append(ideal, g)
		}
	}
	if len(ideal) == 0 {
		return
	}
	slices.SortFunc(ideal, func(a, b int) int { return cmp.Compare(b, a) })
	best, got, first, found := 0.0, 0.0, 0.0, 0
	for i, g := range ideal[:min(10, len(ideal))] {
		best += gain(g, i)
	}
	for i, id := range answers[:min(100, len(answers))] {
		g := grades[id]
		if g <= 0 {
			continue
		}
		found++
		if i < 10 {
			got += gain(g, i)
			if first == 0 {
				first = 1 / float64(i+1)
			}
		}
	}
	c.NDCG10 += got / best
	c.MRR10 += first
	c.Recall100 += float64(found) / float64(len(ideal))
	c.queries++
}

func gain(grade, rank int) float64 {
	return float64(grade) / math.Log2(float64(rank+2))
}

func (c score) mean() score {
	n := float64(max(1, c.queries))
	return score{c.NDCG10 / n, c.MRR10 / n, c.Recall100 / n, c.queries}
}
