package extract

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"strings"
	"sync"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// wasmPages is the memory that PDFium gets, in pages of 64 KiB: 768 MiB.
const wasmPages = 12_288

// machine makes the WebAssembly machine that runs PDFium. The machine sees no
// file and writes nowhere.
func (in *Inside) machine() (pdfium.Pool, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(wasmPages).
		WithCloseOnContextDone(in.stoppable)
	if in.cache != "" {
		cache, err := wazero.NewCompilationCacheWithDir(in.cache)
		if err != nil {
			return nil, fmt.Errorf("open the cache of the PDF machine: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: 1, RuntimeConfig: config,
		FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("start the PDF machine: %w", err)
	}
	return pool, nil
}

// document is an open PDF in an instance of its own: what one file does to
// PDFium's memory ends with it.
type document struct {
	pdfium.Pdfium
	ref   references.FPDF_DOCUMENT
	pages int
	close func()
}

func (in *Inside) open(ctx context.Context, f *os.File) (*document, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	pool, err := in.pdf()
	if err != nil {
		return nil, &oursError{err}
	}
	p, err := pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, &oursError{fmt.Errorf("start PDFium: %w", err)}
	}
	var once sync.Once
	end := func() { once.Do(func() { _ = p.Kill() }) } // nothing of it is kept
	stop := context.AfterFunc(ctx, end)
	d := &document{Pdfium: p, close: func() { stop(); end() }}
	if err := d.load(f, info.Size()); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

func (d *document) load(f *os.File, size int64) error {
	doc, err := d.OpenDocument(&requests.OpenDocument{FileReader: f, FileReaderSize: size})
	if errors.Is(err, pdferrors.ErrPassword) || errors.Is(err, pdferrors.ErrSecurity) {
		return errEncrypted
	}
	if err != nil {
		return fmt.Errorf("open the document: %w", err)
	}
	d.ref = doc.Document
	count, err := d.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.ref})
	if err != nil {
		return fmt.Errorf("count the pages: %w", err)
	}
	d.pages = count.PageCount
	return nil
}

// pdfText reads the pages of a PDF. A page that cannot be read is one without
// text.
func (in *Inside) pdfText(ctx context.Context, f *os.File, p *pages) error {
	d, err := in.open(ctx, f)
	if err != nil {
		return err
	}
	defer d.close()
	p.paged, p.total = true, d.pages
	if err := p.begin(); err != nil {
		return err
	}
	broken := 0
	var last error
	for i := range d.pages {
		text, err := d.pageText(i)
		if err != nil {
			broken, last = broken+1, err
			if ctx.Err() != nil {
				return errLimit
			}
		}
		if err := p.put(text); err != nil {
			return err
		}
	}
	if broken == d.pages {
		return fmt.Errorf("no page can be read: %w", last)
	}
	return nil
}

func (d *document) pageText(i int) (string, error) {
	page, err := d.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.ref, Index: i})
	if err != nil {
		return "", fmt.Errorf("page %d: %w", i+1, err)
	}
	// What closing says is of no use: the instance ends with the file.
	defer func() { _, _ = d.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: page.Page}) }()
	text, err := d.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: requests.Page{ByReference: &page.Page}})
	if err != nil {
		return "", fmt.Errorf("text of page %d: %w", i+1, err)
	}
	defer func() { _, _ = d.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}) }()
	count, err := d.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text.TextPage})
	if err != nil {
		return "", fmt.Errorf("text of page %d: %w", i+1, err)
	}
	if count.Count <= 0 {
		return "", nil
	}
	out, err := d.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: text.TextPage, Count: min(count.Count, MaxPage)})
	if err != nil {
		return "", fmt.Errorf("text of page %d: %w", i+1, err)
	}
	if !strings.ContainsFunc(out.Text, isArabic) {
		return out.Text, nil
	}
	chars, err := d.chars(text.TextPage, min(count.Count, MaxPage))
	if err != nil {
		return "", fmt.Errorf("text of page %d: %w", i+1, err)
	}
	return logical(chars), nil
}

// char is a character of a page, and where it begins from the left.
type char struct {
	r    rune
	left float64
}

// chars gives the characters of a page one by one, with the places of the
// letters.
func (d *document) chars(page references.FPDF_TEXTPAGE, count int) ([]char, error) {
	out := make([]char, 0, count)
	for i := range count {
		u, err := d.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: page, Index: i})
		if err != nil {
			return nil, err
		}
		c := char{r: rune(u.Unicode)}
		if isArabic(c.r) || unicode.Is(unicode.Latin, c.r) {
			box, err := d.FPDFText_GetCharBox(&requests.FPDFText_GetCharBox{TextPage: page, Index: i})
			if err != nil {
				return nil, err
			}
			c.left = box.Left
		}
		if c.r != 0 {
			out = append(out, c)
		}
	}
	return out, nil
}

// pdfCover draws the first page, large enough for what is asked for.
func (in *Inside) pdfCover(ctx context.Context, f *os.File, pic Picture) (image.Image, error) {
	d, err := in.open(ctx, f)
	if err != nil {
		return nil, err
	}
	defer d.close()
	width, height := pic.Width, pic.Height
	if pic.Crop || height == 0 {
		width, height = max(width, height), 3*max(width, height)
	}
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.ref}}
	drawn, err := d.RenderPageInPixels(&requests.RenderPageInPixels{Page: page, Width: min(width, MaxSide), Height: min(height, MaxSide)})
	if err != nil {
		return nil, fmt.Errorf("draw the first page: %w", err)
	}
	defer drawn.Cleanup()
	rgba, ok := drawn.Result.RenderedImage.(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("draw the first page: %T", drawn.Result.RenderedImage)
	}
	return copied(rgba), nil
}

// copied takes a picture out of the machine's memory.
func copied(src *image.RGBA) *image.RGBA {
	dst := &image.RGBA{Pix: make([]byte, len(src.Pix)), Stride: src.Stride, Rect: src.Rect}
	copy(dst.Pix, src.Pix)
	return dst
}
