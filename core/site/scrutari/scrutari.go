// Package scrutari writes the knowledge base in the format ScrutariData, by which
// networks of associations that share a search (Coredem, ritimo) take it over: a
// base of corpora of cards, a thesaurus, and what is filed under what. It holds
// plain text only, and all of the base at once.
package scrutari

import (
	"encoding/xml"
	"net/url"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/feeds"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// Corpora are the collections that are given, as far as visitors may read them.
var Corpora = []string{"studies", "experiences", "projects"}

// thesaurus is the collection of the words that cards are filed under.
const thesaurus = "terms"

const (
	baseName = "recueil"
	maxCards = 20_000 // of one corpus
	maxSub   = 400    // characters of a subtitle
)

type base struct {
	XMLName xml.Name `xml:"base"`
	Meta    metadata `xml:"base-metadata"`
	Corpora []corpus `xml:"corpus"`
	Words   *words   `xml:"thesaurus"`
	Filed   []group  `xml:"indexation-group"`
}

type metadata struct {
	Authority string   `xml:"authority"`
	Name      string   `xml:"base-name"`
	Short     []text   `xml:"intitule-short>lib"`
	Long      []text   `xml:"intitule-long>lib"`
	Languages []string `xml:"langs-ui>lang"`
}

type text struct {
	Lang string `xml:"xml:lang,attr"`
	Text string `xml:",chardata"`
}

type corpus struct {
	Name  string `xml:"corpus-name,attr"`
	Title []text `xml:"corpus-metadata>intitule-corpus>lib"`
	One   []text `xml:"corpus-metadata>intitule-fiche>lib"`
	Cards []card `xml:"fiche"`
}

type card struct {
	ID       string      `xml:"fiche-id,attr"`
	Title    string      `xml:"titre"`
	Subtitle string      `xml:"soustitre,omitempty"`
	URL      string      `xml:"href"`
	Lang     string      `xml:"lang"`
	Date     string      `xml:"date,omitempty"`
	More     []attribute `xml:"attr"`

	themes []string
}

type attribute struct {
	Space  string   `xml:"ns,attr"`
	Key    string   `xml:"key,attr"`
	Values []string `xml:"val"`
}

type words struct {
	Name  string `xml:"thesaurus-name,attr"`
	Title []text `xml:"thesaurus-metadata>intitule-thesaurus>lib"`
	Words []word `xml:"motcle"`
}

type word struct {
	ID     string `xml:"motcle-id,attr"`
	Labels []text `xml:"lib"`
}

type group struct {
	Corpus    string  `xml:"corpus-path,attr"`
	Thesaurus string  `xml:"thesaurus-path,attr"`
	Filed     []filed `xml:"indexation"`
}

type filed struct {
	Card string `xml:"fiche-id,attr"`
	Word string `xml:"motcle-id,attr"`
}

// Write writes the base as visitors may read it; name is what the site is called
// in a language.
func Write(r *reader.Reader, name func(content.Locale) (short, long string)) ([]byte, error) {
	b := base{Meta: metadata{Authority: baseName, Name: baseName}}
	if u, err := url.Parse(r.Base()); err == nil && u.Hostname() != "" {
		b.Meta.Authority = u.Hostname()
	}
	for _, l := range r.Locales {
		short, long := name(l)
		b.Meta.Short = append(b.Meta.Short, text{string(l), short})
		b.Meta.Long = append(b.Meta.Long, text{string(l), long})
		b.Meta.Languages = append(b.Meta.Languages, string(l))
	}
	known, err := b.read(r)
	if err != nil {
		return nil, err
	}
	for _, c := range b.Corpora {
		g := group{Corpus: c.Name, Thesaurus: thesaurus}
		for _, one := range c.Cards {
			for _, id := range one.themes {
				if known[id] {
					g.Filed = append(g.Filed, filed{one.ID, id})
				}
			}
		}
		if len(g.Filed) > 0 {
			b.Filed = append(b.Filed, g)
		}
	}
	return feeds.XML(b)
}

// read fills in the corpora and the thesaurus, and tells which words there are.
func (b *base) read(r *reader.Reader) (known map[string]bool, err error) {
	for _, name := range Corpora {
		col := r.Named(name)
		if col == nil {
			continue
		}
		c := corpus{Name: name, Title: labels(r, col.Label), One: labels(r, col.One)}
		if c.Cards, err = cards(r, col); err != nil {
			return nil, err
		}
		b.Corpora = append(b.Corpora, c)
	}
	known = map[string]bool{}
	col := r.Named(thesaurus)
	if col == nil {
		return known, nil
	}
	b.Words = &words{Name: thesaurus, Title: labels(r, col.Label)}
	at := map[content.EntryID]int{}
	err = each(r, col, schema.SysLocale, func(e *entry.Entry) {
		i, again := at[e.ID]
		if !again {
			i = len(b.Words.Words)
			at[e.ID] = i
			b.Words.Words = append(b.Words.Words, word{ID: identifier(e.ID)})
			known[identifier(e.ID)] = true
		}
		b.Words.Words[i].Labels = append(b.Words.Words[i].Labels, text{e.Locale, e.Title})
	})
	return known, err
}

// cards are those of a collection: one for each language that an entry has.
func cards(r *reader.Reader, col *schema.Collection) ([]card, error) {
	var out []card
	err := each(r, col, reader.ListFields(col)+subtitleOf(col), func(e *entry.Entry) {
		if e.Withdrawn() != nil || e.URL == "" {
			return
		}
		one := card{ID: identifier(e.ID) + "-" + e.Locale, Title: e.Title, URL: r.Base() + e.URL, Lang: e.Locale, Date: e.Code("published_on")}
		if one.Date == "" {
			one.Date = entry.Stamp(e.Published, time.DateOnly)
		}
		if one.Subtitle = e.Text("subtitle"); one.Subtitle == "" {
			one.Subtitle = entry.Shorten(e.Summary(), maxSub)
		}
		if spoken := e.Languages(); len(spoken) == 1 {
			one.Lang = spoken[0] // of the work itself
		}
		if f := e.Field("authors"); f != nil {
			authors := attribute{Space: "sct", Key: "authors"}
			for _, a := range f.Items {
				authors.Values = append(authors.Values, a.Text("author"))
			}
			one.More = append(one.More, authors)
		}
		for _, l := range e.Links("themes") {
			one.themes = append(one.themes, identifier(l.ID))
		}
		out = append(out, one)
	})
	return out, err
}

func subtitleOf(col *schema.Collection) string {
	out := ""
	for _, name := range []string{"subtitle", "languages", "published_on"} {
		if col.FieldNamed(name) != nil && !strings.Contains(","+reader.ListFields(col)+",", ","+name+",") {
			out += "," + name
		}
	}
	return out
}

// each shows the entries of a collection in each language that they have; what
// has no language of its own is shown once.
func each(r *reader.Reader, col *schema.Collection, fields string, show func(*entry.Entry)) error {
	if f := col.Field(col.Title); f != nil && !strings.Contains(","+fields+",", ","+f.Name+",") {
		fields += "," + f.Name
	}
	for i, l := range r.Locales {
		there := r.In(l)
		for after, n := "", 0; n < maxCards; {
			found, err := r.Engine.Find(r.Ctx, r.By, col.Name, query.Params{Locale: l, Present: true, Fields: fields,
				Sort: schema.SysID, Page: query.Page{Size: query.MaxPage, After: after}})
			if err != nil {
				return reader.IgnoreMissing(err)
			}
			r.Note(found.Basis)
			for _, it := range found.Items {
				if n++; i == 0 || it.Locale != content.Shared {
					show(there.Shown(it))
				}
			}
			if after = found.Next; after == "" {
				break
			}
		}
	}
	return nil
}

// identifier is an id in the letters that the format advises.
func identifier(id content.EntryID) string { return strings.ToLower(string(id)) }

func labels(r *reader.Reader, t schema.Texts) []text {
	var out []text
	for _, l := range r.Locales {
		if s := entry.Label(t, l, ""); s != "" {
			out = append(out, text{string(l), s})
		}
	}
	return out
}
