package app

import (
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
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
	PublicURL    string
	Locales      []string // of the site, first choice first; empty: fr, ar, en
	Proxies      []string // addresses or prefixes whose forwarding headers are believed
	Origins      []string // that may call the API from a browser
	MetricsToken string   // of /metrics; empty: only callers on this machine

	CompactEvery  time.Duration // pause between merging old records; 0: 10 min, negative: never
	SnapshotEvery time.Duration // longest pause between snapshots of a view that changed; 0: 1 h, negative: never
	// SnapshotRecords makes a snapshot earlier when so many records are new; 0:
	// 5,000.
	SnapshotRecords int
	Limits          server.Limits // of what callers may take
	// CacheBytes bounds the responses kept in memory. 0: 64 MiB; negative: none.
	CacheBytes int64

	Program string // name and version of the program, for archives and logs
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
	// Ticks paces what happens now and then; nil: time.NewTicker.
	Ticks func(time.Duration) (c <-chan time.Time, stop func())
}
