package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/minio"
)

var errAddress = errors.New(`not "folder:PATH" nor "s3://BUCKET/PREFIX?endpoint=…&region=…"`)

// openBucket opens the bucket at an address. env gives the variables that hold
// the keys of an S3 store.
func openBucket(ctx context.Context, address string, env func(string) string) (storage.Bucket, io.Closer, error) {
	if path, ok := strings.CutPrefix(address, "folder:"); ok && path != "" {
		b, err := folder.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("open the bucket in folder %s: %w", path, err)
		}
		return b, b, nil
	}
	if strings.HasPrefix(address, "s3://") {
		o, err := minio.ParseURL(address, env)
		if err != nil {
			return nil, nil, fmt.Errorf("read the address of the bucket: %w", err)
		}
		b, err := minio.Open(ctx, o)
		if err != nil {
			return nil, nil, fmt.Errorf("open bucket %s at %s: %w", o.Bucket, o.Endpoint, err)
		}
		return b, b, nil
	}
	return nil, nil, fmt.Errorf("bucket %q: %w", address, errAddress)
}
