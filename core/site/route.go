package site

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// answer finds what an address leads to.
func (v *visit) answer() error {
	if serve := files[strings.Join(v.segments, "/")]; serve != nil {
		return serve(v)
	}
	if len(v.segments) > 0 && v.segments[0] == "theme" {
		return v.themeFile(v.segments[1:])
	}
	localized := len(v.segments) > 0 && slices.Contains(v.Locales, content.Locale(v.segments[0]))
	rest := v.segments
	if localized {
		v.Locale, rest = content.Locale(v.segments[0]), v.segments[1:]
	}
	if localized && len(rest) == 1 && rest[0] == preview.Segment {
		return v.openPreview()
	}
	if err := v.enter(); err != nil {
		return err
	}
	if done, err := v.moved(); done || err != nil {
		return err
	}
	if len(v.segments) == 0 {
		return v.home()
	}
	if localized && len(rest) == 0 {
		return v.redirect("/"+string(v.Locale)+"/", fiber.StatusMovedPermanently)
	}
	if localized && len(rest) == 1 && rest[0] == "" {
		return v.home()
	}
	if rest[len(rest)-1] == "" {
		return v.redirect(v.Address(rest[:len(rest)-1]), fiber.StatusMovedPermanently)
	}
	if !localized {
		// An address without a language leads to the page in the visitor's.
		if v.known(rest) {
			return v.redirect(v.Address(rest), fiber.StatusFound)
		}
		return reader.Missing()
	}
	return v.localized(rest)
}

// files are the addresses outside of any language.
var files = map[string]func(*visit) error{
	"robots.txt":  (*visit).robots,
	"sitemap.xml": (*visit).sitemap,
	"oai":         (*visit).oai,
	scrutariFile:  (*visit).scrutari,

	"opensearch.xml": (*visit).openSearch,
}

// known reports whether an address leads to a list or may lead to an entry.
func (v *visit) known(rest []string) bool {
	if rest[0] == searchPath || rest[0] == bookPath {
		return true
	}
	if col, slug := v.Under(rest); col != nil && len(slug) <= 1 {
		return true
	}
	if v.hasPage(rest) {
		return true
	}
	return v.frame.Tree.Find(rest[len(rest)-1]) != nil
}

func (v *visit) localized(rest []string) error {
	if len(rest) == 1 {
		if name, format, _ := strings.Cut(rest[0], "."); name == searchPath {
			return v.search(format)
		}
	}
	if len(rest) == 2 && rest[0] == searchPath && rest[1] == openPath {
		return v.open()
	}
	if v.site.o.Books != nil && rest[0] == bookPath && len(rest) <= 2 {
		return v.book(rest[1:])
	}
	if last := rest[len(rest)-1]; v.site.o.Mail != nil && (last == entry.WritePath || last == correctPath) {
		return v.write(rest)
	} else if v.site.o.Profiles != nil && last == profile.Segment {
		return v.keepProfile(rest)
	}
	if col, left := v.Under(rest); col != nil {
		switch len(left) {
		case 0:
			return v.list(col, "")
		case 1:
			// A page of the tree may stand below the address of a list.
			if err := v.entry(col, left[0]); problem.KindOf(err) != problem.NotFound {
				return err
			}
		case 2:
			if name, ok := strings.CutSuffix(left[1], ".pdf"); ok && col.Name == "editions" {
				return v.editionFile(left[0], name)
			}
		case 3:
			if left[1] == readPath {
				return v.readPage(col, left[0], left[2])
			}
		}
	}
	if bare, format := splitFormat(rest); format != "" {
		if col, left := v.Under(bare); col != nil && len(left) == 0 {
			return v.list(col, format)
		} else if col != nil && len(left) == 1 {
			return v.entryFile(col, left[0], format)
		}
	}
	if done, err := v.modulePage(rest); done || err != nil {
		return err
	}
	return v.treePage(rest)
}

// splitFormat takes the name of a file format off the end of an address.
func splitFormat(rest []string) ([]string, string) {
	last := rest[len(rest)-1]
	name, format, ok := strings.Cut(last, ".")
	if !ok || name == "" || format == "" {
		return rest, ""
	}
	return append(slices.Clone(rest[:len(rest)-1]), name), format
}

// treePage answers with a page of a tree by the last part of its address. The
// parts before it say where it stands; when they are out of date, the page has
// moved, and the visitor is led to where it is now.
func (v *visit) treePage(rest []string) error {
	for _, col := range v.Collections {
		if !col.Tree || col.Path == "" {
			continue
		}
		item, err := v.Live(col.Name, rest[len(rest)-1])
		if problem.KindOf(err) == problem.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if list := v.frame.Lists[item.ID]; list != nil {
			return v.redirect(v.ListAddress(list), fiber.StatusMovedPermanently)
		}
		if item.URL != v.Address(rest) {
			return v.redirect(item.URL, fiber.StatusMovedPermanently)
		}
		if item.ID == v.frame.Home {
			return v.redirect("/"+string(v.Locale)+"/", fiber.StatusMovedPermanently)
		}
		return v.showTree(col, item)
	}
	return reader.Missing()
}
