//go:build linux

package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// TestKillReindex kills the program again and again while it makes the text
// index anew, by command and because a definition changed, and shows that a
// search finds everything afterwards, and that nothing is left over.
func TestKillReindex(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(storagetest.Seed(t), 7))
	p, data := folderPlace(t), filepath.Join(t.TempDir(), "data")
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	c.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	const count = 60
	for i := range count {
		c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": fmt.Sprint("forage ", i), "body": "Le puits du village."})
	}
	eventually(t, c.finds(t, "forages", count))
	for i := range max(3, kills(t)/5) {
		node.stop()
		remake := launch(t, p, "reindex", "--data", data)
		pass(t.Context(), time.Duration(rng.IntN(250))*time.Millisecond)
		remake.kill()
		node = serve(t, p, data)
		c = newClient(t, node, token)
		eventually(t, c.finds(t, "forages", count))
		// A weight makes another field searched, and the index be made anew.
		var now struct {
			Data struct{ Fields []map[string]any }
		}
		if err := json.Unmarshal(c.want(t, http.StatusOK, "GET", "/api/v1/collections/notes", nil).body, &now); err != nil {
			t.Fatal(err)
		}
		for _, f := range now.Data.Fields {
			if f["name"] == "body" {
				f["weight"] = (i + 1) % 2
			}
		}
		c.want(t, http.StatusOK, "PATCH", "/api/v1/collections/notes", map[string]any{"fields": now.Data.Fields})
		pass(t.Context(), time.Duration(rng.IntN(120))*time.Millisecond)
		node.kill()
		node = serve(t, p, data)
		c = newClient(t, node, token)
		found := 0
		if i%2 == 0 {
			found = count
		}
		eventually(t, c.finds(t, "puits", found))
		eventually(t, c.finds(t, "forages", count))
	}
	node.stop()
	left, err := os.ReadDir(filepath.Join(data, "search"))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder of the index holds %v %v", left, err)
	}
}
