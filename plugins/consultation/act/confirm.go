package act

import (
	"context"
	"crypto/hmac"
	"fmt"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// collectionOf is where what a kind names is kept; "" for none.
func collectionOf(kind string) string {
	switch kind {
	case KindContribution:
		return record.Contributions
	case KindComment:
		return record.Comments
	case KindFollower:
		return record.Followers
	case KindResponse:
		return record.Responses
	}
	return ""
}

// letter sends one to whoever wrote a contribution or comment, or follows.
// Whoever has left no address, or had it erased, gets none; that is no error.
func (w *Work) letter(ctx context.Context, h *sdk.Host, template, kind, id, locale, key string, values map[string]string) error {
	token, err := w.Token(ctx, h, kind, id)
	if err != nil {
		return err
	}
	values["locale"], values["kind"], values["id"], values["token"] = locale, kind, id, token
	collection := collectionOf(kind)
	if kind == KindMandate {
		collection = record.Mandates
	}
	for name, v := range values {
		values[name] = clip(v)
	}
	_, err = h.Send(ctx, sdk.Letter{Template: template, Collection: collection, ID: id, Field: "email", Locale: locale, Key: key, Values: values})
	if err != nil && !gone(err) {
		return fmt.Errorf("send the letter %s: %w", template, err)
	}
	return nil
}

// clip cuts a text to what a letter takes, at a letter.
func clip(text string) string {
	const most = 480 // bytes
	if len(text) <= most {
		return text
	}
	cut := text[:most]
	for len(cut) > 0 && cut[len(cut)-1]&0xC0 == 0x80 {
		cut = cut[:len(cut)-1]
	}
	return strings.TrimSpace(strings.ToValidUTF8(cut[:max(len(cut)-1, 0)], "")) + "…"
}

// sendCode sends the code of something: once, and once again for each time that
// it is asked for.
func (w *Work) sendCode(ctx context.Context, h *sdk.Host, kind string, it *waiting, again int) error {
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return err
	}
	template := "code"
	if kind == KindFollower {
		template = "follow-code"
	}
	return w.letter(ctx, h, template, kind, it.ID, locale(it.Locale), fmt.Sprintf("code %s %s %d", it.ID, it.Code, again),
		map[string]string{"code": codeOf(seal, it), "hours": fmt.Sprint(w.Settings().CodeHours)})
}

func codeOf(seal rules.Seal, it *waiting) string { return seal.Code("code", it.Fingerprint, it.Code) }

// waiting is what has a code.
type waiting struct {
	record.Head
	record.Said
	Kind         string `json:"kind"`
	Object       string `json:"object"`
	Fingerprint  string `json:"fingerprint"`
	Consultation string `json:"consultation"`
	Contribution string `json:"contribution"`
	Topic        string `json:"topic"`
}

// Confirm takes a code in. Right or wrong, it counts; after five wrong ones no
// code helps any more.
func (w *Work) Confirm(ctx context.Context, h *sdk.Host, kind, id, code string) (*Receipt, error) {
	collection := collectionOf(kind)
	b := record.Book{Host: h, Draft: true}
	var out *Receipt
	err := retried(func() error {
		it, err := record.Get[waiting](ctx, b, collection, id)
		if err != nil || it == nil {
			return orMissing(err)
		}
		if it.State != record.PendingEmail {
			out = &Receipt{Kind: kind, ID: id, State: it.State}
			return w.welcome(ctx, h, kind, it) // confirmed before
		}
		if it.Tries >= maxTries || record.Over(it.Expires, w.Now()) {
			return fault("code_over")
		}
		seal, err := w.Seal(ctx, h)
		if err != nil {
			return err
		}
		if it.Code == "" || !hmac.Equal([]byte(codeOf(seal, it)), []byte(strings.TrimSpace(code))) {
			if _, err := b.Save(ctx, id, it.Revision, record.Values{"tries": it.Tries + 1}); err != nil {
				return err
			}
			return fault("code")
		}
		out, err = w.confirmed(ctx, h, kind, it)
		return err
	})
	return out, err
}

// confirmed takes what was sent a step further.
func (w *Work) confirmed(ctx context.Context, h *sdk.Host, kind string, it *waiting) (*Receipt, error) {
	b := record.Book{Host: h, Draft: true}
	out := &Receipt{Kind: kind, ID: it.ID}
	values := record.Values{"code": nil, "expires": nil, "tries": 0}
	if kind == KindFollower {
		values["state"], out.State = "active", "active"
		values["asked"] = record.Moment(w.Now())
		_, err := b.Save(ctx, it.ID, it.Revision, values)
		return out, err
	}
	if kind == KindResponse {
		values["state"], out.State = record.Counted, record.Counted
		_, err := b.Save(ctx, it.ID, it.Revision, values)
		return out, err
	}
	next, err := w.further(ctx, h, it)
	if err != nil {
		return nil, err
	}
	values["state"], out.State = next, next
	if next == record.Published {
		err = b.Show(ctx, it.ID, it.Revision, values)
	} else {
		_, err = b.Save(ctx, it.ID, it.Revision, values)
	}
	if err != nil {
		return nil, err
	}
	it.State = next
	return out, w.welcome(ctx, h, kind, it)
}

// welcome tells somebody, once, what became of what they confirmed.
func (w *Work) welcome(ctx context.Context, h *sdk.Host, kind string, it *waiting) error {
	template := map[string]string{record.Published: "published", record.PendingModeration: "received"}[it.State]
	if template == "" || it.Mandate != "" {
		return nil
	}
	return w.letter(ctx, h, template, kind, it.ID, locale(it.Locale), template+" "+it.ID, map[string]string{"ref": it.Ref})
}

// further is the state after the address is confirmed.
func (w *Work) further(ctx context.Context, h *sdk.Host, it *waiting) (string, error) {
	b := record.Book{Host: h}
	consultation := it.Consultation
	if it.Topic != "" {
		return record.PendingModeration, nil // nobody of the group, as yet
	}
	if it.Contribution != "" {
		on, err := record.Get[record.Contribution](ctx, b, record.Contributions, it.Contribution)
		if err != nil || on == nil {
			return "", orMissing(err)
		}
		consultation = on.Consultation
	}
	to, err := record.Get[record.Consultation](ctx, b, record.Consultations, consultation)
	if err != nil || to == nil {
		return "", orMissing(err)
	}
	return w.next(ctx, h, to, Voice{Email: it.Email})
}

// Resend sends the code once more, for a letter that was lost. It counts as a
// try, so that nobody is written to without end.
func (w *Work) Resend(ctx context.Context, h *sdk.Host, kind, id string) error {
	b := record.Book{Host: h, Draft: true}
	it, err := record.Get[waiting](ctx, b, collectionOf(kind), id)
	if err != nil || it == nil {
		return orMissing(err)
	}
	if it.State != record.PendingEmail || it.Tries >= maxTries || record.Over(it.Expires, w.Now()) {
		return fault("code_over")
	}
	if err := w.sendCode(ctx, h, kind, it, it.Tries+1); err != nil {
		return err
	}
	_, err = b.Save(ctx, id, it.Revision, record.Values{"tries": it.Tries + 1})
	return err
}
