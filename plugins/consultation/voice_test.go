package consultation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

// A visitor contributes with an address and a code, is moderated, appeals, and
// has everything erased.
func TestVisitor(t *testing.T) {
	k := begin(t, nil)
	c := k.consultation("prior", "contribute", "comment", "argue")
	k.shows("", nil, "Les maisons de jeunes")
	k.shows("consultations/"+c, nil, "Comment les ouvrir le soir ?", "Contributions", "participer")
	k.shows("consultations/"+c+"/participer", nil, `action="/api/v1/plugins/consultation/contribute"`, `name="trap"`)

	const body = "Il faut que les salles restent ouvertes après l’école, jusqu’à vingt heures."
	good := []string{"consultation", c, "email", "lynda@example.org", "title", "Ouvrir jusqu’à 20 h", "body", body, "consent", "yes"}
	with := func(name, value string) []string { return append(append([]string{}, good...), name, value) }
	k.refused(422, "adresse électronique", "/contribute", with("email", "nobody")...)
	k.refused(422, "20 à 6000", "/contribute", with("body", "court")...)
	k.refused(422, "accord", "/contribute", with("consent", "")...)
	k.refused(404, "existe pas", "/contribute", with("consultation", "01ARZ3NDEKTSV4RRFFQ69G5FAV")...)
	if to := k.send("/contribute", with("trap", "x")...); to != "/fr/consultation/merci/sent" || len(k.Letters()) != 0 {
		t.Errorf("a machine is led to %s", to)
	}
	mine := ownOf(t, k.send("/contribute", good...))
	if again := ownOf(t, k.send("/contribute", good...)); again != mine || len(k.Letters()) != 1 {
		t.Errorf("sent twice: %v %v, letters %d", mine, again, len(k.Letters()))
	}
	page := fmt.Sprintf("suivre/%s/%s/", mine.kind, mine.id)
	k.shows(page+mine.token, nil, "attend votre code")
	k.missing(page + "wrong-token")
	k.missing("contributions/" + mine.id)
	if to := k.send("/confirm", mine.with("code", "000000")...); !strings.HasSuffix(to, "faute=code") && !strings.HasSuffix(to, "fait=confirmed") {
		t.Errorf("a wrong code leads to %s", to)
	}
	k.refused(404, "ouvre rien", "/confirm", "kind", mine.kind, "id", mine.id, "token", "wrong", "code", "1")
	k.confirm(mine, "lynda@example.org")
	k.missing("contributions/" + mine.id) // it waits for a moderator
	editor, other := k.User("editor"), k.User("administrator")
	if shown := k.press(editor, "moderation", "", "", ""); !strings.Contains(string(shown.Tree), "vingt heures") {
		t.Fatalf("the queue: %s", shown.Tree)
	}
	if _, err := k.Interact(sdktest.Visitor, console.Interaction{Place: "moderation"}); problem.CodeOf(err) != "not_allowed" {
		t.Errorf("a visitor moderates: %v", err)
	}
	value := `{"kind":"contribution","id":"` + mine.id + `"}`
	if shown := k.press(editor, "moderation", "publish", "", value); shown.Tone != "success" {
		t.Fatalf("%+v", shown)
	}
	k.shows("contributions/"+mine.id, nil, "vingt heures", "Une personne", "signaler")
	if p := k.shows("consultations/"+c+"/contributions", nil, "Ouvrir jusqu’à 20 h"); strings.Contains(p, "lynda@") {
		t.Errorf("an address is public: %s", p)
	}

	// Somebody reports it, it is hidden with reasons, its author appeals, and
	// another person gives them right.
	k.send("/report", "kind", "contribution", "id", mine.id, "reason", "off_topic", "text", "rien à voir")
	k.send("/report", "kind", "contribution", "id", mine.id, "reason", "off_topic", "text", "rien à voir")
	if shown := k.press(editor, "moderation", "", "", ""); strings.Count(string(shown.Tree), "rien à voir") != 1 {
		t.Errorf("reported twice by the same words: %s", shown.Tree)
	}
	k.press(editor, "moderation", "hide", "", `{"kind":"contribution","id":"`+mine.id+`","rule":"off_topic"}`)
	k.missing("contributions/" + mine.id)
	if m := k.letter("lynda@example.org", "masquer"); !strings.Contains(strings.Join(m.Lines, " "), "ne répond pas à la question") {
		t.Errorf("the reasons: %+v", m.Lines)
	}
	k.shows(page+mine.token, nil, "masquée", "Hors sujet", "Contester")
	k.send("/appeal", mine.with("text", "Les horaires sont bien la question.")...)
	k.refused(422, "déjà", "/appeal", mine.with("text", "Encore une fois.")...)
	ruling := k.ruling(editor, mine.id)
	decide := `{"outcome":"reversed","why":"Les horaires sont la question."}`
	if shown := k.press(editor, "moderation", "decide", "ruling="+ruling, decide); shown.Tone != "danger" {
		t.Errorf("whoever decided decides the appeal: %+v", shown)
	}
	if shown := k.press(other, "moderation", "decide", "ruling="+ruling, decide); shown.Tone != "success" {
		t.Fatalf("%+v", shown)
	}
	k.shows("contributions/"+mine.id, nil, "vingt heures")
	k.letter("lynda@example.org", "recours")

	// A comment of the same person, and its erasure with all the rest.
	said := ownOf(t, k.send("/comment", "contribution", mine.id, "side", "for", "body", "Je le redis : vingt heures.", "email", "lynda@example.org", "consent", "yes"))
	k.confirm(said, "lynda@example.org")
	k.press(editor, "moderation", "publish", "", `{"kind":"comment","id":"`+said.id+`"}`)
	k.Until("comments are counted", func() bool { return k.Entry("consultation-contribution", mine.id)["comments"] == 1.0 })
	k.shows("contributions/"+mine.id, nil, "Pour : 1", "Je le redis")
	k.send("/erase", said.with("what", "all", "sure", "yes")...)
	p := k.shows("contributions/"+mine.id, nil, "Contenu effacé", "Commentaires : 1")
	if strings.Contains(p, "vingt heures") {
		t.Errorf("erased: %s", p)
	}
	for collection, id := range map[string]string{"consultation-contribution": mine.id, "consultation-comment": said.id} {
		if e := k.Entry(collection, id); e["body"] != nil || e["email"] != nil || e["author_key"] != nil || e["state"] != "erased" {
			t.Errorf("%s: %v", collection, e)
		}
	}
}

// Erasing everything of a person is cut short after each of its steps; whoever
// asks again has all of it erased.
func TestErasureCutShort(t *testing.T) {
	k := begin(t, nil)
	c := k.consultation("after", "contribute", "comment")
	for n, whole := 0, false; !whole; n++ {
		email := fmt.Sprintf("lynda%d@example.org", n)
		mine := k.contribute(c, email, fmt.Sprint("Le soir ", n), fmt.Sprintf("Ouvrir jusqu’à %d heures et demie, tous les jours.", n))
		k.confirm(mine, email)
		said := ownOf(t, k.send("/comment", "contribution", mine.id, "body", fmt.Sprintf("Et %d fois par semaine.", n), "email", email, "consent", "yes"))
		k.confirm(said, email)
		k.send("/report", "kind", "contribution", "id", mine.id, "reason", "error", "text", fmt.Sprint("faux ", n))
		k.Until("the comment is counted", func() bool { return k.Entry("consultation-contribution", mine.id)["comments"] == 1.0 })
		erase := said.with("what", "all", "sure", "yes")
		k.RefuseAfter(n)
		status, _, body := k.Form(sdktest.Visitor, "/erase", form2(erase))
		k.Resume()
		if whole = status == 303; !whole && status != 503 || n > 30 {
			t.Fatalf("erasing, cut short after %d steps: %d %s", n, status, body)
		}
		k.send("/erase", erase...)
		for collection, id := range map[string]string{"consultation-contribution": mine.id, "consultation-comment": said.id} {
			if code := problem.CodeOf(k.Save(id, map[string]any{"email": email})); code != "entry_erased" {
				t.Errorf("cut short after %d steps: %s takes an address again: %q", n, collection, code)
			}
			if e := k.Entry(collection, id); e["body"] != nil || e["author_key"] != nil || e["state"] != "erased" {
				t.Errorf("cut short after %d steps: %s: %v", n, collection, e)
			}
		}
	}
}

// ruling gives the last decision about something.
func (k *kit) ruling(by content.Actor, object string) string {
	k.t.Helper()
	tree := string(k.press(by, "moderation", "", "", "").Tree)
	_, after, ok := strings.Cut(tree, `"?ruling=`)
	if !ok {
		k.t.Fatalf("no appeal about %s: %s", object, tree)
	}
	id, _, _ := strings.Cut(after, `"`)
	return id
}

// A questionnaire is answered once per address, counts after the code, asks the
// same once it was answered, and shows counts alone.
func TestSurvey(t *testing.T) {
	k := begin(t, nil)
	c := k.consultation("after", "survey")
	asked := []any{map[string]any{"key": "hours", "kind": "single", "text": "Jusqu’à quelle heure ?", "choices": "18 h\n20 h\n22 h", "required": true},
		map[string]any{"key": "what", "kind": "multi", "text": "Pour quoi faire ?", "choices": "Lire\nJouer"}, map[string]any{"key": "why", "kind": "long", "text": "Pourquoi ?"}}
	if err := k.Save(c, map[string]any{"questions": append(asked, asked[0])}); err == nil {
		t.Error("two questions have the same key")
	}
	if err := k.Save(c, map[string]any{"questions": asked}); err != nil {
		t.Fatal(err)
	}
	k.shows("consultations/"+c+"/questionnaire", nil, `name="q_hours"`, `type="checkbox"`, "Pourquoi ?")
	base := []string{"consultation", c, "consent", "yes"}
	fill := func(email string, pairs ...string) []string {
		return append(append(append([]string{}, base...), "email", email), pairs...)
	}
	for _, wrong := range [][]string{{"q_what", "1"}, {"q_hours", "4"}, {"q_hours", "x"}} {
		k.refused(422, "obligatoire", "/survey", fill("a@example.org", wrong...)...)
	}
	k.refused(422, "accord", "/survey", fill("a@example.org", "q_hours", "1", "consent", "no")...)
	for i, email := range []string{"a@example.org", "b@example.org", "c@example.org"} {
		o := ownOf(t, k.send("/survey", fill(email, "q_hours", "2", "q_what", "1", "q_why", "canari")...))
		if again := ownOf(t, k.send("/survey", fill(email, "q_hours", "3", "q_what", "2", "q_why", "canari")...)); again != o {
			t.Errorf("two answers of one address: %v %v", o, again)
		}
		if i == 2 {
			continue // never confirmed
		}
		k.confirm(o, email)
		k.send("/survey", fill(email, "q_hours", "1")...) // counted already
		k.shows("suivre/"+o.kind+"/"+o.id+"/"+o.token, nil, "comptée")
		if i == 1 {
			k.send("/erase", o.with("sure", "yes")...)
		}
	}
	k.Until("answers are counted", func() bool { return k.Entry("consultation", c)["responses"] == 2.0 })
	if err := k.Save(c, map[string]any{"questions": asked[:2]}); err == nil {
		t.Error("what was answered asks something else now")
	}
	k.days(40)
	if run := k.Job("daily", nil); run.State != "done" {
		t.Fatalf("%+v", run)
	}
	page := k.shows("consultations/"+c+"/questionnaire", nil, "Réponses reçues : 2", "<th scope=\"row\">22 h</th><td>1</td><td>50 %</td>", "Réponses écrites : 1")
	if strings.Contains(page, "canari") || strings.Contains(page, "<form") {
		t.Errorf("results show what somebody wrote, or can still be changed: %s", page)
	}
}
