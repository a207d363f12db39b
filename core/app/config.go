package app

import (
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/storage"
)

// Config are the values that a node is started with: everything that a flag
// may say. The zero value of each member is what the flag gives by default,
// except Data and Bucket, which are required.
type Config struct {
	Data   string // folder for local files; losing it loses nothing
	Bucket string // "folder:PATH" or "s3://BUCKET/PREFIX?endpoint=…&region=…"

	Listen string // host:port; empty: 127.0.0.1:8080
	// PublicURL is how people reach the site, without a slash at the end;
	// empty: the address that it listens on. With https, cookies are Secure.
	PublicURL string
	// PeerListen is the host:port at which other nodes of the bucket tell this
	// one of new records; empty: no connections between nodes. PeerAddress is
	// how they reach it; empty: the same, or this machine's name.
	PeerListen, PeerAddress string

	Locales      []string // of the site, first choice first; empty: fr, ar, en
	Proxies      []string // addresses or prefixes whose forwarding headers are believed
	Origins      []string // that may call the API from a browser
	MetricsToken string   // of /metrics; empty: only callers on this machine

	// Mail is where letters go, as mail.Open takes it; empty: into files in
	// the folder "mail" of Data. MailFrom is "Name <address>"; empty: Recueil
	// at the host of PublicURL.
	Mail, MailFrom, MailPassword string

	// OIDC is the provider at which users may sign in; empty: none.
	OIDC OIDC

	CompactEvery  time.Duration // pause between merging old records; 0: 10 min, negative: never
	SnapshotEvery time.Duration // longest pause between snapshots of a view that changed; 0: 1 h, negative: never
	// SnapshotRecords makes a snapshot earlier when so many records are new; 0:
	// 5,000.
	SnapshotRecords int
	Limits          server.Limits // of what callers may take
	// CacheBytes bounds the responses kept in memory. 0: 64 MiB; negative: none.
	CacheBytes int64

	// Theme is a folder whose files take the place of the site's own templates
	// and stylesheet; empty: none. ThemeReload reads it again for each page.
	Theme       string
	ThemeReload bool

	// PluginKeys are public keys of minisign, one of which must have signed
	// whatever plugin is installed; none: any may be installed.
	PluginKeys []pack.Key

	Program string // name and version of the program, for archives and logs
}

// OIDC is a client of an OpenID Connect provider, which has to know
// PublicURL + "/api/v1/session/oidc/callback" as its address.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	Label                          string // what people know it as; empty: its host
}

// Parts are the world that a node runs in. Every zero member means the real
// one; tests give others.
type Parts struct {
	Bucket   storage.Bucket // instead of opening Config.Bucket; not closed
	Listener net.Listener   // instead of listening on Config.Listen
	Now      func() time.Time
	Rand     io.Reader
	Log      *slog.Logger // nil: nothing is logged
	Texts    *texts.Catalogue
	// Program is the path of this program when this process is it: it reads
	// uploaded files in processes of their own (extract.Outside), and its own
	// plugins run in such. A test that builds a node from the same parts is not
	// the program, and starting it would run its tests. Empty: files are stored
	// and not looked into, and the program's own plugins do not run.
	Program string
	// Slots contributes to the site instead of the plugins.
	Slots slot.Provider
	// Host changes how plugins are run, for tools that look at them; it may be
	// nil.
	Host func(*host.Options)
	// Ticks paces what happens now and then; nil: time.NewTicker.
	Ticks func(time.Duration) (c <-chan time.Time, stop func())
}
