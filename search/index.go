package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/rules"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Options of an index. View, Kinds, Locales and Now are needed. Without a Log
// the index is as Rebuild leaves it and follows nothing.
type Options struct {
	View  *view.DB
	Log   *commitlog.Log[content.Commit]
	Kinds schema.Kinds
	// Locales of the site, its own first.
	Locales []content.Locale
	Pages   Pager // nil: files are not searched
	// Apart says which fields roles list apart from others, so that whoever may
	// read only some of a collection searches in those; nil: none are.
	Apart  func(*view.Tx) (Apart, error)
	Now    func() time.Time
	Logger *slog.Logger // nil discards
	// AtOnce bounds the searches under way; Waiting those that wait for their
	// turn, at most Patience. 0: one per processor and at least 2, 4096,
	// five seconds.
	AtOnce, Waiting int
	Patience        time.Duration
}

// Index is the text index of a node: a follower of the log that answers
// searches. It is safe for concurrent use.
type Index struct {
	o      Options
	dir    string
	names  *vocabulary
	sheets *sheets
	gate   *gate

	// applying is held while records are applied, and while one generation
	// takes the place of another.
	applying sync.Mutex

	mu    sync.RWMutex
	gen   *generation // nil until there is one
	ready chan struct{}

	rules atomic.Pointer[rules.Rules]

	wanted   chan struct{} // a rebuild
	pending  atomic.Int64  // rebuilds that are wanted or under way
	progress atomic.Pointer[Progress]
}

var (
	_ commitlog.Follower[content.Commit] = (*Index)(nil)
	_ commitlog.Anchored                 = (*Index)(nil)
)

// errBuilding says that there is no index yet.
var errBuilding = errors.New("the index is not built yet")

const generationPrefix = "index-"

// Open opens the index in a folder. One that is missing, damaged or not whole
// is made anew by Rebuilds; until then searches are refused.
func Open(ctx context.Context, dir string, o Options) (*Index, error) {
	o.complete()
	x := &Index{o: o, dir: dir, names: newVocabulary(), ready: make(chan struct{}), wanted: make(chan struct{}, 1)}
	x.gate = newGate(o.AtOnce, o.Waiting, o.Patience)
	x.sheets = &sheets{kinds: o.Kinds, languages: analysis.New(), pages: o.Pages, home: o.Locales[0],
		log: o.Logger, failures: map[string]int{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	numbers, err := x.generations()
	if err == nil {
		err = errors.Join(x.clear(), x.learn(ctx))
	}
	if err != nil {
		return nil, err
	}
	for i := len(numbers) - 1; i >= 0; i-- {
		if err := x.consider(x.folder(numbers[i])); err != nil {
			return nil, err
		}
	}
	if x.gen == nil {
		x.want()
		return x, nil
	}
	if err := x.checkShape(ctx, x.gen); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// consider takes a generation that is sound when there is none yet, and
// removes it otherwise.
func (x *Index) consider(dir string) error {
	if x.gen == nil {
		g, err := openSound(dir, x.names, x.sheets.languages)
		if err == nil && g != nil {
			x.take(g)
			return nil
		}
		x.o.Logger.Warn("an index is removed and will be built anew", "folder", dir, "error", err)
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove an index: %w", err)
	}
	return nil
}

// openSound opens a generation if it is whole and no byte of it is damaged.
func openSound(dir string, v *vocabulary, languages *analysis.Languages) (g *generation, err error) {
	defer func() {
		if p := recover(); p != nil {
			g, err = nil, fmt.Errorf("open the index in %s: %v", dir, p)
		}
	}()
	if err := checkFiles(dir); err != nil {
		return nil, err
	}
	if g, err = openGeneration(dir, v, languages); err != nil {
		return nil, err
	}
	whole, err := g.load()
	if err != nil || !whole {
		return nil, errors.Join(err, g.close())
	}
	return g, nil
}

func (x *Index) take(g *generation) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.gen == nil {
		close(x.ready)
	}
	x.gen = g
}

func (x *Index) folder(n int) string {
	return filepath.Join(x.dir, fmt.Sprintf("%s%06d", generationPrefix, n))
}

// generations lists the numbers of what is in the folder.
func (x *Index) generations() ([]int, error) {
	files, err := os.ReadDir(x.dir)
	if err != nil {
		return nil, fmt.Errorf("open the index: %w", err)
	}
	var out []int
	for _, f := range files {
		if n, err := strconv.Atoi(strings.TrimPrefix(f.Name(), generationPrefix)); err == nil {
			out = append(out, n)
		}
	}
	sort.Ints(out)
	return out, nil
}

// clear removes what a process that was killed left of a snapshot.
func (x *Index) clear() error {
	left, err := filepath.Glob(filepath.Join(x.dir, "snapshot-*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	if err != nil {
		return fmt.Errorf("open the index: %w", err)
	}
	return nil
}

// Close ends the index. Nobody may use it any more.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.gen == nil {
		return nil
	}
	g := x.gen
	x.gen = nil
	return g.close()
}

// use gives the present generation, for as long as until release is called.
func (x *Index) use() (g *generation, release func(), err error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.gen == nil {
		return nil, nil, problem.Wrap(errBuilding, problem.Unavailable, "search_building", nil)
	}
	x.gen.users.Add(1)
	return x.gen, x.gen.users.Done, nil
}

// Name is "search".
func (x *Index) Name() string { return "search" }

// Checkpoint is the last record whose changes are on disk; 0 without an index.
func (x *Index) Checkpoint() (commitlog.Seq, error) { return x.Seq(), nil }

// Seq is the same.
func (x *Index) Seq() commitlog.Seq {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.gen == nil {
		return 0
	}
	return x.gen.seq()
}

// Anchor is the last applied record and its nonce.
func (x *Index) Anchor() (commitlog.Seq, string, error) {
	x.applying.Lock()
	defer x.applying.Unlock()
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.gen == nil {
		return 0, "", nil
	}
	return x.gen.seq(), x.gen.nonce, nil
}

// Shape is what the present index was made for.
func (x *Index) Shape() *Shape {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.gen == nil {
		return &Shape{}
	}
	return x.gen.shape
}

func (o *Options) complete() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if len(o.Locales) == 0 {
		o.Locales = []content.Locale{"fr"}
	}
}

// Building reports whether a rebuild is wanted or under way: until it ends,
// fields that are new are not searched.
func (x *Index) Building() bool { return x.pending.Load() > 0 }

// Fold writes a text as words are compared, capitals and accents apart.
func (x *Index) Fold(text string, l content.Locale) string {
	return x.sheets.language(l, text).Fold(text)
}

// Size is the room that the index takes on disk, in bytes.
func (x *Index) Size() int64 {
	g, release, err := x.use()
	if err != nil {
		return 0
	}
	defer release()
	return g.live.size() + g.draft.size()
}
