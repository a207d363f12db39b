package mail

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder keeps letters as .eml files, which every mail program opens: for a
// laptop, for tests, and for a machine where something else carries the mail.
type Folder struct{ path string }

// maxKept is how many letters stay in a folder; the oldest go first.
const maxKept = 1000

// NewFolder makes the folder if it is not there.
func NewFolder(path string) (Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return Folder{}, fmt.Errorf("make the folder for mail: %w", err)
	}
	return Folder{path}, nil
}

// Send writes the letter. Its name begins with its date, so that the newest is
// the last.
func (f Folder) Send(_ context.Context, l Letter) (err error) {
	m, err := render(l)
	if err != nil {
		return err
	}
	local, _, _ := strings.Cut(l.ID, "@")
	name := l.Date.UTC().Format("20060102T150405.000000") + "-" + l.Kind + "-" + local + ".eml"
	file, err := os.CreateTemp(f.path, ".letter-")
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = m.WriteTo(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	if err := os.Rename(file.Name(), filepath.Join(f.path, name)); err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return f.prune()
}

func (f Folder) prune() error {
	names, err := filepath.Glob(filepath.Join(f.path, "*.eml"))
	if err != nil || len(names) <= maxKept {
		return err
	}
	slices.Sort(names)
	for _, name := range names[:len(names)-maxKept] {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove old mail: %w", err)
		}
	}
	return nil
}
