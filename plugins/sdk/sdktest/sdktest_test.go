package sdktest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

const manifest = `{
  "name": "errand", "version": "1.0.0", "protocol": 1, "label": {"en": "Errands"},
  "alone": {"why": {"en": "a test"}},
  "rights": [{"collection": "errand", "verbs": ["read", "read_draft", "create", "erase"]}],
  "collections": [{"id": "errand", "name": "errands", "label": {"en": "E"}, "title": "who", "fields": [{"id": "who", "name": "who", "kind": "text", "personal": true, "label": {"en": "W"}}]}],
  "files": {"upload": true, "why": {"en": "a test"}},
  "hosts": [{"host": "api.example.org", "why": {"en": "a test"}}],
  "jobs": [{"id": "long", "label": {"en": "Long"}}],
  "mail": {"to": ["users"], "per_hour": 3, "why": {"en": "a test"}, "templates": [{"id": "hello",
    "subject": {"fr": "Bonjour {name}", "ar": "مرحبا {name}", "en": "Hello {name}"}, "lines": [{"fr": "{name}", "ar": "{name}", "en": "{name}"},
      {"fr": "{name} : {session}, {day}", "ar": "{session}", "en": "{session}"}, {"fr": "Sans : {none}", "ar": "{none}", "en": "{none}"}]}]},
  "routes": [{"method": "POST", "path": "/do/{what}", "access": "signed_in"}]
}`

// errands does what its address says, and answers with what became of it.
func errands(t *testing.T) sdk.Plugin {
	file := make([]byte, 2<<20+17) // more than two parts
	if _, err := rand.Read(file); err != nil {
		t.Fatal(err)
	}
	do := func(ctx context.Context, h *sdk.Host, what string) (any, error) {
		switch what {
		case "fetch":
			a, err := h.Fetch(ctx, sdk.Request{URL: "https://api.example.org/x", Header: http.Header{"X-Mine": {"1"}}})
			if err != nil {
				return nil, err
			}
			return string(a.Body), nil
		case "fetch elsewhere":
			return h.Fetch(ctx, sdk.Request{URL: "https://other.example.org/"})
		case "upload":
			up, err := h.Upload(ctx, "random.bin", "", bytes.NewReader(file))
			if err != nil {
				return nil, err
			}
			var got bytes.Buffer
			if err := h.ReadFile(ctx, up.ID, &got); err != nil {
				return nil, err
			}
			if !bytes.Equal(got.Bytes(), file) {
				return nil, errors.New("other bytes came back")
			}
			return h.File(ctx, up.ID)
		case "read none":
			return nil, h.ReadFile(ctx, "01ARZ3NDEKTSV4RRFFQ69G5FAV", io.Discard)
		case "erase":
			h := h.Alone() // editors may not
			made, err := h.Create(ctx, "errand", sdk.Locales{"fr": {"who": "Nadia"}}, sdk.Options{})
			if err != nil {
				return nil, err
			}
			if _, err := h.Erase(ctx, made.ID, sdk.Options{}); err != nil {
				return nil, err
			}
			var left struct {
				Who *string `json:"who"`
			}
			return &left, h.Get(ctx, "errand", made.ID, "version=draft", &left)
		case "batch":
			h := h.Alone()
			var b sdk.Batch
			id, other := sdk.NewID(), sdk.NewID()
			b.Create("errand", id, sdk.Locales{"fr": {"who": "Nadia"}}, false)
			b.Create("errand", other, sdk.Locales{"fr": {"who": "Lynda"}}, false)
			b.Erase(id, 0)
			b.Expect(other, 0)
			done, err := h.Commit(ctx, &b, sdk.Options{Key: "batch"})
			if err != nil {
				return nil, err
			}
			again, err := h.Commit(ctx, &b, sdk.Options{Key: "batch"})
			if err != nil || len(again) != 4 || !again[0].Replayed || again[3].ID != other || done[2].Revision != 1 || done[0].Seq != again[2].Seq {
				return nil, fmt.Errorf("%+v %+v %w", done, again, err)
			}
			b.Publish(id, 0)
			_, err = h.Commit(ctx, &b, sdk.Options{})
			var refused *sdk.ProblemError
			if !errors.As(err, &refused) || len(refused.Faults) != 1 {
				return nil, err
			}
			return refused.Faults[0].Pointer, nil
		case "print":
			paper, err := h.Print(ctx, sdk.Print{Locale: "ar", Title: "شهادة", Tree: sdk.Text("نادية"), Centered: true})
			return string(paper[:min(len(paper), 5)]), err
		case "print nothing known":
			return h.Print(ctx, sdk.Print{Tree: sdk.Button("x", "x", nil)})
		case "attach":
			who, err := h.Who(ctx)
			if err != nil {
				return nil, err
			}
			_, err = h.Send(ctx, sdk.Letter{Template: "hello", User: who.User, Attachments: []sdk.Attachment{{Name: "../x", MediaType: "text/plain"}}})
			return nil, err
		case "letter with lists", "letter with long lists":
			who, err := h.Who(ctx)
			if err != nil {
				return nil, err
			}
			lists := map[string][]string{"session": {"Un", "Deux\n", "{day}"}, "day": {"lundi", "mardi", "jeudi", "samedi"}, "none": nil}
			if strings.Contains(what, "long") {
				lists["day"] = make([]string, 300)
			}
			return h.Send(ctx, sdk.Letter{Template: "hello", User: who.User, Values: map[string]string{"name": "N"}, Lists: lists})
		case "search":
			return nil, h.Search(ctx, "q=x", new(any))
		case "start":
			first, err := h.StartJob(ctx, "long", nil, sdk.JobOptions{Key: "once"})
			if err != nil {
				return nil, err
			}
			second, err := h.StartJob(ctx, "long", nil, sdk.JobOptions{Key: "once"})
			if err != nil || second.ID != first.ID || first.Replayed || !second.Replayed {
				return nil, fmt.Errorf("%+v %+v %w", first, second, err)
			}
			return h.CancelJob(ctx, first.ID)
		}
		who, err := h.Who(ctx)
		if err != nil {
			return nil, err
		}
		replayed, err := h.Send(ctx, sdk.Letter{Template: "hello", User: who.User, Key: what, Values: map[string]string{"name": "A\r\nBcc: x"},
			Attachments: []sdk.Attachment{{Name: "a.ics", MediaType: "text/calendar; method=REQUEST", Data: []byte("BEGIN:VCALENDAR")}}})
		return replayed, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /do/{what}", func(w http.ResponseWriter, r *http.Request) {
		got, err := do(r.Context(), sdk.From(r).Host, r.PathValue("what"))
		var refused *sdk.ProblemError
		switch {
		case errors.As(err, &refused):
			got = refused.Code
		case err != nil:
			got = err.Error()
		}
		_ = json.NewEncoder(w).Encode(got)
	})
	return sdk.Plugin{Manifest: []byte(manifest), Routes: mux, Jobs: map[string]func(context.Context, *sdk.Run) error{
		"long": func(ctx context.Context, _ *sdk.Run) error { <-ctx.Done(); return ctx.Err() },
	}}
}

// What a plugin asks of the host is held against its manifest and the rights of
// whoever it acts for.
func TestErrands(t *testing.T) {
	s := sdktest.Run(t, errands(t), nil)
	s.Elsewhere(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s", r.Host, r.URL.Path, r.Header.Get("X-Mine"))
	}))
	editor, reader := s.User("editor"), s.User("reader")
	if s.User("editor").ID == editor.ID {
		t.Error("two editors are one")
	}
	for _, c := range []struct {
		what string
		want string
	}{
		{"fetch", `"api.example.org /x 1"`},
		{"fetch elsewhere", `"outbound_host"`},
		{"upload", `"Size":2097169`},
		{"read none", `"file_missing"`},
		{"search", `"plugin_no_search"`},
		{"erase", `{"who":null}`},
		{"batch", `"/changes/0"`}, // the ids were used
		{"print", `"%PDF-"`},
		{"print nothing known", `"print_tree"`},
		{"attach", `"mail_attachment"`},
		{"start", `"long"`},
		{"letter 1", `false`},
		{"letter 1", `true`}, // once per key
		{"letter 2", `false`},
		{"letter with long lists", `"mail_values_large"`},
		{"letter with lists", `false`},
		{"letter 3", `"mail_too_many"`},
	} {
		status, body, err := s.Request(editor, "POST", "/do/"+c.what, "")
		if err != nil || status != 200 || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s %v, want %s", c.what, status, body, err, c.want)
		}
	}
	if _, body, err := s.Request(reader, "POST", "/do/upload", ""); err != nil || !strings.Contains(body, "not_allowed") {
		t.Errorf("for somebody who may not upload: %s %v", body, err)
	}
	if letters := s.Letters(); len(letters) != 3 || letters[0].Subject != "Bonjour A Bcc: x" || letters[0].To.Email != "editor@example.org" ||
		len(letters[0].Attachments) != 1 || letters[0].Attachments[0].MediaType != "text/calendar; method=REQUEST" || !slices.Equal(letters[2].Lines, []string{"N", "N : Un, lundi", "N : Deux, mardi", "N : {day}, jeudi"}) {
		t.Errorf("%+v", letters)
	}
	if _, _, err := s.Request(sdktest.Visitor, "POST", "/do/fetch", ""); problem.CodeOf(err) != "sign_in_first" {
		t.Error(err)
	}
}
