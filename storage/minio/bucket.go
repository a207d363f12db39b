// Package minio is a bucket in MinIO or any other S3 store that honours
// If-None-Match and If-Match on a PUT.
//
// A conditional Put is one PUT request, never a multipart upload, whose
// conditions are not safe. Writes are never repeated behind the caller's back:
// the second try of a create that had succeeded unheard would report a lost
// race. Reads, and the parts of a large upload, are repeated.
package minio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	s3 "github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/recueil-cms/recueil/storage"
)

// partSize is the size in bytes of the parts of a large upload, the most that
// one is held in memory by, and the largest object put by a single request.
const partSize = 16 << 20

// readTries is how often a read is tried, with growing pauses, in total.
const readTries = 4

// Bucket implements storage.Bucket and storage.Purger.
type Bucket struct {
	once, again *s3.Client // tries each request once; tries some several times
	transport   *http.Transport
	name        string
	prefix      string // empty or ending in '/'
}

// Open connects to a bucket, and makes it when it does not exist.
func Open(ctx context.Context, o Options) (*Bucket, error) {
	if o.Endpoint == "" {
		o.Endpoint, o.Secure = amazon, true
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	b, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("open bucket %s at %s: %w", o.Bucket, o.Endpoint, err)
	}
	return b, nil
}

func open(ctx context.Context, o Options) (*Bucket, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	b := &Bucket{transport: newTransport(o.Timeout), name: o.Bucket}
	if o.Prefix != "" {
		b.prefix = o.Prefix + "/"
	}
	var err error
	if b.once, err = o.client(b.transport, 1); err != nil {
		return nil, err
	}
	if b.again, err = o.client(b.transport, readTries); err != nil {
		return nil, err
	}
	if err := b.ensure(ctx, o.Region); err != nil {
		b.transport.CloseIdleConnections()
		return nil, err
	}
	return b, nil
}

func (o *Options) client(transport http.RoundTripper, tries int) (*s3.Client, error) {
	return s3.New(o.Endpoint, &s3.Options{
		Creds:      credentials.NewStaticV4(o.AccessKey, o.SecretKey, o.Session),
		Secure:     o.Secure,
		Region:     o.Region,
		Transport:  transport,
		MaxRetries: tries,
	})
}

// ensure makes the bucket unless it exists. Two processes may do so at once.
func (b *Bucket) ensure(ctx context.Context, region string) error {
	exists, err := b.again.BucketExists(ctx, b.name)
	if err != nil {
		return fmt.Errorf("look for it: %w", explain(err))
	}
	if exists {
		return nil
	}
	failed := b.once.MakeBucket(ctx, b.name, s3.MakeBucketOptions{Region: region})
	if failed == nil {
		return nil
	}
	if exists, err := b.again.BucketExists(ctx, b.name); err == nil && exists {
		return nil
	}
	if code(failed) == s3.AccessDenied {
		return fmt.Errorf("it does not exist and these keys may not make it; make it, or allow s3:CreateBucket: %w", failed)
	}
	return fmt.Errorf("it does not exist and cannot be made: %w", explain(failed))
}

// explain adds what to do about the failures that a wrong set-up gives.
func explain(err error) error {
	switch code(err) {
	case s3.AccessDenied:
		return fmt.Errorf("these keys have no right to it: %w", err)
	case "InvalidAccessKeyId", "SignatureDoesNotMatch":
		return fmt.Errorf("the store does not know these keys: %w", err)
	}
	return err
}

// Close lets go of idle connections. Calls that are running go on.
func (b *Bucket) Close() error {
	b.transport.CloseIdleConnections()
	return nil
}

// Put implements storage.Bucket. The answer has no Modified time.
func (b *Bucket) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if err := storage.CheckPut(key, size, c); err != nil {
		return storage.Object{}, err
	}
	body = storage.Exactly(body, size)
	var info s3.UploadInfo
	var err error
	switch {
	case c.Conditional():
		info, err = b.putIf(ctx, key, body, c)
	case size <= partSize:
		info, err = b.putOnce(ctx, key, body, size)
	default:
		info, err = b.putParts(ctx, key, body, size)
	}
	if err == nil && info.ETag == "" {
		err = errors.New("the store has answered without an ETag")
	}
	if err != nil {
		return storage.Object{}, fmt.Errorf("put %s: %w", key, err)
	}
	return storage.Object{Key: key, Size: size, ETag: info.ETag, Modified: info.LastModified}, nil
}

// putIf puts under a condition. A conflict (409) is an answer too: the store
// has done nothing because something else was going on with the key, so it is
// safe to try again.
func (b *Bucket) putIf(ctx context.Context, key string, body io.Reader, c storage.Cond) (s3.UploadInfo, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return s3.UploadInfo{}, fmt.Errorf("%w: %w", storage.ErrUntouched, err)
	}
	options := single(int64(len(data)))
	if c.IfAbsent {
		options.SetMatchETagExcept("*")
	} else {
		if strings.ContainsAny(c.IfMatch, "*\", \r\n") { // would mean something else in the header
			return s3.UploadInfo{}, storage.ErrCondition
		}
		options.SetMatchETag(c.IfMatch)
	}
	const tries = 3
	for try := 1; ; try++ {
		info, err := b.once.PutObject(ctx, b.name, b.prefix+key, bytes.NewReader(data), int64(len(data)), options)
		if code(err) != "ConditionalRequestConflict" || try == tries {
			return info, known(conditionError(err, c))
		}
		if err := pause(ctx, time.Duration(try)*20*time.Millisecond); err != nil {
			return s3.UploadInfo{}, fmt.Errorf("%w: %w", storage.ErrUntouched, err)
		}
	}
}

// conditionError tells a condition that does not hold from other failures. A
// missing bucket is not a missing key.
func conditionError(err error, c storage.Cond) error {
	switch code(err) {
	case s3.PreconditionFailed:
		return fmt.Errorf("%w: %w", storage.ErrCondition, err)
	case s3.NoSuchKey:
		if c.IfMatch != "" {
			return fmt.Errorf("%w: %w", storage.ErrCondition, err)
		}
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// putOnce streams one PUT request. Exactly withholds the end of a body of the
// wrong size, so the store never sees a request of the announced length.
func (b *Bucket) putOnce(ctx context.Context, key string, body io.Reader, size int64) (s3.UploadInfo, error) {
	if size == 0 { // no byte to withhold: find out first
		if _, err := io.Copy(io.Discard, body); err != nil {
			return s3.UploadInfo{}, err
		}
		body = bytes.NewReader(nil)
	}
	info, err := b.once.PutObject(ctx, b.name, b.prefix+key, body, size, single(size))
	return info, known(err)
}

// known marks the failures of a single PUT that certainly had no effect: no
// connection came about, or the store has refused the request for what it is.
func known(err error) error {
	if err == nil || errors.Is(err, storage.ErrCondition) {
		return err
	}
	var network *net.OpError
	var answer s3.ErrorResponse
	switch {
	case errors.As(err, &network) && network.Op == "dial":
	case errors.As(err, &answer) && refused(answer.StatusCode):
	default:
		return err
	}
	return fmt.Errorf("%w: %w", storage.ErrUntouched, err)
}

// refused tells the answers to a request that is not acceptable from those
// about how its execution went.
func refused(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusMethodNotAllowed, http.StatusConflict, http.StatusLengthRequired, http.StatusRequestEntityTooLarge,
		http.StatusTooManyRequests, http.StatusNotImplemented:
		return true
	}
	return false
}

// single gives the options of a put by one request. Signing in chunks is left
// out for an empty body: there is nothing to sign, and versitygw leaves the
// signature of its only chunk on the connection, to trip over it later.
func single(size int64) s3.PutObjectOptions {
	return s3.PutObjectOptions{DisableMultipart: true, DisableContentSha256: size == 0}
}

// putParts uploads part after part, one in memory at a time. Nothing is seen
// under the key before the last request, which names the parts.
func (b *Bucket) putParts(ctx context.Context, key string, body io.Reader, size int64) (s3.UploadInfo, error) {
	return b.again.PutObject(ctx, b.name, b.prefix+key, body, size, s3.PutObjectOptions{})
}

// Delete implements storage.Bucket. Where the store keeps versions it leaves
// the earlier ones; Purge does not.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := storage.CheckKey(key); err != nil {
		return err
	}
	err := b.once.RemoveObject(ctx, b.name, b.prefix+key, s3.RemoveObjectOptions{})
	if err != nil && code(err) != s3.NoSuchKey {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

// code gives the S3 error code of an answer, or "" when there was none.
func code(err error) string {
	var answer s3.ErrorResponse
	if errors.As(err, &answer) {
		return answer.Code
	}
	return ""
}
