// Package extract makes text and pictures out of files that nobody has
// vouched for. Hostile input lives here and nowhere else: PDF is read inside a
// WebAssembly machine, everything else with a limit on each loop, and in the
// running program all of it in a process of its own (Outside), which can be
// ended without harm and whose memory goes with it.
package extract

import (
	"context"
	"errors"
	"os"
	"time"
)

// State says what became of the text of a file.
type State string

// The states. All but Found and Partial come without any text.
const (
	Found     State = "found"
	Partial   State = "partial"   // a limit was reached, the rest is missing
	None      State = "none"      // it could be read, but has no text: scanned pages
	Encrypted State = "encrypted" // needs a password
	Damaged   State = "damaged"   // cut off, or not what it claims to be
	TooLarge  State = "too_large" // costs more than is allowed
)

// Version counts changes of what is made of the same file; a higher one makes
// the text of all files anew.
const Version = 1

// Limits of one file.
const (
	MaxPages    = 10_000    // read
	MaxPage     = 100_000   // characters of a page; what is more is cut off
	MaxText     = 32 << 20  // bytes of text
	MaxPacked   = 512 << 20 // bytes of a file that has to be unpacked
	MaxUnpacked = 128 << 20 // bytes that come out of one
	MaxMember   = 64 << 20  // of these, from one file inside
	MaxPixels   = 64 << 20  // of a picture
	MaxSide     = 4096      // pixels of a side of a picture that is made
	TextTime    = 3 * time.Minute
	PictureTime = 30 * time.Second
)

// Text is the text of a file, page by page.
type Text struct {
	State State
	Pages []string // "" for a page without text
	// Paged says that these are the pages that a reader sees. Formats without
	// pages come in parts instead: chapters, sheets, or one part.
	Paged bool
	// Total is the number of pages of the file, which may be more than Pages.
	Total    int
	Language string // "fr", "ar", "en", or "" when unsure
}

// Blank counts the pages without text.
func (t *Text) Blank() int {
	n := 0
	for _, p := range t.Pages {
		if p == "" {
			n++
		}
	}
	return n
}

// Picture says what picture to make.
type Picture struct {
	Width  int `json:"width"`            // of the box in pixels; nothing is made larger than it is
	Height int `json:"height,omitempty"` // 0: as the proportions have it
	// Crop fills the box, around the point at X and Y, which are parts of the
	// width and the height from the upper left corner. Without it the whole
	// picture is in the box.
	Crop bool    `json:"crop,omitempty"`
	X    float64 `json:"x,omitempty"`
	Y    float64 `json:"y,omitempty"`
}

// Drawn is a picture that was made, JPEG or, where something shines through,
// PNG. It has nothing of its source but pixels: no place, no camera, no name.
type Drawn struct {
	MediaType string `json:"media_type"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Data      []byte `json:"-"`
}

// Extractor reads files. It is safe for concurrent use. The file is read from
// its beginning, and stays the caller's.
type Extractor interface {
	// Prepare makes ready what files of a media type are read with, which may
	// take minutes of a slow machine the first time. Text and Picture do so too;
	// whoever holds something meanwhile prepares before.
	Prepare(ctx context.Context, mediaType string) error
	// Text gives the text of a file of a media type that Readable knows. What
	// is wrong with the file is in the State; an error is trouble of ours, and
	// trying again may help.
	Text(ctx context.Context, f *os.File, mediaType string) (*Text, error)
	// Picture makes a picture of a file of a media type that Drawable knows.
	// ErrFile says that the file is at fault.
	Picture(ctx context.Context, f *os.File, mediaType string, p Picture) (*Drawn, error)
}

// ErrFile says that no picture can be made of a file, now or later.
var ErrFile = errors.New("file cannot be shown")

const pdfType = "application/pdf"

// Readable reports whether files of a media type may have text.
func Readable(mediaType string) bool {
	_, ok := readers[mediaType]
	return ok || mediaType == pdfType
}

// Drawable reports whether pictures can be made of files of a media type.
func Drawable(mediaType string) bool {
	_, ok := decoders[mediaType]
	return ok || mediaType == pdfType
}
