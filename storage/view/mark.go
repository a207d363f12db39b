package view

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/recueil-cms/recueil/storage/commitlog"
)

// mark is left beside the file by a process that closed it in good order. When
// the mark is absent or does not fit, the whole file is checked at the next
// opening, because a power failure or a full disk may have torn it.
type mark struct {
	Format int           `json:"format"`
	Seq    commitlog.Seq `json:"seq"`
	Size   int64         `json:"size"` // bytes
}

func (d *DB) markFile() string { return d.file + ".clean" }

// leaveMark is called when all connections are closed.
func (d *DB) leaveMark() error {
	info, err := os.Stat(d.file)
	if err != nil {
		return fmt.Errorf("close view: %w", err)
	}
	data, err := json.Marshal(mark{Format: Format, Seq: d.Seq(), Size: info.Size()})
	if err != nil {
		return fmt.Errorf("close view: %w", err)
	}
	if err := os.WriteFile(d.markFile(), data, 0o600); err != nil {
		return fmt.Errorf("close view: %w", err)
	}
	return nil
}

// takeMark removes the mark and reports whether it fits the file.
func (d *DB) takeMark() bool {
	data, err := os.ReadFile(d.markFile())
	if err != nil || os.Remove(d.markFile()) != nil {
		return false
	}
	var m mark
	info, err := os.Stat(d.file)
	return err == nil && json.Unmarshal(data, &m) == nil && m.Format == Format && m.Size == info.Size()
}
