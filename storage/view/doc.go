// Package view is the read view: the present state of a site in one SQLite
// file, made from the commit log and from nothing else, so that it may be
// deleted at any time. Only records of the log write it, either by Apply or as
// the draft on which actions are planned; everything that is read passes
// through a Tx, which sees one moment of the log.
package view
