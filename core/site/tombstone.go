package site

import (
	"github.com/gofiber/fiber/v2"
	"github.com/recueil-cms/recueil/core/site/page"
)

// tombstone answers with what is left of a study that was withdrawn.
func (v *visit) tombstone(p *page.Page) error {
	p.Kind, p.Status, p.NoIndex = "tombstone", fiber.StatusGone, true
	p.Image, p.JSONLD = nil, ""
	return v.sendNow(p)
}
