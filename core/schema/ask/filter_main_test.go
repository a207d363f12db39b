package ask

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

const someEntry = "01HZXW3K9Q5T7V8B2N4M6P0RSA"

// told gives an error's faults as "pointer code", joined by commas.
func told(err error) string {
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return "not a problem: " + err.Error()
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, strings.TrimSpace(f.Pointer+" "+f.Code))
	}
	return strings.Join(out, ",")
}

func unmarshal(t testing.TB, raw string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), into); err != nil {
		t.Fatal(err)
	}
}

// programme gives the built-in collections, whose default orders it reads.
func programme(t testing.TB) (schema.Kinds, Lookup) {
	t.Helper()
	all, err := schema.BuiltinCollections()
	if err != nil {
		t.Fatal(err)
	}
	k := schema.Builtin()
	lookup := func(idOrName string) *schema.Collection {
		for i := range all {
			if string(all[i].ID) == idOrName || all[i].Name == idOrName {
				return &all[i]
			}
		}
		return nil
	}
	for i := range all {
		k.Prepare(&all[i])
		if _, err := ParseSort(all[i].Sort, &all[i], lookup, k); err != nil {
			t.Errorf("default order of %s: %v", all[i].Name, err)
		}
	}
	return k, lookup
}
