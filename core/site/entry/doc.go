// Package entry is what pages show of an entry: its values as texts, links and
// files in the language of a page, made of what the engine gives. Templates,
// feeds and files for programs read it; it reads nothing itself.
package entry
