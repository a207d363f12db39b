package documents

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

const someTree = `{"type":"stack","children":[
 {"type":"facts","items":[{"label":"Lieu","value":"Maison de jeunes, Béjaïa"}]},
 {"type":"heading","text":"Matin"},
 {"type":"list","items":[{"text":"Un","help":"deux"}]},
 {"type":"divider"},
 {"type":"notice","tone":"info","text":"À signer par chacun"},
 {"type":"table","label":"Signatures","columns":[{"key":"name","label":"Nom"},{"key":"sign","label":"Signature"}],"rows":[%s]}]}`

func rows(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"cells":{"name":"Personne %d","sign":""}}`, i)
	}
	return strings.Join(out, ",")
}

// opened is a file with its streams unpacked.
func opened(t *testing.T, raw []byte) string {
	t.Helper()
	var out strings.Builder
	for _, part := range bytes.Split(raw, []byte("stream\n")) {
		if r, err := zlib.NewReader(bytes.NewReader(part)); err == nil {
			text, _ := io.ReadAll(r) // what follows the stream is not its
			out.Write(text)
		}
		out.Write(part)
	}
	return out.String()
}

var aPage = regexp.MustCompile(`/Type */Page\b[^s]`)

func TestPrint(t *testing.T) {
	for locale, title := range map[string]string{"fr": "Feuille d’émargement", "ar": "ورقة الحضور", "en": "Attendance sheet"} {
		for paper := range papers {
			r := &pluginpb.PrintRequest{Locale: locale, Title: title, TreeJson: fmt.Appendf(nil, someTree, rows(60)), Paper: paper, Footer: "PACT", MadeUnixMs: 1}
			raw, err := Print(r)
			if err != nil {
				t.Fatalf("%s %s: %v", locale, paper, err)
			}
			text := opened(t, raw)
			if !bytes.HasPrefix(raw, []byte("%PDF-1.")) || !strings.Contains(text, "/Lang") {
				t.Errorf("%s %s: no PDF: %.60q", locale, paper, raw)
			}
			for _, kind := range []string{"/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/L", "/Caption"} {
				if !strings.Contains(text, "/S"+kind) && !strings.Contains(text, "/S "+kind) {
					t.Errorf("%s %s: %s is not in the structure", locale, paper, kind)
				}
			}
			if n := len(aPage.FindAllString(text, -1)); n < 3 {
				t.Errorf("%s %s: 60 lines to sign stand on %d pages", locale, paper, n)
			}
			if again, _ := Print(r); !bytes.Equal(raw, again) {
				t.Errorf("%s %s: another file for the same words", locale, paper)
			}
		}
	}
}

func TestCertificate(t *testing.T) {
	raw, err := Print(&pluginpb.PrintRequest{Locale: "ar", Title: "شهادة مشاركة", TreeJson: []byte(`{"type":"text","text":"نادية"}`), Paper: "a4-landscape",
		Centered: true, CodeUrl: "https://site.example/fr/training/certificate?code=ABCD"})
	if err != nil || !strings.Contains(opened(t, raw), "/Figure") {
		t.Errorf("%v", err)
	}
}

func TestRefused(t *testing.T) {
	for want, r := range map[string]*pluginpb.PrintRequest{
		"print_form": {Paper: "a3", TreeJson: []byte(`{"type":"divider"}`)},
		"print_tree": {TreeJson: []byte(`{"type":"button","label":"x","action":"x"}`)},
	} {
		if _, err := Print(r); problem.CodeOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, err := Print(&pluginpb.PrintRequest{Title: strings.Repeat("x", maxWords+1), TreeJson: []byte(`{"type":"divider"}`)}); problem.CodeOf(err) != "print_form" {
		t.Error(err)
	}
}
