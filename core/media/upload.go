package media

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
)

// Limits of resumable uploads.
const (
	MaxResumable  = 2 << 30            // bytes of one file
	UploadTime    = 7 * 24 * time.Hour // from its creation to its end
	MaxOpen       = 20                 // uploads of one account that are not complete
	MaxOpenBytes  = 8 << 30            // what these may come to
	MaxParts      = 10_000             // of one upload: many small requests are refused
	partSize      = 4 << 20            // bytes that are held in memory: the most that a conditional Put takes
	sendingAtOnce = 32                 // requests of one node that bring bytes
	sendingEach   = 4                  // of these from one account
)

// Uploads takes files in piece by piece (tus 1.0.0). All of it is in the
// bucket, so that any node can go on where another stopped: one object says
// what an upload is to become, and each piece is an object of its own, named by
// its offset and created under a condition, so that two requests can never
// write the same place. An upload belongs to whoever began it.
type Uploads struct {
	l     *Library
	newID func() string

	mu      sync.Mutex
	sending map[string]int // requests that bring bytes, by account
	buffers sync.Pool
}

// Uploads makes the resumable uploads of a library. newID makes ULIDs.
func (l *Library) Uploads(newID func() string) *Uploads {
	return &Uploads{l: l, newID: newID, sending: map[string]int{},
		buffers: sync.Pool{New: func() any { b := make([]byte, partSize); return &b }}}
}

// Resumable is an upload under way, or one that is complete.
type Resumable struct {
	Version int             `json:"version"`
	ID      string          `json:"id"`
	By      content.Actor   `json:"by"`
	Name    string          `json:"name"`
	Folder  string          `json:"folder,omitempty"`
	Asset   content.AssetID `json:"asset,omitempty"` // whose file is replaced; once done: what it became
	Length  int64           `json:"length"`
	Expires time.Time       `json:"expires"`
	Done    bool            `json:"done,omitempty"`
	Failed  string          `json:"failed,omitempty"` // code of the problem that kept it from becoming an asset

	Offset int64 `json:"-"` // bytes that are stored
	parts  int
}

// save is the action that the upload ends with.
func (r *Resumable) save() action.SaveAsset {
	return action.SaveAsset{Asset: content.Asset{ID: r.Asset, Name: r.Name, Folder: r.Folder}}
}

// infoPrefix is where the uploads of an account are.
func infoPrefix(by content.Actor) string { return "uploads/" + string(by.Kind) + "-" + by.ID + "/" }

func (r *Resumable) key() string        { return infoPrefix(r.By) + r.ID }
func (r *Resumable) partPrefix() string { return "parts/" + r.ID + "/" }
func (r *Resumable) part(at int64) string {
	return r.partPrefix() + fmt.Sprintf("%020d", at)
}

// Create begins an upload. The rights are looked at now, before the first
// byte, and again when it is complete.
func (u *Uploads) Create(ctx context.Context, by content.Actor, r Resumable) (*Resumable, error) {
	if by.Kind == content.ActorVisitor {
		return nil, problem.New(problem.Unauthenticated, "upload_signed_in", nil)
	}
	if err := u.l.o.Runner.Allowed(ctx, by, r.save()); err != nil {
		return nil, err
	}
	switch {
	case strings.TrimSpace(r.Name) == "":
		return nil, problem.Parameter("Upload-Metadata", "upload_name_needed", nil)
	case r.Length > MaxResumable:
		return nil, problem.New(problem.TooLarge, "upload_too_large", problem.Args{"limit": MaxResumable >> 20})
	case r.Length <= 0:
		return nil, problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Pointer: "/file", Code: "upload_empty"}})
	}
	if err := u.room(ctx, by, r.Length); err != nil {
		return nil, err
	}
	now := u.l.o.Now().UTC()
	r.Version, r.ID, r.By, r.Expires = 1, u.newID(), by, now.Add(UploadTime).Truncate(time.Second)
	r.Name = cleanName(r.Name)
	return &r, u.store(ctx, &r, storage.Cond{IfAbsent: true})
}

// room refuses more open uploads than an account may have.
func (u *Uploads) room(ctx context.Context, by content.Actor, more int64) error {
	open, size := 0, more
	for object, err := range u.l.o.Bucket.List(ctx, infoPrefix(by), "") {
		if err != nil {
			return u.away(err)
		}
		r, err := u.load(ctx, object.Key)
		if errors.Is(err, storage.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !r.Done && r.Failed == "" {
			open, size = open+1, size+r.Length
		}
		if open >= MaxOpen || size > MaxOpenBytes {
			return problem.New(problem.Limited, "upload_too_many_open", problem.Args{"limit": MaxOpen, "size": MaxOpenBytes >> 30})
		}
	}
	return nil
}

// away tells of a bucket that does not answer.
func (u *Uploads) away(err error) error {
	return problem.Wrap(err, problem.Unavailable, "upload_not_stored", nil)
}

func (u *Uploads) store(ctx context.Context, r *Resumable, c storage.Cond) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("write upload %s: %w", r.ID, err)
	}
	if _, err := u.l.o.Bucket.Put(ctx, r.key(), bytes.NewReader(body), int64(len(body)), c); err != nil {
		return u.away(err)
	}
	return nil
}

func (u *Uploads) load(ctx context.Context, key string) (*Resumable, error) {
	body, _, err := u.l.o.Bucket.Get(ctx, key, storage.Range{})
	if err != nil {
		return nil, fmt.Errorf("read upload: %w", err)
	}
	defer body.Close()
	r := &Resumable{}
	if err := json.NewDecoder(io.LimitReader(body, 64<<10)).Decode(r); err != nil {
		return nil, fmt.Errorf("read upload %s: %w", key, err)
	}
	return r, nil
}

// Find gives an upload of an actor, with the bytes that are stored. Another's,
// one that is over, and none are all the same.
func (u *Uploads) Find(ctx context.Context, by content.Actor, id string) (*Resumable, error) {
	missing := problem.New(problem.NotFound, "upload_missing", nil)
	if storage.CheckKey(infoPrefix(by)+id) != nil || strings.Contains(id, "/") {
		return nil, missing
	}
	r, err := u.load(ctx, infoPrefix(by)+id)
	if errors.Is(err, storage.ErrNotExist) || err == nil && !u.l.o.Now().Before(r.Expires) {
		return nil, missing
	}
	if err != nil {
		return nil, u.away(err)
	}
	return r, u.measure(ctx, r)
}

// measure counts the bytes that are stored without a gap.
func (u *Uploads) measure(ctx context.Context, r *Resumable) error {
	r.Offset, r.parts = 0, 0
	if r.Done {
		r.Offset = r.Length
		return nil
	}
	for object, err := range u.l.o.Bucket.List(ctx, r.partPrefix(), "") {
		if err != nil {
			return u.away(err)
		}
		if object.Key != r.part(r.Offset) {
			break
		}
		r.Offset, r.parts = r.Offset+object.Size, r.parts+1
	}
	return nil
}

// Append stores the bytes that body brings at an offset, which has to be the
// end of what is there. Whatever came before an error is kept: r.Offset says
// how much.
func (u *Uploads) Append(ctx context.Context, r *Resumable, offset int64, body io.Reader) error {
	if err := u.l.o.Runner.Allowed(ctx, r.By, r.save()); err != nil {
		return err
	}
	if offset != r.Offset {
		return problem.New(problem.Conflict, "upload_offset", problem.Args{"offset": strconv.FormatInt(r.Offset, 10)}).
			With("offset", r.Offset)
	}
	leave, err := u.enter(r.By)
	if err != nil {
		return err
	}
	defer leave()
	buffer, ok := u.buffers.Get().(*[]byte)
	if !ok {
		return errors.New("the pool of buffers holds something else")
	}
	defer u.buffers.Put(buffer)
	for r.Offset < r.Length {
		n, readErr := io.ReadFull(body, (*buffer)[:min(partSize, r.Length-r.Offset)])
		if n > 0 {
			if err := u.addPart(ctx, r, (*buffer)[:n]); err != nil {
				return err
			}
		}
		if errors.Is(readErr, io.EOF) || readErr == io.ErrUnexpectedEOF { //nolint:errorlint // ReadFull's own, not that of a broken body
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
	if n, _ := io.ReadFull(body, (*buffer)[:1]); n > 0 {
		return problem.New(problem.TooLarge, "upload_longer", problem.Args{"length": strconv.FormatInt(r.Length, 10)})
	}
	return nil
}

func (u *Uploads) addPart(ctx context.Context, r *Resumable, data []byte) error {
	if r.parts >= MaxParts {
		return problem.New(problem.BadRequest, "upload_parts_small", problem.Args{"limit": MaxParts})
	}
	_, err := u.l.o.Bucket.Put(ctx, r.part(r.Offset), bytes.NewReader(data), int64(len(data)), storage.Cond{IfAbsent: true})
	if errors.Is(err, storage.ErrCondition) {
		// Another request was first. This one's bytes may be others.
		return problem.Wrap(err, problem.Conflict, "upload_raced", nil)
	}
	if err != nil {
		return u.away(err)
	}
	r.Offset, r.parts = r.Offset+int64(len(data)), r.parts+1
	return nil
}

// enter bounds the requests that bring bytes, and so the memory for them.
func (u *Uploads) enter(by content.Actor) (leave func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	account, all := by.ID, 0
	for _, n := range u.sending {
		all += n
	}
	if all >= sendingAtOnce || u.sending[account] >= sendingEach {
		return nil, problem.New(problem.Limited, "upload_too_many_at_once", problem.Args{"limit": sendingEach})
	}
	u.sending[account]++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.sending[account]--; u.sending[account] == 0 {
			delete(u.sending, account)
		}
	}, nil
}

// Cancel ends an upload and removes what came of it.
func (u *Uploads) Cancel(ctx context.Context, r *Resumable) error {
	if err := u.l.o.Bucket.Delete(ctx, r.key()); err != nil {
		return u.away(err)
	}
	return u.dropParts(ctx, r)
}

func (u *Uploads) dropParts(ctx context.Context, r *Resumable) error {
	var keys []string
	for object, err := range u.l.o.Bucket.List(ctx, r.partPrefix(), "") {
		if err != nil {
			return u.away(err)
		}
		keys = append(keys, object.Key)
	}
	slices.Reverse(keys) // what is left after a failure is no beginning of a file
	for _, key := range keys {
		if err := u.l.o.Bucket.Delete(ctx, key); err != nil {
			return u.away(err)
		}
	}
	return nil
}
