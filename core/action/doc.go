// Package action holds every way to change a site, one file each, and the
// Runner that carries them out. The Runner is the only writer of the log: it
// asks an action what it needs, lets core/access decide, asks it for the
// changes, checks them against what exists and commits them. Actions are plain
// values; their Needs and Plan only read, and may be called several times for
// one change.
package action
