package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Host is what a plugin may ask of Recueil. One from a Caller acts for that
// person; Alone acts for the plugin itself.
type Host struct {
	conn   *grpc.ClientConn
	token  string
	ticket string // of the person
	cause  string // of the events
}

func dialHost(socket, token string) (*Host, error) {
	conn, err := grpc.NewClient("unix:"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return nil, fmt.Errorf("connect to the host: %w", err)
	}
	return &Host{conn: conn, token: token}, nil
}

func (h *Host) close() { _ = h.conn.Close() }

func (h *Host) on(ticket string) *Host {
	return &Host{conn: h.conn, token: h.token, ticket: ticket}
}

func (h *Host) because(cause string) *Host {
	return &Host{conn: h.conn, token: h.token, cause: cause}
}

// Alone acts for the plugin itself, with no person behind it: it takes the
// right "alone" in the manifest, and shows as such in the history.
func (h *Host) Alone() *Host { return &Host{conn: h.conn, token: h.token} }

// call adds who is asking.
func (h *Host) call(ctx context.Context) context.Context {
	ctx = metadata.AppendToOutgoingContext(ctx, "recueil-token", h.token)
	if h.ticket != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "recueil-ticket", h.ticket)
	}
	if h.cause != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "recueil-cause", h.cause)
	}
	return ctx
}

// ProblemError is why the host refused something.
type ProblemError struct {
	Code   string // stable: "entry_not_found", "fields_not_allowed"
	Text   Texts
	Faults []Fault
	Status codes.Code
}

func (p *ProblemError) Error() string {
	text := p.Code + ": " + p.Text["en"]
	for _, f := range p.Faults {
		text += " (" + f.Pointer + ": " + f.Text["en"] + ")"
	}
	return text
}

// IsNotFound reports whether there is no such thing, or none that may be read.
func IsNotFound(err error) bool { return hasStatus(err, codes.NotFound) }

// IsStale reports whether something changed since it was read.
func IsStale(err error) bool { return hasStatus(err, codes.Aborted) }

// IsForbidden reports whether a right is missing.
func IsForbidden(err error) bool { return hasStatus(err, codes.PermissionDenied) }

// hasStatus looks at problems, and at what the host says without one: that a
// value of the state is another one has no words for people.
func hasStatus(err error, c codes.Code) bool {
	var p *ProblemError
	return errors.As(err, &p) && p.Status == c || status.Code(err) == c
}

// told gives the problem in an error of a call.
func told(err error) error {
	s, ok := status.FromError(err)
	if err == nil || !ok {
		return err
	}
	for _, d := range s.Details() {
		if p, ok := d.(*pluginpb.Problem); ok {
			out := &ProblemError{Code: p.Code, Text: p.Text, Status: s.Code()}
			for _, f := range p.Faults {
				out.Faults = append(out.Faults, Fault{Pointer: f.Pointer, Text: f.Message})
			}
			return out
		}
	}
	return err
}

// Page is some entries of a list. Each is what the HTTP API gives.
type Page struct {
	Entries []json.RawMessage
	Next    string // for page[after]; empty: no more
	Total   int    // with count=exact
}

// Into reads the entries into a slice of values.
func (p *Page) Into(slice any) error {
	raw, err := json.Marshal(p.Entries)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, slice)
}

// Find lists entries. The query is that of GET /api/v1/entries/{collection}:
// "filter[day][_gte]=2027-01-01&sort=day".
func (h *Host) Find(ctx context.Context, collection, query string) (*Page, error) {
	r, err := pluginpb.NewContentClient(h.conn).Query(h.call(ctx), &pluginpb.QueryRequest{Collection: collection, Query: query})
	if err != nil {
		return nil, told(err)
	}
	p := &Page{Entries: make([]json.RawMessage, len(r.EntriesJson)), Next: r.Next, Total: int(r.Total)}
	for i, e := range r.EntriesJson {
		p.Entries[i] = e
	}
	return p, nil
}

// Get reads an entry by its id or slug into a value. The query is that of GET
// /api/v1/entries/{collection}/{entry}.
func (h *Host) Get(ctx context.Context, collection, id, query string, into any) error {
	r, err := pluginpb.NewContentClient(h.conn).Get(h.call(ctx), &pluginpb.GetRequest{Collection: collection, Id: id, Query: query})
	if err != nil {
		return told(err)
	}
	if len(r.EntriesJson) != 1 {
		return fmt.Errorf("the host gave %d entries for one", len(r.EntriesJson))
	}
	return json.Unmarshal(r.EntriesJson[0], into)
}

// Done says what became of a change.
type Done struct {
	Seq      uint64
	ID       string
	Revision int
	Replayed bool // it was made before, under the same key
}

// Options of a change.
type Options struct {
	Revision int    // that the entry must have; 0: any
	Key      string // the change is made once per key within 24 hours
	Reason   string // kept in the history; nothing personal
	Publish  bool   // with Create and Save: in the same commit
}

// Locales are values by locale and name.
type Locales map[string]map[string]any

// Create makes an entry.
func (h *Host) Create(ctx context.Context, collection string, values Locales, o Options) (*Done, error) {
	return h.commit(ctx, "create", collection, "", values, o)
}

// Save changes the fields that are named.
func (h *Host) Save(ctx context.Context, id string, values Locales, o Options) (*Done, error) {
	return h.commit(ctx, "save", "", id, values, o)
}

// Publish makes the newest values public, in all locales when none is named.
func (h *Host) Publish(ctx context.Context, id string, locales []string, o Options) (*Done, error) {
	return h.commit(ctx, "publish", "", id, named(locales), o)
}

// Unpublish withdraws what is public.
func (h *Host) Unpublish(ctx context.Context, id string, locales []string, o Options) (*Done, error) {
	return h.commit(ctx, "unpublish", "", id, named(locales), o)
}

// Trash puts an entry into the trash.
func (h *Host) Trash(ctx context.Context, id string, o Options) (*Done, error) {
	return h.commit(ctx, "trash", "", id, nil, o)
}

// Erase destroys the personal values of an entry of the plugin's own, for ever;
// the entry stays without them and takes none again. It takes the right
// "erase".
func (h *Host) Erase(ctx context.Context, id string, o Options) (*Done, error) {
	return h.commit(ctx, "erase", "", id, nil, o)
}

func (l Locales) json() (map[string][]byte, error) {
	out := map[string][]byte{}
	for locale, values := range l {
		raw, err := json.Marshal(values)
		if err != nil {
			return nil, fmt.Errorf("write the values: %w", err)
		}
		out[locale] = raw
	}
	return out, nil
}

func named(locales []string) Locales {
	out := Locales{}
	for _, l := range locales {
		out[l] = nil
	}
	return out
}

func (h *Host) commit(ctx context.Context, action, collection, id string, values Locales, o Options) (*Done, error) {
	raw, err := values.json()
	if err != nil {
		return nil, err
	}
	r := &pluginpb.CommitRequest{Action: action, Collection: collection, Id: id, Revision: int64(o.Revision),
		Publish: o.Publish, IdempotencyKey: o.Key, Reason: o.Reason, LocalesJson: raw}
	d, err := pluginpb.NewContentClient(h.conn).Commit(h.call(ctx), r)
	if err != nil {
		return nil, told(err)
	}
	return &Done{Seq: d.Seq, ID: d.Id, Revision: int(d.Revision), Replayed: d.Replayed}, nil
}

// Person is who is behind a request.
type Person struct {
	Origin
	Roles       []string
	Association string // id of the profile that they act for
	Locale      string
	Name, Email string // with the right "people" in the manifest
}

// Who tells who is behind the request.
func (h *Host) Who(ctx context.Context) (*Person, error) {
	w, err := pluginpb.NewIdentityClient(h.conn).Who(h.call(ctx), &pluginpb.WhoRequest{})
	if err != nil {
		return nil, told(err)
	}
	return &Person{Origin: Origin{Kind: w.Kind, User: w.User}, Roles: w.Roles, Association: w.Association,
		Locale: w.Locale, Name: w.Name, Email: w.Email}, nil
}

// May reports whether the right to do something in a collection is there, on
// some entry or other.
func (h *Host) May(ctx context.Context, verb, collection string) (bool, error) {
	r, err := pluginpb.NewIdentityClient(h.conn).May(h.call(ctx), &pluginpb.MayRequest{Needs: []*pluginpb.Need{{Verb: verb, Collection: collection}}})
	if err != nil {
		return false, told(err)
	}
	return len(r.Allowed) == 1 && r.Allowed[0], nil
}
