package consultation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

// From contributions to a commitment: citations both ways, merging and
// splitting, delays for all to see, and the authors told at each step.
func TestOutcome(t *testing.T) {
	k := begin(t, map[string]any{"answer_days": 60})
	r := k.room(2)
	c := k.consultation("after", "contribute", "comment")
	var said []personal
	for i, title := range []string{"Ouvrir le soir", "Ouvrir tard le soir", "Un gardien et des livres", "Autre chose"} {
		email := fmt.Sprintf("voix%d@example.org", i)
		o := k.contribute(c, email, title, fmt.Sprintf("Voici mon idée numéro %d pour la maison de jeunes.", i))
		k.confirm(o, email)
		said = append(said, o)
	}
	k.press(r.editor, "synthesis", "merge", "consultation="+c, `{"ids":["`+said[0].id+`","`+said[1].id+`"]}`)
	k.letter("voix1@example.org", "réunie ou divisée")
	ref := k.Entry("consultation-contribution", said[0].id)["ref"].(string)
	k.shows("contributions/"+said[1].id, nil, "Réunie à", ref)
	k.press(r.editor, "synthesis", "split", "consultation="+c, `{"id":"`+said[2].id+`","parts":"Un gardien\nUn gardien le soir.\n\nDes livres\nDes livres aussi."}`)
	part := k.Find("consultation-contribution", "ref", k.Entry("consultation-contribution", said[2].id)["ref"].(string)+"-a")
	k.press(r.editor, "synthesis", "statement", "consultation="+c, `{"title":"Ouvrir plus tard","text":"Ouvrir jusqu’à 20 h.","kind":"kept"}`)
	if shown := k.press(r.editor, "synthesis", "statement", "consultation="+c, `{"title":"Hors sujet","kind":"not_kept"}`); shown.Tone != "danger" {
		t.Errorf("not retained, without a reason: %+v", shown)
	}
	statement := k.Find("consultation-statement", "title", "Ouvrir plus tard")
	k.press(r.editor, "synthesis", "cite", "consultation="+c, `{"statement":"`+statement+`","ids":["`+said[0].id+`","`+part+`"]}`)
	k.missing("consultations/" + c + "/synthese")
	if shown := k.press(r.editor, "synthesis", "state", "consultation="+c, `{"to":"published"}`); shown.Tone != "danger" {
		t.Errorf("published before it is approved: %+v", shown)
	}
	for _, to := range []string{"draft", "approved", "published"} {
		k.press(r.editor, "synthesis", "state", "consultation="+c, `{"to":"`+to+`"}`)
	}
	k.shows("consultations/"+c+"/synthese", nil, "Ouvrir plus tard", ref, "Vient de ces contributions (2)")
	k.shows("contributions/"+said[0].id, nil, "Citée dans la synthèse", "Ouvrir plus tard")
	for i := range 3 { // also of what was merged, and of what was split
		k.letter(fmt.Sprintf("voix%d@example.org", i), "Citée dans la synthèse")
	}

	k.press(r.editor, "follow", "recommend", "", `{"ref":"R1","text":"Ouvrir les maisons de jeunes jusqu’à 20 h.","group":"`+r.group+`","consultation":"`+c+`","addressee":"Direction de la jeunesse","cites":["`+statement+`"]}`)
	rec := k.Find("consultation-recommendation", "ref", "R1")
	k.missing("recommandations/" + rec)
	k.press(r.editor, "follow", "send", "recommendation="+rec, `{}`)
	k.shows("recommandations/"+rec, nil, "Direction de la jeunesse", "Réponse attendue le")
	k.letter("voix1@example.org", "Recommandation envoyée")
	k.days(72)
	k.shows("suivi", nil, "Retard en jours : 12")
	if tree := string(k.press(r.editor, "follow", "", "", "").Tree); !strings.Contains(tree, "Retard en jours : 12") {
		t.Errorf("the desk: %s", tree)
	}
	for range 2 {
		k.press(r.editor, "follow", "answer", "recommendation="+rec, `{"state":"partly","reasons":"Trois maisons d’abord.","signatory":"Le directeur"}`)
	}
	k.letter("voix2@example.org", "Acceptée en partie")
	k.press(r.editor, "follow", "promise", "recommendation="+rec, `{"title":"Trois maisons ouvertes","due":"`+k.day(90)+`","milestones":"`+k.day(30)+` Premier gardien\nDeux autres"}`)
	commitment := k.Find("consultation-commitment", "title", "Trois maisons ouvertes")
	step := k.Entry("consultation-commitment", commitment)["milestones"].([]any)[0].(map[string]any)
	k.press(r.editor, "follow", "progress", "recommendation="+rec, `{"commitment":"`+commitment+`","progress":40,"state":"under_way","reached":["`+step["id"].(string)+`"]}`)
	page := k.shows("recommandations/"+rec, nil, "Acceptée en partie", "Trois maisons d’abord.", "40 %", "✓ Premier gardien")
	if strings.Count(page, "Trois maisons d’abord.") != 1 || strings.Contains(page, "Retard en jours") {
		t.Errorf("answered twice, or late although answered: %s", page)
	}
	k.letter("voix0@example.org", "en cours, 40 %")
	if run := k.Job("notify", map[string]any{"collection": "consultation-commitment", "id": commitment}); run.State != "done" {
		t.Fatalf("%+v", run)
	}
	count := map[string]int{}
	for _, m := range k.Letters() {
		count[m.To.Email+" "+m.Subject]++
	}
	for what, n := range count {
		if n > 1 && !strings.Contains(what, "code") {
			t.Errorf("told %d times: %s", n, what)
		}
	}
}

// Open data holds what is public and nobody's address; a table can be read by
// its dictionary.
func TestOpenData(t *testing.T) {
	k := begin(t, nil)
	c := k.consultation("after", "contribute", "comment")
	o := k.contribute(c, "canari@example.org", "=HYPERLINK(1)", "Un texte assez long, avec \"guillemets\", virgules\net lignes.")
	k.confirm(o, "canari@example.org")
	k.contribute(c, "autre@example.org", "Jamais confirmée", "Un texte que personne n’a confirmé.")
	for file, want := range map[string]string{"contributions-" + c + ".csv": "'=HYPERLINK(1)", "contributions-" + c + ".json": `"title":"=HYPERLINK(1)"`,
		"comments-" + c + ".csv": "reference", "dictionary.csv": "Texte de l’auteur", "dictionary.json": `"column":"body"`, "positions.csv": "by_substitute"} {
		status, body, err := k.Request(sdktest.Visitor, "GET", "/data/"+file, "")
		if err != nil || status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %v %s", file, status, err, body)
		}
		if strings.Contains(body, "canari") || strings.Contains(body, "Jamais confirmée") {
			t.Errorf("%s tells too much: %s", file, body)
		}
	}
	for _, file := range []string{"mandates.csv", "contributions.csv", "contributions-x.csv", "followers.csv", "dictionary.exe"} {
		if status, _, err := k.Request(sdktest.Visitor, "GET", "/data/"+file, ""); err != nil || status != 404 {
			t.Errorf("%s: %d %v", file, status, err)
		}
	}
	k.shows("donnees", nil, "contributions-"+c+".csv")
}

// A text is discussed paragraph by paragraph, and what changed in its next version
// can be seen.
func TestTexts(t *testing.T) {
	k := begin(t, nil)
	c := k.consultation("after", "contribute")
	first := k.make("consultation-text", map[string]any{"title": "Charte", "consultation": c, "text": "Article un.\n\nLes maisons ouvrent de 9 heures à 17 heures chaque jour.\n\nArticle trois."})
	second := k.make("consultation-text", map[string]any{"title": "Charte", "consultation": c, "previous": first, "text": "Article un.\n\nLes maisons ouvrent de 9 heures à 20 heures chaque jour.\n\nUn paragraphe nouveau."})
	k.shows("consultations/"+c, nil, "Texte en discussion : Charte")
	k.shows("consultations/"+c+"/participer", map[string]string{"texte": first, "paragraphe": "2"}, `name="paragraph" value="2"`, "à 17 heures")
	send := []string{"consultation", c, "email", "a@example.org", "title", "Plus tard", "body", "Dix-sept heures, c’est trop tôt pour les élèves.", "consent", "yes", "about", first}
	k.refused(404, "existe pas", "/contribute", append(send, "paragraph", "9")...)
	o := ownOf(t, k.send("/contribute", append(send, "paragraph", "2")...))
	k.confirm(o, "a@example.org")
	k.shows("textes/"+first, nil, "Paragraphe 2", "Contributions : 1")
	k.shows("textes/"+first+"/paragraphes/2", nil, "trop tôt", "Réagir")
	k.shows("contributions/"+o.id, nil, "/textes/"+first+"/paragraphes/2")
	k.shows("textes/"+second+"/differences", nil, "<del>17</del>", "<ins>20</ins>", "<del>Article trois.</del>", "<ins>Un paragraphe nouveau.</ins>", "Paragraphes changés : 3")
	for _, none := range []string{"textes/" + first + "/differences", "textes/" + first + "/paragraphes/4", "textes/" + first + "/paragraphes/x"} {
		k.missing(none)
	}
}

// Every contribution comes first for somebody, and the same seed gives the same
// order, with nothing twice and nothing left out.
func TestRandomOrder(t *testing.T) {
	k := begin(t, nil)
	c := k.consultation("after", "contribute")
	editor := k.User("editor")
	const n = 60
	for i := range n {
		k.press(editor, "paper", "write", "", fmt.Sprintf(`{"consultation":"%s","channel":"paper","title":"Idée %02d","body":"Une idée venue sur papier, numéro %02d.","section":"youth","lang":"fr"}`, c, i, i))
	}
	firsts := map[string]bool{}
	for seed := range 12 {
		var all []string
		for _, page := range []string{"1", "2"} {
			html := k.shows("consultations/"+c+"/contributions", map[string]string{"graine": fmt.Sprint(seed), "page": page})
			for _, part := range strings.Split(html, ">Idée ")[1:] {
				all = append(all, part[:2])
			}
		}
		seen := map[string]bool{}
		for _, x := range all {
			seen[x] = true
		}
		if len(all) != n || len(seen) != n {
			t.Fatalf("seed %d shows %d, %d of them different", seed, len(all), len(seen))
		}
		firsts[all[0]] = true
	}
	if len(firsts) < 6 {
		t.Errorf("of 12 visitors only %d see another one first", len(firsts))
	}
	k.shows("consultations/"+c, nil, "contributions (60)")
	k.shows("consultations/"+c+"/contributions", map[string]string{"ordre": "recent"}, "Idée 59")
}
