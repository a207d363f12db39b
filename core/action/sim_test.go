package action_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// The simulation runs the real runner, log and view of two nodes on one faulty
// bucket, with writers that race, nodes that stop, lose their local files and
// come back, and clocks that jump. What the log holds afterwards is replayed
// against a model made of maps. A seed fixes the faults and what the writers
// try; the interleaving is the machine's.

const (
	simNodes   = 2
	simWriters = 3 // of each node
	simOps     = 12
	simTitles  = 6 // few, so that unique titles clash
)

// keptSeeds failed once and are run for ever.
const keptSeeds = "testdata/simulation-seeds.txt"

func TestSimulation(t *testing.T) {
	count := 20
	if s := os.Getenv("RECUEIL_SIM_SEEDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("RECUEIL_SIM_SEEDS: %v", err)
		}
		count = n
	}
	var seeds []uint64
	if kept, err := os.ReadFile(keptSeeds); err == nil {
		for f := range strings.FieldsSeq(string(kept)) {
			n, err := strconv.ParseUint(f, 10, 64)
			if err != nil {
				t.Fatalf("%s: %v", keptSeeds, err)
			}
			seeds = append(seeds, n)
		}
	}
	first := storagetest.Seed(t)
	if os.Getenv("RECUEIL_SEED") != "" {
		seeds, count = nil, 1
	}
	for i := range count {
		seeds = append(seeds, first+uint64(i))
	}
	places := make(chan struct{}, 8)
	var wg sync.WaitGroup
	for _, seed := range seeds {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			if err := simulate(t, seed); err != nil {
				t.Errorf("repeat with RECUEIL_SEED=%d; keep it in %s: %v", seed, keptSeeds, err)
			}
		})
		if t.Failed() {
			break
		}
	}
	wg.Wait()
}

// attempt is one thing that a writer tried, and what it was told.
type attempt struct {
	key     string // idempotency key: finds it in the log
	act     string
	match   *int
	locale  content.Locale
	title   string
	number  float64
	receipt action.Receipt
	err     error

	id    content.EntryID // that it was about; of a new entry, once it is known
	parts []*attempt      // of a commit of several acts, each with a key of its own
}

type world struct {
	bucket storage.Bucket
	faulty *storagetest.Faulty
	nodes  [simNodes]*simNode

	mu       sync.Mutex
	entries  []content.EntryID
	attempts []*attempt
}

func simulate(t *testing.T, seed uint64) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	memory := storagetest.NewMemory()
	w := &world{bucket: memory, faulty: storagetest.NewFaulty(memory, seed,
		storagetest.Chance(0.06,
			storagetest.FailBefore, storagetest.On(storagetest.Put, storagetest.LostAnswer),
			storagetest.On(storagetest.Put, storagetest.LateEffect(30*time.Millisecond)),
			storagetest.CutShort, storagetest.Delay(0, 3*time.Millisecond)))}
	w.faulty.Switch(false)
	root, err := os.MkdirTemp(t.TempDir(), "sim")
	if err != nil {
		return err
	}
	for i := range w.nodes {
		w.nodes[i] = &simNode{world: w, name: fmt.Sprintf("node%d", i), dir: filepath.Join(root, strconv.Itoa(i))}
		if err := w.nodes[i].start(ctx); err != nil {
			return fmt.Errorf("start: %w", err)
		}
	}
	if err := w.define(ctx); err != nil {
		return fmt.Errorf("define the collection: %w", err)
	}
	w.faulty.Switch(true)
	if err := w.play(ctx, seed); err != nil {
		return err
	}
	w.faulty.Switch(false)
	w.faulty.Settle()
	return w.judge(ctx, root)
}

func (w *world) define(ctx context.Context) error {
	_, err := w.nodes[0].runner().Do(ctx, system, action.DefineCollection{Definition: schema.Collection{
		ID: "notes", Name: "notes", Title: "title",
		Label: schema.Texts{"fr": "Notes"}, One: schema.Texts{"fr": "Note"},
		Fields: []schema.Field{
			{ID: "title", Name: "title", Kind: "text", Localized: true, Required: true, Unique: true, Sortable: true, Label: schema.Texts{"fr": "Titre"}},
			{ID: "number", Name: "number", Kind: "number", Sortable: true, Label: schema.Texts{"fr": "Nombre"}},
			{ID: "secret", Name: "secret", Kind: "text", Personal: true, Label: schema.Texts{"fr": "Secret"}},
		},
	}})
	return err
}

// play lets every writer do its work while nodes stop and start.
func (w *world) play(ctx context.Context, seed uint64) error {
	var writers sync.WaitGroup
	for n := range w.nodes {
		for i := range simWriters {
			name := fmt.Sprintf("%d-%d", n, i)
			r := mathrand.New(mathrand.NewPCG(seed, uint64(n*100+i)))
			writers.Go(func() { w.write(ctx, w.nodes[n], name, r) })
		}
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	r := mathrand.New(mathrand.NewPCG(seed, 99))
	for {
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("the writers did not finish: %w", ctx.Err())
		case <-time.After(time.Duration(5+r.IntN(25)) * time.Millisecond):
		}
		node := w.nodes[r.IntN(simNodes)]
		node.clock.Add(int64(r.IntN(7200)-3600) * int64(time.Second))
		if r.IntN(3) == 0 {
			if err := node.restart(ctx, r.IntN(2) == 0); err != nil {
				return fmt.Errorf("restart %s: %w", node.name, err)
			}
		}
	}
}

func (w *world) write(ctx context.Context, n *simNode, name string, r *mathrand.Rand) {
	for i := range simOps {
		a := newAttempt(fmt.Sprintf("%s-%d", name, i), r)
		do := w.choose(ctx, n, a, r)
		var acts []action.Act
		if r.IntN(5) == 0 {
			acts = w.several(ctx, n, a, r)
		}
		limit, cancel := context.WithTimeout(ctx, time.Duration(1+r.IntN(2000))*time.Millisecond)
		told := make([]action.Receipt, 1)
		if acts != nil {
			told, a.err = n.runner().DoAll(limit, system, acts, action.Options{Key: a.key})
		} else {
			told[0], a.err = n.runner().DoWith(limit, system, do, action.Options{Key: a.key})
		}
		cancel()
		w.mu.Lock()
		w.attempts = append(w.attempts, a)
		if a.err == nil {
			a.receipt = told[0]
			for i, p := range a.all() {
				if p.act == "entry.create" {
					p.id = content.EntryID(told[i].Subject)
					w.entries = append(w.entries, p.id)
				}
			}
		}
		w.mu.Unlock()
	}
}

// several makes an attempt one of several acts, on the same entry or others.
func (w *world) several(ctx context.Context, n *simNode, a *attempt, r *mathrand.Rand) []action.Act {
	var acts []action.Act
	a.act = ""
	for most := 2 + r.IntN(2); len(acts) < most; {
		part := newAttempt(fmt.Sprintf("%s/%d", a.key, len(acts)), r)
		act, ok := w.choose(ctx, n, part, r).(action.Act)
		if !ok {
			continue
		}
		acts, a.parts = append(acts, act), append(a.parts, part)
		if a.act != "" && a.act != part.act {
			a.act = "entry.several"
		} else if a.act == "" {
			a.act = part.act
		}
	}
	return acts
}

func newAttempt(key string, r *mathrand.Rand) *attempt {
	return &attempt{key: key, number: float64(r.IntN(1000)), title: fmt.Sprintf("title %d", r.IntN(simTitles)),
		locale: []content.Locale{"fr", "ar"}[r.IntN(2)]}
}

// all are the acts of an attempt, of which most have one.
func (a *attempt) all() []*attempt {
	if a.parts != nil {
		return a.parts
	}
	return []*attempt{a}
}

func (w *world) choose(ctx context.Context, n *simNode, a *attempt, r *mathrand.Rand) action.Action {
	inputs := action.Inputs{a.locale: {"title": a.title, "number": a.number, "secret": "canary " + a.key}}
	w.mu.Lock()
	known := len(w.entries)
	if known > 0 {
		a.id = w.entries[r.IntN(known)]
	}
	w.mu.Unlock()
	dice := r.IntN(12)
	if known == 0 || dice < 2 {
		a.act, a.id = "entry.create", ""
		return action.CreateEntry{Collection: "notes", Inputs: inputs}
	}
	if r.IntN(3) > 0 {
		a.match = n.revision(ctx, a.id)
	}
	switch {
	case dice < 7:
		a.act = "entry.save"
		return action.SaveDraft{ID: a.id, IfMatch: a.match, Inputs: inputs}
	case dice < 9:
		a.act = "entry.publish"
		return action.PublishEntry{ID: a.id, Locales: []content.Locale{a.locale}, IfMatch: a.match}
	case dice < 10:
		a.act = "entry.unpublish"
		return action.UnpublishEntry{ID: a.id, Locales: []content.Locale{a.locale}, IfMatch: a.match}
	case dice < 11:
		a.act = "entry.trash"
		return action.TrashEntry{ID: a.id, IfMatch: a.match}
	}
	a.act = "entry.restore"
	return action.RestoreEntry{ID: a.id, IfMatch: a.match}
}

// simNode is one node: its local files, its clock, and the parts that run.
type simNode struct {
	world *world
	name  string
	dir   string
	clock atomic.Int64 // nanoseconds ahead of the machine's

	mu    sync.Mutex
	life  int
	parts *simParts
}

type simParts struct {
	db     *view.DB
	log    *commitlog.Log[content.Commit]
	runner *action.Runner
	cancel context.CancelFunc
	ended  chan error
}

func (n *simNode) now() time.Time { return time.Now().Add(time.Duration(n.clock.Load())) }

func (n *simNode) runner() *action.Runner {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.parts.runner
}

func (n *simNode) revision(ctx context.Context, id content.EntryID) *int {
	n.mu.Lock()
	db := n.parts.db
	n.mu.Unlock()
	var revision *int
	// A node that stops right now answers nothing, and then no revision is sent.
	_ = db.Read(ctx, func(tx *view.Tx) error {
		e, err := tx.Entry(id)
		if err == nil {
			revision = &e.Revision
		}
		return err
	})
	return revision
}

func (n *simNode) start(ctx context.Context) error {
	n.life++
	for {
		parts, err := n.open(ctx)
		if err == nil {
			n.mu.Lock()
			n.parts = parts
			n.mu.Unlock()
			return nil
		}
		if !errors.Is(err, storagetest.ErrInjected) {
			return err
		}
	}
}

func (n *simNode) open(ctx context.Context) (*simParts, error) {
	log, err := commitlog.Open(ctx, storage.Bucket(n.world.faulty),
		sealed.Codec{Keys: keyring.Open(n.world.faulty, rand.Reader)},
		commitlog.Options{Node: fmt.Sprintf("%s.%d", n.name, n.life), Now: n.now, Rand: rand.Reader, Timeout: time.Second,
			Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return nil, err
	}
	db, err := view.Open(ctx, n.dir, schema.Builtin(), view.Options{Readers: 2, CacheMB: 1})
	if err != nil {
		return nil, err
	}
	writer := commitlog.NewWriter[content.Commit, *view.Tx](log, db, commitlog.WriterOptions{Settle: 3 * time.Second})
	runner, err := action.NewRunner(action.Config{Writer: writer, View: db, Kinds: schema.Builtin(), Now: n.now, NewID: action.NewIDs(n.now, rand.Reader)})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p := &simParts{db: db, log: log, runner: runner, cancel: cancel, ended: make(chan error, 1)}
	go func() { p.ended <- writer.Run(life) }()
	return p, nil
}

func (n *simNode) stop() error {
	n.parts.cancel()
	return errors.Join(<-n.parts.ended, n.parts.db.Close())
}

func (n *simNode) restart(ctx context.Context, forget bool) error {
	if err := n.stop(); err != nil {
		return err
	}
	if forget {
		if err := os.RemoveAll(n.dir); err != nil {
			return err
		}
	}
	return n.start(ctx)
}

// judge compares what the log says with what the writers were told and with
// what a model of maps makes of it, and the views with the log.
func (w *world) judge(ctx context.Context, root string) error {
	fresh := &simNode{world: w, name: "judge", dir: filepath.Join(root, "judge")}
	if err := fresh.start(ctx); err != nil {
		return err
	}
	m := newModel(w.attempts)
	seq := commitlog.Seq(0)
	var last time.Time
	for rec, err := range fresh.parts.log.Records(ctx, 0) {
		if err != nil {
			return fmt.Errorf("read the log: %w", err)
		}
		if seq++; rec.Seq != seq {
			return fmt.Errorf("record %d follows %d", rec.Seq, seq-1)
		}
		for _, c := range rec.Values {
			if c.At.Before(last) {
				return fmt.Errorf("record %d: a commit at %s follows one at %s", seq, c.At, last)
			}
			last = c.At
			if err := m.apply(rec.Seq, c); err != nil {
				return fmt.Errorf("record %d, %s %s: %w", seq, c.Action, c.Key, err)
			}
		}
	}
	if err := m.finish(); err != nil {
		return err
	}
	return w.sameViews(ctx, fresh, seq)
}

func (w *world) sameViews(ctx context.Context, fresh *simNode, seq commitlog.Seq) error {
	var want string
	for _, n := range append([]*simNode{fresh}, w.nodes[:]...) {
		limit, cancel := context.WithTimeout(ctx, 2*time.Minute)
		err := n.parts.db.WaitFor(limit, seq)
		cancel()
		if err != nil {
			_, rerr := n.parts.log.Read(ctx, seq)
			return fmt.Errorf("%s (%s) does not reach record %d: view %d, log head %d, read: %w, ended %d: %w", n.name, n.dir, seq, n.parts.db.Seq(), n.parts.log.Head(), rerr, len(n.parts.ended), err)
		}
		got, err := n.parts.db.Digest(ctx)
		if err != nil {
			return err
		}
		if want == "" {
			want = got
		}
		if got != want {
			return fmt.Errorf("the view of %s differs from one made from the log", n.name)
		}
		if err := n.stop(); err != nil {
			return fmt.Errorf("stop %s: %w", n.name, err)
		}
	}
	return nil
}

// model is what the entries should be, in maps.
type model struct {
	tried   map[string]*attempt
	seen    map[string]commitlog.Seq // keys found in the log
	entries map[content.EntryID]*modelEntry
}

type modelEntry struct {
	revision int
	trashed  bool
	drafts   map[content.Locale]string // titles; numbers under Shared
	live     map[content.Locale]string
}

func newModel(attempts []*attempt) *model {
	m := &model{tried: map[string]*attempt{}, seen: map[string]commitlog.Seq{}, entries: map[content.EntryID]*modelEntry{}}
	for _, a := range attempts {
		m.tried[a.key] = a
	}
	return m
}

func (m *model) apply(seq commitlog.Seq, c content.Commit) error {
	if c.Key == "" {
		return nil // the definition
	}
	a := m.tried[c.Key]
	if a == nil || a.act != c.Action {
		return errors.New("nobody asked for this")
	}
	if earlier, twice := m.seen[c.Key]; twice {
		return fmt.Errorf("is in record %d already", earlier)
	}
	m.seen[c.Key] = seq
	switch {
	case a.err == nil && a.receipt.Seq != seq:
		return fmt.Errorf("the writer was told record %d", a.receipt.Seq)
	case a.err != nil && !uncertain(a.err):
		return fmt.Errorf("the writer was told that it failed: %w", a.err)
	}
	asked := map[content.EntryID]bool{} // of those, which must change
	for _, part := range a.all() {
		id, err := m.take(part, c)
		if err != nil {
			return err
		}
		asked[id] = asked[id] || part.changed()
	}
	for _, change := range c.Changes {
		if change.Entry == nil {
			return fmt.Errorf("nobody asked for %+v", change)
		}
		id := change.Entry.ID
		if _, ok := asked[id]; !ok {
			return fmt.Errorf("nobody asked for a change of %s, or for a second one", id)
		}
		delete(asked, id)
		e := m.entries[id]
		e.revision++
		if err := e.compare(change.Entry); err != nil {
			return err
		}
	}
	for id, must := range asked {
		if must || a.parts == nil {
			return fmt.Errorf("entry %s did not change", id)
		}
	}
	return m.unique()
}

// take has the model do one act of a commit, and says on which entry. A new
// entry whose writer was told nothing is the first one in the commit that the
// model does not have.
func (m *model) take(a *attempt, c content.Commit) (content.EntryID, error) {
	id := a.id
	if a.act == "entry.create" {
		for _, change := range c.Changes {
			if id == "" && change.Entry != nil && m.entries[change.Entry.ID] == nil {
				id = change.Entry.ID
			}
		}
		if id == "" || m.entries[id] != nil {
			return "", fmt.Errorf("entry %q is not new", id)
		}
		m.entries[id] = &modelEntry{drafts: map[content.Locale]string{}, live: map[content.Locale]string{}}
	}
	e := m.entries[id]
	if e == nil {
		return "", fmt.Errorf("entry %q is not known", id)
	}
	if a.match != nil && *a.match != e.revision {
		return "", fmt.Errorf("asked for revision %d, and changed revision %d", *a.match, e.revision)
	}
	e.change(a)
	return id, nil
}

// uncertain are the answers after which a change may be in the log.
func uncertain(err error) bool {
	return problem.KindOf(err) == problem.Unclear || errors.Is(err, commitlog.ErrUnclear)
}

func (e *modelEntry) change(a *attempt) {
	switch a.act {
	case "entry.create", "entry.save":
		e.put(a.locale, a.title)
		e.put(content.Shared, strconv.Itoa(int(a.number))+" canary "+a.key)
	case "entry.publish":
		for _, l := range []content.Locale{a.locale, content.Shared} {
			if d, ok := e.drafts[l]; ok {
				e.live[l] = d
				delete(e.drafts, l)
			}
		}
	case "entry.unpublish":
		e.retire(a.locale)
		if len(e.live) == 1 { // only the shared values are left
			e.retire(content.Shared)
		}
	case "entry.trash":
		e.trashed = true
	case "entry.restore": // what comes back is not live at once
		e.trashed = false
		for l := range e.live {
			e.retire(l)
		}
	}
}

func (e *modelEntry) put(l content.Locale, v string) {
	if live, ok := e.live[l]; ok && live == v {
		delete(e.drafts, l)
		return
	}
	e.drafts[l] = v
}

func (e *modelEntry) retire(l content.Locale) {
	if _, ok := e.drafts[l]; !ok {
		e.drafts[l] = e.live[l]
	}
	delete(e.live, l)
}

func (e *modelEntry) compare(got *content.Entry) error {
	if got.Revision != e.revision {
		return fmt.Errorf("revision %d, the model has %d", got.Revision, e.revision)
	}
	if (got.TrashedAt != nil) != e.trashed {
		return fmt.Errorf("in the trash: %t, the model has %t", got.TrashedAt != nil, e.trashed)
	}
	for _, l := range []content.Locale{"fr", "ar", content.Shared} {
		s := got.Side(l)
		if err := sameVersion(s.Draft, e.drafts, l); err != nil {
			return fmt.Errorf("draft in %q: %w", l, err)
		}
		if err := sameVersion(s.Published, e.live, l); err != nil {
			return fmt.Errorf("live in %q: %w", l, err)
		}
	}
	return nil
}

func sameVersion(v *content.Version, want map[content.Locale]string, l content.Locale) error {
	w, ok := want[l]
	if ok != (v != nil) {
		return fmt.Errorf("there is one: %t, the model has one: %t", v != nil, ok)
	}
	if v == nil {
		return nil
	}
	got, _ := v.Values["title"].(string)
	if l == content.Shared {
		n, _ := v.Values["number"].(float64)
		secret, _ := v.Personal["secret"].(string)
		got = strconv.Itoa(int(n)) + " " + secret
	}
	if got != w {
		return fmt.Errorf("%q, the model has %q", got, w)
	}
	return nil
}

// unique says that no two entries hold the same title in a locale, drafts and
// live ones alike. What is in the trash may be taken.
func (m *model) unique() error {
	holder := map[string]content.EntryID{}
	for id, e := range m.entries {
		if e.trashed {
			continue
		}
		for _, titles := range []map[content.Locale]string{e.drafts, e.live} {
			for l, title := range titles {
				if l == content.Shared {
					continue
				}
				place := string(l) + " " + title
				if other, ok := holder[place]; ok && other != id {
					return fmt.Errorf("%s and %s both hold %q", id, other, place)
				}
				holder[place] = id
			}
		}
	}
	return nil
}

// finish says that everything acknowledged is in the log.
func (m *model) finish() error {
	for key, a := range m.tried {
		if a.err != nil {
			continue
		}
		if _, ok := m.seen[key]; !ok && a.changed() {
			return fmt.Errorf("%s %s was acknowledged as record %d and is not in the log", a.act, key, a.receipt.Seq)
		}
	}
	return nil
}

// changed reports whether an acknowledged attempt must have made a commit. The
// secret names the attempt, so a save always changes something; the others may
// have found everything as asked for.
func (a *attempt) changed() bool {
	return slices.ContainsFunc(a.all(), func(p *attempt) bool { return p.act == "entry.create" || p.act == "entry.save" })
}

var system = content.Actor{Kind: content.ActorSystem, ID: "simulation"}
