package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/commitlog/peer"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/view"
)

// restoreLag is how many records a view may lag before a snapshot is looked
// for: applying that many takes less time than fetching one.
const restoreLag = 2000

// node is a bucket with all that reads and writes it: what every command
// needs, and a server builds on.
type node struct {
	cfg   Config
	parts Parts

	bucket storage.Bucket
	keys   *keyring.Keyring
	blobs  *blob.Store
	peers  *peer.Peers // nil: nodes do not talk to each other
	log    *commitlog.Log[content.Commit]
	view   *view.DB
	writer *commitlog.Writer[content.Commit, *view.Tx]
	runner *action.Runner
	eraser *sealed.Eraser
	gate   *host.Gate // lets everything pass until a host of plugins says otherwise
	kinds  schema.Kinds
	newID  func() string

	writing   *group // the writer, which ends last
	following *group // what follows the log
	closers   []io.Closer
	failed    chan error // the first failure of a part
}

// openNode opens a bucket and brings the local view up to date. It owns the
// data folder until close.
func openNode(ctx context.Context, cfg Config, parts Parts) (_ *node, err error) {
	parts, err = parts.complete()
	if err != nil {
		return nil, err
	}
	n := &node{cfg: cfg, parts: parts, kinds: schema.Builtin(), gate: &host.Gate{}, failed: make(chan error, 1)}
	n.newID = action.NewIDs(parts.Now, parts.Rand)
	n.writing = newGroup(parts.Log, n.fail)
	n.following = newGroup(parts.Log, n.fail)
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close(ctx))
		}
	}()
	lock, err := lockData(cfg.Data)
	if err != nil {
		return nil, err
	}
	n.closers = append(n.closers, lock)
	if err := n.openBucket(ctx); err != nil {
		return nil, err
	}
	if err := n.openLog(ctx); err != nil {
		return nil, err
	}
	if err := n.replayErasures(ctx); err != nil {
		return nil, err
	}
	if err := n.openView(ctx); err != nil {
		return nil, err
	}
	return n, n.begin(ctx)
}

func (p Parts) complete() (Parts, error) {
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Rand == nil {
		p.Rand = rand.Reader
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	if p.Ticks == nil {
		p.Ticks = func(every time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(every)
			return t.C, t.Stop
		}
	}
	if p.Texts == nil {
		catalogue, err := texts.Load()
		if err != nil {
			return p, fmt.Errorf("load the texts: %w", err)
		}
		p.Texts = catalogue
	}
	return p, nil
}

// fail notes the first failure of a part.
func (n *node) fail(err error) {
	select {
	case n.failed <- err:
	default:
	}
}

func (n *node) openBucket(ctx context.Context) error {
	n.bucket = n.parts.Bucket
	if n.bucket == nil {
		b, closer, err := openBucket(ctx, n.cfg.Bucket, os.Getenv)
		if err != nil {
			return err
		}
		n.bucket, n.closers = b, append(n.closers, closer)
	}
	if err := storage.Probe(ctx, n.bucket, n.newID()); err != nil {
		return fmt.Errorf("try out the bucket: %w", err)
	}
	return nil
}

func (n *node) openLog(ctx context.Context) (err error) {
	temp := filepath.Join(n.cfg.Data, "temp")
	if err := errors.Join(os.RemoveAll(temp), os.MkdirAll(temp, 0o700)); err != nil {
		return fmt.Errorf("make the folder for temporary files: %w", err)
	}
	n.keys = keyring.Open(n.bucket, n.parts.Rand)
	n.blobs = blob.New(n.bucket, temp)
	name, err := nodeName(n.parts.Rand)
	if err != nil {
		return err
	}
	if err := n.openPeers(ctx, name); err != nil {
		return err
	}
	n.log, err = commitlog.Open(ctx, n.bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: n.keys}), commitlog.Options{
		Node: name, Now: n.parts.Now, Rand: n.parts.Rand, Logger: n.parts.Log, Temp: temp, Tell: n.tell,
	})
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	return nil
}

// replayErasures destroys again what a restored bucket has brought back: keys
// that the ledger says are destroyed, and what was made while they were there.
func (n *node) replayErasures(ctx context.Context) error {
	count, err := n.keys.Replay(ctx)
	if err != nil {
		return fmt.Errorf("replay the ledger of erasures: %w", err)
	}
	if count == 0 {
		return nil
	}
	n.parts.Log.Warn("keys that the ledger of erasures names were there, and are destroyed again", "keys", count)
	if err := n.log.DropSnapshots(ctx, n.log.Head()+1); err != nil {
		return fmt.Errorf("drop snapshots made before an erasure: %w", err)
	}
	if err := view.Remove(filepath.Join(n.cfg.Data, "view")); err != nil {
		return fmt.Errorf("remove a view made before an erasure: %w", err)
	}
	return nil
}

// nodeName is the machine's name and eight random digits: two processes on one
// machine are two nodes.
func nodeName(random io.Reader) (string, error) {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "node"
	}
	if len(host) > 40 {
		host = host[:40]
	}
	suffix := make([]byte, 4)
	if _, err := io.ReadFull(random, suffix); err != nil {
		return "", fmt.Errorf("draw the name of the node: %w", err)
	}
	return host + "-" + hex.EncodeToString(suffix), nil
}

// openView opens the local view. One that was made from another log is thrown
// away; one that is far behind is replaced by a snapshot.
func (n *node) openView(ctx context.Context) error {
	dir := filepath.Join(n.cfg.Data, "view")
	db, err := view.Open(ctx, dir, n.kinds, view.Options{})
	if err != nil {
		return fmt.Errorf("open the view: %w", err)
	}
	diverged, err := n.diverged(ctx, db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	if diverged {
		n.parts.Log.Warn("the local view belongs to another log and is made anew", "folder", dir)
		if err := errors.Join(db.Close(), os.RemoveAll(dir)); err != nil {
			return fmt.Errorf("remove the view of another log: %w", err)
		}
		if db, err = view.Open(ctx, dir, n.kinds, view.Options{}); err != nil {
			return fmt.Errorf("open the view: %w", err)
		}
	}
	n.view = db
	n.closers = append(n.closers, db)
	if n.log.Head() > db.Seq()+restoreLag {
		at, err := n.log.RestoreSnapshot(ctx, db)
		if err != nil {
			return fmt.Errorf("restore a snapshot of the view: %w", err)
		}
		n.parts.Log.Info("the view was restored from a snapshot", "seq", at, "head", n.log.Head())
	}
	return nil
}

// diverged reports whether a view was made from another log than this one: it
// is ahead, or its last record is not the one that the log has there.
func (n *node) diverged(ctx context.Context, db *view.DB) (bool, error) {
	if db.Seq() > n.log.Head() {
		return true, nil
	}
	anchored, ok := any(db).(commitlog.Anchored)
	if !ok {
		return false, nil
	}
	at, nonce, err := anchored.Anchor()
	if err != nil || at == 0 {
		return false, err
	}
	record, err := n.log.Read(ctx, at)
	if err != nil {
		return false, fmt.Errorf("read the record that the view was at: %w", err)
	}
	return record.Nonce != nonce, nil
}

// begin starts the writer and the eraser, waits until the view has all that
// the log had, and fills an empty log with what a new site starts with.
func (n *node) begin(ctx context.Context) error {
	n.writer = commitlog.NewWriter(n.log, commitlog.Stage[content.Commit, *view.Tx](n.view), commitlog.WriterOptions{})
	var err error
	n.runner, err = action.NewRunner(action.Config{
		Writer: n.writer, View: n.view, Kinds: n.kinds, Now: n.parts.Now, NewID: n.newID,
		Past: action.LogPast{View: n.view, Log: n.log}, Hooks: []action.Hook{n.gate},
	})
	if err != nil {
		return err
	}
	if n.eraser, err = sealed.NewEraser(ctx, n.bucket, n.keys, n.log, n.view); err != nil {
		return err
	}
	n.writing.run("writer", n.writer.Run)
	if n.peers != nil {
		n.following.run("peers", n.hear)
	}
	n.following.run("eraser", func(ctx context.Context) error { return n.log.Follow(ctx, n.eraser) })
	if err := n.catchUp(ctx); err != nil {
		return err
	}
	if n.log.Head() == 0 {
		if _, err := n.runner.Do(ctx, system("start"), action.Init{}); err != nil {
			return fmt.Errorf("fill the new site with its collections and roles: %w", err)
		}
	}
	return nil
}

// catchUp waits until the view has everything that is in the log now.
func (n *node) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(n.writing.ctx, func() { cancel(errors.New("the writer has ended")) })
	defer stop()
	if err := n.view.WaitFor(ctx, n.log.Head()); err != nil {
		return fmt.Errorf("bring the view up to date: %w", errors.Join(err, context.Cause(ctx)))
	}
	return nil
}

// refreshTime bounds how long one request waits for what other nodes wrote.
const refreshTime = 2 * time.Second

// refresh brings the view up to the end that the log has now.
func (n *node) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	seq, err := n.log.Refresh(ctx)
	if err != nil {
		return err
	}
	return n.view.WaitFor(ctx, seq)
}

// system is the program itself as the author of a change.
func system(part string) content.Actor {
	return content.Actor{Kind: content.ActorSystem, ID: part}
}

// close ends what the node runs, followers first, and closes what it opened in
// the reverse order. ctx bounds the waiting.
func (n *node) close(ctx context.Context) error {
	errs := []error{n.following.stop(ctx), n.writing.stop(ctx)}
	for i := len(n.closers) - 1; i >= 0; i-- {
		errs = append(errs, n.closers[i].Close())
	}
	n.closers = nil
	return errors.Join(errs...)
}
