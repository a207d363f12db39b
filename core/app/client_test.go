//go:build linux

package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
)

// client speaks to a node as a program with a token does.
type client struct {
	url, token string
	http       *http.Client
}

// newClient gives a client whose connections end with the test.
func newClient(t testing.TB, r *process, token string) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 32}
	t.Cleanup(transport.CloseIdleConnections)
	return &client{url: r.url, token: token, http: &http.Client{Transport: transport, Timeout: within}}
}

// reply is a response, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// call sends body as JSON; headers are names and values in turn. A []byte body
// is sent as it is.
func (c *client) call(ctx context.Context, method, path string, body any, headers ...string) (*reply, error) {
	var raw []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return &reply{answer.StatusCode, answer.Header, got}, nil
}

// want is call, failing the test unless the answer has the status.
func (c *client) want(t testing.TB, status int, method, path string, body any, headers ...string) *reply {
	t.Helper()
	r, err := c.call(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if r.status != status {
		t.Fatalf("%s %s: %d instead of %d: %s", method, path, r.status, status, r.body)
	}
	return r
}

// item is an entry, as far as the tests look at it.
type item struct {
	ID        string `json:"id"`
	Revision  int    `json:"revision"`
	Status    string `json:"status"`
	Title     string `json:"title"`
	Published string `json:"published_at"`
}

// item reads an answer about one entry.
func (r *reply) item() (item, error) {
	var envelope struct{ Data item }
	if err := json.Unmarshal(r.body, &envelope); err != nil {
		return item{}, fmt.Errorf("not an entry: %w: %.200s", err, r.body)
	}
	return envelope.Data, nil
}

// problem reads the code of a problem document, which an answer must be.
func (r *reply) problem() (string, error) {
	var doc struct {
		Status       int
		Code, Detail string
	}
	if kind := r.header.Get("Content-Type"); kind != "application/problem+json" {
		return "", fmt.Errorf("%d is a %q, not a problem: %.200s", r.status, kind, r.body)
	}
	if err := json.Unmarshal(r.body, &doc); err != nil {
		return "", fmt.Errorf("a broken problem: %w: %.200s", err, r.body)
	}
	if doc.Status != r.status || doc.Code == "" || doc.Detail == "" {
		return "", fmt.Errorf("an odd problem: %d %s", r.status, r.body)
	}
	return doc.Code, nil
}

// all reads every entry of a collection, page by page, drafts too.
func (c *client) all(t testing.TB, collection string) []item {
	t.Helper()
	var out []item
	next := "/api/v1/entries/" + collection + "?version=draft&count=none&page[size]=100&sort=id"
	for next != "" {
		r := c.want(t, http.StatusOK, "GET", next, nil)
		var page struct {
			Data  []item
			Links struct{ Next string }
		}
		if err := json.Unmarshal(r.body, &page); err != nil {
			t.Fatal(err)
		}
		out = append(out, page.Data...)
		next = page.Links.Next
	}
	return out
}

// finds checks that a search among the newest values of the notes, for words or
// for everything, finds so many.
func (c *client) finds(t testing.TB, words string, want int) func() error {
	return func() error {
		r, err := c.call(t.Context(), "GET", "/api/v1/search?version=draft&collections=notes&page[size]=1&q="+url.QueryEscape(words), nil)
		if err != nil {
			return err
		}
		var answer struct{ Meta struct{ Total int } }
		if err := json.Unmarshal(r.body, &answer); err != nil || r.status != http.StatusOK {
			return fmt.Errorf("search: %d %s", r.status, r.body)
		}
		if got := answer.Meta.Total; got != want {
			return fmt.Errorf("a search for %q finds %d of %d notes", words, got, want)
		}
		return nil
	}
}

// notes is a small collection of our own.
var notes = map[string]any{
	"name": "notes", "label": map[string]string{"fr": "Notes", "ar": "ملاحظات", "en": "Notes"},
	"title": "title", "slug": "slug",
	"fields": []map[string]any{
		{"name": "title", "kind": "text", "label": map[string]string{"fr": "Titre", "ar": "عنوان", "en": "Title"}, "required": true, "sortable": true, "weight": 5},
		{"name": "slug", "kind": "slug", "label": map[string]string{"fr": "Adresse", "ar": "عنوان", "en": "Address"}, "unique": true,
			"settings": map[string]any{"source": "title"}},
		{"name": "body", "kind": "longtext", "label": map[string]string{"fr": "Texte", "ar": "نص", "en": "Text"}},
	},
}

const notesPath = "/api/v1/entries/notes"

// note is the address of one note.
func note(id string, more ...string) string {
	path := notesPath + "/" + url.PathEscape(id)
	for _, m := range more {
		path += "/" + m
	}
	return path
}
