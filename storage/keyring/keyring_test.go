package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

const canary = "canary 0b1e7c: Amal lives in Annaba"

func seal(t testing.TB, k *Keyring, subject, text string) []byte {
	t.Helper()
	sealed, err := k.Seal(t.Context(), subject, []byte(text), []byte("draft"))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func expectOpen(t testing.TB, k *Keyring, subject string, sealed []byte, want string) {
	t.Helper()
	got, err := k.Open(t.Context(), subject, sealed, []byte("draft"))
	if err != nil || string(got) != want {
		t.Errorf("open for %s: %q, %v; want %q", subject, got, err, want)
	}
}

func expectError(t testing.TB, k *Keyring, subject string, sealed, context []byte, want error) {
	t.Helper()
	if got, err := k.Open(t.Context(), subject, sealed, context); !errors.Is(err, want) {
		t.Errorf("open for %s: %q, %v; want %v", subject, got, err, want)
	}
}

func TestSealedDataOpensOnEveryNode(t *testing.T) {
	b := storagetest.NewMemory()
	sealed := seal(t, Open(b, rand.Reader), "01HX", canary)
	if bytes.Contains(sealed, []byte("canary")) {
		t.Error("the envelope shows its content")
	}
	expectOpen(t, Open(b, rand.Reader), "01HX", sealed, canary)
	other := seal(t, Open(b, rand.Reader), "01HX", canary)
	if bytes.Equal(other, sealed) {
		t.Error("two envelopes are equal")
	}
}

func TestSealedDataIsBoundToSubjectAndContext(t *testing.T) {
	k := Open(storagetest.NewMemory(), rand.Reader)
	sealed := seal(t, k, "a", canary)
	seal(t, k, "b", "another")
	expectError(t, k, "a", sealed, []byte("published"), ErrCorrupt)
	expectError(t, k, "b", sealed, []byte("draft"), ErrErased)
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 4
		if got, err := k.Open(t.Context(), "a", bad, []byte("draft")); err == nil {
			t.Fatalf("flipped byte %d opens as %q", i, got)
		}
	}
	for i := range sealed {
		expectError(t, k, "a", sealed[:i], []byte("draft"), ErrCorrupt)
	}
}

func TestHostileSubjectsAreRefused(t *testing.T) {
	k := Open(storagetest.NewMemory(), rand.Reader)
	for _, subject := range []string{"", ".", "..", "a/b", "../keys", ".tmp-x", "é", "a b", strings.Repeat("x", 129)} {
		if _, err := k.Seal(t.Context(), subject, nil, nil); !errors.Is(err, ErrSubject) {
			t.Errorf("%q: %v", subject, err)
		}
		if err := k.Destroy(t.Context(), subject); !errors.Is(err, ErrSubject) {
			t.Errorf("destroy %q: %v", subject, err)
		}
	}
}

func TestRacingNodesEndWithOneKey(t *testing.T) {
	b := storagetest.NewMemory()
	var all sync.WaitGroup
	envelopes := make([][]byte, 16)
	for i := range envelopes {
		all.Go(func() { envelopes[i] = seal(t, Open(b, rand.Reader), "one", fmt.Sprint(i)) })
	}
	all.Wait()
	k := Open(b, rand.Reader)
	for i, sealed := range envelopes {
		expectOpen(t, k, "one", sealed, fmt.Sprint(i))
	}
}

// everything gives the bytes of all objects of a bucket.
func everything(t testing.TB, b storage.Bucket) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for object, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		body, _, err := b.Get(t.Context(), object.Key, storage.Range{})
		if err != nil {
			t.Fatal(err)
		}
		if all[object.Key], err = io.ReadAll(body); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestNothingOpensWhatWasDestroyed(t *testing.T) {
	b := storagetest.NewMemory()
	here, there := Open(b, rand.Reader), Open(b, rand.Reader)
	sealed := seal(t, here, "01HX", canary)
	expectOpen(t, there, "01HX", sealed, canary)
	var secret keyObject
	key, _ := here.load(t.Context(), "01HX")
	for name, data := range everything(t, b) {
		if name == "keys/01HX" {
			secret.Key = data
		}
	}
	if err := here.Destroy(t.Context(), "01HX"); err != nil {
		t.Fatal(err)
	}
	expectError(t, here, "01HX", sealed, []byte("draft"), ErrErased)
	expectError(t, Open(b, rand.Reader), "01HX", sealed, []byte("draft"), ErrErased)
	there.Forget("01HX")
	expectError(t, there, "01HX", sealed, []byte("draft"), ErrErased)

	raw := secret.Key
	encoded := raw[bytes.LastIndexByte(raw, ':')+2 : len(raw)-2]
	decoded, err := base64.StdEncoding.DecodeString(string(encoded))
	if err != nil || len(decoded) != keySize {
		t.Fatalf("the test did not find the key in %s", raw)
	}
	for name, data := range everything(t, b) {
		if bytes.Contains(data, encoded) || bytes.Contains(data, decoded) {
			t.Errorf("the destroyed key is still in %s", name)
		}
	}

	again := seal(t, here, "01HX", "new")
	expectOpen(t, there, "01HX", again, "new")
	expectError(t, here, "01HX", sealed, []byte("draft"), ErrErased)
	// A node that is late with the same erasure must not take the newer key.
	if err := there.DestroyKey(t.Context(), "01HX", key.id.String()); err != nil {
		t.Fatal(err)
	}
	expectOpen(t, Open(b, rand.Reader), "01HX", again, "new")
}

func TestReplayErasesWhatARestoreBroughtBack(t *testing.T) {
	b := storagetest.NewMemory()
	k := Open(b, rand.Reader)
	gone, stays := seal(t, k, "gone", canary), seal(t, k, "stays", "still here")
	backup := everything(t, b)
	if err := k.Destroy(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	for name, data := range backup { // into the bucket that has the ledger
		if _, err := b.Put(t.Context(), name, bytes.NewReader(data), int64(len(data)), storage.Cond{}); err != nil {
			t.Fatal(err)
		}
	}
	fresh := Open(b, rand.Reader)
	expectOpen(t, fresh, "gone", gone, canary)
	if n, err := fresh.Replay(t.Context()); n != 1 || err != nil {
		t.Errorf("replay: %d, %v; want 1 key", n, err)
	}
	expectError(t, fresh, "gone", gone, []byte("draft"), ErrErased)
	expectOpen(t, fresh, "stays", stays, "still here")
	if n, err := fresh.Replay(t.Context()); n != 0 || err != nil {
		t.Errorf("replay again: %d, %v; want nothing", n, err)
	}
}

func TestDestroyCanBeRepeatedAfterEveryFailure(t *testing.T) {
	for _, fault := range map[string]storagetest.Fault{"before": storagetest.FailBefore, "answer": storagetest.LostAnswer} {
		for n := 1; n <= 4; n++ {
			memory := storagetest.NewMemory()
			sealed := seal(t, Open(memory, rand.Reader), "x", canary)
			faulty := storagetest.NewFaulty(memory, 1, storagetest.Nth(n, fault))
			k := Open(faulty, rand.Reader)
			if err := k.Destroy(t.Context(), "x"); err == nil {
				expectError(t, Open(memory, rand.Reader), "x", sealed, []byte("draft"), ErrErased)
				continue
			}
			faulty.Switch(false)
			if err := k.Destroy(t.Context(), "x"); err != nil {
				t.Fatalf("repeated after failure %d: %v", n, err)
			}
			expectError(t, k, "x", sealed, []byte("draft"), ErrErased)
			expectError(t, Open(memory, rand.Reader), "x", sealed, []byte("draft"), ErrErased)
		}
	}
}

func TestALostAnswerLosesNoKey(t *testing.T) {
	memory := storagetest.NewMemory()
	faulty := storagetest.NewFaulty(memory, 1, storagetest.On(storagetest.Writes, storagetest.Nth(1, storagetest.LostAnswer)))
	sealed := seal(t, Open(faulty, rand.Reader), "x", canary)
	expectOpen(t, Open(memory, rand.Reader), "x", sealed, canary)
}

func TestCacheIsBoundedAndSparesReads(t *testing.T) {
	memory := storagetest.NewMemory()
	var subjects []string
	envelopes := map[string][]byte{}
	for i := range 20 {
		subject := fmt.Sprint("s", i)
		subjects = append(subjects, subject)
		envelopes[subject] = seal(t, Open(memory, rand.Reader), subject, subject)
	}
	k := Open(memory, rand.Reader)
	if err := k.Prefetch(t.Context(), append(subjects, "nobody")); err != nil {
		t.Fatal(err)
	}
	k.bucket = storagetest.NewFaulty(memory, 1, storagetest.FailBefore)
	for subject, sealed := range envelopes {
		expectOpen(t, k, subject, sealed, subject)
	}

	small := newCache(3)
	for i := range 10 {
		small.add(fmt.Sprint(i), &key{}, 0)
		small.bury(fmt.Sprint(i), keyID{1})
	}
	if len(small.known) != 3 || small.order.Len() != 3 {
		t.Errorf("the cache holds %d and %d of at most 3", len(small.known), small.order.Len())
	}
}

// slow holds a read until it is released.
type slow struct {
	storage.Bucket
	reading, release chan struct{}
}

func (s *slow) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	body, object, err := s.Bucket.Get(ctx, key, r)
	s.reading <- struct{}{}
	<-s.release
	return body, object, err
}

func TestAKeyReadBeforeAnErasureIsNotRemembered(t *testing.T) {
	memory := storagetest.NewMemory()
	sealed := seal(t, Open(memory, rand.Reader), "x", canary)
	s := &slow{memory, make(chan struct{}), make(chan struct{})}
	k := Open(s, rand.Reader)
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.Open(context.Background(), "x", sealed, []byte("draft"))
	}()
	<-s.reading
	if err := Open(memory, rand.Reader).Destroy(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	k.Forget("x")
	close(s.release)
	<-done
	k.bucket = memory
	expectError(t, k, "x", sealed, []byte("draft"), ErrErased)
}

func FuzzOpen(f *testing.F) {
	k := Open(storagetest.NewMemory(), rand.Reader)
	good, err := k.Seal(f.Context(), "x", []byte(canary), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:20])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plain, err := k.Open(t.Context(), "x", sealed, nil)
		if err == nil && !bytes.Equal(sealed, good) {
			t.Errorf("forged: %q", plain)
		}
		if err != nil && !errors.Is(err, ErrErased) && !errors.Is(err, ErrCorrupt) {
			t.Errorf("unexpected error: %v", err)
		}
	})
}
