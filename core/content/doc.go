// Package content holds the nouns of Recueil as plain values: entries and
// their versions, assets, people, actors, commits. It does nothing with them
// and imports nothing of ours, so that every other package may speak of them.
package content
