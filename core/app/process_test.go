//go:build linux

package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media/extract/extracttest"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/minio"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// These tests run the program as people do: the built binary, as a process of
// its own, on a folder or on a real MinIO server.

// within bounds whatever a test waits for; it is only reached by a failure. With
// the race detector, to make ready what reads PDF alone takes minutes of a
// machine that does much else.
const within = 10 * time.Minute

// program gives the path of the program, built once per test process, with the
// race detector when the tests have it.
var program = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "recueil", "tests")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	path := filepath.Join(dir, "recueil")
	args := []string{"build"}
	if raceDetector() {
		args, path = append(args, "-race"), path+"-race"
	}
	// Another test process may do the same: the last one to finish wins.
	fresh := path + "." + strconv.Itoa(os.Getpid())
	build := exec.Command("go", append(args, "-o", fresh, "github.com/recueil-cms/recueil")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, os.Rename(fresh, path)
})

func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

func programPath(t testing.TB) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// place is a bucket: how the program is told of it, and how the test reads it.
type place struct {
	address string
	env     []string
	open    func(t testing.TB) storage.Bucket
	disk    string // the folder that holds its bytes on this machine
}

func folderPlace(t testing.TB) place {
	return placeInFolder(filepath.Join(t.TempDir(), "bucket"))
}

func placeInFolder(dir string) place {
	return placeOf("folder:"+dir, nil, dir, func() (storage.Bucket, io.Closer, error) {
		b, err := folder.Open(dir)
		return b, b, err
	})
}

func minioPlace(t testing.TB, server *storagetest.Server) place {
	o := server.Options()
	address := "s3://" + o.Bucket + "?endpoint=http://" + o.Endpoint + "&region=" + o.Region
	env := []string{"RECUEIL_S3_ACCESS_KEY=" + o.AccessKey, "RECUEIL_S3_SECRET_KEY=" + o.SecretKey}
	return placeOf(address, env, filepath.Join(server.Folder(), "data"), func() (storage.Bucket, io.Closer, error) {
		b, err := minio.Open(context.Background(), o)
		return b, b, err
	})
}

func placeOf(address string, env []string, disk string, open func() (storage.Bucket, io.Closer, error)) place {
	return place{address: address, env: env, disk: disk, open: func(t testing.TB) storage.Bucket {
		t.Helper()
		b, closer, err := open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := closer.Close(); err != nil {
				t.Errorf("close the bucket: %v", err)
			}
		})
		return b
	}}
}

// log opens the log of the place as a node does that only reads.
func (p place) log(t testing.TB, grace time.Duration) *commitlog.Log[content.Commit] {
	t.Helper()
	b := p.open(t)
	l, err := commitlog.Open(t.Context(), b, commitlog.Codec[content.Commit](sealed.Codec{Keys: keyring.Open(b, rand.Reader)}),
		commitlog.Options{Node: "test", Now: time.Now, Rand: rand.Reader, Temp: t.TempDir(), Grace: grace})
	if err != nil {
		t.Fatalf("open the log: %v", err)
	}
	return l
}

// output collects what a process writes, and tells who waits for it.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	grown chan struct{} // closed and replaced when text grows
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.grown)
	o.grown = make(chan struct{})
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// line waits for a whole line that find accepts.
func (o *output) line(ctx context.Context, find func(line string) bool) error {
	for seen := 0; ; {
		o.mu.Lock()
		text, grown := o.text.String(), o.grown
		o.mu.Unlock()
		for {
			line, _, whole := strings.Cut(text[seen:], "\n")
			if !whole {
				break
			}
			seen += len(line) + 1
			if find(line) {
				return nil
			}
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// process is one life of the program.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	url    string        // of a server, without a slash at the end
	ended  chan struct{} // closed when it has ended
	err    error         // how it ended
}

// launch starts the program. It does not outlive the test, nor the test
// process: a shell kills it when our end of a pipe closes.
func launch(t testing.TB, p place, args ...string) *process {
	t.Helper()
	r := &process{t: t, stdout: newOutput(), stderr: newOutput(), ended: make(chan struct{})}
	r.cmd = exec.Command(programPath(t), args...)
	r.cmd.Env = append(append(os.Environ(), "RECUEIL_LANG=en", "GORACE=halt_on_error=1 exitcode=66"), p.env...)
	r.cmd.Stdout, r.cmd.Stderr = r.stdout, r.stderr
	if err := r.cmd.Start(); err != nil {
		t.Fatalf("start the program: %v", err)
	}
	watch := exec.Command("/bin/sh", "-c", `read -r word || kill -9 "$1"`, "watch", strconv.Itoa(r.cmd.Process.Pid))
	word, err := watch.StdinPipe()
	if err == nil {
		err = watch.Start()
	}
	if err != nil {
		t.Fatalf("start the watch: %v", err)
	}
	go func() { // ends with the process, which the cleanup kills
		defer close(r.ended)
		r.err = r.cmd.Wait()
		_, _ = io.WriteString(word, "ended\n") // fails only when the watch has ended
		_ = watch.Wait()
	}()
	t.Cleanup(func() {
		r.kill()
		if t.Failed() {
			t.Logf("%s\n%s", strings.Join(r.cmd.Args, " "), troubles(r.stderr.String()))
		}
		if strings.Contains(r.stderr.String(), "DATA RACE") {
			t.Errorf("a data race in the program:\n%s", r.stderr.String())
		}
	})
	return r
}

// troubles are the last lines of a log, without requests that went well.
func troubles(log string) string {
	var lines []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"level":"INFO","msg":"request"`) {
			lines = append(lines, line)
		}
	}
	return tail(strings.Join(lines, ""), 4000)
}

func tail(s string, most int) string {
	if len(s) > most {
		return "…" + s[len(s)-most:]
	}
	return s
}

// kill is kill -9.
func (r *process) kill() {
	_ = r.cmd.Process.Kill() // fails only when it has ended
	<-r.ended
}

// stop asks it to end, waits, and fails the test when it ends badly.
func (r *process) stop() {
	r.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		r.t.Fatalf("stop the program: %v", err)
	}
	select {
	case <-r.ended:
		if r.err != nil {
			r.t.Errorf("the program ended badly: %v\n%s", r.err, tail(r.stderr.String(), 4000))
		}
	case <-time.After(within):
		r.t.Errorf("the program does not stop\n%s", tail(r.stderr.String(), 4000))
		r.kill()
	}
}

// launchServer starts serving without waiting until it does. What reads PDF is
// compiled once for all nodes of all tests.
func launchServer(t testing.TB, p place, data string, flags ...string) *process {
	t.Helper()
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(extracttest.Cache(t), filepath.Join(data, "cache")); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	return launch(t, p, append([]string{"serve", "--bucket", p.address, "--data", data, "--listen", "127.0.0.1:0",
		"--log-format", "json"}, flags...)...)
}

// serve starts a node and waits until it answers.
func serve(t testing.TB, p place, data string, flags ...string) *process {
	t.Helper()
	r := launchServer(t, p, data, flags...)
	if err := r.serving(t.Context()); err != nil {
		t.Fatalf("the node does not serve: %v\n%s%s", err, r.stdout, r.stderr)
	}
	return r
}

var errEnded = errors.New("the program has ended")

// serving waits until the server answers, and notes where.
func (r *process) serving(ctx context.Context) error {
	return r.logged(ctx, "serving", func(line map[string]any) {
		address, _ := line["address"].(string)
		r.url = "http://" + address
	})
}

// logged waits for a line of the log with this message.
func (r *process) logged(ctx context.Context, message string, found func(line map[string]any)) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	go func() { // ends with ctx
		select {
		case <-r.ended:
			end(errEnded)
		case <-ctx.Done():
		}
	}()
	return r.stderr.line(ctx, func(text string) bool {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) != nil || line["msg"] != message {
			return false
		}
		if found != nil {
			found(line)
		}
		return true
	})
}

// files are what the process has open, as the kernel names it.
func (r *process) files(t testing.TB) []string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", r.cmd.Process.Pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if link, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil { // else closed meanwhile
			out = append(out, link)
		}
	}
	return out
}

// run runs a command to its end, and gives its output and exit code.
func run(t testing.TB, p place, input string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	cmd := exec.CommandContext(ctx, programPath(t), args...)
	cmd.Env = append(append(os.Environ(), "RECUEIL_LANG=en"), p.env...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || ctx.Err() != nil) {
		t.Fatalf("recueil %s: %v %v\n%s", strings.Join(args, " "), err, exit, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// must runs a command that has to succeed.
func must(t testing.TB, p place, input string, args ...string) string {
	t.Helper()
	out, code := run(t, p, input, args...)
	if code != 0 {
		t.Fatalf("recueil %s: exit code %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// administrator makes an account on a site and gives a token for it.
func administrator(t testing.TB, p place, data string) (token string) {
	t.Helper()
	site := []string{"--bucket", p.address, "--data", data}
	must(t, p, "correct horse battery staple\n",
		append([]string{"user", "add", "--role", "administrator", "--password-stdin", "admin@example.org"}, site...)...)
	out := must(t, p, "", append([]string{"token", "create", "--user", "admin@example.org", "--name", "test"}, site...)...)
	lines := strings.Fields(out)
	return lines[len(lines)-1]
}

// sound has the program check the bucket, and the view in data against it.
func sound(t testing.TB, p place, data, view string) {
	t.Helper()
	out := must(t, p, "", "check", "--bucket", p.address, "--data", data)
	if !strings.Contains(out, view) {
		t.Errorf("recueil check does not say %q:\n%s", view, out)
	}
}

// What recueil check says of the local view.
const viewEqual = "The local view equals one made anew."

// eventually waits until check gives no error.
func eventually(t testing.TB, check func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not in %v: %v", within, err)
		}
	}
}

// kills is how often the kill tests kill in all: RECUEIL_KILLS, or a few.
func kills(t testing.TB) int {
	t.Helper()
	text := os.Getenv("RECUEIL_KILLS")
	if text == "" {
		return 6
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("RECUEIL_KILLS: %q is not a number of kills", text)
	}
	return n
}

// rounds is how often a test repeats what takes seconds.
func rounds(t testing.TB) int {
	if thorough(t) {
		return 3
	}
	return 1
}

// thorough says that the tests may take minutes.
func thorough(t testing.TB) bool { return kills(t) >= 50 }
