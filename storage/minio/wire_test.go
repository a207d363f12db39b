package minio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/minio"
)

// store answers as a store would that has the bucket, and otherwise as handle says.
func store(t *testing.T, handle http.HandlerFunc) *minio.Bucket {
	t.Helper()
	return hastyStore(t, time.Minute, handle)
}

// hastyStore is one whose client has this time-out: long enough for a machine
// that does much else, short enough to be waited for.
func hastyStore(t *testing.T, timeout time.Duration, handle http.HandlerFunc) *minio.Bucket {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead && strings.Count(r.URL.Path, "/") == 2 && strings.HasSuffix(r.URL.Path, "/") {
			return // the bucket exists
		}
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	b, err := minio.Open(t.Context(), minio.Options{
		Endpoint: server.Listener.Addr().String(), Bucket: "pact", Region: "us-east-1",
		AccessKey: "a", SecretKey: "s", Timeout: timeout,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func answer(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
}

func putOne(b storage.Bucket, c storage.Cond) error {
	_, err := b.Put(context.Background(), "k", strings.NewReader("x"), 1, c)
	return err
}

// A create that succeeded and whose answer was lost must not be repeated: the
// second try would meet our own object and report a lost race.
func TestAWriteIsSentOnce(t *testing.T) {
	for name, fail := range map[string]http.HandlerFunc{
		"500":          func(w http.ResponseWriter, _ *http.Request) { answer(w, 500, "InternalError") },
		"503":          func(w http.ResponseWriter, _ *http.Request) { answer(w, 503, "SlowDown") },
		"408":          func(w http.ResponseWriter, _ *http.Request) { answer(w, 408, "RequestTimeout") },
		"empty 502":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) },
		"broken off":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"never answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := time.Minute
			if name == "never answer" {
				timeout = 2 * time.Second
			}
			var requests atomic.Int32
			b := hastyStore(t, timeout, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				requests.Add(1)
				fail(w, r)
			})
			sent := func(what string, want int) {
				t.Helper()
				n := int(requests.Load())
				// On a slow machine the time-out may come before the request does.
				if n > want || n < want && name != "never answer" {
					t.Errorf("%s: %d requests in all, want %d", what, n, want)
				}
			}
			for i, c := range []storage.Cond{{IfAbsent: true}, {IfMatch: "0123"}, {}} {
				err := putOne(b, c)
				if err == nil || errors.Is(err, storage.ErrCondition) || errors.Is(err, storage.ErrNotExist) {
					t.Errorf("put under %+v: error %v, want an unclear one", c, err)
				}
				sent(fmt.Sprintf("put under %+v", c), i+1)
			}
			if err := b.Delete(t.Context(), "k"); err == nil {
				t.Error("delete: no error")
			}
			sent("delete", 4)
		})
	}
}

func TestAReadIsRepeated(t *testing.T) {
	var requests atomic.Int32
	b := store(t, func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) < 3 {
			answer(w, 503, "SlowDown")
			return
		}
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		fmt.Fprint(w, "text")
	})
	body, o, err := b.Get(t.Context(), "k", storage.Range{})
	if err != nil || o.Size != 4 || o.ETag != "e" {
		t.Fatalf("%+v, error %v", o, err)
	}
	if text, err := io.ReadAll(body); err != nil || string(text) != "text" {
		t.Fatalf("%q, error %v", text, err)
	}
}

func TestAnswersAreTold(t *testing.T) {
	absent, match := storage.Cond{IfAbsent: true}, storage.Cond{IfMatch: "0123"}
	for _, c := range []struct {
		status int
		code   string
		cond   storage.Cond
		want   error // nil: unclear
	}{
		{412, "PreconditionFailed", absent, storage.ErrCondition},
		{412, "PreconditionFailed", match, storage.ErrCondition},
		{404, "NoSuchKey", match, storage.ErrCondition},
		{404, "NoSuchKey", absent, storage.ErrUntouched},
		{404, "NoSuchBucket", match, storage.ErrUntouched},
		{403, "AccessDenied", absent, storage.ErrUntouched},
		{403, "AccessDenied", storage.Cond{}, storage.ErrUntouched},
		{409, "ConditionalRequestConflict", absent, storage.ErrUntouched},
		{501, "NotImplemented", absent, storage.ErrUntouched},
		{507, "XMinioStorageFull", match, nil}, // may have filled up in the middle
		{408, "RequestTimeout", absent, nil},
		{500, "InternalError", absent, nil},
		{503, "SlowDown", storage.Cond{}, nil},
	} {
		b := store(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, c.status, c.code) })
		err := putOne(b, c.cond)
		for _, kind := range []error{storage.ErrCondition, storage.ErrUntouched} {
			if err == nil || errors.Is(err, kind) != (kind == c.want) {
				t.Errorf("%d %s under %+v: error %v, want %v", c.status, c.code, c.cond, err, c.want)
			}
		}
	}
}

// The store says that it did nothing because of a conflict, so the put may be
// tried again.
func TestAConflictIsTriedAgain(t *testing.T) {
	var requests atomic.Int32
	b := store(t, func(w http.ResponseWriter, r *http.Request) {
		if text, _ := io.ReadAll(r.Body); !strings.Contains(string(text), "x") {
			t.Errorf("the body is %q", text)
		}
		if requests.Add(1) < 3 {
			answer(w, 409, "ConditionalRequestConflict")
			return
		}
		w.Header().Set("ETag", `"e"`)
	})
	if err := putOne(b, storage.Cond{IfAbsent: true}); err != nil || requests.Load() != 3 {
		t.Errorf("error %v after %d requests", err, requests.Load())
	}
}

func TestABodyThatBreaksOffIsAnError(t *testing.T) {
	for name, end := range map[string]func(net.Conn){
		"closed":  func(c net.Conn) { c.Close() },
		"stalled": func(net.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := hastyStore(t, 2*time.Second, func(w http.ResponseWriter, _ *http.Request) {
				conn, buf, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				t.Cleanup(func() { conn.Close() })
				fmt.Fprintf(buf, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nETag: \"e\"\r\nLast-Modified: %s\r\n\r\nthe first bytes", time.Now().UTC().Format(http.TimeFormat))
				buf.Flush()
				end(conn)
			})
			body, _, err := b.Get(t.Context(), "k", storage.Range{})
			for err != nil && t.Context().Err() == nil { // a slow machine, not the body
				t.Log(err)
				body, _, err = b.Get(t.Context(), "k", storage.Range{})
			}
			defer body.Close()
			if text, err := io.ReadAll(body); err == nil {
				t.Errorf("%q was read to an end without an error", text)
			}
		})
	}
}

func TestWrongRangesAreRefused(t *testing.T) {
	for name, header := range map[string]string{"ignored": "", "another part": "bytes 0-4/10", "no size": "bytes 5-9/*", "nonsense": "5"} {
		b := store(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
			if header != "" {
				w.Header().Set("Content-Range", header)
				w.WriteHeader(http.StatusPartialContent)
			}
			fmt.Fprint(w, "01234")
		})
		if body, _, err := b.Get(t.Context(), "k", storage.Range{Offset: 5}); err == nil {
			t.Errorf("%s: accepted", name)
			body.Close()
		}
	}
}

// A store that does not sort would make a reader of the log miss records.
func TestAListOutOfOrderIsAnError(t *testing.T) {
	b := store(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<ListBucketResult>")
		for _, key := range []string{"a", "c", "b"} {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><ETag>e</ETag><Size>1</Size></Contents>", key)
		}
		fmt.Fprint(w, "</ListBucketResult>")
	})
	var keys []string
	var last error
	for o, err := range b.List(t.Context(), "", "") {
		if last = err; err == nil {
			keys = append(keys, o.Key)
		}
	}
	if last == nil || strings.Join(keys, "") != "ac" {
		t.Errorf("%q, error %v", keys, last)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		head, make int
		code, want string
	}{
		"no right to look":   {403, 0, "AccessDenied", "no right"},
		"no right to make":   {404, 403, "AccessDenied", "s3:CreateBucket"},
		"taken by another":   {404, 409, "BucketAlreadyExists", "cannot be made"},
		"not an S3 server":   {200, 0, "", ""},
		"something else yet": {418, 0, "", "look for it"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(c.head)
				return
			}
			answer(w, c.make, c.code)
		}))
		_, err := minio.Open(t.Context(), minio.Options{Endpoint: server.Listener.Addr().String(), Bucket: "pact", Region: "us-east-1", AccessKey: "a", SecretKey: "s"})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "pact")) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
		server.Close()
	}
}

func TestADeadServerGivesAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = minio.Open(t.Context(), minio.Options{
		Endpoint: l.Addr().String(), Bucket: "pact", Region: "us-east-1",
		AccessKey: "a", SecretKey: "s", Timeout: 100 * time.Millisecond,
	})
	if err == nil {
		t.Error("opened")
	}
}
