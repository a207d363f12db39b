// Package transfer moves whole sites as one file: an archive of JSON lines,
// blobs and checksums that is described in FORMAT.md. Export reads one moment
// of the view; import checks the whole archive before it changes anything, and
// then changes the site through actions only. What an archive says is hostile
// until it was checked.
package transfer
