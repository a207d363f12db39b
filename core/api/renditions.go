package api

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/server"
)

// RenditionURL is the address of a picture of an asset. It changes with the
// asset, so that what it gives never does.
func RenditionURL(a *content.Asset, preset string) string {
	return Prefix + "/assets/" + string(a.ID) + "/renditions/" + preset + "?v=" + strconv.Itoa(a.Revision)
}

// Pictures are the addresses of the pictures of an asset by their width, and
// the one that is cropped for lists; empty when there are none.
func Pictures(a *content.Asset) (srcset, card string) {
	byPreset, srcset := renditionsOf(a)
	return srcset, byPreset["card"]
}

func renditionsOf(a *content.Asset) (byPreset map[string]string, srcset string) {
	var widths []string
	for _, p := range media.Offered(a) {
		if byPreset == nil {
			byPreset = map[string]string{}
		}
		byPreset[p.Name] = RenditionURL(a, p.Name)
		if p.Height == 0 {
			width := p.Width
			if a.Width > 0 {
				width = min(width, a.Width)
			}
			widths = append(widths, fmt.Sprintf("%s %dw", byPreset[p.Name], width))
		}
	}
	return byPreset, strings.Join(widths, ", ")
}

// getRendition gives a picture of an asset. Under the address that the answer
// of the asset names it may be kept for ever.
func getRendition(k *call) error {
	also, err := k.only("v")
	if err != nil {
		return err
	}
	a, _, _, err := k.asset(k.param("asset"))
	if err != nil {
		return err
	}
	if err := k.released(a.ID); err != nil {
		return err
	}
	preset := k.param("preset")
	etag := fmt.Sprintf("\"%s-%d-%s\"", a.ID, a.Revision, preset)
	if match := k.Get(fiber.HeaderIfNoneMatch); match == "" || !server.Matches(match, etag) {
		r, err := k.api.o.Media.Rendition(k.ctx, &a, preset)
		if err != nil {
			return err
		}
		shown := content.Asset{Name: preset + "-" + strings.TrimSuffix(a.Name, "."), MediaType: r.MediaType}
		for name, v := range media.Headers(&shown) {
			k.Set(name, v)
		}
		k.Context().Response.SetBodyRaw(r.Data)
	} else {
		k.Status(fiber.StatusNotModified)
	}
	k.Set(fiber.HeaderETag, etag)
	k.Set(fiber.HeaderVary, "Authorization, Cookie")
	policy := fileCaching(k.by, &a)
	if strings.HasPrefix(policy, "public") && also["v"] == strconv.Itoa(a.Revision) {
		policy = "public, max-age=31536000, immutable"
	}
	k.Set(fiber.HeaderCacheControl, policy)
	return nil
}
