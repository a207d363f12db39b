// Package search keeps a text index in Bleve that is made from the log and may
// be deleted at any time. Index is the follower; Search, Suggest and Similar
// answer. The package decides on no right: each request says, collection by
// collection, which entries and which classes of fields count for whoever
// asks, and nothing else can influence the answer.
//
// What the index holds is taken from the read view, and the log says only what
// to look at again. So applying records twice, in part, or after a rebuild
// always ends in the same state.
package search
