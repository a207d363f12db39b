// Package site is the visitor website: server-rendered pages, complete without
// JavaScript, in every language of the site. It knows of HTTP: addresses,
// headers, forms, and what is kept for how long. What it shows it reads as
// whoever asks through site/reader, and nothing else: another front end could do
// the same through the API. What a page looks like is the theme's, templates and
// one stylesheet in a folder.
package site
