package sdk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// SearchDocument is text that a plugin adds to the search: more of an entry, by
// which that is found, or a page of the plugin's own, which is no entry.
// Whoever may read Field of that entry, or of all entries of Collection, finds
// it, and nobody else.
type SearchDocument struct {
	Key        string // of the plugin's own: small letters, digits, "-"; at most 30
	Entry      string // id; empty: the document is the page at Path
	Collection string // id; of an entry it is known
	Field      string // id; empty: the one that is the title
	Path       string // of a page of the manifest: "/2027-05"
	Texts      map[string]SearchText
}

// SearchText is a document in one language.
type SearchText struct {
	Title string // of a page
	Text  string // plain
}

// PutSearchDocument adds text to the search, or puts other text in its place:
// at most 20 documents for an entry, 1000 pages, 64 KiB each. It takes "search"
// in the manifest. What is said of an entry goes with it, and when what is
// personal of it is erased.
func (h *Host) PutSearchDocument(ctx context.Context, d SearchDocument) error {
	r := &pluginpb.SearchDocument{Key: d.Key, Entry: d.Entry, Collection: d.Collection, Field: d.Field, Path: d.Path, Texts: map[string]*pluginpb.SearchText{}}
	for l, t := range d.Texts {
		r.Texts[l] = &pluginpb.SearchText{Title: t.Title, Text: t.Text}
	}
	_, err := pluginpb.NewSearchClient(h.conn).Put(h.call(ctx), r)
	return told(err)
}

// RemoveSearchDocument takes a document out of the search; entry is empty for
// a page. One that is not there is no error.
func (h *Host) RemoveSearchDocument(ctx context.Context, entry, key string) error {
	_, err := pluginpb.NewSearchClient(h.conn).Remove(h.call(ctx), &pluginpb.SearchDocumentRef{Entry: entry, Key: key})
	return told(err)
}

// Announce makes an event of the plugin's own known to the plugins that ask to
// be told of it: the manifest names it in "announces", theirs in
// "events.announced". What it says is at most 16 KiB as JSON, and nothing
// personal: it is in the history for ever. It is announced once per key within
// 24 hours; an empty key: in any case.
func (h *Host) Announce(ctx context.Context, name string, says any, key string) (replayed bool, err error) {
	raw, err := json.Marshal(says)
	if err != nil {
		return false, fmt.Errorf("write what is announced: %w", err)
	}
	r, err := pluginpb.NewAnnouncementsClient(h.conn).Announce(h.call(ctx), &pluginpb.Announcement{Name: name, BodyJson: raw, Key: key})
	if err != nil {
		return false, told(err)
	}
	return r.Replayed, nil
}
