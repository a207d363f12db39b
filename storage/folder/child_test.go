//go:build unix

package folder_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
)

// The test binary plays the other processes too: with childEnv set it does
// that role and nothing else.
const childEnv = "RECUEIL_FOLDER_TEST_CHILD"

func TestMain(m *testing.M) {
	role := os.Getenv(childEnv)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		os.Exit(1)
	}
}

// child starts another process on the bucket in path. Its lines come from the
// reader; it lives until its role ends, or stop.
func child(t *testing.T, role, path, arg string) (lines *bufio.Scanner, cmd *exec.Cmd) {
	t.Helper()
	return childWithInput(t, nil, role, path, arg)
}

// childWithInput gives it our end of a pipe, too.
func childWithInput(t *testing.T, input *os.File, role, path, arg string) (lines *bufio.Scanner, cmd *exec.Cmd) {
	t.Helper()
	cmd = exec.Command(os.Args[0], path, arg)
	cmd.Env = append(os.Environ(), childEnv+"="+role)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if input != nil {
		cmd.Stdin = input
		defer input.Close()
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return bufio.NewScanner(out), cmd
}

func play(role, path, arg string) error {
	if role == "full" {
		return playFull(path)
	}
	b, err := folder.Open(path)
	if err != nil {
		return err
	}
	switch role {
	case "write":
		return playWrite(b, arg)
	case "race":
		return playRace(b, arg)
	case "count":
		return playCount(b, arg)
	case "hold":
		fmt.Println("open")
		_, err := io.Copy(io.Discard, os.Stdin)
		return err
	}
	return fmt.Errorf("no such role")
}

// text is what is stored under key by its nth put; its size goes from nothing
// to several writes.
func text(key string, n int) string {
	line := fmt.Sprintf("%s %d|", key, n)
	return strings.Repeat(line, n*n*37%(400_000/len(line)))
}

// playWrite creates, replaces and deletes until it is killed, and says what it
// has been promised, line by line.
func playWrite(b *folder.Bucket, arg string) error {
	ctx := context.Background()
	for n := 0; ; n++ {
		created := fmt.Sprintf("log/%s/%06d", arg, n)
		if err := putText(ctx, b, created, n, storage.Cond{IfAbsent: true}); err != nil {
			return err
		}
		fmt.Println("put", created, n)
		replaced := fmt.Sprintf("state/%d", n%3)
		if err := putText(ctx, b, replaced, n, storage.Cond{}); err != nil {
			return err
		}
		fmt.Println("put", replaced, n)
		if n%4 == 3 {
			deleted := fmt.Sprintf("log/%s/%06d", arg, n-2)
			fmt.Println("deleting", deleted, n-2)
			if err := b.Delete(ctx, deleted); err != nil {
				return err
			}
			fmt.Println("deleted", deleted, n-2)
		}
	}
}

func putText(ctx context.Context, b storage.Bucket, key string, n int, c storage.Cond) error {
	s := text(key, n)
	_, err := b.Put(ctx, key, strings.NewReader(s), int64(len(s)), c)
	return err
}

// playRace tries to create every key, and says which it has won.
func playRace(b *folder.Bucket, arg string) error {
	if err := atTheGate(); err != nil {
		return err
	}
	for n := range 300 {
		key := fmt.Sprintf("race/%03d", n)
		_, err := b.Put(context.Background(), key, strings.NewReader(arg), int64(len(arg)), storage.Cond{IfAbsent: true})
		switch {
		case err == nil:
			fmt.Println(key)
		case !errors.Is(err, storage.ErrCondition):
			return err
		}
	}
	return b.Close()
}

// atTheGate waits until the parent lets all its children go.
func atTheGate() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// playCount adds one to a number, as often as arg says.
func playCount(b *folder.Bucket, arg string) error {
	times, err := strconv.Atoi(arg)
	if err != nil {
		return err
	}
	if err := atTheGate(); err != nil {
		return err
	}
	ctx := context.Background()
	for done := 0; done < times; {
		body, o, err := b.Get(ctx, "count", storage.Range{})
		if err != nil {
			return err
		}
		was, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(was))
		if err != nil {
			return err
		}
		s := strconv.Itoa(n + 1)
		_, err = b.Put(ctx, "count", strings.NewReader(s), int64(len(s)), storage.Cond{IfMatch: o.ETag})
		if err == nil {
			done++
		} else if !errors.Is(err, storage.ErrCondition) {
			return err
		}
	}
	return b.Close()
}

// playFull lets no file of this process grow over 1 MiB: the write fails in
// the middle of a body as on a full disk, with or without being root.
func playFull(path string) error {
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
		return err
	}
	b, err := folder.Open(path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	big := strings.Repeat("x", 3<<20)
	for _, c := range []storage.Cond{{}, {IfAbsent: true}} {
		_, err := b.Put(ctx, "new", strings.NewReader(big), int64(len(big)), c)
		fmt.Println("new:", errors.Is(err, unix.EFBIG), errors.Is(err, storage.ErrUntouched))
	}
	_, err = b.Put(ctx, "old", strings.NewReader(big), int64(len(big)), storage.Cond{})
	fmt.Println("old:", errors.Is(err, unix.EFBIG), errors.Is(err, storage.ErrUntouched))
	_, err = b.Put(ctx, "small", strings.NewReader("fits"), 4, storage.Cond{IfAbsent: true})
	fmt.Println("small:", err == nil)
	return nil // without Close: what is left over must not be much
}
