package markdown

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/recueil-cms/recueil/core/content"
)

const someEntry = "01ARZ3NDEKTSV4RRFFQ69G5FAV"

func links(ref content.Ref) (Link, bool) {
	switch ref.ID {
	case someEntry:
		return Link{URL: "/etudes/eau?a=1&b=2", Title: `L'<eau>`}, true
	case "pic":
		return Link{URL: "/assets/pic.png", Width: 640, Height: 480}, true
	case "bad":
		return Link{URL: "javascript:alert(1)"}, true
	}
	return Link{}, false
}

func TestMarkdown(t *testing.T) {
	m := New(1 << 20)
	for source, want := range map[string]string{
		"":                   "",
		"Une *eau* **vive**": `<p dir="auto">Une <em>eau</em> <strong>vive</strong></p>`,
		"# الجمعيات في 2007": `<h1 id="s-الجمعيات-في-2007" dir="auto">الجمعيات في 2007</h1>`,
		"## Éducation\n\n## Éducation": `<h2 id="s-éducation" dir="auto">Éducation</h2>` + "\n" +
			`<h2 id="s-éducation-2" dir="auto">Éducation</h2>`,
		"# !":                            `<h1 id="s" dir="auto">!</h1>`,
		"- un":                           "<ul>\n" + `<li dir="auto">un</li>` + "\n</ul>",
		"~~non~~":                        `<p dir="auto"><del>non</del></p>`,
		"a<b>c</b>":                      `<p dir="auto">ac</p>`,
		"[x](https://ailleurs.example/)": `<p dir="auto"><a href="https://ailleurs.example/" rel="noopener nofollow">x</a></p>`,
		"[x](//ailleurs.example)":        `<p dir="auto"><a href="//ailleurs.example" rel="noopener nofollow">x</a></p>`,
		"[x](/ici#la)":                   `<p dir="auto"><a href="/ici#la">x</a></p>`,
		"www.exemple.org":                `<p dir="auto"><a href="http://www.exemple.org" rel="noopener nofollow">www.exemple.org</a></p>`,
		"[x](javascript:alert(1))":       `<p dir="auto"><a>x</a></p>`,
		"![plan](https://ailleurs.example/p.png)": `<p dir="auto"><a href="https://ailleurs.example/p.png" rel="noopener nofollow">plan</a></p>`,
		"![plan](data:image/png;base64,AAAA)":     `<p dir="auto"><a>plan</a></p>`,
		"[x](entry:" + someEntry + ")":            `<p dir="auto"><a href="/etudes/eau?a=1&amp;b=2">x</a></p>`,
		"[x](entry:01ARZ3NDEKTSV4RRFFQ69G5FAA)":   `<p dir="auto"><a>x</a></p>`,
		"![](entry:" + someEntry + ")":            `<p dir="auto"><a href="/etudes/eau?a=1&amp;b=2" class="embed">L&#39;&lt;eau&gt;</a></p>`,
		"![vue](asset:pic)":                       `<p dir="auto"><img src="/assets/pic.png" width="640" height="480" alt="vue" loading="lazy"></p>`,
		"[![vue](asset:pic)](/x)":                 `<p dir="auto"><a href="/x"><img src="/assets/pic.png" width="640" height="480" alt="vue" loading="lazy"></a></p>`,
		"[![vue](https://b.example/)](/x)":        `<p dir="auto"><a href="/x">vue</a></p>`,
		"[x](asset:bad)":                          `<p dir="auto"><a href="">x</a></p>`,
		`x href="asset:pic" y`:                    `<p dir="auto">x href=&#34;asset:pic&#34; y</p>`,
		"```go\nx\n```":                           "<pre><code class=\"language-go\">x\n</code></pre>",
	} {
		for _, keep := range []bool{false, true, true} {
			if got := strings.TrimSpace(m.Render(source, keep).HTML(links)); got != want {
				t.Errorf("%s:\n got %s\nwant %s", source, got, want)
			}
		}
	}
	table := m.Render("|a|b|\n|:-|-:|\n|1|2|", false).HTML(nil)
	if !strings.Contains(table, `<td align="left" dir="auto">1</td>`) || !strings.Contains(table, "<thead>") {
		t.Errorf("table: %s", table)
	}
	one, two := m.Render("a[^1]\n\n[^1]: n", false).HTML(nil), m.Render("b[^1]\n\n[^1]: n", false).HTML(nil)
	id := regexp.MustCompile(` id="([^"]*fn:1)"`)
	a, b := id.FindStringSubmatch(one), id.FindStringSubmatch(two)
	if a == nil || b == nil || a[1] == b[1] || !strings.Contains(one, `href="#`+a[1]+`"`) {
		t.Errorf("footnotes of two texts on one page clash or lead nowhere:\n%s\n%s", one, two)
	}
}

func TestMarkdownCacheIsBounded(t *testing.T) {
	m := New(10_000)
	for i := range 500 {
		m.Render(fmt.Sprintf("texte %d", i), true)
	}
	if m.kept.size > 10_000 || len(m.kept.byKey) != m.kept.order.Len() || m.kept.order.Len() == 0 {
		t.Errorf("%d bytes in %d texts, %d in order", m.kept.size, len(m.kept.byKey), m.kept.order.Len())
	}
	m = New(1 << 20)
	m.Render("un secret", false)
	if len(m.kept.byKey) != 0 {
		t.Error("a text that must not be kept was kept")
	}
}

// TestMarkdownSurvivesHostileTexts: none of the shapes that are known to make
// parsers slow takes more than moments.
func TestMarkdownSurvivesHostileTexts(t *testing.T) {
	m := New(0)
	for _, unit := range []string{"[", "![", "*a ", "_a*", "`", "> ", "- ", "<", "[a](", "|", "\\", "~", "&#", "[^1]: a\n", "a[^1]", "http://", "# a\n"} {
		start := time.Now()
		m.Render(strings.Repeat(unit, 100_000/len(unit)), false)
		if took := time.Since(start); took > 2*time.Minute { // moments, however slow the machine
			t.Errorf("%q repeated takes %v", unit, took)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{"# a\n[x](javascript:alert(1))", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
		"[a](<javascript:x>)", "![x](asset:pic \"t\" onload=x)", "[x](entry:" + someEntry + " \"on\\\"click=1\")", "a[^1]\n\n[^1]: <b>",
		"[x]: java&#115;cript:x\n\n[x]", "<svg/onload=1>", "|a|\n|-|\n|<x>|", "``` x\" onclick=\"y\n```", `href="asset:pic"`, "<a href=\"asset:pic\">"} {
		f.Add(seed)
	}
	m := New(0)
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 20_000 {
			return
		}
		out := m.Render(source, false).HTML(links)
		if err := harmless(out); err != nil {
			t.Fatalf("%q gave %q: %v", source, out, err)
		}
	})
}

var harmlessAttributes = map[string]bool{"dir": true, "id": true, "class": true, "role": true, "align": true, "start": true,
	"href": true, "rel": true, "src": true, "alt": true, "loading": true, "title": true, "width": true, "height": true}

// harmless reads HTML as a browser does, without the sanitiser, and says what
// of it could do something.
func harmless(out string) error {
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return nil
		case html.CommentToken, html.DoctypeToken:
			return fmt.Errorf("token %s", z.Raw())
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			switch token.Data {
			case "p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4",
				"h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "sup", "div", "a", "img":
			default:
				return fmt.Errorf("element %s", token.Data)
			}
			for _, a := range token.Attr {
				if !harmlessAttributes[a.Key] {
					return fmt.Errorf("attribute %s", a.Key)
				}
				if (a.Key == "href" || a.Key == "src") && !harmlessURL(a.Val) {
					return fmt.Errorf("%s=%q", a.Key, a.Val)
				}
			}
		}
	}
}

// harmlessURL: as browsers read it, control characters and spaces taken out.
func harmlessURL(u string) bool {
	u = strings.ToLower(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, u))
	before, _, _ := strings.Cut(u, "/")
	before, _, _ = strings.Cut(before, "?")
	before, _, _ = strings.Cut(before, "#")
	scheme, _, has := strings.Cut(before, ":")
	return !has || scheme == "http" || scheme == "https" || scheme == "mailto" || scheme == "tel"
}

func BenchmarkMarkdown(b *testing.B) {
	text := strings.Repeat("## Un titre\n\nUne phrase avec *accent* et [lien](https://exemple.org).\n\n- un\n- deux\n\n", 16)
	for _, keep := range []bool{false, true} {
		b.Run(fmt.Sprintf("kept=%v", keep), func(b *testing.B) {
			m := New(1 << 20)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				m.Render(text, keep).HTML(links)
			}
		})
	}
}

func TestMarkdownHeadingIDsAreUnique(t *testing.T) {
	seen := headings{}
	all := map[string]bool{}
	for _, title := range []string{"a", "a", "a-2", "a", "A", "a 2", "!", "?"} {
		id := string(seen.Generate([]byte(title), 0))
		if all[id] {
			t.Errorf("%q gives %s again", title, id)
		}
		all[id] = true
	}
}
