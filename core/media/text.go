package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
)

// textName is the name of the text among what is made from a blob.
var textName = "text." + strconv.Itoa(extract.Version)

// storedText is the text of a blob as it is stored, zstd-compressed.
type storedText struct {
	Version int      `json:"version"`
	Pages   []string `json:"pages"`
}

// Pages gives the text of a blob page by page, "" for a page without text;
// storage.ErrNotExist when it has none, or when nobody has looked yet.
// Asset.Text says which of the two.
func (l *Library) Pages(ctx context.Context, ref string) ([]string, error) {
	parsed, err := blob.Parse(ref)
	if err != nil {
		return nil, err
	}
	packed, err := l.o.Blobs.Derived(ctx, parsed, textName, extract.MaxText)
	if err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4*extract.MaxText))
	if err != nil {
		return nil, fmt.Errorf("unpack the text of %s: %w", ref, err)
	}
	defer d.Close()
	var t storedText
	if err := json.NewDecoder(io.LimitReader(d, 4*extract.MaxText)).Decode(&t); err != nil {
		return nil, fmt.Errorf("read the text of %s: %w", ref, err)
	}
	return t.Pages, nil
}

// readText finds out the text of a blob and stores it.
func (l *Library) readText(ctx context.Context, ref blob.Ref, mediaType string) (content.AssetText, error) {
	t, err := l.extractText(ctx, ref, mediaType)
	if err != nil {
		return content.AssetText{}, err
	}
	facts := content.AssetText{State: string(t.State), Pages: t.Total, Blank: t.Blank(), Paged: t.Paged,
		Language: content.Locale(t.Language), Version: extract.Version}
	if len(t.Pages) == 0 {
		if t.State == extract.None {
			facts.Blank = t.Total
		}
		return facts, nil
	}
	plain, err := json.Marshal(storedText{Version: 1, Pages: t.Pages})
	if err != nil {
		return facts, fmt.Errorf("write the text of %s: %w", ref, err)
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return facts, fmt.Errorf("pack the text of %s: %w", ref, err)
	}
	packed := w.EncodeAll(plain, nil)
	return facts, errors.Join(w.Close(), l.o.Blobs.PutDerived(ctx, ref, textName, packed))
}

func (l *Library) extractText(ctx context.Context, ref blob.Ref, mediaType string) (t *extract.Text, err error) {
	err = l.spooled(ctx, ref, func(f *os.File) error {
		t, err = l.o.Extractor.Text(ctx, f, mediaType)
		return err
	})
	if errors.Is(err, blob.ErrCorrupt) || errors.Is(err, storage.ErrNotExist) {
		return &extract.Text{State: extract.Damaged}, nil
	}
	return t, err
}

// spooled copies a blob to a local file for as long as f works on it.
func (l *Library) spooled(ctx context.Context, ref blob.Ref, f func(*os.File) error) error {
	body, _, err := l.o.Blobs.Open(ctx, ref, storage.Range{})
	if err != nil {
		return err
	}
	defer body.Close()
	file, err := os.CreateTemp(l.o.Temp, "read-*")
	if err != nil {
		return fmt.Errorf("spool %s: %w", ref, err)
	}
	defer func() { _ = (&spool{file}).Close() }() // what is left lies in a folder for temporary files
	if _, err := io.Copy(file, body); err != nil {
		return fmt.Errorf("spool %s: %w", ref, err)
	}
	return f(file)
}
