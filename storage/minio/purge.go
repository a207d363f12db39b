package minio

import (
	"context"
	"errors"
	"fmt"

	s3 "github.com/minio/minio-go/v7"

	"github.com/recueil-cms/recueil/storage"
)

// Purge implements storage.Purger: it removes all versions and deletion
// markers of the key and the parts of unfinished uploads to it. It fails when
// the store refuses, as it does for an object that is locked against deletion.
//
// What the store does with its own files is up to it: MinIO keeps deleted ones
// in a trash folder, out of reach of any request, until delete_cleanup_interval
// has passed, which is 5 minutes unless set otherwise.
func (b *Bucket) Purge(ctx context.Context, key string) error {
	if err := storage.CheckKey(key); err != nil {
		return err
	}
	if err := b.purge(ctx, b.prefix+key); err != nil {
		return fmt.Errorf("purge %s: %w", key, err)
	}
	return nil
}

// purgeRounds bounds how often Purge looks again, while others write.
const purgeRounds = 10

func (b *Bucket) purge(ctx context.Context, name string) error {
	if err := b.again.RemoveIncompleteUpload(ctx, b.name, name); err != nil && !absent(err) {
		return fmt.Errorf("unfinished uploads: %w", err)
	}
	for range purgeRounds {
		versions, err := b.versions(ctx, name)
		if code(err) == s3.NotImplemented { // a store that cannot list versions keeps none
			versions, err = []string{""}, nil
			if _, gone := b.again.StatObject(ctx, b.name, name, s3.StatObjectOptions{}); code(gone) == s3.NoSuchKey {
				versions = nil
			}
		}
		if err != nil {
			return fmt.Errorf("look for versions: %w", err)
		}
		if len(versions) == 0 {
			return ctx.Err()
		}
		for _, version := range versions {
			err := b.once.RemoveObject(ctx, b.name, name, s3.RemoveObjectOptions{VersionID: version})
			if err != nil && code(err) != s3.NoSuchKey && code(err) != s3.NoSuchVersion {
				return fmt.Errorf("version %q: %w", version, err)
			}
		}
	}
	return errors.New("others go on writing to it")
}

// versions gives the ids of the versions and markers of exactly this name.
func (b *Bucket) versions(ctx context.Context, name string) ([]string, error) {
	var ids []string
	for info := range b.again.ListObjectsIter(ctx, b.name, s3.ListObjectsOptions{Prefix: name, WithVersions: true, Recursive: true}) {
		if info.Err != nil {
			return nil, info.Err
		}
		if info.Key != name {
			break // the name itself sorts before all that start with it
		}
		ids = append(ids, info.VersionID)
	}
	return ids, ctx.Err()
}

// absent says that the store knows nothing of what was asked about.
func absent(err error) bool {
	switch code(err) {
	case s3.NoSuchKey, s3.NoSuchUpload, s3.NotImplemented:
		return true
	}
	return false
}
