package app

import (
	"encoding/hex"
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

// placeOf names a data folder, by a file in it that is drawn when there is none:
// whoever has locked the folder comes after all others that ever had it.
func placeOf(path string, random io.Reader) (string, error) {
	name := filepath.Join(path, "place")
	raw, err := os.ReadFile(name)
	if text := strings.TrimSpace(string(raw)); err == nil && len(text) == 2*placeBytes {
		return text, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the name of the data folder: %w", err)
	}
	drawn := make([]byte, placeBytes)
	if _, err := io.ReadFull(random, drawn); err != nil {
		return "", fmt.Errorf("draw the name of the data folder: %w", err)
	}
	text := hex.EncodeToString(drawn)
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write the name of the data folder: %w", err)
	}
	return text, nil
}

const placeBytes = 8

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
