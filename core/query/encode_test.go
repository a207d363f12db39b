package query

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

const someEntry = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

func sample(fields int) *Item {
	at := time.Date(2026, 3, 1, 12, 0, 0, 5_000_000, time.FixedZone("", 3600))
	it := &Item{ID: someEntry, Collection: &schema.Collection{Name: "news"}, Locale: "fr", Revision: 7,
		Status: content.StatusChanged, Locales: []content.Locale{"ar", "fr"}, CreatedAt: at, UpdatedAt: at, PublishedAt: nil,
		CreatedBy: &content.Actor{Kind: content.ActorToken, ID: "t", For: "u"}, UpdatedBy: &content.Actor{}, Position: "a",
		shows: 1<<12 - 1}
	values := []any{"Une « eau » <propre>", 12.5, true, nil, []any{"a", "b"}, map[string]any{"id": "1", "type": "x", "a": []any{}},
		HTML("<p>é</p>"), &Item{ID: "X", Fields: []Value{{"name", "n"}}}, []*Item{{ID: "Y"}}, []*Item{},
		Facts{ID: "a", Name: "n", MediaType: "image/png", Size: 3, Width: 1, Height: 2, Alt: "x", URL: "/u"}, strings.Repeat("texte ", 200)}
	for i := range fields {
		it.Fields = append(it.Fields, Value{"f" + string(rune('a'+i)), values[i%len(values)]})
	}
	return it
}

func TestItemJSON(t *testing.T) {
	got := string(sample(11).AppendJSON(nil))
	want := `{"id":"` + someEntry + `","collection":"news","revision":7,"status":"changed","locale":"fr","locales":["ar","fr"],` +
		`"created_at":"2026-03-01T11:00:00.005Z","updated_at":"2026-03-01T11:00:00.005Z","published_at":null,` +
		`"created_by":{"kind":"token","id":"t","for":"u"},"updated_by":{"kind":""},"parent":null,"position":"a",` +
		`"fa":"Une « eau » \u003cpropre\u003e","fb":12.5,"fc":true,"fd":null,"fe":["a","b"],"ff":{"id":"1","type":"x","a":[]},` +
		`"fg":{"html":"\u003cp\u003eé\u003c/p\u003e"},"fh":{"id":"X","name":"n"},"fi":[{"id":"Y"}],"fj":[],` +
		`"fk":{"id":"a","name":"n","media_type":"image/png","size":3,"width":1,"height":2,"alt":"x","decorative":false,"url":"/u"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	plain := Item{ID: "A", Locale: content.Shared, shows: showLocale}
	if got := string(plain.AppendJSON(nil)); got != `{"id":"A","locale":null}` {
		t.Errorf("got %s", got)
	}
}

func TestValuesAreValidJSON(t *testing.T) {
	for _, v := range []any{
		"\x00\x1f\x7f\"\\\b\f\n\r\t", "\xff\xfe", "\u2028\u2029", "</script>", "😀ع\xed\xa0\x80", "", 0.0, -0.5, 1e300, 1e-9, 123456789012.0,
		math.NaN(), math.Inf(1), map[string]any{"\"": "\xff", "z": nil, "a": map[string]any{}}, struct{}{},
	} {
		raw := appendValue(nil, v)
		var back any
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Errorf("%q: %s: %v", v, raw, err)
		}
		switch v := v.(type) {
		case string:
			if back != strings.ToValidUTF8(v, "\uFFFD") && strings.ToValidUTF8(v, "") == v {
				t.Errorf("%q came back as %q", v, back)
			}
		case float64:
			if !math.IsNaN(v) && !math.IsInf(v, 0) && !reflect.DeepEqual(back, v) {
				t.Errorf("%v came back as %v", v, back)
			}
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("é\"<\u2028\xff")
	f.Fuzz(func(t *testing.T, s string) {
		raw := appendString(nil, s)
		var got, want string
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%q gave %s: %v", s, raw, err)
		}
		std, _ := json.Marshal(s)
		if err := json.Unmarshal(std, &want); err != nil || got != want {
			t.Fatalf("%q came back as %q, not %q", s, got, want)
		}
		if strings.ContainsAny(string(raw[1:len(raw)-1]), "<>&\u2028\u2029\n") {
			t.Fatalf("%q gave %s", s, raw)
		}
	})
}

func BenchmarkAppendItems20(b *testing.B) {
	items := make([]*Item, 20)
	for i := range items {
		items[i] = sample(24)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for _, it := range items {
			buf = it.AppendJSON(buf)
		}
	}
	b.SetBytes(int64(len(buf)))
}
