//go:build !linux

package launch

import (
	"errors"
	"fmt"
	"os"
)

// Start starts a process. This system has no means of ours to confine it
// further than by its environment.
func Start(s Spec) (*Process, error) {
	path, argv := s.File, append([]string{s.Name}, s.Args...)
	if s.Interpreter != "" {
		path, argv = s.Interpreter, append([]string{s.Interpreter, s.Script}, s.Args...)
	} else if err := s.check(); err != nil {
		return nil, fmt.Errorf("prepare the program of %s: %w", s.Name, err)
	}
	out, errs, outEnd, errsEnd, err := pipes()
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, errors.Join(err, out.Close(), errs.Close(), outEnd.Close(), errsEnd.Close())
	}
	process, err := os.StartProcess(path, argv, &os.ProcAttr{Env: s.Env, Files: []*os.File{null, outEnd, errsEnd}})
	_, _, _ = null.Close(), outEnd.Close(), errsEnd.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", s.Name, err), out.Close(), errs.Close())
	}
	p := &Process{pid: process.Pid, stdout: out, stderr: errs, done: make(chan struct{}), kill: process.Kill}
	go func() { // owned by p: it ends with the process
		state, _ := process.Wait() // fails only for what is no child of ours
		p.ended(state)
	}()
	return p, nil
}

// check compares the checksum. The file could still be changed before it runs;
// only Linux has files that are sealed.
func (s *Spec) check() error {
	f, err := os.Open(s.File)
	if err != nil || s.SHA256 == "" {
		return errors.Join(err, f.Close())
	}
	defer f.Close()
	return copySum(discard{}, f, s.SHA256)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
