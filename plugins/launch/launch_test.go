//go:build linux

package launch

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary is also the process that is started: with this variable it
// does one thing and exits, and never runs a test.
const actVariable = "RECUEIL_LAUNCH_ACT"

func TestMain(m *testing.M) {
	if act := os.Getenv(actVariable); act != "" {
		perform(act)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// perform is what the started process does.
func perform(act string) {
	verb, arg, _ := strings.Cut(act, " ")
	say := func(what any, err error) { fmt.Println(what, err) }
	switch verb {
	case "env":
		fmt.Println(strings.Join(os.Environ(), ";"))
	case "read":
		b, err := os.ReadFile(arg)
		say(string(b), err)
	case "write":
		say("wrote", os.WriteFile(arg, []byte("x"), 0o600))
	case "dial":
		c, err := (&net.Dialer{Timeout: 5 * time.Second}).Dial("tcp", arg)
		if err == nil {
			c.Close()
		}
		say("dialled", err)
	case "eat":
		var all [][]byte
		for range 4096 {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = 1
			}
			all = append(all, b)
		}
		fmt.Println(len(all))
	case "child": // leaves a child behind that holds the pipes
		c := exec.Command("/bin/sleep", "5")
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		say("child", c.Start())
	case "wait":
		fmt.Println("waiting")
		select {}
	case "host": // starts one, as the host of plugins does, and is killed
		p, err := Start(specOf("wait", arg))
		if err != nil {
			say("start", err)
			return
		}
		_, _ = bufio.NewReader(p.Stdout()).ReadString('\n')
		fmt.Println(p.PID())
		select {}
	}
}

func specOf(act, work string) Spec {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return Spec{Name: "test", Program: Program{File: self}, Env: []string{actVariable + "=" + act, "GORACE=atexit_sleep_ms=0"}, Writable: []string{work}, Most: Jailed}
}

// run starts the act and gives all that it wrote.
func run(t *testing.T, s Spec) (*Process, string, string) {
	t.Helper()
	p, err := Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill(); <-p.Done() })
	errs := make(chan string)
	go func() {
		b, _ := io.ReadAll(p.Stderr())
		errs <- string(b)
	}()
	out, _ := io.ReadAll(p.Stdout())
	<-p.Done()
	return p, string(out), <-errs
}

func TestConfined(t *testing.T) {
	t.Setenv("MINIO_SECRET", "hush")
	work, foreign := t.TempDir(), filepath.Join(t.TempDir(), "foreign")
	if err := os.WriteFile(foreign, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, c := range []struct {
		act, gives string
		from       Level // from which level on it holds
	}{
		{"env", actVariable + "=env;GORACE=atexit_sleep_ms=0\n", Bare},
		{"read " + foreign, "permission denied", Fenced},
		{"read /proc/1/environ", "permission denied", Fenced},
		{"write " + filepath.Join(filepath.Dir(foreign), "new"), "permission denied", Fenced},
		{"write " + filepath.Join(work, "new"), "wrote <nil>", Bare},
		{"dial " + ln.Addr().String(), "dialled dial tcp", Jailed}, // and what went wrong
	} {
		for most := c.from; most <= Jailed; most++ {
			s := specOf(c.act, work)
			s.Most = most
			p, out, errs := run(t, s)
			if p.Level() < most && landlocked() {
				t.Errorf("confined to %s only, not %s", p.Level(), most)
			}
			if p.Level() < c.from {
				continue
			}
			if !strings.Contains(out, c.gives) {
				t.Errorf("%s at %s: %q %q, want %q", c.act, p.Level(), out, errs, c.gives)
			}
		}
	}
}

// landlocked reports whether the kernel has Landlock. Where it does, it is
// taken that namespaces are there, too: not in every container.
func landlocked() bool {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	return errno == 0 && abi > 0 && exec.Command("/usr/bin/unshare", "-Un", "/bin/true").Run() == nil
}

func TestMemoryBomb(t *testing.T) {
	s := specOf("eat", t.TempDir())
	s.Limits.Memory = 128 << 20
	p, out, errs := run(t, s)
	if p.State().Success() || !strings.Contains(errs, "out of memory") && !strings.Contains(errs, "allocate") {
		t.Errorf("%v %q %.400q", p.State(), out, errs)
	}
}

// The end is noticed, and reading ends, although a child holds the pipes; in a
// jail the child ends, too.
func TestChildHoldsPipes(t *testing.T) {
	p, out, _ := run(t, specOf("child", t.TempDir()))
	if !strings.Contains(out, "child <nil>") || !p.State().Success() {
		t.Errorf("%q %v", out, p.State())
	}
}

func TestStoppedIsKilled(t *testing.T) {
	p, err := Start(specOf("wait", t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(p.Stdout()).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if p.State().String() != "signal: killed" {
		t.Error(p.State())
	}
}

// What is run is what was installed, even when the file changes.
func TestAltered(t *testing.T) {
	self, _ := os.Executable()
	raw, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	s := specOf("env", t.TempDir())
	s.File, s.SHA256 = filepath.Join(t.TempDir(), "program"), hex.EncodeToString(sum[:])
	if err := os.WriteFile(s.File, raw, 0o500); err != nil {
		t.Fatal(err)
	}
	if p, _, _ := run(t, s); !p.State().Success() {
		t.Error(p.State())
	}
	if err := os.Chmod(s.File, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.File, append(raw, 0), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(s); !errors.Is(err, ErrAltered) {
		t.Error(err)
	}
}

// When the host is killed, nothing that it started is left.
func TestNoOrphans(t *testing.T) {
	self, _ := os.Executable()
	host := exec.Command(self)
	host.Env = []string{actVariable + "=host " + t.TempDir()}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, convErr := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || convErr != nil {
		t.Fatal(line, err, convErr)
	}
	if err := errors.Join(syscall.Kill(pid, 0), host.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait()
	for deadline := time.Now().Add(time.Minute); syscall.Kill(pid, 0) == nil; {
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(state), ") Z ") {
			break // gone, or waiting for whoever reaps orphans here
		}
		if time.Now().After(deadline) {
			t.Fatal("the plugin has outlived its host")
		}
		time.Sleep(time.Millisecond)
	}
}
