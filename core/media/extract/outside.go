package extract

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Outside reads each file in a process of its own, which sees that file, no
// environment and no secret, and is ended when its time is over. A file that
// makes it fall costs nothing but that process.
type Outside struct {
	program string
	cache   string
	atOnce  chan struct{}
	ready   chan struct{} // holds one until PDF can be read

	textTime, pictureTime time.Duration
}

// NewOutside makes an extractor that starts program, which must call Child
// when its first argument is Argument. At most atOnce processes run at a time;
// more callers wait. cache is as for NewInside.
func NewOutside(program, cache string, atOnce int) *Outside {
	return &Outside{program: program, cache: cache, atOnce: make(chan struct{}, max(1, atOnce)), ready: full(),
		textTime: TextTime, pictureTime: PictureTime}
}

func full() chan struct{} {
	c := make(chan struct{}, 1)
	c <- struct{}{}
	return c
}

// PrepareTime is the longest that the machine that reads PDF may take to be
// made. It is not taken from the time of a file.
const PrepareTime = 15 * time.Minute

// Prepare has a process compile the machine that reads PDF into the cache, once.
func (o *Outside) Prepare(ctx context.Context, mediaType string) error {
	if mediaType != pdfType || o.cache == "" {
		return nil
	}
	select {
	case _, ok := <-o.ready:
		if !ok {
			return nil
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	last := message{}
	err := o.run(ctx, nil, order{MediaType: mediaType}, PrepareTime, func(out *bufio.Reader) error {
		return eachMessage(out, func(m message) error { last = m; return nil })
	})
	if err == nil && last.End != endWell {
		err = errors.New(last.Error)
	}
	if err != nil {
		o.ready <- struct{}{}
		return fmt.Errorf("make what reads PDF ready: %w", err)
	}
	close(o.ready)
	return nil
}

// Argument tells the program that it is to read one file.
const Argument = "read-file"

// order is what the process is asked for, as its second argument.
type order struct {
	MediaType string   `json:"media_type"`
	Cache     string   `json:"cache,omitempty"`
	Prepare   bool     `json:"prepare,omitempty"` // only make ready what reads it
	Picture   *Picture `json:"picture,omitempty"` // nil: the text
	Seconds   int      `json:"seconds"`
}

// message is a line of what the process answers.
type message struct {
	Total int     `json:"total,omitempty"` // first: of the pages to come, if that is known
	Paged bool    `json:"paged,omitempty"` // see Text; with any message before the last
	Page  *string `json:"page,omitempty"`  // then each page
	// Last, what became of it: how reading ended, or the picture, whose bytes
	// follow.
	End   ending `json:"end,omitempty"`
	Drawn *Drawn `json:"drawn,omitempty"`
	Size  int    `json:"size,omitempty"`
	Error string `json:"error,omitempty"`
}

// ending says how a process came to the end of its work.
type ending string

const (
	endWell      ending = "well"
	endLimit     ending = "limit"
	endEncrypted ending = "encrypted"
	endDamaged   ending = "damaged"
	endOurs      ending = "ours" // trouble that is not the file's
)

// Text reads the text of a file. When the process has to be ended, what it had
// read by then is given.
func (o *Outside) Text(ctx context.Context, f *os.File, mediaType string) (*Text, error) {
	if err := o.Prepare(ctx, mediaType); err != nil {
		return nil, err
	}
	p, last := &pages{}, message{}
	err := o.run(ctx, f, order{MediaType: mediaType}, o.textTime, func(out *bufio.Reader) error {
		return eachMessage(out, func(m message) error {
			p.paged = p.paged || m.Paged
			switch {
			case m.Page != nil:
				return p.put(*m.Page)
			case m.End != "":
				last = m
			default:
				p.total = min(m.Total, maxTotal)
			}
			return nil
		})
	})
	if cause := ctx.Err(); cause != nil {
		return nil, cause
	}
	if late := (*lateError)(nil); err != nil && !errors.As(err, &late) && !errors.As(err, new(*exec.ExitError)) && !errors.Is(err, errLimit) {
		return nil, err
	}
	switch last.End {
	case endOurs:
		return nil, fmt.Errorf("read the file: %s", last.Error)
	case endWell:
		return p.text(nil), nil
	case endEncrypted:
		return p.text(errEncrypted), nil
	case endDamaged:
		return p.text(errors.New(last.Error)), nil
	}
	return p.text(errLimit), nil // it ended before its work did
}

// maxTotal bounds what a file claims of its number of pages.
const maxTotal = 10_000_000

// Picture makes a picture of a file.
func (o *Outside) Picture(ctx context.Context, f *os.File, mediaType string, pic Picture) (*Drawn, error) {
	if err := o.Prepare(ctx, mediaType); err != nil {
		return nil, err
	}
	var drawn *Drawn
	last := message{}
	err := o.run(ctx, f, order{MediaType: mediaType, Picture: &pic}, o.pictureTime, func(out *bufio.Reader) error {
		return eachMessage(out, func(m message) error {
			if last = m; m.Drawn == nil {
				return nil
			}
			if m.Size < 0 || m.Size > maxDrawn {
				return errLimit
			}
			m.Drawn.Data = make([]byte, m.Size)
			if _, err := io.ReadFull(out, m.Drawn.Data); err != nil {
				return err
			}
			drawn = m.Drawn
			return nil
		})
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err == nil && drawn != nil:
		return drawn, nil
	case last.End == endOurs:
		return nil, fmt.Errorf("make a picture: %s", last.Error)
	case last.End != "":
		return nil, fmt.Errorf("%w: %s", ErrFile, last.Error)
	case errors.As(err, new(*lateError)), errors.As(err, new(*exec.ExitError)):
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	return nil, fmt.Errorf("make a picture: %w", err)
}

// maxDrawn bounds the bytes of a picture that was made.
const maxDrawn = 32 << 20

// lateError says that a process was ended because its time was over.
type lateError struct{ after time.Duration }

func (e *lateError) Error() string { return fmt.Sprintf("not done after %s", e.after) }

// run starts the program on a file, or on none to prepare, has its output read, and sees it end.
func (o *Outside) run(ctx context.Context, f *os.File, order order, limit time.Duration, read func(*bufio.Reader) error) (err error) {
	select {
	case o.atOnce <- struct{}{}:
		defer func() { <-o.atOnce }()
	case <-ctx.Done():
		return ctx.Err()
	}
	order.Prepare = f == nil
	if f != nil {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return fmt.Errorf("rewind the file: %w", err)
		}
	}
	order.Cache, order.Seconds = o.cache, max(1, int(limit/time.Second))
	text, err := json.Marshal(order)
	if err != nil {
		return fmt.Errorf("write the order: %w", err)
	}
	late := &lateError{limit}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, late)
	defer cancel()
	cmd := exec.CommandContext(ctx, o.program, Argument, string(text))
	cmd.Env = []string{"GOMAXPROCS=2", "GOTRACEBACK=none"}
	if f != nil {
		cmd.Stdin = f
	}
	cmd.WaitDelay = 5 * time.Second
	var complaint bytes.Buffer
	cmd.Stderr = &few{w: &complaint, left: 4 << 10}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start reading: %w", err)
	}
	if err := cmd.Start(); errors.As(context.Cause(ctx), &late) {
		return late
	} else if err != nil {
		return fmt.Errorf("start reading: %w", err)
	}
	readErr := read(bufio.NewReaderSize(out, 64<<10))
	if readErr != nil {
		cancel() // nobody listens any more
	}
	waitErr := cmd.Wait()
	switch {
	case errors.As(context.Cause(ctx), &late):
		return late
	case readErr != nil:
		return readErr
	case waitErr != nil:
		return fmt.Errorf("%w: %s", waitErr, strconv.Quote(complaint.String()))
	}
	return nil
}

// few keeps the first bytes of what is written to it.
type few struct {
	w    io.Writer
	left int
}

func (f *few) Write(p []byte) (int, error) {
	n := min(len(p), f.left)
	f.left -= n
	if _, err := f.w.Write(p[:n]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// maxLine bounds a message: a page as JSON.
const maxLine = 8 * MaxPage

// eachMessage reads the lines of a process.
func eachMessage(out *bufio.Reader, f func(message) error) error {
	for {
		line, err := readLine(out)
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what was found: %w", err)
		}
		var m message
		if err := json.Unmarshal(line, &m); err != nil {
			return fmt.Errorf("read what was found: %w", err)
		}
		if err := f(m); err != nil {
			return err
		}
	}
}

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxLine {
			return nil, errLimit
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
