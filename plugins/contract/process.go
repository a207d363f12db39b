package contract

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/launch"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// maxLine bounds the handshake.
const maxLine = 16 << 10

func walk(bundle []byte, see func(name string, body io.Reader) error) error {
	return pack.Walk(bytes.NewReader(bundle), see)
}

func unpack(dir string, bundle []byte) error {
	return walk(bundle, func(name string, body io.Reader) error {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		raw, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return os.WriteFile(path, raw, 0o755) //nolint:gosec // a plugin is run
	})
}

// process is a process of the plugin that was started here, without
// certificates: somebody else's calls are put in between.
type process struct {
	p    *launch.Process
	conn *grpc.ClientConn
	dir  string

	mu    sync.Mutex
	wrote bytes.Buffer // the last of it
	reads sync.WaitGroup
}

// maxWords bounds what is kept of what a process writes.
const maxWords = 8 << 10

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote.Write(b)
	if p.wrote.Len() > 2*maxWords {
		p.wrote.Next(p.wrote.Len() - maxWords)
	}
	return len(b), nil
}

// lastWords is the last of what it wrote, indented.
func (p *process) lastWords() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := strings.TrimSpace(strings.ToValidUTF8(p.wrote.String(), "�"))
	if len(text) > 1500 {
		text = "…" + text[len(text)-1500:]
	}
	if text == "" {
		return ""
	}
	return "| " + strings.ReplaceAll(text, "\n", "\n| ")
}

// start starts the process and shakes hands.
func (t *trial) start(ctx context.Context) (*process, error) {
	dir, err := os.MkdirTemp(t.work, "p")
	if err != nil {
		return nil, err
	}
	program, _, err := host.ProgramOf(t.m, t.dir, nil)
	if err != nil {
		return nil, err
	}
	spec := host.SpecOf(t.m, dir)
	spec.Program = program
	if t.site != nil {
		spec.Most = launch.Bare // the site's sockets are not in its folder
	}
	spec.Readable = append(spec.Readable, t.dir)
	spec.Env = append(spec.Env, sdk.CookieKey+"="+sdk.CookieValue, "PLUGIN_PROTOCOL_VERSIONS=1", "PLUGIN_UNIX_SOCKET_DIR="+dir)
	started, err := launch.Start(spec)
	if err != nil {
		return nil, err
	}
	p := &process{p: started, dir: dir}
	p.reads.Go(func() { _, _ = io.Copy(p, started.Stderr()) }) // until it ends, as the next
	line := make(chan string, 1)
	p.reads.Go(func() {
		r := bufio.NewReader(started.Stdout())
		first, _ := r.ReadSlice('\n')
		line <- string(first[:min(len(first), maxLine)])
		_, _ = io.Copy(p, r)
	})
	if err := p.greet(ctx, line, host.Unhurried.Start+t.Slack); err != nil {
		p.end()
		return p, err
	}
	return p, nil
}

// greet reads the line and connects.
func (p *process) greet(ctx context.Context, line <-chan string, most time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	var first string
	select {
	case first = <-line:
	case <-ctx.Done():
		return fmt.Errorf("it wrote no line within %v", most)
	}
	if first == "" {
		select {
		case <-p.p.Done():
			return fmt.Errorf("it ended before it wrote a line: %v", p.p.State())
		case <-ctx.Done():
			return errors.New("it closed its standard output")
		}
	}
	parts := strings.Split(strings.TrimRight(first, "\r\n"), "|")
	if len(parts) < 5 || parts[0] != "1" || parts[1] != "1" || parts[2] != "unix" || parts[4] != "grpc" {
		return fmt.Errorf("its first line was %.200q instead of 1|1|unix|<path>|grpc|", first)
	}
	if len(parts) > 5 && parts[5] != "" {
		return errors.New("it serves with certificates although PLUGIN_CLIENT_CERT is not set")
	}
	conn, err := grpc.NewClient("unix:"+parts[3], grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64<<20), grpc.MaxCallSendMsgSize(64<<20)))
	if err != nil {
		return fmt.Errorf("connect to %q: %w", parts[3], err)
	}
	p.conn = conn
	return nil
}

// ended gives how it ended, or nil while it runs.
func (p *process) ended() *os.ProcessState {
	select {
	case <-p.p.Done():
		return p.p.State()
	default:
		return nil
	}
}

func (p *process) end() {
	if p.conn != nil {
		_ = p.conn.Close() // nothing is under way
	}
	_ = p.p.Kill() // it fails when it has ended
	<-p.p.Done()
	p.reads.Wait()
}

// alive reports whether the process still runs, after a moment in which one
// that was hit would have ended.
func (t *trial) alive() bool { return t.process != nil && t.process.ended() == nil }

// answers makes sure that the process still works after it was disturbed.
func (t *trial) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, t.Patience)
	defer cancel()
	err := t.process.healthy(ctx)
	if state := t.process.ended(); state != nil {
		return fmt.Errorf("the process has ended: %v", state)
	}
	return err
}

// memory is what the process holds of the machine's memory, in KiB; 0 where
// that is not known.
func memory(pid int) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(raw)) {
		var kb int
		if n, _ := fmt.Sscanf(line, "Pss: %d kB", &kb); n == 1 {
			return kb
		}
	}
	return 0
}

// gone reports whether no process has the number any more, or only one that
// waits to be reaped.
func gone(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil || p.Signal(syscall.Signal(0)) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// within gives a context for one call of the host's.
func within(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, most)
}
