package app

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// terminalWidth is the number of columns of the terminal that w is, or 0 when
// it is none.
func terminalWidth(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	var info windows.ConsoleScreenBufferInfo
	if windows.GetConsoleScreenBufferInfo(windows.Handle(f.Fd()), &info) != nil {
		return 0
	}
	return int(info.Size.X)
}
