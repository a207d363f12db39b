package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/server"
)

//go:embed link.html
var linkPage string

//go:embed link.css
var linkStyle string

//go:embed link.js
var linkScript string

// getLinkPage is where the links in letters lead. The secret is in the
// fragment, so this request does not have it; the page's script takes it out
// of the address and sends it when somebody confirms: what only looks at a
// link, as mail filters do, does not use it up.
func getLinkPage(k *call) error {
	also, err := k.only("locale")
	if err != nil {
		return err
	}
	locale, err := k.speechOf(also["locale"])
	if err != nil {
		return err
	}
	body, err := k.api.linkPage(locale)
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; connect-src 'self'; style-src "+sourceHash(linkStyle)+
		"; script-src "+sourceHash(linkScript)+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	k.Set(fiber.HeaderContentLanguage, locale)
	k.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	return server.Send(k.Ctx, "text/html; charset=utf-8", -1, body)
}

// sourceHash names a script or style in a content security policy.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func (a *API) linkPage(locale string) ([]byte, error) {
	text := func(key string) string {
		return a.o.Texts.Text(locale, "link."+key, map[string]any{"limit": auth.MinPassword})
	}
	tmpl, err := template.New("link").Funcs(template.FuncMap{"t": text}).Parse(linkPage)
	if err != nil {
		return nil, fmt.Errorf("read template of the page of links: %w", err)
	}
	m := struct {
		Locale, Dir string
		Style       template.CSS
	}{locale, "ltr", template.CSS(linkStyle)}
	if content.Locale(locale).RightToLeft() {
		m.Dir = "rtl"
	}
	var out bytes.Buffer
	if err := tmpl.Execute(&out, m); err != nil {
		return nil, fmt.Errorf("write the page of links: %w", err)
	}
	// Not through the template, which would look for places in the script.
	return []byte(strings.Replace(out.String(), "<script></script>", "<script>"+linkScript+"</script>", 1)), nil
}
