package query

import (
	"testing"

	"github.com/recueil-cms/recueil/core/texts/textstest"
)

// Every code in the sources of this package, its leaves and core/access has a
// text in every language.
func TestEveryCodeHasItsTexts(t *testing.T) {
	textstest.Exist(t, textstest.Asked(t, `(?:problem\.(?:New\(problem\.\w+|Parameter\([^"\n]*(?:"[^"\n]*"[^"\n]*?)?|Wrap\(err, problem\.\w+), |`+
		`Code: |fault\([^"\n]*"[^"\n]*"[^"\n]*?, |fault\(c\.at, )"([a-z][a-z_]+)"`, 30, "*.go", "*/*.go", "../access/*.go")...)
}
