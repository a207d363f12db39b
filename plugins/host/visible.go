package host

import (
	"context"
	"io/fs"
	"os"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// Slots is what plugins show on the website.
func (h *Host) Slots() slot.Slots { return h.pages.Slots() }

// Render writes it; see pages.Pages.
func (h *Host) Render(ctx context.Context, locale content.Locale, items []slot.Item) ([]slot.Rendered, error) {
	return h.pages.Render(ctx, locale, items)
}

// Console is what plugins show in the console.
func (h *Host) Console() *console.Console {
	return &console.Console{Plugins: h, Query: h.o.Query, View: h.o.View, Now: h.o.Now}
}

// FrameFile gives a file of a frame of a plugin that runs.
func (h *Host) FrameFile(ctx context.Context, name, version, file string) (body []byte, mediaType string, err error) {
	x, ok := h.Plugin(name)
	if !ok {
		return nil, "", problem.New(problem.NotFound, "console_place_missing", problem.Args{"place": wire.Clip(name, 60)})
	}
	files, err := h.filesOf(ctx, x)
	if err != nil {
		return nil, "", err
	}
	return console.File(x, version, file, files)
}

// filesOf gives the files that a plugin was installed with.
func (h *Host) filesOf(ctx context.Context, x wire.Plugin) (fs.FS, error) {
	if x.Bundle != content.BuiltinBundle {
		b, err := h.files.Open(ctx, x.Bundle)
		if err != nil {
			return nil, err
		}
		return os.DirFS(b.Dir), nil
	}
	for _, b := range h.o.Bundled {
		if m, err := manifest.Parse(b.Manifest, h.o.Kinds); err == nil && m.Name == x.Name {
			return b.Files, nil
		}
	}
	return nil, nil
}
