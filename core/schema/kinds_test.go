package schema

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/markup"
)

const (
	entryA = "01HZXW3K9Q5T7V8B2N4M6P0RSA"
	entryB = "01HZXW3K9Q5T7V8B2N4M6P0RSB"
)

// codes tells an error's faults as "pointer code", joined by commas.
func codes(err error) string {
	if err == nil {
		return ""
	}
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return "not a problem: " + err.Error()
	}
	return faultCodes(e.Fields)
}

func faultCodes(faults []problem.Field) string {
	var out []string
	for _, f := range faults {
		out = append(out, strings.TrimSpace(f.Pointer+" "+f.Code))
	}
	return strings.Join(out, ",")
}

func fieldOfKind(kind, settings string) Field {
	f := Field{ID: "f", Name: "f", Kind: kind}
	if settings != "" {
		f.Settings = json.RawMessage(settings)
	}
	return f
}

type kindCase struct {
	kind, settings string
	in             any
	want           any
	wrong          string // the faults instead
}

func list(items ...any) []any { return items }

type object = map[string]any

var kindCases = []kindCase{
	// text: one line, NFC, trimmed; lengths in characters
	{"text", "", "  Béjaïa\n ", "Béjaïa", ""},
	{"text", "", "", nil, ""},
	{"text", "", nil, nil, ""},
	{"text", "", 3.0, nil, "not_text"},
	{"text", "", "a\x00b", nil, "text_control"},
	{"text", "", "a\xffb", nil, "text_not_utf8"},
	{"text", `{"max_length":6}`, "جمعيات", "جمعيات", ""},
	{"text", `{"max_length":5}`, "جمعيات", nil, "text_too_long"},
	{"text", `{"pattern":"W[0-9]{9}"}`, "W751234567", "W751234567", ""},
	{"text", `{"pattern":"W[0-9]{9}"}`, "xW751234567", nil, "text_pattern"},
	{"text", `{"pattern":"W","pattern_help":{"fr":"un W"}}`, "x", nil, "text_pattern_help"},
	{"text", "", strings.Repeat("é", maxLine+1), nil, "text_too_long"},
	// longtext: lines stay
	{"longtext", "", "\n \na\r\n  b\n\n", "a\n  b", ""},
	{"longtext", `{"max_length":3}`, "abcd", nil, "text_too_long"},
	// markdown
	{"markdown", "", "# T\n\n[x](entry:" + entryA + ") ![y](asset:a1)", "# T\n\n[x](entry:" + entryA + ") ![y](asset:a1)", ""},
	{"markdown", "", "[x](entry:nope)", nil, "markdown_bad_reference"},
	{"markdown", "", "![x](asset:)", nil, "markdown_bad_reference"},
	{"markdown", "", "`[x](entry:nope)`", "`[x](entry:nope)`", ""},
	// number
	{"number", "", 1.5, 1.5, ""},
	{"number", "", json.Number("12"), 12.0, ""},
	{"number", "", 12, 12.0, ""},
	{"number", "", "12", nil, "not_number"},
	{"number", "", math.Inf(1), nil, "not_number"},
	{"number", "", math.NaN(), nil, "not_number"},
	{"number", `{"integer":true}`, 1.5, nil, "number_not_whole"},
	{"number", `{"integer":true}`, 1e17, nil, "number_not_whole"},
	{"number", `{"min":0,"max":10}`, -1.0, nil, "number_too_small"},
	{"number", `{"min":0,"max":10}`, 11.0, nil, "number_too_large"},
	{"number", `{"min":0,"max":10}`, 0.0, 0.0, ""},
	// boolean
	{"boolean", "", false, false, ""},
	{"boolean", "", "true", nil, "not_boolean"},
	// date
	{"date", "", "2024-02-29", "2024-02-29", ""},
	{"date", "", "2023-02-29", nil, "date_format"},
	{"date", "", "29/02/2024", nil, "date_format"},
	{"date", "", "2007", nil, "date_too_coarse"},
	{"date", `{"precision":"month"}`, "2007-04", "2007-04", ""},
	{"date", `{"precision":"month"}`, "2007", nil, "date_too_coarse"},
	{"date", `{"precision":"year"}`, "2007", "2007", ""},
	{"date", `{"precision":"year","min":"2007-06","max":"2010"}`, "2007", nil, "date_too_early"},
	{"date", `{"precision":"year","min":"2007-06","max":"2010"}`, "2010-12-31", "2010-12-31", ""},
	{"date", `{"max":"2010"}`, "2011-01-01", nil, "date_too_late"},
	// datetime
	{"datetime", "", "2007-10-12T09:30:00+01:00", "2007-10-12T08:30:00Z", ""},
	{"datetime", "", "2007-10-12T09:30:00.75Z", "2007-10-12T09:30:00Z", ""},
	{"datetime", "", "2007-10-12T09:30:00", nil, "datetime_format"},
	{"datetime", "", "0001-01-01T00:00:00+02:00", nil, "datetime_format"},
	{"datetime", `{"min":"2020-01-01T00:00:00Z"}`, "2019-12-31T23:59:59Z", nil, "date_too_early"},
	{"datetime", `{"max":"2020-01-01T00:00:00Z"}`, "2020-01-01T00:30:00-01:00", nil, "date_too_late"},
	// period
	{"period", "", object{"start": "2007-04-01", "end": "2008-03-31"}, object{"start": "2007-04-01", "end": "2008-03-31"}, ""},
	{"period", "", object{"start": "2008-04-01", "end": "2007-03-31"}, nil, "/end period_reversed"},
	{"period", `{"precision":"year"}`, object{"start": "2007-06", "end": "2007"}, object{"start": "2007-06", "end": "2007"}, ""},
	{"period", "", object{"start": "2007-04-01"}, object{"start": "2007-04-01"}, ""},
	{"period", "", object{"start": "", "end": nil}, nil, ""},
	{"period", "", object{"start": "x", "stop": "y"}, nil, "/stop value_unknown"},
	{"period", `{"times":true}`, object{"start": "2007-04-01T10:00:00+01:00"}, object{"start": "2007-04-01T09:00:00Z"}, ""},
	{"period", "", object{"start": "x", "end": 3.0}, nil, "/start date_format,/end not_text"},
	{"period", "", "2007", nil, "not_object"},
	// select
	{"select", `{"options":[{"value":"a"},{"value":"b"}]}`, "a", "a", ""},
	{"select", `{"options":[{"value":"a"},{"value":"b"}]}`, "c", nil, "select_unknown"},
	{"select", `{"options":[{"value":"a"},{"value":"b"}],"multiple":true}`, list("b", "a", "b"), list("a", "b"), ""},
	{"select", `{"options":[{"value":"a"},{"value":"b"}],"multiple":true}`, "b", list("b"), ""},
	{"select", `{"options":[{"value":"a"},{"value":"b"}],"multiple":true,"max":1}`, list("b", "a"), nil, "list_too_long"},
	{"select", `{"options":[{"value":"a"}],"multiple":true}`, list("a", "z", 3.0), nil, "/1 select_unknown,/2 not_text"},
	// terms and relation
	{"terms", `{"scheme":"themes"}`, list(strings.ToLower(entryA), entryB, entryA), list(entryA, entryB), ""},
	{"terms", `{"scheme":"themes"}`, list(), nil, ""},
	{"relation", `{"to":["x"]}`, entryA, entryA, ""},
	{"relation", `{"to":["x"]}`, object{"id": entryA, "title": "populated"}, entryA, ""},
	{"relation", `{"to":["x"]}`, list(entryA), nil, "not_entry_id"},
	{"relation", `{"to":["x"]}`, "a-slug", nil, "not_entry_id"},
	{"relation", `{"to":["x"],"many":true}`, list(entryB, object{"id": entryA}), list(entryB, entryA), ""},
	{"relation", `{"to":["x"],"many":true}`, list("nope"), nil, "/0 not_entry_id"},
	{"relation", `{"to":["x"],"many":true,"max":1}`, list(entryA, entryB), nil, "list_too_long"},
	// asset and gallery
	{"asset", "", "a1", "a1", ""},
	{"asset", "", "../x", nil, "not_asset_id"},
	{"gallery", "", list("a1", object{"asset": "a2", "caption": " Légende "}), list(object{"asset": "a1"}, object{"asset": "a2", "caption": "Légende"}), ""},
	{"gallery", "", list(object{"caption": "x"}), nil, "/0/asset not_asset_id"},
	{"gallery", `{"max":1}`, list("a", "b"), nil, "list_too_long"},
	{"gallery", "", list(object{"asset": "a", "caption": strings.Repeat("x", maxCaption+1)}), nil, "/0/caption text_too_long"},
	// geopoint: what may not be shown is not kept
	{"geopoint", "", object{"lat": 36.7525001, "lon": 5.0566999}, object{"lat": 36.7525, "lon": 5.0567}, ""},
	{"geopoint", `{"precision":true}`, object{"lat": 36.7525, "lon": 5.0567, "precision": "commune"}, object{"lat": 36.75, "lon": 5.06, "precision": "commune"}, ""},
	{"geopoint", `{"precision":true}`, object{"lat": 36.7525, "lon": 5.0567, "precision": "hidden"}, object{"precision": "hidden"}, ""},
	{"geopoint", "", object{"lat": 91.0, "lon": 0.0}, nil, "/lat geopoint_range"},
	{"geopoint", "", object{"lat": -0.0000001, "lon": 0.0}, object{"lat": 0.0, "lon": 0.0}, ""},
	{"geopoint", `{"precision":true}`, object{"lat": 1.0, "lon": 0.0, "precision": "about"}, nil, "/precision select_unknown"},
	// address
	{"address", `{"country":"DZ"}`, object{"street": "1, rue A\nBât. B", "postcode": "06000", "commune": "Béjaïa", "territory": "06"},
		object{"street": "1, rue A\nBât. B", "postcode": "06000", "commune": "Béjaïa", "territory": "06", "country": "DZ"}, ""},
	{"address", `{"country":"DZ"}`, object{"postcode": "600"}, nil, "/postcode postcode_format"},
	{"address", `{"country":"DZ"}`, object{"country": "dz"}, nil, ""},
	{"address", "", object{"country": "Algeria"}, nil, "/country text_too_long"},
	{"address", "", object{"town": "x"}, nil, "/town value_unknown"},
	// email
	{"email", "", " Nom.Prenom+pact@Exemple.DZ ", "Nom.Prenom+pact@exemple.dz", ""},
	{"email", "", "a@éxemple.fr", "a@xn--xemple-9ua.fr", ""},
	{"email", "", "a@b", nil, "email_format"},
	{"email", "", "a b@c.dz", nil, "email_format"},
	{"email", "", ".a@c.dz", nil, "email_format"},
	{"email", "", "a@-c.dz", nil, "email_format"},
	{"email", "", strings.Repeat("a", 65) + "@c.dz", nil, "email_format"},
	// url
	{"url", "", "HTTPS://Exemple.DZ/Chemin?q=é#x", "https://exemple.dz/Chemin?q=é#x", ""},
	{"url", "", "http://جمعية.dz/", "http://xn--ogbf3b7b0a.dz/", ""},
	{"url", "", "javascript:alert(1)", nil, "url_format"},
	{"url", "", "ftp://a.dz", nil, "url_scheme"},
	{"url", "", "www.a.dz", nil, "url_scheme"},
	{"url", "", "https://u:p@a.dz", nil, "url_credentials"},
	{"url", "", "https://", nil, "url_format"},
	{"url", "", "https://a.dz/" + strings.Repeat("x", maxURL), nil, "url_too_long"},
	// phone
	{"phone", "", "021 23 45 67", "+21321234567", ""},
	{"phone", "", "0550-12-34-56", "+213550123456", ""},
	{"phone", "", "٠٥٥٠ ١٢ ٣٤ ٥٦", "+213550123456", ""},
	{"phone", "", "+213 (0)550 12 34 56", "+213550123456", ""},
	{"phone", "", "00 33 1 23 45 67 89", "+33123456789", ""},
	{"phone", `{"country":"FR"}`, "01.23.45.67.89", "+33123456789", ""},
	{"phone", "", "0150123456", nil, "phone_format"},
	{"phone", "", "1548", nil, "phone_format"},
	{"phone", "", "+44 20 7946 0958", "+442079460958", ""},
	{"phone", "", "call me", nil, "phone_format"},
	// slug
	{"slug", "", "Études & Rapports : l’été 2024", "etudes-rapports-l-ete-2024", ""},
	{"slug", "", "جمعيّة الطفولة", "جمعية-الطفولة", ""},
	{"slug", `{"latin":true}`, "جمعية الطفولة", "djmaia-altfoula", ""},
	{"slug", "", "!!!", nil, "slug_empty"},
	{"slug", "", entryA, nil, "slug_like_id"},
	// json
	{"json", "", object{"a": list(1, true, nil, "x")}, object{"a": list(1.0, true, nil, "x")}, ""},
	{"json", `{"max_depth":1}`, object{"a": list()}, nil, "/a json_too_deep"},
	{"json", `{"max_bytes":5}`, "abcdef", nil, "json_too_large"},
	{"json", "", list(math.Inf(1)), nil, "/0 json_value"},
}

func TestNormalize(t *testing.T) {
	k := Builtin()
	for _, c := range kindCases {
		f := fieldOfKind(c.kind, c.settings)
		if err := k[c.kind].CheckSettings(f.Settings); err != nil {
			t.Errorf("%s %s: settings: %v", c.kind, c.settings, err)
			continue
		}
		got, err := k[c.kind].Normalize(f, c.in)
		if codes(err) != c.wrong {
			t.Errorf("%s %s: %v: faults %q, want %q", c.kind, c.settings, c.in, codes(err), c.wrong)
			continue
		}
		if err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: %v: %#v, want %#v", c.kind, c.settings, c.in, got, c.want)
		}
		if err != nil {
			continue
		}
		again, err := k[c.kind].Normalize(f, got)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s %s: %v: not idempotent: %#v then %#v, %v", c.kind, c.settings, c.in, got, again, err)
		}
	}
}

// No fault tells what a person wrote: problems are logged.
func TestFaultsDoNotTellValues(t *testing.T) {
	k := Builtin()
	const canary = "CanarySecret"
	for kind, settings := range map[string]string{
		"text": `{"pattern":"x"}`, "longtext": `{"max_length":1}`, "date": "", "datetime": "", "select": `{"options":[{"value":"a"}]}`,
		"relation": `{"to":["x"]}`, "asset": "", "email": "", "url": "", "phone": "", "number": "", "boolean": "",
	} {
		_, err := k[kind].Normalize(fieldOfKind(kind, settings), canary+"/../\t@")
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestCheckSettingsIsStrict(t *testing.T) {
	k := Builtin()
	for _, c := range []struct{ kind, settings, want string }{
		{"text", `{"max_lenght":3}`, "/max_lenght definition_unknown"},
		{"text", `{"Max_Length":3}`, "/Max_Length definition_unknown"},
		{"text", `{"max_length":3,"max_length":4}`, "/max_length definition_twice"},
		{"text", `{"max_length":"3"}`, "/max_length definition_type"},
		{"text", `{"max_length":-1}`, "/max_length definition_range"},
		{"text", `{"min_length":5,"max_length":3}`, "/min_length definition_min_over_max"},
		{"text", `{"pattern":"("}`, "/pattern definition_pattern"},
		{"text", `{"pattern":"` + strings.Repeat("a", maxPatternBytes+1) + `"}`, "/pattern definition_too_long"},
		{"text", `{"pattern_help":{"Français":"x"}}`, "/pattern_help/Français definition_locale"},
		{"text", `[]`, "definition_type"},
		{"text", `null`, ""},
		{"boolean", `{"x":1}`, "/x definition_unknown"},
		{"number", `{"min":2,"max":1}`, "/min definition_min_over_max"},
		{"date", `{"precision":"hour"}`, "/precision definition_choice"},
		{"date", `{"min":"soon"}`, "/min definition_date"},
		{"datetime", `{"min":"2007"}`, "/min definition_datetime"},
		{"period", `{"times":true,"precision":"year"}`, "/precision definition_either"},
		{"select", `{}`, "/options definition_count"},
		{"select", `{"options":[{"value":"a"},{"value":"a"},{"value":"é"},{"labl":{}}]}`, "/options/3/labl definition_unknown"},
		{"select", `{"options":[{"value":"a"},{"value":"a"},{"value":"é"}]}`, "/options/1/value definition_twice,/options/2/value definition_option"},
		{"relation", `{}`, "/to definition_count"},
		{"relation", `{"to":["a"],"back":{"name":"No"}}`, "/back/name definition_name"},
		{"terms", `{}`, "/scheme definition_option"},
		{"asset", `{"media_types":["pdf"]}`, "/media_types/0 definition_media_type"},
		{"address", `{"country":"dz","required":["town"]}`, "/country definition_country,/required/0 definition_choice"},
		{"phone", `{"country":"XX"}`, "/country definition_choice"},
		{"json", `{"max_bytes":99999999}`, "/max_bytes definition_range"},
		{"group", `{"fields":[{"id":"a","name":"a","kind":"text","settings":{"x":1}}]}`, "/fields/0/settings/x definition_unknown"},
		{"group", `{"fields":[{"id":"a","name":"a","kind":"txt"}]}`, "/fields/0/kind definition_kind"},
		{"list", `{"fields":[{"id":"id","name":"a","kind":"text"}]}`, "/fields/0/id definition_reserved"},
		{"list", `{"fields":[{"id":"a","name":"a","kind":"text","localized":true}]}`, "/fields/0/localized definition_top_only"},
		{"blocks", `{}`, "/types definition_count"},
		{"blocks", `{"inherit":true}`, "/inherit definition_inherit"},
	} {
		if got := codes(k[c.kind].CheckSettings(json.RawMessage(c.settings))); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.kind, c.settings, got, c.want)
		}
	}
}

func TestIncomplete(t *testing.T) {
	k := Builtin()
	for _, c := range []struct {
		kind, settings string
		in             any
		want           string
	}{
		{"text", `{"min_length":3}`, "ab", "/f text_too_short"},
		{"text", `{"min_length":2}`, "éà", ""},
		{"period", "", object{"start": "2007-01-01"}, "/f/end period_end_missing"},
		{"period", `{"end_optional":true}`, object{"start": "2007-01-01"}, ""},
		{"period", `{"start_optional":true}`, object{"start": "2007-01-01"}, "/f/end period_end_missing"},
		{"relation", `{"to":["x"],"many":true,"min":2}`, list(entryA), "/f list_too_short"},
		{"address", `{"required":["commune","street"]}`, object{"commune": "x"}, "/f/street field_required"},
		{"gallery", `{"min":2}`, list(object{"asset": "a"}), "/f list_too_short"},
		{"list", `{"fields":[{"id":"a","name":"b","kind":"text","required":true}]}`, list(object{"id": "1"}, object{"id": "2", "a": "x"}), "/f/0/b field_required"},
	} {
		f := fieldOfKind(c.kind, c.settings)
		if got := faultCodes(k.complete(f, c.in)); got != c.want {
			t.Errorf("%s %s %v: %q, want %q", c.kind, c.settings, c.in, got, c.want)
		}
	}
	f := fieldOfKind("text", "")
	f.Required = true
	if got := faultCodes(k.complete(f, nil)); got != "/f field_required" {
		t.Errorf("required: %q", got)
	}
}

func TestAllowsMedia(t *testing.T) {
	f := fieldOfKind("asset", `{"media_types":["image/*","application/pdf"]}`)
	for media, want := range map[string]bool{"image/png": true, "application/pdf; x=1": true, "IMAGE/JPEG": true, "text/html": false, "imagex/png": false} {
		if AllowsMedia(f, media) != want {
			t.Errorf("%s: %v", media, !want)
		}
	}
	if !AllowsMedia(fieldOfKind("gallery", ""), "video/mp4") {
		t.Error("any media type fits a field without limits")
	}
}

func TestCellsAndText(t *testing.T) {
	k := Builtin()
	for _, c := range []struct {
		kind, settings string
		in             any
		cells          []any
		text           []string
	}{
		{"text", "", "x", list("x"), []string{"x"}},
		{"date", `{"precision":"year"}`, "2007", list("2007-01-01"), nil},
		{"period", `{"precision":"year"}`, object{"end": "2008-05"}, list("2008-05-01"), nil},
		{"select", `{"options":[{"value":"a","label":{"fr":"Un","ar":"واحد"}}]}`, "a", list("a"), []string{"واحد", "Un"}},
		{"relation", `{"to":["x"],"many":true}`, list(entryA), list(entryA), nil},
		{"gallery", "", list(object{"asset": "a", "caption": "c"}, object{"asset": "b"}), list("a", "b"), []string{"c"}},
		{"geopoint", "", object{"lat": 1.0, "lon": 2.0}, list(1.0, 2.0), nil},
		{"geopoint", `{"precision":true}`, object{"precision": "hidden"}, nil, nil},
		{"number", "", nil, nil, nil},
	} {
		f := fieldOfKind(c.kind, c.settings)
		if got := k[c.kind].(Columner).Cells(f, c.in); !reflect.DeepEqual(got, c.cells) {
			t.Errorf("%s: cells %v, want %v", c.kind, got, c.cells)
		}
		if texter, ok := k[c.kind].(Texter); ok {
			if got := texter.Text(f, c.in); !reflect.DeepEqual(got, c.text) {
				t.Errorf("%s: text %q, want %q", c.kind, got, c.text)
			}
		}
	}
}

func TestMarkdownTextAndRefs(t *testing.T) {
	source := "# Titre & *fort*\n\nUn [lien](https://x.dz) <b>gras</b> ![vue](asset:a1) et <entry:" + strings.ToLower(entryA) + ">.\n\n" +
		"<script>alert(1)</script>\n\n| a | b |\n|---|---|\n| c | d |\n\n- un\n- deux[^1]\n\n```\ncode <x>\n```\n\n[^1]: note [r](entry:" + entryB + ")\n"
	want := "Titre & fort\nUn lien gras vue et entry:" + strings.ToLower(entryA) + ".\na\tb\nc\td\nun\ndeux\ncode <x>\nnote r"
	got := markup.Text(source)
	if got := strings.Join(strings.Fields(got), " "); got != strings.Join(strings.Fields(want), " ") {
		t.Errorf("%q, want %q", got, want)
	}
	refs := markdownKind{}.Refs(Field{}, source)
	wantRefs := []content.Ref{{Kind: content.RefAsset, ID: "a1"}, {Kind: content.RefEntry, ID: entryA}, {Kind: content.RefEntry, ID: entryB}}
	if !reflect.DeepEqual(refs, wantRefs) {
		t.Errorf("%v", refs)
	}
}

func TestHostileMarkdownIsRefused(t *testing.T) {
	_, err := markdownKind{}.Normalize(fieldOfKind("markdown", ""), strings.Repeat("*a_ ", 50_000))
	if codes(err) != "markdown_too_complex" {
		t.Error(err)
	}
}
