package show

import (
	"context"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

type surveyPage struct {
	C         *record.Consultation
	Questions []asked
	Open      bool
	Results   bool
}

// asked is a question with its choices.
type asked struct {
	rules.Question
	Choices []chosen
	Wrote   int // who answered in their own words
}

type chosen struct {
	Number, Count, Share int // share in percent of those who answered the questionnaire
	Text                 string
}

// survey shows a questionnaire, and its results as counts once they are
// published.
func (s *Site) survey(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	c, err := record.Get[record.Consultation](ctx, s.book(item), record.Consultations, item.Places["id"])
	if err != nil || c == nil || len(c.Questions) == 0 {
		return nil, err
	}
	counts := map[rules.Result]int{}
	for _, r := range c.Results {
		counts[rules.Result{Question: r.Question, Choice: r.Choice}] = r.Count
	}
	p := surveyPage{C: c, Open: rules.Open(c.Phases, s.Work.Today(), rules.Survey), Results: c.ResultsOn != ""}
	for _, q := range c.Questions {
		x := asked{Question: q, Wrote: counts[rules.Result{Question: q.Key}]}
		for i, text := range q.Options() {
			n := counts[rules.Result{Question: q.Key, Choice: i + 1}]
			x.Choices = append(x.Choices, chosen{i + 1, n, 100 * n / max(c.Responses, 1), text})
		}
		p.Questions = append(p.Questions, x)
	}
	title := words.Say(item.Locale, "survey.title")
	if p.Results {
		title = words.Say(item.Locale, "survey.results.link")
	}
	return s.write(item, "survey", title, p)
}
