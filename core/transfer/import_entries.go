package transfer

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Sizes of a batch of entries. Several are under way at once, so that one is
// planned while another is being written.
const (
	batchEntries = 200
	batchBytes   = 1 << 20
	batchesAhead = 4
)

// batch is some entries that are brought in together.
type batch struct {
	lines  []*entryLine
	exists []bool
	bytes  int
}

// entries brings in the entries of every collection, then puts some of them
// into the trash, erases those that were erased, and sets what was planned.
func (im *importer) entries(ctx context.Context) error {
	work, inner := errgroup.WithContext(ctx)
	work.SetLimit(batchesAhead)
	in := &entryImporter{importer: im}
	for _, m := range im.archive.entryMembers() {
		if err := in.member(inner, work, m.Name); err != nil {
			return errors.Join(err, work.Wait())
		}
	}
	if err := work.Wait(); err != nil {
		return err
	}
	return in.afterwards(ctx)
}

type entryImporter struct {
	*importer
	mu    sync.Mutex   // of what follows, of the report and of the progress
	later []*entryLine // that came in and have more to be done to, without values
}

// member reads one member into batches and hands them to work.
func (in *entryImporter) member(ctx context.Context, work *errgroup.Group, name string) error {
	next := &batch{}
	flush := func() {
		if b := next; len(b.lines) > 0 {
			work.Go(func() error { return in.bring(ctx, b) })
		}
		next = &batch{}
	}
	err := in.archive.lines(ctx, name, func(_ int, raw []byte) error {
		line, err := decodeEntry(raw)
		if err != nil {
			return err
		}
		exists, err := in.look(ctx, line)
		if err != nil || line.Sides == nil {
			return err
		}
		next.lines, next.exists = append(next.lines, line), append(next.exists, exists)
		if next.bytes += len(raw); len(next.lines) >= batchEntries || next.bytes >= batchBytes {
			flush()
		}
		return nil
	})
	flush()
	return err
}

// look compares a line with what the site has, counts it, and empties it when
// nothing is to be done with it.
func (in *entryImporter) look(ctx context.Context, line *entryLine) (exists bool, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	err = in.site.View.Read(ctx, func(tx *view.Tx) error {
		c := tx.Collection(line.Collection)
		if c == nil {
			line.Sides = nil
			return in.refuse(&in.report.Entries, "entry", string(line.ID),
				problem.New(problem.NotFound, "collection_not_found", problem.Args{"collection": clip(line.Collection)}))
		}
		old, err := tx.Entry(line.ID)
		if errors.Is(err, view.ErrNotFound) {
			in.report.Entries.Created++
			return in.fits(line, c)
		}
		if err != nil {
			return err
		}
		exists = true
		return in.compare(line, old, c)
	})
	if err == nil && line.Sides == nil {
		in.step(1)
	}
	return exists, err
}

// compare decides about an entry that exists.
func (in *entryImporter) compare(line *entryLine, old *content.Entry, c *schema.Collection) error {
	if old.ErasedAt != nil && in.archive.Manifest.Personal && stripPersonal(line, c) {
		in.report.Erased++
	}
	if old.ErasedAt != nil {
		line.ErasedAt = old.ErasedAt
	}
	present, err := encodeEntry(old, c, in.site.Kinds, in.archive.Manifest.Personal).contentHash()
	if err != nil {
		return err
	}
	wanted, err := line.contentHash()
	if err != nil {
		return err
	}
	if !in.report.Entries.count(true, present == wanted, in.o.Update) {
		line.Sides = nil
		return nil
	}
	return in.fits(line, c)
}

// fits refuses, in a dry run, what could not be decoded; otherwise the action
// does.
func (in *entryImporter) fits(line *entryLine, c *schema.Collection) error {
	if !in.o.DryRun {
		return nil
	}
	for _, side := range line.Sides {
		for _, values := range []map[string]any{side.Published, side.Draft} {
			if _, err := in.site.Kinds.Decode(c, values); err != nil {
				in.report.Entries.Created--
				line.Sides = nil
				return in.refuse(&in.report.Entries, "entry", string(line.ID), err)
			}
		}
	}
	return nil
}

// stripPersonal removes the values of personal fields, and says whether there
// were any.
func stripPersonal(line *entryLine, c *schema.Collection) bool {
	found := false
	for _, side := range line.Sides {
		for _, values := range []map[string]any{side.Published, side.Draft} {
			for i := range c.Fields {
				if f := &c.Fields[i]; f.Personal {
					_, there := values[f.Name]
					found = found || there
					delete(values, f.Name)
				}
			}
		}
	}
	return found
}

// bring carries out a batch; when it is refused, one entry at a time.
func (in *entryImporter) bring(ctx context.Context, b *batch) error {
	act := action.ImportEntries{Replace: in.o.Update, Loose: true}
	for _, line := range b.lines {
		act.Entries = append(act.Entries, line.imported(false))
	}
	err := in.do(ctx, act)
	if kind := problem.KindOf(err); err != nil && (kind == problem.Invalid || kind == problem.TooLarge || kind == problem.Conflict) {
		return in.oneByOne(ctx, b)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.step(len(b.lines))
	if err != nil {
		return in.refused(b, 0, err)
	}
	for _, line := range b.lines {
		in.came(line)
	}
	return nil
}

func (in *entryImporter) oneByOne(ctx context.Context, b *batch) error {
	for i, line := range b.lines {
		err := in.do(ctx, action.ImportEntries{Entries: []action.Imported{line.imported(false)}, Replace: in.o.Update, Loose: true})
		if err != nil && line.ErasedAt != nil {
			// Without its personal values it may be incomplete: it comes as a draft.
			err = in.do(ctx, action.ImportEntries{Entries: []action.Imported{line.imported(true)}, Replace: in.o.Update, Loose: true})
		}
		in.mu.Lock()
		in.step(1)
		if err == nil {
			in.came(line)
		} else {
			err = in.refused(b, i, err)
		}
		in.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// refused counts an entry of a batch as refused instead of as made.
func (in *entryImporter) refused(b *batch, i int, err error) error {
	in.report.Entries.back(b.exists[i])
	return in.refuse(&in.report.Entries, "entry", string(b.lines[i].ID), err)
}

// imported makes what the action takes. demote brings what was published in as
// a draft.
func (e *entryLine) imported(demote bool) action.Imported {
	in := action.Imported{ID: e.ID, Collection: e.Collection, Parent: e.Parent, Position: e.Position,
		CreatedAt: e.CreatedAt, Sides: make(map[content.Locale]action.ImportedSide, len(e.Sides))}
	for l, s := range e.Sides {
		side := action.ImportedSide{Published: s.Published, Draft: s.Draft, PublishedAt: s.PublishedAt}
		if s.Published == nil {
			side.PublishedAt = nil
		}
		if demote {
			draft := maps.Clone(s.Published)
			if draft == nil {
				draft = map[string]any{}
			}
			maps.Copy(draft, s.Draft)
			side = action.ImportedSide{Draft: draft}
		}
		in.Sides[l] = side
	}
	return in
}

// came notes an entry that was brought in.
func (in *entryImporter) came(line *entryLine) {
	rest := *line
	rest.Sides = map[content.Locale]*sideLine{}
	for l, s := range line.Sides {
		if s.PublishAt != nil || s.UnpublishAt != nil {
			rest.Sides[l] = &sideLine{PublishAt: s.PublishAt, UnpublishAt: s.UnpublishAt}
		}
	}
	if rest.TrashedAt != nil || rest.ErasedAt != nil || len(rest.Sides) > 0 {
		in.later = append(in.later, &rest)
	}
}

// afterwards does to the entries that came in what an import does not: plans,
// erasures and the trash.
func (in *entryImporter) afterwards(ctx context.Context) error {
	for _, line := range in.later {
		for _, act := range line.acts(in.site.Now()) {
			err := in.do(ctx, act)
			if err == nil {
				continue
			}
			if err := in.refuse(&in.report.Entries, "entry", string(line.ID), err); err != nil {
				return err
			}
		}
	}
	return nil
}

// acts are what is still to be done to an entry. What was planned for a time
// that has passed is done at once.
func (e *entryLine) acts(now time.Time) []action.Action {
	var out []action.Action
	for l, s := range e.Sides {
		plan := action.ScheduleEntry{ID: e.ID, Locale: l, PublishAt: s.PublishAt, UnpublishAt: s.UnpublishAt}
		if s.PublishAt != nil && !s.PublishAt.After(now) {
			out = append(out, action.PublishEntry{ID: e.ID, Locales: []content.Locale{l}})
			plan.PublishAt = nil
		}
		if s.UnpublishAt != nil && !s.UnpublishAt.After(now) {
			out = append(out, action.UnpublishEntry{ID: e.ID, Locales: []content.Locale{l}})
			continue
		}
		if plan.PublishAt != nil || plan.UnpublishAt != nil {
			out = append(out, plan)
		}
	}
	if e.ErasedAt != nil {
		out = append(out, action.EraseEntry{ID: e.ID})
	}
	if e.TrashedAt != nil {
		out = append(out, action.TrashEntry{ID: e.ID, Children: true, Force: true})
	}
	return out
}
