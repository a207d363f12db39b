package ranking

import (
	"strings"

	"github.com/recueil-cms/recueil/search/analysis"
)

// Synonyms has what else may be written for words: acronyms and their long
// forms, names in other scripts. It is safe for concurrent use.
type Synonyms struct {
	// forms has the other forms for the words of each form, by language.
	forms map[string]map[string][]string
	// longest is the number of words of the longest form.
	longest int
}

// Limits of synonyms; what is beyond them is left out.
const (
	maxSynonyms   = 20_000 // sets
	maxForms      = 24     // of a set
	maxFormWords  = 8
	maxOtherForms = 6 // that are searched for besides the one that was typed
)

// NewSynonyms reads sets of forms that mean the same, such as GCP and gestion
// du cycle de projet; Béjaïa, Bejaia and بجاية.
func NewSynonyms(languages *analysis.Languages, sets [][]string) *Synonyms {
	s := &Synonyms{forms: map[string]map[string][]string{}}
	for _, l := range languages.All() {
		byWords := map[string][]string{}
		for _, forms := range sets[:min(len(sets), maxSynonyms)] {
			s.add(l, byWords, forms[:min(len(forms), maxForms)])
		}
		s.forms[l.Tag] = byWords
	}
	return s
}

func (s *Synonyms) add(l *analysis.Language, byWords map[string][]string, forms []string) {
	keys := make([]string, len(forms))
	for i, form := range forms {
		terms := l.Terms(form)
		if len(terms) <= maxFormWords {
			s.longest = max(s.longest, len(terms))
			keys[i] = key(terms)
		}
	}
	for _, k := range keys {
		for j, other := range keys {
			if k != "" && other != "" && k != other && len(byWords[k]) < maxOtherForms {
				byWords[k] = append(byWords[k], forms[j])
			}
		}
	}
}

// key joins the words of a form that mean something.
func key(terms []analysis.Term) string {
	words := make([]string, len(terms))
	for i, t := range terms {
		words[i] = t.Word
	}
	return strings.Join(words, " ")
}
