package query

import (
	"encoding/base64"
	"reflect"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

func TestCursor(t *testing.T) {
	c := &view.Cursor{Cells: []any{"é", 1.5, nil, true}, ID: someEntry}
	text, err := encodeCursor(c, "news,-date")
	if err != nil {
		t.Fatal(err)
	}
	back, err := decodeCursor("page[after]", text, "news,-date", 4)
	if err != nil || !reflect.DeepEqual(back, c) {
		t.Fatalf("came back as %v, %v", back, err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(text)
	flipped := append([]byte(nil), raw...)
	flipped[len(flipped)-4] ^= 1
	for name, bad := range map[string]struct {
		text, order string
		keys        int
	}{
		"another order": {text, "news,date", 4}, "other keys": {text, "news,-date", 3}, "cut": {text[:len(text)-4], "news,-date", 4},
		"not base64": {"***", "news,-date", 4}, "short": {"aa", "news,-date", 4}, "padded": {text + "=", "news,-date", 4},
		"changed": {base64.RawURLEncoding.EncodeToString(flipped), "news,-date", 4},
	} {
		if _, err := decodeCursor("page[after]", bad.text, bad.order, bad.keys); problem.CodeOf(err) != "cursor_invalid" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, evil := range []view.Cursor{{Cells: []any{[]any{"x"}}, ID: someEntry}, {Cells: []any{"x"}, ID: "' OR 1=1"}, {Cells: []any{map[string]any{}}, ID: someEntry}} {
		text, _ := encodeCursor(&evil, "o")
		if _, err := decodeCursor("page[after]", text, "o", 1); err == nil {
			t.Errorf("%v passed", evil)
		}
	}
	if none, err := encodeCursor(nil, "o"); none != "" || err != nil {
		t.Errorf("no place is %q, %v", none, err)
	}
}

func FuzzDecodeCursor(f *testing.F) {
	text, _ := encodeCursor(&view.Cursor{Cells: []any{"a"}, ID: someEntry}, "o")
	f.Add(text)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := decodeCursor("page[after]", text, "o", 1)
		if err == nil && c != nil && (len(c.Cells) != 1 || !isEntryID(string(c.ID))) {
			t.Fatalf("%q gave %v", text, c)
		}
	})
}
