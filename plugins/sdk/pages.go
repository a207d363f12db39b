package sdk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Item is a page or a block that the host wants.
type Item struct {
	Page   string            // id in the manifest, or
	Block  string            // id
	Locale string            // of the reader
	Places map[string]string // of the page's path
	Query  map[string]string // those that the manifest names
	// The entry on whose page a block stands; empty elsewhere.
	Collection, ID string
	// Host reads as a visitor does. What is written is shown to everybody.
	Host *Host

	props []byte
}

// Props reads what the theme gave a block.
func (i *Item) Props(into any) error { return unmarshal(i.props, into) }

// Content is what a page or a block shows. nil: nothing, or there is no such
// page.
type Content struct {
	Title       string // of a page
	Description string // of a page, for search engines
	// Tree is drawn by the theme; HTML is shown as far as it is harmless. One of
	// the two.
	Tree Node
	HTML string
	// Structured is what search engines are told: something of schema.org, with
	// "@context": "https://schema.org", at most 32 KiB as JSON; nil: nothing.
	Structured map[string]any
	// MaxAge in seconds; 0: until an entry changes that the plugin may read.
	MaxAge int
}

type pages struct {
	pluginpb.UnimplementedPagesServer
	s *server
}

func (g pages) Render(ctx context.Context, r *pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) {
	out := &pluginpb.RenderResponse{}
	for _, item := range r.Items {
		it := &Item{Page: item.Page, Block: item.Block, Locale: r.Locale, Places: item.Places, Query: item.Query,
			Collection: item.Collection, ID: item.Id, Host: g.s.host.Load().on(r.Ticket), props: item.PropsJson}
		c, err := g.s.p.Render(ctx, it)
		if err != nil {
			return nil, err
		}
		one := &pluginpb.Rendered{Key: item.Key, Missing: c == nil}
		if c != nil {
			one.Title, one.Description, one.Html, one.MaxAgeS = c.Title, c.Description, c.HTML, uint32(max(c.MaxAge, 0)) //nolint:gosec // seconds
			if c.Structured != nil {
				if one.StructuredJson, err = json.Marshal(c.Structured); err != nil {
					return nil, fmt.Errorf("write what search engines are told: %w", err)
				}
			}
			if c.Tree != nil {
				if one.TreeJson, err = json.Marshal(c.Tree); err != nil {
					return nil, fmt.Errorf("write a tree: %w", err)
				}
			}
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}
