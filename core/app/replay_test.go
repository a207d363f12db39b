package app

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// A restore that brings a destroyed key back does not bring the person back.
func TestARestoredKeyIsDestroyedAgain(t *testing.T) {
	ctx := t.Context()
	bucket := storagetest.NewMemory()
	data := filepath.Join(t.TempDir(), "data")
	n := open(t, bucket, data)
	r, err := n.runner.Do(ctx, system("test"), action.CreateEntry{Collection: "associations", Inputs: action.Inputs{
		"fr": {"name": "Les Amis", "president": map[string]any{"full_name": "Canari"}}}})
	if err != nil {
		t.Fatal(err)
	}
	key := "keys/" + r.Subject
	body, _, err := bucket.Get(ctx, key, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		t.Fatal(err)
	}
	if err := n.keys.Destroy(ctx, r.Subject); err != nil {
		t.Fatal(err)
	}
	closeNode(t, n)
	// The restore: the log ends before the erasure, and the key is back.
	if _, err := bucket.Put(ctx, key, bytes.NewReader(saved), int64(len(saved)), storage.Cond{}); err != nil {
		t.Fatal(err)
	}
	n = open(t, bucket, data)
	defer closeNode(t, n)
	if _, _, err := bucket.Get(ctx, key, storage.Range{}); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("the key is still there: %v", err)
	}
	err = n.view.Read(ctx, func(tx *view.Tx) error {
		e, err := tx.Entry(content.EntryID(r.Subject))
		if err == nil && len(e.Side(content.Shared).Newest().Personal) > 0 {
			t.Errorf("the view still has %v", e.Side(content.Shared).Newest().Personal)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
