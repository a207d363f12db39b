package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/view"
)

var loader = content.Actor{Kind: content.ActorSystem, ID: "bench"}

// site is a node without HTTP.
type site struct {
	log    *commitlog.Log[content.Commit]
	db     *view.DB
	runner *action.Runner
	stop   func()
}

// openSite starts a node on a bucket, with an empty local folder, and waits
// until it has everything. It gives how long that took.
func openSite(b *testing.B, bucket storage.Bucket, name string, snapshot bool) (*site, time.Duration) {
	b.Helper()
	ctx := b.Context()
	dir := b.TempDir()
	began := time.Now()
	log, err := commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: keyring.Open(bucket, rand.Reader)}),
		commitlog.Options{Node: name, Now: time.Now, Rand: rand.Reader, Temp: dir})
	check(b, err)
	db, err := view.Open(ctx, filepath.Join(dir, "view"), schema.Builtin(), view.Options{})
	check(b, err)
	if snapshot {
		_, err := log.RestoreSnapshot(ctx, db)
		check(b, err)
	}
	writer := commitlog.NewWriter(log, commitlog.Stage[content.Commit, *view.Tx](db), commitlog.WriterOptions{})
	runner, err := action.NewRunner(action.Config{Writer: writer, View: db, Kinds: schema.Builtin(), Now: time.Now,
		NewID: action.NewIDs(time.Now, rand.Reader)})
	check(b, err)
	life, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := writer.Run(life); err != nil {
			b.Error(err)
		}
	})
	s := &site{log: log, db: db, runner: runner, stop: sync.OnceFunc(func() {
		cancel()
		running.Wait()
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	})}
	b.Cleanup(s.stop)
	check(b, db.WaitFor(ctx, log.Head()))
	took := time.Since(began)
	if log.Head() == 0 {
		s.do(b, action.Init{})
	}
	return s, took
}

func (s *site) do(b *testing.B, a action.Action) action.Receipt {
	b.Helper()
	r, err := s.runner.Do(b.Context(), loader, a)
	check(b, err)
	return r
}

// fill imports plausible news of about 3 KB each, published, in batches.
func (s *site) fill(b *testing.B, from, to int) {
	b.Helper()
	r := mathrand.New(mathrand.NewPCG(1, uint64(from)))
	for from < to {
		batch := make([]action.Imported, 0, action.MaxImport)
		for ; from < to && len(batch) < action.MaxImport; from++ {
			batch = append(batch, action.Imported{Collection: "news",
				Sides: map[content.Locale]action.ImportedSide{"fr": {Published: article(r, from), PublishedAt: someDay(r)}}})
		}
		s.do(b, action.ImportEntries{Entries: batch})
	}
}

var words = strings.Fields(`association jeunesse enfance formation rencontre groupe travail wilaya partenaires
	collectivité projet atelier séminaire échange expérience réseau dialogue pouvoirs publics insertion
	handicap éducation populaire culture environnement citoyenneté femmes rurales santé communautaire`)

func prose(r *mathrand.Rand, size int) string {
	var text strings.Builder
	for text.Len() < size {
		text.WriteString(words[r.IntN(len(words))])
		text.WriteByte(' ')
	}
	return strings.TrimSpace(text.String())
}

var kinds = []string{"news", "press", "interview", "testimony", "newsletter", "call"}

func article(r *mathrand.Rand, i int) map[string]any {
	return map[string]any{
		"title":   fmt.Sprintf("Nouvelle %d : %s", i, prose(r, 40)),
		"slug":    fmt.Sprintf("nouvelle-%d", i),
		"kind":    kinds[r.IntN(len(kinds))],
		"summary": prose(r, 200),
		"body":    prose(r, 2300),
	}
}

func someDay(r *mathrand.Rand) *time.Time {
	t := time.Date(2007, 1, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(r.IntN(7000*24)) * time.Hour)
	return &t
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// program builds the real program once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "recueil-bench")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "recueil")
	out, err := exec.Command("go", "build", "-o", path, "github.com/recueil-cms/recueil").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w: %s", err, out)
	}
	return path, nil
})

// report prints a line at once and in full: what a benchmark logs is cut.
func report(format string, args ...any) {
	fmt.Fprintf(os.Stdout, format+"\n", args...)
}
