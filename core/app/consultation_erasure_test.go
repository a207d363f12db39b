//go:build linux

package app_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var mineAddress = regexp.MustCompile(`/consultation/suivre/([a-z]+)/([0-9A-Z]{26})/([A-Za-z0-9_-]+)`)
var codeInLetter = regexp.MustCompile(`le code ([0-9]{6})`)

// speak contributes and confirms, as a visitor does, and gives the form of the
// personal page.
func (f *forum) speak(consultation, email, title, body string) (id string, form []string) {
	f.t.Helper()
	to := f.send("contribute", "consultation", consultation, "email", email, "title", title, "body", body, "consent", "yes", "author", "Canari "+title)
	m := mineAddress.FindStringSubmatch(to)
	if m == nil {
		f.t.Fatalf("contributing leads to %s", to)
	}
	code := codeInLetter.FindStringSubmatch(f.letter(email, m[2]))
	if code == nil {
		f.t.Fatalf("no code came to %s", email)
	}
	form = []string{"kind", m[1], "id", m[2], "token", m[3]}
	if to := f.send("confirm", append(form, "code", code[1])...); !strings.HasSuffix(to, "fait=confirmed") {
		f.t.Fatalf("confirming leads to %s", to)
	}
	return m[2], form
}

// TestConsultationErasure plants texts in all that a person sends, has them
// erased by the address in their letter, and looks for them in every byte.
func TestConsultationErasure(t *testing.T) {
	t.Parallel()
	f := newForum(t)
	c := &canaries{}
	consultation := f.make("consultation", map[string]any{"title": "Le soir", "ref": "S", "question": "Quand ouvrir ?", "moderation": "after",
		"phases": []any{map[string]any{"key": "contributions", "starts": day(-1), "ends": day(30), "allows": []any{"contribute", "comment"}}}})
	email := strings.ToLower(c.text()) + "@example.org"
	var form []string
	first := ""
	for i := range 3 {
		var id string
		id, form = f.speak(consultation, email, c.text(), c.text()+" "+c.text()+" dans un texte assez long.")
		if i == 0 {
			first = id
		}
	}
	f.shows("/fr/consultation/contributions/"+first, "dans un texte")
	to := mineAddress.FindStringSubmatch(f.send("comment", "contribution", first, "body", c.text(), "email", email, "consent", "yes"))
	code := codeInLetter.FindStringSubmatch(f.letter(email, to[2]))
	f.send("confirm", "kind", to[1], "id", to[2], "token", to[3], "code", code[1])
	f.send("report", "kind", "contribution", "id", first, "reason", "error", "text", c.text())
	if found := c.files(t, f.p.disk, nil); len(found) > 0 {
		t.Errorf("texts stand in the bucket as they are: %v", found)
	}
	f.shows("/fr/consultation/consultations/"+consultation+"/contributions", "/contributions/"+first)
	f.send("erase", append(form, "what", "all", "sure", "yes")...)
	f.shows("/fr/consultation/contributions/"+first, "Contenu effacé", "Commentaires : 1")
	if n := f.count("consultation_contribution", ""); n != 3 {
		t.Errorf("%d contributions are counted", n)
	}
	// Letters that were sent are their readers'; here they stand in a folder.
	mail := filepath.Join(f.data, "mail")
	eventually(t, func() error {
		if found := c.files(t, f.data, func(path string) bool { return strings.HasPrefix(path, mail) }); len(found) > 0 {
			return fmt.Errorf("the node still has %v", found)
		}
		return nil
	})
	f.node.stop()
	if found := c.files(t, f.p.disk, nil); len(found) > 0 {
		t.Errorf("the bucket still has %v", found)
	}
	if found := c.in([]byte(f.node.stderr.String() + f.node.stdout.String())); len(found) > 0 {
		t.Errorf("the log tells %v", found)
	}
	sound(t, f.p, f.data, viewEqual)
}
