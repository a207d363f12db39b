package pages

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// plugins is one plugin that answers as told.
type plugins struct {
	m      *manifest.Manifest
	called wire.Call // the last one
	answer func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error)
	calls  int
}

func (p *plugins) Plugins() []wire.Plugin {
	return []wire.Plugin{{Name: "agenda", Revision: 1, Manifest: p.m}}
}

func (p *plugins) Plugin(name string) (wire.Plugin, bool) { return p.Plugins()[0], name == "agenda" }

func (p *plugins) Call(ctx context.Context, c wire.Call, do func(context.Context, wire.Process) error) error {
	p.calls++
	p.called = c
	return do(ctx, wire.Process{Conn: conn{p}})
}

// conn answers Render, and nothing else.
type conn struct{ p *plugins }

func (c conn) Invoke(_ context.Context, _ string, args, reply any, _ ...grpc.CallOption) error {
	got, err := c.p.answer(args.(*pluginpb.RenderRequest))
	if err != nil {
		return err
	}
	reply.(*pluginpb.RenderResponse).Items = got.Items
	return nil
}

func (c conn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errors.New("no streams")
}

func each(make func(*pluginpb.RenderItem) *pluginpb.Rendered) func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) {
	return func(r *pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) {
		out := &pluginpb.RenderResponse{}
		for _, item := range r.Items {
			one := make(item)
			one.Key = item.Key
			out.Items = append(out.Items, one)
		}
		return out, nil
	}
}

// Answers hold until something changes that the plugin may read; when it is
// down the last ones are shown, and say that they are old.
func TestCopies(t *testing.T) {
	now, changed := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC), commitlog.Seq(1)
	one := &plugins{m: &manifest.Manifest{Pages: []manifest.Page{{ID: "month", Path: "/{month}"}}, Blocks: []manifest.Block{{ID: "next"}},
		Rights: []manifest.Right{{Collection: "agenda", Verbs: []access.Verb{access.Read}}}}}
	p := New(Options{Plugins: one, Changed: func(content.CollectionID) commitlog.Seq { return changed }, Now: func() time.Time { return now },
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	one.answer = each(func(i *pluginpb.RenderItem) *pluginpb.Rendered {
		return &pluginpb.Rendered{Title: "of " + i.Places["month"], Html: "<p>" + i.Page + i.Block}
	})
	items := []slot.Item{{Key: "a", Page: "agenda/month", Places: map[string]string{"month": "5"}}, {Key: "b", Block: "agenda/next"},
		{Key: "c", Block: "agenda/other"}, {Key: "d", Block: "elsewhere/next"}}
	show := func(calls int, stale bool) []slot.Rendered {
		t.Helper()
		got, err := p.Render(t.Context(), "fr", items)
		if err != nil {
			t.Fatal(err)
		}
		if one.calls != calls || len(got) != 2 || got[0].Stale != stale || got[1].Stale != stale {
			t.Fatalf("%d calls, %+v", one.calls, got)
		}
		return got
	}
	got := show(1, false) // both in one call
	if len(got[0].Depends) != 1 || got[0].Depends[0] != "agenda" || !got[0].Until.Equal(now.Add(longest)) {
		t.Errorf("%+v", got[0])
	}
	if got[0].Key != "a" || got[0].Title != "of 5" || got[0].HTML != "<p>month</p>" && got[0].HTML != "<p>month" {
		t.Errorf("%+v", got)
	}
	show(1, false) // from memory
	changed++
	show(2, false)
	well := one.answer
	one.answer = func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) { return nil, errors.New("down") }
	show(2, false) // it still holds
	changed++
	if old := show(3, true); !old[0].Until.IsZero() {
		t.Errorf("an old copy holds until %v", old[0].Until)
	}
	show(3, true) // visitors do not wait for it again at once
	now = now.Add(quiet)
	one.answer = well
	show(4, false)
	now = now.Add(longest)
	show(5, false)
	// Without any copy there is nothing to show.
	one.answer = func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) { return nil, errors.New("down") }
	if got, err := p.Render(t.Context(), "ar", items); problem.CodeOf(err) != "plugin_down" || len(got) != 0 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := p.Render(t.Context(), "ar", items[1:]); err != nil || len(got) != 0 {
		t.Errorf("a page of the site suffers from its blocks: %+v %v", got, err)
	}
}

// What is for one person is kept by nobody, and never shown from a copy.
func TestPrivatePages(t *testing.T) {
	one := &plugins{m: &manifest.Manifest{Pages: []manifest.Page{{ID: "mine", Path: "/mine", Private: true}, {ID: "all", Path: "/all"}}}}
	p := New(Options{Plugins: one, Changed: func(content.CollectionID) commitlog.Seq { return 1 }, Now: time.Now,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	one.answer = each(func(*pluginpb.RenderItem) *pluginpb.Rendered { return &pluginpb.Rendered{Title: "Lina"} })
	for i, page := range p.Slots().Pages {
		if page.Private != (page.ID == "agenda/mine") || page.Listed == page.Private {
			t.Errorf("%+v", page)
		}
		items := []slot.Item{{Key: "a", Page: page.ID}}
		for range 2 {
			got, err := p.Render(t.Context(), "fr", items)
			if err != nil || len(got) != 1 || got[0].Title != "Lina" || got[0].Until.IsZero() != page.Private {
				t.Errorf("%s: %+v %v", page.ID, got, err)
			}
		}
		if want := []int{2, 3}[i]; one.calls != want {
			t.Errorf("%s: %d calls; want %d", page.ID, one.calls, want)
		}
	}
	one.answer = func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) { return nil, errors.New("down") }
	if got, err := p.Render(t.Context(), "fr", []slot.Item{{Key: "a", Page: "agenda/mine"}}); len(got) != 0 || problem.CodeOf(err) != "plugin_down" {
		t.Errorf("%+v %v", got, err)
	}
}

// Only a page that has nothing else to show is waited for longer; a plugin that
// is down is asked again at once, and so has not to be up first.
func TestWhatIsWaitedFor(t *testing.T) {
	changed := commitlog.Seq(1)
	one := &plugins{m: &manifest.Manifest{Pages: []manifest.Page{{ID: "all", Path: "/"}}, Blocks: []manifest.Block{{ID: "next"}},
		Rights: []manifest.Right{{Collection: "agenda", Verbs: []access.Verb{access.Read}}}}}
	p := New(Options{Plugins: one, Changed: func(content.CollectionID) commitlog.Seq { return changed }, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	down := func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) {
		return nil, problem.New(problem.Unavailable, "plugin_down", nil)
	}
	up := each(func(*pluginpb.RenderItem) *pluginpb.Rendered { return &pluginpb.Rendered{Html: "x"} })
	page, block := slot.Item{Key: "p", Page: "agenda/all"}, slot.Item{Key: "b", Block: "agenda/next"}
	for i, c := range []struct {
		answer func(*pluginpb.RenderRequest) (*pluginpb.RenderResponse, error)
		items  []slot.Item
		lasts  time.Duration
		due    time.Duration // 0: when the call ends
		waits  time.Duration
		shown  int
	}{
		{down, []slot.Item{block}, Patience, Budget, 0, 0},
		{down, []slot.Item{block, page}, Patience, 0, Patience, 0},
		{up, []slot.Item{block, page}, Patience, 0, Patience, 2},
		{down, []slot.Item{block, page}, Patience, Budget, 0, 2},
	} {
		one.answer = c.answer
		changed++
		got, _ := p.Render(t.Context(), "fr", c.items)
		if one.calls != i+1 || one.called.Lasts != c.lasts || one.called.Due != c.due || one.called.Waits != c.waits || len(got) != c.shown {
			t.Errorf("%d: %d calls, %+v, %d shown", i, one.calls, one.called, len(got))
		}
	}
}

// An answer that comes too late for a visitor is there for the next.
func TestLateAnswers(t *testing.T) {
	one := &plugins{m: &manifest.Manifest{Blocks: []manifest.Block{{ID: "next"}}}}
	p := New(Options{Plugins: one, Changed: func(content.CollectionID) commitlog.Seq { return 1 }, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Budget: time.Millisecond})
	answers := make(chan struct{})
	one.answer = func(r *pluginpb.RenderRequest) (*pluginpb.RenderResponse, error) {
		<-answers
		return each(func(*pluginpb.RenderItem) *pluginpb.Rendered { return &pluginpb.Rendered{Title: "Demain"} })(r)
	}
	items := []slot.Item{{Key: "a", Block: "agenda/next"}}
	if got, err := p.Render(t.Context(), "fr", items); err != nil || len(got) != 0 {
		t.Fatalf("before it answers: %+v %v", got, err)
	}
	close(answers)
	for deadline := time.Now().Add(time.Minute); ; {
		got, err := p.Render(t.Context(), "fr", items)
		if err == nil && len(got) == 1 && got[0].Title == "Demain" && !got[0].Stale {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v %v", got, err)
		}
		time.Sleep(time.Millisecond)
	}
}

// What may be on a page may be there without attributes, too.
func TestElementsOfPages(t *testing.T) {
	p := New(Options{})
	for _, name := range elements {
		html := "<" + name + ">"
		got, err := p.harmless("agenda", &pluginpb.Rendered{Html: html})
		if err != nil || string(got.HTML) != html {
			t.Errorf("%s became %q (%v)", html, got.HTML, err)
		}
	}
}

// Headings have ids that are the plugin's own, and search engines are told what
// cannot end the script that it stands in.
func TestIDsAndStructuredData(t *testing.T) {
	p := New(Options{})
	got, err := p.harmless("agenda", &pluginpb.Rendered{Html: `<h2 id="agenda-form">A</h2><h2 id="content">B</h2><p id="agenda-p">C</p>`,
		StructuredJson: []byte(`{"@context": "https://schema.org", "@type": "Event", "name": "</script><script>alert(1)"}`)})
	if err != nil || string(got.HTML) != `<h2 id="agenda-form">A</h2><h2>B</h2><p>C</p>` {
		t.Errorf("%q %v", got.HTML, err)
	}
	if s := string(got.Structured); !strings.Contains(s, `\u003c/script\u003e`) || strings.ContainsAny(s, "<>&") {
		t.Errorf("%s", s)
	}
	for what, raw := range map[string]string{"no JSON": `{`, "a list": `[]`, "another context": `{"@context": "https://example.org"}`,
		"too much": `{"@context": "https://schema.org", "name": "` + strings.Repeat("x", maxStructured) + `"}`} {
		if _, err := p.harmless("agenda", &pluginpb.Rendered{Html: "<p>", StructuredJson: []byte(raw)}); err == nil {
			t.Errorf("%s passes", what)
		}
	}
}

// Copies of a sort that nobody asks for again make room.
func TestCopiesAreBounded(t *testing.T) {
	one := &plugins{m: &manifest.Manifest{Pages: []manifest.Page{{ID: "month", Path: "/{month}"}}}}
	one.answer = each(func(*pluginpb.RenderItem) *pluginpb.Rendered {
		return &pluginpb.Rendered{Html: strings.Repeat("x", maxHTML)}
	})
	p := New(Options{Plugins: one, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	for i := range keptBytes/maxHTML + 10 {
		item := slot.Item{Page: "agenda/month", Places: map[string]string{"month": strings.Repeat("m", i)}}
		if _, err := p.Render(t.Context(), "fr", []slot.Item{item}); err != nil {
			t.Fatal(err)
		}
	}
	if p.bytes > keptBytes || len(p.kept) < 10 {
		t.Errorf("%d bytes in %d copies", p.bytes, len(p.kept))
	}
}

func TestHarmless(t *testing.T) {
	p := New(Options{})
	for html, want := range map[string]string{
		`<p onclick="x()">a<script>alert(1)</script></p>`:                  `<p>a</p>`,
		`<a href="javascript:x">a</a>`:                                     `a`,
		`<a href="/fr/x">a</a>`:                                            `<a href="/fr/x">a</a>`,
		`<a href="https://example.org/">a</a>`:                             `<a href="https://example.org/" rel="nofollow noreferrer">a</a>`,
		`<img src="https://spy.example/x.png" alt="a">`:                    `<img alt="a">`,
		`<img src="/api/v1/assets/01A/file" alt="a">`:                      `<img src="/api/v1/assets/01A/file" alt="a">`,
		`<div style="position:fixed">a</div>`:                              `<div>a</div>`,
		`<iframe src="/"></iframe><object></object>`:                       ``,
		`<form method="post" action="/api/v1/plugins/agenda/register">`:    `<form method="post" action="/api/v1/plugins/agenda/register">`,
		`<form method="post" action="/api/v1/plugins/agenda/../../users">`: `<form method="post">`,
		`<form method="post" action="/api/v1/plugins/other/register">`:     `<form method="post">`,
		`<form method="post" action="https://evil.example/">`:              `<form method="post">`,
		`<input type="password" name="p">`:                                 `<input name="p">`,
		`<base href="https://evil.example/"><meta http-equiv="refresh">`:   ``,
	} {
		got, err := p.harmless("agenda", &pluginpb.Rendered{Html: html})
		if err != nil || string(got.HTML) != want {
			t.Errorf("%s became %s, not %s (%v)", html, got.HTML, want, err)
		}
	}
	for name, r := range map[string]*pluginpb.Rendered{
		"both":   {Html: "x", TreeJson: []byte(`{"type":"divider"}`)},
		"large":  {Html: strings.Repeat("x", maxHTML+1)},
		"button": {TreeJson: []byte(`{"type":"button","label":"x","action":"y"}`)},
	} {
		if _, err := p.harmless("agenda", r); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
