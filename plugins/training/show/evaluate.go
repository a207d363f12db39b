package show

import (
	"context"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// evaluatePage asks somebody who was there what they think of it.
func (site *Site) evaluatePage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, id, token, out := item.Locale, item.Query["r"], item.Query["t"], &page{}
	ok, err := site.Work.Holds(ctx, id, token)
	if err != nil {
		return nil, err
	}
	out.fault(l, item.Query["fault"])
	if !ok {
		out.fault(l, "link")
		return &sdk.Content{Title: words.Say(l, "evaluate.title"), HTML: out.String()}, nil
	}
	out.paragraphs(words.Say(l, "evaluate.lead"))
	out.add(`<form class="letter" method="post" action="` + home + `/evaluate">`)
	out.hidden("locale", l)
	out.hidden("r", id)
	out.hidden("t", token)
	marks := []choice{{"", words.Say(l, "form.choose")}}
	for i := 5; i >= 1; i-- {
		marks = append(marks, choice{strconv.Itoa(i), words.Say(l, "mark."+strconv.Itoa(i))})
	}
	for _, q := range act.Rated {
		out.choose(q, words.Say(l, "rate."+q), true, marks)
	}
	out.add(`<p><label>{} <textarea name="comment" rows="5" maxlength="2000"></textarea></label></p>`, words.Say(l, "evaluate.comment"))
	out.button(words.Say(l, "evaluate.send"), "", "")
	out.add(`</form>`)
	return &sdk.Content{Title: words.Say(l, "evaluate.title"), HTML: out.String()}, nil
}
