// Package oai answers harvesters by OAI-PMH 2.0: how libraries take over what the
// site has on studies and experience sheets, as simple Dublin Core. Each
// collection is a set.
package oai

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/cite"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/feeds"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// harvested are the collections that are given, as far as visitors may read
// them.
var harvested = []string{"studies", "experiences"}

// pageSize is how many records one answer has.
const pageSize = 50

const stampLayout = "2006-01-02T15:04:05Z"

type answer struct {
	XMLName xml.Name `xml:"OAI-PMH"`
	Space   string   `xml:"xmlns,attr"`
	Date    string   `xml:"responseDate"`
	Request request  `xml:"request"`
	Error   *fault   `xml:"error,omitempty"`
	Body    any      `xml:",omitempty"`
}

type request struct {
	Attrs []xml.Attr `xml:",any,attr"`
	URL   string     `xml:",chardata"`
}

type fault struct {
	Code string `xml:"code,attr"`
	Text string `xml:",chardata"`
}

type identify struct {
	XMLName     xml.Name `xml:"Identify"`
	Name        string   `xml:"repositoryName"`
	Base        string   `xml:"baseURL"`
	Version     string   `xml:"protocolVersion"`
	Admin       string   `xml:"adminEmail"`
	Earliest    string   `xml:"earliestDatestamp"`
	Deleted     string   `xml:"deletedRecord"`
	Granularity string   `xml:"granularity"`
}

type formats struct {
	XMLName xml.Name `xml:"ListMetadataFormats"`
	Format  format   `xml:"metadataFormat"`
}

type format struct {
	Prefix    string `xml:"metadataPrefix"`
	Schema    string `xml:"schema"`
	Namespace string `xml:"metadataNamespace"`
}

type sets struct {
	XMLName xml.Name `xml:"ListSets"`
	Sets    []set    `xml:"set"`
}

type set struct {
	Spec string `xml:"setSpec"`
	Name string `xml:"setName"`
}

type header struct {
	Status string `xml:"status,attr,omitempty"`
	ID     string `xml:"identifier"`
	Stamp  string `xml:"datestamp"`
	Set    string `xml:"setSpec"`
}

type record struct {
	Header header      `xml:"header"`
	DC     *dublinCore `xml:"metadata>oai_dc:dc"`
}

// dublinCore is simple Dublin Core. Its prefixes are written out: encoding/xml has
// no namespaces with prefixes.
type dublinCore struct {
	OAI         string   `xml:"xmlns:oai_dc,attr"`
	DC          string   `xml:"xmlns:dc,attr"`
	XSI         string   `xml:"xmlns:xsi,attr"`
	Location    string   `xml:"xsi:schemaLocation,attr"`
	Title       []text   `xml:"dc:title"`
	Creator     []string `xml:"dc:creator"`
	Subject     []string `xml:"dc:subject"`
	Description []text   `xml:"dc:description"`
	Publisher   []string `xml:"dc:publisher"`
	Date        []string `xml:"dc:date"`
	Type        []string `xml:"dc:type"`
	Identifier  []string `xml:"dc:identifier"`
	Language    []string `xml:"dc:language"`
	Coverage    []string `xml:"dc:coverage"`
	Rights      []string `xml:"dc:rights"`
}

type text struct {
	Lang string `xml:"xml:lang,attr,omitempty"`
	Text string `xml:",chardata"`
}

type records struct {
	XMLName xml.Name
	Records []record `xml:"record,omitempty"`
	Headers []header `xml:"header,omitempty"`
	Token   *string  `xml:"resumptionToken,omitempty"`
}

func (e *fault) Error() string { return e.Code }

// verbs are the arguments that each verb takes.
var verbs = map[string][]string{
	"Identify": nil, "ListSets": {"resumptionToken"}, "ListMetadataFormats": {"identifier"},
	"GetRecord":       {"identifier", "metadataPrefix"},
	"ListIdentifiers": {"from", "until", "set", "metadataPrefix", "resumptionToken"},
	"ListRecords":     {"from", "until", "set", "metadataPrefix", "resumptionToken"},
}

// Repository is what answers harvesters: it reads as visitors do.
type Repository struct {
	*reader.Reader
	// Name and Email are those of who answers, URL the address.
	Name, Email, URL string
}

type harvest struct{ Repository }

// Answer answers a query; an error is a fault of ours, and no answer.
func (r Repository) Answer(query string) ([]byte, error) {
	h := &harvest{r}
	a := answer{Space: "http://www.openarchives.org/OAI/2.0/", Date: r.Now().UTC().Format(stampLayout), Request: request{URL: r.URL}}
	args, err := url.ParseQuery(query)
	body, failed := h.body(args, err)
	if failed != nil && !errors.As(failed, &a.Error) {
		return nil, failed
	}
	if a.Error == nil || a.Error.Code != "badVerb" && a.Error.Code != "badArgument" {
		for _, name := range append([]string{"verb"}, verbs[args.Get("verb")]...) {
			if value := args.Get(name); value != "" {
				a.Request.Attrs = append(a.Request.Attrs, xml.Attr{Name: xml.Name{Local: name}, Value: value})
			}
		}
	}
	a.Body = body
	return feeds.XML(a)
}

func (h *harvest) body(args url.Values, malformed error) (any, error) {
	verb := args.Get("verb")
	known, ok := verbs[verb]
	if malformed != nil || !ok || len(args["verb"]) != 1 {
		return nil, &fault{"badVerb", "verb: " + strings.Join(verbNames(), ", ")}
	}
	for name, values := range args {
		if name != "verb" && (!slices.Contains(known, name) || len(values) > 1) {
			return nil, &fault{"badArgument", entry.Cut(name, 100)}
		}
	}
	switch verb {
	case "Identify":
		return identify{Name: h.Name, Base: h.URL, Version: "2.0", Admin: h.Email,
			Earliest: "2000-01-01T00:00:00Z", Deleted: "transient", Granularity: "YYYY-MM-DDThh:mm:ssZ"}, nil
	case "ListMetadataFormats":
		if id := args.Get("identifier"); id != "" {
			if _, err := h.get(id); err != nil {
				return nil, err
			}
		}
		return formats{Format: format{"oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", "http://www.openarchives.org/OAI/2.0/oai_dc/"}}, nil
	case "ListSets":
		if args.Has("resumptionToken") {
			return nil, &fault{"badResumptionToken", "resumptionToken"}
		}
		var out sets
		for _, name := range harvested {
			if col := h.Named(name); col != nil {
				out.Sets = append(out.Sets, set{name, entry.Label(col.Label, h.Locale, name)})
			}
		}
		return out, nil
	}
	return h.read(verb, args)
}

func verbNames() []string {
	var out []string
	for verb := range verbs {
		out = append(out, verb)
	}
	slices.Sort(out)
	return out
}

func (h *harvest) read(verb string, args url.Values) (any, error) {
	place := args
	if token := args.Get("resumptionToken"); token != "" {
		raw, err := base64.RawURLEncoding.DecodeString(token)
		if len(args) != 2 || err != nil {
			return nil, &fault{"badResumptionToken", "resumptionToken"}
		}
		if place, err = url.ParseQuery(string(raw)); err != nil || place.Get("after")+place.Get("at") == "" {
			return nil, &fault{"badResumptionToken", "resumptionToken"}
		}
	} else if p := args.Get("metadataPrefix"); p == "" {
		return nil, &fault{"badArgument", "metadataPrefix"}
	} else if p != "oai_dc" {
		return nil, &fault{"cannotDisseminateFormat", entry.Cut(p, 100)}
	}
	if verb == "GetRecord" {
		if args.Get("identifier") == "" {
			return nil, &fault{"badArgument", "identifier"}
		}
		one, err := h.get(args.Get("identifier"))
		if err != nil {
			return nil, err
		}
		return records{XMLName: xml.Name{Local: verb}, Records: []record{*one}}, nil
	}
	return h.list(verb, place)
}

// oaiList gives one page of records: the sets one after another, each in the
// order of publication.
func (h *harvest) list(verb string, place url.Values) (any, error) {
	sets := harvested
	if one := place.Get("set"); one != "" {
		if !slices.Contains(harvested, one) {
			return nil, &fault{"noRecordsMatch", "set"}
		}
		sets = []string{one}
	}
	filter, err := bounds(place)
	if err != nil {
		return nil, err
	}
	at := max(slices.Index(sets, place.Get("at")), 0)
	out := records{XMLName: xml.Name{Local: verb}}
	for ; at < len(sets); at++ {
		if h.Named(sets[at]) == nil {
			continue
		}
		r, err := h.Find(sets[at], query.Params{Filter: filter, Sort: schema.SysPublishedAt, Page: query.Page{Size: pageSize, After: place.Get("after")}})
		if problem.KindOf(err) == problem.BadRequest {
			return nil, &fault{"badResumptionToken", "resumptionToken"}
		}
		if err != nil {
			return nil, err
		}
		for _, e := range h.ShownAll(r.Items) {
			one := h.record(e)
			if verb == "ListIdentifiers" {
				out.Headers = append(out.Headers, one.Header)
			} else {
				out.Records = append(out.Records, one)
			}
		}
		place.Del("after")
		if on := next(place, sets, at, r.Next); on != "" && len(r.Items) > 0 {
			out.Token = &on
			break
		}
	}
	if len(out.Headers)+len(out.Records) == 0 {
		return nil, &fault{"noRecordsMatch", "from, until, set"}
	}
	return out, nil
}

// oaiNext is the token by which a harvester goes on, or "" at the end.
func next(place url.Values, sets []string, at int, after string) string {
	on := url.Values{}
	for _, name := range []string{"from", "until", "set"} {
		if place.Get(name) != "" {
			on.Set(name, place.Get(name))
		}
	}
	switch {
	case after != "":
		on.Set("at", sets[at])
		on.Set("after", after)
	case at+1 < len(sets):
		on.Set("at", sets[at+1])
	default:
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(on.Encode()))
}

// bounds reads from and until, both inclusive.
func bounds(place url.Values) (any, error) {
	between := map[string]any{}
	layout := ""
	for name, op := range map[string]string{"from": "_gte", "until": "_lte"} {
		said := place.Get(name)
		if said == "" {
			continue
		}
		at, err := time.Parse(stampLayout, said)
		used := stampLayout
		if err != nil {
			used = time.DateOnly
			if at, err = time.Parse(used, said); err == nil && name == "until" {
				at = at.Add(24*time.Hour - time.Second)
			}
		}
		if err != nil || layout != "" && layout != used {
			return nil, &fault{"badArgument", name}
		}
		if layout = used; name == "until" {
			at = at.Add(time.Second - time.Millisecond)
		}
		between[op] = at.Format("2006-01-02T15:04:05.000Z")
	}
	if len(between) == 0 {
		return nil, nil
	}
	return map[string]any{schema.SysPublishedAt: between}, nil
}

// oaiID is the identifier of a record.
func (h *harvest) id(e *entry.Entry) string {
	u, err := url.Parse(h.Base())
	if err != nil {
		return string(e.ID)
	}
	return "oai:" + u.Hostname() + ":" + e.Kind() + "/" + string(e.ID)
}

func (h *harvest) get(identifier string) (*record, error) {
	none := &fault{"idDoesNotExist", entry.Cut(identifier, 200)}
	_, rest, _ := strings.Cut(strings.TrimPrefix(identifier, "oai:"), ":")
	name, id, ok := strings.Cut(rest, "/")
	if !ok || !slices.Contains(harvested, name) || h.Named(name) == nil || len(id) != 26 {
		return nil, none
	}
	item, err := h.Read(name, id, "")
	if k := problem.KindOf(err); k == problem.NotFound || k == problem.BadRequest {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	e := h.Shown(item)
	if h.id(e) != identifier {
		return nil, none
	}
	one := h.record(e)
	return &one, nil
}

func (h *harvest) record(e *entry.Entry) record {
	dc := &dublinCore{OAI: "http://www.openarchives.org/OAI/2.0/oai_dc/", DC: "http://purl.org/dc/elements/1.1/",
		XSI:      "http://www.w3.org/2001/XMLSchema-instance",
		Location: "http://www.openarchives.org/OAI/2.0/oai_dc/ http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
		Title:    []text{{e.Locale, e.Title}}, Subject: e.LinkTitles("themes"), Coverage: e.LinkTitles("territories"),
		Identifier: []string{h.Base() + e.URL}, Language: e.Languages()}
	if summary := e.Text("summary"); summary != "" {
		dc.Description = []text{{e.Locale, summary}}
	}
	for _, name := range cite.Of(string(e.ID), e.Locale, e.Raw).Authors {
		dc.Creator = append(dc.Creator, name.Text)
	}
	for _, l := range e.Links("actors") {
		dc.Creator = append(dc.Creator, l.Title)
	}
	add := func(to *[]string, value string) {
		if value != "" {
			*to = append(*to, value)
		}
	}
	add(&dc.Publisher, e.Text("publisher"))
	add(&dc.Date, e.Code("published_on"))
	add(&dc.Type, e.Text("kind"))
	add(&dc.Identifier, e.DOI())
	add(&dc.Rights, e.Text("rights"))
	if len(dc.Language) == 0 {
		dc.Language = []string{e.Locale}
	}
	head := header{ID: h.id(e), Stamp: entry.Stamp(e.Published, stampLayout), Set: e.Kind()}
	if e.Withdrawn() != nil {
		head.Status, dc = "deleted", nil
	}
	return record{head, dc}
}
