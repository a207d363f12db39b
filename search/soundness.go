package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"
	segment "github.com/blevesearch/scorch_segment_api/v2"
	"go.etcd.io/bbolt"
)

// errDamaged says that a file of an index is not what was written.
var errDamaged = errors.New("damaged")

const segmentExt = ".zap"

// checkFiles reads every segment of a generation and compares its checksum,
// which stands in its last four bytes. Bleve itself does not look at it.
func checkFiles(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"+segmentExt))
	if err != nil {
		return fmt.Errorf("check the index: %w", err)
	}
	for _, name := range files {
		if err := checkFile(name); err != nil {
			return fmt.Errorf("check the index: %w", err)
		}
	}
	roots, err := filepath.Glob(filepath.Join(dir, "*", rootName))
	if err != nil {
		return fmt.Errorf("check the index: %w", err)
	}
	for _, name := range roots {
		if err := checkRoot(name); err != nil {
			return fmt.Errorf("check the index: %s: %w", name, err)
		}
	}
	return nil
}

// rootName is the file in which Bleve says which segments there are.
const rootName = "root.bolt"

// checkRoot walks through the whole of a root. It is mapped into memory, where
// reading what is not there would end the process: here it is a panic, which
// whoever opens an index takes for damage, and later it would be none.
func checkRoot(name string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	db, err := bbolt.Open(name, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return errors.Join(errDamaged, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bbolt.Tx) error { return eachValue(tx.Cursor(), tx.Bucket) })
}

// eachValue reads every key and value below a cursor.
func eachValue(c *bbolt.Cursor, bucket func([]byte) *bbolt.Bucket) error {
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if v != nil {
			crc32.ChecksumIEEE(v)
			continue
		}
		b := bucket(k)
		if b == nil {
			return errDamaged
		}
		if err := eachValue(b.Cursor(), b.Bucket); err != nil {
			return err
		}
	}
	return nil
}

func checkFile(name string) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < crc32.Size {
		return fmt.Errorf("%w: %s has %d bytes", errDamaged, name, info.Size())
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, info.Size()-crc32.Size); err != nil {
		return err
	}
	var want [crc32.Size]byte
	if _, err := io.ReadFull(f, want[:]); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(want[:]) != sum.Sum32() {
		return fmt.Errorf("%w: the checksum of %s differs", errDamaged, name)
	}
	return nil
}

// Waiting for erased bytes to go.
const (
	scrubWait = 10 * time.Minute
	scrubLook = 20 * time.Millisecond
)

// scrub returns when no byte of what was taken out is in the files any more:
// all segments are merged into one without it, and the old ones are deleted.
// It can be repeated.
func (g *generation) scrub(ctx context.Context) error {
	for _, s := range g.stores() {
		if err := s.scrub(ctx); err != nil {
			return fmt.Errorf("remove erased bytes from the index: %w", err)
		}
	}
	return nil
}

func (s *store) scrub(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, scrubWait)
	defer cancel()
	for {
		clean, err := s.clean()
		if err != nil || clean {
			return err
		}
		// Bleve merges no segment alone; and it is after a batch that it deletes
		// the files that nobody needs. So each round adds a document that says
		// nothing.
		d := document.NewDocument(blankID)
		exact(d, fieldEntry, "")
		if err := s.write(ctx, []*document.Document{d}, nil); err != nil {
			return err
		}
		if err := s.index.ForceMerge(ctx, &mergeplan.SingleSegmentMergePlanOptions); err != nil {
			return err
		}
		if err := s.write(ctx, nil, nil); err != nil {
			return err
		}
		select {
		case <-time.After(scrubLook):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// blankID is the document that is of no collection, and so never found.
const blankID = "blank"

// clean reports whether the segments hold no deleted document, and the folder
// no other segment.
func (s *store) clean() (_ bool, err error) {
	r, err := s.reader()
	if err != nil {
		return false, err
	}
	defer closing(r, &err)
	live := map[string]bool{}
	for _, seg := range r.Segments() {
		if d := seg.Deleted(); d != nil && !d.IsEmpty() {
			return false, nil
		}
		p, ok := seg.Segment().(segment.PersistedSegment)
		if !ok {
			return false, nil
		}
		live[filepath.Base(p.Path())] = true
	}
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return false, err
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) == segmentExt && !live[f.Name()] {
			return false, nil
		}
	}
	return true, nil
}
