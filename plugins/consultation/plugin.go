// Package consultation is the programme's module for working together and with
// authorities: groups with mandates, meetings and minutes, consultations and
// their syntheses, positions, recommendations, answers and commitments. It is
// part of the program, with no privilege over a stranger's plugin.
package consultation

import (
	"context"
	"crypto/rand"
	_ "embed" // the manifest
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/desk"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/show"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Manifest is the plugin.json.
//
//go:embed plugin.json
var Manifest []byte

// Plugin is the module.
func Plugin() sdk.Plugin { return At(time.Now) }

// At is the module by another clock, for tests.
func At(now func() time.Time) sdk.Plugin {
	m := &module{work: &act.Work{Now: now, Rand: rand.Reader}}
	m.site, m.desk = show.Site{Work: m.work}, desk.Desk{Work: m.work}
	return sdk.Plugin{
		Manifest:     Manifest,
		Configure:    m.configure,
		BeforeCommit: m.beforeCommit,
		Events:       m.events,
		Routes:       m.routes(),
		Render:       m.site.Render,
		Console:      m.desk.Show,
		Jobs: map[string]func(context.Context, *sdk.Run) error{
			"daily": m.daily, "notify": m.notify, "invite": m.invite,
		},
	}
}

type module struct {
	work *act.Work
	site show.Site
	desk desk.Desk
}

func (m *module) configure(_ context.Context, s sdk.Setup) error {
	var settings act.Settings
	if err := s.Into(&settings); err != nil {
		return err
	}
	m.work.Set(settings)
	return nil
}

// events sees to it that people are told, and that counts are true. Twice
// is harmless: a job is started once per key, a letter sent once per key.
func (m *module) events(ctx context.Context, h *sdk.Host, events []sdk.Event) error {
	counted := map[string]bool{}
	for _, e := range events {
		if e.What != sdk.Changed {
			continue
		}
		var err error
		switch e.Collection {
		case record.Registers:
			err = m.work.TellSeats(ctx, h.Alone(), e.ID)
		case record.Responses:
			err = m.work.CountResponses(ctx, h.Alone(), e.ID)
		case record.Comments:
			err = m.recount(ctx, h, e.ID, counted)
		case record.Statements:
			if err = m.recountCited(ctx, h, e.ID, counted); err == nil {
				err = m.tell(ctx, h, e)
			}
		case record.Recommendations, record.Answers, record.Commitments:
			err = m.tell(ctx, h, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tell has the authors told of what was published.
func (m *module) tell(ctx context.Context, h *sdk.Host, e sdk.Event) error {
	if len(e.Published) == 0 {
		return nil
	}
	key := "notify " + e.ID + " " + time.UnixMilli(e.At.UnixMilli()).UTC().Format(time.RFC3339Nano)
	_, err := h.Alone().StartJob(ctx, "notify", act.Step{Collection: e.Collection, ID: e.ID}, sdk.JobOptions{Key: key})
	return err
}

func (m *module) recount(ctx context.Context, h *sdk.Host, comment string, done map[string]bool) error {
	b := record.Book{Host: h.Alone(), Draft: true}
	c, err := record.Get[record.Comment](ctx, b, record.Comments, comment)
	if err != nil || c == nil || c.Contribution == "" || done[c.Contribution] {
		return err
	}
	done[c.Contribution] = true
	return m.work.Recount(ctx, h.Alone(), c.Contribution)
}

// maxRecounted bounds the contributions that one statement recounts at once.
const maxRecounted = 500

func (m *module) recountCited(ctx context.Context, h *sdk.Host, statement string, done map[string]bool) error {
	s, err := record.Get[record.Statement](ctx, record.Book{Host: h.Alone()}, record.Statements, statement)
	if err != nil || s == nil {
		return err
	}
	for _, id := range s.Cites[:min(len(s.Cites), maxRecounted)] {
		if !done[id] {
			done[id] = true
			if err := m.work.Recount(ctx, h.Alone(), id); err != nil {
				return err
			}
		}
	}
	return nil
}

// beforeCommit keeps what editors write themselves consistent. The module's own
// changes do not come here; they follow the same rules in act.
func (m *module) beforeCommit(_ context.Context, c *sdk.Commit) error {
	for _, change := range c.Changes {
		e := change.After
		if e == nil {
			continue
		}
		switch e.Collection {
		case record.Consultations:
			m.checkPhases(c, e)
			m.checkQuestions(c, change.Before, e)
		case record.Mandates:
			m.checkMandate(c, e)
		case record.Minutes:
			m.checkMinutes(c, change.Before, e)
		}
	}
	return nil
}

func (m *module) checkPhases(c *sdk.Commit, e *sdk.Entry) {
	var phases []rules.Phase
	list, _ := e.Values["phases"].([]any)
	for _, x := range list {
		p, _ := x.(map[string]any)
		starts, _ := p["starts"].(string)
		ends, _ := p["ends"].(string)
		phases = append(phases, rules.Phase{Starts: starts, Ends: ends})
	}
	if rules.Disordered(phases) >= 0 {
		c.Refuse(e, "phases", sdk.Texts{"fr": "Une phase finit avant d’avoir commencé.", "ar": "مرحلة تنتهي قبل أن تبدأ.", "en": "A phase ends before it begins."})
	}
}

// checkQuestions: each has a key, and what has been answered asks the same as
// before; its words may be mended.
func (m *module) checkQuestions(c *sdk.Commit, before, e *sdk.Entry) {
	now := questions(e)
	if !rules.Keyed(now) {
		c.Refuse(e, "questions", sdk.Texts{"fr": "Donnez à chaque question une clé à elle.", "ar": "أعطوا لكل سؤال مفتاحا خاصا به.", "en": "Give each question a key of its own."})
	}
	if before == nil {
		return
	}
	answered, _ := before.Values["responses"].(float64)
	if was := questions(before); answered > 0 && len(was) > 0 && !rules.Same(was, now) {
		c.Refuse(e, "questions", sdk.Texts{"fr": "On a déjà répondu : seuls les mots peuvent changer, pas les clés, les formes ni le nombre de choix.",
			"ar": "وصلت إجابات: يمكن تغيير العبارات فقط، لا المفاتيح ولا الأشكال ولا عدد الاختيارات.", "en": "It has been answered: only the words may change, not keys, kinds or the number of choices."})
	}
}

func questions(e *sdk.Entry) []rules.Question {
	var out []rules.Question
	list, _ := e.Values["questions"].([]any)
	for _, x := range list {
		q, _ := x.(map[string]any)
		text := func(name string) string { s, _ := q[name].(string); return s }
		out = append(out, rules.Question{Key: text("key"), Kind: text("kind"), Choices: text("choices")})
	}
	return out
}

func (m *module) checkMandate(c *sdk.Commit, e *sdk.Entry) {
	from, _ := e.Values["from"].(string)
	to, _ := e.Values["to"].(string)
	if from != "" && to != "" && to < from {
		c.Refuse(e, "to", sdk.Texts{"fr": "Le mandat finit avant d’avoir commencé.", "ar": "التفويض ينتهي قبل أن يبدأ.", "en": "The mandate ends before it begins."})
	}
	association, _ := e.Values["association"].(string)
	authority, _ := e.Values["authority"].(string)
	role, _ := e.Values["role"].(string)
	if (role == rules.Titular || role == rules.Substitute) && association == "" && authority == "" {
		c.Refuse(e, "association", sdk.Texts{"fr": "Dites pour quelle association, ou quelle institution.", "ar": "حددوا الجمعية أو المؤسسة.", "en": "Say for which association, or which authority."})
	}
}

// checkMinutes: what is approved is agreed on, and is changed no more.
func (m *module) checkMinutes(c *sdk.Commit, before, e *sdk.Entry) {
	if before == nil {
		return
	}
	was, _ := before.Values["state"].(string)
	now, _ := e.Values["state"].(string)
	if rules.Settled(was) && before.Values["text"] != e.Values["text"] {
		c.Refuse(e, "text", sdk.Texts{"fr": "Un compte rendu approuvé ne change plus.", "ar": "المحضر المعتمد لا يتغير.", "en": "Approved minutes change no more."})
	}
	if was != now && !rules.Step(was, now) {
		c.Refuse(e, "state", sdk.Texts{"fr": "Un compte rendu passe par la diffusion, puis l’approbation.", "ar": "يمر المحضر بالتوزيع ثم الاعتماد.", "en": "Minutes are circulated, then approved."})
	}
}

func (m *module) daily(ctx context.Context, r *sdk.Run) error {
	return m.work.Daily(ctx, r.Host.Alone(), func(part, of int) error {
		return r.Progress(float64(part)/float64(of), nil, nil)
	})
}

func (m *module) notify(ctx context.Context, r *sdk.Run) error {
	var s act.Step
	if err := r.Args(&s); err != nil {
		return sdk.Permanent(err)
	}
	after := 0
	if err := r.Checkpoint(&after); err != nil {
		return sdk.Permanent(err)
	}
	return m.work.Notify(ctx, r.Host.Alone(), s, after, func(done int) error { return r.Progress(0, nil, done) })
}

func (m *module) invite(ctx context.Context, r *sdk.Run) error {
	var args struct {
		Meeting string `json:"meeting"`
	}
	if err := r.Args(&args); err != nil {
		return sdk.Permanent(err)
	}
	_, err := m.work.Invite(ctx, r.Host.Alone(), args.Meeting, func(done, of int) error {
		return r.Progress(float64(done)/float64(of), nil, nil)
	})
	return err
}
