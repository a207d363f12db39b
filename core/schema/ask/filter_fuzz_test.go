package ask

import (
	"encoding/json"
	"reflect"
	"testing"
)

// A filter is understood or refused; what is understood is written and read
// again the same, and never leads where no relation does.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`{"name":{"_eq":"x"},"wilaya":{"part_of":{"code":{"_in":["DZ"]}}}}`,
		`{"_or":[{"founded_on":{"_eq":"2007"}},{"_not":{"themes":{"_none":{"notation":{"_neq":"a"}}}}}]}`,
		`{"wilaya":{"_none":{"_and":[{"code":{"_null":true}},{"valid_from":{"_between":["2007","$now"]}}]}}}`,
		`{"updated_at":{"_nin":["2007-01","2008-01-01T00:00:00Z"]},"created_by":{"_in":"$user,x"}}`,
		`{"wilaya":{"_some":{},"_null":false,"_not":{"_or":[{},{"id":{"_eq":"$association"}}]}}}`,
	} {
		f.Add(seed)
	}
	k, lookup := programme(f)
	root := lookup("associations")
	f.Fuzz(func(t *testing.T, raw string) {
		var v any
		if json.Unmarshal([]byte(raw), &v) != nil {
			return
		}
		filter, err := ParseFilter(v, root, lookup, k, nil)
		if err != nil {
			return
		}
		out, err := json.Marshal(filter)
		if err != nil {
			t.Fatal(err)
		}
		var back any
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatal(err)
		}
		again, err := ParseFilter(back, root, lookup, k, nil)
		if err != nil {
			t.Fatalf("%s: not read again: %v", out, err)
		}
		if !reflect.DeepEqual(again, filter) {
			t.Fatalf("%s\nread as %+v\nnot as  %+v", out, again, filter)
		}
		for _, path := range filter.Paths() {
			for i, s := range path {
				if last := i == len(path)-1; last != (s.Target == "") || (s.Field == "") == (s.System == "") {
					t.Fatalf("odd step in %+v", path)
				}
			}
		}
		filter.Resolve(func(string) (any, bool) { return nil, false })
	})
}
