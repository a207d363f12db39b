package launch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Start starts a process, as tightly confined as the kernel allows.
func Start(s Spec) (*Process, error) {
	s.Limits = s.Limits.orDefaults()
	program, argv, err := s.open()
	if err != nil {
		return nil, fmt.Errorf("prepare the program of %s: %w", s.Name, err)
	}
	defer program.Close()
	level := min(s.Most, Jailed)
	for ; ; level-- {
		p, err := s.try(level, program, argv)
		if err == nil {
			return p, nil
		}
		if level == Bare {
			return nil, fmt.Errorf("start %s: %w", s.Name, err)
		}
	}
}

// open gives the program as a file that nobody can change any more: the bytes
// that are checked are the ones that run. An interpreter, and a program that
// has nothing to be checked against, are opened as they are.
func (s *Spec) open() (*os.File, []string, error) {
	argv := append([]string{s.Name}, s.Args...)
	if s.Interpreter != "" {
		s.Readable = append(s.Readable, s.Interpreter)
		f, err := os.Open(s.Interpreter)
		return f, append([]string{s.Interpreter, s.Script}, s.Args...), err
	}
	from, err := os.Open(s.File)
	if err != nil || s.SHA256 == "" {
		s.Readable = append(s.Readable, s.File)
		return from, argv, err
	}
	defer from.Close()
	fd, err := unix.MemfdCreate(s.Name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, nil, fmt.Errorf("make a sealed file: %w", err)
	}
	sealed := os.NewFile(uintptr(fd), s.Name)
	if err := copySum(sealed, from, s.SHA256); err != nil {
		return nil, nil, errors.Join(err, sealed.Close())
	}
	_, err = unix.FcntlInt(sealed.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SEAL|unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("seal the program: %w", err), sealed.Close())
	}
	return sealed, argv, nil
}

// begun is how starting ended.
type begun struct {
	process *os.Process
	err     error
}

// try starts the process at one level. Its parent is a thread of its own: that
// thread alone is confined before it forks, and the process is told to die
// with it. The thread waits for the process, and is thrown away after.
func (s *Spec) try(level Level, program *os.File, argv []string) (*Process, error) {
	out, errs, outEnd, errsEnd, err := pipes()
	if err != nil {
		return nil, err
	}
	p := &Process{level: level, stdout: out, stderr: errs, done: make(chan struct{})}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, errors.Join(err, out.Close(), errs.Close(), outEnd.Close(), errsEnd.Close())
	}
	files := []*os.File{null, outEnd, errsEnd, program}
	started := make(chan begun)
	go func() { // owned by p: it ends with the process
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		process, err := s.fork(level, argv, files)
		started <- begun{process, err}
		if err != nil {
			return
		}
		state, _ := process.Wait() // fails only for what is no child of ours
		p.ended(state)
	}()
	b := <-started
	_, _, _ = null.Close(), outEnd.Close(), errsEnd.Close()
	if b.err != nil {
		return nil, errors.Join(b.err, out.Close(), errs.Close())
	}
	p.pid, p.kill = b.process.Pid, b.process.Kill
	if err := limit(p.pid, s.Limits); err != nil {
		return nil, errors.Join(err, p.Kill())
	}
	return p, nil
}

// fork confines the calling thread and forks from it. The program is file 3.
func (s *Spec) fork(level Level, argv []string, files []*os.File) (*os.Process, error) {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("give up new privileges: %w", err)
	}
	if level >= Fenced {
		if err := fence(s.Readable, s.Writable); err != nil {
			return nil, err
		}
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}
	if level == Jailed {
		attr.Cloneflags = syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS
		if os.Geteuid() != 0 {
			// Without a map of users the process is nobody inside, and outside
			// it still owns what it writes.
			attr.Cloneflags |= syscall.CLONE_NEWUSER
		}
	}
	return os.StartProcess("/proc/self/fd/3", argv, &os.ProcAttr{Env: s.Env, Files: files, Sys: attr})
}

// limit sets the limits of a process that has just started; it cannot have
// used up anything yet.
func limit(pid int, l Limits) error {
	limits := map[int]uint64{unix.RLIMIT_DATA: uint64(l.Memory) * watched, unix.RLIMIT_NOFILE: l.Files, unix.RLIMIT_CORE: 0}
	if l.Processes > 0 {
		limits[unix.RLIMIT_NPROC] = l.Processes
	}
	for what, most := range limits {
		err := unix.Prlimit(pid, what, &unix.Rlimit{Cur: most, Max: most}, nil)
		if err != nil && !errors.Is(err, unix.ESRCH) { // it has ended already
			return fmt.Errorf("limit the process: %w", err)
		}
	}
	return nil
}
