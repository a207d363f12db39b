package launch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Level says how far a process is confined. Higher is tighter.
type Level int

// The levels.
const (
	// Bare has an empty environment and limits: all that every system can do.
	Bare Level = iota
	// Fenced sees only its own files besides the system's libraries (Landlock).
	Fenced
	// Jailed is Fenced, without network, and blind to other processes
	// (namespaces). What it starts ends with it.
	Jailed
)

func (l Level) String() string { return [...]string{"bare", "fenced", "jailed"}[l] }

// Limits of a process. Zero members take those of Defaults.
type Limits struct {
	Memory    int64  // bytes of data: heap and stacks
	Files     uint64 // open at a time
	Processes uint64 // of the plugin, threads included; 0 also when others run as the same user
}

// Defaults are the limits of a process that asks for none.
var Defaults = Limits{Memory: 512 << 20, Files: 512}

// ErrAltered says that a file is not the one that was installed.
var ErrAltered = errors.New("file differs from the installed one")

// Program is what is run.
type Program struct {
	// File is a native program; its bytes must have SHA256 (hexadecimal) when
	// that is set. Or Interpreter, an absolute path, runs Script.
	File        string
	SHA256      string
	Interpreter string
	Script      string
	Args        []string // after the name of the program
}

// Spec is how a process is started.
type Spec struct {
	Program
	Name     string   // of the plugin, for messages
	Env      []string // all of it
	Readable []string // folders and files that it may read and run
	Writable []string // folders that it may write in
	Limits   Limits
	Most     Level // no tighter than this; Jailed unless a debugger needs less
}

// Process is a started process. All its methods may be called at any time.
type Process struct {
	pid            int
	level          Level
	stdout, stderr *os.File
	done           chan struct{}
	mu             sync.Mutex
	kill           func() error
	state          *os.ProcessState
}

// PID is the number of the process, for messages.
func (p *Process) PID() int { return p.pid }

// Level is how far the process is confined.
func (p *Process) Level() Level { return p.level }

// Stdout and Stderr are what it writes. They end when the process does, even
// when something that it started still holds them.
func (p *Process) Stdout() io.ReadCloser { return p.stdout }

// Stderr: see Stdout.
func (p *Process) Stderr() io.ReadCloser { return p.stderr }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// State is how it ended; nil before Done.
func (p *Process) State() *os.ProcessState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// Kill ends the process at once, whatever it does, stopped or not. It does not
// wait for the end.
func (p *Process) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.state != nil {
		return nil
	}
	return p.kill()
}

// lastWords is how long what a process wrote before its end is still read.
const lastWords = time.Second

// ended notes the end. What still holds the pipes loses its readers a little
// later.
func (p *Process) ended(state *os.ProcessState) {
	p.mu.Lock()
	p.state = state
	p.mu.Unlock()
	deadline := time.Now().Add(lastWords)
	_ = p.stdout.SetReadDeadline(deadline) // pipes of ours take deadlines
	_ = p.stderr.SetReadDeadline(deadline)
	close(p.done)
}

// pipes makes the two ends of what the process writes to.
func pipes() (out, errs, outEnd, errsEnd *os.File, err error) {
	if out, outEnd, err = os.Pipe(); err != nil {
		return nil, nil, nil, nil, fmt.Errorf("make a pipe: %w", err)
	}
	if errs, errsEnd, err = os.Pipe(); err != nil {
		_, _ = out.Close(), outEnd.Close()
		return nil, nil, nil, nil, fmt.Errorf("make a pipe: %w", err)
	}
	return out, errs, outEnd, errsEnd, nil
}

// copySum copies a file and compares its checksum with the wanted one.
func copySum(to io.Writer, from io.Reader, want string) error {
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(to, sum), from); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%w: it has the checksum %s instead of %s", ErrAltered, got, want)
	}
	return nil
}

func (l Limits) orDefaults() Limits {
	if l.Memory <= 0 {
		l.Memory = Defaults.Memory
	}
	if l.Files == 0 {
		l.Files = Defaults.Files
	}
	return l
}
