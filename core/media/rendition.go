package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
)

// Preset is a rendition that can be asked for. There are these and no others,
// so that nobody can have the server make pictures of every size.
type Preset struct {
	Name   string
	Width  int // of the box in pixels
	Height int // of a picture that is cropped to fill it; 0: as the proportions have it
}

// Presets lists the renditions, the widths in ascending order first.
var Presets = []Preset{
	{"w160", 160, 0}, {"w320", 320, 0}, {"w640", 640, 0}, {"w960", 960, 0}, {"w1280", 1280, 0}, {"w1920", 1920, 0},
	{"square", 320, 320}, {"card", 640, 360}, {"banner", 1920, 640},
}

const (
	// pictureVersion counts changes of how renditions are made.
	pictureVersion = 1
	// maxShown is the largest file that a picture is made of, in bytes.
	maxShown = 256 << 20
	// waitingForPictures bounds the requests that wait for one to be made.
	waitingForPictures = 32
	maxPicture         = 32 << 20
)

// Rendition is a picture made of an asset.
type Rendition struct {
	MediaType string
	Data      []byte
}

// Shows reports whether there are renditions of an asset.
func Shows(a *content.Asset) bool { return extract.Drawable(a.MediaType) && a.Size <= maxShown }

// Offered are the presets that say something of an asset: no two that come out
// alike because the picture is small.
func Offered(a *content.Asset) []Preset {
	if !Shows(a) {
		return nil
	}
	var out []Preset
	widest := 0
	for _, p := range Presets {
		if p.Height == 0 && a.Width > 0 {
			if widest >= a.Width {
				continue
			}
			widest = p.Width
		}
		out = append(out, p)
	}
	return out
}

// Rendition gives a picture of an asset, from the bucket or made now; whoever
// asks has been found to have the right to the asset. A file of which no
// picture can be made is a NotFound problem.
func (l *Library) Rendition(ctx context.Context, a *content.Asset, preset string) (*Rendition, error) {
	missing := problem.New(problem.NotFound, "rendition_missing", problem.Args{"name": clipped(preset), "names": names()})
	p, ok := presetOf(preset)
	if !ok || !Shows(a) || l.o.Extractor == nil {
		return nil, missing
	}
	ref, err := blob.Parse(a.Blob)
	if err != nil {
		return nil, fmt.Errorf("picture of asset %s: %w", a.ID, err)
	}
	focus := content.Focus{X: 0.5, Y: 0.5}
	if a.Focus != nil {
		focus = *a.Focus
	}
	name := fmt.Sprintf("picture.%d.%s", pictureVersion, p.Name)
	if p.Height > 0 {
		name += fmt.Sprintf(".%d.%d", percent(focus.X), percent(focus.Y))
	}
	data, err := l.o.Blobs.Derived(ctx, ref, name, maxPicture)
	if errors.Is(err, storage.ErrNotExist) {
		data, err = l.draw(ctx, ref, a.MediaType, name, extract.Picture{Width: p.Width, Height: p.Height, Crop: p.Height > 0,
			X: float64(percent(focus.X)) / 100, Y: float64(percent(focus.Y)) / 100})
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, problem.Wrap(err, problem.Unavailable, "too_slow", nil)
	case err != nil:
		return nil, err
	case len(data) == 0: // it was found out that there is none
		return nil, missing
	}
	r := &Rendition{MediaType: "image/jpeg", Data: data}
	if bytes.HasPrefix(data, []byte("\x89PNG")) {
		r.MediaType = "image/png"
	}
	return r, nil
}

// draw makes a picture once, however many ask for it at the same time. It goes
// on when the one who was first has gone.
func (l *Library) draw(ctx context.Context, ref blob.Ref, mediaType, name string, p extract.Picture) ([]byte, error) {
	select {
	case l.waiting <- struct{}{}:
		defer func() { <-l.waiting }()
	default:
		return nil, problem.New(problem.Unavailable, "rendition_busy", nil)
	}
	data, err, _ := l.drawing.Do(string(ref)+" "+name, func() (any, error) {
		var drawn *extract.Drawn
		err := l.spooled(ctx, ref, func(f *os.File) (err error) {
			drawn, err = l.o.Extractor.Picture(ctx, f, mediaType, p)
			return err
		})
		var data []byte // none: what cannot be shown is not tried again
		switch {
		case err == nil:
			data = drawn.Data
		case errors.Is(err, extract.ErrFile):
		default:
			return nil, fmt.Errorf("make picture %s of %s: %w", name, ref, err)
		}
		return data, l.o.Blobs.PutDerived(ctx, ref, name, data)
	})
	if err != nil {
		return nil, err
	}
	out, _ := data.([]byte)
	return out, nil
}

func presetOf(name string) (Preset, bool) {
	for _, p := range Presets {
		if p.Name == name {
			return p, true
		}
	}
	return Preset{}, false
}

func names() string {
	all := make([]string, len(Presets))
	for i, p := range Presets {
		all[i] = p.Name
	}
	return strings.Join(all, ", ")
}

func percent(part float64) int { return int(math.Round(part * 100)) }

func clipped(text string) string {
	if r := []rune(text); len(r) > 40 {
		return string(r[:40])
	}
	return text
}
