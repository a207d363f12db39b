// Package letters sends the letters of plugins: in the words of their
// manifests, to people of the site or to addresses that the plugin's own
// entries hold, so many an hour, each once. No word and no reader of a letter
// gets into a log.
package letters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of letters.
const (
	maxValue  = 500 // bytes of one value
	maxValues = 50
	maxListed = 200 // values of all lists of a letter
	maxKey    = 200
	keptFor   = 30 * 24 * time.Hour // keys
	// of all attachments of a letter, and how many
	maxAttached    = 1 << 20
	maxAttachments = 10
)

// Desk sends the letters of one plugin. All members are required but Send.
type Desk struct {
	Plugin   string
	Manifest *manifest.Manifest
	Bucket   storage.Bucket
	Folder   string // of the installation, ending in a slash
	View     *view.DB
	// Send takes letters over; nil: the site sends none.
	Send    func(mail.Message) error
	Locales []content.Locale
	SiteURL string
	Now     func() time.Time
	Logger  *slog.Logger

	// counting is held while a letter is counted: letters of one node wait for
	// each other, and contend only with those of other nodes.
	counting sync.Mutex
	sending  singleflight.Group // by key
}

// Service lets the plugin send letters.
func (d *Desk) Service(to grpc.ServiceRegistrar, acting asked.Acting) {
	pluginpb.RegisterLettersServer(to, server{d: d, acting: acting})
}

type server struct {
	pluginpb.UnimplementedLettersServer
	d      *Desk
	acting asked.Acting
}

func (s server) Send(ctx context.Context, r *pluginpb.LetterRequest) (*pluginpb.LetterResponse, error) {
	if _, err := s.acting(ctx); err != nil {
		return nil, err
	}
	replayed, err := s.d.send(ctx, r)
	return &pluginpb.LetterResponse{Replayed: replayed}, err
}

func (d *Desk) send(ctx context.Context, r *pluginpb.LetterRequest) (replayed bool, err error) {
	if d.Manifest.Mail == nil {
		return false, problem.New(problem.Forbidden, "mail_not_asked", problem.Args{"plugin": d.Plugin})
	}
	if d.Send == nil {
		return false, problem.New(problem.Unavailable, "mail_off", nil)
	}
	template, err := d.template(r)
	if err != nil {
		return false, err
	}
	reader, locale, err := d.reader(ctx, r)
	if err != nil {
		return false, err
	}
	letter := d.write(template, reader, locale, r)
	if letter.Attachments, err = attached(r.Attachments); err != nil {
		return false, err
	}
	if r.Key == "" {
		return d.post(ctx, letter, r)
	}
	// Whoever sends the same letter at the same time has the outcome of the first:
	// one that fails there was sent by nobody.
	got, err, _ := d.sending.Do(r.Key, func() (any, error) { return d.post(ctx, letter, r) })
	replayed, _ = got.(bool)
	return replayed, err
}

// post hands a letter over, once under its key.
func (d *Desk) post(ctx context.Context, letter mail.Message, r *pluginpb.LetterRequest) (replayed bool, err error) {
	forget, replayed, err := d.once(ctx, r.Key)
	if replayed || err != nil {
		return replayed, err
	}
	if err := d.ration(ctx); err != nil {
		return false, errors.Join(err, forget())
	}
	if err := d.Send(letter); err != nil {
		if errors.Is(err, mail.ErrFull) {
			err = problem.Wrap(err, problem.Unavailable, "mail_full", nil).With("retry_after", 60)
		}
		return false, errors.Join(err, forget())
	}
	d.Logger.Info("a plugin sends a letter", "plugin", d.Plugin, "template", r.Template)
	return false, nil
}

func (d *Desk) template(r *pluginpb.LetterRequest) (*manifest.Template, error) {
	m := d.Manifest.Mail
	i := slices.IndexFunc(m.Templates, func(t manifest.Template) bool { return t.ID == r.Template })
	if i < 0 {
		return nil, problem.New(problem.NotFound, "mail_template_missing", problem.Args{"template": r.Template[:min(len(r.Template), 60)]})
	}
	if len(r.Values) > maxValues || len(r.Key) > maxKey {
		return nil, problem.New(problem.BadRequest, "mail_values_large", problem.Args{"values": maxValues, "limit": maxValue})
	}
	for _, v := range r.Values {
		if len(v) > maxValue {
			return nil, problem.New(problem.BadRequest, "mail_values_large", problem.Args{"values": maxValues, "limit": maxValue})
		}
	}
	listed := 0
	for _, l := range r.Lists {
		listed += len(l.Values)
		if listed > maxListed || slices.ContainsFunc(l.Values, func(v string) bool { return len(v) > maxValue }) {
			return nil, problem.New(problem.BadRequest, "mail_values_large", problem.Args{"values": maxListed, "limit": maxValue})
		}
	}
	return &m.Templates[i], nil
}

// mediaType is what an attachment may say of itself.
var mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]+(; *[a-z]+=[A-Za-z0-9._-]+)*$`)

// attached takes over what goes with a letter.
func attached(in []*pluginpb.Attachment) ([]mail.Attachment, error) {
	size := 0
	var out []mail.Attachment
	for _, a := range in {
		size += len(a.Data)
		if name := strings.Trim(a.Name, ". "); name == "" || len(name) > 100 || strings.ContainsAny(name, "/\\\"\r\n") || !mediaType.MatchString(a.MediaType) {
			return nil, problem.New(problem.BadRequest, "mail_attachment", nil)
		}
		out = append(out, mail.Attachment{Name: a.Name, MediaType: a.MediaType, Data: a.Data})
	}
	if size > maxAttached || len(in) > maxAttachments {
		return nil, problem.New(problem.TooLarge, "mail_attachments_large", problem.Args{"n": maxAttachments, "limit": maxAttached})
	}
	return out, nil
}

// reader finds who gets a letter, within what was agreed to.
func (d *Desk) reader(ctx context.Context, r *pluginpb.LetterRequest) (mail.Person, content.Locale, error) {
	to := "users"
	if r.User == "" {
		to = r.Collection + "." + r.Field
	}
	if !slices.Contains(d.Manifest.Mail.To, to) {
		return mail.Person{}, "", problem.New(problem.Forbidden, "mail_reader_not_asked", problem.Args{"to": to[:min(len(to), 130)]})
	}
	if r.User != "" {
		return d.user(ctx, r.User)
	}
	return d.inField(ctx, r)
}

func (d *Desk) user(ctx context.Context, id string) (who mail.Person, locale content.Locale, err error) {
	gone := problem.New(problem.NotFound, "mail_reader_missing", nil)
	err = d.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounUser, id)
		if err != nil {
			return err
		}
		u, err := noun.DecodeUser(n)
		if err != nil {
			return err
		}
		if u.Disabled || u.Email == "" {
			return gone
		}
		who, locale = mail.Person{Name: u.Name, Email: u.Email}, u.Locale
		return nil
	})
	if errors.Is(err, view.ErrNotFound) {
		err = gone
	}
	return who, d.known(locale), err
}

func (d *Desk) inField(ctx context.Context, r *pluginpb.LetterRequest) (who mail.Person, locale content.Locale, err error) {
	gone := problem.New(problem.NotFound, "mail_reader_missing", nil)
	err = d.View.Read(ctx, func(tx *view.Tx) error {
		e, err := tx.Entry(content.EntryID(r.Id))
		if err != nil {
			return err
		}
		if string(e.Collection) != r.Collection || e.TrashedAt != nil {
			return gone
		}
		for _, l := range append(e.Locales(), content.Shared) { // of a collection without localized fields
			if address, ok := e.Working(l)[content.FieldID(r.Field)].(string); ok && address != "" {
				who.Email = address
				return nil
			}
		}
		return gone
	})
	if errors.Is(err, view.ErrNotFound) {
		err = gone
	}
	return who, d.known(content.Locale(r.Locale)), err
}

// known gives a locale in which the site speaks.
func (d *Desk) known(l content.Locale) content.Locale {
	if slices.Contains(d.Locales, l) {
		return l
	}
	return d.Locales[0]
}

// write fills a template in.
func (d *Desk) write(t *manifest.Template, to mail.Person, l content.Locale, r *pluginpb.LetterRequest) mail.Message {
	plain, escaped := make([]string, 0, 2*len(r.Values)), make([]string, 0, 2*len(r.Values))
	for name, v := range r.Values {
		v = oneLine(v)
		plain, escaped = append(plain, "{"+name+"}", v), append(escaped, "{"+name+"}", url.PathEscape(v))
	}
	fill := func(text schema.Texts) string { return strings.NewReplacer(plain...).Replace(text.In(l)) }
	m := mail.Message{Kind: "plugin." + d.Plugin + "." + t.ID, To: to, Locale: l, Subject: fill(t.Subject), Note: fill(t.Note)}
	for _, line := range t.Lines {
		m.Lines = append(m.Lines, repeated(line.In(l), plain, r.Lists)...)
	}
	if t.Button != nil {
		m.Button = mail.Button{Label: fill(t.Button.Label), URL: d.SiteURL + strings.NewReplacer(escaped...).Replace(t.Button.Path)}
	}
	return m
}

// repeated fills a line in: once, or for each value of the lists that have a
// place in it.
func repeated(line string, plain []string, lists map[string]*pluginpb.ValueList) []string {
	times, in := -1, map[string][]string{}
	for name, list := range lists {
		if place := "{" + name + "}"; strings.Contains(line, place) {
			in[place] = list.Values
			if times < 0 || len(list.Values) < times {
				times = len(list.Values)
			}
		}
	}
	if times < 0 {
		return []string{strings.NewReplacer(plain...).Replace(line)}
	}
	out := make([]string, times)
	for i := range out {
		pairs := slices.Clone(plain)
		for place, values := range in {
			pairs = append(pairs, place, oneLine(values[i]))
		}
		out[i] = strings.NewReplacer(pairs...).Replace(line)
	}
	return out
}

func oneLine(v string) string { return strings.Join(strings.Fields(v), " ") }

// once notes a key; replayed says that it was there. The letter of a key whose
// node dies in this moment is not sent: at most once.
func (d *Desk) once(ctx context.Context, key string) (forget func() error, replayed bool, err error) {
	if key == "" {
		return func() error { return nil }, false, nil
	}
	sum := sha256.Sum256([]byte(key))
	at := d.Folder + "letters/" + hex.EncodeToString(sum[:])
	_, err = d.Bucket.Put(ctx, at, strings.NewReader("{}"), 2, storage.Cond{IfAbsent: true})
	if errors.Is(err, storage.ErrCondition) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("note the key of a letter: %w", err)
	}
	return func() error { return storage.Purge(context.WithoutCancel(ctx), d.Bucket, at) }, false, nil
}

// hour counts the letters of an hour, on all nodes.
type hour struct {
	Version int `json:"version"`
	Sent    int `json:"sent"`
}

// ration takes one of the letters of this hour.
func (d *Desk) ration(ctx context.Context) error {
	d.counting.Lock()
	defer d.counting.Unlock()
	now := d.Now().UTC().Truncate(time.Hour)
	at := d.Folder + "mail/" + now.Format("2006010215")
	for range 20 {
		var h hour
		cond := storage.Cond{IfAbsent: true}
		body, object, err := d.Bucket.Get(ctx, at, storage.Range{})
		switch {
		case errors.Is(err, storage.ErrNotExist):
		case err != nil:
			return fmt.Errorf("count letters: %w", err)
		default:
			raw, err := io.ReadAll(io.LimitReader(body, 1<<10))
			if err = errors.Join(err, body.Close(), json.Unmarshal(raw, &h)); err != nil {
				return fmt.Errorf("count letters: %w", err)
			}
			cond = storage.Cond{IfMatch: object.ETag}
		}
		if h.Sent >= d.Manifest.Mail.Most() {
			return problem.New(problem.Limited, "mail_too_many", problem.Args{"plugin": d.Plugin, "n": d.Manifest.Mail.Most()}).
				With("retry_after", int(now.Add(time.Hour).Sub(d.Now()).Seconds())+1)
		}
		raw, err := json.Marshal(hour{1, h.Sent + 1})
		if err != nil {
			return fmt.Errorf("count letters: %w", err)
		}
		_, err = d.Bucket.Put(ctx, at, bytes.NewReader(raw), int64(len(raw)), cond)
		if errors.Is(err, storage.ErrCondition) {
			continue
		}
		if err != nil {
			return fmt.Errorf("count letters: %w", err)
		}
		if cond.IfAbsent {
			return d.sweep(ctx, now)
		}
		return nil
	}
	return problem.New(problem.Unavailable, "mail_full", nil).With("retry_after", 1)
}

// sweep forgets, once an hour, counts of hours before and old keys.
func (d *Desk) sweep(ctx context.Context, now time.Time) error {
	for folder, old := range map[string]func(storage.Object) bool{
		"mail/":    func(o storage.Object) bool { return !strings.HasSuffix(o.Key, now.Format("2006010215")) },
		"letters/": func(o storage.Object) bool { return now.Sub(o.Modified) > keptFor },
	} {
		for o, err := range d.Bucket.List(ctx, d.Folder+folder, "") {
			if err == nil && old(o) {
				err = storage.Purge(ctx, d.Bucket, o.Key)
			}
			if err != nil {
				return fmt.Errorf("forget counts of letters: %w", err)
			}
		}
	}
	return nil
}
