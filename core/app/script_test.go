package app

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"iter"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// TestScript runs the transcripts of testdata/script: the whole program over
// real HTTP, on a bucket in memory and on a folder, with a clock that the
// transcript sets. The commands are documented where they are listed.
func TestScript(t *testing.T) {
	for name, open := range map[string]func(*testscript.Env) (storage.Bucket, error){
		"memory": func(*testscript.Env) (storage.Bucket, error) { return storagetest.NewMemory(), nil },
		"folder": func(e *testscript.Env) (storage.Bucket, error) {
			b, err := folder.Open(filepath.Join(e.WorkDir, ".bucket"))
			if err == nil {
				e.Defer(func() { _ = b.Close() })
			}
			return b, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir: filepath.Join("testdata", "script"),
				Setup: func(e *testscript.Env) error {
					bucket, err := open(e)
					if err != nil {
						return err
					}
					w := &world{bucket: bucket, dir: e.WorkDir, tokens: map[string]string{}}
					w.now.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
					e.Values[worldKey{}] = w
					e.Defer(w.end)
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"serve":   cmdServe,   // serve: starts the node; URL is set
					"restart": cmdRestart, // restart: stops it in order and starts it again
					"crash":   cmdCrash,   // crash: cuts it off from its bucket, loses its local files, starts another
					"advance": cmdAdvance, // advance 1h: sets the clock on, and waits until what is due is done
					"as":      cmdAs,      // as ROLE | as visitor: who the next requests come from; "as member ENTRY" acts for a profile
					"get":     cmdRequest("GET"),
					"post":    cmdRequest("POST"), // post PATH [FILE | JSON] [Name:value …]; answers on stdout
					"patch":   cmdRequest("PATCH"),
					"delete":  cmdRequest("DELETE"),
					"status":  cmdStatus,  // status 200: of the last answer
					"json":    cmdJSON,    // json PATH VALUE: a member of the last answer; ! json PATH: it has none
					"keep":    cmdKeep,    // keep NAME PATH: sets a variable from the last answer
					"header":  cmdHeader,  // header NAME VALUE: of the last answer
					"recueil": cmdRecueil, // recueil ARGS: the command line, on the same bucket
					"lacks":   cmdLacks,   // lacks TEXT: no object of the bucket holds the text
				},
			})
		})
	}
}

type worldKey struct{}

// world is what a transcript acts on.
type world struct {
	bucket storage.Bucket
	cut    *fence // around the bucket of the node that runs
	dir    string
	data   int // number of the data folder
	app    *App
	tokens map[string]string // by role
	as     string
	now    atomic.Int64 // microseconds

	status int
	header map[string][]string
	body   []byte
}

func the(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) parts() Parts {
	return Parts{Bucket: w.cut, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler), Now: func() time.Time {
		return time.UnixMicro(w.now.Add(1)).UTC() // time never stands still
	}}
}

func (w *world) config() Config {
	return Config{Data: filepath.Join(w.dir, ".data", string(rune('a'+w.data))), SnapshotEvery: -1,
		Limits: server.Limits{Writes: server.Rate{Count: -1}, SignIn: server.Rate{Count: -1}}}
}

func (w *world) start() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.cut = &fence{Bucket: w.bucket}
	parts := w.parts()
	parts.Listener = ln
	w.app, err = Start(context.Background(), w.config(), parts)
	return err
}

func (w *world) stop() error {
	if w.app == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	err := w.app.Stop(ctx)
	w.app = nil
	return err
}

func (w *world) end() {
	_ = w.stop() // after a crash it cannot be orderly
}

// fence is a bucket that can be cut off, as by a crash of whoever uses it.
type fence struct {
	storage.Bucket
	mu  sync.RWMutex
	off bool
}

var errCut = errors.New("cut off")

func (f *fence) check() error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.off {
		return errCut
	}
	return nil
}

func (f *fence) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	if err := f.check(); err != nil {
		return nil, storage.Object{}, err
	}
	return f.Bucket.Get(ctx, key, r)
}

func (f *fence) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if err := f.check(); err != nil {
		return storage.Object{}, err
	}
	return f.Bucket.Put(ctx, key, body, size, c)
}

func (f *fence) Delete(ctx context.Context, key string) error {
	if err := f.check(); err != nil {
		return err
	}
	return f.Bucket.Delete(ctx, key)
}

func (f *fence) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	if err := f.check(); err != nil {
		return func(yield func(storage.Object, error) bool) { yield(storage.Object{}, err) }
	}
	return f.Bucket.List(ctx, prefix, after)
}

func cmdServe(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	ts.Check(w.start())
	ts.Setenv("URL", w.app.URL())
}

func cmdRestart(ts *testscript.TestScript, neg bool, args []string) {
	ts.Check(the(ts).stop())
	cmdServe(ts, neg, args)
}

func cmdCrash(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	w.cut.mu.Lock()
	w.cut.off = true
	w.cut.mu.Unlock()
	_ = w.stop() // what it could still do is cut off
	w.data++     // its local files are lost
	cmdServe(ts, neg, args)
}

func cmdAdvance(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	w.now.Add(d.Microseconds())
	db := w.app.node.view
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		var due []view.Due
		var next = db.Seq() + 1
		ts.Check(db.Read(ctx, func(tx *view.Tx) (err error) {
			next = tx.Seq() + 1
			due, err = tx.Due(w.parts().Now(), 1)
			return err
		}))
		if len(due) == 0 {
			return
		}
		ts.Check(db.WaitFor(ctx, next))
	}
}

func cmdAs(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	role := args[0]
	w.as = strings.Join(args, " ")
	if role == string(access.Visitor) || w.tokens[w.as] != "" {
		return
	}
	var association content.EntryID
	if len(args) > 1 {
		association = content.EntryID(args[1])
	}
	n := w.app.node
	email := strings.ReplaceAll(strings.ToLower(w.as), " ", "-") + "@example.org"
	_, err := addUser(context.Background(), n, newAccount{Email: email, Roles: []string{role}, Password: "a long enough password", Association: association})
	ts.Check(err)
	w.tokens[w.as], err = n.createToken(context.Background(), email, "script", nil, 0)
	ts.Check(err)
}

// cmdLacks reads every object of the bucket, unpacked where it is packed, once
// the eraser has acknowledged all that is in the log.
func cmdLacks(ts *testscript.TestScript, neg bool, args []string) {
	w, ctx := the(ts), context.Background()
	for deadline := time.Now().Add(time.Minute); ; <-time.After(5 * time.Millisecond) {
		at, err := w.app.node.eraser.Checkpoint()
		ts.Check(err)
		if at >= w.app.node.log.Head() {
			break
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the eraser is at record %d of %d", at, w.app.node.log.Head())
		}
	}
	for o, err := range w.bucket.List(ctx, "", "") {
		ts.Check(err)
		body, _, err := w.bucket.Get(ctx, o.Key, storage.Range{})
		ts.Check(err)
		raw, err := io.ReadAll(body)
		ts.Check(errors.Join(err, body.Close()))
		if strings.Contains(string(raw), args[0]) {
			ts.Fatalf("%s holds %q", o.Key, args[0])
		}
	}
	n := w.app.node
	for r, err := range n.log.Records(ctx, 0) {
		ts.Check(err)
		raw, err := json.Marshal(r.Values)
		ts.Check(err)
		personal := false
		for _, commit := range r.Values {
			for _, change := range commit.Changes {
				if change.Entry != nil {
					for _, v := range change.Entry.Versions {
						opened, err := json.Marshal(v.Personal)
						ts.Check(err)
						personal = personal || strings.Contains(string(opened), args[0])
					}
				}
			}
		}
		if personal || strings.Contains(string(raw), args[0]) {
			ts.Fatalf("record %d gives %q", r.Seq, args[0])
		}
	}
}

func cmdRecueil(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	parts := w.parts()
	if w.cut == nil {
		parts.Bucket = w.bucket
	}
	for i := range args {
		if strings.HasSuffix(args[i], ".zip") || strings.HasSuffix(args[i], ".json") || strings.HasPrefix(args[i], "./") {
			args[i] = ts.MkAbs(args[i])
		}
	}
	env := func(name string) string {
		switch name {
		case "LANG":
			return ts.Getenv("LANG")
		case "RECUEIL_DATA":
			return filepath.Join(w.dir, ".data", "cli")
		}
		return ""
	}
	code := run(context.Background(), args, Terminal{In: strings.NewReader(ts.Getenv("INPUT")), Out: ts.Stdout(), Err: ts.Stderr(), Env: env}, parts)
	if (code != 0) != neg {
		ts.Fatalf("exit code %d", code)
	}
}
