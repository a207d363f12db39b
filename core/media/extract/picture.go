package extract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// decoder reads one format of pictures.
type decoder struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var decoders = map[string]decoder{
	"image/gif":  {gif.DecodeConfig, gif.Decode},
	"image/jpeg": {jpeg.DecodeConfig, jpeg.Decode},
	"image/png":  {png.DecodeConfig, png.Decode},
	"image/webp": {webp.DecodeConfig, webp.Decode},
}

// jpegQuality is where a reader sees no difference any more on a web page.
const jpegQuality = 82

// Picture makes a picture of a file.
func (in *Inside) Picture(ctx context.Context, f *os.File, mediaType string, p Picture) (*Drawn, error) {
	ctx, cancel := context.WithTimeout(ctx, PictureTime)
	defer cancel()
	if p.Width < 1 || p.Width > MaxSide || p.Height < 0 || p.Height > MaxSide {
		return nil, fmt.Errorf("a picture of %d × %d is not made", p.Width, p.Height)
	}
	src, turn, err := in.picture(ctx, f, mediaType, p)
	if ours, ok := errors.AsType[*oursError](err); ok {
		return nil, ours
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	// Turned last, when there is less to turn.
	return encode(upright(fit(src, sideways(p, turn)), turn))
}

// picture decodes a file, and says how it has to be turned. A panic of a
// decoder is damage of the file.
func (in *Inside) picture(ctx context.Context, f *os.File, mediaType string, p Picture) (_ image.Image, turn int, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("decode %s: panic: %v", mediaType, v)
		}
	}()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 1, &oursError{err}
	}
	if mediaType == pdfType {
		src, err := in.pdfCover(ctx, f, p)
		return src, 1, err
	}
	d, ok := decoders[mediaType]
	if !ok {
		return nil, 1, &oursError{fmt.Errorf("no picture is made of %s", mediaType)}
	}
	config, err := d.config(f)
	if err != nil {
		return nil, 1, err
	}
	if config.Width < 1 || config.Height < 1 || int64(config.Width)*int64(config.Height) > MaxPixels {
		return nil, 1, fmt.Errorf("%d × %d pixels: %w", config.Width, config.Height, errLimit)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, 1, &oursError{err}
	}
	src, err := d.decode(f)
	if err != nil {
		return nil, 1, err
	}
	if mediaType == "image/jpeg" {
		return src, orientation(f), nil
	}
	return src, 1, nil
}

// fit scales a picture into the box, never up.
func fit(src image.Image, p Picture) image.Image {
	from := src.Bounds()
	w, h := from.Dx(), from.Dy()
	height := p.Height
	if p.Crop && height > 0 {
		from = window(from, p)
		w, h = from.Dx(), from.Dy()
	}
	if height == 0 {
		height = MaxSide
	}
	scale := min(1, float64(p.Width)/float64(w), float64(height)/float64(h))
	dst := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(w)*scale+0.5)), max(1, int(float64(h)*scale+0.5))))
	draw.CatmullRom.Scale(dst, dst.Bounds(), src, from, draw.Src, nil)
	return dst
}

// window is the largest part of a picture with the proportions of the box, as
// near to the focal point as it goes.
func window(all image.Rectangle, p Picture) image.Rectangle {
	w, h := all.Dx(), all.Dy()
	if w*p.Height > h*p.Width {
		w = max(1, h*p.Width/p.Height)
	} else {
		h = max(1, w*p.Height/p.Width)
	}
	place := func(focus float64, whole, part int) int {
		return max(0, min(whole-part, int(focus*float64(whole))-part/2))
	}
	at := all.Min.Add(image.Pt(place(p.X, all.Dx(), w), place(p.Y, all.Dy(), h)))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
}

// encode writes a picture anew, which leaves everything behind that is not a
// pixel.
func encode(src image.Image) (*Drawn, error) {
	out := &Drawn{MediaType: "image/jpeg", Width: src.Bounds().Dx(), Height: src.Bounds().Dy()}
	var b bytes.Buffer
	var err error
	if o, ok := src.(interface{ Opaque() bool }); ok && !o.Opaque() {
		out.MediaType = "image/png"
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, src)
	} else {
		err = jpeg.Encode(&b, src, &jpeg.Options{Quality: jpegQuality})
	}
	if err != nil {
		return nil, fmt.Errorf("encode the picture: %w", err)
	}
	out.Data = b.Bytes()
	return out, nil
}

// sideways gives the box and the focal point as they are in a picture that
// has yet to be turned.
func sideways(p Picture, orientation int) Picture {
	if orientation < 2 || orientation > 8 {
		return p
	}
	const whole = 10_000
	at := turned(orientation, int(p.X*whole), int(p.Y*whole), whole+1, whole+1)
	p.X, p.Y = float64(at.X)/whole, float64(at.Y)/whole
	if orientation >= 5 {
		if p.Height == 0 {
			p.Height = MaxSide
		}
		p.Width, p.Height = p.Height, p.Width
	}
	return p
}

// upright turns a picture as its EXIF orientation (1 to 8) says.
func upright(src image.Image, orientation int) image.Image {
	if orientation < 2 || orientation > 8 {
		return src
	}
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if orientation >= 5 {
		w, h = h, w
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			dst.SetRGBA(x, y, rgba(src, b.Min.Add(turned(orientation, x, y, w, h))))
		}
	}
	return dst
}

func rgba(src image.Image, at image.Point) color.RGBA {
	r, g, b, a := src.At(at.X, at.Y).RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}
}

// turned gives where the pixel of an upright picture is in the file's.
func turned(orientation, x, y, w, h int) image.Point {
	switch orientation {
	case 2:
		return image.Pt(w-1-x, y)
	case 3:
		return image.Pt(w-1-x, h-1-y)
	case 4:
		return image.Pt(x, h-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(y, w-1-x)
	case 7:
		return image.Pt(h-1-y, w-1-x)
	case 8:
		return image.Pt(h-1-y, x)
	}
	return image.Pt(x, y)
}
