package action

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewIDs gives a source of ULIDs that grow, also within a millisecond. It is
// safe for concurrent use, and panics when rand fails, which crypto/rand does
// not.
func NewIDs(now func() time.Time, rand io.Reader) func() string {
	var mu sync.Mutex
	var last uint64
	entropy := ulid.Monotonic(rand, 0)
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		last = max(last, ulid.Timestamp(now())) // a clock that goes back makes no older ids
		for {
			id, err := ulid.New(last, entropy)
			if err == nil {
				return id.String()
			}
			if !errors.Is(err, ulid.ErrMonotonicOverflow) {
				panic(fmt.Sprintf("draw an id: %v", err))
			}
			last++
		}
	}
}
