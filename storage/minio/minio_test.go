package minio_test

import (
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestContractOnMinIO(t *testing.T) {
	server := storagetest.MinIO(t)
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return server.Bucket(t) },
		storagetest.Large(1<<30, 96<<20), storagetest.FlatKeys())
}

func TestContractOnVersityGW(t *testing.T) {
	server := storagetest.VersityGW(t)
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return server.Bucket(t) },
		storagetest.Large(256<<20, 96<<20), storagetest.FlatKeys())
}
