package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// long is how long a test waits for what must come.
const long = time.Minute

// ear is a node under test, and what it heard.
type ear struct {
	*Peers
	heard chan uint64
	data  chan []byte
	stop  func()
}

func listen(t *testing.T, bucket storage.Bucket, node string, change ...func(*Options)) *Peers {
	t.Helper()
	o := Options{Node: node, Listen: "127.0.0.1:0", Every: 20 * time.Millisecond}
	for _, f := range change {
		f(&o)
	}
	p, err := Listen(t.Context(), bucket, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func run(t *testing.T, p *Peers) *ear {
	t.Helper()
	e := &ear{Peers: p, heard: make(chan uint64, 1<<16), data: make(chan []byte, 1<<16)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- p.Run(ctx, func(n uint64, data []byte) {
			e.heard <- n
			if len(data) > 0 {
				e.data <- data
			}
		})
	}()
	e.stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("ended with %v", err)
			}
		case <-time.After(long):
			t.Error("does not end")
		}
	})
	t.Cleanup(e.stop)
	return e
}

// hears fails unless the node hears number or a greater one.
func (e *ear) hears(t *testing.T, number uint64) {
	t.Helper()
	for late := time.After(long); ; {
		select {
		case n := <-e.heard:
			if n >= number {
				return
			}
		case <-late:
			t.Fatalf("%s does not hear %d", e.o.Node, number)
		}
	}
}

// until fails unless something becomes true.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(long); !f(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func cards(t *testing.T, bucket storage.Bucket) (ids []string) {
	t.Helper()
	for object, err := range bucket.List(t.Context(), folder, "") {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, strings.TrimPrefix(object.Key, folder))
	}
	return ids
}

func TestEveryNodeTellsEveryOther(t *testing.T) {
	bucket := storagetest.NewMemory()
	var nodes []*ear
	for i := range 4 {
		nodes = append(nodes, run(t, listen(t, bucket, fmt.Sprint("node-", i))))
	}
	for i, from := range nodes {
		number := uint64(i+1) * 100
		from.Tell(number, nil)
		for n, to := range nodes {
			if n != i {
				to.hears(t, number)
			}
		}
	}
	for _, n := range nodes {
		n.stop()
	}
	if left := cards(t, bucket); len(left) > 0 {
		t.Errorf("cards are left: %v", left)
	}
}

// TestDataComesAlong, unless it is too large: then the number comes alone.
func TestDataComesAlong(t *testing.T) {
	bucket := storagetest.NewMemory()
	a, b := run(t, listen(t, bucket, "a")), run(t, listen(t, bucket, "b"))
	a.Tell(1, make([]byte, MaxData+1))
	b.hears(t, 1)
	for n := range uint64(5) {
		data := bytes.Repeat([]byte{byte(n + 1)}, MaxData)
		a.Tell(n+2, data)
		b.hears(t, n+2)
		if got := <-b.data; !bytes.Equal(got, data) {
			t.Fatalf("%d bytes of %d came", len(got), got[0])
		}
	}
	conn, err := dial(t, b.Peers, b.card.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := hex.DecodeString(b.card.Token)
	if _, err := conn.Write(append(token, 0, 0, 0, 0, 0, 0, 0, 99, 0xff, 0, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !closed(err) {
		t.Errorf("who sends too much is answered with %v", err)
	}
}

func TestANewNodeIsFoundAtOnce(t *testing.T) {
	bucket := storagetest.NewMemory()
	seldom := func(o *Options) { o.Every = time.Hour }
	old := run(t, listen(t, bucket, "old", seldom))
	until(t, "a card", func() bool { return len(cards(t, bucket)) == 1 })
	young := run(t, listen(t, bucket, "young", seldom))
	young.Tell(1, nil)
	old.hears(t, 1)
	old.Tell(2, nil) // because young has called
	young.hears(t, 2)
}

func TestANodeThatStartsAgainIsFound(t *testing.T) {
	bucket := storagetest.NewMemory()
	a := run(t, listen(t, bucket, "a"))
	for life := range uint64(5) {
		b := run(t, listen(t, bucket, "b"))
		a.Tell(2*life+1, nil)
		b.hears(t, 2*life+1)
		b.Tell(2*life+2, nil)
		a.hears(t, 2*life+2)
		b.stop()
	}
}

// TestStopping looks for what hangs, at any moment of a life.
func TestStopping(t *testing.T) {
	bucket := storagetest.NewMemory()
	steady := run(t, listen(t, bucket, "steady"))
	for life := range 300 {
		p := listen(t, bucket, "brief")
		brief := run(t, p)
		switch life % 3 {
		case 0: // at once
		case 1:
			until(t, "a card", func() bool { return len(cards(t, bucket)) > 1 })
		case 2:
			steady.Tell(uint64(life), nil)
			brief.hears(t, uint64(life))
		}
		brief.stop()
		if _, err := p.listener.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("it still listens: %v", err)
		}
	}
}

func TestAStaleCardIsNotUsedAndGoes(t *testing.T) {
	bucket := storagetest.NewMemory()
	dead := listen(t, bucket, "dead")
	if err := dead.putCard(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := run(t, listen(t, bucket, "p"))
	until(t, "only its own card", func() bool {
		ids := cards(t, bucket)
		return len(ids) == 1 && ids[0] == p.id
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) > 0 {
		t.Errorf("it still calls %d nodes", len(p.calls))
	}
}

func TestTheBucketMayFail(t *testing.T) {
	bucket := storagetest.NewFaulty(storagetest.NewMemory(), 1, storagetest.FailBefore)
	a, b := run(t, listen(t, bucket, "a")), run(t, listen(t, bucket, "b"))
	until(t, "some failures", func() bool { return bucket.Injected() > 10 })
	a.Tell(1, nil)
	bucket.Switch(false)
	b.hears(t, 1)
	bucket.Switch(true) // who knows each other needs no bucket
	a.Tell(2, nil)
	b.hears(t, 2)
}

// TestWrongCardsHarmNobody leaves what any program may that writes to the bucket.
func TestWrongCardsHarmNobody(t *testing.T) {
	bucket := storagetest.NewMemory()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	good := card{Version: 1, Node: "x", Address: listener.Addr().String(), Certificate: strings.Repeat("00", 32), Token: strings.Repeat("00", 32)}
	texts := []string{"", "{", "null", `{"version":2}`, strings.Repeat("[", maxCard+1)}
	for _, change := range []func(*card){
		func(c *card) { c.Address = "nowhere" },
		func(c *card) { c.Address = "127.0.0.1:1" },
		func(c *card) { c.Address = strings.Repeat("h", 300) + ":1" },
		func(c *card) { c.Certificate = "00" },
		func(c *card) { c.Token = "not hexadecimal" },
		func(c *card) {},
	} {
		c := good
		change(&c)
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(data))
	}
	for i, text := range texts {
		if _, err := bucket.Put(t.Context(), fmt.Sprint(folder, "wrong-", i), strings.NewReader(text), int64(len(text)), storage.Cond{}); err != nil {
			t.Fatal(err)
		}
	}
	a, b := run(t, listen(t, bucket, "a")), run(t, listen(t, bucket, "b"))
	a.Tell(7, nil)
	b.hears(t, 7)
}

// dial connects to a node as a stranger does.
func dial(t *testing.T, p *Peers, print string) (*tls.Conn, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", p.listener.Addr().String(), clientConfig(print))
	if err == nil {
		t.Cleanup(func() { conn.Close() })
		err = conn.SetDeadline(time.Now().Add(long))
	}
	return conn, err
}

func TestStrangersAreNotHeard(t *testing.T) {
	p := listen(t, storagetest.NewMemory(), "p")
	e := run(t, p)
	if _, err := dial(t, p, strings.Repeat("00", 32)); err == nil {
		t.Error("a caller takes another certificate than the one on the card")
	}
	conn, err := dial(t, p, p.card.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(make([]byte, tokenSize+headSize)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !closed(err) {
		t.Errorf("who does not know the token is answered with %v", err)
	}
	raw, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	_ = raw.SetDeadline(time.Now().Add(long))
	if _, err := io.Copy(io.Discard, raw); errors.Is(err, context.DeadlineExceeded) {
		t.Error("who does not speak TLS is kept")
	}
	if len(e.heard) > 0 {
		t.Error("a stranger was heard")
	}
	conn, err = dial(t, p, p.card.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := hex.DecodeString(p.card.Token)
	if _, err := conn.Write(append(token, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0)); err != nil {
		t.Fatal(err)
	}
	e.hears(t, 9) // so the test can tell
}

func closed(err error) bool {
	var netErr net.Error
	return err != nil && (!errors.As(err, &netErr) || !netErr.Timeout())
}

// TestSilentConnectionsEnd fills the room for connections with ones that say
// nothing.
func TestSilentConnectionsEnd(t *testing.T) {
	bucket := storagetest.NewMemory()
	p := listen(t, bucket, "p")
	p.patience = time.Second
	e := run(t, p)
	for range most + 10 {
		conn, err := net.Dial("tcp", p.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	other := run(t, listen(t, bucket, "other"))
	other.Tell(5, nil)
	e.hears(t, 5)
}

// TestWhoIsSlowHearsTheNewest tells more than anyone reads.
func TestWhoIsSlowHearsTheNewest(t *testing.T) {
	bucket := storagetest.NewMemory()
	a := run(t, listen(t, bucket, "a"))
	slow := listen(t, bucket, "slow")
	release := make(chan struct{})
	newest := make(chan uint64, 1<<16)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		_ = slow.Run(ctx, func(n uint64, _ []byte) {
			<-release
			newest <- n
		})
	})
	until(t, "a call", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.calls) > 0
	})
	const last = 200_000
	for n := range uint64(last) {
		a.Tell(n+1, nil)
	}
	close(release)
	for n := uint64(0); n < last; {
		select {
		case n = <-newest:
		case <-time.After(long):
			t.Fatalf("the last number does not arrive, only %d", n)
		}
	}
	cancel()
	all.Wait()
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ listen, address, host, want string }{
		{"127.0.0.1:0", "", "machine", "127.0.0.1:"},
		{"0.0.0.0:0", "", "machine", "machine:"},
		{"[::]:0", "", "machine", "machine:"},
		{":0", "", "machine", "machine:"},
		{":0", "", "", ""},
		{":0", "nodes.example:7070", "machine", "nodes.example:7070"},
		{":0", ":7070", "machine", "machine:7070"},
		{":0", "nodes.example", "machine", ""},
	} {
		p, err := Listen(t.Context(), storagetest.NewMemory(), Options{Listen: c.listen, Address: c.address, Host: c.host, Logger: slog.New(slog.DiscardHandler)})
		switch {
		case c.want == "" && err == nil:
			t.Errorf("%+v: no error, but address %s", c, p.card.Address)
		case c.want != "" && err != nil:
			t.Errorf("%+v: %v", c, err)
		case err == nil && !strings.HasPrefix(p.card.Address, c.want):
			t.Errorf("%+v: address %s", c, p.card.Address)
		}
		if err == nil {
			p.Close()
		}
	}
}
