package asked

import (
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// A ticket is good for its request only, and nobody is answered without the
// token.
func TestWhoMayAsk(t *testing.T) {
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Serve(Options{Plugin: "probe", Manifest: &manifest.Manifest{}, Socket: filepath.Join(t.TempDir(), "s"),
		Texts: catalogue, Rand: rand.Reader, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ticket, over, err := a.Issue(content.Actor{}, 1, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient("unix:"+a.Socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	who := func(pairs ...string) error {
		ctx := metadata.AppendToOutgoingContext(t.Context(), pairs...)
		_, err := pluginpb.NewIdentityClient(conn).Who(ctx, &pluginpb.WhoRequest{}, grpc.WaitForReady(true))
		return err
	}
	if err := who("recueil-token", "guessed"); status.Code(err) != codes.Unauthenticated {
		t.Errorf("without the token: %v", err)
	}
	if err := who("recueil-token", a.Token, "recueil-ticket", ticket); err != nil {
		t.Errorf("with a ticket: %v", err)
	}
	over()
	if err := who("recueil-token", a.Token, "recueil-ticket", ticket); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a ticket that is over: %v", err)
	}
	stale, end, err := a.Issue(content.Actor{}, 1, -time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	if _, err := a.redeem(stale); problem.CodeOf(err) != "plugin_ticket_over" {
		t.Errorf("a ticket that expired: %v", err)
	}
}
