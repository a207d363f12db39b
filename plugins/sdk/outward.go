package sdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Letter is a letter from a template of the manifest.
type Letter struct {
	Template string
	Values   map[string]string // for its {places}
	// Lists are for places of lines that are written once for each value, and not
	// at all when there is none. Of several in a line the shortest counts.
	Lists map[string][]string
	// The reader: a user, or the address in a field of an entry of the plugin's
	// own.
	User                  string // id
	Collection, ID, Field string // ids
	Locale                string // of a reader who is no user
	Key                   string // the letter is sent once per key
	Attachments           []Attachment
}

// Attachment is a file that goes with a letter; all of one together have at
// most 1 MiB.
type Attachment struct {
	Name      string
	MediaType string // perhaps with parameters: "text/calendar; method=REQUEST"
	Data      []byte
}

// Send has the host send a letter; replayed says that it was sent before.
func (h *Host) Send(ctx context.Context, l Letter) (replayed bool, err error) {
	q := &pluginpb.LetterRequest{Template: l.Template, Values: l.Values,
		User: l.User, Collection: l.Collection, Id: l.ID, Field: l.Field, Locale: l.Locale, Key: l.Key}
	for name, values := range l.Lists {
		if q.Lists == nil {
			q.Lists = map[string]*pluginpb.ValueList{}
		}
		q.Lists[name] = &pluginpb.ValueList{Values: values}
	}
	for _, a := range l.Attachments {
		q.Attachments = append(q.Attachments, &pluginpb.Attachment{Name: a.Name, MediaType: a.MediaType, Data: a.Data})
	}
	r, err := pluginpb.NewLettersClient(h.conn).Send(h.call(ctx), q)
	if err != nil {
		return false, told(err)
	}
	return r.Replayed, nil
}

// Request asks another computer, one that the manifest names.
type Request struct {
	Method  string // empty: GET
	URL     string // https://…
	Header  http.Header
	Body    []byte
	Timeout time.Duration // 0: 10 s
}

// Answer is what it answered; a redirect was followed as far as the manifest
// allows.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most 3 MiB
	URL    string
}

// Fetch asks another computer by way of the host.
func (h *Host) Fetch(ctx context.Context, q Request) (*Answer, error) {
	r := &pluginpb.FetchRequest{Method: q.Method, Url: q.URL, Body: q.Body, TimeoutMs: uint32(max(q.Timeout.Milliseconds(), 0))} //nolint:gosec // short
	for name, values := range q.Header {
		for _, v := range values {
			r.Headers = append(r.Headers, &pluginpb.Header{Name: name, Value: v})
		}
	}
	a, err := pluginpb.NewOutboundClient(h.conn).Fetch(h.call(ctx), r)
	if err != nil {
		return nil, told(err)
	}
	out := &Answer{Status: int(a.Status), Body: a.Body, URL: a.Url, Header: http.Header{}}
	for _, x := range a.Headers {
		out.Header.Add(x.Name, x.Value)
	}
	return out, nil
}

// Search finds entries. The query is that of GET /api/v1/search, and so is the
// answer.
func (h *Host) Search(ctx context.Context, query string, into any) error {
	r, err := pluginpb.NewSearchClient(h.conn).Find(h.call(ctx), &pluginpb.FindRequest{Query: query})
	if err != nil {
		return told(err)
	}
	return json.Unmarshal(r.AnswerJson, into)
}

// File is an asset of the site.
type File struct {
	ID, Name, MediaType string
	Size                int64
}

func file(f *pluginpb.File) *File {
	return &File{ID: f.Id, Name: f.Name, MediaType: f.MediaType, Size: f.Size}
}

// File tells what an asset is.
func (h *Host) File(ctx context.Context, id string) (*File, error) {
	f, err := pluginpb.NewFilesClient(h.conn).Stat(h.call(ctx), &pluginpb.FileRef{Id: id})
	if err != nil {
		return nil, told(err)
	}
	return file(f), nil
}

// part is how much of a file goes in one message.
const part = 1 << 20

// ReadFile reads the bytes of an asset into a writer.
func (h *Host) ReadFile(ctx context.Context, id string, to io.Writer) error {
	for at := int64(0); ; {
		b, err := pluginpb.NewFilesClient(h.conn).Read(h.call(ctx), &pluginpb.ReadFile{Id: id, Offset: at, Limit: part})
		if err != nil {
			return told(err)
		}
		if _, err := to.Write(b.Data); err != nil {
			return err
		}
		if at += int64(len(b.Data)); at >= b.Size || len(b.Data) == 0 {
			return nil
		}
	}
}

// Upload adds an asset.
func (h *Host) Upload(ctx context.Context, name, mediaType string, from io.Reader) (*File, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	up, err := pluginpb.NewFilesClient(h.conn).Upload(h.call(ctx))
	if err != nil {
		return nil, told(err)
	}
	next := &pluginpb.UploadPart{Name: name, MediaType: mediaType}
	for buf, over := make([]byte, part), false; !over; {
		n, err := io.ReadFull(from, buf)
		over = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !over {
			return nil, fmt.Errorf("read what is uploaded: %w", err)
		}
		next.Data = buf[:n]
		if err := up.Send(next); errors.Is(err, io.EOF) {
			break // the answer says why
		} else if err != nil {
			return nil, told(err)
		}
		next = &pluginpb.UploadPart{}
	}
	f, err := up.CloseAndRecv()
	if err != nil {
		return nil, told(err)
	}
	return file(f), nil
}

// Print is a paper: a tree of components as a PDF.
type Print struct {
	Locale, Title string
	Tree          Node   // as on pages for visitors
	Paper         string // a4 (empty), a4-landscape, a5
	Footer        string // of each page
	Centered      bool   // a certificate: everything stands in the middle
	CodeURL       string // an address as a QR code at the end
	Made          time.Time
}

// Print sets a paper as a tagged PDF, in the fonts of the site, which join
// Arabic letters as they have to be.
func (h *Host) Print(ctx context.Context, p Print) ([]byte, error) {
	raw, err := json.Marshal(p.Tree)
	if err != nil {
		return nil, fmt.Errorf("write a tree: %w", err)
	}
	r, err := pluginpb.NewDocumentsClient(h.conn).Print(h.call(ctx), &pluginpb.PrintRequest{Locale: p.Locale, Title: p.Title, TreeJson: raw,
		Paper: p.Paper, Footer: p.Footer, Centered: p.Centered, CodeUrl: p.CodeURL, MadeUnixMs: p.Made.UnixMilli()})
	if err != nil {
		return nil, told(err)
	}
	return r.Pdf, nil
}
