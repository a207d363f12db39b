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
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/lease"
	"github.com/recueil-cms/recueil/storage/view"
)

// MaxUpload is the largest file taken in, unless the caller sets less: 200 MiB.
const MaxUpload = 200 << 20

// Library stores files as blobs and their facts as assets.
type Library struct {
	o Options

	waiting chan struct{} // for pictures that are being made
	drawing singleflight.Group
}

// Options of a Library. Extractor may be nil; everything else is required.
type Options struct {
	Bucket storage.Bucket
	Blobs  *blob.Store
	Runner *action.Runner
	View   *view.DB
	// Refresh brings the view up to the end of the log.
	Refresh func(context.Context) error
	// Extractor reads files; nil: no text is looked for and no picture made.
	Extractor extract.Extractor
	// Owner takes the leases of this process.
	Owner lease.Owner
	Temp  string // folder for files that are being read
	Now   func() time.Time
	Log   *slog.Logger
}

// New makes a library.
func New(o Options) *Library {
	return &Library{o: o, waiting: make(chan struct{}, waitingForPictures)}
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
	if err := l.o.Runner.Allowed(ctx, by, save); err != nil {
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
	l.describe(a, u.Name, head)
	ref, err := l.o.Blobs.Put(ctx, body, limit)
	if err != nil {
		return action.Receipt{}, told(err, limit)
	}
	return l.commit(ctx, by, save, ref, u.Options)
}

// describe tells what a file is from its name and its first bytes.
func (l *Library) describe(a *content.Asset, name string, head []byte) {
	a.Name = cleanName(name)
	a.MediaType = sniff(a.Name, head)
	a.Width, a.Height = size(a.MediaType, head)
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

// find reads an asset that must exist.
func (l *Library) find(ctx context.Context, id content.AssetID) (*content.Asset, error) {
	var a content.Asset
	err := l.o.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounAsset, string(id))
		if errors.Is(err, view.ErrNotFound) {
			return problem.New(problem.NotFound, "asset_missing", problem.Args{"id": string(id)})
		}
		if err == nil {
			a, err = noun.Decode[content.Asset](n)
		}
		return err
	})
	return &a, err
}

// Open gives the bytes of an asset, or a part of them. The caller has made
// sure that whoever asks may have them, and closes the reader.
func (l *Library) Open(ctx context.Context, a *content.Asset, r storage.Range) (io.ReadCloser, error) {
	ref, err := blob.Parse(a.Blob)
	if err != nil {
		return nil, fmt.Errorf("open asset %s: %w", a.ID, err)
	}
	body, _, err := l.o.Blobs.Open(ctx, ref, r)
	if err != nil {
		return nil, fmt.Errorf("open asset %s: %w", a.ID, err)
	}
	return body, nil
}
