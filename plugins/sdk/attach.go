package sdk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// AttachFile, in the folder of a plugin, names the socket at which a
// development site looks for a program that was started by hand.
const AttachFile = ".recueil/attach"

// ServeAttached serves the development site (recueil plugin dev) of the folder
// that the process was started in, or of one above it, until ctx ends. Main
// does so for a program that somebody starts by hand, as a debugger does. The
// error is fs.ErrNotExist when there is no such site.
func ServeAttached(ctx context.Context, p Plugin) error {
	socket, err := attachSocket()
	if err != nil {
		return err
	}
	_ = os.Remove(socket) // of a program that was killed
	ln, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("meet the development site: %w", err)
	}
	fmt.Fprintf(os.Stderr, "process %d serves the development site\n", os.Getpid())
	return Serve(ctx, p, ln)
}

func attachSocket() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("look for a development site: %w", err)
	}
	for {
		raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(AttachFile)))
		if err == nil {
			return strings.TrimSpace(string(raw)), nil
		}
		up := filepath.Dir(dir)
		if up == dir || !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("look for a development site: %w", err)
		}
		dir = up
	}
}
