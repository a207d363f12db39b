package storagetest_test

import (
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func TestMemory(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return storagetest.NewMemory() },
		storagetest.Large(64<<20, 0), storagetest.FlatKeys())
}

func TestFaultyWithoutFaults(t *testing.T) {
	every := storagetest.OneOf(storagetest.FailBefore, storagetest.LostAnswer, storagetest.CutShort, storagetest.LateEffect(1))
	storagetest.Run(t, func(t *testing.T) storage.Bucket {
		b := storagetest.NewFaulty(storagetest.NewMemory(), storagetest.Seed(t), every)
		b.Switch(false)
		return b
	}, storagetest.FlatKeys())
}
