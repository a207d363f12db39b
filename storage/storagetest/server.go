package storagetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/minio"
)

// The keys of every test server.
const (
	accessKey = "recueil-test"
	secretKey = "recueil-test-secret"
)

// buildLimit is the most that building a test server may take, startLimit the
// most until it answers; only a failure reaches them.
const (
	buildLimit = 30 * time.Minute
	startLimit = 3 * time.Minute
)

// watch runs the server in "$@" and kills it as soon as its own standard input
// ends: when the test process tells it to, or dies in whatever way. Without a
// word before the end, it removes the folder $1 as well.
const watch = `
trap '' INT HUP
folder=$1; shift
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ read -r word <&3 || : >"$folder/abandoned"; kill -9 $server; } &
watcher=$!
wait $server
kill $watcher
if [ -e "$folder/abandoned" ]; then rm -rf "$folder"; fi
`

// Server is a real S3 server on a loopback port, with its data in a temporary
// folder. It does not outlive the test process.
type Server struct {
	name    string
	command func(address, folder string) (args, env []string)
	folder  string
	shared  bool

	mu      sync.Mutex
	address string // the same after a Stop and a Start
	running *running
}

// running is one life of the server.
type running struct {
	stdin io.WriteCloser
	ended chan struct{} // closed when the process has been waited for
}

// servers are those that all tests of a process share. It is the only state of
// this package: starting a server for each test would cost more than the tests.
var servers struct {
	mu     sync.Mutex
	byName map[string]*Server
}

// MinIO gives the MinIO server that all tests of this process share; each
// test uses buckets of its own. It ends with the process.
func MinIO(t testing.TB) *Server {
	t.Helper()
	return sharedServer(t, MinIOTool(), minioCommand)
}

// VersityGW gives the versitygw server that all tests of this process share.
// It does not keep versions.
func VersityGW(t testing.TB) *Server {
	t.Helper()
	return sharedServer(t, VersityGWTool(), versityCommand)
}

// OwnMinIO gives a MinIO server to this test alone, which may Stop and Start it.
func OwnMinIO(t testing.TB) *Server {
	t.Helper()
	s := startServer(t, MinIOTool(), minioCommand)
	t.Cleanup(func() {
		s.Stop(t)
		if err := os.RemoveAll(s.folder); err != nil {
			t.Errorf("remove the data of %s: %v", s.name, err)
		}
	})
	return s
}

func minioCommand(address, folder string) (args, env []string) {
	return []string{"server", "--quiet", "--address", address, "--config-dir", filepath.Join(folder, "config"), filepath.Join(folder, "data")},
		[]string{
			"MINIO_ROOT_USER=" + accessKey, "MINIO_ROOT_PASSWORD=" + secretKey,
			"MINIO_BROWSER=off", "MINIO_UPDATE=off",
			"MINIO_CI_CD=1", // lets the data lie on the root disk
		}
}

func versityCommand(address, folder string) (args, env []string) {
	return []string{"--port", address, "--quiet", "--keep-alive", "posix", filepath.Join(folder, "data")},
		[]string{"ROOT_ACCESS_KEY=" + accessKey, "ROOT_SECRET_KEY=" + secretKey}
}

type commandFunc = func(address, folder string) (args, env []string)

func sharedServer(t testing.TB, tool Tool, command commandFunc) *Server {
	t.Helper()
	servers.mu.Lock()
	defer servers.mu.Unlock()
	s, ok := servers.byName[tool.Name]
	if !ok {
		s = startServer(t, tool, command)
		s.shared = true
		if servers.byName == nil {
			servers.byName = map[string]*Server{}
		}
		servers.byName[tool.Name] = s
	}
	return s
}

func startServer(t testing.TB, tool Tool, command commandFunc) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	binary, err := tool.Find(ctx, os.Stderr)
	if err != nil {
		t.Fatalf("this test needs a real server: %v", err)
	}
	folder, err := os.MkdirTemp("", "recueil-"+tool.Name+"-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &Server{name: tool.Name, folder: folder, command: func(address, folder string) (args, env []string) {
		args, env = command(address, folder)
		return append([]string{binary}, args...), env
	}}
	s.Start(t)
	return s
}

// Options are those to open a bucket of its own for this call, which Open makes.
func (s *Server) Options() minio.Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return minio.Options{
		Endpoint:  s.address,
		Bucket:    "t-" + strings.ToLower(rand.Text()),
		Region:    "us-east-1",
		AccessKey: accessKey,
		SecretKey: secretKey,
	}
}

// Folder is where the server keeps its data and its log.
func (s *Server) Folder() string { return s.folder }

// Bucket opens a new bucket for the time of the test.
func (s *Server) Bucket(t testing.TB) *minio.Bucket {
	t.Helper()
	b, err := minio.Open(t.Context(), s.Options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Stop kills the server at once (SIGKILL). Its data stays. Only the test that
// has the server to itself may do so.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shared {
		t.Fatal("the server is shared; use one of your own")
	}
	if s.running == nil {
		return
	}
	s.running.end()
	s.running = nil
}

func (r *running) end() {
	_, _ = io.WriteString(r.stdin, "stop\n") // fails only when it has ended by itself
	_ = r.stdin.Close()
	<-r.ended
}

// Start starts the server, after a Stop on the same port and data, and returns
// when it answers.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return
	}
	var err error
	for range 10 { // another process may take the free port first
		address := s.address
		if address == "" {
			if address, err = freeAddress(); err != nil {
				break
			}
		}
		if err = s.run(address); err == nil {
			s.address = address
			return
		}
	}
	text, _ := os.ReadFile(s.log())
	t.Fatalf("start %s: %v\n%s", s.name, err, text)
}

func (s *Server) log() string { return filepath.Join(s.folder, "log") }

// The ports of test servers lie below those that systems give to outgoing
// connections: one of these could take the port of a server between a Stop and
// a Start, and would keep it for minutes.
const (
	firstPort = 10_000
	ports     = 10_000
)

func freeAddress() (address string, err error) {
	for range 100 {
		address = fmt.Sprintf("127.0.0.1:%d", firstPort+mathrand.IntN(ports))
		var l net.Listener
		if l, err = net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", err
}

func (s *Server) run(address string) error {
	log, err := os.OpenFile(s.log(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args, env := s.command(address, s.folder)
	cmd := exec.Command("/bin/sh", append([]string{"-c", watch, "watch", s.folder}, args...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	r := &running{stdin: stdin, ended: make(chan struct{})}
	go func() { // ends with the process, which run.end or the end of this process ends
		defer close(r.ended)
		_ = cmd.Wait() // killed, as always
	}()
	if err := r.ready("http://" + address); err != nil {
		r.end()
		return err
	}
	s.running = r
	return nil
}

// ready waits until the server answers, if only that it wants a signature.
func (r *running) ready(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/", nil)
		if err != nil {
			return err
		}
		answer, err := client.Do(req)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode < http.StatusInternalServerError {
				return nil
			}
			err = fmt.Errorf("it answers %s", answer.Status)
		}
		select {
		case <-ticker.C:
		case <-r.ended:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return err
		}
	}
}
