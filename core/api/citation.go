package api

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/cite"
	"github.com/recueil-cms/recueil/core/problem"
)

// getCitation gives the reference of a work, for the software that people keep
// references in. A work is an entry of a collection with "authors".
func getCitation(k *call) error {
	p, err := k.reading("format")
	if err != nil {
		return err
	}
	format, err := citationFormat(p.Also["format"], k.Get(fiber.HeaderAccept))
	if err != nil {
		return err
	}
	p.Also = nil
	r, err := k.api.o.Query.Get(k.ctx, k.by, k.param("collection"), k.param("entry"), p)
	if err != nil {
		return err
	}
	w := cite.Of(string(r.Item.ID), string(r.Item.Locale), r.Item.Value)
	if len(w.Authors) == 0 {
		return problem.New(problem.NotFound, "citation_none", problem.Args{"collection": r.Item.Collection.Name})
	}
	// The id never changes, whatever becomes of the slug.
	w.URL = k.BaseURL() + Prefix + "/entries/" + r.Item.Collection.Name + "/" + string(r.Item.ID)
	out, err := format.Write(w)
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderContentType, format.MediaType)
	k.Set(fiber.HeaderContentDisposition, `attachment; filename="`+string(r.Item.ID)+"."+format.Extension+`"`)
	k.Vary(fiber.HeaderAccept)
	k.Context().Response.SetBodyRaw(out)
	return nil
}

// citationFormat is the one that is named, or the first that the caller takes.
func citationFormat(name, accept string) (cite.Format, error) {
	if name == "" {
		for _, f := range cite.Formats {
			mediaType, _, _ := strings.Cut(f.MediaType, ";")
			if strings.Contains(accept, mediaType) {
				return f, nil
			}
		}
		return cite.Formats[0], nil
	}
	f, err := cite.Find(name)
	if err != nil {
		all := make([]string, len(cite.Formats))
		for i, f := range cite.Formats {
			all[i] = f.Name
		}
		return f, problem.Parameter("format", "citation_format", problem.Args{"names": strings.Join(all, ", ")})
	}
	return f, nil
}
