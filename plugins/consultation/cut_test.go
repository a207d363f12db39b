package consultation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

// cut is an act that is cut short. begin makes what the act needs, anew each
// time, and gives the act, which reports whether it was acknowledged, and a look
// at what became of it.
type cut struct {
	name, want string
	begin      func(n int) (do func() bool, look func() string)
}

// Each act is cut short after every number of its changes and letters, and done
// again: it must come to the same as uncut, and no letter goes twice.
func TestActsCutShort(t *testing.T) {
	k := begin(t, nil)
	r := k.room(3)
	open := k.consultation("after", "contribute", "comment")
	k.cutShort(slices.Concat(k.voiceCuts(open), k.moderatorCuts(open, r.editor, k.User("administrator")), r.groupCuts(), r.outcomeCuts(open)))
	k.cutShort(k.dailyCuts()) // it moves the clock on
}

func (k *kit) cutShort(all []cut) {
	var ends []func()
	for _, c := range all {
		for n, whole := 0, false; !whole; n++ {
			do, look := c.begin(n)
			k.RefuseAfter(n)
			whole = do()
			k.Resume()
			if !whole && !do() || n > 30 {
				k.t.Fatalf("%s, cut short after %d steps, is refused for ever", c.name, n)
			}
			got := ""
			check := func(when string) {
				if k.t.Failed() || got != c.want {
					k.t.Errorf("%s, cut short after %d steps, comes %sto %q, not to %q", c.name, n, when, got, c.want)
				}
			}
			func() {
				defer check("")
				k.Until("an act that was cut short comes to its end", func() bool { got = look(); return got == c.want })
			}()
			ends = append(ends, func() { got = look(); check("later ") })
		}
	}
	for _, end := range ends {
		end()
	}
}

// posts sends a form, and reports whether it was taken in.
func (k *kit) posts(path string, pairs ...string) bool {
	status, _, body := k.Form(sdktest.Visitor, path, form2(pairs))
	if status != 303 && status != 503 {
		k.t.Errorf("%s: %d %s", path, status, body)
	}
	return status == 303
}

// tries presses something at a screen, and reports whether it was done.
func (k *kit) tries(by content.Actor, place, action string, params map[string]string, values string) bool {
	shown, err := k.Interact(by, console.Interaction{Place: place, Action: action, Params: params, Values: []byte(values)})
	if err == nil && shown.Tone == "danger" {
		k.t.Errorf("%s/%s: %+v", place, action, shown)
	}
	return err == nil
}

// mails counts the letters to somebody whose subject has a text.
func (k *kit) mails(email, subject string) int {
	n := 0
	for _, m := range k.Letters() {
		if m.To.Email == email && strings.Contains(m.Subject, subject) {
			n++
		}
	}
	return n
}

// all are the entries that have a value.
func (k *kit) all(collection, field, value string) []map[string]any {
	var out []map[string]any
	for _, id := range k.FindAll(collection, field, value) {
		out = append(out, k.Entry(collection, id))
	}
	return out
}

func (k *kit) public(path string) bool { return !k.Page("fr", "/consultation/"+path, nil).Missing }

const story = "Une idée assez longue pour la maison de jeunes, numéro "

// voiced makes a contribution that is public, and its author's address.
func (k *kit) voiced(open, what string, n int) (personal, string) {
	email := fmt.Sprintf("%s%d@example.org", what, n)
	o := k.contribute(open, email, fmt.Sprint(what, n), fmt.Sprint(story, what, n))
	k.confirm(o, email)
	return o, email
}

func (k *kit) voiceCuts(open string) []cut {
	return []cut{
		{"contributing", "1 pending_email, 1 code", func(n int) (func() bool, func() string) {
			email, title := fmt.Sprintf("new%d@example.org", n), fmt.Sprint("Nouveau ", n)
			return func() bool {
					return k.posts("/contribute", "consultation", open, "email", email, "title", title, "body", fmt.Sprint(story, n), "consent", "yes", "section", "youth")
				}, func() string {
					all := k.all("consultation-contribution", "title", title)
					return fmt.Sprintf("%d %v, %d code", len(all), all[0]["state"], k.mails(email, "code"))
				}
		}},
		{"asking for the code again", "1 tries, 2 codes", func(n int) (func() bool, func() string) {
			email := fmt.Sprintf("again%d@example.org", n)
			o := k.contribute(open, email, fmt.Sprint("Encore ", n), fmt.Sprint(story, "encore", n))
			return func() bool { return k.posts("/confirm", o.with("again", "yes")...) },
				func() string {
					return fmt.Sprintf("%v tries, %d codes", k.Entry("consultation-contribution", o.id)["tries"], k.mails(email, "code"))
				}
		}},
		{"confirming", "published true, 1 letter", func(n int) (func() bool, func() string) {
			email := fmt.Sprintf("confirm%d@example.org", n)
			o := k.contribute(open, email, fmt.Sprint("Confirmer ", n), fmt.Sprint(story, "confirmer", n))
			code := six.FindString(k.letter(email, "code").Subject)
			return func() bool { return k.posts("/confirm", o.with("code", code)...) },
				func() string {
					return fmt.Sprintf("%v %v, %d letter", k.Entry("consultation-contribution", o.id)["state"], k.public("contributions/"+o.id), k.mails(email, "Publié"))
				}
		}},
		{"following", "1 code", func(n int) (func() bool, func() string) {
			email := fmt.Sprintf("follow%d@example.org", n)
			return func() bool { return k.posts("/follow", "kind", "consultation", "object", open, "email", email) },
				func() string { return fmt.Sprintf("%d code", k.mails(email, "code")) }
		}},
		{"withdrawing", "withdrawn false", func(n int) (func() bool, func() string) {
			o, _ := k.voiced(open, "withdraw", n)
			return func() bool { return k.posts("/withdraw", o.with("sure", "yes")...) },
				func() string {
					return fmt.Sprint(k.Entry("consultation-contribution", o.id)["state"], " ", k.public("contributions/"+o.id))
				}
		}},
		{"reporting", "1 report, counted 1", func(n int) (func() bool, func() string) {
			o, _ := k.voiced(open, "report", n)
			return func() bool {
					return k.posts("/report", "kind", "contribution", "id", o.id, "reason", "error", "text", fmt.Sprint("faux ", n))
				}, func() string {
					return fmt.Sprintf("%d report, counted %v", len(k.all("consultation-report", "object", o.id)), k.Entry("consultation-contribution", o.id)["reports"])
				}
		}},
	}
}

// ruled is what became of something that was moderated.
func (k *kit) ruled(o personal, email string) string {
	states := map[any]int{}
	for _, r := range k.all("consultation-report", "object", o.id) {
		states[r["state"]]++
	}
	e, rulings := k.Entry("consultation-contribution", o.id), k.all("consultation-ruling", "object", o.id)
	told := 0
	for _, r := range rulings {
		if r["notified_at"] != nil {
			told++
		}
	}
	return fmt.Sprintf("%v %v, reports %v, %d rulings, %d told, %d published, %d of rulings, %d of appeals", e["state"], k.public("contributions/"+o.id), states, len(rulings), told,
		k.mails(email, "Publié"), k.mails(email, "Décision"), k.mails(email, "recours"))
}

func (k *kit) moderatorCuts(open string, editor, other content.Actor) []cut {
	prior := k.consultation("prior", "contribute", "comment")
	of := func(o personal) string { return `{"kind":"contribution","id":"` + o.id + `","rule":"off_topic"}` }
	report := func(o personal, n int) {
		k.send("/report", "kind", "contribution", "id", o.id, "reason", "error", "text", fmt.Sprint("faux ", n))
	}
	hidden := func(what string, n int) (personal, string) {
		o, email := k.voiced(open, what, n)
		if !k.tries(editor, "moderation", "hide", nil, of(o)) {
			k.t.Fatal("not hidden")
		}
		return o, email
	}
	return []cut{
		{"publishing", "published true, reports map[], 0 rulings, 0 told, 1 published, 0 of rulings, 0 of appeals", func(n int) (func() bool, func() string) {
			o, email := k.voiced(prior, "prior", n)
			return func() bool { return k.tries(editor, "moderation", "publish", nil, of(o)) }, func() string { return k.ruled(o, email) }
		}},
		{"hiding", "hidden false, reports map[upheld:1], 1 rulings, 1 told, 1 published, 1 of rulings, 0 of appeals", func(n int) (func() bool, func() string) {
			o, email := k.voiced(open, "hide", n)
			report(o, n)
			return func() bool { return k.tries(editor, "moderation", "hide", nil, of(o)) }, func() string { return k.ruled(o, email) }
		}},
		{"restoring", "published true, reports map[], 2 rulings, 2 told, 1 published, 2 of rulings, 0 of appeals", func(n int) (func() bool, func() string) {
			o, email := hidden("restore", n)
			return func() bool { return k.tries(editor, "moderation", "restore", nil, of(o)) }, func() string { return k.ruled(o, email) }
		}},
		{"keeping", "published true, reports map[dismissed:1], 0 rulings, 0 told, 1 published, 0 of rulings, 0 of appeals", func(n int) (func() bool, func() string) {
			o, email := k.voiced(open, "keep", n)
			report(o, n)
			return func() bool { return k.tries(editor, "moderation", "keep", nil, of(o)) }, func() string { return k.ruled(o, email) }
		}},
		{"deciding an appeal", "published true, reports map[], 1 rulings, 1 told, 1 published, 1 of rulings, 1 of appeals", func(n int) (func() bool, func() string) {
			o, email := hidden("appeal", n)
			k.send("/appeal", o.with("text", "C’est bien la question.")...)
			ruling := k.Find("consultation-ruling", "object", o.id)
			return func() bool {
				return k.tries(other, "moderation", "decide", map[string]string{"ruling": ruling}, `{"outcome":"reversed","why":"C’est la question."}`)
			}, func() string { return k.ruled(o, email) }
		}},
	}
}

func (r *room) groupCuts() []cut {
	k := r.kit
	meeting := func(n, seats int) string {
		return k.make("consultation-meeting", map[string]any{"title": fmt.Sprint("Rencontre ", n), "group": r.group, "starts": k.day(10) + "T09:00:00Z", "capacity": seats, "waiting": true})
	}
	at := func(m string) map[string]string { return map[string]string{"meeting": m} }
	of := map[string]string{"group": r.group}
	ask := func(title, more string) string {
		if !k.tries(r.editor, "groups", "ballot", of, `{"title":"`+title+`","kind":"agreement","quorum":50`+more+`}`) {
			k.t.Fatal("not asked")
		}
		return k.Find("consultation-ballot", "title", title)
	}
	ask("Pour que chacun ait une lettre", "")
	titular := "titular01@example.org"
	return []cut{
		{"giving a seat up", "declined seated, 1 letter", func(n int) (func() bool, func() string) {
			m := meeting(n, 1)
			k.send("/rsvp", r.member("titular00@example.org", "meeting", m, "answer", "yes")...)
			k.send("/rsvp", r.member(titular, "meeting", m, "answer", "yes")...)
			leave := r.member("titular00@example.org", "meeting", m, "answer", "no")
			return func() bool { return k.posts("/rsvp", leave...) }, func() string {
				states := map[any]any{}
				list, _ := k.Entry("consultation-register", k.Find("consultation-register", "key", m))["replies"].([]any)
				for _, x := range list {
					x := x.(map[string]any)
					states[x["association"]] = x["state"]
				}
				return fmt.Sprintf("%v %v, %d letter", states[r.associations[0]], states[r.associations[1]], k.mails(titular, fmt.Sprint("Une place pour vous : Rencontre ", n)))
			}
		}},
		{"circulating minutes", "circulated 1, 1 letter", func(n int) (func() bool, func() string) {
			m := meeting(100+n, 0)
			k.tries(r.editor, "meetings", "minutes", at(m), `{"text":"On a parlé."}`)
			id := k.Find("consultation-minutes", "key", m)
			return func() bool {
					return k.tries(r.editor, "meetings", "move", at(m), `{"id":"`+id+`","to":"circulated"}`)
				}, func() string {
					e := k.Entry("consultation-minutes", id)
					return fmt.Sprintf("%v %v, %d letter", e["state"], e["edition"], k.mails(titular, fmt.Sprint("Compte rendu : Rencontre ", 100+n)))
				}
		}},
		{"deciding", "1 decision, 1 action, 1 topic, 1 mandate", func(n int) (func() bool, func() string) {
			m, text := meeting(200+n, 0), fmt.Sprint("Ouvrir la salle ", n)
			return func() bool {
					return k.tries(r.editor, "meetings", "decide", at(m), `{"text":"`+text+`"}`) && k.tries(r.editor, "meetings", "act", at(m), `{"text":"`+text+`"}`) &&
						k.tries(r.editor, "groups", "topic", of, `{"title":"`+text+`"}`) &&
						k.tries(r.editor, "groups", "mandate", of, `{"association":"`+r.associations[0]+`","role":"expert","name":"`+text+`"}`)
				}, func() string {
					return fmt.Sprintf("%d decision, %d action, %d topic, %d mandate", len(k.FindAll("consultation-decision", "meeting", m)), len(k.FindAll("consultation-action", "text", text)),
						len(k.FindAll("consultation-topic", "title", text)), len(k.FindAll("consultation-mandate", "name", text)))
				}
		}},
		{"asking for positions", "1 ballot, 1 letter", func(n int) (func() bool, func() string) {
			title := fmt.Sprint("Question ", n)
			return func() bool { return k.tries(r.editor, "groups", "ballot", of, `{"title":"`+title+`","quorum":50}`) },
				func() string {
					return fmt.Sprintf("%d ballot, %d letter", len(k.FindAll("consultation-ballot", "title", title)), k.mails(titular, title))
				}
		}},
		{"changing a position", "disagree, replaced 1, shown true", func(n int) (func() bool, func() string) {
			id := ask(fmt.Sprint("Position ", n), "")
			take := func(value string) []string {
				return r.member(titular, "ballot", id, "value", value, "reason", "Pour "+value)
			}
			k.send("/position", take("agree")...)
			return func() bool { return k.posts("/position", take("disagree")...) }, func() string {
				e := k.Entry("consultation-position", k.Find("consultation-position", "key", id+":"+r.associations[1]))
				return fmt.Sprintf("%v, replaced %v, shown %v", e["value"], e["replaced"], strings.Contains(k.shows("positions/"+id, nil), "Pour disagree"))
			}
		}},
		{"closing a hidden question", "closed, published", func(n int) (func() bool, func() string) {
			id := ask(fmt.Sprint("Cachée ", n), `,"hidden":true`)
			k.send("/position", r.member(titular, "ballot", id, "value", "agree", "reason", "Oui.")...)
			return func() bool { return k.tries(r.editor, "groups", "close", of, `{"id":"`+id+`"}`) }, func() string {
				p := k.Entry("consultation-position", k.Find("consultation-position", "key", id+":"+r.associations[1]))
				return fmt.Sprintf("%v, %v", k.Entry("consultation-ballot", id)["state"], p["status"])
			}
		}},
	}
}

func (r *room) outcomeCuts(open string) []cut {
	k := r.kit
	of := map[string]string{"consultation": open}
	recommended := func(n int) map[string]string {
		ref := fmt.Sprint("R", n)
		if !k.tries(r.editor, "follow", "recommend", nil, `{"ref":"`+ref+`","text":"Ouvrir les maisons de jeunes.","addressee":"La direction"}`) {
			k.t.Fatal("not recommended")
		}
		return map[string]string{"recommendation": k.Find("consultation-recommendation", "ref", ref)}
	}
	return []cut{
		{"merging", "merged, 1 letter", func(n int) (func() bool, func() string) {
			a, _ := k.voiced(open, "into", n)
			b, email := k.voiced(open, "merge", n)
			return func() bool { return k.tries(r.editor, "synthesis", "merge", of, `{"ids":["`+a.id+`","`+b.id+`"]}`) },
				func() string {
					return fmt.Sprintf("%v, %d letter", k.Entry("consultation-contribution", b.id)["state"], k.mails(email, "réunie ou divisée"))
				}
		}},
		{"splitting", "merged, 2 parts, 1 letter", func(n int) (func() bool, func() string) {
			o, email := k.voiced(open, "split", n)
			return func() bool {
					return k.tries(r.editor, "synthesis", "split", of, `{"id":"`+o.id+`","parts":"Une idée\nUne.\n\nAutre idée\nAutre."}`)
				}, func() string {
					return fmt.Sprintf("%v, %d parts, %d letter", k.Entry("consultation-contribution", o.id)["state"], len(k.FindAll("consultation-contribution", "split_from", o.id)),
						k.mails(email, "réunie ou divisée"))
				}
		}},
		{"publishing a synthesis", "published true, 1 letter", func(n int) (func() bool, func() string) {
			c := map[string]string{"consultation": k.make("consultation", map[string]any{"title": fmt.Sprint("Question ", n), "question": "Comment ?", "moderation": "after",
				"phases": []any{map[string]any{"key": "contributions", "starts": k.day(-1), "ends": k.day(30), "allows": []any{"contribute"}}}})}
			o, email := k.voiced(c["consultation"], "cited", n)
			title := fmt.Sprint("Énoncé ", n)
			k.tries(r.editor, "synthesis", "statement", c, `{"title":"`+title+`","text":"Ouvrir.","kind":"kept"}`)
			statement := k.Find("consultation-statement", "title", title)
			k.tries(r.editor, "synthesis", "cite", c, `{"statement":"`+statement+`","ids":["`+o.id+`"]}`)
			for _, to := range []string{"draft", "approved"} {
				k.tries(r.editor, "synthesis", "state", c, `{"to":"`+to+`"}`)
			}
			return func() bool { return k.tries(r.editor, "synthesis", "state", c, `{"to":"published"}`) }, func() string {
				return fmt.Sprintf("%v %v, %d letter", k.Entry("consultation", c["consultation"])["synthesis"], k.public("consultations/"+c["consultation"]+"/synthese"),
					k.mails(email, "Citée dans la synthèse"))
			}
		}},
		{"sending a recommendation", "sent true", func(n int) (func() bool, func() string) {
			rec := recommended(100 + n)
			return func() bool { return k.tries(r.editor, "follow", "send", rec, `{}`) }, func() string {
				return fmt.Sprint(k.Entry("consultation-recommendation", rec["recommendation"])["state"], " ", k.public("recommandations/"+rec["recommendation"]))
			}
		}},
		{"answering and promising", "answered, 1 answer, 1 commitment at 40", func(n int) (func() bool, func() string) {
			rec := recommended(200 + n)
			k.tries(r.editor, "follow", "send", rec, `{}`)
			title := fmt.Sprint("Trois maisons ", n)
			promised := func() []map[string]any { return k.all("consultation-commitment", "title", title) }
			return func() bool {
					if !k.tries(r.editor, "follow", "answer", rec, `{"state":"partly","reasons":"Trois d’abord."}`) || !k.tries(r.editor, "follow", "promise", rec, `{"title":"`+title+`"}`) {
						return false
					}
					return k.tries(r.editor, "follow", "progress", rec, fmt.Sprintf(`{"commitment":"%s","progress":40}`, promised()[0]["id"]))
				}, func() string {
					all := promised()
					return fmt.Sprintf("%v, %d answer, %d commitment at %v", k.Entry("consultation-recommendation", rec["recommendation"])["state"],
						len(k.FindAll("consultation-answer", "recommendation", rec["recommendation"])), len(all), all[0]["progress"])
				}
		}},
	}
}

// dailyCuts are those of the job of the day, in a consultation whose time of
// keeping is over.
func (k *kit) dailyCuts() []cut {
	return []cut{{"a day", "0 unconfirmed; Publié <nil> <nil>; replies [seated <nil>]; a mandate <nil>", func(n int) (func() bool, func() string) {
		c := k.consultation("after", "contribute", "comment")
		title := fmt.Sprint("Jamais confirmée ", n)
		k.contribute(c, fmt.Sprintf("never%d@example.org", n), title, fmt.Sprint(story, "jamais", n))
		o, email := k.voiced(c, "kept", n)
		said := ownOf(k.t, k.send("/comment", "contribution", o.id, "body", fmt.Sprint("Et je le redis ", n), "email", email, "consent", "yes"))
		k.confirm(said, email)
		group := k.make("consultation-group", map[string]any{"title": "Ancien", "visibility": "public"})
		a := k.association(fmt.Sprint("Ancienne ", n))
		mandate := k.make("consultation-mandate", map[string]any{"group": group, "association": a, "role": "titular", "from": k.day(-900), "to": k.day(-800), "name": "Canari", "email": "ancien@example.org"})
		m := k.make("consultation-meeting", map[string]any{"title": "Ancienne", "group": group, "starts": k.day(-200) + "T09:00:00Z"})
		register := k.make("consultation-register", map[string]any{"key": m, "meeting": m, "replies": []any{map[string]any{"association": a, "mandate": mandate, "answer": "yes", "state": "seated"}}})
		if err := k.Save(c, map[string]any{"retention_until": k.day(-1)}); err != nil {
			k.t.Fatal(err)
		}
		k.days(3) // the code is over
		return func() bool { return k.Job("daily", nil).State == "done" }, func() string {
			reply := k.Entry("consultation-register", register)["replies"].([]any)[0].(map[string]any)
			return fmt.Sprintf("%d unconfirmed; Publié %v %v; replies [%v %v]; a mandate %v", len(k.FindAll("consultation-contribution", "title", title)),
				k.Entry("consultation-contribution", o.id)["email"], k.Entry("consultation-comment", said.id)["author_key"], reply["state"], reply["mandate"], k.Entry("consultation-mandate", mandate)["email"])
		}
	}}}
}
