package search

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Limits of looking for similar entries.
const (
	tellingText  = 32 << 10 // bytes of the entry that are looked at
	tellingWords = 12       // of the entry that are searched for
)

// Similar finds entries that speak of what an entry speaks of in a locale, by
// the words that tell it from others: a Request without Text, of which what is
// let through counts. Only text that the groups let through is read. The
// caller has a Turn.
func (x *Index) Similar(ctx context.Context, id content.EntryID, l content.Locale, req Request) (*Answer, error) {
	out := &Answer{}
	err := x.reading(ctx, req.Live, func(ctx context.Context, s *store, m *moment, seq commitlog.Seq) error {
		out.Seq = seq
		raw, err := m.snapshot.InternalID(string(id) + "/" + string(l))
		if err != nil || raw == nil {
			return err
		}
		if req.Text, err = x.telling(ctx, m, &req, raw.Value()); err != nil || req.Text == "" {
			return err
		}
		req.Verbatim = true
		req.Size++ // the entry itself
		out, err = answer(ctx, m, &req, s.ranker, nil, seq, x.o.Now())
		return err
	})
	out.Hits = slices.DeleteFunc(out.Hits, func(h Hit) bool { return h.Entry == id })
	out.Hits = out.Hits[:min(len(out.Hits), max(req.Size-1, 0))]
	return out, err
}

// telling gives the words of a document that are frequent in it and rare
// elsewhere.
func (x *Index) telling(ctx context.Context, m *moment, req *Request, doc uint64) (string, error) {
	r := newRun(m, req, x.o.Now())
	defer r.end()
	fields := r.lookIn()
	texts, err := m.texts(doc)
	if err != nil {
		return "", err
	}
	type word struct {
		text   string
		weight float64 // of once; each further time adds a fifth
		times  float64
	}
	byStem := map[string]*word{}
	for _, f := range fields {
		text := cut(texts[f.Name], tellingText)
		if text == "" || !f.Docs.Has(doc) || f.Name[:1] == bandPages {
			continue
		}
		language := x.sheets.language(req.Locale, text)
		for _, t := range language.Text.Analyze([]byte(text)) {
			if w := byStem[string(t.Term)]; w != nil {
				w.times++
				continue
			}
			n, err := documentsWith(ctx, m, f.Name+language.Tag, t.Term)
			if err != nil {
				return "", err
			}
			w := &word{text: text[t.Start:t.End]}
			if n > 1 { // a word of this entry alone leads nowhere
				w.weight = f.Weight * math.Log1p(float64(m.size())/float64(n))
			}
			byStem[string(t.Term)] = w
		}
	}
	words := make([]*word, 0, len(byStem))
	for _, w := range byStem {
		if w.weight *= 1 + w.times/5; w.weight > 0 {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b *word) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), strings.Compare(a.text, b.text))
	})
	var out []string
	for _, w := range words[:min(len(words), tellingWords)] {
		out = append(out, w.text)
	}
	return strings.Join(out, " "), nil
}

// documentsWith counts the documents that have a term.
func documentsWith(ctx context.Context, m *moment, field string, term []byte) (uint64, error) {
	list, err := m.snapshot.TermFieldReader(ctx, term, field, false, false, false)
	if err != nil {
		return 0, fmt.Errorf("count a word: %w", err)
	}
	n := list.Count()
	if err := list.Close(); err != nil {
		return 0, fmt.Errorf("count a word: %w", err)
	}
	return n, nil
}
