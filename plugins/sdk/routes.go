package sdk

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// Headers between the host and the plugin. The host takes them out of what
// callers send.
const (
	secretHeader = "Recueil-Secret"
	ticketHeader = "Recueil-Ticket"
	kindHeader   = "Recueil-Caller"
	userHeader   = "Recueil-User"
)

// routes is the HTTP side of a plugin: a socket on which nobody but the host
// is served.
type routes struct {
	mu     sync.Mutex
	server *http.Server
	ended  chan struct{}
}

// listen serves once; settings may change without a new socket.
func (r *routes) listen(socket, secret string, handler http.Handler, host *Host) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server != nil {
		return nil
	}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "unix", socket)
	if err != nil {
		return fmt.Errorf("listen for HTTP: %w", err)
	}
	r.server = &http.Server{Handler: guarded(secret, handler, host), ReadHeaderTimeout: 10 * time.Second}
	r.ended = make(chan struct{})
	go func() { // ends with close or drain
		defer close(r.ended)
		if err := r.server.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "serving HTTP has ended:", err)
		}
	}()
	return nil
}

func (r *routes) drain(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server != nil {
		_ = r.server.Shutdown(ctx) // what is late is cut off by the host
	}
}

func (r *routes) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.server != nil {
		_ = r.server.Close()
		<-r.ended
		r.server = nil
	}
}

type callerKey struct{}

// Caller is the person behind an HTTP request.
type Caller struct {
	Origin
	// Host acts for the caller, within the rights of both.
	Host *Host
}

// From gives who is behind a request.
func From(r *http.Request) Caller {
	c, _ := r.Context().Value(callerKey{}).(Caller)
	return c
}

// guarded serves requests of the host alone.
func guarded(secret string, handler http.Handler, host *Host) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), []byte(secret)) != 1 {
			http.Error(w, "only the host may call", http.StatusForbidden)
			return
		}
		c := Caller{Origin: Origin{Kind: r.Header.Get(kindHeader), User: r.Header.Get(userHeader)},
			Host: host.on(r.Header.Get(ticketHeader))}
		for _, name := range []string{secretHeader, ticketHeader, kindHeader, userHeader} {
			r.Header.Del(name)
		}
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}
