// Package mail sends letters to people: by SMTP, or into a folder of .eml
// files when no server is configured. Letters wait in a bounded queue and are
// tried again, apart from the requests that cause them. Nothing of a letter or
// its reader gets into a log.
package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
)

// Message is one letter to one person. The words are the caller's, in the
// reader's language; none of them may be markup.
type Message struct {
	Kind   string // what it is for, as told in logs: "link.sign_in"; never personal
	To     Person
	Locale content.Locale // of the words: decides their direction

	Subject string
	Lines   []string // paragraphs
	Button  Button   // zero: none
	Note    string   // small print at the end; may be empty

	// Attachments go with the letter.
	Attachments []Attachment

	// Until is when the letter is of no use any more. Zero: a day from now.
	Until time.Time
}

// Attachment is a file that goes with a letter.
type Attachment struct {
	Name      string
	MediaType string // perhaps with parameters: "text/calendar; method=REQUEST"
	Data      []byte
}

// Person has an address, and perhaps a name.
type Person struct{ Name, Email string }

// Button is a link that asks to be followed; the text part shows its address.
type Button struct{ Label, URL string }

// Sender hands a letter over for good. An error that is ErrRefused will not
// change; after any other one it may be tried again.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// Letter is a message as it is handed over.
type Letter struct {
	Message
	From Person
	ID   string    // of Message-ID, the same in every try
	Date time.Time // when it was written
}

// ErrRefused says that a letter will never be taken.
var ErrRefused = errors.New("the letter was refused for good")

// ErrAddress says that a configured address cannot be read.
var ErrAddress = errors.New(`not "folder:PATH" nor "smtp://USER@HOST:PORT" or "smtps://…"`)

// Open makes the sender of an address: "folder:PATH",
// "smtp://USER@HOST:PORT" with STARTTLS, or "smtps://USER@HOST:PORT". With
// "?tls=none" a server is spoken to in clear, which is for a relay on the same
// machine. The password may be in the address, or apart.
func Open(address, password string) (Sender, error) {
	if path, ok := strings.CutPrefix(address, "folder:"); ok && path != "" {
		return NewFolder(path)
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") || strings.Trim(u.Path, "/") != "" {
		return nil, ErrAddress // without the address: it may hold a password
	}
	s := SMTP{Host: u.Hostname(), Implicit: u.Scheme == "smtps", User: u.User.Username(), Password: password}
	if inside, ok := u.User.Password(); ok {
		s.Password = inside
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil {
			return nil, ErrAddress
		}
	}
	switch tls := u.Query().Get("tls"); tls {
	case "":
	case "none":
		s.Clear = true
	default:
		return nil, fmt.Errorf("%w: tls=%q", ErrAddress, tls)
	}
	return s, nil
}

// ErrPerson says that a sender cannot be read.
var ErrPerson = errors.New(`not "Name <address>" nor an address alone`)

// ParsePerson reads "Name <address>" or an address alone.
func ParsePerson(s string) (Person, error) {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return Person{}, fmt.Errorf("%w: %q: %w", ErrPerson, s, err)
	}
	return Person{Name: a.Name, Email: a.Address}, nil
}

// String is the person as a header has it.
func (p Person) String() string {
	return (&mail.Address{Name: line(p.Name), Address: p.Email}).String()
}

// line makes one line of a text: what a header holds must not begin another.
func line(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' }), " ")
}
