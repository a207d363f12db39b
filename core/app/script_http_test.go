package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdRequest makes the command that sends a request. The body is a file of the
// transcript or JSON; further words are headers.
func cmdRequest(method string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		w := the(ts)
		if len(args) == 0 {
			ts.Fatalf("%s PATH [BODY] [Name:value …]", strings.ToLower(method))
		}
		var body io.Reader
		rest := args[1:]
		if len(rest) > 0 && strings.HasPrefix(rest[0], "{") {
			body, rest = strings.NewReader(rest[0]), rest[1:]
		} else if len(rest) > 0 && strings.HasSuffix(rest[0], ".json") {
			text := os.Expand(ts.ReadFile(rest[0]), ts.Getenv)
			body, rest = strings.NewReader(text), rest[1:]
		}
		path := args[0]
		if !strings.HasPrefix(path, "/api/") && path != "/" && !strings.HasSuffix(path, "z") {
			path = "/api/v1" + path
		}
		req, err := http.NewRequest(method, w.app.URL()+path, body)
		ts.Check(err)
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		if token := w.tokens[w.as]; token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		for _, h := range rest {
			name, value, ok := strings.Cut(h, ":")
			if !ok {
				ts.Fatalf("header %q has no value", h)
			}
			req.Header.Set(name, value)
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Do(req)
		ts.Check(err)
		defer resp.Body.Close()
		w.body, err = io.ReadAll(resp.Body)
		ts.Check(err)
		w.status, w.header = resp.StatusCode, resp.Header
		shown := &bytes.Buffer{}
		if json.Indent(shown, w.body, "", " ") != nil {
			shown = bytes.NewBuffer(w.body)
		}
		_, err = fmt.Fprintf(ts.Stdout(), "HTTP %d\n%s\n", w.status, shown)
		ts.Check(err)
	}
}

func cmdStatus(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	if (strconv.Itoa(w.status) == args[0]) == neg {
		ts.Fatalf("status is %d: %s", w.status, clipText(string(w.body)))
	}
}

func cmdHeader(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	got := http.Header(w.header).Get(args[0])
	want := ""
	if len(args) > 1 {
		want = args[1]
	}
	if (got == want || want == "" && got != "") == neg {
		ts.Fatalf("%s is %q", args[0], got)
	}
}

// member finds a value in the last answer: "data.0.title".
func (w *world) member(path string) (any, bool) {
	var v any
	if json.Unmarshal(w.body, &v) != nil {
		return nil, false
	}
	for _, name := range strings.Split(path, ".") {
		switch inner := v.(type) {
		case map[string]any:
			next, ok := inner[name]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			if name == "length" {
				v = float64(len(inner))
				continue
			}
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(inner) {
				return nil, false
			}
			v = inner[i]
		default:
			return nil, false
		}
	}
	return v, true
}

func show(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	v, ok := w.member(args[0])
	switch {
	case len(args) == 1 && ok == neg:
		ts.Fatalf("%s is there: %t", args[0], ok)
	case len(args) == 2 && (ok && show(v) == args[1]) == neg:
		ts.Fatalf("%s is %s", args[0], show(v))
	}
}

func cmdKeep(ts *testscript.TestScript, neg bool, args []string) {
	w := the(ts)
	v, ok := w.member(args[1])
	if !ok {
		ts.Fatalf("%s is not in %s", args[1], w.body)
	}
	ts.Setenv(args[0], show(v))
}
