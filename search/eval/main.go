// Command eval measures how well the index answers judged queries, next to
// other engines as they come, in one run, and prints tables in Markdown.
//
//	go run ./search/eval -data ../shared/data
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

// engine answers queries on one set, with at most a hundred texts each.
type engine interface {
	answers(ctx context.Context, queries []query) ([][]string, error)
	close() error
}

// errAbsent says that a package of the operating system is not installed.
var errAbsent = errors.New("not installed (search/eval/install.sh)")

// engines are what is compared, the one that ratios are to first.
var engines = []struct {
	name string
	open func(ctx context.Context, dir string, s *set) (engine, error)
}{
	{"Bleve", openStock},
	{"Recueil", openOurs},
	{"Lucene", openLucene},
	{"SQLite-FTS5", openSQLite},
	{"PostgreSQL", openPostgres},
}

// row is what all engines reached on one file of queries.
type row struct {
	set, queries string
	count        int
	scores       []*score // by engine; nil where it is absent
}

func main() {
	data := flag.String("data", "../shared/data", "folder of the judged sets")
	sets := flag.String("sets", "", "only these sets, parted by commas")
	only := flag.String("engines", "", "only these engines, parted by commas")
	flag.Parse()
	log.SetFlags(0)
	rows, err := measure(context.Background(), *data, split(*sets), split(*only))
	if err != nil {
		log.Fatal(err)
	}
	report(os.Stdout, rows)
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

func wanted(list []string, name string) bool { return len(list) == 0 || slices.Contains(list, name) }

func measure(ctx context.Context, data string, sets, only []string) ([]row, error) {
	var all []row
	for _, j := range judged {
		if !wanted(sets, j.folder) {
			continue
		}
		s, err := readSet(data, j.folder, j.locale)
		if err != nil {
			return nil, err
		}
		rows := []row{{set: s.name, queries: "as asked"}}
		files := [][]query{s.queries}
		for _, more := range []struct{ file, name string }{{"queries_noaccent.jsonl", "no accents"}, {"queries_typo.jsonl", "one typo"}} {
			queries, err := readQueries(data, j.folder, more.file)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			if len(queries) < len(s.queries) { // what these lose, they lose against the same queries
				rows, files = append(rows, row{set: s.name, queries: "the same, no typo"}), append(files, s.only(queries))
			}
			rows, files = append(rows, row{set: s.name, queries: more.name}), append(files, queries)
		}
		for _, e := range engines {
			if !wanted(only, e.name) {
				absent(rows)
				continue
			}
			if err := run(ctx, e.name, e.open, s, files, rows); err != nil {
				return nil, err
			}
		}
		all = append(all, rows...)
	}
	return all, nil
}

// run measures one engine on one set.
func run(ctx context.Context, name string, open func(context.Context, string, *set) (engine, error), s *set, files [][]query, rows []row) error {
	dir, err := os.MkdirTemp("", "eval-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	start := time.Now()
	e, err := open(ctx, dir, s)
	if err == nil {
		err = errors.Join(ask(ctx, e, s, files, rows), e.close())
	}
	if errors.Is(err, errAbsent) {
		absent(rows)
	} else if err != nil {
		return fmt.Errorf("%s on %s: %w", name, s.name, err)
	}
	log.Printf("%s on %s: %v", name, s.name, time.Since(start).Round(time.Second))
	return nil
}

// ask puts all queries to one engine, and judges its answers.
func ask(ctx context.Context, e engine, s *set, files [][]query, rows []row) error {
	for i, queries := range files {
		answers, err := e.answers(ctx, queries)
		if err != nil {
			return err
		}
		var c score
		for j, q := range queries {
			c.add(s.grades[q.ID], answers[j])
		}
		c = c.mean()
		rows[i].scores, rows[i].count = append(rows[i].scores, &c), c.queries
	}
	return nil
}

// absent notes that an engine was not measured.
func absent(rows []row) {
	for i := range rows {
		rows[i].scores = append(rows[i].scores, nil)
	}
}

// report prints one table for each measure.
func report(w io.Writer, rows []row) {
	for _, m := range []struct {
		name string
		of   func(*score) float64
	}{
		{"nDCG@10", func(s *score) float64 { return s.NDCG10 }},
		{"MRR@10", func(s *score) float64 { return s.MRR10 }},
		{"Recall@100", func(s *score) float64 { return s.Recall100 }},
	} {
		fmt.Fprintf(w, "\n%s, and its ratio to Bleve's\n\n| Set | Queries |", m.name)
		for _, e := range engines {
			fmt.Fprintf(w, " %s |", e.name)
		}
		fmt.Fprintf(w, "\n|---|---|%s\n", strings.Repeat("---|", len(engines)))
		for _, r := range rows {
			fmt.Fprintf(w, "| %s | %s (%d) |", r.set, r.queries, r.count)
			for i, s := range r.scores {
				switch {
				case s == nil:
					fmt.Fprint(w, " – |")
				case i == 0 || r.scores[0] == nil:
					fmt.Fprintf(w, " %.4f |", m.of(s))
				default:
					fmt.Fprintf(w, " %.4f (%.2f) |", m.of(s), m.of(s)/m.of(r.scores[0]))
				}
			}
			fmt.Fprintln(w)
		}
	}
}
