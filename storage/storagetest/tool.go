package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Tool is a program that tests run, pinned to one version.
type Tool struct {
	Name    string // of the binary
	Env     string // the environment variable that may name another binary
	Package string // what go install builds
	Version string
	Cost    string // what building it takes, for people
}

// MinIOTool is the reference S3 server. Its repository is no longer
// maintained; this is the last state.
func MinIOTool() Tool {
	return Tool{
		Name:    "minio",
		Env:     "RECUEIL_MINIO",
		Package: "github.com/minio/minio",
		Version: "v0.0.0-20260212201848-7aac2a2c5b7c",
		Cost:    "4 to 6 minutes of processor time, 110 MB",
	}
}

// VersityGWTool is the second S3 server: another code base, on a plain folder.
func VersityGWTool() Tool {
	return Tool{
		Name:    "versitygw",
		Env:     "RECUEIL_VERSITYGW",
		Package: "github.com/versity/versitygw/cmd/versitygw",
		Version: "v1.8.0",
		Cost:    "2 minutes of processor time, 45 MB",
	}
}

// Tools gives all tools that tests run.
func Tools() []Tool { return []Tool{MinIOTool(), VersityGWTool()} }

// Find gives the path of the binary: the one that the environment names, or
// the one in the user's cache folder, built there first when it is missing.
// Several processes may ask at once; one builds. What it does goes to log.
func (t Tool) Find(ctx context.Context, log io.Writer) (string, error) {
	if path := os.Getenv(t.Env); path != "" {
		if _, err := exec.LookPath(path); err != nil {
			return "", fmt.Errorf("%s: %w", t.Env, err)
		}
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("where to keep %s: %w; set %s to a binary", t.Name, err, t.Env)
	}
	folder := filepath.Join(cache, "recueil", "tools", t.Name+"@"+t.Version)
	path := filepath.Join(folder, t.Name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	release, err := lockFile(ctx, filepath.Join(folder, "lock"))
	if err != nil {
		return "", fmt.Errorf("wait for another build of %s: %w", t.Name, err)
	}
	defer release()
	if _, err := os.Stat(path); err == nil {
		return path, nil // built while we waited
	}
	if err := t.build(ctx, folder, path, log); err != nil {
		return "", fmt.Errorf("build %s %s: %w; set %s to a binary", t.Name, t.Version, err, t.Env)
	}
	return path, nil
}

// build installs into a temporary folder, so that path is never half a binary.
func (t Tool) build(ctx context.Context, folder, path string, log io.Writer) error {
	tmp, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	what := t.Package + "@" + t.Version
	fmt.Fprintf(log, "building the test server %s from source, once (%s)\n  go install %s\n  into %s\n", t.Name, t.Cost, what, path)
	start := time.Now()
	cmd := exec.CommandContext(ctx, "go", "install", "-trimpath", "-ldflags", "-s -w", what)
	cmd.Env = append(os.Environ(), "GOBIN="+tmp, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	cmd.Dir = tmp // outside any module
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return fmt.Errorf("%w: %s", err, strings.Join(lines[max(0, len(lines)-10):], "\n"))
	}
	if err := os.Rename(filepath.Join(tmp, filepath.Base(path)), path); err != nil {
		return err
	}
	fmt.Fprintf(log, "  done in %v\n", time.Since(start).Round(time.Second))
	return nil
}

// lockFile waits for the lock on a file that it makes.
func lockFile(ctx context.Context, path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		got, err := tryLock(f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if got {
			return func() { f.Close() }, nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		}
	}
}
