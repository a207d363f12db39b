package demo

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// The documents of studies. Each PDF is the HTML beside it, printed by a
// browser: chromium --headless --no-pdf-header-footer --print-to-pdf=x.fr.pdf
// x.fr.html
//
//go:embed files/*.pdf
var documents embed.FS

// File is a document of the demonstration.
type File struct {
	ID     content.AssetID
	Name   string
	Study  string // key of the entry that it belongs to
	Locale content.Locale
	Data   []byte
}

// Files gives the documents, which have to be there before the entries are.
func Files() ([]File, error) {
	list, err := documents.ReadDir("files")
	if err != nil {
		return nil, fmt.Errorf("list the demonstration's files: %w", err)
	}
	var out []File
	for _, d := range list {
		data, err := documents.ReadFile("files/" + d.Name())
		if err != nil {
			return nil, fmt.Errorf("read the demonstration's files: %w", err)
		}
		stem := strings.TrimSuffix(d.Name(), path.Ext(d.Name()))
		locale := strings.TrimPrefix(path.Ext(stem), ".")
		out = append(out, File{content.AssetID(ID("files/" + d.Name())), d.Name(),
			"studies/" + strings.TrimSuffix(stem, "."+locale), content.Locale(locale), data})
	}
	return out, nil
}

// attach gives each study its document.
func (l *loader) attach() error {
	list, err := Files()
	if err != nil {
		return err
	}
	for _, f := range list {
		e := l.seen[f.Study]
		if e == nil || e.Inputs[f.Locale] == nil {
			return fmt.Errorf("demonstration file %s: there is no %s in %q", f.Name, f.Study, f.Locale)
		}
		e.Inputs[f.Locale]["document"] = string(f.ID)
	}
	return nil
}
