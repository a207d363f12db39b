// Package rules is what editors say about searching, as data that they publish
// like any other entry: which words mean the same, which say nothing, which
// entries come first when somebody looks for certain words. What they say
// counts with the next search; nothing has to be indexed again for it.
package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/phrase"
	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/storage/view"
)

// The built-in collections in which editors speak of the search alone.
const (
	Pins     content.CollectionID = "pins"
	Synonyms content.CollectionID = "synonyms"
	Settings content.CollectionID = "search_settings"
)

// Their fields.
const (
	pinWords   content.FieldID = "words"
	pinOthers  content.FieldID = "other_words"
	pinEntries content.FieldID = "entries"
	stopWords  content.FieldID = "stop_words"
	neverWords content.FieldID = "never_suggested"
)

// alike are the collections of words that mean the same, and the field with
// the others: an entry's title and these, in all its languages.
var alike = map[content.CollectionID]content.FieldID{
	Synonyms:      "others",
	"terms":       "synonyms",
	"territories": "other_names",
}

// Limits; what is beyond them does not count.
const (
	maxPins     = 5000 // wordings that have pins
	MaxPinned   = 10   // entries of one
	maxWords    = 500  // stop words of a locale, and queries that are never suggested
	maxWordSize = 200  // bytes
)

// Collections lists those that have a say in what a search finds.
func Collections() []content.CollectionID {
	return []content.CollectionID{Pins, Synonyms, Settings, "terms", "territories"}
}

// Counts reports whether a collection is one of them.
func Counts(id content.CollectionID) bool { return slices.Contains(Collections(), id) }

// Rules are those of one moment. They are immutable.
type Rules struct {
	languages *analysis.Languages
	// Synonyms and Stop are as package ranking wants them.
	Synonyms *ranking.Synonyms
	Stop     ranking.StopWords
	pins     map[pinKey][]content.EntryID
	never    map[string]bool
}

// pinKey is a wording, folded, in the language of a locale.
type pinKey struct {
	locale content.Locale
	words  string
}

// Read reads the rules that are published.
func Read(ctx context.Context, db *view.DB, kinds schema.Kinds, languages *analysis.Languages) (*Rules, error) {
	r := &Rules{languages: languages, Stop: ranking.StopWords{}, pins: map[pinKey][]content.EntryID{}, never: map[string]bool{}}
	var sets [][]string
	err := db.Read(ctx, func(tx *view.Tx) error {
		for _, id := range Collections() {
			col := tx.Collection(string(id))
			if col == nil {
				continue
			}
			err := tx.EachEntry(id, func(e *content.Entry) error {
				switch id {
				case Pins:
					r.pin(e)
				case Settings:
					r.settle(e)
				default:
					if forms := forms(col, kinds, e); len(forms) > 1 {
						sets = append(sets, forms)
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("read the rules of the search in %s: %w", col.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r.Synonyms = ranking.NewSynonyms(languages, sets)
	return r, nil
}

// forms are the words that mean the same by one entry.
func forms(col *schema.Collection, kinds schema.Kinds, e *content.Entry) []string {
	var out []string
	for _, l := range append(e.Locales(), content.Shared) {
		if col.ID == Synonyms {
			values := e.Live(l)
			out = add(out, append(listed(values[alike[Synonyms]]), text(values[col.Title])))
			continue
		}
		for _, t := range kinds.Text(col, e.Live(l)) {
			if t.Field == col.Title || t.Field == alike[col.ID] {
				out = add(out, t.Text)
			}
		}
	}
	return out
}

// add puts texts that are not there yet into a list.
func add(list, texts []string) []string {
	for _, t := range texts {
		if t != "" && !slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, t) }) {
			list = append(list, t)
		}
	}
	return list
}

// pin takes in one entry of Pins. Where two are about the same words, the
// entries of the older one come first.
func (r *Rules) pin(e *content.Entry) {
	for _, l := range e.Locales() {
		values := e.Live(l)
		ids := entries(values[pinEntries])
		if len(ids) == 0 {
			continue
		}
		for _, words := range append(listed(values[pinOthers]), text(values[pinWords])) {
			key := pinKey{l, r.languages.Of(string(l)).Fold(words)}
			if key.words == "" || len(r.pins) >= maxPins {
				continue
			}
			for _, id := range ids {
				if have := r.pins[key]; len(have) < MaxPinned && !slices.Contains(have, id) {
					r.pins[key] = append(have, id)
				}
			}
		}
	}
}

// settle takes in the settings: words that say nothing, and what is never
// suggested.
func (r *Rules) settle(e *content.Entry) {
	for _, l := range e.Locales() {
		language := r.languages.Of(string(l))
		values := e.Live(l)
		for _, one := range listed(values[stopWords]) {
			for word := range strings.FieldsSeq(language.Fold(one)) {
				r.Stop.Add(language.Tag, word)
			}
		}
		for _, one := range listed(values[neverWords]) {
			r.never[language.Fold(one)] = true
		}
	}
}

// Pinned lists the entries that come first for what somebody typed: those of
// the reader's locale, or where that has none, of any. A question with
// operators means what it says and has none.
func (r *Rules) Pinned(typed string, l content.Locale, others []content.Locale) []content.EntryID {
	q := phrase.Parse(typed)
	for _, c := range q.Clauses {
		if c.Without || c.Field != "" {
			return nil
		}
	}
	for _, l := range append([]content.Locale{l}, others...) {
		if ids := r.pins[pinKey{l, r.languages.Of(string(l)).Fold(q.Words())}]; len(ids) > 0 {
			return ids
		}
	}
	return nil
}

// MaySuggest reports whether no editor has said that a query, or one with its
// words, is never suggested.
func (r *Rules) MaySuggest(query string, l content.Locale) bool {
	folded := " " + r.languages.Of(string(l)).Fold(query) + " "
	for never := range r.never {
		if never != "" && strings.Contains(folded, " "+never+" ") {
			return false
		}
	}
	return true
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// listed reads the values of a list whose items have one text, "label".
func listed(v any) []string {
	items, _ := v.([]any)
	var out []string
	for _, item := range items[:min(len(items), maxWords)] {
		m, _ := item.(map[string]any)
		if s := strings.TrimSpace(text(m["label"])); s != "" && len(s) <= maxWordSize {
			out = append(out, s)
		}
	}
	return out
}

func entries(v any) []content.EntryID {
	list, _ := v.([]any)
	var out []content.EntryID
	for _, id := range list {
		if s := text(id); s != "" {
			out = append(out, content.EntryID(s))
		}
	}
	return out
}
