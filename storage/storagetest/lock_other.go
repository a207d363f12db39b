//go:build !unix

package storagetest

import (
	"errors"
	"os"
)

func tryLock(*os.File) (bool, error) {
	return false, errors.New("test servers need a Unix-like system")
}
