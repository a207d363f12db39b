// Package show writes what visitors of the module of trainings read: pages and
// blocks of the site, calendars and tables, attendance sheets and certificates.
package show

import (
	"context"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
)

// Site shows the module to visitors.
type Site struct {
	Work   *act.Work
	Labels Labels
}

// File is one that somebody reads or keeps.
type File struct {
	Kind string // its media type
	Name string // under which it is kept; empty: it is read at once
	Body []byte
	// Public is for how many seconds everybody may be given the same.
	Public int
}

// home is where forms of the module lead.
const home = "/api/v1/plugins/training"

// Render writes pages and blocks for visitors.
func (site *Site) Render(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	switch item.Block {
	case "sessions":
		return site.sessionsOf(ctx, item)
	case "next":
		return site.nextBlock(ctx, item)
	case "modules":
		return site.modulesOf(ctx, item)
	}
	switch item.Page {
	case "agenda":
		return site.agendaPage(ctx, item)
	case "session":
		return site.sessionPage(ctx, item)
	case "confirm":
		return site.confirmPage(item), nil
	case "mine":
		return site.minePage(ctx, item)
	case "certificate":
		return site.certificatePage(ctx, item)
	case "edit":
		return site.editPage(ctx, item)
	case "evaluate":
		return site.evaluatePage(ctx, item)
	}
	return nil, nil
}
