package dev

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Meeting is where a plugin that was started by hand, under a debugger, is
// found: its SDK looks for the file that names the socket, and listens there.
type Meeting struct {
	file, dir string
	Socket    string
}

// Meet makes a meeting in the folder of a plugin.
func Meet(folder string) (*Meeting, error) {
	dir, err := os.MkdirTemp("", "recueil-") // the paths of sockets are short
	if err != nil {
		return nil, fmt.Errorf("make a folder for the socket: %w", err)
	}
	m := &Meeting{file: filepath.Join(folder, filepath.FromSlash(sdk.AttachFile)), dir: dir, Socket: filepath.Join(dir, "plugin")}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for development: %w", err)
	}
	if err := os.WriteFile(m.file, []byte(m.Socket), 0o600); err != nil {
		return nil, fmt.Errorf("say where the socket is: %w", err)
	}
	return m, nil
}

// Present reports whether a plugin listens.
func (m *Meeting) Present() bool {
	c, err := (&net.Dialer{Timeout: time.Second}).Dial("unix", m.Socket)
	if err != nil {
		return false
	}
	_ = c.Close() // nothing was said
	return true
}

// End forgets the meeting.
func (m *Meeting) End() {
	_ = os.Remove(m.file)   // the SDK finds nobody behind it
	_ = os.RemoveAll(m.dir) // likewise
}
