package words

import (
	"strings"
	"testing"
)

// Every text is there in three languages, and takes the same values in each.
func TestWhole(t *testing.T) {
	for key, texts := range load() {
		for i, text := range texts {
			if text == "" {
				t.Errorf("%s has no text in %s", key, locales[i])
			}
			if strings.Count(text, "%") != strings.Count(texts[0], "%") {
				t.Errorf("%s takes other values in %s", key, locales[i])
			}
		}
	}
}
