//go:build unix

package contract_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/contract"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

//go:embed testdata/plugin.json
var manifest string

// The test binary is also the plugin: started as one it serves and exits, and
// never runs a test. Its arguments are its plugin.json and its fault.
func TestMain(m *testing.M) {
	if os.Getenv(sdk.CookieKey) != "" {
		raw, err := os.ReadFile(os.Args[1])
		if err != nil {
			panic(err)
		}
		sdk.Main(faulty(raw, os.Args[2]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// faulty is a plugin with a fault; "none" is none.
func faulty(raw []byte, fault string) sdk.Plugin {
	var times atomic.Int64
	switch fault {
	case "noise":
		fmt.Println("Hello.")
	case "end":
		fmt.Fprintln(os.Stderr, "no wish to work")
		os.Exit(3)
	case "hostile":
		return hostile(raw)
	case "lie":
		raw = append(raw, '\n')
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case fault == "status":
			http.Error(w, "sorry", http.StatusInternalServerError)
		case fault == "crash" && r.PathValue("id") == "no-such-thing":
			os.Exit(4)
		}
	})
	return sdk.Plugin{
		Manifest: raw, Routes: mux,
		Render: func(_ context.Context, item *sdk.Item) (*sdk.Content, error) {
			switch {
			case fault == "tongue" && item.Locale == "ar":
				return nil, errors.New("no words")
			case fault == "tree" && item.Page == "one":
				return &sdk.Content{Tree: sdk.Button("x", "y", nil)}, nil
			case item.Places["id"] == "no-such-thing" || item.Block != "" && item.ID == "":
				return nil, nil
			}
			return &sdk.Content{Title: "Trial", Tree: sdk.Text("here")}, nil
		},
		Console: func(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
			if who, err := v.Host.Who(ctx); err != nil || who.User == "" {
				return nil, fmt.Errorf("nobody is there: %+v %w", who, err)
			}
			switch {
			case fault == "closed" && v.Place == "beside":
				return nil, errors.New("not today")
			case fault == "press" && v.Action != "":
				os.Exit(6)
			case v.Action != "":
				return nil, errors.New("no such action")
			}
			return &sdk.View{Tree: sdk.Text("here")}, nil
		},
		Jobs: map[string]func(context.Context, *sdk.Run) error{
			"night": func(context.Context, *sdk.Run) error {
				if fault == "job" {
					os.Exit(7)
				}
				return nil
			},
			"never": func(context.Context, *sdk.Run) error { return errors.New("what for?") },
		},
		BeforeCommit: func(_ context.Context, c *sdk.Commit) error {
			for _, change := range c.Changes {
				if change.After == nil {
					continue
				}
				title, isText := change.After.Values["title"].(string)
				switch {
				case fault == "overreach":
					c.Set(change.After, "title", "mine")
				case fault == "moods":
					c.Set(change.After, "mark", fmt.Sprint(times.Add(1)))
				case fault == "trusting" && !isText:
					os.Exit(5)
				case title != "" && change.After.Values["mark"] == nil:
					c.Set(change.After, "mark", "seen")
				}
			}
			return nil
		},
		Events: func(ctx context.Context, h *sdk.Host, events []sdk.Event) error {
			for _, e := range events {
				var seen struct{ Revision int }
				if err := h.Get(ctx, e.Collection, e.ID, "version=draft", &seen); err != nil && (fault == "strict" || !sdk.IsNotFound(err)) {
					return err
				}
				value := any(e.Revision)
				if fault == "count" {
					value = times.Add(1)
				}
				if err := h.State().Put(ctx, "thing/"+e.ID, value, ""); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// Each fault breaks its rule, and without one all are kept.
func TestContract(t *testing.T) {
	for fault, rule := range map[string]string{
		"none": "", "noise": "start", "end": "start", "lie": "describe", "overreach": "hook-grants", "moods": "hook-pure",
		"tongue": "pages", "tree": "pages", "closed": "console", "press": "console", "job": "jobs", "trusting": "hook-hostile", "count": "events-twice", "strict": "events-gone", "status": "routes", "crash": "routes-hostile",
	} {
		t.Run(fault, func(t *testing.T) {
			patience := 2 * time.Minute
			if fault == "crash" { // which is waited out
				patience = 20 * time.Second
			}
			report, err := contract.Run(t.Context(), contract.Config{Bundle: bundle(t, fault), Kinds: schema.Builtin(), Open: open(t), Patience: patience, Slack: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			broken := false
			for _, r := range report {
				if r.Outcome == contract.Broken {
					broken = broken || r.Rule == rule
					if rule == "" {
						t.Errorf("%s: %s", r.Rule, r.Seen)
					}
				}
			}
			if rule != "" && !broken {
				t.Errorf("%s is not broken: %+v", rule, report)
			}
			if rule == "" && len(report) != len(contract.Rules()) {
				t.Errorf("%d of %d rules were tried", len(report), len(contract.Rules()))
			}
		})
	}
}

// What is no plugin is told as such.
func TestNoPlugin(t *testing.T) {
	report, err := contract.Run(t.Context(), contract.Config{Bundle: []byte("x"), Kinds: schema.Builtin(), Open: open(t)})
	if err != nil || len(report) != 1 || report.Broken() != 1 || !strings.Contains(report[0].Seen, "bundle_invalid") {
		t.Errorf("%+v %v", report, err)
	}
}

func bundle(t *testing.T, fault string) []byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	m := strings.NewReplacer("INTERPRETER", self, "FAULT", fault).Replace(manifest)
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	tw := tar.NewWriter(zipped)
	err = errors.Join(tw.WriteHeader(&tar.Header{Name: "plugin.json", Mode: 0o644, Size: int64(len(m)), Typeflag: tar.TypeReg}))
	if err == nil {
		_, err = tw.Write([]byte(m))
	}
	if err := errors.Join(err, tw.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// open makes a node of the real program, on a bucket in memory.
func open(t *testing.T) func(context.Context, func(*host.Options)) (*contract.Site, error) {
	return func(ctx context.Context, change func(*host.Options)) (*contract.Site, error) {
		node, err := app.Start(ctx, app.Config{Data: t.TempDir(), Bucket: "memory:", Listen: "127.0.0.1:0", SnapshotEvery: -1, CompactEvery: -1},
			app.Parts{Bucket: storagetest.NewMemory(), Host: change})
		if err != nil {
			return nil, err
		}
		site := node.Trial()
		site.Close = func() error { return node.Stop(context.Background()) }
		return site, nil
	}
}
