package cite

// kinds says what the kinds of studies are to software of references.
var kinds = map[string]Kind{"guide": Book, "thesis": Thesis, "article": Article, "law": Law}

// Of reads a work from fields, by the names that they have in the collection
// of studies. value gives what the reader may see of a field, or nil.
func Of(id, locale string, value func(name string) any) Work {
	text := func(name string) string { s, _ := value(name).(string); return s }
	w := Work{ID: id, Title: text("title"), Subtitle: text("subtitle"), Published: text("published_on"),
		Publisher: text("publisher"), Series: text("series"), Edition: text("edition"), ISBN: text("isbn"), DOI: text("doi"),
		Abstract: text("summary"), Language: locale, Kind: kinds[text("kind")]}
	if pages, ok := value("page_count").(float64); ok {
		w.Pages = int(pages)
	}
	// The language of the document, which the entry may only be a description of.
	if all, ok := value("languages").([]any); ok && len(all) == 1 {
		if l, ok := all[0].(string); ok {
			w.Language = l
		}
	}
	authors, _ := value("authors").([]any)
	for _, one := range authors {
		m, _ := one.(map[string]any)
		if name, _ := m["author"].(string); name != "" {
			w.Authors = append(w.Authors, Name{Text: name, Editor: m["role"] == "editor"})
		}
	}
	return w
}
