package query

import (
	"testing"

	"github.com/recueil-cms/recueil/core/access"
)

func TestExplain(t *testing.T) {
	s := newSite(t)
	for _, c := range []struct {
		who  string
		q    Question
		want bool
	}{
		{"author", Question{Verb: access.Update, Collection: "associations", Entry: id(11)}, true},
		{"author", Question{Verb: access.Update, Collection: "associations", Entry: id(10)}, false},
		{"author", Question{Verb: access.Update, Collection: "associations", Entry: id(99)}, false},
		{"author", Question{Verb: access.Publish, Collection: "associations", Entry: id(11)}, false},
		{"author", Question{Verb: access.Update, Collection: "associations", Entry: id(11), Fields: []string{"name", "phone"}}, true},
		{"author", Question{Verb: access.Update, Collection: "associations", Entry: id(11), Fields: []string{"name", "rank"}}, false},
		{"nada", Question{Verb: access.Update, Collection: "associations", Entry: id(11)}, true},
		{"nada", Question{Verb: access.Update, Collection: "associations", Entry: id(12)}, false},
		{"clerk", Question{Verb: access.Read, Collection: "files", Entry: id(21)}, true},
		{"clerk", Question{Verb: access.Read, Collection: "files", Entry: id(20)}, false},
		{"administrator", Question{Verb: access.Manage, Collection: access.Users}, true},
		{"editor", Question{Verb: access.Manage, Collection: access.Users}, false},
	} {
		got, err := s.Explain(t.Context(), userActor(c.who), c.q)
		if err != nil || got.Allowed != c.want {
			t.Errorf("%s %+v: %+v, %v", c.who, c.q, got, err)
		}
	}
	if _, err := s.Explain(t.Context(), visitor, Question{Verb: access.Read, Collection: "files"}); refusal(err) != "404 collection_not_found" {
		t.Errorf("a hidden collection: %v", err)
	}
	if _, err := s.Explain(t.Context(), admin, Question{Verb: access.Read, Collection: "files", Fields: []string{"nope"}}); refusal(err) != "400 field_not_readable fields" {
		t.Errorf("no such field: %v", err)
	}
}
