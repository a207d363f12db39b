package api

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/search/statistics"
	"github.com/recueil-cms/recueil/storage/view"
)

// deskRoutes are for those who look after the search: what people look for,
// and the index itself. What is found is steered by entries of the collections
// "pins", "synonyms" and "search_settings".
func (a *API) deskRoutes() []route {
	return []route{
		{method: "GET", path: "/search/statistics", op: "search.statistics", handle: getStatistics,
			query:  []string{"from", "to", "locales", "order", "page[size]", "page[number]"},
			status: 200, answer: statistics.Report{}, verb: access.Read, on: access.Search},
		{method: "POST", path: "/search/clicks", op: "search.click", handle: addClick, body: clickBody{}, status: 204, answer: answersNothing},
		{method: "GET", path: "/search/index", op: "search.index", handle: getIndex, status: 200, answer: indexInfo{},
			verb: access.Read, on: access.Search},
		{method: "POST", path: "/search/actions/reindex", op: "search.reindex", handle: reindex, headers: keyHeader, status: 202, answer: indexInfo{},
			verb: access.Manage, on: access.Search},
	}
}

// allowed meets a need that is about no entry.
func (k *call) allowed(v access.Verb, on string) error {
	return k.read(func(_ *view.Tx, p *access.Policy) error {
		_, err := p.Allow(access.Need{Verb: v, Collection: on})
		return err
	})
}

// Sizes of the statistics.
const (
	defaultWeeks   = 4
	defaultQueries = 100
)

// statisticOrders are the orders of queries, most first.
var statisticOrders = map[string]func(c *statistics.QueryCounts) int{
	"searches":  func(c *statistics.QueryCounts) int { return c.Searches },
	"empty":     func(c *statistics.QueryCounts) int { return c.Empty },
	"corrected": func(c *statistics.QueryCounts) int { return c.Corrected },
	"clicks":    func(c *statistics.QueryCounts) int { return c.Clicks },
}

func getStatistics(k *call) error {
	p, err := k.params("from", "to", "locales", "order")
	if err != nil {
		return err
	}
	page := p.Page
	p.Page.Number = 0
	if err := onlyPage(p); err != nil {
		return err
	}
	from, to, err := k.weeks(p.Also)
	if err != nil {
		return err
	}
	var locales []content.Locale
	for _, l := range listed(p.Also["locales"]) {
		if !content.ValidLocale(l) {
			return problem.Parameter("locales", "parameter_locale", problem.Args{"value": shorten(l)})
		}
		locales = append(locales, content.Locale(l))
	}
	by := statisticOrders[cmp.Or(p.Also["order"], "searches")]
	if by == nil {
		return problem.Parameter("order", "parameter_choice", problem.Args{"choices": []string{"searches", "empty", "corrected", "clicks"}})
	}
	if err := k.allowed(access.Read, access.Search); err != nil {
		return err
	}
	r, err := k.api.o.Statistics.Report(k.ctx, from, to, locales)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "statistics_unavailable", nil)
	}
	r.Queries = slices.DeleteFunc(r.Queries, func(q statistics.QueryCounts) bool { return by(&q) == 0 })
	slices.SortStableFunc(r.Queries, func(a, b statistics.QueryCounts) int { return cmp.Compare(by(&b), by(&a)) })
	total, size := len(r.Queries), cmp.Or(page.Size, defaultQueries)
	skip := min(total, (max(page.Number, 1)-1)*size)
	r.Queries = r.Queries[skip:min(total, skip+size)]
	return k.answer(-1, envelope{Data: r, Meta: map[string]any{"from": from, "to": to, "total": total,
		"page":      map[string]any{"size": size, "number": max(page.Number, 1)},
		"threshold": statistics.Threshold, "retention_weeks": statistics.Retention}})
}

// weeks reads the first and the last week; without them, the last few.
func (k *call) weeks(also map[string]string) (from, to statistics.Week, err error) {
	now := statistics.WeekOf(k.api.o.Now())
	for name, week := range map[string]*statistics.Week{"from": &from, "to": &to} {
		text, given := also[name]
		if !given {
			continue
		}
		var ok bool
		if *week, ok = statistics.ParseWeek(text); !ok {
			return "", "", problem.Parameter(name, "week_malformed", problem.Args{"example": string(now)})
		}
	}
	to = cmp.Or(to, now)
	from = cmp.Or(from, to.Back(defaultWeeks-1))
	if from > to {
		return "", "", problem.Parameter("from", "weeks_reversed", nil)
	}
	return from, to, nil
}

// clickBody is a result that somebody opened.
type clickBody struct {
	Query  string `json:"query"`
	Locale string `json:"locale,omitempty"`
}

// addClick counts, for sites that are not served by the program itself.
func addClick(k *call) error {
	var b clickBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	if len(b.Query) > search.MaxText || b.Query == "" {
		return problem.OfFields(problem.Invalid, "body_invalid", []problem.Field{{Pointer: "/query", Code: "click_query",
			Args: problem.Args{"limit": search.MaxText}}})
	}
	locale := content.Locale(b.Locale)
	if b.Locale == "" {
		locale = server.Locale(k.Ctx)
	} else if !content.ValidLocale(b.Locale) {
		return problem.OfFields(problem.Invalid, "body_invalid", []problem.Field{{Pointer: "/locale", Code: "parameter_locale",
			Args: problem.Args{"parameter": "locale", "value": shorten(b.Locale)}}})
	}
	k.api.o.Statistics.Clicked(b.Query, locale)
	return k.absent()
}

// counted lets statistics count a search, each time that somebody gets the
// answer.
func (k *call) counted(p *query.SearchParams, r *query.SearchResult) {
	if !r.Counts {
		return
	}
	s := statistics.Search{Query: p.Text, Locale: p.Locale, Hits: r.Total, Corrected: len(r.Corrections) > 0}
	book := k.api.o.Statistics
	server.Each(k.Ctx, func() { book.Searched(s) })
}

// indexInfo is how the text index of the node that answers is.
type indexInfo struct {
	Seq      uint64 `json:"seq"` // last record that it has
	Lag      uint64 `json:"lag"` // records that the node has besides
	Bytes    int64  `json:"bytes"`
	Building bool   `json:"building"`
	// Done of Total entries are in the index that is being built.
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`
}

func (k *call) indexInfo() indexInfo {
	x := k.api.o.Search
	out := indexInfo{Seq: uint64(x.Seq()), Bytes: x.Size(), Building: x.Building()}
	if head := uint64(k.api.o.View.Seq()); head > out.Seq {
		out.Lag = head - out.Seq
	}
	if p := x.Progress(); p != nil {
		out.Done, out.Total = p.Done, p.Total
	}
	return out
}

func getIndex(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	if err := k.allowed(access.Read, access.Search); err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: k.indexInfo()})
}

func reindex(k *call) error {
	raw, err := readInto(k.Ctx, &struct{}{}, true)
	if err != nil {
		return err
	}
	if _, err := k.do(action.ReindexSearch{}, "", raw); err != nil {
		return err
	}
	info := k.indexInfo()
	info.Building = true // as soon as the index sees the commit
	return k.written(fiber.StatusAccepted, -1, envelope{Data: info})
}
