package act

import (
	"context"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Withdraw takes what somebody said out of public sight, because they wish so.
func (w *Work) Withdraw(ctx context.Context, h *sdk.Host, kind, id string) error {
	b := record.Book{Host: h, Draft: true}
	if kind != KindContribution && kind != KindComment {
		return fault("missing")
	}
	it, err := record.Get[object](ctx, b, collectionOf(kind), id)
	if err != nil || it == nil {
		return orMissing(err)
	}
	if it.State == record.Withdrawn || it.State == record.Erased {
		return nil
	}
	return b.Hide(ctx, id, record.Values{"state": record.Withdrawn})
}

// Erase destroys what was said and who said it, in all revisions. The entry
// stays, empty, so that counts, places in threads and citations stay true. What
// was written about it (reports, appeals) goes too, in the same commit. Only
// where that is very much it takes several, and may be done again: the entry
// itself goes last.
func (w *Work) Erase(ctx context.Context, h *sdk.Host, kind, id string) error {
	b := record.Book{Host: h, Draft: true}
	collection := collectionOf(kind)
	it, err := record.Get[object](ctx, b, collection, id)
	if err != nil || it == nil {
		return orMissing(err)
	}
	all := &sdk.Batch{}
	if kind != KindFollower {
		if all, err = eraseAbout(ctx, b, id); err != nil {
			return err
		}
	}
	all.Erase(id, 0)
	values := record.Values{"fingerprint": nil, "code": nil}
	switch kind {
	case KindFollower:
		values["state"] = "ended"
	case KindResponse:
		values["state"] = record.Erased
	case KindContribution:
		values["place"] = nil
		fallthrough
	default:
		values["state"], values["author_key"], values["expires"], values["reports"], values["sources"] = record.Erased, nil, nil, 0, []any{}
	}
	all.Save(id, 0, record.Saved(values))
	if it.Public() {
		all.Publish(id, 0)
	}
	return b.Commit(ctx, all, asked)
}

// asked is why something is erased.
const asked = "asked"

// fullBatch leaves room for what belongs to the last entry of a commit.
const fullBatch = 90

// eraseAbout begins to erase what people wrote about something: what is left
// to be committed it gives back.
func eraseAbout(ctx context.Context, b record.Book, id string) (*sdk.Batch, error) {
	batch := &sdk.Batch{}
	for _, collection := range []string{record.Reports, record.Rulings} {
		all, err := record.All[record.Head](ctx, b, collection, record.Q{"object": id, "fields": "id,revision"}, 1000)
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if batch.Len() >= fullBatch {
				if err := b.Commit(ctx, batch, asked); err != nil {
					return nil, err
				}
				batch = &sdk.Batch{}
			}
			if collection == record.Rulings {
				// The reasons may quote what was said.
				batch.Save(one.ID, 0, record.Saved(record.Values{"statement": nil, "outcome_why": nil}))
			}
			batch.Erase(one.ID, 0)
		}
	}
	return batch, nil
}

// EraseAll erases everything of an address that something was sent from: of a
// person who asks for all of it.
func (w *Work) EraseAll(ctx context.Context, h *sdk.Host, kind, id string) (int, error) {
	b := record.Book{Host: h, Draft: true}
	it, err := record.Get[object](ctx, b, collectionOf(kind), id)
	if err != nil || it == nil {
		return 0, orMissing(err)
	}
	n := 0
	if it.AuthorKey != "" {
		for _, k := range []string{KindContribution, KindComment} {
			all, err := record.All[record.Head](ctx, b, collectionOf(k), record.Q{"author_key": it.AuthorKey, "fields": "id,revision"}, 2000)
			if err != nil {
				return n, err
			}
			for _, one := range all {
				if one.ID == id {
					continue // last, so that whoever tries again finds the way
				}
				if err := w.Erase(ctx, h, k, one.ID); err != nil {
					return n, err
				}
				n++
			}
		}
	}
	if err := w.Erase(ctx, h, kind, id); err != nil {
		return n, err
	}
	return n + 1, nil
}

// Follow lets somebody be kept informed; a code confirms the address.
func (w *Work) Follow(ctx context.Context, h *sdk.Host, kind, object, email, l, digest, trap string) (*Receipt, error) {
	if trap != "" {
		return &Receipt{}, nil
	}
	email, err := address(email)
	if err != nil {
		return nil, err
	}
	collection := map[string]string{"consultation": record.Consultations, "group": record.Groups}[kind]
	if collection == "" && kind != "all" {
		return nil, fault("missing")
	}
	if collection != "" {
		it, err := record.Get[record.Head](ctx, record.Book{Host: h}, collection, object)
		if err != nil || it == nil {
			return nil, orMissing(err)
		}
	}
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return nil, err
	}
	mark := seal.Mark("follow", email, kind, object)
	if done, err := w.before(ctx, h, KindFollower, mark); done != nil || err != nil {
		return done, err
	}
	if digest != "daily" {
		digest = "weekly"
	}
	v := Voice{Email: email, Locale: l}
	values := record.Values{"kind": kind, "object": none(object), "email": email, "fingerprint": mark, "digest": digest, "letters_in": locale(l)}
	if err := w.awaits(&v, values, ""); err != nil {
		return nil, err
	}
	_, err = record.Book{Host: h}.Create(ctx, record.Followers, values, false, "")
	if err != nil && !record.Taken(err, "fingerprint") {
		return nil, err
	}
	return w.before(ctx, h, KindFollower, mark)
}

// Stop ends a following, and erases its address.
func (w *Work) Stop(ctx context.Context, h *sdk.Host, id string) error {
	err := w.Erase(ctx, h, KindFollower, id)
	if FaultOf(err) == "missing" {
		return nil
	}
	return err
}
