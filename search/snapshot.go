package search

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/recueil-cms/recueil/storage/commitlog"
)

var _ commitlog.Snapshotter = (*Index)(nil)

// SnapshotFormat names the form of a snapshot: a tar of the files of both
// stores.
func (x *Index) SnapshotFormat() string { return "search-" + strconv.Itoa(format) }

// WriteSnapshot writes the index as it is now. Searches and the follower go on
// meanwhile.
func (x *Index) WriteSnapshot(ctx context.Context, w io.Writer) (at commitlog.Seq, err error) {
	dir, err := os.MkdirTemp(x.dir, "snapshot-*")
	if err != nil {
		return 0, fmt.Errorf("write a snapshot of the index: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if at, err = x.copyTo(ctx, dir); err != nil || at == 0 {
		return 0, err
	}
	out := tar.NewWriter(w)
	for _, side := range []string{liveFolder, draftFolder} {
		if err := packFolder(ctx, out, filepath.Join(dir, side, copied), side); err != nil {
			return 0, fmt.Errorf("write a snapshot of the index: %w", err)
		}
	}
	return at, out.Close()
}

// copied is the folder in which Bleve puts a copy.
const copied = "store"

// copyTo copies both stores, at the same record, into a folder.
func (x *Index) copyTo(ctx context.Context, dir string) (commitlog.Seq, error) {
	x.applying.Lock() // before use: who holds it may wait for users to end
	defer x.applying.Unlock()
	g, release, err := x.use()
	if err != nil {
		return 0, nil // nothing to copy yet
	}
	defer release()
	if g.saved < g.seq() {
		if err := g.commit(ctx, g.seq(), g.nonce); err != nil {
			return 0, err
		}
	}
	for i, side := range []string{liveFolder, draftFolder} {
		if err := g.stores()[i].copyTo(filepath.Join(dir, side)); err != nil {
			return 0, fmt.Errorf("copy the index: %w", err)
		}
	}
	return g.seq(), nil
}

// copyTo copies a store; it hides the files from being deleted meanwhile.
func (s *store) copyTo(dir string) (err error) {
	r := s.index.CopyReader()
	defer func() { err = errors.Join(err, r.CloseCopyReader()) }()
	return r.CopyTo(folder(dir))
}

// folder is where Bleve writes a copy to.
type folder string

// GetWriter makes a file.
func (f folder) GetWriter(name string) (io.WriteCloser, error) {
	name = filepath.Join(string(f), name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
}

func packFolder(ctx context.Context, out *tar.Writer, dir, side string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := packFile(out, filepath.Join(dir, f.Name()), path.Join(side, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

func packFile(out *tar.Writer, file, name string) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err = io.CopyN(out, f, info.Size())
	return err
}

// ReadSnapshot puts a snapshot in the place of the index, once it is known to
// be sound and of the record at.
func (x *Index) ReadSnapshot(ctx context.Context, r io.Reader, at commitlog.Seq) error {
	x.applying.Lock()
	defer x.applying.Unlock()
	dir, err := x.nextFolder()
	if err != nil {
		return err
	}
	g, err := x.unpack(ctx, r, dir, at)
	if err != nil {
		return errors.Join(fmt.Errorf("read a snapshot of the index: %w", err), os.RemoveAll(dir))
	}
	x.replace(g)
	return x.checkShape(ctx, g)
}

func (x *Index) unpack(ctx context.Context, r io.Reader, dir string, at commitlog.Seq) (*generation, error) {
	if err := unpackTo(ctx, dir, r); err != nil {
		return nil, err
	}
	g, err := openSound(dir, x.names, x.sheets.languages)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return nil, errDamaged
	}
	if g.seq() != at {
		return nil, errors.Join(fmt.Errorf("%w: it is of record %d, not %d", errDamaged, g.seq(), at), g.close())
	}
	return g, nil
}

// packedName are the names that a snapshot may have files under.
var packedName = regexp.MustCompile(`^(live|draft)/(root\.bolt|[0-9a-f]{1,16}\.zap)$`)

func unpackTo(ctx context.Context, dir string, r io.Reader) error {
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if !packedName.MatchString(h.Name) {
			return fmt.Errorf("%w: it has a file %q", errDamaged, cut(h.Name, 100))
		}
		f, err := folder(dir).GetWriter(h.Name)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, in)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
}
