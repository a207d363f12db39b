// Package query answers every read: entries by filter, sort and page, one
// entry, its history, what points at it, and the audit trail. It reads one
// moment of the view, asks core/access what the caller may see, and gives
// nothing else: neither in what it answers nor in what it filters, sorts or
// counts by. The one parser of request parameters is here too, so that every
// route speaks the same language and has the same limits.
package query
