//go:build linux || darwin

package extract

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// confine takes from this process what reading a file does not need, as far as
// the system lets it: processor time, core dumps, and on Linux the first place
// among those that are ended when memory is short.
func confine(seconds int) {
	limit := func(which int, n uint64) {
		_ = unix.Setrlimit(which, &unix.Rlimit{Cur: n, Max: n}) // it is one safeguard of several
	}
	limit(unix.RLIMIT_CPU, uint64(2*seconds))
	limit(unix.RLIMIT_CORE, 0)
	if runtime.GOOS == "linux" {
		_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o600) //nolint:gosec // as above
	}
}
