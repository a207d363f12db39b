package consultation

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

// room is a working group of some associations, each with a titular.
type room struct {
	*kit
	group        string
	associations []string
	mandates     []string
	editor       content.Actor
}

func (k *kit) room(n int) *room {
	k.t.Helper()
	r := &room{kit: k, editor: k.User("editor")}
	r.group = k.make("consultation-group", map[string]any{"title": "Jeunesse", "ref": "GT2", "visibility": "public", "mandate": "Ouvrir les lieux aux jeunes."})
	for i := range n {
		r.associations = append(r.associations, k.association(fmt.Sprintf("Association %02d", i)))
		r.mandates = append(r.mandates, r.mandate(i, "titular"))
	}
	return r
}

func (r *room) mandate(i int, role string) string {
	r.t.Helper()
	return r.make("consultation-mandate", map[string]any{"label": "mandat", "group": r.group, "association": r.associations[i], "role": role, "from": r.day(-30),
		"name": "Canari Mandat", "email": fmt.Sprintf("%s%02d@example.org", role, i)})
}

// space finds the address of a member's space in the letters to them.
func (r *room) space(email string) (id, token string) {
	r.t.Helper()
	r.Until("a letter to "+email, func() bool {
		for _, m := range r.Letters() {
			if m.To.Email == email && strings.Contains(m.Button.URL, "/espace/") {
				parts := strings.Split(m.Button.URL, "/")
				id, token = parts[len(parts)-2], parts[len(parts)-1]
				return true
			}
		}
		return false
	})
	return id, token
}

func (r *room) member(email string, pairs ...string) []string {
	id, token := r.space(email)
	return append([]string{"mandate", id, "token", token}, pairs...)
}

// A meeting of a group: invitations, replies, a waiting list, minutes with their
// corrections, decisions and actions with reminders.
func TestMeeting(t *testing.T) {
	k := begin(t, nil)
	r := k.room(4)
	r.mandate(3, "substitute")
	meeting := k.make("consultation-meeting", map[string]any{"title": "Rencontre d’Akbou", "group": r.group, "starts": k.day(10) + "T09:00:00Z", "capacity": 2, "waiting": true,
		"place": "Akbou", "state": "confirmed", "agenda": []any{map[string]any{"title": "Horaires", "minutes": 40}}})
	k.press(r.editor, "meetings", "invite", "meeting="+meeting, "")
	k.letter("titular00@example.org", "Rencontre d’Akbou")
	k.letter("substitute03@example.org", "Rencontre d’Akbou")
	say := func(email, answer string) {
		t.Helper()
		k.send("/rsvp", r.member(email, "meeting", meeting, "answer", answer)...)
	}
	say("titular00@example.org", "yes")
	say("titular01@example.org", "yes")
	say("titular01@example.org", "yes")    // twice
	say("titular02@example.org", "yes")    // waits
	say("substitute03@example.org", "yes") // waits behind
	id, token := r.space("titular02@example.org")
	k.shows("espace/"+id+"/"+token, nil, "liste d’attente", "Horaires")
	k.missing("espace/" + id + "/" + "wrong")
	k.refused(404, "ouvre rien", "/rsvp", "mandate", id, "token", "wrong", "meeting", meeting, "answer", "yes")
	say("titular00@example.org", "no") // frees a seat
	k.letter("titular02@example.org", "Une place pour vous")
	k.shows("espace/"+id+"/"+token, nil, "vous avez une place")
	k.shows("rencontres/"+meeting, nil, "Associations attendues : 2", "En liste d’attente : 1", "Horaires")
	told := string(k.Page("fr", "/consultation/rencontres/"+meeting, nil).Structured)
	for _, want := range []string{`"@type":"Event"`, `"eventStatus":"https://schema.org/EventScheduled"`, `"name":"Akbou"`, `"maximumAttendeeCapacity":2`, k.day(10) + "T09:00"} {
		if !strings.Contains(told, want) {
			t.Errorf("search engines are not told %s: %s", want, told)
		}
	}
	if tree := string(k.press(r.editor, "meetings", "", "meeting="+meeting, "").Tree); !strings.Contains(tree, "par le suppléant") {
		t.Errorf("who comes: %s", tree)
	}

	// Minutes.
	k.press(r.editor, "meetings", "minutes", "meeting="+meeting, `{"text":"On a parlé des horaires."}`)
	minutes := k.Find("consultation-minutes", "key", meeting)
	k.press(r.editor, "meetings", "move", "meeting="+meeting, `{"id":"`+minutes+`","to":"circulated"}`)
	k.letter("titular01@example.org", "Compte rendu")
	for _, text := range []string{"Il manque le vote.", "La date est fausse."} {
		k.send("/correct", r.member("titular01@example.org", "minutes", minutes, "text", text)...)
		k.send("/correct", r.member("titular01@example.org", "minutes", minutes, "text", text)...)
		e := k.Entry("consultation-minutes", minutes)
		list := e["corrections"].([]any)
		last := list[len(list)-1].(map[string]any)
		k.press(r.editor, "meetings", "correction", "meeting="+meeting, `{"id":"`+minutes+`","correction":"`+last["id"].(string)+`","taken":"yes"}`)
		k.press(r.editor, "meetings", "move", "meeting="+meeting, `{"id":"`+minutes+`","to":"circulated"}`)
	}
	if e := k.Entry("consultation-minutes", minutes); e["edition"] != 3.0 || len(e["corrections"].([]any)) != 2 {
		t.Errorf("corrected twice: %v", e)
	}
	if strings.Contains(k.shows("rencontres/"+meeting, nil), "On a parlé") {
		t.Error("minutes are public before they are approved")
	}
	if shown := k.press(r.editor, "meetings", "move", "meeting="+meeting, `{"id":"`+minutes+`","to":"published"}`); shown.Tone != "danger" {
		t.Errorf("published before they are approved: %+v", shown)
	}
	for _, to := range []string{"approved", "published"} {
		k.press(r.editor, "meetings", "move", "meeting="+meeting, `{"id":"`+minutes+`","to":"`+to+`"}`)
	}
	k.shows("rencontres/"+meeting, nil, "On a parlé des horaires.", "Approuvé le")
	if err := k.Save(minutes, map[string]any{"text": "Autre chose."}); err == nil {
		t.Error("approved minutes were changed")
	}

	// The decision log, and an action that is reminded of once.
	for _, text := range []string{"Ouvrir le jeudi.", "Ouvrir le jeudi.", "Et le samedi."} { // one of them twice
		k.press(r.editor, "meetings", "decide", "meeting="+meeting, `{"text":"`+text+`","kind":"consent"}`)
	}
	year := k.day(10)[:4]
	k.shows("groupes/"+r.group, nil, "GT2-"+year+"-01", "GT2-"+year+"-02", "Association 00", "titulaire")
	k.press(r.editor, "meetings", "act", "meeting="+meeting, `{"text":"Écrire au directeur","owner":"`+r.associations[1]+`","due":"`+k.day(3)+`"}`)
	for range 2 {
		if run := k.Job("daily", nil); run.State != "done" {
			t.Fatalf("%+v", run)
		}
	}
	k.letter("titular01@example.org", "Rappel : Écrire au directeur")
	n := 0
	for _, m := range k.Letters() {
		if strings.HasSuffix(m.Kind, ".reminder") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d reminders", n)
	}
	k.days(4)
	k.shows("groupes/"+r.group, nil, "Retard en jours : 1")
}

// An association has one position, whoever of its two people speaks, and only
// with a mandate in force.
func TestPositions(t *testing.T) {
	k := begin(t, nil)
	r := k.room(5)
	sub := r.mandate(0, "substitute")
	r.mandate(1, "expert")
	k.press(r.editor, "groups", "ballot", "group="+r.group, `{"title":"Ouvrir le soir","text":"Jusqu’à 20 h.","kind":"agreement","closes":"`+k.day(5)+`","quorum":60}`)
	ballot := k.Find("consultation-ballot", "title", "Ouvrir le soir")
	k.letter("substitute00@example.org", "Ouvrir le soir")
	take := func(email string, pairs ...string) []string {
		return r.member(email, append([]string{"ballot", ballot}, pairs...)...)
	}
	k.send("/position", take("titular00@example.org", "value", "agree")...)
	k.send("/position", take("titular00@example.org", "value", "agree")...)
	k.send("/position", take("substitute00@example.org", "value", "reserve", "reservation", "Avec un gardien.")...)
	k.refused(422, "raison", "/position", take("titular01@example.org", "value", "reserve")...)
	k.refused(422, "Choisissez", "/position", take("titular01@example.org", "value", "perhaps")...)
	k.send("/position", take("titular01@example.org", "value", "disagree", "reason", "Trop tard.")...)
	page := k.shows("positions/"+ballot, nil, "Positions : 2 ; associations : 5", "quorum de 60 % non atteint", "Avec un gardien.", "par le suppléant", "Trop tard.", "N’ont pas répondu : 3")
	if strings.Contains(page, "Canari") {
		t.Error("the name of a person is public")
	}
	k.send("/position", take("titular02@example.org", "value", "agree")...)
	k.shows("positions/"+ballot, nil, "quorum de 60 % atteint")
	position := k.Find("consultation-position", "key", ballot+":"+r.associations[0])
	if e := k.Entry("consultation-position", position); e["value"] != "reserve" || e["replaced"] != 1.0 || e["mandate"] != sub {
		t.Errorf("the latest position: %v", e)
	}
	// The mandate ends; whoever speaks is heard no more.
	k.press(r.editor, "groups", "revoke", "group="+r.group, `{"id":"`+r.mandates[3]+`"}`)
	k.refused(422, "mandat", "/position", take("titular03@example.org", "value", "agree")...)
	k.days(6)
	k.refused(422, "pas ouvert", "/position", take("titular04@example.org", "value", "agree")...)
	if run := k.Job("daily", nil); run.State != "done" {
		t.Fatalf("%+v", run)
	}
	if e := k.Entry("consultation-ballot", ballot); e["state"] != "closed" {
		t.Errorf("%v", e)
	}
}

// A private group is nowhere for visitors; its members see it by their address.
func TestPrivateGroup(t *testing.T) {
	k := begin(t, nil)
	r := k.room(2)
	if err := k.Save(r.group, map[string]any{"visibility": "private"}); err != nil {
		t.Fatal(err)
	}
	k.press(r.editor, "groups", "topic", "group="+r.group, `{"title":"Entre nous","body":"Un sujet réservé."}`)
	k.press(r.editor, "groups", "ballot", "group="+r.group, `{"title":"Question réservée","kind":"consent","closes":"`+k.day(5)+`","quorum":50}`)
	meeting := k.make("consultation-meeting", map[string]any{"title": "Rencontre réservée", "group": r.group, "starts": k.day(3) + "T09:00:00Z"})
	past := k.make("consultation-meeting", map[string]any{"title": "Rencontre d’hier", "group": r.group, "starts": k.day(-3) + "T09:00:00Z"})
	if home := k.shows("", nil); strings.Contains(home, "Rencontre") {
		t.Errorf("meetings of a private group are public: %s", home)
	}
	for _, file := range []string{"all", r.group, meeting} {
		if _, body, err := k.Request(sdktest.Visitor, "GET", "/calendar/"+file+".ics", ""); err != nil || strings.Contains(body, "Rencontre") {
			t.Errorf("the calendar %s: %s %v", file, body, err)
		}
	}
	k.missing("rencontres/" + past)
	topic := k.Find("consultation-topic", "title", "Entre nous")
	id, token := r.space("titular00@example.org")
	k.shows("espace/"+id+"/"+token, nil, "Un sujet réservé.", "Question réservée")
	k.send("/comment", r.member("titular00@example.org", "topic", topic, "body", "Réponse réservée.")...)
	id2, token2 := r.space("titular01@example.org")
	k.shows("espace/"+id2+"/"+token2, nil, "Réponse réservée.", "Association 00")
	k.refused(422, "réservé aux membres", "/comment", "topic", topic, "body", "De dehors.", "email", "x@example.org", "consent", "yes")
	for _, path := range []string{"groupes/" + r.group, "sujets/" + topic} {
		k.missing(path)
	}
}
