package site

import (
	"errors"
	"fmt"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/frame"
	"github.com/recueil-cms/recueil/core/site/page"
)

// faults are the statuses that have words of their own, site.error.<status>;
// others have those of the nearest below.
var faults = [...]int{400, 404, 410, 429, 500, 503}

// fail answers with a page that says what is wrong and what can be done. What
// visitors may not see is not there for them.
func (v *visit) fail(err error) error {
	if problem.KindOf(err) == problem.Forbidden {
		err = problem.Wrap(err, problem.NotFound, "route_not_found", nil)
	}
	p, frameErr := v.page("error")
	if frameErr != nil {
		p = v.bare("error")
	}
	var detail string
	p.Status, detail = v.site.o.Server.Describe(err, string(v.Locale))
	p.NoIndex = true
	words := 400
	for _, f := range faults {
		if f <= p.Status {
			words = f
		}
	}
	p.Title, p.Lead = v.T(fmt.Sprintf("site.error.%d", words)), v.T(fmt.Sprintf("site.error.%d.help", words))
	if words == 400 || words == 410 {
		p.Lead = detail
	}
	p.Reference = server.RequestID(v.Ctx)
	server.Failed(v.Ctx, errors.Join(err, frameErr))
	if sendErr := v.sendNow(p); sendErr != nil {
		return errors.Join(err, sendErr)
	}
	return nil
}

// bare begins a page when the site cannot be read: it has what was last known,
// or nothing but the look.
func (v *visit) bare(kind string) *page.Page {
	v.frame = v.site.frames[v.Locale].Load()
	if v.frame == nil {
		v.frame = frame.Bare(v.site.theme)
	}
	v.Collections = v.frame.Collections
	p, _ := v.page(kind) // which reads nothing with a frame
	return p
}
