package act

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// maxTries bounds how often a change of a roster is tried against others. A
// try is lost only when another node has changed the roster meanwhile.
const maxTries = 60

// act is a change of a roster. It may be called several times, on a fresh copy
// each time; its error is its caller's and leaves the copy unused.
type act struct {
	do   func(r *seats.Roster, rules seats.Rules, now time.Time) error
	err  error
	done chan struct{}
}

// board makes the changes of one session on this node one after the other, all
// that wait in one commit: so a node contends with other nodes only, however
// many people press at the same time.
type board struct {
	mu      sync.Mutex // held by whoever makes changes
	waiting struct {
		sync.Mutex
		acts []*act
	}
}

func (w *Work) boardOf(session string) *board {
	w.boards.Lock()
	defer w.boards.Unlock()
	if w.boards.of == nil {
		w.boards.of = map[string]*board{}
	}
	if w.boards.of[session] == nil {
		w.boards.of[session] = &board{}
	}
	return w.boards.of[session]
}

// Change makes a change of the seats of a session, together with what the time
// brings: offers that are over, and new ones.
func (w *Work) Change(ctx context.Context, session string, do func(*seats.Roster, seats.Rules, time.Time) error) error {
	b := w.boardOf(session)
	a := &act{do: do, done: make(chan struct{})}
	b.waiting.Lock()
	b.waiting.acts = append(b.waiting.acts, a)
	b.waiting.Unlock()

	b.mu.Lock()
	b.waiting.Lock()
	acts := b.waiting.acts
	b.waiting.acts = nil
	b.waiting.Unlock()
	if len(acts) > 0 { // else somebody has made ours along with theirs
		// The others do not hang on this caller's patience.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 25*time.Second)
		w.apply(ctx, session, acts)
		cancel()
	}
	b.mu.Unlock()
	<-a.done
	return a.err
}

// apply makes changes in one commit, and tells each of them how it went.
func (w *Work) apply(ctx context.Context, session string, acts []*act) {
	err := w.commit(ctx, session, acts)
	for _, a := range acts {
		if err != nil {
			a.err = err
		}
		close(a.done)
	}
}

func (w *Work) commit(ctx context.Context, id string, acts []*act) error {
	h := w.Host()
	for range maxTries {
		s, err := record.Get[record.Session](ctx, h, record.Sessions, id, "fr")
		if err != nil {
			return fmt.Errorf("read the session: %w", err)
		}
		r, err := w.rosterOf(ctx, id)
		if err != nil {
			return err
		}
		board, now := r.Board.Clone(), w.Now()
		rules := s.Rules(now)
		board.Settle(rules, now)
		for _, a := range acts {
			tried := board.Clone()
			if a.err = a.do(tried, rules, now); a.err == nil {
				board = tried
			}
		}
		board.Settle(rules, now)
		if reflect.DeepEqual(board, r.Board) {
			return nil
		}
		_, err = h.Save(ctx, r.ID, sdk.Locales{"fr": {"board": board}}, sdk.Options{Revision: r.Revision})
		if err == nil || !sdk.IsStale(err) {
			return err
		}
	}
	return errBusy
}

// rosterOf reads the roster of a session, or makes it: once, whoever asks. Its
// key is unique among rosters, so that a second one is refused.
func (w *Work) rosterOf(ctx context.Context, session string) (*record.Roster, error) {
	h := w.Host()
	for range 3 {
		found, err := record.Find[record.Roster](ctx, h, record.Rosters, url.Values{"version": {"draft"}, "filter[session][_eq]": {session}})
		if err != nil {
			return nil, fmt.Errorf("read the seats: %w", err)
		}
		if len(found) > 0 {
			if found[0].Board == nil {
				found[0].Board = &seats.Roster{}
			}
			return &found[0], nil
		}
		_, err = h.Create(ctx, record.Rosters, sdk.Locales{"fr": {"session": session, "key": session, "board": &seats.Roster{Lines: []*seats.Line{}}}}, sdk.Options{})
		var refused *sdk.ProblemError
		if err != nil && !errors.As(err, &refused) {
			return nil, fmt.Errorf("make the roster: %w", err)
		}
		if err != nil && !sdk.IsStale(err) && len(refused.Faults) == 0 {
			return nil, fmt.Errorf("make the roster: %w", err)
		}
	}
	return nil, errBusy
}
