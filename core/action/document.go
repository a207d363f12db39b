package action

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of the documents that a plugin adds to the search.
const (
	MaxSearchText      = 64 << 10 // bytes of all texts of one
	MaxSearchTitle     = 300      // bytes
	MaxSearchDocuments = 1000     // of one plugin that stand for themselves
	MaxEntryDocuments  = 20       // of one plugin and entry
)

// PutSearchDocument adds text to the search, or puts other text in its place.
// Whoever asks holds its path against the manifest before.
type PutSearchDocument struct {
	Document content.SearchDocument
}

// Name is "search.put_document".
func (PutSearchDocument) Name() string { return "search.put_document" }

// Needs the right to read what the document is shown to the readers of.
func (a PutSearchDocument) Needs(tx *view.Tx) ([]access.Need, error) {
	d := &a.Document
	if d.Entry != "" {
		return need(tx, access.Read, d.Entry)
	}
	col := tx.Collection(string(d.Collection))
	if col == nil {
		return nil, noun.Absent(content.NounCollection, string(d.Collection))
	}
	return []access.Need{{Verb: access.Read, Collection: string(col.ID)}}, nil
}

// Plan adds it.
func (a PutSearchDocument) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	d := a.Document
	if err := onlyPlugin(env, d.Plugin); err != nil {
		return nil, err
	}
	if p, err := PluginNamed(tx, d.Plugin); err != nil || !p.Enabled { // it is being removed
		return nil, errors.Join(err, problem.New(problem.Unavailable, "plugin_down", problem.Args{"plugin": d.Plugin}))
	}
	if err := a.fits(tx, &d); err != nil {
		return nil, err
	}
	was, err := searchDocument(tx, &d)
	switch {
	case err != nil:
		return nil, err
	case was == nil:
		if err := room(tx, &d); err != nil {
			return nil, err
		}
		d.ID = d.Place() + env.NewID()
	default:
		d.ID = was.ID
		if was.Collection == d.Collection && was.Field == d.Field && was.Path == d.Path && maps.Equal(was.Texts, d.Texts) {
			return nil, nil
		}
	}
	env.out.subject = d.ID
	d.UpdatedAt = env.Now
	return changeSearchDocument(d)
}

// fits holds a document against the collection whose readers find it.
func (a PutSearchDocument) fits(tx *view.Tx, d *content.SearchDocument) error {
	var faults []problem.Field
	fault := func(pointer, code string, args problem.Args) {
		faults = append(faults, problem.Field{Pointer: pointer, Code: code, Args: args})
	}
	if d.Entry != "" {
		e, err := tx.Entry(d.Entry)
		if err != nil {
			return err // Needs found it
		}
		d.Collection = e.Collection
	}
	col := tx.Collection(string(d.Collection))
	if col == nil {
		return noun.Absent(content.NounCollection, string(d.Collection))
	}
	if d.Field == "" {
		d.Field = col.Title
	}
	if f := col.Field(d.Field); f == nil || f.Personal {
		fault("/field", "search_document_field", problem.Args{"field": problem.Short(string(d.Field)), "collection": col.Name})
	}
	size := 0
	for l, t := range d.Texts {
		size += len(t.Title) + len(t.Text)
		if !content.ValidLocale(string(l)) {
			fault("/texts", "parameter_locale", problem.Args{"value": problem.Short(string(l))})
		}
		if (t.Title == "") != (d.Entry != "") || len(t.Title) > MaxSearchTitle {
			fault("/texts/"+problem.Short(string(l))+"/title", "search_document_title", problem.Args{"limit": MaxSearchTitle})
		}
	}
	if size == 0 || size > MaxSearchText {
		fault("/texts", "search_document_text", problem.Args{"limit": MaxSearchText})
	}
	return problem.OfFields(problem.Invalid, "search_document_invalid", faults)
}

// room refuses more documents than there may be.
func room(tx *view.Tx, d *content.SearchDocument) error {
	most := MaxSearchDocuments
	if d.Entry != "" {
		most = MaxEntryDocuments
	}
	n := 0
	err := eachSearchDocument(tx, content.SearchDocuments(d.Entry, d.Plugin), func(*content.Noun) bool {
		n++
		return n < most
	})
	if err == nil && n >= most {
		err = problem.New(problem.Limited, "search_documents_many", problem.Args{"limit": most})
	}
	return err
}

// RemoveSearchDocument takes a document out of the search; one that is not
// there is gone already.
type RemoveSearchDocument struct {
	Plugin string
	Entry  content.EntryID // empty: one that stands for itself
	Key    string
}

// Name is "search.remove_document".
func (RemoveSearchDocument) Name() string { return "search.remove_document" }

// Needs nothing but to be the plugin.
func (RemoveSearchDocument) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan removes it.
func (a RemoveSearchDocument) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := onlyPlugin(env, a.Plugin); err != nil {
		return nil, err
	}
	d := content.SearchDocument{Plugin: a.Plugin, Entry: a.Entry, Key: a.Key}
	was, err := searchDocument(tx, &d)
	if err != nil || was == nil {
		return nil, err
	}
	env.out.subject = was.ID
	return []content.Change{noun.Gone(content.NounSearchDocument, was.ID)}, nil
}

// searchDocument reads the document in the place of another one; nil: there is
// none.
func searchDocument(tx *view.Tx, d *content.SearchDocument) (was *content.SearchDocument, err error) {
	failed := eachSearchDocument(tx, d.Place(), func(n *content.Noun) bool {
		var found content.SearchDocument
		found, err = noun.Decode[content.SearchDocument](n)
		was = &found
		return false
	})
	return was, errors.Join(failed, err)
}

// ClearSearchDocuments removes documents of a plugin that is removed: so many
// at a time that a commit holds them. It has done its work when it changes
// nothing.
type ClearSearchDocuments struct {
	Plugin string
}

// Name is "search.clear_documents".
func (ClearSearchDocuments) Name() string { return "search.clear_documents" }

// Needs the right to manage plugins.
func (ClearSearchDocuments) Needs(*view.Tx) ([]access.Need, error) {
	return noun.Manage(access.Plugins)
}

// Plan removes some.
func (a ClearSearchDocuments) Plan(tx *view.Tx, _ Env) ([]content.Change, error) {
	var out []content.Change
	err := eachSearchDocument(tx, "", func(n *content.Noun) bool {
		if parts := strings.SplitN(n.ID, ".", 3); len(parts) == 3 && parts[1] == a.Plugin {
			out = append(out, noun.Gone(content.NounSearchDocument, n.ID))
		}
		return len(out) < MaxChanges
	})
	return out, err
}

// documentsOf are the changes that take what plugins said of an entry out of
// the search, because the entry goes or what is personal of it.
func documentsOf(tx *view.Tx, id content.EntryID) ([]content.Change, error) {
	var out []content.Change
	err := eachSearchDocument(tx, content.SearchDocuments(id, ""), func(n *content.Noun) bool {
		out = append(out, noun.Gone(content.NounSearchDocument, n.ID))
		return true
	})
	return out, err
}

// eachSearchDocument calls f with the nouns whose ids begin in a way, for as
// long as it wants more.
func eachSearchDocument(tx *view.Tx, begin string, f func(*content.Noun) bool) error {
	const page = 100
	for after := begin; ; {
		nouns, err := tx.Nouns(content.NounSearchDocument, after, page)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			if !strings.HasPrefix(n.ID, begin) || !f(n) {
				return nil
			}
			after = n.ID
		}
		if len(nouns) < page {
			return nil
		}
	}
}

// changeSearchDocument keeps the texts where they are sealed: in the view they
// are in the body again.
func changeSearchDocument(d content.SearchDocument) ([]content.Change, error) {
	texts := d.SearchDocumentPersonal
	d.SearchDocumentPersonal = content.SearchDocumentPersonal{}
	n, err := noun.Of(content.NounSearchDocument, d.ID, "", d)
	if err == nil {
		n.Personal, err = json.Marshal(texts)
	}
	return []content.Change{{Noun: n}}, err
}
