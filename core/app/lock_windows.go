package app

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockAt is a byte far beyond the text of the file, so that others can read
// who has the lock.
const lockAt = 1 << 30

func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
		0, 1, 0, &windows.Overlapped{Offset: lockAt})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
