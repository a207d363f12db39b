// Package page is what templates are given: values only. theme/GUIDE.md
// explains them to whoever writes a theme, so a change here is one there.
package page
