package open

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Archive answers with all of a group as a zip: JSON for programs, HTML for
// people. It is for whoever may read drafts of groups; h acts for them.
func (d Desk) Archive(w http.ResponseWriter, r *http.Request, h *sdk.Host) {
	b := record.Book{Host: h, Locale: "fr", Draft: true}
	g, err := record.Get[record.Group](r.Context(), b, record.Groups, r.PathValue("id"))
	switch {
	case err != nil:
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	case g == nil:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "group-"+g.ID+".zip"))
	z := zip.NewWriter(w)
	if err := d.archive(r.Context(), z, b, g); err != nil {
		panic(http.ErrAbortHandler) // a file that is cut off must not look whole
	}
	if err := z.Close(); err != nil {
		panic(http.ErrAbortHandler)
	}
}

func (d Desk) archive(ctx context.Context, z *zip.Writer, b record.Book, g *record.Group) error {
	of := record.Q{"group": g.ID}
	all := map[string]any{}
	read := []struct {
		name, collection string
	}{{"meetings", record.Meetings}, {"minutes", record.Minutes}, {"decisions", record.Decisions}, {"actions", record.Actions}, {"topics", record.Topics},
		{"ballots", record.Ballots}, {"recommendations", record.Recommendations}, {"mandates", record.Mandates}}
	for _, x := range read {
		items, err := record.All[map[string]any](ctx, b, x.collection, of, 5000)
		if err != nil {
			return err
		}
		for _, it := range items {
			for _, private := range []string{"email", "user", "name", "written_by"} {
				delete(it, private)
			}
		}
		all[x.name] = items
	}
	positions, err := record.All[map[string]any](ctx, b, record.Positions, record.Q{"ballot.group": g.ID}, 20_000)
	if err != nil {
		return err
	}
	all["group"], all["positions"] = g, positions
	raw, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		return err
	}
	if err := file(z, "group.json", string(raw)); err != nil {
		return err
	}
	page, err := d.page(ctx, b, g)
	if err != nil {
		return err
	}
	return file(z, "group.html", page)
}

func file(z *zip.Writer, name, text string) error {
	f, err := z.Create(name)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	return err
}

// page is the group to be read and printed: meetings with their minutes, then
// decisions.
func (d Desk) page(ctx context.Context, b record.Book, g *record.Group) (string, error) {
	var out strings.Builder
	esc := html.EscapeString
	fmt.Fprintf(&out, `<!doctype html><html lang="fr"><meta charset="utf-8"><title>%s</title><h1>%s</h1><p>%s</p>`, esc(g.Title), esc(g.Title), esc(g.Mandate))
	meetings, err := record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"group": g.ID, "sort": "starts"}, 1000)
	if err != nil {
		return "", err
	}
	for _, m := range meetings {
		fmt.Fprintf(&out, "<h2>%s</h2><p>%s, %s</p>", esc(m.Title), esc(act.When(m.Starts, "fr")), esc(m.Place))
		mn, err := record.One[record.Minute](ctx, b, record.Minutes, record.Q{"key": m.ID})
		if err != nil {
			return "", err
		}
		if mn != nil {
			fmt.Fprintf(&out, "<pre>%s</pre>", esc(mn.Text))
			for _, it := range mn.Items {
				fmt.Fprintf(&out, "<h3>%s</h3><p>%s</p>", esc(it.Title), esc(it.Summary))
			}
		}
	}
	decisions, err := record.All[record.Decision](ctx, b, record.Decisions, record.Q{"group": g.ID, "sort": "ref"}, 5000)
	if err != nil {
		return "", err
	}
	out.WriteString("<h2>Relevé de décisions</h2><ul>")
	for _, x := range decisions {
		fmt.Fprintf(&out, "<li>%s : %s</li>", esc(x.Ref), esc(x.Text))
	}
	out.WriteString("</ul></html>")
	return out.String(), nil
}
