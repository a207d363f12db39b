package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// errLocked says that another process has the data folder.
var errLocked = errors.New("data folder is in use")

// lockedError says which process has a data folder.
type lockedError struct {
	Path string
	PID  int // 0 when it is not known
}

func (e *lockedError) Error() string {
	return fmt.Sprintf("%s is in use by process %d", e.Path, e.PID)
}

func (e *lockedError) Is(target error) bool { return target == errLocked }

// lockData takes a data folder for this process, and makes it when there is
// none. The kernel frees the lock with the process, however that ends.
func lockData(path string) (io.Closer, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(path, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data folder: %w", err)
	}
	taken, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder: %w", err), f.Close())
	}
	if !taken {
		raw, _ := io.ReadAll(io.LimitReader(f, 20)) // best effort: only names the holder
		pid, _ := strconv.Atoi(strings.TrimSpace(string(raw)))
		return nil, errors.Join(&lockedError{Path: path, PID: pid}, f.Close())
	}
	if err := f.Truncate(0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
