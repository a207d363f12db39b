// Package media takes in uploaded files and gives them out again. There is
// one way in for every route, so that every file is measured, sniffed and
// named by the same rules, and one set of headers on the way out, so that no
// file can act on the site's behalf.
package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
)

// MaxUpload is the largest file taken in, unless the caller sets less: 200 MiB.
const MaxUpload = 200 << 20

// Library stores files as blobs and their facts as assets.
type Library struct {
	blobs  *blob.Store
	runner *action.Runner
}

// New makes a library.
func New(blobs *blob.Store, runner *action.Runner) *Library {
	return &Library{blobs: blobs, runner: runner}
}

// Upload is a file on its way in. What its sender says of its type is not
// asked for, because it is not believed.
type Upload struct {
	Name   string
	Reader io.Reader
	Limit  int64 // bytes; 0 or more than MaxUpload is MaxUpload
	// Facts are what people say of the file: alternative texts, credit,
	// folder, tags. With an ID, the file of that asset is replaced, and links
	// to it keep working.
	Facts   content.Asset
	IfMatch *int
	Options action.Options
}

// Add takes a file in. The rights are looked at before the first byte is, and
// the bytes are durable before the asset exists. The asset is in the receipt's
// Subject.
func (l *Library) Add(ctx context.Context, by content.Actor, u Upload) (action.Receipt, error) {
	save := action.SaveAsset{Asset: u.Facts, IfMatch: u.IfMatch}
	if err := l.runner.Allowed(ctx, by, save); err != nil {
		return action.Receipt{}, err
	}
	limit := u.Limit
	if limit <= 0 || limit > MaxUpload {
		limit = MaxUpload
	}
	body := bufio.NewReaderSize(u.Reader, sniffBytes)
	head, err := body.Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return action.Receipt{}, problem.Wrap(err, problem.BadRequest, "upload_broken", nil)
	}
	if len(head) == 0 {
		return action.Receipt{}, problem.OfFields(problem.Invalid, "invalid_values",
			[]problem.Field{{Pointer: "/file", Code: "upload_empty"}})
	}
	a := &save.Asset
	a.Name = cleanName(u.Name)
	a.MediaType = sniff(a.Name, head)
	a.Width, a.Height = size(a.MediaType, head)
	ref, err := l.blobs.Put(ctx, body, limit)
	if err != nil {
		return action.Receipt{}, told(err, limit)
	}
	info, err := l.blobs.Stat(ctx, ref)
	if err != nil {
		return action.Receipt{}, fmt.Errorf("look at the stored file: %w", err)
	}
	a.Blob, a.Size = string(ref), info.Size
	return l.runner.DoWith(ctx, by, save, u.Options)
}

func told(err error, limit int64) error {
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return problem.Wrap(err, problem.TooLarge, "upload_too_large", problem.Args{"limit": limit >> 20})
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled):
		return problem.Wrap(err, problem.BadRequest, "upload_broken", nil)
	}
	return problem.Wrap(err, problem.Unavailable, "upload_not_stored", nil)
}

// Open gives the bytes of an asset, or a part of them. The caller has made
// sure that whoever asks may have them, and closes the reader.
func (l *Library) Open(ctx context.Context, a *content.Asset, r storage.Range) (io.ReadCloser, error) {
	ref, err := blob.Parse(a.Blob)
	if err != nil {
		return nil, fmt.Errorf("open asset %s: %w", a.ID, err)
	}
	body, _, err := l.blobs.Open(ctx, ref, r)
	if err != nil {
		return nil, fmt.Errorf("open asset %s: %w", a.ID, err)
	}
	return body, nil
}
