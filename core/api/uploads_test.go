package api_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
)

// tus sends a request of the protocol.
func (s *site) tus(role, method, path string, body []byte, headers ...string) answer {
	s.t.Helper()
	req := must(http.NewRequest(method, s.url+path, bytes.NewReader(body)))(s.t)
	req.Header.Set("Tus-Resumable", "1.0.0")
	if s.secret[role] != "" {
		req.Header.Set("Authorization", "Bearer "+s.secret[role])
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return s.roundTrip(req)
}

const tusBody = "application/offset+octet-stream"

// beginUpload creates an upload and gives its address.
func (s *site) beginUpload(role, name string, length int, headers ...string) string {
	s.t.Helper()
	headers = append([]string{"Upload-Length", strconv.Itoa(length), "Upload-Metadata", "filename " + base64.StdEncoding.EncodeToString([]byte(name))}, headers...)
	a := s.tus(role, "POST", "/api/v1/uploads", nil, headers...)
	a.data(s.t, 201)
	return a.header.Get("Location")
}

func (s *site) patch(role, path string, offset int, body []byte, headers ...string) answer {
	s.t.Helper()
	return s.tus(role, "PATCH", path, body, append([]string{"Content-Type", tusBody, "Upload-Offset", strconv.Itoa(offset)}, headers...)...)
}

// offset is how far an upload is.
func (s *site) offset(role, path string) int {
	s.t.Helper()
	a := s.tus(role, "HEAD", path, nil)
	if a.status != 200 || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Tus-Resumable") != "1.0.0" {
		s.t.Fatalf("HEAD %s: %d %v", path, a.status, a.header)
	}
	return must(strconv.Atoi(a.header.Get("Upload-Offset")))(s.t)
}

func assetOf(t *testing.T, a answer) string {
	t.Helper()
	at := a.header.Get("Content-Location")
	if at == "" {
		t.Fatalf("no asset came of it: %d %v %s", a.status, a.header, a.body)
	}
	return at
}

// noise is a file of a size whose bytes are all over the place.
func noise(n int) []byte {
	out := make([]byte, n)
	for i, x := 0, uint32(2463534242); i < n; i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		out[i] = byte(x)
	}
	return out
}

func TestResumableUpload(t *testing.T) {
	s := newSite(t, siteOptions{})
	file := noise(9_000_000) // three parts
	path := s.beginUpload("editor", "dossier complet.bin", len(file))
	if s.offset("editor", path) != 0 {
		t.Error("a new upload has bytes")
	}
	if a := s.patch("editor", path, 0, file[:5_000_000]); a.status != 204 || a.header.Get("Upload-Offset") != "5000000" {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	if p := s.patch("editor", path, 4_000_000, file[4_000_000:4_000_100]).problem(t, 409, "upload_offset"); p["offset"] != 5e6 {
		t.Errorf("problem: %v", p)
	}
	short := s.beginUpload("editor", "court.txt", 5)
	s.patch("editor", short, 0, []byte("trop long")).problem(t, 413, "")
	at := s.offset("editor", path)
	a := s.patch("editor", path, at, file[at:])
	asset := s.send("editor", "GET", assetOf(t, a), nil).data(t, 200)
	if asset["name"] != "dossier complet.bin" || asset["size"] != 9e6 || asset["media_type"] != "application/octet-stream" {
		t.Errorf("asset: %v", asset)
	}
	if got := s.send("visitor", "GET", fmt.Sprint(asset["url"]), nil); !bytes.Equal(got.body, file) {
		t.Errorf("%d bytes came back", len(got.body))
	}
	if d := s.send("editor", "GET", path, nil).data(t, 200); d["state"] != "done" || d["asset"] != asset["id"] || s.offset("editor", path) != len(file) {
		t.Errorf("afterwards: %v", d)
	}
	for object, err := range s.bucket.List(t.Context(), "parts/", "") {
		t.Errorf("a part is left: %s %v", object.Key, err)
	}
}

func TestUploadWithCreation(t *testing.T) {
	s := newSite(t, siteOptions{})
	meta := "filename " + base64.StdEncoding.EncodeToString([]byte("été.txt")) + ",folder " + base64.StdEncoding.EncodeToString([]byte("bilans")) + ",is_confidential"
	a := s.tus("editor", "POST", "/api/v1/uploads", []byte("un texte"), "Upload-Length", "8", "Upload-Metadata", meta, "Content-Type", tusBody)
	if a.data(t, 201)["state"] != "done" || a.header.Get("Upload-Offset") != "8" || a.header.Get("Upload-Expires") == "" {
		t.Errorf("%v %s", a.header, a.body)
	}
	if d := s.send("editor", "GET", assetOf(t, a), nil).data(t, 200); d["name"] != "été.txt" || d["folder"] != "bilans" || d["media_type"] != "text/plain" {
		t.Errorf("asset: %v", d)
	}
}

func TestChecksumOfPieces(t *testing.T) {
	s := newSite(t, siteOptions{})
	path := s.beginUpload("editor", "a.txt", 10)
	sum := sha1.Sum([]byte("hello"))
	good := "sha1 " + base64.StdEncoding.EncodeToString(sum[:])
	s.patch("editor", path, 0, []byte("HELLO"), "Upload-Checksum", good).problem(t, 460, "upload_checksum")
	s.patch("editor", path, 0, []byte("hello"), "Upload-Checksum", "md4 AAAA").problem(t, 400, "upload_checksum_unknown")
	if n := s.offset("editor", path); n != 0 {
		t.Errorf("%d bytes were taken", n)
	}
	if a := s.patch("editor", path, 0, []byte("hello"), "Upload-Checksum", good); a.status != 204 || s.offset("editor", path) != 5 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// What came before a connection broke off is kept, and the rest is sent by
// another connection.
func TestUploadIsResumed(t *testing.T) {
	s := newSite(t, siteOptions{})
	file := noise(6_000_000)
	path := s.beginUpload("editor", "r.bin", len(file))
	c := must(net.Dial("tcp", strings.TrimPrefix(s.url, "http://")))(t)
	fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nUpload-Offset: 0\r\nContent-Length: %d\r\n\r\n",
		path, s.secret["editor"], tusBody, len(file))
	if _, err := c.Write(file[:5_000_000]); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(c) // until the server is done with it
	c.Close()
	at := s.offset("editor", path)
	if at < 4<<20 || at > 5_000_000 {
		t.Fatalf("%d bytes are kept of 5,000,000", at)
	}
	asset := s.send("editor", "GET", assetOf(t, s.patch("editor", path, at, file[at:])), nil).data(t, 200)
	if got := s.send("visitor", "GET", fmt.Sprint(asset["url"]), nil); !bytes.Equal(got.body, file) {
		t.Error("the file is not what was sent")
	}
}

// Requests that send other bytes for the same place at the same moment, on two
// nodes, never make a mixture.
func TestUploadsRace(t *testing.T) {
	s := newSite(t, siteOptions{})
	nodes := []*media.Uploads{s.uploads, s.media.Uploads(s.newID)}
	by := content.Actor{Kind: content.ActorUser, ID: string(s.users["editor"])}
	const size = 10 << 20
	r := must(s.uploads.Create(t.Context(), by, media.Resumable{Name: "r.bin", Length: size}))(t)
	var wg sync.WaitGroup
	for i, node := range nodes {
		wg.Go(func() {
			mine := *r
			err := node.Append(t.Context(), &mine, 0, bytes.NewReader(bytes.Repeat([]byte{byte('a' + i)}, size)))
			if err != nil && problem.KindOf(err) != problem.Conflict {
				t.Errorf("node %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	r = must(nodes[1].Find(t.Context(), by, r.ID))(t)
	if r.Offset != size {
		t.Fatalf("%d bytes", r.Offset)
	}
	for _, node := range nodes {
		wg.Go(func() {
			mine := *r
			if err := node.Finish(t.Context(), &mine); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	assets := s.as("editor", "GET", "/assets", nil).list(t)
	if len(assets) != 1 {
		t.Fatalf("%d assets came of one upload", len(assets))
	}
	body := s.send("editor", "GET", fmt.Sprint(assets[0].(map[string]any)["url"]), nil).body
	if n := bytes.Count(body, body[:1]); n != size || len(body) != size {
		t.Errorf("a mixture: %d of %d bytes are %q", n, len(body), body[:1])
	}
}

// Uploads that were left are finished or removed, and what was removed while
// bytes still came leaves nothing.
func TestUploadsAreClearedUp(t *testing.T) {
	s := newSite(t, siteOptions{})
	by := content.Actor{Kind: content.ActorUser, ID: string(s.users["editor"])}
	ctx := t.Context()
	full := must(s.uploads.Create(ctx, by, media.Resumable{Name: "plein.txt", Length: 5}))(t)
	half := must(s.uploads.Create(ctx, by, media.Resumable{Name: "demi.txt", Length: 5}))(t)
	if err := s.uploads.Append(ctx, full, 0, strings.NewReader("plein")); err != nil {
		t.Fatal(err)
	}
	if err := s.uploads.Append(ctx, half, 0, strings.NewReader("de")); err != nil {
		t.Fatal(err)
	}
	must(s.bucket.Put(ctx, "parts/01ARZ3NDEKTSV4RRFFQ69G5FAV/00000000000000000000", strings.NewReader("x"), 1, storage.Cond{}))(t)
	for range 2 {
		if err := s.uploads.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if assets := s.as("editor", "GET", "/assets", nil).list(t); len(assets) != 1 {
		t.Errorf("%d assets", len(assets))
	}
	if r := must(s.uploads.Find(ctx, by, half.ID))(t); r.Offset != 2 {
		t.Errorf("the half one has %d bytes", r.Offset)
	}
	s.pass(media.UploadTime + time.Hour)
	if _, err := s.uploads.Find(ctx, by, half.ID); problem.KindOf(err) != problem.NotFound {
		t.Errorf("after its time: %v", err)
	}
	if err := s.uploads.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range []string{"uploads/", "parts/", "leases/upload/"} {
		for object, err := range s.bucket.List(ctx, prefix, "") {
			t.Errorf("left: %s %v", object.Key, err)
		}
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	s := newSite(t, siteOptions{})
	name := "filename eC50eHQ="
	post := func(headers ...string) answer { return s.tus("editor", "POST", "/api/v1/uploads", nil, headers...) }
	post("Upload-Length", "5", "Upload-Metadata", name, "Tus-Resumable", "0.2.2").problem(t, 412, "tus_version")
	post("Upload-Length", "x", "Upload-Metadata", name).problem(t, 400, "parameter_not_number")
	post("Upload-Length", "0", "Upload-Metadata", name).problem(t, 422, "")
	post("Upload-Length", strconv.Itoa(media.MaxResumable+1), "Upload-Metadata", name).problem(t, 413, "upload_too_large")
	post("Upload-Length", "5").problem(t, 400, "upload_name_needed")
	post("Upload-Length", "5", "Upload-Metadata", "filename !").problem(t, 400, "upload_metadata")
	path := s.beginUpload("editor", "x.txt", 5)
	s.tus("editor", "PATCH", path, []byte("x"), "Upload-Offset", "0", "Content-Type", "text/plain").problem(t, 415, "upload_type")
	// Another's upload is like none, for a colleague of any rank.
	for _, role := range []string{"administrator", "author"} {
		s.patch(role, path, 0, []byte("x")).problem(t, 404, "upload_missing")
		s.tus(role, "DELETE", path, nil).problem(t, 404, "upload_missing")
	}
	s.patch("editor", "/api/v1/uploads/..%2f..%2fkeys", 0, []byte("x")).problem(t, 404, "upload_missing")
	if a := s.tus("editor", "DELETE", path, nil); a.status != 204 {
		t.Errorf("cancel: %d", a.status)
	}
	s.patch("editor", path, 0, []byte("x")).problem(t, 404, "upload_missing")
	for range media.MaxOpen {
		path = s.beginUpload("editor", "x.txt", 5)
	}
	post("Upload-Length", "5", "Upload-Metadata", name).problem(t, 429, "upload_too_many_open")
	// Whoever loses the right meanwhile brings no more bytes.
	role := []content.RoleID{"reader"}
	s.do(system, account.SaveUser{ID: s.users["editor"], Set: account.UserFields{Roles: &role}})
	s.patch("editor", path, 0, []byte("x")).problem(t, 403, "")
}

// A file is replaced by an upload only by whoever may change that asset.
func TestUploadReplacesAFile(t *testing.T) {
	s := newSite(t, siteOptions{})
	old := s.upload("editor", "/assets?name=v1.txt", []byte("une"), "text/plain").data(t, 201)
	s.as("editor", "PATCH", fmt.Sprint("/assets/", old["id"]), fields{"credit": "Nour"}).data(t, 200)
	meta := "filename djIudHh0,asset " + base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(old["id"])))
	headers := []string{"Upload-Length", "4", "Upload-Metadata", meta, "Content-Type", tusBody}
	s.tus("author", "POST", "/api/v1/uploads", []byte("deux"), headers...).problem(t, 403, "")
	a := s.tus("editor", "POST", "/api/v1/uploads", []byte("deux"), headers...)
	d := s.send("editor", "GET", assetOf(t, a), nil).data(t, 200)
	if d["id"] != old["id"] || d["name"] != "v2.txt" || d["credit"] != "Nour" || d["size"] != 4.0 {
		t.Errorf("%v", d)
	}
	if got := s.send("visitor", "GET", fmt.Sprint(d["url"]), nil); string(got.body) != "deux" {
		t.Errorf("%q", got.body)
	}
}
