package content

// SearchIndex is the id of the noun that tells all nodes to make their text
// index anew.
const SearchIndex = "search"

// Index is something that each node makes from the content for itself. When
// the revision grows, they make it anew.
type Index struct {
	ID       string `json:"id"`
	Revision int    `json:"revision"`
}
