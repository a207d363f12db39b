package storagetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/storage"
)

func (c *contract) hostileKeys(t *testing.T, b storage.Bucket) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../../b", "a/.", ".tmp-1", "a/.tmp-x",
		"a\x00", "a\nb", "a\x7fb", `a\b`, `..\..\a`, "\xff\xfe", "a\xc3/b",
		strings.Repeat("a", storage.MaxSegment+1), strings.Repeat("aaaaaaaaa/", 90) + "a",
	} {
		_, err := b.Put(t.Context(), key, strings.NewReader("x"), 1, storage.Cond{})
		_, _, err2 := b.Get(t.Context(), key, storage.Range{})
		for what, err := range map[string]error{
			"put": err, "get": err2, "delete": b.Delete(t.Context(), key), "purge": storage.Purge(t.Context(), b, key),
		} {
			if !errors.Is(err, storage.ErrKey) {
				t.Errorf("%s %q: error %v, want ErrKey", what, key, err)
			}
		}
	}
	if keys := list(t, b, "", ""); len(keys) > 0 {
		t.Errorf("after the refusals the list is %q", keys)
	}
	for _, prefix := range []string{"../", "/", "a//", ".tmp-", "a/../", "\x00"} {
		if keys := list(t, b, prefix, ""); len(keys) > 0 {
			t.Errorf("the list under %q is %q", prefix, keys)
		}
	}
}

// strangeKeys gives keys that something on the way could take for one another
// or for something else.
func strangeKeys() []string {
	deep := strings.Repeat("aaaaaaaaa/", 89) + "end"
	long := strings.Repeat("l", storage.MaxSegment)
	arabic := strings.Repeat("ج", storage.MaxSegment/2)
	return []string{
		"case/key", "case/Key", "case/KEY", "Case/key", "CASE/other",
		"é/x", "e\u0301/x", "ö", "o\u0308", "ﬁ", "fi", "ß", "ss", "İ", "i̇", "ı",
		"جمعية/تقرير سنوي ٢٠٢٤.pdf", "جمعيه/تقرير", "عَمَل", "عمل", "ﻋﻤﻞ", "😀/👩‍👩‍👧", "\u200f‏rtl", "\ufeffbom",
		"plain space", "plain+space", "plain%20space", "plain%2520space", "a+b=c&d?e#f", `"quoted" 'and' <tag>`, "semi;colon:comma,", "~!@$^*()[]{}|`",
		"=", "%", "@", "+", "=a", "%2e", "x=", "x%", "x@", "x+", "x@@", "x.@", "-", "_",
		"dots/.hidden", "dots/..double", "dots/trail.", "dots/...", ".recueil/format.json", "dots/a.tmp-1",
		"con", "nul.txt", "C:/x", "desktop.ini", "a.b/c.d",
		"sort/a", "sort/a-b", "sort/a.b", "sort/a0b", "sort/aa", "sort/aB",
		deep, long, long[:79], long[:80], long[:81], long[:160], long[1:] + "m", long[:80] + "-", long[:80] + "0",
		long + "/" + long + "/x", long[:80] + "/x", long[:79] + "/x", long[:81] + "/x",
		arabic, arabic + "/" + arabic, strings.Repeat("Z", storage.MaxSegment),
	}
}

// withoutNested drops the keys that are under another key.
func withoutNested(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return slices.ContainsFunc(keys, func(other string) bool { return strings.HasPrefix(key, other+"/") })
	})
}

func (c *contract) distinctKeys(t *testing.T, b storage.Bucket) {
	keys := strangeKeys()
	if c.flat {
		keys = withoutNested(keys)
	}
	for _, key := range keys {
		put(t, b, key, "bytes of "+key, storage.Cond{IfAbsent: true})
	}
	for _, key := range keys {
		expect(t, b, key, "bytes of "+key)
	}
	slices.Sort(keys)
	if got := list(t, b, "", ""); !slices.Equal(got, keys) {
		diff(t, got, keys)
	}
	for _, key := range keys { // each with its neighbours as prefix and as start
		for _, prefix := range []string{key, key[:len(key)/2], key + "/"} {
			want := under(keys, prefix, "")
			if got := list(t, b, prefix, ""); !slices.Equal(got, want) {
				t.Errorf("list %q: got %q, want %q", prefix, got, want)
			}
		}
	}
	for i := 0; i < len(keys); i += 7 {
		if got, want := list(t, b, "", keys[i]), keys[i+1:]; !slices.Equal(got, want) {
			t.Errorf("list after %q: got %q, want %q", keys[i], got, want)
		}
	}
	for i := 0; i < len(keys); i += 2 {
		if err := b.Delete(t.Context(), keys[i]); err != nil {
			t.Fatal(err)
		}
		expectMissing(t, b, keys[i])
	}
	for i := 1; i < len(keys); i += 2 {
		expect(t, b, keys[i], "bytes of "+keys[i])
	}
}

// under gives the sorted keys that List must give.
func under(sorted []string, prefix, after string) []string {
	out := []string{}
	for _, key := range sorted {
		if strings.HasPrefix(key, prefix) && key > after {
			out = append(out, key)
		}
	}
	return out
}

func diff(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Fatalf("%d keys, want %d; number %d is %q, want %q", len(got), len(want), i, g, w)
		}
	}
}

func (c *contract) nested(t *testing.T, b storage.Bucket) {
	put(t, b, "a", "file", storage.Cond{IfAbsent: true})
	put(t, b, "x/y/z", "leaf", storage.Cond{IfAbsent: true})
	if c.flat {
		for _, key := range []string{"a/b", "x/y", "x"} {
			_, err := b.Put(t.Context(), key, strings.NewReader("x"), 1, storage.Cond{})
			t.Logf("%q beside its like: error %v", key, err)
		}
		expect(t, b, "a", "file")
		expect(t, b, "x/y/z", "leaf")
		return
	}
	put(t, b, "a/b", "under", storage.Cond{IfAbsent: true})
	put(t, b, "a/b/c", "deeper", storage.Cond{IfAbsent: true})
	put(t, b, "x", "above", storage.Cond{IfAbsent: true})
	put(t, b, "x/y", "between", storage.Cond{IfAbsent: true})
	put(t, b, "a-b", "beside", storage.Cond{IfAbsent: true})
	want := []string{"a", "a-b", "a/b", "a/b/c", "x", "x/y", "x/y/z"}
	if got := list(t, b, "", ""); !slices.Equal(got, want) {
		t.Fatalf("list: got %q, want %q", got, want)
	}
	if err := b.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	expectMissing(t, b, "a")
	expect(t, b, "a/b", "under")
	if err := b.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	expect(t, b, "a/b/c", "deeper")
	put(t, b, "a", "again", storage.Cond{IfAbsent: true})
	expect(t, b, "a", "again")
	expect(t, b, "x/y/z", "leaf")
}

func (c *contract) lists(t *testing.T, b storage.Bucket) {
	if keys := list(t, b, "", ""); len(keys) > 0 {
		t.Fatalf("the bucket is not empty: %q", keys)
	}
	// 'a-b' sorts before 'a/b' though a folder 'a' would come first.
	keys := []string{"a-b", "a.b", "a/b", "a/b-c", "a/b.c", "a0", "aa/b", "b/1", "b/10", "b/2", "b/é", "b/ه"}
	for i := range keys { // put in some other order
		put(t, b, keys[i*5%len(keys)], strings.Repeat("x", i*5%len(keys)), storage.Cond{})
	}
	i := 0
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(keys) || o.Key != keys[i] || o.Size != int64(i) || o.ETag == "" || o.Modified.IsZero() {
			t.Fatalf("number %d is %+v", i, o)
		}
		i++
	}
	for _, prefix := range []string{"", "a", "a/", "a/b", "a-", "b/", "b/1", "b/é", "c", "b/1/", "zz/", "a/b/c"} {
		for _, after := range []string{"", "a", "a-b", "a/", "a/b", "a/b-", "b", "b/1", "b/10x", "b/é", "zz", "~"} {
			if got, want := list(t, b, prefix, after), under(keys, prefix, after); !slices.Equal(got, want) {
				t.Errorf("list %q after %q: got %q, want %q", prefix, after, got, want)
			}
		}
	}
	for n := 1; n < len(keys); n++ { // breaking off early
		var got []string
		for o, err := range b.List(t.Context(), "", "") {
			if err != nil {
				t.Fatal(err)
			}
			if got = append(got, o.Key); len(got) == n {
				break
			}
		}
		if !slices.Equal(got, keys[:n]) {
			t.Errorf("the first %d: got %q", n, got)
		}
	}
	if err := b.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	if got := list(t, b, "a/", ""); !slices.Equal(got, []string{"a/b-c", "a/b.c"}) {
		t.Errorf("after a deletion: %q", got)
	}
	twice := b.List(t.Context(), "b/", "")
	for range 2 {
		n := 0
		for range twice {
			n++
		}
		if n != 5 {
			t.Errorf("a sequence is ranged over again and gives %d objects, want 5", n)
		}
	}
}

func (c *contract) longList(t *testing.T, b storage.Bucket) {
	key := func(i int) string { return fmt.Sprintf("log/%020d", i) }
	const workers = 16
	var mu sync.Mutex
	var failed error
	race(workers, func(w int) {
		for i := w; i < c.listed; i += workers {
			if _, err := b.Put(t.Context(), key(i), strings.NewReader("x"), 1, storage.Cond{IfAbsent: true}); err != nil {
				mu.Lock()
				failed = err
				mu.Unlock()
				return
			}
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	put(t, b, "lof", "x", storage.Cond{})
	put(t, b, "log0", "x", storage.Cond{})
	want := make([]string, c.listed)
	for i := range want {
		want[i] = key(i)
	}
	for _, from := range []int{0, 1, c.listed / 2, c.listed - 1} {
		after := ""
		if from > 0 {
			after = key(from - 1)
		}
		if got := list(t, b, "log/", after); !slices.Equal(got, want[from:]) {
			diff(t, got, want[from:])
		}
	}
	if got := list(t, b, "log/", key(c.listed-1)); len(got) > 0 {
		t.Errorf("after the last there is %q", got)
	}
	next := put(t, b, key(c.listed), "next", storage.Cond{IfAbsent: true})
	if got := list(t, b, "log/", key(c.listed-1)); !slices.Equal(got, []string{next.Key}) {
		t.Errorf("the put just done is not listed: %q", got)
	}
}
