package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/view"
)

// Site is what archives are made from and brought into.
type Site struct {
	View   *view.DB
	Blobs  *blob.Store
	Kinds  schema.Kinds
	Runner *action.Runner // of an import
	Now    func() time.Time
}

// ExportOptions say what goes into an archive. The zero value is the content
// alone, without anything personal.
type ExportOptions struct {
	Personal bool // values of personal fields; names and addresses of users
	Secrets  bool // password hashes of users; needs Personal
	Program  string
	// Progress is told how many of the entries and blobs are written; nil: nobody.
	Progress func(done, total int64)
}

// Export writes a whole site, as of one moment, to w. Its memory does not grow
// with the site, apart from the list of blobs. Whoever calls it has the right
// to see everything.
func Export(ctx context.Context, s Site, w io.Writer, o ExportOptions) (*Manifest, error) {
	if o.Secrets && !o.Personal {
		return nil, errors.New("export: secrets without what is personal make no sense")
	}
	x := &exporter{site: s, o: o, blobs: map[string]bool{}}
	err := s.View.Read(ctx, func(tx *view.Tx) error {
		x.w = newWriter(w, Manifest{CreatedAt: s.Now().UTC().Truncate(time.Second), Program: o.Program, Seq: uint64(tx.Seq()),
			Personal: o.Personal, Secrets: o.Secrets})
		return x.all(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	m, err := x.w.close()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return &m, nil
}

type exporter struct {
	site  Site
	o     ExportOptions
	w     *writer
	blobs map[string]bool // hexadecimal SHA-256
	done  int64
	total int64
}

func (x *exporter) all(ctx context.Context, tx *view.Tx) error {
	collections := tx.Collections()
	for _, c := range collections {
		counts, err := tx.Counts(c.ID)
		if err != nil {
			return err
		}
		for _, n := range counts {
			x.total += int64(n.Entries)
		}
	}
	if err := x.member(collectionsName, func(m *memberWriter) error {
		for _, c := range collections {
			if err := m.line(c); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		kind content.NounKind
	}{{rolesName, content.NounRole}, {usersName, content.NounUser}, {assetsName, content.NounAsset}} {
		if err := x.nouns(tx, part.name, part.kind); err != nil {
			return err
		}
	}
	for _, c := range collections {
		if err := x.entries(ctx, tx, c); err != nil {
			return err
		}
	}
	return x.files(ctx)
}

// member writes one member with f.
func (x *exporter) member(name string, f func(*memberWriter) error) error {
	m, err := x.w.member(name, !strings.HasPrefix(name, blobsFolder))
	if err != nil {
		return err
	}
	if err := f(m); err != nil {
		return err
	}
	m.close()
	return nil
}

// nouns writes all things of a kind, in the order of their ids.
func (x *exporter) nouns(tx *view.Tx, name string, kind content.NounKind) error {
	return x.member(name, func(m *memberWriter) error {
		return eachNoun(tx, kind, func(n *content.Noun) error {
			switch kind {
			case content.NounUser:
				return x.user(m, n)
			case content.NounAsset:
				var a content.Asset
				if err := json.Unmarshal(n.Body, &a); err != nil {
					return fmt.Errorf("read asset %s: %w", n.ID, err)
				}
				x.blobs[strings.TrimPrefix(a.Blob, "sha256:")] = true
				a.Text = nil // derived: whoever has the file finds it out
				return m.line(a)
			}
			return m.line(n.Body)
		})
	})
}

func eachNoun(tx *view.Tx, kind content.NounKind, f func(*content.Noun) error) error {
	const page = 500
	for after := ""; ; {
		nouns, err := tx.Nouns(kind, after, page)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			if err := f(n); err != nil {
				return err
			}
			after = n.ID
		}
		if len(nouns) < page {
			return nil
		}
	}
}

func (x *exporter) user(m *memberWriter, n *content.Noun) error {
	u, err := noun.DecodeUser(n)
	if err != nil {
		return err
	}
	u.SecondFactor = false // it stays here
	line := userLine{User: u}
	if x.o.Personal {
		line.Name, line.Email = u.Name, u.Email
	}
	if x.o.Secrets {
		line.PasswordHash = u.PasswordHash
	}
	return m.line(line)
}

func (x *exporter) entries(ctx context.Context, tx *view.Tx, c *schema.Collection) error {
	return x.member(entriesFolder+c.Name+".jsonl", func(m *memberWriter) error {
		return tx.EachEntry(c.ID, func(e *content.Entry) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			x.step(int64(max(len(e.Locales()), 1)))
			line := encodeEntry(e, c, x.site.Kinds, x.o.Personal)
			if err := m.content.add(line); err != nil {
				return err
			}
			return m.line(line)
		})
	})
}

// files writes the bytes of the assets.
func (x *exporter) files(ctx context.Context) error {
	sums := make([]string, 0, len(x.blobs))
	for sum := range x.blobs {
		sums = append(sums, sum)
	}
	sort.Strings(sums)
	x.total += int64(len(sums))
	for _, sum := range sums {
		if err := x.file(ctx, sum); err != nil {
			return err
		}
		x.step(1)
	}
	return nil
}

func (x *exporter) file(ctx context.Context, sum string) error {
	r, _, err := x.site.Blobs.Open(ctx, blob.Ref("sha256:"+sum), storage.Range{})
	if err != nil {
		return fmt.Errorf("open blob %s: %w", sum, err)
	}
	defer r.Close()
	return x.member(blobsFolder+sum, func(m *memberWriter) error {
		if _, err := io.Copy(m, r); err != nil {
			return fmt.Errorf("copy blob %s: %w", sum, err)
		}
		return nil
	})
}

func (x *exporter) step(n int64) {
	x.done += n
	if x.o.Progress != nil {
		x.o.Progress(x.done, x.total)
	}
}
