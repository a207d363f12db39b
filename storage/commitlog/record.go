package commitlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Seq is the place of a record in the log: 1, 2, 3 … without gaps. 0 is the
// place before the first record.
type Seq uint64

// Record is one commit of one node: values that became true together, in this
// order. It is written once and never changes. Values are shared between all
// readers of a node and must not be changed by them.
type Record[T any] struct {
	Seq    Seq
	At     time.Time // UTC, whole microseconds; never earlier than the record before
	Node   string    // who wrote it
	Nonce  string    // 32 hexadecimal digits drawn by the writer; tells its record from another's
	Values []T
}

// Codec turns values into the payload of a record and back. It may do input
// and output (sealing personal data). Both directions are called from several
// goroutines at once.
type Codec[T any] interface {
	Encode(ctx context.Context, values []T) ([]byte, error)
	Decode(ctx context.Context, data []byte) ([]T, error)
}

// JSONCodec keeps values as one JSON array.
type JSONCodec[T any] struct{}

// Encode gives the JSON array of values.
func (JSONCodec[T]) Encode(_ context.Context, values []T) ([]byte, error) {
	return json.Marshal(values)
}

// Decode reads what Encode gave.
func (JSONCodec[T]) Decode(_ context.Context, data []byte) ([]T, error) {
	var values []T
	err := json.Unmarshal(data, &values)
	return values, err
}

var (
	// ErrConflict says that another record took the place: nothing was
	// written. The caller reads the new records, plans again and tries again.
	ErrConflict = errors.New("the log has moved on")
	// ErrCorrupt says that stored bytes are not what was written there.
	ErrCorrupt = errors.New("stored data is damaged")
	// ErrUnclear says that it is not known whether the values are in the log.
	// They may still appear there a little later.
	ErrUnclear = errors.New("outcome of the commit is unknown")
	// ErrTooLarge says that one value alone does not fit into a record.
	ErrTooLarge = errors.New("value too large for one record")
	// ErrDiverged says that a follower has applied records that this log does
	// not have: the log was replaced. What it keeps must be made anew.
	ErrDiverged = errors.New("follower has seen another log")
)

// PartialError says that a batch was so large that it needed several records,
// and that only its first Values values are in the log, the last of them at
// Seq.
type PartialError struct {
	Seq    Seq
	Values int
	Err    error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("only the first %d values were appended: %v", e.Values, e.Err)
}

func (e *PartialError) Unwrap() error { return e.Err }
