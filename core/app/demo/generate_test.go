package demo

import (
	"reflect"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

func generate(t *testing.T, seed uint64, n int) []Entry {
	t.Helper()
	drawn, err := Generate(seed, n)
	if err != nil {
		t.Fatal(err)
	}
	var out []Entry
	for e := range drawn {
		out = append(out, e)
	}
	return out
}

func TestGeneratedProfilesFit(t *testing.T) {
	c, kinds := collections(t)["associations"], schema.Builtin()
	ids, arabic := map[content.EntryID]bool{}, 0
	for _, e := range generate(t, 7, 300) {
		values := content.Values{}
		for _, l := range []content.Locale{content.Shared, "fr"} {
			in, err := kinds.Decode(c, e.Inputs[l])
			if err != nil {
				t.Fatalf("%s %s: %v", e.Key, l, err)
			}
			for id, v := range in.All() {
				values[id] = v
			}
		}
		if faults := kinds.CheckComplete(c, values); len(faults) > 0 {
			t.Fatalf("%s: %v", e.Key, faults)
		}
		if ids[e.ID] {
			t.Fatalf("%s: an id was drawn twice", e.Key)
		}
		ids[e.ID] = true
		if e.Inputs["ar"] != nil {
			arabic++
		}
	}
	if arabic < 50 || arabic > 150 {
		t.Errorf("%d of 300 have Arabic, want about a third", arabic)
	}
}

func TestASeedRepeats(t *testing.T) {
	short, long := generate(t, 1, 20), generate(t, 1, 40)
	if !reflect.DeepEqual(short, long[:20]) {
		t.Error("the same seed drew other profiles")
	}
	if reflect.DeepEqual(short, generate(t, 2, 20)) {
		t.Error("another seed drew the same profiles")
	}
}

func TestDraftsResolve(t *testing.T) {
	drafts, err := Drafts()
	if err != nil {
		t.Fatal(err)
	}
	cols, kinds := collections(t), schema.Builtin()
	planned := 0
	for _, d := range drafts {
		if _, err := kinds.Decode(cols[d.Collection], d.Values); err != nil {
			t.Errorf("%v: %v", d.Values["title"], err)
		}
		if d.Publish > 0 {
			planned++
		}
	}
	if planned == 0 || planned == len(drafts) {
		t.Errorf("%d of %d drafts are planned, want some of both", planned, len(drafts))
	}
}
