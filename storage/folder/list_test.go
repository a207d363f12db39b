package folder

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/storage"
)

// TestListInSmallWindows lists folders larger than the window, which then are
// read several times, and compares with sorting.
func TestListInSmallWindows(t *testing.T) {
	b, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	r := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("l", 79)
	words := []string{"a", "b", "-", ".", "A", "é", "0", "aa", "a-", long, long + "x", long + "xy", long + "x-"}
	seen := map[string]bool{}
	for range 400 {
		parts := make([]string, 1+r.IntN(3))
		for i := range parts {
			parts[i] = words[r.IntN(len(words))] + words[r.IntN(len(words))]
		}
		key := strings.Join(parts, "/")
		if storage.CheckKey(key) != nil {
			continue
		}
		if _, err := b.Put(t.Context(), key, strings.NewReader(key), int64(len(key)), storage.Cond{}); err != nil {
			t.Fatal(err)
		}
		seen[key] = true
	}
	var keys []string
	for key := range seen {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, window := range []int{1, 2, 3, 7, 1000} {
		for range 40 {
			after := keys[r.IntN(len(keys))]
			prefix := keys[r.IntN(len(keys))]
			prefix = prefix[:r.IntN(len(prefix))]
			if r.IntN(3) == 0 {
				after = after[:r.IntN(len(after))]
			}
			compareList(t, b, window, keys, prefix, after)
		}
		compareList(t, b, window, keys, "", "")
	}
}

func compareList(t *testing.T, b *Bucket, window int, keys []string, prefix, after string) {
	t.Helper()
	var want, got []string
	for _, key := range keys {
		if strings.HasPrefix(key, prefix) && key > after {
			want = append(want, key)
		}
	}
	for o, err := range b.listWindow(t.Context(), prefix, after, window) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Key)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("window %d, list %q after %q:\n got %q\nwant %q", window, prefix, after, got, want)
	}
}

// TestAListHoldsFewNames measures what the largest window could hide.
func TestAListHoldsFewNames(t *testing.T) {
	var w walk
	w.window = 10
	var items []item
	for i := range 20 {
		items = append(items, item{key: fmt.Sprintf("%02d", 19-i)})
	}
	items = append(items, items[17], items[18]) // 02 and 01 once more
	got := w.smallest(items)
	if len(got) != 10 || got[0].key != "00" || got[9].key != "09" {
		t.Fatalf("got %v", got)
	}
}
