package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/storage"
)

// window is how many names of one folder are in memory at a time. A larger
// folder is read several times over.
const window = 16 << 10

// List implements storage.Bucket. It holds at most 2*window names for each
// level of folders, and passes over names that no Put has made. It opens every
// object that it yields, for the ETag.
func (b *Bucket) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	return b.listWindow(ctx, prefix, after, window)
}

func (b *Bucket) listWindow(ctx context.Context, prefix, after string, window int) iter.Seq2[storage.Object, error] {
	return func(yield func(storage.Object, error) bool) {
		start := prefix[:strings.LastIndexByte(prefix, '/')+1]
		w := walk{bucket: b, ctx: ctx, prefix: prefix, after: after, window: window, yield: yield}
		if start != "" && storage.CheckKey(strings.TrimSuffix(start, "/")) != nil {
			return // no key can start so
		}
		if err := w.folder(folderOf(start), start, false); err != nil && !errors.Is(err, errStop) {
			yield(storage.Object{}, fmt.Errorf("list %q after %q: %w", prefix, after, err))
		}
	}
}

// errStop says that the caller of List has broken off.
var errStop = errors.New("stop")

// walk is one List under way.
type walk struct {
	bucket        *Bucket
	ctx           context.Context
	prefix, after string
	window        int
	yield         func(storage.Object, error) bool
}

// item is one name in a folder. All keys it stands for start with key, and
// an object's key is key.
type item struct {
	key  string // of a folder with the slash at the end, so items sort as their keys do
	name string // on disk
	kind nameKind
}

// folder yields the objects in one folder on disk, whose keys all start with
// start. inCut says that the folder's own name was only a piece of a key part.
func (w *walk) folder(path, start string, inCut bool) error {
	from := "" // items up to this one are done
	for {
		items, more, err := w.read(path, start, inCut, from)
		if err != nil {
			return err
		}
		for _, it := range items {
			if err := w.item(path, it); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
		from = items[len(items)-1].key
	}
}

func (w *walk) item(path string, it item) error {
	if err := w.bucket.begin(w.ctx); err != nil {
		return err
	}
	if it.kind != isObject {
		return w.folder(path+it.name+"/", it.key, it.kind == isCut)
	}
	o, err := stat(filepath.Join(w.bucket.root, path, it.name))
	if errors.Is(err, storage.ErrNotExist) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	o.Key = it.key
	if !w.yield(o, nil) {
		return errStop
	}
	return nil
}

// read gives the first items of a folder after from, in order, and whether
// there are more.
func (w *walk) read(path, start string, inCut bool, from string) (items []item, more bool, err error) {
	if err := w.bucket.begin(w.ctx); err != nil {
		return nil, false, err
	}
	f, err := os.Open(filepath.Join(w.bucket.root, path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.IsDir() {
		return nil, false, err // a stranger's file
	}
	for {
		names, err := f.Readdirnames(1024)
		for _, name := range names {
			if it, ok := w.parse(name, start, inCut); ok && it.key > from {
				items = append(items, it)
			}
		}
		if len(items) >= 2*w.window {
			items, more = w.smallest(items), true
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, false, err
		}
	}
	more = more || len(items) > w.window
	return w.smallest(items), more, nil
}

// smallest sorts items and keeps as many as the window holds, each once: a
// folder that changes while it is read may give a name twice.
func (w *walk) smallest(items []item) []item {
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.key, b.key) })
	items = slices.CompactFunc(items, func(a, b item) bool { return a.key == b.key })
	return items[:min(len(items), w.window)]
}

// parse says what a name stands for and whether this List wants it.
func (w *walk) parse(name, start string, inCut bool) (item, bool) {
	s, kind, ok := parseName(name)
	if !ok || (s == "" && !inCut) {
		return item{}, false
	}
	it := item{key: start + s, name: name, kind: kind}
	if kind == isObject {
		return it, strings.HasPrefix(it.key, w.prefix) && it.key > w.after && storage.CheckKey(it.key) == nil
	}
	if kind == isFolder {
		it.key += "/"
	}
	wanted := strings.HasPrefix(it.key, w.prefix) || strings.HasPrefix(w.prefix, it.key)
	return it, wanted && (it.key > w.after || strings.HasPrefix(w.after, it.key))
}
