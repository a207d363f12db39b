package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/lease"
)

// Run makes what is ordered, until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := d.Work(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.LogAttrs(ctx, slog.LevelWarn, "a book was not made; it will be tried again", slog.Any("error", err))
		}
		timer := time.NewTimer(again)
		select {
		case <-d.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Work makes what waits now, the oldest first, and clears up.
func (d *Desk) Work(ctx context.Context) error {
	var todo, over []*Job
	err := d.each(ctx, func(j *Job) error {
		age := d.o.Now().Sub(j.AskedAt)
		switch {
		case j.State == Waiting || j.State == Making:
			todo = append(todo, j)
		case !j.Edition() && age > keepCopies, age > keepOrders:
			over = append(over, j)
		}
		return nil
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, j := range over {
		errs = append(errs, d.drop(ctx, j))
	}
	for _, j := range todo {
		errs = append(errs, d.make(ctx, j.ID, len(j.Forms)))
	}
	return errors.Join(errs...)
}

// drop forgets an order, with its copy.
func (d *Desk) drop(ctx context.Context, j *Job) error {
	for _, name := range []string{"file", "job"} {
		if err := storage.Purge(ctx, d.o.Bucket, key(j.ID, name)); err != nil {
			return fmt.Errorf("remove order %s: %w", j.ID, err)
		}
	}
	return nil
}

// make makes one order, unless another node is at it.
func (d *Desk) make(ctx context.Context, id string, forms int) error {
	held, err := d.o.Owner.Take(ctx, d.o.Bucket, "leases/book/"+id, d.o.Now(), book.MaxTime*time.Duration(forms))
	if errors.Is(err, lease.ErrHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = held.Release(context.WithoutCancel(ctx)) }() // else it is over by itself
	j, err := d.Job(ctx, id)
	if err != nil || j.State == Done || j.State == Failed {
		return ignoreMissing(err) // another node was at it until just now
	}
	j.State, j.Form, j.Done, j.Files = Making, 0, 0, nil
	if j.Tries++; j.Tries > maxTries {
		j.State, j.Problem = Failed, "book_failed"
		return d.save(ctx, j, storage.Cond{IfMatch: j.etag})
	}
	if err := d.save(ctx, j, storage.Cond{IfMatch: j.etag}); err != nil {
		return err
	}
	if err := d.o.Refresh(ctx); err != nil {
		return fmt.Errorf("make order %s: %w", id, err)
	}
	if err := d.books(ctx, j); err != nil {
		return d.fail(ctx, j, err)
	}
	j.State = Done
	return d.save(ctx, j, storage.Cond{IfMatch: j.etag})
}

func ignoreMissing(err error) error {
	if problem.KindOf(err) == problem.NotFound {
		return nil
	}
	return err
}

// fail notes what is wrong with an order. What may be better later is left
// waiting.
func (d *Desk) fail(ctx context.Context, j *Job, err error) error {
	p, known := errors.AsType[*problem.Error](err)
	if ctx.Err() != nil || !known {
		return err
	}
	if p.Kind == problem.Internal {
		d.o.Log.LogAttrs(ctx, slog.LevelError, "a book could not be made", slog.String("order", j.ID), slog.Any("error", err))
	}
	j.State, j.Problem, j.Args = Failed, p.Code, p.Args
	return d.save(ctx, j, storage.Cond{IfMatch: j.etag})
}

// steps is how often the progress of one book is noted.
const steps = 20

// books makes the books of an order, and freezes them if it is an edition.
func (d *Desk) books(ctx context.Context, j *Job) error {
	for i, f := range j.Forms {
		j.Form, j.Done = i, 0
		var out bytes.Buffer
		noted := 0
		order := book.Order{Form: f, Made: j.Made, Title: j.Title, Address: d.addresses(j)}
		order.Progress = func(done, total int) {
			j.Done, j.Total = done, total
			if done*steps/total > noted {
				noted = done * steps / total
				if err := d.save(ctx, j, storage.Cond{IfMatch: j.etag}); err != nil && ctx.Err() == nil {
					d.o.Log.LogAttrs(ctx, slog.LevelDebug, "the progress of a book was not noted", slog.Any("error", err))
				}
			}
		}
		facts, err := d.o.Source.Make(ctx, order, &out)
		if err != nil {
			return err
		}
		j.Profiles = facts.Profiles
		if err := d.keep(ctx, j, f, facts, out.Bytes()); err != nil {
			return err
		}
	}
	if !j.Edition() {
		return nil
	}
	_, err := d.o.Runner.Do(ctx, *j.By, action.FreezeEdition{ID: content.EntryID(j.ID), Title: j.Title, Note: j.Note, Slug: j.Slug,
		Made: j.Made, Profiles: j.Profiles, Files: j.Files})
	return err
}

// addresses are where an edition will stay: by its id, which leads to its page
// whatever that is called.
func (d *Desk) addresses(j *Job) map[content.Locale]string {
	if !j.Edition() {
		return nil
	}
	out := map[content.Locale]string{}
	for _, l := range d.o.Locales {
		out[l] = "/" + string(l) + "/recueils/" + j.ID
	}
	return out
}

// keep stores a finished book.
func (d *Desk) keep(ctx context.Context, j *Job, f book.Form, facts book.Facts, data []byte) error {
	if len(data) > book.MaxBytes {
		return problem.New(problem.TooLarge, "book_too_heavy", problem.Args{"limit": book.MaxBytes >> 20})
	}
	file := action.EditionFile{Name: d.fileName(j, f), Paper: f.Paper, Locales: f.Locales, Size: int64(len(data)), Pages: facts.Pages}
	if j.Edition() {
		ref, err := d.o.Blobs.Put(ctx, bytes.NewReader(data), book.MaxBytes)
		if err != nil {
			return fmt.Errorf("store the book: %w", err)
		}
		file.Blob = string(ref)
	} else if _, err := d.o.Bucket.Put(ctx, key(j.ID, "file"), bytes.NewReader(data), int64(len(data)), storage.Cond{}); err != nil {
		return fmt.Errorf("store the book: %w", err)
	}
	j.Files = append(j.Files, file)
	return nil
}

func (d *Desk) fileName(j *Job, f book.Form) string {
	return strings.Join([]string{"recueil", j.Made.Format(time.DateOnly), f.Name()}, "-") + ".pdf"
}
