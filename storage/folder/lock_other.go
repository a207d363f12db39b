//go:build !unix

package folder

import (
	"errors"
	"os"
)

type lockMode int

const (
	shared lockMode = iota
	exclusive
)

var errNoLocks = errors.New("a folder as bucket needs the file locks of a Unix-like system; use an S3 store here")

func lock(*os.File, lockMode) error            { return errNoLocks }
func tryLock(*os.File, lockMode) (bool, error) { return false, errNoLocks }
func unlock(*os.File) error                    { return errNoLocks }
