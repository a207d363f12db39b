package storagetest

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// ErrInjected is what every injected failure wraps. It wraps none of the
// errors of package storage, as a time-out or a broken connection would not.
var ErrInjected = errors.New("injected fault")

// Kind is a set of kinds of call.
type Kind uint8

// The kinds of call; combine them with |.
const (
	Get Kind = 1 << iota
	Put
	Delete
	List
	Purge
	Writes = Put | Delete | Purge
	Reads  = Get | List
)

func (k Kind) String() string {
	switch k {
	case Get:
		return "get"
	case Put:
		return "put"
	case Delete:
		return "delete"
	case List:
		return "list"
	case Purge:
		return "purge"
	}
	return "kinds " + strconv.Itoa(int(k))
}

// Call is what a Fault knows about the call it may harm.
type Call struct {
	Kind Kind
	Key  string // of List: the prefix
	Cond storage.Cond
	N    int // how many calls of this kind there were with this key, this one included
}

// Harm is what goes wrong with one call. The zero Harm is nothing; several
// faults that hit one call add up.
type Harm struct {
	Delay  time.Duration // wait so long before doing anything
	Before bool          // fail without effect
	After  bool          // take effect, then answer with an error
	Late   time.Duration // answer with an error and take effect so long afterwards
	Cut    bool          // Get: the body breaks off with an error. List: so does the listing
}

func (h Harm) plus(o Harm) Harm {
	return Harm{
		Delay:  h.Delay + o.Delay,
		Before: h.Before || o.Before,
		After:  h.After || o.After,
		Late:   max(h.Late, o.Late),
		Cut:    h.Cut || o.Cut,
	}
}

// Fault decides about one call. It must depend on nothing but its arguments,
// so that a seed repeats a run.
type Fault func(c Call, r *rand.Rand) Harm

// FailBefore fails every call without effect.
func FailBefore(Call, *rand.Rand) Harm { return Harm{Before: true} }

// LostAnswer lets every call take effect and answers with an error. What a
// Get or a List would have given is lost.
func LostAnswer(Call, *rand.Rand) Harm { return Harm{After: true} }

// CutShort breaks every body and every listing off midway.
func CutShort(c Call, _ *rand.Rand) Harm { return Harm{Cut: c.Kind&Reads != 0} }

// LateEffect answers every write with an error at once and lets it take
// effect up to most later, when the caller may already have done other things.
func LateEffect(most time.Duration) Fault {
	return func(c Call, r *rand.Rand) Harm {
		if c.Kind&Writes == 0 {
			return Harm{}
		}
		return Harm{Late: 1 + time.Duration(r.Int64N(int64(most)))}
	}
}

// Delay holds every call up for least to most before it takes effect, or
// until its context ends.
func Delay(least, most time.Duration) Fault {
	return func(_ Call, r *rand.Rand) Harm {
		return Harm{Delay: least + time.Duration(r.Int64N(int64(most-least)+1))}
	}
}

// Chance applies each of faults with probability p, independently.
func Chance(p float64, faults ...Fault) Fault {
	return func(c Call, r *rand.Rand) (h Harm) {
		for _, f := range faults {
			if r.Float64() < p {
				h = h.plus(f(c, r))
			}
		}
		return h
	}
}

// OneOf applies one of faults, each as likely.
func OneOf(faults ...Fault) Fault {
	return func(c Call, r *rand.Rand) Harm { return faults[r.IntN(len(faults))](c, r) }
}

// On applies faults to calls of the given kinds only.
func On(kinds Kind, faults ...Fault) Fault {
	return When(func(c Call) bool { return c.Kind&kinds != 0 }, faults...)
}

// Under applies faults to keys (of List: prefixes) that start with prefix.
func Under(prefix string, faults ...Fault) Fault {
	return When(func(c Call) bool { return strings.HasPrefix(c.Key, prefix) }, faults...)
}

// Nth applies faults to the nth call of a kind with one key, counted from 1.
func Nth(n int, faults ...Fault) Fault {
	return When(func(c Call) bool { return c.N == n }, faults...)
}

// When applies faults to the calls that match.
func When(match func(Call) bool, faults ...Fault) Fault {
	return func(c Call, r *rand.Rand) (h Harm) {
		if !match(c) {
			return Harm{}
		}
		for _, f := range faults {
			h = h.plus(f(c, r))
		}
		return h
	}
}

// Seed gives the seed of a randomised test and prints it: the environment
// variable RECUEIL_SEED when set, otherwise another one each time.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if s := os.Getenv("RECUEIL_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("RECUEIL_SEED: %v", err)
		}
		seed = n
	}
	t.Logf("repeat this run with RECUEIL_SEED=%d", seed)
	return seed
}
