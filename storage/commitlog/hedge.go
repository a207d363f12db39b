package commitlog

import (
	"context"
	"sync/atomic"
	"time"
)

// Limits of reads of new records.
const (
	hedgeAfter = 4 * time.Millisecond // another read is begun, at the earliest
	hedgeMost  = 4                    // reads of one record at once
)

// pace is how long a read takes, smoothed.
type pace struct{ nanos atomic.Int64 }

func (p *pace) took(d time.Duration) {
	was := p.nanos.Load()
	if was == 0 {
		was = int64(d)
	}
	p.nanos.Store(was + (int64(d)-was)/8) // a lost update does not matter
}

func (p *pace) smoothed() time.Duration { return time.Duration(p.nanos.Load()) }

// hedge is when a read has taken unusually long.
func (p *pace) hedge() time.Duration {
	return max(hedgeAfter, 2*p.smoothed())
}

// fetchNew reads a record that was written this moment. MinIO may still hold
// the lock of its writer, and lets a reader sleep up to 50 ms then: instead of
// waiting for it another read is begun, and the first that succeeds counts.
func (l *Log[T]) fetchNew(ctx context.Context, seq Seq) ([]byte, error) {
	type answer struct {
		raw  []byte
		took time.Duration
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan answer, hedgeMost) // so that none of them stays
	read := func() {
		var a answer
		began := l.now()
		a.err = caught(func() (err error) {
			a.raw, err = l.fetch(ctx, seq)
			return err
		})
		a.took = l.now().Sub(began)
		answers <- a
	}
	timer := time.NewTimer(l.reads.hedge())
	defer timer.Stop()
	go read() // ends with ctx at the latest
	for begun, ended := 1, 0; ; {
		select {
		case a := <-answers:
			if a.err == nil {
				l.reads.took(a.took)
			}
			if ended++; a.err == nil || ended == begun {
				return a.raw, a.err
			}
		case <-timer.C:
			if begun < hedgeMost {
				begun++
				go read() // as before
				timer.Reset(l.reads.hedge())
			}
		}
	}
}
