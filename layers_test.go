package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/recueil-cms/recueil"

// layers is the map of the program: for each package the packages of ours
// that it may import, besides those that everyone may. A new arrow is a line
// here first, with its reason in the commit. No package imports upward: each
// line may name only packages that stand above it.
var layers = []struct {
	pkg  string
	uses string
}{
	// The nouns and the seam: nothing of ours below them.
	{"core/content", ""},
	{"core/problem", ""},
	{"core/texts", ""},
	{"storage", ""},
	{"admin", ""}, // the built console: files, no code

	// Buckets, and what is kept in them.
	{"storage/folder", "storage"},
	{"storage/minio", "storage"},
	{"storage/storagetest", "storage storage/minio"},
	{"storage/commitlog", "storage"},
	{"storage/commitlog/peer", "storage"},
	{"storage/blob", "storage"},
	{"storage/keyring", "storage"},
	{"storage/lease", "storage"},

	// Text and queries of people become terms.
	{"search/analysis", ""},
	{"search/phrase", ""},
	{"search/highlight", ""},
	{"search/ranking", "search/analysis search/highlight search/phrase"},

	// What fits, and who may.
	{"core/texts/textstest", "core/texts"},
	{"core/schema/letters", ""},
	{"core/schema/calendar", ""},
	{"core/schema/markup", ""},
	{"core/schema", "core/content core/problem"},
	// Filters, sorts and selections, checked against definitions.
	{"core/schema/ask", "core/content core/problem core/schema core/schema/calendar core/schema/letters"},
	{"core/access", "core/content core/problem core/schema core/schema/ask"},
	{"core/auth/totp", ""},

	// The read view is made from the log.
	{"storage/view", "core/content core/schema core/schema/ask core/schema/letters storage/commitlog"},

	// The text index is made from the log, by way of the view.
	// What editors say about searching is read from the view, too.
	{"search/rules", "core/content core/schema search/analysis search/phrase search/ranking storage/view"},
	{"search/statistics", "core/content storage storage/lease"},
	{"search", "core/content core/problem core/schema core/schema/letters storage storage/commitlog storage/view"},

	// The one way in, and the reads.
	{"core/action/position", ""},
	{"core/action/sealed", "core/content storage storage/commitlog storage/keyring storage/view"},
	{"core/action/noun", "core/access core/content core/problem core/schema storage/view"},
	{"core/action", "core/access core/content core/problem core/schema storage storage/commitlog storage/view"},
	// Acts of and on accounts plan with what the others use, and the runner
	// knows nothing of them.
	{"core/action/account", "core/access core/action core/action/noun core/auth/totp core/content core/problem storage/view"},
	{"core/query", "core/access core/content core/problem core/schema core/schema/ask search search/phrase search/rules storage/commitlog storage/view"},

	// How well the index answers, measured.
	{"search/eval", "core/action core/action/sealed core/content core/schema search storage/commitlog storage/folder storage/keyring storage/view"},

	// Parts that act through actions.
	{"core/mail", "core/content"},
	// Rows of a table become entries by actions; what they name is found by reads.
	{"core/sheet", "core/action core/content core/problem core/query core/schema"},
	{"core/auth", "core/action core/action/account core/action/noun core/auth/totp core/content core/mail core/problem core/texts storage/commitlog storage/view"},
	{"core/schedule", "core/action core/content core/problem storage/commitlog storage/view"},
	{"core/media/extract/extracttest", ""},
	{"core/media/extract", ""},
	// The worker follows the log and asks the view what waits.
	{"core/media", "core/action core/action/noun core/content core/media/extract core/problem storage storage/blob storage/commitlog storage/lease storage/view"},
	// Who has an entry open: objects in the bucket, beside the log.
	{"core/presence", "core/content storage"},
	{"core/transfer", "core/access core/action core/action/account core/action/noun core/content core/problem core/query core/schema core/texts storage storage/blob storage/keyring storage/view"},

	// What modules show on the website: values and one call.
	{"core/slot", "core/content core/schema"},

	// A writer of PDF, a setter of text, a layout of pages: for the recueil as a
	// book, and for papers of plugins.
	{"core/book/pdf", ""},
	{"core/book/typeset", "core/book/pdf"},
	{"core/book/layout", "core/book/pdf core/book/typeset"},

	// Plugins: what one imports (nothing of the core), and what runs them.
	{"plugins/pluginpb", ""},
	{"plugins/launch", ""},
	{"plugins/sdk", "plugins/pluginpb"},
	{"plugins/manifest", "core/access core/content core/problem core/schema"},
	{"plugins/pack", "core/problem plugins/manifest"},
	// The parts of the host, each apart from what starts processes.
	{"plugins/host/wire", "core/content core/problem core/schema core/texts plugins/manifest plugins/pluginpb"},
	{"plugins/host/state", "plugins/pluginpb storage"},
	{"plugins/host/cursor", "storage storage/commitlog"},
	{"plugins/host/bundle", "plugins/manifest plugins/pack storage storage/blob"},
	{"plugins/host/asked", "core/access core/action core/action/noun core/content core/problem core/query core/texts plugins/host/state plugins/host/wire plugins/manifest plugins/pluginpb storage/view"},
	{"plugins/host/jobs", "core/content core/problem plugins/host/asked plugins/host/wire plugins/manifest plugins/pluginpb storage"},
	{"plugins/host/letters", "core/action core/action/noun core/content core/mail core/problem core/schema plugins/host/asked plugins/manifest plugins/pluginpb storage storage/view"},
	{"plugins/host/outbound", "core/problem plugins/host/asked plugins/manifest plugins/pluginpb"},
	{"plugins/host/files", "core/access core/action core/action/noun core/content core/media core/problem core/query core/schema plugins/host/asked plugins/manifest plugins/pluginpb storage storage/view"},
	{"plugins/host/migrate", "storage"},
	{"plugins/host/lines", ""},
	{"plugins/host/relay", ""},
	{"plugins/host/started", "plugins/launch"},
	{"plugins/host/surface", ""},
	{"plugins/host/proposal", "core/access core/action core/content core/problem core/schema plugins/host/wire plugins/pluginpb"},
	{"plugins/host/tree", ""},
	// Papers of plugins, set as books are.
	{"plugins/host/documents", "core/book/layout core/book/pdf core/book/typeset core/content core/problem plugins/host/asked plugins/host/tree plugins/pluginpb"},
	{"plugins/host/pages", "core/access core/content core/problem core/slot plugins/host/tree plugins/host/wire plugins/manifest plugins/pluginpb storage/commitlog"},
	{"plugins/host/console", "core/access core/content core/problem core/query core/schema plugins/host/tree plugins/host/wire plugins/manifest plugins/pluginpb storage/view"},
	{"plugins/host", "core/access core/action core/action/account core/action/noun core/content core/mail core/media core/problem core/query core/schema core/slot core/texts plugins/launch plugins/manifest plugins/pack plugins/pluginpb plugins/sdk storage storage/blob storage/commitlog storage/view"},
	{"plugins/consultation/rules", ""},
	{"plugins/consultation/words", ""},
	{"plugins/consultation/record", "plugins/consultation/rules plugins/sdk"},
	{"plugins/consultation/act", "plugins/consultation/record plugins/consultation/rules plugins/consultation/words plugins/sdk"},
	{"plugins/consultation/show", "plugins/consultation/act plugins/consultation/record plugins/consultation/rules plugins/consultation/words plugins/sdk"},
	{"plugins/consultation/desk", "plugins/consultation/act plugins/consultation/record plugins/consultation/rules plugins/consultation/words plugins/sdk"},
	{"plugins/consultation/open", "plugins/consultation/act plugins/consultation/record plugins/consultation/words plugins/sdk"},
	// The module, on the SDK alone; its leaves know nothing else of ours.
	{"plugins/consultation", "plugins/consultation/act plugins/consultation/desk plugins/consultation/open plugins/consultation/record plugins/consultation/rules plugins/consultation/show plugins/consultation/words plugins/sdk"},
	{"plugins/example", "plugins/sdk"},
	// The programme's module of trainings. Its leaves are pure; what changes
	// things, what shows them, and the console's screens stand apart.
	{"plugins/training/seats", ""},
	{"plugins/training/calendar", ""},
	{"plugins/training/lheo", ""},
	{"plugins/training/words", ""},
	{"plugins/training/record", "plugins/sdk plugins/training/calendar plugins/training/seats plugins/training/words"},
	{"plugins/training/act", "plugins/sdk plugins/training/calendar plugins/training/record plugins/training/seats plugins/training/words"},
	{"plugins/training/show", "plugins/sdk plugins/training/act plugins/training/calendar plugins/training/record plugins/training/seats plugins/training/words"},
	{"plugins/training/desk", "plugins/sdk plugins/training/act plugins/training/record plugins/training/seats plugins/training/words"},
	{"plugins/training/exchange", "plugins/sdk plugins/training/act plugins/training/lheo plugins/training/record plugins/training/words"},
	{"plugins/training", "plugins/sdk plugins/training/act plugins/training/desk plugins/training/exchange plugins/training/record plugins/training/seats plugins/training/show plugins/training/words"},
	// Whether a plugin keeps to the protocol, tried from outside on a real site.
	{"plugins/contract", "core/action core/action/account core/content core/problem core/schema core/slot core/texts plugins/host plugins/host/console plugins/host/jobs plugins/launch plugins/manifest plugins/pack plugins/pluginpb plugins/sdk storage storage/commitlog"},
	{"plugins/dev", "plugins/manifest plugins/pack plugins/sdk"},
	// A new plugin is given a copy of the SDK's source, where need be.
	{"plugins", ""},
	{"plugins/scaffold", "plugins"},
	{"plugins/sdk/sdktest", "core/mail core/media core/slot plugins/host/console plugins/host/jobs plugins/host/outbound core/action core/action/account core/action/noun core/action/sealed core/content core/problem core/query core/schema core/texts plugins/host plugins/manifest plugins/sdk storage/blob storage/commitlog storage/keyring storage/storagetest storage/view"},

	{"core/cite", ""},

	// The recueil as a book reads through core/query only.
	// The desk keeps orders in the bucket and freezes editions by an action.
	{"core/book/wording", "core/content"},
	{"core/book", "core/book/layout core/book/pdf core/book/typeset core/book/wording core/content core/problem core/query core/schema core/texts"},
	{"core/book/desk", "core/action core/book core/content core/problem storage storage/blob storage/lease"},

	// What only this site can have made, in an address.
	{"core/signed", "storage/keyring"},
	{"core/preview", "core/content core/problem core/signed"},
	{"core/profile", "core/action core/content core/mail core/problem core/query core/schema core/signed core/texts"},

	// The edge.
	{"core/server", "core/content core/problem core/texts"},
	{"core/api", "core/book core/book/desk core/access core/action core/action/account core/action/noun core/auth core/auth/totp core/cite core/content core/media core/presence core/preview core/problem core/query core/schema core/schema/ask core/server core/sheet core/texts search search/statistics storage storage/commitlog storage/view plugins/host plugins/host/console plugins/host/jobs plugins/manifest"},
	// The website: what was read of an entry as pages show it (entry), what
	// templates are given (page), the look (theme); the one way to the engine
	// (reader), and on it each thing that is read and written apart from requests.
	// core/site itself knows of HTTP, and puts them together.
	{"core/site/chart", ""},
	{"core/site/folded", ""},
	{"core/site/forms", ""},
	{"core/site/reading", "search/analysis search/highlight"},
	{"core/site/entry", "core/book/wording core/content core/query core/schema core/site/chart core/slot core/texts"},
	{"core/site/page", "core/profile core/query core/site/entry"},
	{"core/site/theme", "core/book/wording core/content core/site/entry core/texts"},
	{"core/site/tree", "core/content core/query core/site/page"},
	{"core/site/feeds", "core/book/wording core/site/entry core/site/folded"},
	{"core/site/exports", "core/cite core/schema core/site/entry core/site/folded"},
	{"core/site/reader", "core/content core/preview core/problem core/query core/schema core/site/entry core/texts storage/commitlog"},
	{"core/site/shelf", "core/content core/query core/schema core/site/chart core/site/entry core/site/page core/site/reader"},
	{"core/site/question", "core/query core/site/entry core/site/page core/site/reader core/site/shelf"},
	{"core/site/frame", "core/content core/problem core/query core/schema core/site/page core/site/reader core/site/theme core/site/tree"},
	{"core/site/redirects", "core/content core/query core/site/reader"},
	{"core/site/sitemap", "core/content core/query core/schema core/site/entry core/site/feeds core/site/reader"},
	{"core/site/oai", "core/cite core/problem core/query core/schema core/site/entry core/site/feeds core/site/reader"},
	{"core/site/scrutari", "core/content core/query core/schema core/site/entry core/site/feeds core/site/reader"},
	{"core/site", "core/book core/book/desk core/book/wording storage core/content core/mail core/preview core/problem core/query core/schema core/server core/slot core/texts core/profile"},

	// The parts put together.
	{"core/app", "admin core/book core/book/desk core/book/wording core/access core/action core/action/account core/action/noun core/action/sealed core/api core/auth core/content core/mail core/media core/media/extract core/presence core/problem core/query core/schedule core/schema core/server core/site core/site/theme core/texts core/transfer storage storage/blob storage/commitlog storage/commitlog/peer storage/folder storage/keyring storage/lease storage/minio storage/view search search/statistics plugins/contract plugins/dev plugins/host plugins/manifest plugins/pack plugins/scaffold plugins/sdk plugins/consultation plugins/example plugins/training core/app/demo core/preview core/signed core/slot core/profile"},
	{"core/app/apptest", "core/app"},
	{"", "core/app"},
}

// fences name, for each large dependency, the only packages that may touch it.
var fences = map[string]string{
	"github.com/gofiber/fiber/v2":                    "core/server core/api core/site core/app",
	"github.com/valyala/fasthttp":                    "core/server core/api core/site core/app",
	"github.com/minio/minio-go/v7":                   "storage/minio",
	"github.com/blevesearch":                         "search",
	"modernc.org/sqlite":                             "storage/view search/eval",
	"database/sql":                                   "storage/view search/eval",
	"github.com/spf13/cobra":                         "core/app",
	"github.com/yuin/goldmark":                       "core/query core/schema",
	"github.com/hashicorp/go-plugin":                 "plugins",
	"google.golang.org/grpc":                         "plugins",
	"golang.org/x/crypto/argon2":                     "core/auth",
	"github.com/wneessen/go-mail":                    "core/mail",
	"github.com/coreos/go-oidc/v3":                   "core/auth",
	"golang.org/x/oauth2":                            "core/auth",
	"github.com/klippa-app/go-pdfium":                "core/media/extract",
	"github.com/tetratelabs/wazero":                  "core/media/extract",
	"aead.dev/minisign":                              "plugins/pack",
	"github.com/go-text/typesetting":                 "core/book/typeset",
	"github.com/prometheus/client_golang/prometheus": "core/server core/app",
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

// TestLayers fails when a package imports what the map does not allow.
func TestLayers(t *testing.T) {
	allowed, order := map[string][]string{}, map[string]int{}
	for i, l := range layers {
		allowed[l.pkg], order[l.pkg] = strings.Fields(l.uses), i
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		uses, known := lookUp(allowed, name)
		if !known {
			t.Errorf("%s is not on the map: add it to layers in layers_test.go", name)
			continue
		}
		for _, imp := range p.Imports {
			if target, ours := strings.CutPrefix(imp, module+"/"); ours {
				if !slices.Contains(uses, target) && !within(target, name) && !within(name, target) {
					t.Errorf("%s imports %s, which the map does not allow", name, target)
				}
			}
		}
	}
	for _, l := range layers {
		for _, use := range strings.Fields(l.uses) {
			if at, ok := order[use]; ok && at >= order[l.pkg] {
				t.Errorf("the map lets %s import %s, which stands below it", l.pkg, use)
			}
		}
	}
}

// TestFences fails when a package reaches for a large dependency that is
// fenced in elsewhere.
func TestFences(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imp := range p.Imports {
			for dep, homes := range fences {
				if imp != dep && !strings.HasPrefix(imp, dep+"/") {
					continue
				}
				if _, ok := lookUp(asSet(homes), name); !ok {
					t.Errorf("%s imports %s, which only %s may", name, imp, homes)
				}
			}
		}
	}
}

func asSet(names string) map[string][]string {
	set := map[string][]string{}
	for n := range strings.FieldsSeq(names) {
		set[n] = nil
	}
	return set
}

// lookUp finds a package, or the nearest parent on the map: a sub-package has
// the rights of its parent.
func lookUp(m map[string][]string, name string) ([]string, bool) {
	for {
		if v, ok := m[name]; ok {
			return v, true
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			return nil, false
		}
		name = name[:i]
	}
}

// within reports whether a is b or inside it.
func within(a, b string) bool {
	return b != "" && (a == b || strings.HasPrefix(a, b+"/"))
}
