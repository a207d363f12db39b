package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/klippa-app/go-pdfium"
)

// Inside reads files in this process. The program does so only in the process
// that Outside starts for one file.
type Inside struct {
	cache     string
	stoppable bool

	once sync.Once
	pool pdfium.Pool
	err  error
}

// NewInside makes an extractor. cache is a folder for what compiling the PDF
// machine gives, "" for none: a start takes 0.1 s with it and 3 s without.
// Only a stoppable one heeds the end of a context while it reads a PDF, and
// pays for that with two thirds of its speed.
func NewInside(cache string, stoppable bool) *Inside {
	return &Inside{cache: cache, stoppable: stoppable}
}

// Close ends the PDF machine.
func (in *Inside) Close() error {
	in.once.Do(func() { in.err = os.ErrClosed })
	if in.pool == nil {
		return nil
	}
	return in.pool.Close()
}

func (in *Inside) pdf() (pdfium.Pool, error) {
	in.once.Do(func() { in.pool, in.err = in.machine() })
	return in.pool, in.err
}

// Prepare starts the machine that reads PDF.
func (in *Inside) Prepare(_ context.Context, mediaType string) error {
	if mediaType != pdfType {
		return nil
	}
	_, err := in.pdf()
	return err
}

// oursError is trouble that says nothing about the file.
type oursError struct{ err error }

func (e *oursError) Error() string { return e.err.Error() }
func (e *oursError) Unwrap() error { return e.err }

// Text reads the text of a file.
func (in *Inside) Text(ctx context.Context, f *os.File, mediaType string) (*Text, error) {
	ctx, cancel := context.WithTimeout(ctx, TextTime)
	defer cancel()
	return in.text(ctx, f, mediaType, &pages{})
}

func (in *Inside) text(ctx context.Context, f *os.File, mediaType string, p *pages) (*Text, error) {
	err := in.read(ctx, f, mediaType, p)
	if ours, ok := errors.AsType[*oursError](err); ok {
		return nil, ours
	}
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return nil, err
	}
	return p.text(err), nil
}

// read reads a file. A panic of a reader is damage of the file like any other.
func (in *Inside) read(ctx context.Context, f *os.File, mediaType string, p *pages) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("read %s: panic: %v", mediaType, v)
		}
	}()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return &oursError{err}
	}
	if mediaType == pdfType {
		return in.pdfText(ctx, f, p)
	}
	read, ok := readers[mediaType]
	if !ok {
		return &oursError{fmt.Errorf("no text is read from %s", mediaType)}
	}
	if err := p.begin(); err != nil {
		return err
	}
	return read(ctx, f, p)
}

// readers of text by media type, but for PDF.
var readers = map[string]func(context.Context, *os.File, *pages) error{
	"text/plain":           plainText,
	"text/markdown":        plainText,
	"text/csv":             plainText,
	"text/html":            htmlText,
	"application/epub+zip": zipped(epubText),
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": zipped(docxText),
	"application/vnd.oasis.opendocument.text":                                 zipped(odfText),
	"application/vnd.oasis.opendocument.spreadsheet":                          zipped(odfText),
	"application/vnd.oasis.opendocument.presentation":                         zipped(odfText),
}
