package blob

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

const hello = Ref("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")

func open(t testing.TB) (*Store, *storagetest.Memory, string) {
	b, temp := storagetest.NewMemory(), t.TempDir()
	return New(b, temp), b, temp
}

func expectNoTemp(t testing.TB, temp string) {
	t.Helper()
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

func TestBytesComeBack(t *testing.T) {
	s, _, temp := open(t)
	ref, err := s.Put(t.Context(), strings.NewReader("hello"), 5)
	if err != nil || ref != hello {
		t.Fatalf("put: %s, %v", ref, err)
	}
	body, info, err := s.Open(t.Context(), ref, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if err != nil || string(got) != "hello" || info.Size != 5 {
		t.Errorf("got %q of %d bytes, %v", got, info.Size, err)
	}
	part, info, err := s.Open(t.Context(), ref, storage.Range{Offset: 1, Length: 3})
	if err != nil {
		t.Fatal(err)
	}
	defer part.Close()
	if got, err := io.ReadAll(part); err != nil || string(got) != "ell" || info.Size != 5 {
		t.Errorf("part %q of %d bytes, %v", got, info.Size, err)
	}
	expectNoTemp(t, temp)
}

func TestLimitAndFailingReadersStoreNothing(t *testing.T) {
	s, b, temp := open(t)
	if _, err := s.Put(t.Context(), strings.NewReader("hello"), 4); !errors.Is(err, ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
	broken := errors.New("broken")
	if _, err := s.Put(t.Context(), iotest.ErrReader(broken), 4); !errors.Is(err, broken) {
		t.Errorf("failing reader: %v", err)
	}
	for object := range b.List(t.Context(), "", "") {
		t.Errorf("stored: %s", object.Key)
	}
	expectNoTemp(t, temp)
}

func TestTheSameBytesAreSentOnce(t *testing.T) {
	s, memory, _ := open(t)
	puts := 0
	s.bucket = storagetest.NewFaulty(memory, 1, storagetest.When(func(c storagetest.Call) bool {
		if c.Kind&storagetest.Writes != 0 {
			puts++
		}
		return false
	}))
	for range 3 {
		if _, err := s.Put(t.Context(), strings.NewReader("hello"), 99); err != nil {
			t.Fatal(err)
		}
	}
	if puts != 1 {
		t.Errorf("sent %d times", puts)
	}
}

func TestALostAnswerIsLookedAt(t *testing.T) {
	s, memory, _ := open(t)
	s.bucket = storagetest.NewFaulty(memory, 1, storagetest.On(storagetest.Writes, storagetest.LostAnswer))
	if _, err := s.Put(t.Context(), strings.NewReader("hello"), 99); err != nil {
		t.Error(err)
	}
	s.bucket = storagetest.NewFaulty(memory, 1, storagetest.On(storagetest.Writes, storagetest.FailBefore))
	if _, err := s.Put(t.Context(), strings.NewReader("other"), 99); err == nil {
		t.Error("a failed upload went unnoticed")
	}
}

func TestDamageIsNoticedAndRepaired(t *testing.T) {
	s, b, _ := open(t)
	key, _ := hello.key()
	for _, bad := range []string{"hellO", "hell", ""} {
		if _, err := b.Put(t.Context(), key, strings.NewReader(bad), int64(len(bad)), storage.Cond{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Verify(t.Context(), hello); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q passes for hello: %v", bad, err)
		}
	}
	if _, err := s.Put(t.Context(), strings.NewReader("hello"), 99); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(t.Context(), hello); err != nil {
		t.Errorf("after it was put again: %v", err)
	}
}

func TestDeleteAndList(t *testing.T) {
	s, b, _ := open(t)
	want := map[Ref]int64{}
	for _, text := range []string{"", "a", "bb", "ccc"} {
		ref, err := s.Put(t.Context(), strings.NewReader(text), 99)
		if err != nil {
			t.Fatal(err)
		}
		want[ref] = int64(len(text))
	}
	b.Put(t.Context(), "blobs/README", strings.NewReader("x"), 1, storage.Cond{})
	gone, err := s.Put(t.Context(), strings.NewReader("gone"), 99)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Delete(t.Context(), gone); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Stat(t.Context(), gone); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("deleted: %v", err)
	}
	last := Ref("")
	for info, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		size, ok := want[info.Ref]
		if !ok || size != info.Size || info.Ref <= last {
			t.Errorf("listed %+v after %s", info, last)
		}
		delete(want, info.Ref)
		last = info.Ref
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(string(hello))
	f.Add("sha256:")
	f.Add("sha256:" + strings.Repeat("../", 21) + "a")
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := Parse(s)
		if err != nil {
			if !errors.Is(err, ErrRef) {
				t.Errorf("error %v", err)
			}
			return
		}
		key, err := ref.key()
		if err != nil || storage.CheckKey(key) != nil || !bytes.HasSuffix([]byte(key), []byte(s[7:])) {
			t.Errorf("%q has the key %q, %v", s, key, err)
		}
	})
}
