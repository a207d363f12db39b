package sdk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/oklog/ulid/v2"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Batch is several changes that are made together; see the package comment. A
// revision is the one that the entry must have before the commit; 0: any.
type Batch struct {
	changes []*pluginpb.EntryChange
	err     error
}

// Create makes an entry. Its id may be drawn with NewID, so that other changes
// of the batch can name it; "" has it drawn.
func (b *Batch) Create(collection, id string, values Locales, publish bool) {
	b.add(&pluginpb.EntryChange{Action: "create", Collection: collection, Id: id, Publish: publish}, values)
}

// Save changes the fields that are named.
func (b *Batch) Save(id string, revision int, values Locales) {
	b.add(&pluginpb.EntryChange{Action: "save", Id: id, Revision: int64(revision)}, values)
}

// Publish makes the newest values public, in all locales when none is named.
func (b *Batch) Publish(id string, revision int, locales ...string) {
	b.add(&pluginpb.EntryChange{Action: "publish", Id: id, Revision: int64(revision)}, named(locales))
}

// Unpublish withdraws what is public.
func (b *Batch) Unpublish(id string, revision int, locales ...string) {
	b.add(&pluginpb.EntryChange{Action: "unpublish", Id: id, Revision: int64(revision)}, named(locales))
}

// Trash puts an entry into the trash.
func (b *Batch) Trash(id string, revision int) {
	b.add(&pluginpb.EntryChange{Action: "trash", Id: id, Revision: int64(revision)}, nil)
}

// Erase destroys the personal values of an entry; see Host.Erase.
func (b *Batch) Erase(id string, revision int) {
	b.add(&pluginpb.EntryChange{Action: "erase", Id: id, Revision: int64(revision)}, nil)
}

// Expect changes nothing: the commit is made only if the entry is still at the
// revision.
func (b *Batch) Expect(id string, revision int) {
	b.add(&pluginpb.EntryChange{Action: "expect", Id: id, Revision: int64(revision)}, nil)
}

// Len is the number of changes; a commit takes 100.
func (b *Batch) Len() int { return len(b.changes) }

func (b *Batch) add(c *pluginpb.EntryChange, values Locales) {
	raw, err := values.json()
	b.err = errors.Join(b.err, err)
	c.LocalesJson = raw
	b.changes = append(b.changes, c)
}

// Commit makes the changes of a batch, all or none, and says of each what
// became of its entry. Of the options Key and Reason count.
func (h *Host) Commit(ctx context.Context, b *Batch, o Options) ([]Done, error) {
	switch {
	case b.err != nil:
		return nil, b.err
	case len(b.changes) == 0:
		return nil, errors.New("a batch without changes cannot be committed")
	case o.Revision != 0 || o.Publish:
		return nil, errors.New("a revision and Publish belong to the changes of a batch")
	}
	d, err := pluginpb.NewContentClient(h.conn).Commit(h.call(ctx),
		&pluginpb.CommitRequest{Changes: b.changes, IdempotencyKey: o.Key, Reason: o.Reason})
	if err != nil {
		return nil, told(err)
	}
	if len(d.Changes) != len(b.changes) {
		return nil, fmt.Errorf("the host told of %d changes, not of %d: it is older than batches", len(d.Changes), len(b.changes))
	}
	out := make([]Done, len(d.Changes))
	for i, c := range d.Changes {
		out[i] = Done{Seq: d.Seq, ID: c.Id, Revision: int(c.Revision), Replayed: d.Replayed}
	}
	return out, nil
}

// NewID draws the id of an entry that is about to be made.
func NewID() string { return ulid.MustNew(ulid.Now(), rand.Reader).String() }
