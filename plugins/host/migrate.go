package host

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/mod/semver"
	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/host/migrate"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

func (p *plug) ledger(want content.Plugin) *migrate.Ledger {
	o := p.h.o
	return &migrate.Ledger{Bucket: o.Bucket, Folder: wire.Folder(want.ID), Node: p.h.node, Lease: o.Pace.Jobs.Lease, Look: o.Pace.Look}
}

// goBack lets a version undo what it did, before an earlier one takes its place:
// the one that runs or, when it does not any more, a process that is started
// for that. One that cannot even start leaves what it added, and the version
// before has to bear it.
func (p *plug) goBack(want content.Plugin, now *instance) error {
	from := want.Previous
	if from == nil || semver.Compare("v"+want.Current.Version, "v"+from.Version) >= 0 {
		return nil // it goes on, not back
	}
	m, err := manifest.Parse(from.Manifest, p.h.o.Kinds)
	if err != nil || m.Migrate == nil || !m.Migrate.Back {
		return nil //nolint:nilerr // no version that has run
	}
	at, _, err := p.ledger(want).Read(p.ctx)
	if err != nil || at.At != from.Version {
		return err // it was not brought here, or is back already
	}
	ctx, over := p.whileWanted(want)
	defer over()
	if now == nil || now.version.Version != from.Version {
		leaving := want
		leaving.Current = from
		if now, err = p.start(ctx, leaving); err != nil {
			p.logs.Note(fmt.Sprintf("%s does not start to undo what it did: %v", from.Version, err))
			return nil
		}
		defer now.stop()
	}
	return now.migrate(ctx, want, from.Version, want.Current.Version, true)
}

// whileWanted is a context that ends when something else is wanted.
func (p *plug) whileWanted(want content.Plugin) (context.Context, func()) {
	ctx, cancel := context.WithCancel(p.ctx)
	p.ended.Go(func() { // ends with ctx
		defer cancel()
		for ctx.Err() == nil {
			now, _, changed := p.news()
			if now.Revision != want.Revision || now.ID != want.ID {
				return
			}
			select {
			case <-ctx.Done():
			case <-changed:
			}
		}
	})
	return ctx, cancel
}

// goOn brings what is kept to the version of a new process.
func (p *plug) goOn(want content.Plugin, next *instance) error {
	if next.m.Migrate == nil {
		return p.ledger(want).Mark(p.ctx, next.version.Version)
	}
	before := ""
	if want.Previous != nil {
		before = want.Previous.Version
	}
	ctx, over := p.whileWanted(want)
	defer over()
	return next.migrate(ctx, want, before, next.version.Version, false)
}

// migrate lets the process work, once among all nodes.
func (in *instance) migrate(ctx context.Context, want content.Plugin, before, to string, back bool) error {
	p := in.p
	err := p.ledger(want).To(ctx, before, to, func(ctx context.Context, from string, checkpoint []byte, tell func([]byte)) error {
		p.logs.Note(fmt.Sprintf("migrates from %q to %s", from, to))
		c := wire.Call{Plugin: p.name, Surface: wire.Jobs, What: "migrate to " + to, Alone: true, Lasts: in.m.Migrate.Timeout()}
		return in.call(ctx, c, func(ctx context.Context, process wire.Process) error {
			stream, err := pluginpb.NewPluginClient(process.Conn).Migrate(ctx, &pluginpb.MigrateRequest{FromVersion: from, ToVersion: to,
				Back: back, Checkpoint: checkpoint, Cause: process.Ticket})
			if err != nil {
				return err
			}
			return heard(stream, func(m *pluginpb.Progress) { tell(m.Checkpoint) })
		})
	})
	if err != nil {
		return &FallError{Code: "migrate", Detail: wire.Told(err)}
	}
	return nil
}

// heard reads progress until its end.
func heard(stream grpc.ServerStreamingClient[pluginpb.Progress], see func(*pluginpb.Progress)) error {
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		see(m)
	}
}
