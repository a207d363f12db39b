package consultation

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

// contributions is how many the test of the open consultation makes:
// RECUEIL_CONTRIBUTIONS, or a few. Ten thousand are the acceptance story.
func contributions(t *testing.T) int {
	t.Helper()
	text := os.Getenv("RECUEIL_CONTRIBUTIONS")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 {
		t.Fatalf("RECUEIL_CONTRIBUTIONS: %q is not a number of contributions", text)
	}
	return n
}

// TestOpenConsultation is many contributions, a tenth as many comments on one of
// them, and a tenth as many that wait for a moderator. What it takes is printed;
// that a page stays small, and that nothing is lost, is asserted.
func TestOpenConsultation(t *testing.T) {
	n := contributions(t)
	k := begin(t, nil)
	c := k.consultation("prior", "contribute", "comment")
	words := strings.Fields("ouvrir maison jeunes soir horaires transport gardien bibliothèque quartier accueil sport musique filles sécurité hiver chauffage conseil budget commune wilaya")
	text := func(i int) string {
		var out []string
		for j := range 60 {
			out = append(out, words[(i*7+j*j*3+j)%len(words)])
		}
		return strings.Join(out, " ") + "."
	}
	make1 := func(collection, state string, i int, more map[string]any) string {
		v := map[string]any{"ref": fmt.Sprintf("MJ-%s-%06d", state[:3], i), "body": text(i), "state": state, "channel": "web", "lang": "fr", "letters_in": "fr",
			"sent": k.now().Add(time.Duration(i) * time.Second).UTC().Format(time.RFC3339), "email": fmt.Sprintf("canari%d@example.org", i), "fingerprint": fmt.Sprintf("%s %s %d", collection, state, i)}
		for name, x := range more {
			v[name] = x
		}
		return k.make(collection, v)
	}
	began := time.Now()
	var group sync.WaitGroup
	ids := make([]string, n)
	for part := range 32 { // so that commits are shared
		group.Go(func() {
			for i := part; i < n; i += 32 {
				ids[i] = make1("consultation-contribution", "published", i, map[string]any{"consultation": c, "section": "youth", "title": fmt.Sprintf("Idée %06d", i), "lot": float64(i*7919%n) / float64(n)})
			}
		})
	}
	group.Wait()
	t.Logf("%d contributions in %v", n, time.Since(began).Round(time.Millisecond))
	comments := n / 10
	for part := range 16 {
		group.Go(func() {
			for i := part; i < comments; i += 16 {
				make1("consultation-comment", "published", i, map[string]any{"contribution": ids[0], "side": []string{"none", "for", "against"}[i%3]})
				make1("consultation-contribution", "pending_moderation", i, map[string]any{"consultation": c, "section": "youth", "title": fmt.Sprintf("Attente %06d", i), "lot": 0.5})
			}
		})
	}
	group.Wait()

	timed := func(what string, do func()) {
		began := time.Now()
		do()
		t.Logf("%s: %v", what, time.Since(began).Round(100*time.Microsecond))
	}
	var page string
	timed("first page of the thread", func() { page = k.shows("contributions/"+ids[0], nil, fmt.Sprintf("Commentaires : %d", comments)) })
	if size := zipped(t, page); size > 60<<10 {
		t.Errorf("the first page of the thread has %d bytes, compressed", size)
	} else {
		t.Logf("it has %d bytes, compressed", size)
	}
	timed("last page of the thread", func() {
		k.shows("contributions/"+ids[0], map[string]string{"page": strconv.Itoa((comments + 49) / 50)})
	})
	timed("a page of contributions by lot", func() {
		k.shows("consultations/"+c+"/contributions", map[string]string{"graine": "7", "page": "3"}, "Idée ")
	})
	timed("the export", func() {
		status, body, err := k.Request(sdktest.Visitor, "GET", "/data/contributions-"+c+".csv", "")
		if err != nil || status != 200 {
			t.Fatalf("%d %v", status, err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\uFEFF"))).ReadAll()
		if err != nil || len(rows) != n+1 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
		if strings.Contains(body, "canari") {
			t.Error("an address is in the open data")
		}
	})
	editor := k.User("editor")
	timed("the moderation queue", func() {
		if tree := string(k.press(editor, "moderation", "", "", "").Tree); !strings.Contains(tree, fmt.Sprintf("En attente : %d", comments)) {
			t.Errorf("the queue: %.300s", tree)
		}
	})
}

func zipped(t *testing.T, page string) int {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write([]byte(page)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
