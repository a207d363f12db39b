package app

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/search"
)

// maxReadyLag is how many records the view may lag while the node takes
// requests; one that starts has them all.
const maxReadyLag = 1000

// checks are what has to be so for a node to take requests. One that is cut
// off from its bucket still answers reads, of what it knew when that happened.
func (n *node) checks() []server.Check {
	return []server.Check{
		{Name: "bucket", Ready: func(ctx context.Context) error {
			_, err := n.log.Refresh(ctx)
			return err
		}},
		{Name: "view", Ready: func(context.Context) error {
			head, at := n.log.Head(), n.view.Seq()
			trouble := n.log.Stats().Followers[n.view.Name()].LastError
			if head > at+maxReadyLag || head > at && trouble != "" {
				return fmt.Errorf("the view is at %d of %d records: %q", at, head, trouble)
			}
			return nil
		}},
	}
}

// measure shows the figures of the log and the view.
func (n *node) measure(m *server.Metrics) {
	m.Gauge("recueil_log_head", "Newest record that this node knows of.", func() float64 { return float64(n.log.Head()) })
	m.Gauge("recueil_view_seq", "Record that the view has applied.", func() float64 { return float64(n.view.Seq()) })
	m.Counter("recueil_log_records_total", "Records that this node wrote.", func() float64 { return float64(n.log.Stats().Records) })
	m.Counter("recueil_log_commits_total", "Commits in the records that this node wrote.", func() float64 { return float64(n.log.Stats().Values) })
	m.Counter("recueil_log_bytes_total", "Bytes of the records that this node wrote.", func() float64 { return float64(n.log.Stats().Bytes) })
	m.Counter("recueil_log_conflicts_total", "Races for a place in the log that this node lost.", func() float64 { return float64(n.log.Stats().Conflicts) })
	m.Counter("recueil_log_hints_total", "Hints of other nodes that led to a new record.", func() float64 { return float64(n.log.Stats().Hints) })
	m.Counter("recueil_log_unclear_total", "Writes whose answer did not say what happened.", func() float64 { return float64(n.log.Stats().Unclear) })
}

// measureSearch shows the figures of the text index.
func (n *node) measureSearch(m *server.Metrics, index *search.Index) {
	m.Gauge("recueil_search_seq", "Record that the text index has applied.", func() float64 { return float64(index.Seq()) })
	m.Gauge("recueil_search_lag", "Records that the text index lags behind the log.", func() float64 {
		return float64(n.log.Head()) - float64(min(index.Seq(), n.log.Head()))
	})
	m.Gauge("recueil_search_building", "1 while the text index is built anew.", func() float64 {
		if index.Building() {
			return 1
		}
		return 0
	})
	progress := func(part func(*search.Progress) int64) func() float64 {
		return func() float64 {
			if p := index.Progress(); p != nil {
				return float64(part(p))
			}
			return 0
		}
	}
	m.Gauge("recueil_search_build_done", "Entries in the text index that is being built.", progress(func(p *search.Progress) int64 { return p.Done }))
	m.Gauge("recueil_search_build_total", "Entries that the text index that is being built is to have.", progress(func(p *search.Progress) int64 { return p.Total }))
	m.Gauge("recueil_search_bytes", "Size of the text index on disk.", func() float64 { return float64(index.Size()) })
}
