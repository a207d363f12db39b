package mail

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/core/content"
)

var letter = Letter{
	Message: Message{Kind: "test.letter", To: Person{"لينا \"L\" <x>", "lina@example.org"}, Locale: "ar",
		Subject: "رابط دخولك\r\nBcc: everybody@example.org", Lines: []string{"مرحبا لينا،", "<b>افتح</b> هذا الرابط."},
		Button: Button{"تسجيل الدخول", "https://site.example.org/l#sign_in=rcl_a=b"}, Note: "تجاهل هذه الرسالة."},
	From: Person{"PACT & amis", "site@example.org"}, ID: "0a@example.org", Date: time.Date(2026, 11, 28, 23, 0, 0, 0, time.UTC),
}

// parts reads a letter as a mail program does.
func parts(t *testing.T, raw string) (mail.Header, map[string]string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return m.Header, out
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(p.Header.Get("Content-Type"), ";")
		out[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

func checkLetter(t *testing.T, raw string) {
	t.Helper()
	header, body := parts(t, raw)
	word := new(mime.WordDecoder)
	subject, err := word.DecodeHeader(header.Get("Subject"))
	if err != nil || subject != "رابط دخولك Bcc: everybody@example.org" || header.Get("Bcc") != "" {
		t.Errorf("subject %q (%v), Bcc %q", subject, err, header.Get("Bcc"))
	}
	to, err := header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "lina@example.org" || to[0].Name != letter.To.Name {
		t.Errorf("to %v %v", to, err)
	}
	if got := header.Get("Message-ID"); got != "<0a@example.org>" {
		t.Errorf("Message-ID %s", got)
	}
	if header.Get("Auto-Submitted") != "auto-generated" || header.Get("Content-Language") != "ar" {
		t.Errorf("header %v", header)
	}
	text := "مرحبا لينا،\n\n<b>افتح</b> هذا الرابط.\n\nتسجيل الدخول\n\nhttps://site.example.org/l#sign_in=rcl_a=b\n\nتجاهل هذه الرسالة.\n"
	if body["text/plain"] != text {
		t.Errorf("text %q", body["text/plain"])
	}
	page := body["text/html"]
	for _, want := range []string{`<html lang="ar" dir="rtl">`, "text-align:right", "&lt;b&gt;افتح", `href="https://site.example.org/l#sign_in=rcl_a=b"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s: %s", want, page)
		}
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	sender, err := Open("folder:"+dir, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range maxKept - 1 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("20250101T%06d.eml", i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		l := letter
		l.Date = l.Date.Add(time.Duration(i) * time.Second)
		if err := sender.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != maxKept {
		t.Fatalf("%d files (%v), want the newest %d", len(files), err, maxKept)
	}
	newest := files[len(files)-1]
	if files[0].Name() != "20250101T000002.eml" || newest.Name() != "20261128T230002.000000-test.letter-0a.eml" {
		t.Errorf("the oldest is %s, the newest %s", files[0].Name(), newest.Name())
	}
	raw, err := os.ReadFile(filepath.Join(dir, newest.Name()))
	if err != nil {
		t.Fatal(err)
	}
	checkLetter(t, string(raw))
	if info, err := newest.Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read letters: %v %v", info.Mode(), err)
	}
}

// Files go with a letter, with all that their type says.
func TestAttachments(t *testing.T) {
	l := letter
	l.Attachments = []Attachment{{"formation.ics", "text/calendar; method=REQUEST", []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}}
	m, err := render(l)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if _, err := m.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"multipart/mixed", "text/calendar; method=REQUEST", `filename="formation.ics"`, "text/html"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, bad := range []string{"", "folder:", "mail.example.org", "smtp://", "http://mail.example.org", "smtp://host:x", "smtp://host/path", "smtp://host?tls=maybe"} {
		if s, err := Open(bad, "hush"); !errors.Is(err, ErrAddress) {
			t.Errorf("%q gives %v, %v", bad, s, err)
		}
	}
	if _, err := Open("smtp://user:hush@host:x", ""); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("the error tells the password: %v", err)
	}
	s, err := Open("smtps://me%40example.org@mail.example.org:4465", "hush")
	if want := (SMTP{Host: "mail.example.org", Port: 4465, User: "me@example.org", Password: "hush", Implicit: true}); err != nil || s != Sender(want) {
		t.Errorf("%+v %v", s, err)
	}
	if p, err := ParsePerson("PACT, Alger <pact@example.org>"); err == nil {
		t.Errorf("a comma outside of quotes is taken: %v", p)
	}
	if p, err := ParsePerson("PACT <pact@example.org>"); err != nil || p != (Person{"PACT", "pact@example.org"}) {
		t.Errorf("%v %v", p, err)
	}
}

// slow is a sender that fails as often as it is told to.
type slow struct {
	mu    sync.Mutex
	fails []error
	tries []time.Time
	sent  []string
}

func (s *slow) Send(_ context.Context, l Letter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries = append(s.tries, time.Now())
	if len(s.fails) > 0 {
		err := s.fails[0]
		s.fails = s.fails[1:]
		return err
	}
	s.sent = append(s.sent, l.Subject)
	return nil
}

// look reads or changes the sender while the queue runs.
func (s *slow) look(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func queue(s Sender, log io.Writer) *Queue {
	return NewQueue(Options{Sender: s, From: Person{Email: "site@example.org"}, Now: time.Now, Random: rand.Reader,
		Log: slog.New(slog.NewTextHandler(log, nil))})
}

func TestQueueTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("the server is away")
		s := &slow{fails: []error{away, away, away, ErrRefused}}
		var log strings.Builder
		q := queue(s, &log)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); q.Run(ctx) }()
		begun := time.Now()
		add := func(subject string, until time.Time) {
			if err := q.Add(Message{Kind: "k", To: Person{"Nobody Else", "nobody@example.org"}, Subject: subject, Until: until}); err != nil {
				t.Error(err)
			}
		}
		add("one", time.Time{})
		synctest.Wait()
		time.Sleep(34 * time.Second) // tried at 0, 5 and 15 seconds
		synctest.Wait()
		s.look(func() {
			if len(s.tries) != 3 || s.tries[1].Sub(begun) != 5*time.Second || s.tries[2].Sub(begun) != 15*time.Second {
				t.Errorf("tries at %v", s.tries)
			}
		})
		time.Sleep(2 * time.Second) // refused at 35 seconds
		add("two", time.Time{})
		synctest.Wait()
		s.look(func() { s.fails = []error{away, away, away, away, away, away} })
		add("late", time.Now().Add(time.Minute))
		time.Sleep(time.Hour)
		s.look(func() {
			if strings.Join(s.sent, " ") != "two" || q.Waiting() != 0 {
				t.Errorf("sent %v, %d wait", s.sent, q.Waiting())
			}
		})
		cancel()
		<-done
		for _, personal := range []string{"nobody@example.org", "Nobody Else"} {
			if strings.Contains(log.String(), personal) {
				t.Errorf("the log names %s: %s", personal, log.String())
			}
		}
	})
}

func TestQueueIsBoundedAndFlushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slow{}
		q := queue(s, io.Discard)
		for range maxWaiting {
			if err := q.Add(Message{To: Person{Email: "a@example.org"}, Subject: "x", Locale: content.Locale("fr")}); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Add(Message{}); !errors.Is(err, ErrFull) {
			t.Errorf("letter %d: %v", maxWaiting+1, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		q.Run(ctx)
		if len(s.sent) != maxWaiting {
			t.Errorf("%d sent at the end", len(s.sent))
		}
	})
}
