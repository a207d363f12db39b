package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxDamage bounds how many damaged things a check names; it counts them all.
const maxDamage = 100

// Findings are what a check of a bucket found.
type Findings struct {
	Records, Commits int
	Merged           int // records that a segment holds
	Compared         int // of these, records that exist beside their segment and are equal to it
	Sealed           int // versions and nouns with personal values that open
	Erased           int // ones that no key opens, because their subject was erased
	Blobs            int
	BlobBytes        int64
	Entries          int
	// View says how the local view compares: "equal", "absent", "in_use" or
	// "differs"; "behind" when it is of an earlier record and equal there.
	View    string
	Damage  int
	First   []Damage
	Skipped []string // what could not be checked because of damage before it
}

// Damage is one thing that is not as it should be.
type Damage struct {
	Code string // names a text: "cli.damage.<code>"
	Args map[string]any
}

// checker reads a bucket from end to end. It never writes to it.
type checker struct {
	cfg    Config
	parts  Parts
	bucket storage.Bucket
	log    *commitlog.Log[content.Commit]
	keys   *keyring.Keyring
	fresh  *view.DB // made anew from the log
	local  *view.DB // of the data folder; nil when there is none to compare
	found  Findings

	unopened map[string]commitlog.Seq // subjects of what no key opens
	gone     map[string]bool          // subjects that were erased or are gone
	done     func(done, total int64)
}

// check verifies a bucket: every record, its place and its checksum, segments
// against records, every sealed value, every blob, and the local view against
// one made anew. It uses a temporary folder and writes nothing else.
func check(ctx context.Context, cfg Config, parts Parts, done func(done, total int64)) (_ *Findings, err error) {
	if parts, err = parts.complete(); err != nil {
		return nil, err
	}
	c := &checker{cfg: cfg, parts: parts, unopened: map[string]commitlog.Seq{}, gone: map[string]bool{}, done: done}
	c.bucket = parts.Bucket
	if c.bucket == nil {
		b, closer, err := openBucket(ctx, cfg.Bucket, os.Getenv)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, closer.Close()) }()
		c.bucket = b
	}
	temp, err := os.MkdirTemp("", "recueil-check-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	if err := c.run(ctx, temp); err != nil {
		return nil, err
	}
	return &c.found, nil
}

func (c *checker) run(ctx context.Context, temp string) (err error) {
	c.keys = keyring.Open(c.bucket, c.parts.Rand)
	c.log, err = commitlog.Open(ctx, c.bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: c.keys}),
		commitlog.Options{Node: "check", Now: c.parts.Now, Rand: c.parts.Rand, Temp: temp})
	if errors.Is(err, commitlog.ErrCorrupt) {
		c.damage("log_unreadable", "error", err.Error())
		c.found.Skipped = append(c.found.Skipped, "blobs", "view")
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	kinds := schema.Builtin()
	if c.fresh, err = view.Open(ctx, filepath.Join(temp, "view"), kinds, view.Options{}); err != nil {
		return fmt.Errorf("make a view: %w", err)
	}
	defer func() { err = errors.Join(err, c.fresh.Close()) }()
	release, err := c.openLocal(ctx, kinds)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	keys, err := c.places(ctx)
	if err != nil {
		return err
	}
	whole, err := c.records(ctx, keys)
	if err != nil {
		return err
	}
	c.seals()
	if !whole {
		c.found.Skipped = append(c.found.Skipped, "blobs", "view")
		return nil
	}
	c.compareView()
	return c.things(ctx, blob.New(c.bucket, temp))
}

// damage notes something that is not as it should be.
func (c *checker) damage(code string, args ...any) {
	c.found.Damage++
	if len(c.found.First) < maxDamage {
		c.found.First = append(c.found.First, Damage{Code: code, Args: pairs(args)})
	}
}

// openLocal opens the view of the data folder, if there is one and no process
// has it.
func (c *checker) openLocal(ctx context.Context, kinds schema.Kinds) (release func() error, err error) {
	dir := filepath.Join(c.cfg.Data, "view")
	nothing := func() error { return nil }
	if _, err := os.Stat(dir); err != nil {
		c.found.View = "absent"
		return nothing, nil
	}
	lock, err := lockData(c.cfg.Data)
	if errors.Is(err, errLocked) {
		c.found.View = "in_use"
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	c.local, err = view.Open(ctx, dir, kinds, view.Options{})
	if err != nil {
		return lock.Close, fmt.Errorf("open the local view: %w", err)
	}
	return func() error { return errors.Join(c.local.Close(), lock.Close()) }, nil
}

// maxGap is how many records may be missing in a row; a key further away does
// not belong to the log.
const maxGap = 10_000

// places lists the objects of the log: there must be one for each record,
// without gaps, also where the log found an earlier end because of one. It
// gives the sizes, which are 0 for emptied ones.
func (c *checker) places(ctx context.Context) ([]int64, error) {
	const prefix = "log/"
	sizes := make([]int64, 0, c.log.Head())
	for o, err := range c.bucket.List(ctx, prefix, "") {
		if err != nil {
			return nil, fmt.Errorf("list the log: %w", err)
		}
		seq, err := strconv.ParseUint(path.Base(o.Key), 10, 63)
		if err != nil || len(path.Base(o.Key)) != 20 || seq > uint64(len(sizes))+maxGap {
			c.damage("odd_key", "key", o.Key)
			continue
		}
		for next := uint64(len(sizes)) + 1; next < seq; next++ {
			c.damage("record_missing", "seq", next)
			sizes = append(sizes, -1)
		}
		sizes = append(sizes, o.Size)
	}
	for next := commitlog.Seq(len(sizes)) + 1; next <= c.log.Head(); next++ {
		c.damage("record_missing", "seq", uint64(next))
		sizes = append(sizes, -1)
	}
	return sizes, nil
}

// applyAtOnce is how many records are given to the view together.
const applyAtOnce = 200

// records reads every record, in order, and makes the view from them. It says
// whether all could be read.
func (c *checker) records(ctx context.Context, sizes []int64) (whole bool, err error) {
	whole = true
	var batch []commitlog.Record[content.Commit]
	flush := func() error {
		if len(batch) == 0 || !whole {
			return nil
		}
		defer func() { batch = batch[:0] }()
		return c.apply(ctx, batch)
	}
	for at := commitlog.Seq(0); at < c.log.Head(); {
		var last commitlog.Record[content.Commit]
		for r, err := range c.log.Records(ctx, at) {
			if err != nil {
				break // named when it is read alone
			}
			if r.Seq > c.log.Head() {
				break
			}
			c.one(ctx, r, last, sizes)
			at, last = r.Seq, r
			if batch = append(batch, r); len(batch) == applyAtOnce {
				if err := flush(); err != nil {
					return false, err
				}
			}
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := flush(); err != nil {
			return false, err
		}
		if at < c.log.Head() {
			at++
			if _, err := c.log.Read(ctx, at); err != nil {
				if !errors.Is(err, storage.ErrNotExist) { // a missing one is named already
					c.damage("record_damaged", "seq", uint64(at), "error", err.Error())
				}
				whole = false
			}
		}
	}
	return whole, nil
}

// one looks at one record that could be read and decoded.
func (c *checker) one(ctx context.Context, r, before commitlog.Record[content.Commit], sizes []int64) {
	c.found.Records++
	c.found.Commits += len(r.Values)
	if before.Seq != 0 && r.Seq != before.Seq+1 {
		c.damage("record_order", "seq", uint64(r.Seq), "before", uint64(before.Seq))
	}
	if r.At.Before(before.At) {
		c.damage("record_time", "seq", uint64(r.Seq))
	}
	if i := int(r.Seq) - 1; i < len(sizes) {
		c.merged(ctx, r, sizes[i])
	}
	for _, commit := range r.Values {
		for _, change := range commit.Changes {
			c.change(change, r.Seq)
		}
	}
	if c.done != nil {
		c.done(int64(r.Seq), int64(c.log.Head()))
	}
}

// merged compares a record that was read from a segment with its own object,
// as long as that is not emptied.
func (c *checker) merged(ctx context.Context, r commitlog.Record[content.Commit], size int64) {
	if size == 0 {
		c.found.Merged++
		return
	}
	own, err := c.log.Read(ctx, r.Seq)
	if err != nil {
		c.damage("record_damaged", "seq", uint64(r.Seq), "error", err.Error())
		return
	}
	if own.Nonce != r.Nonce || !own.At.Equal(r.At) || len(own.Values) != len(r.Values) {
		c.damage("segment_differs", "seq", uint64(r.Seq))
		return
	}
	c.found.Compared++
}

// change follows what is sealed and what was erased.
func (c *checker) change(change content.Change, seq commitlog.Seq) {
	switch {
	case change.Entry != nil:
		for _, v := range change.Entry.Versions {
			c.sealed(string(change.Entry.ID), len(v.Personal) > 0, v.Sealed != nil, seq)
		}
	case change.Noun != nil:
		c.sealed(change.Noun.ID, len(change.Noun.Personal) > 0, change.Noun.Sealed != nil, seq)
	case change.Gone != nil:
		c.gone[change.Gone.ID] = true
	case change.Erased != nil:
		c.gone[change.Erased.ID] = true
	}
}

func (c *checker) sealed(subject string, opened, shut bool, seq commitlog.Seq) {
	switch {
	case opened:
		c.found.Sealed++
	case shut:
		c.found.Erased++
		if _, known := c.unopened[subject]; !known {
			c.unopened[subject] = seq
		}
	}
}

// seals names the sealed values that no key opens although nobody erased them.
func (c *checker) seals() {
	for subject, seq := range c.unopened {
		if !c.gone[subject] {
			c.damage("key_missing", "subject", subject, "seq", uint64(seq))
		}
	}
}
