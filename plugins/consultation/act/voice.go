package act

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// The kinds of what can be followed from a personal page.
const (
	KindContribution = "contribution"
	KindComment      = "comment"
	KindMandate      = "mandate"
	KindFollower     = "follower"
	KindResponse     = "response"
)

// Voice is who speaks, and in what way.
type Voice struct {
	Author, Email string
	Locale, Lang  string
	Channel       string // web unless told
	Consent       bool
	Trap          string // a field that people do not see
	// Of a member: a mandate, which takes the place of confirming an address.
	Mandate *record.Mandate
	// Clerk says that somebody of the programme writes down what came on paper
	// or was said at a meeting; no address is needed then.
	Clerk bool
}

// Contribution is what somebody sends to a consultation.
type Contribution struct {
	Voice
	Consultation, Section, Title, Body, Place string
	// Of a text under discussion, if it is about one: its id, and which paragraph.
	About     string
	Paragraph int
	Sources   []record.Link
}

// Comment is what somebody sends about a contribution, or to a topic.
type Comment struct {
	Voice
	Contribution, Topic, Parent, Side, Body string
	Sources                                 []record.Link
}

// Receipt says where what was sent can be followed.
type Receipt struct {
	Kind, ID, Token, State string
}

// said checks who speaks and how, and gives the values that this comes to.
func (w *Work) said(ctx context.Context, h *sdk.Host, v *Voice, about ...string) (record.Values, string, error) {
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return nil, "", err
	}
	channel := v.Channel
	if channel == "" {
		channel = "web"
	}
	values := record.Values{"letters_in": locale(v.Locale), "lang": locale(v.Lang), "channel": channel, "sent": record.Moment(w.Now()),
		"author": strings.TrimSpace(v.Author)}
	var who string
	switch {
	case v.Mandate != nil:
		if !v.Mandate.Rule().Holds(w.Today()) {
			return nil, "", fault("mandate_over")
		}
		who = v.Mandate.ID
		values["mandate"], values["association"], values["email"] = v.Mandate.ID, v.Mandate.Association, v.Mandate.Email
	case v.Clerk && v.Email == "":
		who = v.Author
	default:
		email, err := address(v.Email)
		if err != nil {
			return nil, "", err
		}
		who, values["email"] = email, email
		values["author_key"] = seal.Mark("author", email)
	}
	if !v.Consent && !v.Clerk {
		return nil, "", fault("consent")
	}
	mark := seal.Mark("sent", append([]string{who}, about...)...)
	values["fingerprint"] = mark
	return values, mark, nil
}

// awaits lets something wait for a code, unless there is nothing to confirm. What
// is kept is a seed: with it and the secret of the installation the same code
// can be sent again.
func (w *Work) awaits(v *Voice, values record.Values, next string) error {
	if v.Mandate != nil || v.Clerk {
		values["state"] = next
		return nil
	}
	raw, err := w.random(10)
	if err != nil {
		return err
	}
	values["state"], values["code"] = record.PendingEmail, rules.Short(raw)
	values["expires"] = record.Moment(w.Now().Add(time.Duration(w.Settings().CodeHours) * time.Hour))
	return nil
}

func checkText(text string, least, most int, code string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	if n := utf8.RuneCountInString(text); n < least || n > most {
		return "", fault(code)
	}
	return text, nil
}

// Contribute takes a contribution in. The same one sent twice is one.
func (w *Work) Contribute(ctx context.Context, h *sdk.Host, c Contribution) (*Receipt, error) {
	if c.Trap != "" {
		return &Receipt{}, nil // a machine: it learns nothing
	}
	b := record.Book{Host: h}
	to, err := record.Get[record.Consultation](ctx, b, record.Consultations, c.Consultation)
	switch {
	case err != nil:
		return nil, err
	case to == nil:
		return nil, fault("missing")
	case !c.Clerk && !rules.Open(to.Phases, w.Today(), rules.Contribute):
		return nil, fault("closed")
	case to.Audience == "members" && c.Mandate == nil && !c.Clerk, c.Mandate != nil && to.Audience == "members" && c.Mandate.Group != to.Group:
		return nil, fault("members_only")
	}
	if c.Title, err = checkText(c.Title, 3, maxTitle, "title"); err != nil {
		return nil, err
	}
	if c.Body, err = checkText(c.Body, minBody, maxBody, "body"); err != nil {
		return nil, err
	}
	values, mark, err := w.said(ctx, h, &c.Voice, to.ID, c.About+fmt.Sprint(c.Paragraph), rules.Fold(c.Title), rules.Fold(c.Body))
	if err != nil {
		return nil, err
	}
	if done, err := w.before(ctx, h, KindContribution, mark); done != nil || err != nil {
		return done, err
	}
	if values["lot"], err = w.lot(); err != nil {
		return nil, err
	}
	for name, v := range map[string]any{"consultation": to.ID, "title": c.Title, "body": c.Body, "place": strings.TrimSpace(c.Place), "consent": true, "sources": sources(c.Sources)} {
		values[name] = v
	}
	if c.About != "" {
		text, err := record.Get[record.Text](ctx, record.Book{Host: h, Locale: locale(c.Locale)}, record.Texts, c.About)
		if err != nil || text == nil || text.Consultation != to.ID || c.Paragraph < 1 || c.Paragraph > len(rules.Paragraphs(text.Text)) {
			return nil, orMissing(err)
		}
		values["about"], values["paragraph"] = c.About, c.Paragraph
	}
	if c.Section != "" {
		values["section"] = c.Section
	}
	next, err := w.next(ctx, h, to, c.Voice)
	if err != nil {
		return nil, err
	}
	return w.take(ctx, h, sending{&c.Voice, KindContribution, record.Contributions, to.Ref, mark, next, false}, values)
}

// sending is what take needs to know.
type sending struct {
	v                                       *Voice
	kind, collection, prefix, mark, further string
	quiet                                   bool // for the members of a group alone
}

// take keeps what was said, and sends the code or shows it.
func (w *Work) take(ctx context.Context, h *sdk.Host, s sending, values record.Values) (*Receipt, error) {
	if err := w.awaits(s.v, values, s.further); err != nil {
		return nil, err
	}
	b := record.Book{Host: h}
	for range maxRetry {
		raw, err := w.random(5)
		if err != nil {
			return nil, err
		}
		if values["ref"] = rules.Short(raw); s.prefix != "" {
			values["ref"] = s.prefix + "-" + rules.Short(raw)
		}
		_, err = b.Create(ctx, s.collection, values, values["state"] == record.Published && !s.quiet, "")
		if record.Taken(err, "ref") {
			continue
		}
		if err != nil && !record.Taken(err, "fingerprint") {
			return nil, err
		}
		return w.before(ctx, h, s.kind, s.mark)
	}
	return nil, fault("busy")
}

// before finds what was sent already, and sees to it that its code was sent.
func (w *Work) before(ctx context.Context, h *sdk.Host, kind, mark string) (*Receipt, error) {
	was, err := record.One[waiting](ctx, record.Book{Host: h, Draft: true}, collectionOf(kind), record.Q{"fingerprint": mark})
	if err != nil || was == nil {
		return nil, err
	}
	token, err := w.Token(ctx, h, kind, was.ID)
	if err == nil && was.State == record.PendingEmail {
		err = w.sendCode(ctx, h, kind, was, 0)
	}
	return &Receipt{Kind: kind, ID: was.ID, Token: token, State: was.State}, err
}

// next is the state of a contribution whose address is confirmed.
func (w *Work) next(ctx context.Context, h *sdk.Host, to *record.Consultation, v Voice) (string, error) {
	switch {
	case v.Mandate != nil, v.Clerk, to.Moderation == "after":
		return record.Published, nil
	case to.Moderation == "first":
		seal, err := w.Seal(ctx, h)
		if err != nil {
			return "", err
		}
		n, err := record.Total(ctx, record.Book{Host: h}, record.Contributions, record.Q{"author_key": seal.Mark("author", rules.Address(v.Email)), "state": record.Published})
		if n > 0 || err != nil {
			return record.Published, err
		}
	}
	return record.PendingModeration, nil
}

// Say takes a comment or an argument in.
func (w *Work) Say(ctx context.Context, h *sdk.Host, c Comment) (*Receipt, error) {
	if c.Trap != "" {
		return &Receipt{}, nil
	}
	next, ref, quiet, err := w.mayComment(ctx, h, &c)
	if err != nil {
		return nil, err
	}
	if c.Body, err = checkText(c.Body, 2, maxComment, "comment"); err != nil {
		return nil, err
	}
	about := c.Contribution + c.Topic
	values, mark, err := w.said(ctx, h, &c.Voice, about, c.Parent, rules.Fold(c.Body))
	if err != nil {
		return nil, err
	}
	if done, err := w.before(ctx, h, KindComment, mark); done != nil || err != nil {
		return done, err
	}
	for name, v := range map[string]any{"contribution": c.Contribution, "topic": c.Topic, "answers": c.Parent, "body": c.Body, "sources": sources(c.Sources)} {
		if v != "" {
			values[name] = v
		}
	}
	values["side"] = "none"
	if c.Side == "for" || c.Side == "against" {
		values["side"] = c.Side
	}
	return w.take(ctx, h, sending{&c.Voice, KindComment, record.Comments, ref, mark, next, quiet}, values)
}

// mayComment says how a comment goes on, what its reference begins with, and
// whether only members see it.
func (w *Work) mayComment(ctx context.Context, h *sdk.Host, c *Comment) (next, ref string, quiet bool, err error) {
	b := record.Book{Host: h}
	if c.Topic != "" {
		quiet, err := w.mayAnswer(ctx, h, c)
		return record.Published, "", quiet, err
	}
	on, err := record.Get[record.Contribution](ctx, b, record.Contributions, c.Contribution)
	if err != nil || on == nil || on.State != record.Published {
		return "", "", false, orMissing(err)
	}
	to, err := record.Get[record.Consultation](ctx, b, record.Consultations, on.Consultation)
	if err != nil || to == nil {
		return "", "", false, orMissing(err)
	}
	what := rules.Comment
	if c.Side == "for" || c.Side == "against" {
		what = rules.Argue
	}
	if !c.Clerk && !rules.Open(to.Phases, w.Today(), what) {
		return "", "", false, fault("closed")
	}
	next, err = w.next(ctx, h, to, c.Voice)
	return next, on.Ref, false, err
}

// mayAnswer: in a public topic everybody may answer, with an address that is
// confirmed; in the others the members of the group.
func (w *Work) mayAnswer(ctx context.Context, h *sdk.Host, c *Comment) (quiet bool, err error) {
	topic, err := record.Get[record.Topic](ctx, record.Book{Host: h, Draft: true}, record.Topics, c.Topic)
	switch {
	case err != nil || topic == nil:
		return false, orMissing(err)
	case topic.State == "closed":
		return false, fault("closed")
	case c.Mandate != nil && c.Mandate.Group != topic.Group:
		return false, fault("members_only")
	case c.Mandate == nil && topic.Visibility != "public":
		return false, fault("members_only")
	}
	return topic.Visibility == "private", nil
}

func orMissing(err error) error { return orFault(err, "missing") }

func orFault(err error, code string) error {
	if err != nil {
		return err
	}
	return fault(code)
}

// sources keeps those links that have an address.
func sources(links []record.Link) []map[string]any {
	out := []map[string]any{}
	for _, l := range links[:min(len(links), 10)] {
		if l.URL = strings.TrimSpace(l.URL); l.URL == "" {
			continue
		}
		if l.Title = strings.TrimSpace(l.Title); l.Title == "" {
			l.Title = l.URL
		}
		out = append(out, map[string]any{"title": l.Title, "url": l.URL})
	}
	return out
}
