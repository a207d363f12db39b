package storagetest_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// victimEnv makes the test binary start a server, say where, and wait to be
// killed.
const victimEnv = "RECUEIL_STORAGETEST_VICTIM"

func TestServerDiesWithTheTests(t *testing.T) {
	if os.Getenv(victimEnv) != "" {
		s := storagetest.VersityGW(t)
		fmt.Println("server", s.Options().Endpoint, s.Folder())
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed
		return
	}
	storagetest.VersityGW(t) // so that a build does not count as the victim's time
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithTheTests$")
	cmd.Env = append(os.Environ(), victimEnv+"=1")
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	var address, folder string
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "server %s %s", &address, &folder)
	}
	if conn, err := net.Dial("tcp", address); err != nil {
		t.Fatalf("the victim's server: %v", err)
	} else {
		conn.Close()
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	eventually(t, "the server still answers", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	eventually(t, "its data is still there", func() bool {
		_, err := os.Stat(folder)
		return os.IsNotExist(err)
	})
}

func eventually(t *testing.T, otherwise string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal(otherwise)
		}
	}
}

func TestServersAreShared(t *testing.T) {
	a, b := storagetest.VersityGW(t), storagetest.VersityGW(t)
	if a != b {
		t.Error("two servers")
	}
	if a.Options().Bucket == b.Options().Bucket {
		t.Error("one bucket for two")
	}
}

func TestFindTakesTheBinaryOfTheEnvironment(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range storagetest.Tools() {
		t.Setenv(tool.Env, self)
		if got, err := tool.Find(t.Context(), io.Discard); err != nil || got != self {
			t.Errorf("%s: %q, %v", tool.Name, got, err)
		}
		t.Setenv(tool.Env, filepath.Join(t.TempDir(), "missing"))
		if _, err := tool.Find(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), tool.Env) {
			t.Errorf("%s: error %v, want one that names %s", tool.Name, err, tool.Env)
		}
	}
}

// TestFindBuildsOnce: whoever comes while another builds waits for it.
func TestFindBuildsOnce(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	t.Setenv("GOPROXY", "off")
	tool := storagetest.Tool{Name: "stringer", Env: "RECUEIL_TEST_NO_TOOL", Package: "example.invalid/no/such/tool", Version: "v0.0.1"}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var log strings.Builder
	_, err := tool.Find(ctx, &log)
	if err == nil || !strings.Contains(err.Error(), tool.Env) || !strings.Contains(log.String(), "example.invalid") {
		t.Errorf("error %v after %q", err, log.String())
	}
	root, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(root, "recueil", "tools", "stringer@v0.0.1", "stringer")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := tool.Find(ctx, io.Discard); err != nil || got != binary {
		t.Errorf("%q, %v; want the one in the cache", got, err)
	}
}
