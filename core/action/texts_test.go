package action_test

import (
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/texts/textstest"
)

// Every code that this package and its leaves give out has a text in every
// language.
func TestTexts(t *testing.T) {
	for _, kind := range []content.NounKind{content.NounUser, content.NounRole, content.NounToken, content.NounSession, content.NounAsset} {
		textstest.Exist(t, string(kind)+"_missing") // see Absent
	}
	textstest.Exist(t, textstest.Asked(t, `(?:problem\.(?:New\(|Wrap\(err, )problem\.\w+, |problem\.OfFields\(problem\.\w+, |`+
		`Code: |fault\([^,\n]+, |return |code := |code = )"([a-z]+(?:_[a-z]+)+)"`, 75, "*.go", "*/*.go")...)
}
