package minio_test

import (
	"os"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// large is the size of the large body: 1 GiB with RECUEIL_LARGE, which make
// sim sets, and otherwise many parts of an upload.
func large() int64 {
	if os.Getenv("RECUEIL_LARGE") != "" {
		return 1 << 30
	}
	return 256 << 20
}

func TestContractOnMinIO(t *testing.T) {
	server := storagetest.MinIO(t)
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return server.Bucket(t) },
		storagetest.Large(large(), 96<<20), storagetest.FlatKeys())
}

func TestContractOnVersityGW(t *testing.T) {
	server := storagetest.VersityGW(t)
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return server.Bucket(t) },
		storagetest.Large(256<<20, 96<<20), storagetest.FlatKeys())
}
