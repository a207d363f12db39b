package sdktest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/host/outbound"
	"github.com/recueil-cms/recueil/storage/view"
)

// Page gives what the plugin shows at an address of the website, such as
// "/agenda/2027-05". What it writes has passed the host's checks.
func (s *Site) Page(locale, path string, query map[string]string) slot.Rendered {
	s.t.Helper()
	page, places := s.host.Slots().Match(split(path))
	if page == nil {
		s.t.Fatalf("the plugin has no page at %s", path)
	}
	return s.render(locale, slot.Item{Key: "page", Page: page.ID, Places: places, Query: query})
}

// Block gives what the plugin shows in a block, perhaps on the page of an entry.
func (s *Site) Block(locale, id, collection, entry string) slot.Rendered {
	s.t.Helper()
	return s.render(locale, slot.Item{Key: "block", Block: s.name + "/" + id, Collection: collection, Entry: content.EntryID(entry)})
}

func (s *Site) render(locale string, item slot.Item) slot.Rendered {
	s.t.Helper()
	got, err := s.host.Render(s.t.Context(), content.Locale(locale), []slot.Item{item})
	s.must("render", err)
	if len(got) != 1 {
		status, _ := s.host.Status(s.name)
		s.t.Fatalf("nothing was rendered: %+v", status.Calls)
	}
	return got[0]
}

func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// Job runs a job until it is over.
func (s *Site) Job(job string, args any) jobs.Run {
	s.t.Helper()
	raw, err := json.Marshal(args)
	s.must("write the arguments", err)
	run, err := s.host.StartJob(s.t.Context(), Admin, s.name, job, raw)
	s.must("start "+job, err)
	s.Until(job+" is over", func() bool {
		all, err := s.host.Jobs(s.t.Context(), s.name, "")
		s.must("list the runs", err)
		i := slices.IndexFunc(all, func(r jobs.Run) bool { return r.ID == run.ID })
		run = all[i]
		return run.State.Over()
	})
	return run
}

// SearchDocuments are what the plugin has added to the search.
func (s *Site) SearchDocuments() []content.SearchDocument {
	return nouns[content.SearchDocument](s, content.NounSearchDocument)
}

// Announced are the last events that the plugin has announced, one of a name.
func (s *Site) Announced() []content.Announcement {
	return nouns[content.Announcement](s, content.NounAnnouncement)
}

func nouns[T any](s *Site, kind content.NounKind) (out []T) {
	s.t.Helper()
	s.must("read what the plugin keeps", s.view.Read(s.t.Context(), func(tx *view.Tx) error {
		all, err := tx.Nouns(kind, "", 1000)
		for _, n := range all {
			v, failed := noun.Decode[T](n)
			out, err = append(out, v), errors.Join(err, failed)
		}
		return err
	}))
	return out
}

// Runs lists the runs of jobs, also of those that the plugin started itself.
func (s *Site) Runs() []jobs.Run {
	s.t.Helper()
	all, err := s.host.Jobs(s.t.Context(), s.name, "")
	s.must("list the runs", err)
	return all
}

// User makes somebody who has a role, such as "editor", to act as: somebody else
// each time. The first one has the address editor@example.org, the next
// editor2@example.org.
func (s *Site) User(role string) content.Actor {
	s.t.Helper()
	s.mu.Lock()
	s.users[role]++
	email, held := role+"@example.org", []content.RoleID{content.RoleID(role)}
	if n := s.users[role]; n > 1 {
		email = fmt.Sprintf("%s%d@example.org", role, n)
	}
	s.mu.Unlock()
	r, err := s.runner.Do(s.t.Context(), Admin, account.SaveUser{Set: account.UserFields{Name: &role, Email: &email, Roles: &held}})
	s.must("make a user", err)
	return content.Actor{Kind: content.ActorUser, ID: r.Subject}
}

// Interact opens a place of the plugin in the console, or presses something
// there.
func (s *Site) Interact(by content.Actor, i console.Interaction) (*console.Shown, error) {
	s.t.Helper()
	if i.Locale == "" {
		i.Locale = "fr"
	}
	return s.host.Console().Interact(s.t.Context(), by, s.name, i)
}

// Letters are those that the plugin had sent.
func (s *Site) Letters() []mail.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.letters)
}

func (s *Site) take(m mail.Message) error {
	if err := s.refusal.step(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, m)
	return nil
}

// Elsewhere answers what the plugin asks of other computers.
func (s *Site) Elsewhere(h http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.elsewhere = h
}

// network leads all requests to other computers to the test.
func (s *Site) network() outbound.Network {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		h := s.elsewhere
		s.mu.Unlock()
		if h == nil {
			h = http.NotFoundHandler()
		}
		h.ServeHTTP(w, r)
	}))
	s.t.Cleanup(server.Close)
	return outbound.Network{
		Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("9.9.9.9")}, nil // never dialled
		},
		Dial: func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
		TLS: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // the test itself
	}
}
