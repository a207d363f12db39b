package commitlog

import (
	"maps"
	"sync"
)

// Stats are the figures of one node since it opened the log.
type Stats struct {
	Head      Seq
	Records   uint64 // written by this node
	Values    uint64 // in them: Values/Records is the mean batch
	Bytes     uint64 // of them, as stored
	Conflicts uint64 // lost races for a place
	Wishes    uint64 // times that this node had to ask for a turn
	Hints     uint64 // of other nodes that led to a record
	Unclear   uint64 // PUTs whose answer did not say what happened
	LastError string // of the bucket, at a PUT
	Followers map[string]FollowerStats
}

// FollowerStats are the figures of one follower.
type FollowerStats struct {
	At        Seq    // its last applied record
	Lag       uint64 // records behind the head
	Applied   uint64 // records, since the log was opened
	Failures  uint64
	LastError string // empty when it is well
}

type counters struct {
	mu sync.Mutex
	s  Stats
}

func newCounters() *counters {
	return &counters{s: Stats{Followers: map[string]FollowerStats{}}}
}

// Stats gives the present figures.
func (l *Log[T]) Stats() Stats {
	head := l.Head()
	l.stats.mu.Lock()
	defer l.stats.mu.Unlock()
	s := l.stats.s
	s.Head = head
	s.Followers = maps.Clone(s.Followers)
	for name, f := range s.Followers {
		if head > f.At {
			f.Lag = uint64(head - f.At)
		}
		s.Followers[name] = f
	}
	return s
}

func (c *counters) change(f func(s *Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.s)
}

func (c *counters) conflict() { c.change(func(s *Stats) { s.Conflicts++ }) }

func (c *counters) wish() { c.change(func(s *Stats) { s.Wishes++ }) }

func (c *counters) hint() { c.change(func(s *Stats) { s.Hints++ }) }

func (c *counters) unclear(err error) {
	c.change(func(s *Stats) { s.Unclear++; s.LastError = err.Error() })
}

func (c *counters) written(values, bytes int) {
	c.change(func(s *Stats) {
		s.Records++
		s.Values += uint64(values)
		s.Bytes += uint64(bytes)
	})
}

func (c *counters) follower(name string, f func(s *FollowerStats)) {
	c.change(func(s *Stats) {
		one := s.Followers[name]
		f(&one)
		s.Followers[name] = one
	})
}

func (c *counters) applied(name string, at Seq, records int) {
	c.follower(name, func(s *FollowerStats) { s.At, s.Applied, s.LastError = at, s.Applied+uint64(records), "" })
}

func (c *counters) follow(name string, err error) {
	c.follower(name, func(s *FollowerStats) {
		s.LastError = ""
		if err != nil {
			s.Failures++
			s.LastError = err.Error()
		}
	})
}
