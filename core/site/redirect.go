package site

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/redirects"
)

// moved answers for an old address. The query string may be a part of it.
func (v *visit) moved() (done bool, err error) {
	if v.Draft != nil || !v.frame.Has(redirects.Collection) {
		return false, nil
	}
	all, err := v.redirects()
	if err != nil || all.Empty() {
		return false, err
	}
	full := redirects.Decoded(utils.CopyString(v.OriginalURL()))
	r, ok := all.Find(full, v.Locale)
	if !ok {
		path, _, _ := strings.Cut(full, "?")
		if r, ok = all.Find(path, v.Locale); !ok {
			return false, nil
		}
	}
	to := v.Inside(r.To)
	if r.Entry != nil {
		item, err := v.Read(r.Entry.Collection, string(r.Entry.ID), schema.SysID)
		if reader.IgnoreMissing(err) != nil {
			return false, err
		}
		if item != nil {
			to = item.URL
		}
	}
	if r.Status == fiber.StatusGone {
		return true, v.gone(r.Note)
	}
	if to == "" {
		return false, nil
	}
	return true, v.redirect(to, r.Status)
}

// redirects gives what editors have written down, from memory while it holds.
func (v *visit) redirects() (*redirects.Redirects, error) {
	if kept := v.site.redirects.Load(); kept != nil {
		if basis, holds := v.Engine.Renew(kept.Basis); holds {
			v.Note(basis)
			return kept, nil
		}
	}
	all, err := redirects.Read(v.Apart(content.Actor{Kind: content.ActorVisitor}))
	if err != nil {
		return nil, err
	}
	v.Note(all.Basis)
	if !all.Basis.Volatile {
		v.site.redirects.Store(all)
	}
	return all, nil
}

// gone answers for what will not come back, with the reason that there is.
func (v *visit) gone(reason string) error {
	code := "page_gone"
	if reason != "" {
		code = "page_gone_why"
	}
	return problem.New(problem.Gone, code, problem.Args{"reason": reason})
}
