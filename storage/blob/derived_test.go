package blob

import (
	"errors"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestDerivedGoesWithItsBlob(t *testing.T) {
	ctx, bucket := t.Context(), storagetest.NewMemory()
	s := New(bucket, t.TempDir())
	var refs []Ref
	for _, text := range []string{"one", "two"} {
		ref, err := s.Put(ctx, strings.NewReader(text), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"text.1", "picture.1"} {
			if err := s.PutDerived(ctx, ref, name, []byte(text+" "+name)); err != nil {
				t.Fatal(err)
			}
		}
		refs = append(refs, ref)
	}
	if data, err := s.Derived(ctx, refs[0], "text.1", 100); err != nil || string(data) != "one text.1" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := s.Derived(ctx, refs[0], "text.1", 3); !errors.Is(err, ErrTooLarge) {
		t.Errorf("more than asked for: %v", err)
	}
	if err := s.Delete(ctx, refs[0]); err != nil {
		t.Fatal(err)
	}
	for i, gone := range []bool{true, false} {
		if _, err := s.Derived(ctx, refs[i], "picture.1", 100); errors.Is(err, storage.ErrNotExist) != gone {
			t.Errorf("derived of blob %d: %v", i, err)
		}
	}
	for object, err := range bucket.List(ctx, "", "") {
		if err != nil || strings.Contains(object.Key, string(refs[0][7:])) {
			t.Errorf("left: %s, %v", object.Key, err)
		}
	}
	if _, err := s.Derived(ctx, "sha256:../../x", "text.1", 1); !errors.Is(err, ErrRef) {
		t.Errorf("a ref that is none: %v", err)
	}
}
