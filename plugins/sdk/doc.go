// Package sdk is what a plugin of Recueil in Go imports. A plugin is a value
// of type Plugin: its manifest and a function for each thing that the manifest
// says it does. Main serves it. Nothing generated and no transport shows.
//
// # Changes
//
// What a plugin changes in the site it changes by a commit: all of it or
// nothing. Create, Save, Publish and the others of Host make a commit of one
// change. What belongs together goes into a Batch, because a plugin may end
// between two calls, and nobody else should see half of it:
//
//	var b sdk.Batch
//	b.Erase(id, 0)
//	b.Save(id, revision, sdk.Locales{"fr": {"state": "erased"}})
//	b.Publish(id, 0)
//	b.Expect(session, seen) // nothing of it changes, but it must be as it was read
//	done, err := h.Commit(ctx, &b, sdk.Options{Key: "erase/" + id})
//
// The changes are made one upon the other: each has the rights of whoever the
// plugin acts for, its own condition on the revision from before the commit,
// and sees what those before it did, so that a value may move from one entry to
// the next. There is one key, one line in the history, one new revision of each
// entry, and the hooks of other plugins are asked once about the whole. A
// problem says by /changes/1 which change it is about. There are no
// transactions that last longer than a call: read, decide, and commit what you
// read as a condition; IsStale says that somebody was faster.
package sdk
