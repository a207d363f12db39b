package extract

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"
)

// childMemory is from where on Go's own memory is collected more often; PDFium's
// is bounded by its machine, pictures by their pixels.
const childMemory = 512 << 20

// Child is the work of a process that Outside started: it reads the file that
// is its input as the order says, writes what it finds to out, and gives the
// exit code.
func Child(text string, f *os.File, out io.Writer) int {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil || o.Seconds <= 0 {
		return 2
	}
	// Whoever started it may be gone when its time is over.
	limit := time.Duration(o.Seconds) * time.Second
	timer := time.AfterFunc(limit+10*time.Second, func() { os.Exit(3) })
	defer timer.Stop()
	debug.SetMemoryLimit(childMemory)
	confine(o.Seconds)
	in := NewInside(o.Cache, false)
	w := bufio.NewWriterSize(out, 64<<10)
	if err := o.work(in, f, w); err != nil {
		return 1
	}
	return 0
}

func (o order) work(in *Inside, f *os.File, w *bufio.Writer) error {
	ctx := context.Background()
	if o.Prepare {
		end := message{End: endWell}
		if err := in.Prepare(ctx, o.MediaType); err != nil {
			end = message{End: endOurs, Error: err.Error()}
		}
		return send(w, end)
	}
	if o.Picture == nil {
		p := &pages{tell: func(m message) error { return send(w, m) }}
		return send(w, endOf(in.read(ctx, f, o.MediaType, p)))
	}
	drawn, err := in.Picture(ctx, f, o.MediaType, *o.Picture)
	if err != nil {
		end := message{End: endOurs, Error: err.Error()}
		if errors.Is(err, ErrFile) {
			end.End = endDamaged
		}
		return send(w, end)
	}
	data := drawn.Data
	drawn.Data = nil
	if err := send(w, message{Drawn: drawn, Size: len(data)}); err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("send the picture: %w", err)
	}
	return w.Flush()
}

func endOf(err error) message {
	m := message{End: endDamaged}
	switch {
	case err == nil:
		return message{End: endWell}
	case errors.As(err, new(*oursError)):
		m.End = endOurs
	case errors.Is(err, errEncrypted):
		m.End = endEncrypted
	case errors.Is(err, errLimit):
		m.End = endLimit
	}
	if m.Error = err.Error(); len(m.Error) > 500 {
		m.Error = m.Error[:500]
	}
	return m
}

// send writes a message at once: what was read counts even if the process does
// not live to its end.
func send(w *bufio.Writer, m message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write a message: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("send a message: %w", err)
	}
	return w.Flush()
}
