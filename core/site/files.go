package site

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/scrutari"
)

// forever is the policy of files whose address changes with what is in them.
const forever = "public, max-age=31536000, immutable"

// themeFile answers with the stylesheet or another file of the theme.
func (v *visit) themeFile(rest []string) error {
	if len(rest) != 1 {
		return reader.Missing()
	}
	if strings.HasPrefix(rest[0], "site.") && strings.HasSuffix(rest[0], ".css") {
		if err := v.enter(); err != nil {
			return err
		}
		sheet := v.site.theme.Stylesheet(v.frame.Colours)
		if sheet.Path == "/theme/"+rest[0] {
			v.Set(fiber.HeaderCacheControl, forever)
		} // otherwise the page that asks is older than the colours or the theme
		return v.body("text/css; charset=utf-8", sheet.Body)
	}
	body, mediaType, ok := v.site.theme.Static(rest[0])
	if !ok {
		return reader.Missing()
	}
	v.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	if !v.site.theme.Reloads() {
		server.Keep(v.Ctx, 0, nil)
	}
	return server.Send(v.Ctx, mediaType, -1, body)
}

// scrutariFile is where the base is for those who share a search.
const scrutariFile = "scrutari.xml"

// scrutari answers with the whole knowledge base in the format ScrutariData.
func (v *visit) scrutari() error {
	v.params()
	v.Locale = v.Locales[0]
	names := map[content.Locale][2]string{}
	for _, l := range slices.Backward(v.Locales) { // the main language is left in place
		v.Locale = l
		if err := v.enter(); err != nil {
			return err
		}
		names[l] = [2]string{v.frame.Name, v.frame.Description}
	}
	body, err := scrutari.Write(v.Reader, func(l content.Locale) (short, long string) {
		short, long = names[l][0], names[l][1]
		if long == "" {
			long = short
		}
		return short, long
	})
	return v.document("application/xml", body, err)
}
