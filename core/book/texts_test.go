package book_test

import (
	"testing"

	"github.com/recueil-cms/recueil/core/texts/textstest"
)

// Every text that books and their desk ask for is there in every language.
func TestTexts(t *testing.T) {
	textstest.Exist(t, textstest.Asked(t, `"(book\.[a-z_.]+|book_[a-z_]+|edition_[a-z_]+|editions_[a-z_]+)"`, 25,
		"*.go", "desk/*.go")...)
}
