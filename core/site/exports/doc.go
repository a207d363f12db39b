// Package exports writes entries in the forms that other programs read: tables,
// cards, maps, references, and what schema.org and Open Referral call things. It
// writes only what a reader could see, and reads nothing itself.
package exports
