package app

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/core/server"
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
	m.Counter("recueil_log_unclear_total", "Writes whose answer did not say what happened.", func() float64 { return float64(n.log.Stats().Unclear) })
}
