package app

import (
	"context"
	"fmt"
	"os"

	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/commitlog/peer"
)

// openPeers listens for the other nodes of the bucket, when it is wanted.
func (n *node) openPeers(ctx context.Context, name string) error {
	if n.cfg.PeerListen == "" {
		return nil
	}
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name of this machine for other nodes: %w", err)
	}
	n.peers, err = peer.Listen(ctx, n.bucket, peer.Options{
		Node: name, Listen: n.cfg.PeerListen, Address: n.cfg.PeerAddress, Host: host, Logger: n.parts.Log,
	})
	if err != nil {
		return err
	}
	n.closers = append(n.closers, n.peers)
	return nil
}

// tell tells the other nodes of a record of this one.
func (n *node) tell(seq commitlog.Seq, raw []byte) {
	if n.peers != nil {
		n.peers.Tell(uint64(seq), raw)
	}
}

// hear takes what other nodes tell.
func (n *node) hear(ctx context.Context) error {
	return n.peers.Run(ctx, func(seq uint64, raw []byte) { n.log.Heard(commitlog.Seq(seq), raw) })
}
