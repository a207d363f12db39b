// Package record reads and writes the entries of the consultation module: one
// struct a collection, as the HTTP API gives them, and one way to list, get and
// change them.
package record
