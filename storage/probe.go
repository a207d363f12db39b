package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// probers is how many writers race in a probe.
const probers = 8

// probeRemedy says what to do about a store that fails the probe.
const probeRemedy = "use a store with conditional writes (MinIO, Amazon S3, versitygw, a folder); " +
	"if there is a proxy or gateway in front of it, let it pass on If-Match and If-None-Match"

// Probe finds out at start-up whether b honours the conditions of a Put. It
// writes under "probe/<id>/" and removes what it wrote, so id must be another
// for each start. It answers ErrUnconditional, with a remedy, for a store that
// lets two writers win or an unmet condition pass; any other error says that
// the probe could not be finished. It cannot prove a store right: a race that
// a store loses once in a million goes unseen.
func Probe(ctx context.Context, b Bucket, id string) (err error) {
	p := probe{bucket: b, prefix: "probe/" + id + "/"}
	defer func() {
		if cleanup := p.cleanUp(context.WithoutCancel(ctx)); cleanup != nil && err == nil {
			err = cleanup
		}
		if errors.Is(err, ErrUnconditional) {
			err = fmt.Errorf("%w; %s", err, probeRemedy)
		}
		if err != nil {
			err = fmt.Errorf("probe the store: %w", err)
		}
	}()
	if err := p.sequence(ctx); err != nil {
		return err
	}
	if err := p.race(ctx, "create", func(Object) Cond { return Cond{IfAbsent: true} }); err != nil {
		return err
	}
	return p.race(ctx, "replace", func(o Object) Cond { return Cond{IfMatch: o.ETag} })
}

type probe struct {
	bucket Bucket
	prefix string
}

func (p probe) put(ctx context.Context, name, text string, c Cond) (Object, error) {
	return p.bucket.Put(ctx, p.prefix+name, bytes.NewReader([]byte(text)), int64(len(text)), c)
}

// refused fails unless the store refuses c.
func (p probe) refused(ctx context.Context, what, name string, c Cond) error {
	_, err := p.put(ctx, name, what, c)
	if err == nil {
		return fmt.Errorf("%w: %s was accepted", ErrUnconditional, what)
	}
	if !errors.Is(err, ErrCondition) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// sequence tries each condition without a race: a store that ignores the
// headers is caught here at once.
func (p probe) sequence(ctx context.Context) error {
	first, err := p.put(ctx, "sequence", "first", Cond{IfAbsent: true})
	if err != nil {
		return fmt.Errorf("create a new key: %w", err)
	}
	if err := p.refused(ctx, "creating a key that exists", "sequence", Cond{IfAbsent: true}); err != nil {
		return err
	}
	if _, err := p.put(ctx, "sequence", "second", Cond{IfMatch: first.ETag}); err != nil {
		return fmt.Errorf("replace by ETag: %w", err)
	}
	if err := p.refused(ctx, "replacing by the ETag of an earlier state", "sequence", Cond{IfMatch: first.ETag}); err != nil {
		return err
	}
	if err := p.refused(ctx, "replacing a key that does not exist", "nothing", Cond{IfMatch: first.ETag}); err != nil {
		return err
	}
	return p.holds(ctx, "sequence", "second")
}

// holds fails unless the key holds text.
func (p probe) holds(ctx context.Context, name, text string) error {
	body, _, err := p.bucket.Get(ctx, p.prefix+name, Range{})
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	got, err := io.ReadAll(io.LimitReader(body, 1<<10))
	if err := errors.Join(err, body.Close()); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if string(got) != text {
		return fmt.Errorf("%w: a writer was told that it had won and its bytes are not there", ErrUnconditional)
	}
	return nil
}

// race lets writers that all believe in one state of a key write at once.
func (p probe) race(ctx context.Context, name string, cond func(Object) Cond) error {
	var before Object
	if !cond(Object{}).IfAbsent {
		var err error
		if before, err = p.put(ctx, name, "start", Cond{}); err != nil {
			return fmt.Errorf("prepare a race: %w", err)
		}
	}
	var wg sync.WaitGroup
	errs := make([]error, probers)
	for i := range errs {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					errs[i] = fmt.Errorf("panic: %v", r)
				}
			}()
			_, errs[i] = p.put(ctx, name, raceText(name, i), cond(before))
		})
	}
	wg.Wait()
	winner := -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			return fmt.Errorf("%w: two of %d racing writers were both told that they had won a %s", ErrUnconditional, probers, name)
		case err == nil:
			winner = i
		}
	}
	for _, err := range errs {
		if err != nil && !errors.Is(err, ErrCondition) {
			return fmt.Errorf("race to %s: %w", name, err)
		}
	}
	if winner < 0 {
		return fmt.Errorf("%w: all of %d racing writers were refused a %s", ErrUnconditional, probers, name)
	}
	return p.holds(ctx, name, raceText(name, winner))
}

func raceText(name string, i int) string { return fmt.Sprintf("%s by writer %d", name, i) }

func (p probe) cleanUp(ctx context.Context) error {
	var errs []error
	for _, name := range []string{"sequence", "nothing", "create", "replace"} {
		errs = append(errs, Purge(ctx, p.bucket, p.prefix+name))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}
