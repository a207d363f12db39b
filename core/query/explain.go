package query

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// Question asks whether someone may do something.
type Question struct {
	Verb       access.Verb
	Collection string          // name or id, or one of access.Admin
	Entry      content.EntryID // empty: of the collection as a whole
	Locale     content.Locale  // of the entry; Shared: all of its locales
	Fields     []string        // names
}

// Explain tells an actor which of their grants allow something, and why the
// others do not. About an entry that the actor may not read it says what it
// would say of one that is not there.
func (e *Engine) Explain(ctx context.Context, by content.Actor, q Question) (access.Explanation, error) {
	var out access.Explanation
	_, err := e.read(ctx, by, &Params{}, func(s *session) error {
		need := access.Need{Verb: q.Verb, Collection: q.Collection, Entry: q.Entry, Locale: q.Locale}
		if q.Collection != "" && q.Collection[0] != '@' {
			col, err := s.collection(q.Collection)
			if err != nil {
				return err
			}
			need.Of = col
			for _, name := range q.Fields {
				f := col.FieldNamed(name)
				if f == nil {
					return problem.Parameter("fields", "field_not_readable", problem.Args{"field": shown(name), "collection": col.Name})
				}
				need.Fields = append(need.Fields, f.ID)
			}
		}
		var err error
		out, err = s.p.Explain(need, func(rows json.RawMessage) (bool, error) { return s.matches(need, rows) })
		return err
	})
	return out, err
}

// matches holds an entry against the rows of a grant: on its live side for
// reading, in its newest values for everything else.
func (s *session) matches(n access.Need, rows json.RawMessage) (bool, error) {
	if n.Of == nil {
		return false, nil
	}
	var raw any
	if err := json.Unmarshal(rows, &raw); err != nil {
		return false, fmt.Errorf("read the rows of a grant: %w", err)
	}
	f, err := ask.ParseFilter(raw, n.Of, s.tx.Collection, s.e.kinds, s.p.Variable)
	if err != nil {
		return false, fmt.Errorf("compile the rows of a grant: %w", err)
	}
	return s.tx.Matches(n.Entry, n.Verb == access.Read, n.Locale, f)
}
