package folder_test

import (
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func open(t testing.TB, path string) *folder.Bucket {
	t.Helper()
	b, err := folder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return open(t, t.TempDir()) },
		storagetest.Large(1<<30, 32<<20))
}
